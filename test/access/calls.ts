// Every call of access, with something good to give it, for tests that replace it by something bad.

import type { TenantHandle } from '../../src/core/tenancy/handle.ts'
import type { P } from './house.ts'

export type Tenant = TenantHandle<unknown, P>

export interface Call {
  readonly args: readonly unknown[]
  readonly make: (acme: Tenant, args: readonly never[]) => Promise<unknown>
  /** Where null, or nothing in it, says something: `parent: null` is directly below the organization. */
  readonly may?: readonly string[]
}

export async function furnish(acme: Tenant, other: Tenant) {
  const user = (tenant: Tenant, name: string) =>
    tenant.users.create({ email: `${name}@example.test`, emailVerified: true })
  const organization = (await acme.organizations.get('main')).id
  const { id: team } = await acme.teams.create({ organization, key: 'team' })
  const { id: parent } = await acme.teams.create({ organization, key: 'parent' })
  const { id: project } = await acme.projects.create({ organization, key: 'project', team })
  const resource = await acme.resources.register({ type: 'note', externalId: 'n', in: { project } })
  const { id: ana } = await user(acme, 'ana')
  const { id: bob } = await user(acme, 'bob')
  const eve = await user(acme, 'eve')
  await acme.teams.members.add(team, { principal: ana })
  await acme.roles.create({ key: 'clerk', permissions: [{ resource: 'note', actions: ['read'] }] })
  await acme.policies.create({
    key: 'policy',
    document: { effect: 'deny', principals: [{ user: ana }], actions: ['note:read'], resources: [{ team }] },
  })
  await acme.customPermissions.create({ resource: 'door', action: 'open' })
  const { id: assignment } = await acme.assignments.grant({ principal: ana, role: 'clerk' })
  const main = (await other.organizations.get('main')).id
  const foreign = {
    user: (await user(other, 'zoe')).id,
    role: (await other.roles.create({ key: 'theirs' })).id,
    organization: main,
    team: (await other.teams.create({ organization: main, key: 'theirs' })).id,
    project: (await other.projects.create({ organization: main, key: 'theirs' })).id,
    resource: (await other.resources.register({ type: 'note', externalId: 'theirs' })).id,
    account: (await other.serviceAccounts.create({ name: 'theirs' })).id,
  }
  return { organization, team, parent, project, resource: resource.id, ana, bob, eve, assignment, foreign }
}
export type Furniture = Awaited<ReturnType<typeof furnish>>

const ENTRIES = [
  { resource: 'note', actions: ['read'], effect: 'allow', conditions: { 'context.mfa': true }, fields: ['title'] },
]
const TERMS = { startsAt: new Date('2030-01-01'), expiresAt: new Date('2031-01-01'), flow: 'self', reason: 'why' }

/** Each would do something as it stands. */
export function callsOf({
  organization,
  team,
  parent,
  project,
  resource,
  ana,
  bob,
  assignment,
}: Furniture): Record<string, Call> {
  const document = {
    effect: 'allow',
    principals: [{ user: bob }, { role: 'clerk' }, { team }],
    actions: ['note:write'],
    resources: [{ team }, { project }, { organization }, { type: 'note', id: 'n' }],
    conditions: { 'context.mfa': true },
  }
  const member = { principal: { kind: 'user', id: bob }, role: 'clerk', permissions: ENTRIES }
  const list: Record<
    string,
    [readonly unknown[], (acme: Tenant, args: readonly never[]) => Promise<unknown>, string[]?]
  > = {
    'roles.create': [
      [{ key: 'new', name: 'N', description: 'D', parent: 'clerk', permissions: ENTRIES }],
      (a, [x]) => a.roles.create(x!),
    ],
    'roles.get': [['clerk'], (a, [x]) => a.roles.get(x!)],
    'roles.update': [
      ['clerk', { name: 'N', parent: 'viewer', permissions: ENTRIES }],
      (a, [x, y]) => a.roles.update(x!, y!),
      ['1.parent'],
    ],
    'roles.remove': [['viewer'], (a, [x]) => a.roles.remove(x!)],
    'assignments.grant': [
      [{ principal: bob, role: 'clerk', scope: { team }, ...TERMS }],
      (a, [x]) => a.assignments.grant(x!),
    ],
    'assignments.grant, on a resource': [
      [
        {
          principal: { kind: 'team', id: team },
          role: 'clerk',
          scope: { resource: { type: 'note', externalId: 'n' } },
          for: 5000,
        },
      ],
      (a, [x]) => a.assignments.grant(x!),
    ],
    'assignments.revoke': [[assignment], (a, [x]) => a.assignments.revoke(x!)],
    'assignments.list': [[{ principal: ana, role: 'clerk', scope: { project } }], (a, [x]) => a.assignments.list(x!)],
    'organizations.create': [[{ key: 'new', name: 'N', metadata: { a: 1 } }], (a, [x]) => a.organizations.create(x!)],
    'organizations.update': [['main', { name: 'N' }], (a, [x, y]) => a.organizations.update(x!, y!)],
    'organizations.remove': [['main'], (a, [x]) => a.organizations.remove(x!)],
    'teams.create': [[{ organization, key: 'new', name: 'N', parent }], (a, [x]) => a.teams.create(x!)],
    'teams.get': [[{ organization, key: 'team' }], (a, [x]) => a.teams.get(x!)],
    'teams.list': [[{ organization, parent }], (a, [x]) => a.teams.list(x!), ['0.parent']],
    'teams.update': [[team, { name: 'N', description: 'D', metadata: {} }], (a, [x, y]) => a.teams.update(x!, y!)],
    'teams.move': [[team, { parent }], (a, [x, y]) => a.teams.move(x!, y!), ['1.parent']],
    'teams.remove': [[team, { contents: 'lift' }], (a, [x, y]) => a.teams.remove(x!, y!)],
    'teams.members.add': [[parent, member], (a, [x, y]) => a.teams.members.add(x!, y!)],
    'teams.members.update': [
      [team, ana, { role: 'clerk', permissions: ENTRIES }],
      (a, [x, y, z]) => a.teams.members.update(x!, y!, z!),
      ['2.role'],
    ],
    'teams.members.remove': [[team, ana], (a, [x, y]) => a.teams.members.remove(x!, y!)],
    'projects.create': [[{ organization, key: 'new', team, metadata: {} }], (a, [x]) => a.projects.create(x!)],
    'projects.update': [[project, { team: parent, name: 'N' }], (a, [x, y]) => a.projects.update(x!, y!), ['1.team']],
    'projects.remove': [[project], (a, [x]) => a.projects.remove(x!)],
    'resources.register': [
      [{ type: 'note', externalId: 'new', name: 'N', in: { team } }],
      (a, [x]) => a.resources.register(x!),
    ],
    'resources.update': [
      [
        { type: 'note', externalId: 'n' },
        { in: { organization }, name: 'N' },
      ],
      (a, [x, y]) => a.resources.update(x!, y!),
      ['1.in'],
    ],
    'resources.remove': [[resource], (a, [x]) => a.resources.remove(x!)],
    'policies.create': [[{ key: 'new', description: 'D', document, enabled: true }], (a, [x]) => a.policies.create(x!)],
    'policies.update': [['policy', { document }], (a, [x, y]) => a.policies.update(x!, y!)],
    'policies.enable': [['policy'], (a, [x]) => a.policies.enable(x!)],
    'policies.restore': [['policy', 1], (a, [x, y]) => a.policies.restore(x!, y!)],
    'policies.remove': [['policy'], (a, [x]) => a.policies.remove(x!)],
    'policies.preview': [[{ policy: 'policy', document }], (a, [x]) => a.policies.preview(x!), ['0.document']],
    'customPermissions.create': [
      [{ resource: 'thing', action: 'open', description: 'D' }],
      (a, [x]) => a.customPermissions.create(x!),
    ],
    'customPermissions.remove': [['door:open'], (a, [x]) => a.customPermissions.remove(x!)],
    'serviceAccounts.create': [[{ name: 'N', metadata: {} }], (a, [x]) => a.serviceAccounts.create(x!)],
    'access.check': [
      [ana, 'note:read', { team, on: { type: 'note', id: 'n' } }],
      (a, [x, y, z]) => a.access.check(x!, y!, z!),
    ],
    'access.explain': [[ana, 'note:read', { project }], (a, [x, y, z]) => a.access.explain(x!, y!, z!)],
    'access.whoCan': [['note:read', { in: [{ team }, { project }] }], (a, [x, y]) => a.access.whoCan(x!, y!), ['1.in']],
    'access.permissionsOf': [[ana, { organization }], (a, [x, y]) => a.access.permissionsOf(x!, y!)],
  }
  return Object.fromEntries(Object.entries(list).map(([name, [args, make, may = []]]) => [name, { args, make, may }]))
}
