// Members of teams: users and service accounts, each once, with what they hold there; and nobody puts somebody in who does
// not hold what the place gives.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { NewTeamMember, Team, UserId } from '../../src/index.ts'
import { logOf } from '../audit/house.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse } from './house.ts'

let house: House
let made = 0
const key = (): string => `m-${++made}`
const read = { resource: 'note', actions: ['read'] }
const write = { resource: 'note', actions: ['write'] }

beforeAll(async () => {
  house = await makeHouse(memory())
})
afterAll(() => house.close())

async function team(parent?: Team): Promise<Team> {
  const organization = parent?.organizationId ?? (await house.acme.organizations.get('main')).id
  return house.acme.teams.create({ organization, key: key(), ...(parent ? { parent } : {}) })
}
/** Those made in one millisecond come in any order. */
const byId = <Item extends { readonly id: string }>({ items }: { readonly items: readonly Item[] }) =>
  [...items].sort((a, b) => (a.id < b.id ? -1 : 1))
async function role(...permissions: (typeof read)[]): Promise<string> {
  return (await house.acme.roles.create({ key: key(), permissions })).key
}

describe('members', () => {
  it('are added, found, listed by team and by principal, changed and taken out', async () => {
    const { members } = house.acme.teams
    const [one, other] = [await team(), await team()]
    const ana = await house.person()
    const robot = await house.acme.serviceAccounts.create({ name: key() })
    const lead = await house.acme.roles.get(await role(read))
    const added = await members.add(one, { principal: ana, role: lead.key, permissions: [write] })
    expect(added).toEqual({
      id: expect.any(String),
      teamId: one.id,
      principal: { kind: 'user', id: ana.id },
      roleId: lead.id,
      permissions: [write],
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
    })
    const machine = await members.add(one.id, { principal: robot })
    expect(machine).toMatchObject({
      principal: { kind: 'service_account', id: robot.id },
      roleId: null,
      permissions: [],
    })
    const second = await members.add(other, { principal: ana.id })
    expect(await members.get(one, ana)).toEqual(added)
    expect(byId(await members.list({ team: one }))).toEqual(byId({ items: [added, machine] }))
    expect(byId(await members.list({ principal: ana }))).toEqual(byId({ items: [added, second] }))
    expect((await members.list({ team: one, principal: robot })).items).toEqual([machine])
    const page = await members.list({ team: one, limit: 1 })
    const rest = await members.list({ team: one, limit: 1, cursor: page.next! })
    expect(byId({ items: [...page.items, ...rest.items] })).toEqual(byId({ items: [added, machine] }))
    const changed = await members.update(one, ana, { role: null, permissions: [] })
    expect(changed).toMatchObject({ id: added.id, roleId: null, permissions: [] })
    expect(await members.update(one, ana, { role: null })).toEqual(changed)
    await members.remove(one, ana)
    await members.remove(one, ana)
    await refused(() => members.get(one, ana), 'MEMBER_UNKNOWN')
    await refused(() => members.update(one, ana, { role: null }), 'MEMBER_UNKNOWN')
    const actions = (await logOf(house.acme)).filter(({ action }) => action.startsWith('team.member_'))
    expect(actions.map(({ action }) => action)).toEqual([
      ...['team.member_added', 'team.member_added', 'team.member_added'],
      ...['team.member_updated', 'team.member_removed'],
    ])
  })

  it('are in a team once', async () => {
    const one = await team()
    const ana = await house.person()
    await house.acme.teams.members.add(one, { principal: ana })
    await refused(() => house.acme.teams.members.add(one, { principal: ana, role: 'viewer' }), 'MEMBER_TAKEN')
    expect((await house.acme.teams.members.get(one, ana)).roleId).toBeNull()
  })

  it('move the version of who is meant, and of nobody else', async () => {
    const [one, ana, bob] = [await team(), await house.person(), await house.person()]
    const version = async (who: { id: UserId }) => (await house.acme.access.principal(who)).versions.principal
    const [before, others] = [await version(ana), await version(bob)]
    const { members } = house.acme.teams
    await members.add(one, { principal: ana })
    await members.update(one, ana, { role: 'viewer' })
    await members.remove(one, ana)
    expect([await version(ana), await version(bob)]).toEqual([before + 3, others])
  })

  it('keep a role from being removed', async () => {
    const [one, ana, key] = [await team(), await house.person(), await role(read)]
    await house.acme.teams.members.add(one, { principal: ana, role: key })
    await refused(() => house.acme.roles.remove(key), 'ROLE_IN_USE')
    await house.acme.teams.members.remove(one, ana)
    await house.acme.roles.remove(key)
  })
})

describe('bad input', () => {
  const cases: [string, object, string][] = [
    ['an unknown principal', { principal: crypto.randomUUID() }, 'PRINCIPAL_UNKNOWN'],
    ['an account as a user', { principal: { kind: 'user', id: crypto.randomUUID() } }, 'PRINCIPAL_UNKNOWN'],
    ['a team in a team', { principal: { kind: 'team', id: crypto.randomUUID() } }, 'INPUT_INVALID'],
    ['nobody', { principal: undefined }, 'ID_INVALID'],
    ['an unknown role', { role: 'boss' }, 'ROLE_UNKNOWN'],
    ['a prototype as role', { role: '__proto__' }, 'ROLE_UNKNOWN'],
    ['a role that is no text', { role: 7 }, 'ROLE_UNKNOWN'],
    ['an unknown permission', { permissions: [{ resource: 'note', actions: ['burn'] }] }, 'PERMISSION_UNKNOWN'],
    ['permissions that are no list', { permissions: read }, 'INPUT_INVALID'],
    ['a condition that is none', { permissions: [{ ...read, conditions: { $where: 1 } }] }, 'CONDITION_INVALID'],
    ['a field that is not known', { teamId: crypto.randomUUID() }, 'INPUT_INVALID'],
  ]
  it.each(cases)('%s', async (_, given, code) => {
    const [one, ana] = [await team(), await house.person()]
    const member = { principal: ana, ...given } as NewTeamMember
    await refused(() => house.acme.teams.members.add(one, member), code as 'INPUT_INVALID')
    expect((await house.acme.teams.members.list({ team: one })).items).toEqual([])
  })

  it('who is of another tenant, or removed, is nobody', async () => {
    const globex = await house.globex()
    const [one, foreign, gone] = [await team(), await house.person([], globex), await house.person()]
    await house.acme.users.remove(gone)
    for (const principal of [foreign, gone]) {
      await refused(() => house.acme.teams.members.add(one, { principal }), 'PRINCIPAL_UNKNOWN')
    }
    const ana = await house.person([], globex)
    await refused(() => globex.teams.members.add(one, { principal: ana }), 'TEAM_UNKNOWN')
    await refused(() => globex.teams.members.remove(one, ana), 'TEAM_UNKNOWN')
  })
})

describe('nobody gives what they do not hold', () => {
  const missing = async (work: () => Promise<unknown>) => (await refused(work, 'GRANT_REFUSED')).details.missing

  it('a role and permissions of a member are held by whoever gives or takes them', async () => {
    const [one, reader, writer] = [await team(), await role(read), await role(write)]
    const [ana, bob] = [await house.person([reader]), await house.person()]
    const { members } = house.as(ana).teams
    expect(await missing(() => members.add(one, { principal: bob, role: writer }))).toEqual(['note:write'])
    expect(await missing(() => members.add(one, { principal: bob, permissions: [write] }))).toEqual(['note:write'])
    const deny = { ...write, effect: 'deny' as const }
    expect(await missing(() => members.add(one, { principal: bob, permissions: [deny] }))).toEqual(['note:write'])
    expect((await members.list({ team: one })).items).toEqual([])
    await members.add(one, { principal: bob, role: reader, permissions: [read] })
    expect(await missing(() => members.update(one, bob, { role: writer }))).toEqual(['note:write'])
    await members.update(one, bob, { role: null })
    await house.acme.teams.members.update(one, bob, { role: writer })
    expect(await missing(() => members.update(one, bob, { role: null }))).toEqual(['note:write'])
    expect(await missing(() => members.remove(one, bob))).toEqual(['note:write'])
  })

  it('nor puts anybody, themselves among them, where a team holds more, at any height', async () => {
    const [top, reader, writer] = [await team(), await role(read), await role(write)]
    const middle = await team(top)
    const low = await team(middle)
    await house.acme.assignments.grant({ principal: top, role: writer })
    const ana = await house.person([reader])
    const { members } = house.as(ana).teams
    for (const one of [top, middle, low]) {
      expect(await missing(() => members.add(one, { principal: ana }))).toEqual(['note:write'])
    }
    await house.acme.teams.members.add(low, { principal: ana })
    const bea = await house.person([reader])
    expect(await missing(() => house.as(bea).teams.members.remove(low, ana))).toEqual(['note:write'])
    const eve = await house.person([reader, writer])
    await house.as(eve).teams.members.add(middle, { principal: eve })
  })

  it('who is owner of a team only makes nobody owner of the tenant', async () => {
    const one = await team()
    await house.acme.assignments.grant({ principal: one, role: 'owner' })
    const adam = await house.person(['admin'])
    expect(await missing(() => house.as(adam).teams.members.add(one, { principal: adam }))).toEqual(['*'])
  })
})
