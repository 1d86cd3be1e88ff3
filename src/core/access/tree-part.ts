// A part of the tree, with all that is held in it and by it, when the part is removed: who removes it must be able to take
// that back, and who held it is no longer believed to.

import type { TenantContext } from '../context.ts'
import type { RoleAssignmentRow } from '../storage/access-tables.ts'
import { everyRow } from '../storage/every-row.ts'
import type { Where } from '../storage/records.ts'
import type { TenantUnit } from '../storage/storage.ts'
import type { TeamMemberRow } from '../storage/tree-tables.ts'
import { type AccessWriting, moveBook } from './changes.ts'
import { demandAssignments, demandMemberships } from './held.ts'

/** Ids. What is in these and not named itself stays out of it, but for resources. */
export interface Part {
  readonly organizations?: readonly string[]
  readonly teams?: readonly string[]
  readonly projects?: readonly string[]
  readonly resources?: readonly string[]
}

/** How much of it was there. */
export interface PartCounts {
  readonly assignments: number
  readonly members: number
  readonly resources: number
}

const CHUNK = 1000
/** Notices one by one up to so many; more are told as one, by which everything known of the tenant is forgotten. */
const NOTICES = 100

/**
 * Before the part's rows go: the actor must be able to take back what goes with them, and the versions of who holds any of
 * it move on.
 * @throws GRANT_REFUSED
 */
export async function emptyPart(context: TenantContext, writing: AccessWriting, part: Part): Promise<PartCounts> {
  const { unit } = writing
  const { organizations = [], teams = [], projects = [] } = part
  const resources = [...(part.resources ?? []), ...(await resourcesIn(unit, part))]
  const assignments = await rowsWhere(unit, 'role_assignments', [
    ['organization_id', organizations],
    ['scope_team_id', teams],
    ['team_id', teams],
    ['project_id', projects],
    ['resource_id', resources],
  ])
  const members = await rowsWhere(unit, 'team_members', [['team_id', teams]])
  await demandAssignments(context, writing, assignments, 'taken')
  demandMemberships(writing, members, 'taken')
  await movePrincipals(unit, context.tenant.id, [...assignments, ...members])
  return { assignments: assignments.length, members: members.length, resources: resources.length }
}

/** The projects of teams. */
export function projectsOf({ source }: AccessWriting, teams: readonly string[]): string[] {
  const wanted = new Set<string | null>(teams)
  return source.projects.filter(({ team_id }) => wanted.has(team_id)).map(({ id }) => id)
}

async function resourcesIn(unit: TenantUnit, { organizations = [], teams = [], projects = [] }: Part) {
  const rows = await rowsWhere(unit, 'resources', [
    ['organization_id', organizations],
    ['team_id', teams],
    ['project_id', projects],
  ])
  return rows.map(({ id }) => id)
}

/** Rows with one of these values in one of these columns, each once. */
async function rowsWhere<T extends 'role_assignments' | 'team_members' | 'resources'>(
  { records }: TenantUnit,
  table: T,
  columns: readonly (readonly [string, readonly string[]])[],
) {
  const found = new Map<string, Awaited<ReturnType<typeof everyRow<T, T>>>[number]>()
  for (const [column, ids] of columns) {
    for (let i = 0; i < ids.length; i += CHUNK) {
      const where = { [column]: { in: ids.slice(i, i + CHUNK) } } as Where<T>
      for (const row of await everyRow(records as never, table, { where })) found.set(row.id, row)
    }
  }
  return [...found.values()]
}

/** Of what teams and everyone hold, the tenant's version. */
async function movePrincipals(
  unit: TenantUnit,
  tenantId: string,
  rows: readonly Pick<RoleAssignmentRow | TeamMemberRow, 'user_id' | 'service_account_id'>[],
): Promise<void> {
  const { records, verbs } = unit
  const users = new Set(rows.flatMap(({ user_id }) => user_id ?? []))
  const accounts = new Set(rows.flatMap(({ service_account_id }) => service_account_id ?? []))
  const change = { access_version: { add: 1 } }
  for (const ids of chunks(users)) await records.update('users', { id: { in: ids } }, change)
  for (const ids of chunks(accounts)) await records.update('service_accounts', { id: { in: ids } }, change)
  const principals = [...users, ...accounts]
  if (principals.length > NOTICES) await verbs.publish({ kind: 'tenant', tenantId })
  else for (const principalId of principals) await verbs.publish({ kind: 'access', tenantId, principalId })
  await moveBook(unit, tenantId)
}

function chunks(ids: ReadonlySet<string>): string[][] {
  const all = [...ids]
  return Array.from({ length: Math.ceil(all.length / CHUNK) }, (_, i) => all.slice(i * CHUNK, (i + 1) * CHUNK))
}
