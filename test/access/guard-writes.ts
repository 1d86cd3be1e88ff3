// Generated tenants and what is written in them: few roles, places, people and permissions, so that they meet often. Numbers
// choose among what there is when their turn comes.

import fc from 'fast-check'
import type { PermissionEntry } from '../../src/index.ts'

export const PERMISSIONS = ['note:read', 'note:write', 'invoice:read'] as const
export const USERS = 4
const [ORGANIZATIONS, TEAMS, PROJECTS] = [2, 4, 2]
/** System roles come first, then those of the tenant. */
export const SYSTEM_ROLES = ['viewer', 'member'] as const
const OWN_ROLES = 6
/** Notes: the first two are registered. */
export const NOTES = ['n0', 'n1', 'n9'] as const
const REGISTERED = 2

export type Spot = { readonly kind: 'tenant' | 'organization' | 'team' | 'project'; readonly which: number }

export interface RoleTerms {
  readonly entries: readonly PermissionEntry[]
  /** One of those before it. */
  readonly parent: number | undefined
}

export interface GrantTerms {
  readonly to: { readonly kind: 'user' | 'team' | 'everyone'; readonly which: number }
  readonly role: number
  readonly at: Spot | { readonly kind: 'note'; readonly which: number }
  readonly self: boolean
  readonly ends: boolean
}

export interface MemberTerms {
  readonly team: number
  readonly user: number
  readonly role: number | undefined
  readonly entries: readonly PermissionEntry[]
}

export interface PolicyTerms {
  readonly effect: 'allow' | 'deny'
  readonly about: { readonly kind: 'all' | 'user' | 'team' | 'role'; readonly which: number }
  readonly action: string
  readonly at: Spot | { readonly kind: 'note'; readonly which: number }
  readonly conditional: boolean
}

export interface World {
  /** Each in one of the organizations or the teams before it. */
  readonly teams: readonly number[]
  readonly projects: readonly number[]
  readonly notes: readonly Spot[]
  readonly roles: readonly RoleTerms[]
  readonly grants: readonly GrantTerms[]
  readonly members: readonly MemberTerms[]
  readonly policies: readonly (PolicyTerms & { readonly enabled: boolean })[]
}

export type Write =
  | { readonly do: 'grant'; readonly grant: GrantTerms }
  | { readonly do: 'add policy'; readonly policy: PolicyTerms }
  | { readonly do: 'change policy'; readonly which: number; readonly policy: PolicyTerms }
  | { readonly do: 'change role'; readonly role: number; readonly entries: readonly PermissionEntry[] }
  | { readonly do: 'change parent'; readonly role: number; readonly parent: number | null }
  | { readonly do: 'add member'; readonly member: MemberTerms }
  | { readonly do: 'change member'; readonly which: number; readonly role: number | null }
  | { readonly do: 'change entries'; readonly which: number; readonly entries: readonly PermissionEntry[] }
  | { readonly do: 'move team' | 'move project'; readonly which: number; readonly to: number | null }
  | { readonly do: 'lift team' | 'remove team' | 'remove project' | 'remove note'; readonly which: number }
  | { readonly do: 'revoke' | 'remove member'; readonly which: number }
  | { readonly do: 'enable policy' | 'disable policy' | 'remove policy'; readonly which: number }

export interface Step {
  /** A user. */
  readonly by: number
  readonly write: Write
}

const below = (count: number) => fc.nat(count - 1)
const any = fc.nat(59)
const often = (percent: number) => fc.nat(99).map((n) => n >= 100 - percent)
const sometimes = <V>(percent: number, value: fc.Arbitrary<V>) =>
  fc.oneof({ weight: 100 - percent, arbitrary: fc.constant(undefined) }, { weight: percent, arbitrary: value })

const entry = fc
  .record({ permission: fc.constantFrom(...PERMISSIONS), denies: often(15), conditional: often(12), partial: often(8) })
  .map(({ permission, denies, conditional, partial }): PermissionEntry => {
    const [resource, action] = permission.split(':') as [string, string]
    return {
      ...{ resource, actions: [action] },
      ...(denies ? { effect: 'deny' } : {}),
      ...(conditional ? { conditions: { 'context.x': 1 } } : {}),
      ...(partial ? { fields: ['a'] } : {}),
    }
  })
const entries = fc.uniqueArray(entry, {
  maxLength: 3,
  selector: ({ resource, actions }) => `${resource}:${actions[0]}`,
})
const fewEntries = fc.oneof(fc.constant<PermissionEntry[]>([]), entries)

const team = below(TEAMS)
const project = below(PROJECTS)
const user = below(USERS)
const ownRole = below(OWN_ROLES).map((n) => n + SYSTEM_ROLES.length)
const role = below(OWN_ROLES + SYSTEM_ROLES.length)

const spot: fc.Arbitrary<Spot> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Spot>({ kind: 'tenant', which: 0 }) },
  fc.record({ kind: fc.constant('organization' as const), which: below(ORGANIZATIONS) }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('team' as const), which: team }) },
  fc.record({ kind: fc.constant('project' as const), which: project }),
)
const note = (count: number) => fc.record({ kind: fc.constant('note' as const), which: below(count) })

const grant: fc.Arbitrary<GrantTerms> = fc.record({
  to: fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('user' as const), which: user }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('team' as const), which: team }) },
    { weight: 2, arbitrary: fc.constant({ kind: 'everyone' as const, which: 0 }) },
  ),
  role,
  at: fc.oneof({ weight: 4, arbitrary: spot }, { weight: 1, arbitrary: note(REGISTERED) }),
  self: often(20),
  ends: often(10),
})

const member: fc.Arbitrary<MemberTerms> = fc.record({
  team,
  user,
  role: sometimes(40, role),
  entries: fewEntries,
})

const policy: fc.Arbitrary<PolicyTerms> = fc.record({
  effect: fc.constantFrom<'allow' | 'deny'>('allow', 'allow', 'deny'),
  about: fc.oneof(
    fc.constant({ kind: 'all' as const, which: 0 }),
    fc.record({ kind: fc.constant('user' as const), which: user }),
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('team' as const), which: team }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('role' as const), which: ownRole }) },
  ),
  action: fc.constantFrom(...PERMISSIONS, 'note:*', '*'),
  at: fc.oneof(
    { weight: 1, arbitrary: fc.constant<Spot>({ kind: 'tenant', which: 0 }) },
    { weight: 1, arbitrary: spot },
    { weight: 1, arbitrary: note(NOTES.length) },
  ),
  conditional: often(10),
})

export const world: fc.Arbitrary<World> = fc.record({
  teams: fc.array(any, { minLength: TEAMS, maxLength: TEAMS }),
  projects: fc.array(any, { minLength: PROJECTS, maxLength: PROJECTS }),
  notes: fc.array(spot, { minLength: REGISTERED, maxLength: REGISTERED }),
  roles: fc.array(fc.record({ entries: fewEntries, parent: sometimes(40, any) }), {
    minLength: OWN_ROLES,
    maxLength: OWN_ROLES,
  }),
  grants: fc.noBias(fc.array(grant, { minLength: 1, maxLength: 14, size: 'max' })),
  members: fc.uniqueArray(member, { minLength: 1, maxLength: 4, selector: (it) => `${it.team} ${it.user}` }),
  policies: fc.array(
    fc.tuple(policy, often(80)).map(([terms, enabled]) => ({ ...terms, enabled })),
    { minLength: 1, maxLength: 6 },
  ),
})

const named = <Name extends string>(...names: Name[]) => fc.constantFrom(...names)
const nullable = (value: fc.Arbitrary<number>) =>
  fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 2, arbitrary: value })

const write: fc.Arbitrary<Write> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: named('grant'), grant }) },
  { weight: 4, arbitrary: fc.record({ do: named('add policy'), policy }) },
  { weight: 4, arbitrary: fc.record({ do: named('change policy'), which: any, policy }) },
  { weight: 2, arbitrary: fc.record({ do: named('change role'), role: ownRole, entries }) },
  { weight: 4, arbitrary: fc.record({ do: named('change parent'), role: ownRole, parent: nullable(role) }) },
  { weight: 2, arbitrary: fc.record({ do: named('add member'), member }) },
  { weight: 2, arbitrary: fc.record({ do: named('change member'), which: any, role: nullable(role) }) },
  { weight: 2, arbitrary: fc.record({ do: named('change entries'), which: any, entries }) },
  { weight: 2, arbitrary: fc.record({ do: named('move team'), which: team, to: nullable(team) }) },
  { weight: 2, arbitrary: fc.record({ do: named('move project'), which: project, to: nullable(team) }) },
  { weight: 2, arbitrary: fc.record({ do: named('lift team', 'remove team'), which: team }) },
  { weight: 1, arbitrary: fc.record({ do: named('remove project'), which: project }) },
  { weight: 1, arbitrary: fc.record({ do: named('remove note'), which: below(REGISTERED) }) },
  { weight: 3, arbitrary: fc.record({ do: named('revoke', 'remove member'), which: any }) },
  { weight: 4, arbitrary: fc.record({ do: named('enable policy', 'disable policy', 'remove policy'), which: any }) },
)

export const steps: fc.Arbitrary<Step[]> = fc.noBias(
  fc.array(fc.record({ by: user, write }), { minLength: 1, maxLength: 50, size: 'max' }),
)
