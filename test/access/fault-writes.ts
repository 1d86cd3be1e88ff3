// Every call that changes access, each with what it needs made for it.

import type { createMailbox } from '../../src/adapters/testing/index.ts'
import { tokenIn } from '../../src/adapters/testing/index.ts'
import type { TenantHandle } from '../../src/core/tenancy/handle.ts'
import type { PlaceOptions, User } from '../../src/index.ts'
import type { P } from './house.ts'

type Tenant = TenantHandle<unknown, P>
type Mailbox = ReturnType<typeof createMailbox>

let made = 0
export const fresh = (what = 'x') => `${what}-${++made}`

export interface Question {
  readonly who: User
  readonly may: P
  readonly at?: PlaceOptions
}

export interface Write {
  readonly act: () => Promise<unknown>
  /** What it could change for whom. */
  readonly asks: readonly Question[]
}

const NOTE_WRITE = [{ resource: 'note', actions: ['write'] }]
const everyone = (effect: 'allow' | 'deny') => ({
  effect,
  principals: ['*'] as const,
  actions: ['note:write'],
  resources: ['*'] as const,
})

/** Ana, who may write notes by a role of her own. */
async function writer(acme: Tenant) {
  const ana = await acme.users.create({ email: `${fresh()}@example.test`, emailVerified: true })
  const role = await acme.roles.create({ key: fresh('role'), permissions: NOTE_WRITE })
  const held = await acme.assignments.grant({ principal: ana, role: role.key })
  return { ana, role, held, asks: [{ who: ana, may: 'note:write' }] as const }
}

/** A team below another, with a project; Ana is in it, and may write notes there. */
async function team(acme: Tenant) {
  const organization = await acme.organizations.create({ key: fresh('org'), name: 'Org' })
  const top = await acme.teams.create({ organization, key: fresh('top') })
  const below = await acme.teams.create({ organization, key: fresh('below'), parent: top })
  const project = await acme.projects.create({ organization, key: fresh('project'), team: below })
  const thing = await acme.resources.register({ type: 'note', externalId: fresh('note'), in: { project } })
  const ana = await acme.users.create({ email: `${fresh()}@example.test`, emailVerified: true })
  const { key: role } = await acme.roles.create({ key: fresh('role'), permissions: NOTE_WRITE })
  await acme.teams.members.add(top, { principal: ana, role })
  await acme.assignments.grant({ principal: ana, role, scope: { resource: thing } })
  const asks: Question[] = [
    { who: ana, may: 'note:write', at: { team: below } },
    { who: ana, may: 'note:write', at: { project } },
    { who: ana, may: 'note:write', at: { on: { type: 'note', id: thing.externalId } } },
  ]
  return { organization, top, below, project, thing, ana, role, asks }
}

async function policy(acme: Tenant, enabled: boolean) {
  const { asks } = await writer(acme)
  const made = await acme.policies.create({ key: fresh('policy'), document: everyone('deny'), enabled })
  return { made, asks }
}

async function invited(acme: Tenant, mailbox: Mailbox) {
  const ana = await acme.users.create({ email: `${fresh()}@example.test`, emailVerified: true })
  const organization = await acme.organizations.create({ key: fresh('org'), name: 'Org' })
  const invitation = await acme.invitations.send({ email: ana.email, to: { organization }, roles: ['member'] })
  const token = tokenIn(await mailbox.last({ kind: 'invitation', to: ana.email })) ?? ''
  const asks: Question[] = [{ who: ana, may: 'note:write', at: { organization } }]
  return { ana, organization, invitation, token, asks }
}

const nothing: readonly Question[] = []

/** Each makes what it needs, and answers the call. */
export const writes: Readonly<Record<string, (acme: Tenant, mailbox: Mailbox) => Promise<Write>>> = {
  'roles.create': async (acme) => {
    const key = fresh('role')
    return { act: () => acme.roles.create({ key, permissions: NOTE_WRITE }), asks: nothing }
  },
  'roles.update': async (acme) => {
    const { role, asks } = await writer(acme)
    return { act: () => acme.roles.update(role.key, { permissions: [] }), asks }
  },
  'roles.remove': async (acme) => {
    const { role, held, asks } = await writer(acme)
    await acme.assignments.revoke(held)
    return { act: () => acme.roles.remove(role.key), asks }
  },
  'assignments.grant': async (acme) => {
    const ana = await acme.users.create({ email: `${fresh()}@example.test` })
    const asks: Question[] = [{ who: ana, may: 'note:write' }]
    return { act: () => acme.assignments.grant({ principal: ana, role: 'member' }), asks }
  },
  'assignments.grant, to everyone': async (acme) => {
    const { key: role } = await acme.roles.create({ key: fresh('role'), permissions: NOTE_WRITE })
    const ana = await acme.users.create({ email: `${fresh()}@example.test` })
    const asks: Question[] = [{ who: ana, may: 'note:write' }]
    return { act: () => acme.assignments.grant({ principal: { kind: 'everyone' }, role }), asks }
  },
  'assignments.revoke': async (acme) => {
    const { held, asks } = await writer(acme)
    return { act: () => acme.assignments.revoke(held), asks }
  },
  'organizations.create': async (acme) => {
    const key = fresh('org')
    return { act: () => acme.organizations.create({ key, name: 'Org' }), asks: nothing }
  },
  'organizations.update': async (acme) => {
    const { key } = await acme.organizations.create({ key: fresh('org'), name: 'Org' })
    return { act: () => acme.organizations.update(key, { name: 'Other' }), asks: nothing }
  },
  'organizations.remove': async (acme) => {
    const { organization, asks } = await team(acme)
    return { act: () => acme.organizations.remove(organization.id), asks }
  },
  'teams.create': async (acme) => {
    const { organization, below: parent, asks } = await team(acme)
    const key = fresh('team')
    return { act: () => acme.teams.create({ organization, key, parent }), asks }
  },
  'teams.update': async (acme) => {
    const { below } = await team(acme)
    return { act: () => acme.teams.update(below, { name: 'Other' }), asks: nothing }
  },
  'teams.move': async (acme) => {
    const { below, asks } = await team(acme)
    return { act: () => acme.teams.move(below, { parent: null }), asks }
  },
  'teams.remove': async (acme) => {
    const { top, asks } = await team(acme)
    return { act: () => acme.teams.remove(top, { contents: 'remove' }), asks }
  },
  'teams.remove, lifting': async (acme) => {
    const { top, asks } = await team(acme)
    return { act: () => acme.teams.remove(top, { contents: 'lift' }), asks }
  },
  'teams.members.add': async (acme) => {
    const { top, role, below } = await team(acme)
    const bob = await acme.users.create({ email: `${fresh()}@example.test` })
    const asks: Question[] = [{ who: bob, may: 'note:write', at: { team: below } }]
    return { act: () => acme.teams.members.add(top, { principal: bob, role }), asks }
  },
  'teams.members.update': async (acme) => {
    const { top, ana, asks } = await team(acme)
    return { act: () => acme.teams.members.update(top, ana, { role: null }), asks }
  },
  'teams.members.remove': async (acme) => {
    const { top, ana, asks } = await team(acme)
    return { act: () => acme.teams.members.remove(top, ana), asks }
  },
  'projects.create': async (acme) => {
    const { organization, below, asks } = await team(acme)
    const key = fresh('project')
    return { act: () => acme.projects.create({ organization, key, team: below }), asks }
  },
  'projects.update': async (acme) => {
    const { project, asks } = await team(acme)
    return { act: () => acme.projects.update(project, { team: null }), asks }
  },
  'projects.remove': async (acme) => {
    const { project, asks } = await team(acme)
    return { act: () => acme.projects.remove(project), asks }
  },
  'resources.register': async (acme) => {
    const { project, asks } = await team(acme)
    const externalId = fresh('note')
    return { act: () => acme.resources.register({ type: 'note', externalId, in: { project } }), asks }
  },
  'resources.update': async (acme) => {
    const { thing, asks } = await team(acme)
    return { act: () => acme.resources.update(thing, { in: null }), asks }
  },
  'resources.remove': async (acme) => {
    const { thing, asks } = await team(acme)
    return { act: () => acme.resources.remove(thing), asks }
  },
  'policies.create': async (acme) => {
    const { asks } = await writer(acme)
    const key = fresh('policy')
    return { act: () => acme.policies.create({ key, document: everyone('deny') }), asks }
  },
  'policies.update': async (acme) => {
    const { made, asks } = await policy(acme, true)
    return { act: () => acme.policies.update(made.key, { document: everyone('allow') }), asks }
  },
  'policies.enable': async (acme) => {
    const { made, asks } = await policy(acme, false)
    return { act: () => acme.policies.enable(made.key), asks }
  },
  'policies.disable': async (acme) => {
    const { made, asks } = await policy(acme, true)
    return { act: () => acme.policies.disable(made.key), asks }
  },
  'policies.restore': async (acme) => {
    const { made, asks } = await policy(acme, true)
    await acme.policies.update(made.key, { document: everyone('allow') })
    return { act: () => acme.policies.restore(made.key, 1), asks }
  },
  'policies.remove': async (acme) => {
    const { made, asks } = await policy(acme, true)
    return { act: () => acme.policies.remove(made.key), asks }
  },
  'customPermissions.create': async (acme) => {
    const { asks } = await writer(acme)
    const resource = fresh('thing')
    return { act: () => acme.customPermissions.create({ resource, action: 'open' }), asks }
  },
  'customPermissions.remove': async (acme) => {
    const { asks } = await writer(acme)
    const { name } = await acme.customPermissions.create({ resource: fresh('thing'), action: 'open' })
    return { act: () => acme.customPermissions.remove(name), asks }
  },
  'serviceAccounts.create': async (acme) => {
    const name = fresh('robot')
    return { act: () => acme.serviceAccounts.create({ name }), asks: nothing }
  },
  'serviceAccounts.disable': async (acme) => {
    const robot = await acme.serviceAccounts.create({ name: fresh('robot') })
    await acme.assignments.grant({ principal: robot, role: 'member' })
    const asks = [{ who: robot as never, may: 'note:write' as const }]
    return { act: () => acme.serviceAccounts.disable(robot), asks }
  },
  'invitations.send': async (acme) => {
    const email = `${fresh()}@example.test`
    return { act: () => acme.invitations.send({ email, roles: ['member'] }), asks: nothing }
  },
  'invitations.resend': async (acme, mailbox) => {
    const { invitation, asks } = await invited(acme, mailbox)
    return { act: () => acme.invitations.resend(invitation), asks }
  },
  'invitations.revoke': async (acme, mailbox) => {
    const { invitation, asks } = await invited(acme, mailbox)
    return { act: () => acme.invitations.revoke(invitation), asks }
  },
  'invitations.accept': async (acme, mailbox) => {
    const { ana, token, asks } = await invited(acme, mailbox)
    return { act: () => acme.invitations.accept(ana, { token }), asks }
  },
  'invitations.decline': async (acme, mailbox) => {
    const { token, asks } = await invited(acme, mailbox)
    return { act: () => acme.invitations.decline({ token }), asks }
  },
  'access.import': async (acme) => {
    const { role, asks } = await writer(acme)
    const roles = [
      { key: role.key, name: role.key, permissions: [] },
      { key: fresh('role'), name: 'Other', permissions: NOTE_WRITE },
    ]
    return { act: () => acme.access.import({ format: 'freehold.access/1', roles }), asks }
  },
}
