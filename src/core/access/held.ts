// Whoever gives or takes what others hold must hold it too: of assignments and memberships as their rows say it, and of
// what a place has from those around it.

import type { TenantContext } from '../context.ts'
import { everyRow } from '../storage/every-row.ts'
import type { ResourceRow } from '../storage/tree-tables.ts'
import { type Authority, boundActor, type HoldingTerms } from './authority.ts'
import type { AccessWriting } from './changes.ts'
import {
  type Grant,
  type GrantRow,
  grantsOf,
  type Membership,
  membershipsOf,
  resourcesById,
  type Scope,
  WHOLE_TENANT,
} from './grants.ts'
import { NOBODY } from './principals.ts'
import { Closure } from './role-book.ts'
import { saidIn } from './rules.ts'
import type { Holder } from './sources.ts'

export type Way = NonNullable<HoldingTerms['way']>
export type MemberTerms = Parameters<typeof membershipsOf>[0][number]

/** A holder of this and of nothing else. */
function only(grants: readonly Grant[], memberships: readonly Membership[] = []): Holder {
  return { kind: 'user', id: NOBODY, grants, memberships }
}

/** What assignments give, and policies by their roles. @throws GRANT_REFUSED */
export async function demandAssignments(
  { actor }: TenantContext,
  { unit, authority }: AccessWriting,
  rows: readonly GrantRow[],
  way: Way,
): Promise<void> {
  if (!boundActor(actor)) return
  const ids = [...new Set(rows.flatMap(({ resource_id }) => resource_id ?? []))]
  const resources = ids.length > 0 ? await everyRow(unit.records, 'resources', { where: { id: { in: ids } } }) : []
  demandGrants(authority, rows, way, resources)
}

/** The same, where the resources that they are on are at hand. @throws GRANT_REFUSED */
export function demandGrants(
  authority: Authority,
  rows: readonly GrantRow[],
  way: Way,
  resources: readonly ResourceRow[] = [],
): void {
  authority.demandHoldings(only(grantsOf(rows, resourcesById(resources))), {
    way,
    ...(way === 'taken' ? { without: new Set(rows.map(({ id }) => id)) } : {}),
    containerOf: ({ type, id }) => {
      const found = resources.find((resource) => resource.type === type && resource.external_id === id)
      return found ? placeOfResource(found) : WHOLE_TENANT
    },
  })
}

/** What members have by being in their teams: there, and of what these and the teams above hold. @throws GRANT_REFUSED */
export function demandMemberships({ authority }: AccessWriting, members: readonly MemberTerms[], way: Way): void {
  authority.demandHoldings(only([], membershipsOf(members)), { way })
}

/** What a member has beside what being in the team gives. @throws GRANT_REFUSED */
export function demandMemberTerms({ authority }: AccessWriting, member: MemberTerms, way: Way): void {
  authority.demandHoldings(only([], membershipsOf([member])), { way, beside: inTeam(member.team_id) })
}

/** What a place in a team, without a role, gives more than one in another (undefined: in none). @throws GRANT_REFUSED */
export function demandTeams({ authority }: AccessWriting, team: string, than: string | undefined, way: Way): void {
  authority.demandHoldings(inTeam(team), { way, ...(than === undefined ? {} : { beside: inTeam(than) }) })
}

/**
 * What is held at these teams, by whomever, and counts below them too: to be held in a place that is put below them, or taken
 * from below them.
 * @throws GRANT_REFUSED
 */
export async function demandReach(
  writing: AccessWriting,
  scope: Exclude<Scope, { readonly kind: 'resource' }>,
  teams: readonly string[],
  way: Way,
): Promise<void> {
  if (teams.length === 0) return
  const { unit, book, authority, now } = writing
  const until = way === 'given' ? Number.POSITIVE_INFINITY : now
  const where = { scope_team_id: { in: teams }, flow: 'descendants' } as const
  const rows = await everyRow(unit.records, 'role_assignments', { where })
  const members = membershipsOf(await everyRow(unit.records, 'team_members', { where: { team_id: { in: teams } } }))
  const always = { starts: Number.NEGATIVE_INFINITY, ends: Number.POSITIVE_INFINITY, exactly: false, scope }
  const byMembers = members.flatMap(({ id, roleId }) => (roleId === null ? [] : [{ id, roleId, ...always }]))
  const grants = grantsOf(rows).map((grant): Grant => ({ ...grant, scope }))
  authority.demandHoldings(only([...grants, ...byMembers]), { way })
  const added = members.map(({ entries }) => saidIn(entries, book.permissions, book.newBits()))
  const placed = new Set(teams)
  const policies = book.policies.all.filter((policy) =>
    policy.places().some(({ place, resource }) => !resource && place.kind === 'team' && placed.has(place.id)),
  )
  for (const { bits, rules } of [...added, ...policies.map((policy) => policy.said())]) {
    authority.demandRole(new Closure([], bits, rules), { scope, from: now, until })
  }
}

function inTeam(team: string): Holder {
  return only([], [{ id: '', team, roleId: null, entries: [] }])
}

/** Where a registered thing is. */
function placeOfResource({ organization_id, team_id, project_id }: ResourceRow): Scope {
  if (project_id !== null) return { kind: 'project', id: project_id }
  if (team_id !== null) return { kind: 'team', id: team_id }
  return organization_id === null ? WHOLE_TENANT : { kind: 'organization', id: organization_id }
}
