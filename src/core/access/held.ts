// What is held, by whom and where, as the rows say it: what comes with a place in a team, what goes with a part of the
// tree, what an account has. Whoever gives or takes any of it must hold it too.

import type { PermissionEntry, RoleAssignmentRow } from '../storage/access-tables.ts'
import { everyRow } from '../storage/every-row.ts'
import type { ResourceRow, TeamMemberRow } from '../storage/tree-tables.ts'
import { type Extent, type PlaceKey, TENANT } from './authority.ts'
import { type AccessWriting, roleOf } from './changes.ts'
import type { PrincipalKey } from './principals.ts'
import type { Closure, RoleBook } from './role-book.ts'

export interface Held {
  readonly said: Closure
  readonly extent: Extent
}

/** It is given: for as long as it lasts. It is taken back: now. */
export type Way = 'given' | 'taken'

export type AssignmentTerms = Pick<
  RoleAssignmentRow,
  'role_id' | 'organization_id' | 'scope_team_id' | 'project_id' | 'resource_id' | 'flow' | 'starts_at' | 'expires_at'
>
export type MemberTerms = Pick<TeamMemberRow, 'team_id' | 'role_id' | 'permissions'>

/** @throws GRANT_REFUSED */
export function demandAll({ authority }: AccessWriting, held: Iterable<Held>): void {
  for (const { said, extent } of held) authority.demandRole(said, extent)
}

/** What assignments give. */
export async function heldByAssignments(
  writing: AccessWriting,
  rows: readonly AssignmentTerms[],
  way: Way,
): Promise<Held[]> {
  const { unit, book } = writing
  const ids = [...new Set(rows.flatMap(({ resource_id }) => (resource_id === null ? [] : [resource_id])))]
  const resources = new Map<string, ResourceRow>()
  for (const row of await everyRow(unit.records, 'resources', { where: { id: { in: ids } } }))
    resources.set(row.id, row)
  return rows.flatMap((row) => {
    const period = periodOf(writing, row, way)
    if (!period) return []
    const place = placeOfAssignment(row, resources.get(row.resource_id ?? ''))
    return [{ said: book.closure(roleOf(book, row.role_id)), extent: { ...place, ...period } }]
  })
}

/** What memberships give by themselves. */
export function heldByMembers({ book, now }: AccessWriting, members: readonly MemberTerms[], way: Way): Held[] {
  const until = way === 'given' ? Number.POSITIVE_INFINITY : now
  return members.flatMap(({ team_id, role_id, permissions }) => {
    const extent = { place: { kind: 'team', id: team_id }, from: now, until } as const
    return [
      ...(role_id === null ? [] : [{ said: book.closure(roleOf(book, role_id)), extent }]),
      ...(permissions.length === 0 ? [] : [{ said: closureOf(book, permissions), extent }]),
    ]
  })
}

/** What a team gives to its members: what it holds, and what the teams above it do. */
export function heldByTeam(writing: AccessWriting, teams: readonly string[], way: Way): Promise<Held[]> {
  const wanted = new Set(teams)
  const rows = writing.tenant.assignments.filter(({ team_id }) => team_id !== null && wanted.has(team_id))
  return heldByAssignments(writing, rows, way)
}

/** All that a principal holds but what everyone does. */
export async function heldByPrincipal(writing: AccessWriting, { kind, id }: PrincipalKey): Promise<Held[]> {
  const { unit, tree } = writing
  const where = kind === 'user' ? { user_id: id } : { service_account_id: id }
  const own = await everyRow(unit.records, 'role_assignments', { where })
  const members = await everyRow(unit.records, 'team_members', { where })
  const teams = new Set(members.flatMap(({ team_id }) => tree.above(team_id)))
  return [
    ...(await heldByAssignments(writing, own, 'given')),
    ...(await heldByTeam(writing, [...teams], 'given')),
    ...heldByMembers(writing, members, 'given'),
  ]
}

/** Where a registered thing is. */
export function placeOfResource({ organization_id, team_id, project_id }: ResourceRow): PlaceKey {
  if (project_id !== null) return { kind: 'project', id: project_id }
  if (team_id !== null) return { kind: 'team', id: team_id }
  return organization_id === null ? TENANT : { kind: 'organization', id: organization_id }
}

function placeOfAssignment(
  row: AssignmentTerms,
  resource: ResourceRow | undefined,
): Pick<Extent, 'place' | 'resource' | 'exactly'> {
  const { organization_id, scope_team_id, project_id } = row
  const exactly = row.flow === 'self'
  if (resource) {
    return { place: placeOfResource(resource), resource: { type: resource.type, id: resource.external_id }, exactly }
  }
  if (project_id !== null) return { place: { kind: 'project', id: project_id }, exactly }
  if (scope_team_id !== null) return { place: { kind: 'team', id: scope_team_id }, exactly }
  return { place: organization_id === null ? TENANT : { kind: 'organization', id: organization_id }, exactly }
}

/** Undefined: it is over. */
function periodOf(
  { now }: AccessWriting,
  { starts_at, expires_at }: AssignmentTerms,
  way: Way,
): Pick<Extent, 'from' | 'until'> | undefined {
  if (way === 'taken') return { from: now, until: now }
  const until = expires_at?.getTime() ?? Number.POSITIVE_INFINITY
  return until <= now ? undefined : { from: starts_at?.getTime() ?? now, until }
}

/** As a role that nobody else has, and that inherits nothing. */
function closureOf(book: RoleBook, entries: readonly PermissionEntry[]): Closure {
  return book.closure({ id: '', key: '', parentId: null, system: false, entries })
}
