// Generated tenants and changes for a diff to tell of: few roles, places and people, so that they meet often.

import fc from 'fast-check'
import type { NewAssignment } from '../../../src/index.ts'
import type { Tenant } from './furnished.ts'

const PLACES = ['tenant', 'main', 'side', 'sales', 'north', 'deep', 'launch', 'open'] as const
export const RESOURCES = ['n-1', 'n-2'] as const
const ROLES = ['r0', 'r1', 'r2', 'viewer'] as const
const HOLDERS = ['ann', 'bob', 'robot', 'sales', 'north', 'everyone'] as const

const entry = fc.record({
  resource: fc.constantFrom('note', 'invoice'),
  actions: fc.constant(['read']),
  effect: fc.constantFrom<'allow' | 'deny'>('allow', 'allow', 'deny'),
  conditions: fc.option(fc.constantFrom({ 'context.day': 1 }, { 'resource.open': true }), { nil: undefined, freq: 3 }),
})
const entries = fc.array(entry, { maxLength: 2 })
const scope = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...PLACES) },
  { weight: 1, arbitrary: fc.constantFrom(...RESOURCES) },
)
const grant = fc.record({
  holder: fc.constantFrom(...HOLDERS),
  role: fc.constantFrom(...ROLES),
  scope,
  self: fc.boolean(),
})
const policy = fc.record({
  effect: fc.constantFrom<'allow' | 'deny'>('allow', 'deny'),
  holder: fc.constantFrom(...HOLDERS, 'r0', 'r1'),
  action: fc.constantFrom('note:read', 'invoice:*'),
  scope,
  night: fc.boolean(),
})
export const world = fc.record({
  roles: fc.tuple(entries, entries, entries),
  grants: fc.array(grant, { maxLength: 5 }),
  policies: fc.array(policy, { maxLength: 2 }),
})
export const change = fc.record({
  roles: fc.array(fc.tuple(fc.constantFrom('r0', 'r1', 'r2'), entries), { maxLength: 2 }),
  made: fc.array(policy, { maxLength: 2 }),
  removed: fc.array(fc.nat(1), { maxLength: 1 }),
  granted: fc.array(grant, { maxLength: 3 }),
  revoked: fc.uniqueArray(fc.nat(4), { maxLength: 3 }),
  moved: fc.option(fc.constantFrom('sales', 'deep', null), { nil: undefined, freq: 2 }),
})
type Grant = typeof grant extends fc.Arbitrary<infer G> ? G : never
type Policy = typeof policy extends fc.Arbitrary<infer G> ? G : never

type Kind = 'tenant' | 'organization' | 'team' | 'project'
export interface Spot {
  readonly kind: Kind
  readonly id: string
  /** Itself, and what it is in. */
  readonly around: readonly string[]
}

export async function build(
  tenant: Tenant,
  { roles, grants, policies }: typeof world extends fc.Arbitrary<infer W> ? W : never,
) {
  const [main] = (await tenant.organizations.list()).items
  const side = await tenant.organizations.create({ key: 'side', name: 'Side' })
  const sales = await tenant.teams.create({ organization: main!, key: 'sales' })
  const north = await tenant.teams.create({ organization: main!, key: 'north', parent: sales })
  const deep = await tenant.teams.create({ organization: main!, key: 'deep' })
  const launch = await tenant.projects.create({ organization: main!, key: 'launch', team: north })
  const open = await tenant.projects.create({ organization: side, key: 'open' })
  const ann = await tenant.users.create({ email: 'ann@example.test' })
  const bob = await tenant.users.create({ email: 'bob@example.test' })
  const robot = await tenant.serviceAccounts.create({ name: 'robot' })
  for (const id of RESOURCES) await tenant.resources.register({ type: 'note', externalId: id, in: { project: launch } })
  await tenant.teams.members.add(north, { principal: bob })
  const ids: Record<string, string> = { tenant: '', main: main!.id, side: side.id, sales: sales.id, north: north.id }
  Object.assign(ids, { deep: deep.id, launch: launch.id, open: open.id, ann: ann.id, bob: bob.id, robot: robot.id })
  const kinds: Record<string, Kind> = { tenant: 'tenant', main: 'organization', side: 'organization', sales: 'team' }
  Object.assign(kinds, { north: 'team', deep: 'team', launch: 'project', open: 'project' })
  for (const [i, permissions] of roles.entries()) {
    ids[`r${i}`] = (await tenant.roles.create({ key: `r${i}`, permissions: permissions.map(given) })).id
  }
  const principal = (holder: string): NewAssignment['principal'] => {
    if (holder === 'everyone') return { kind: 'everyone' }
    if (holder === 'robot') return { kind: 'service_account', id: ids.robot } as never
    return (holder === 'sales' || holder === 'north' ? { kind: 'team', id: ids[holder] } : ids[holder]) as never
  }
  const assignment = ({ holder, role, scope, self }: Grant): NewAssignment => ({
    principal: principal(holder),
    role,
    ...(scope === 'tenant'
      ? {}
      : {
          scope: (scope.startsWith('n-')
            ? { resource: { type: 'note', externalId: scope } }
            : { [kinds[scope]!]: ids[scope] }) as never,
        }),
    ...(self && !scope.startsWith('n-') ? { flow: 'self' as const } : {}),
  })
  const newPolicy =
    (key: string) =>
    ({ effect, holder, action, scope, night }: Policy) => ({
      key,
      document: {
        effect,
        principals: [
          holder === 'everyone'
            ? '*'
            : {
                [holder === 'robot' ? 'serviceAccount' : holder.startsWith('r') ? 'role' : (kinds[holder] ?? 'user')]:
                  ids[holder],
              },
        ] as never,
        actions: [action],
        resources: [
          scope === 'tenant'
            ? '*'
            : scope.startsWith('n-')
              ? { type: 'note', id: scope }
              : { [kinds[scope]!]: ids[scope] },
        ] as never,
        ...(night ? { conditions: { 'context.night': true } } : {}),
      },
    })
  const held: string[] = []
  for (const one of grants)
    held.push(
      await tenant.assignments.grant(assignment(one)).then(
        ({ id }) => id,
        () => '',
      ),
    )
  for (const [i, one] of policies.entries()) await tenant.policies.create(newPolicy(`p${i}`)(one))
  const spots = (parent: 'sales' | 'deep' | null): Spot[] =>
    PLACES.map((name) => {
      const above: Record<string, string | null> = { tenant: null, main: 'tenant', side: 'tenant', sales: 'main' }
      Object.assign(above, { deep: 'main', north: parent ?? 'main', launch: 'north', open: 'side' })
      const around: string[] = []
      for (let at: string | null = name; at !== null; at = above[at]!) around.push(ids[at]!)
      return { kind: kinds[name]!, id: ids[name]!, around }
    })
  return { ids, held: held.filter(Boolean), assignment, newPolicy, spots }
}

export function given<Entry extends { conditions?: unknown }>({ conditions, ...rest }: Entry) {
  return conditions === undefined ? rest : { ...rest, conditions }
}
