// All rows of a tenant's access, as of one version: for tools, which look at everything and at which nobody waits.

import { FreeholdError } from '../../kernel/errors.ts'
import { everyRow } from '../../storage/every-row.ts'
import type { TenantUnit } from '../../storage/storage.ts'
import type { Row } from '../../storage/tables.ts'
import type { BookSource } from '../tenant-book.ts'

export interface TenantRows {
  readonly version: number
  readonly writes: number
  readonly roles: readonly Row<'roles'>[]
  readonly organizations: readonly Row<'organizations'>[]
  readonly teams: readonly Row<'teams'>[]
  readonly projects: readonly Row<'projects'>[]
  readonly policies: readonly Row<'policies'>[]
  readonly customPermissions: readonly Row<'custom_permissions'>[]
  readonly assignments: readonly Row<'role_assignments'>[]
  readonly members: readonly Row<'team_members'>[]
  /** Those that an assignment is on. */
  readonly resources: readonly Row<'resources'>[]
  readonly serviceAccounts: readonly Row<'service_accounts'>[]
  /** Roles that somebody is invited to. */
  readonly invited: ReadonlySet<string>
}

const ATTEMPTS = 3

/** In a transaction. What moves meanwhile is read again. @throws CONFLICT when it does not stand still */
export async function readTenantRows(unit: TenantUnit): Promise<TenantRows> {
  const { records } = unit
  const counter = async (name: 'access' | 'access-writes'): Promise<number> =>
    (await records.get('tenant_counters', { name }))?.value ?? 0
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const writes = await counter('access-writes')
    const version = await counter('access')
    const roles = await everyRow(records, 'roles')
    const organizations = await everyRow(records, 'organizations')
    const teams = await everyRow(records, 'teams')
    const projects = await everyRow(records, 'projects')
    const policies = await everyRow(records, 'policies')
    const customPermissions = await everyRow(records, 'custom_permissions')
    const assignments = await everyRow(records, 'role_assignments')
    const members = await everyRow(records, 'team_members')
    const serviceAccounts = await everyRow(records, 'service_accounts')
    const invitations = await everyRow(records, 'invitations', { where: { status: 'pending' } })
    const on = new Set(assignments.flatMap(({ resource_id }) => (resource_id === null ? [] : [resource_id])))
    const resources = on.size === 0 ? [] : (await everyRow(records, 'resources')).filter(({ id }) => on.has(id))
    if ((await counter('access-writes')) !== writes) continue
    return {
      ...{ version, writes, roles, organizations, teams, projects, policies, customPermissions },
      ...{ assignments, members, resources, serviceAccounts },
      invited: new Set(invitations.flatMap(({ role_ids }) => role_ids)),
    }
  }
  throw new FreeholdError('CONFLICT')
}

/** What a book is made of, as the verb loads it. */
export function sourceOfRows(rows: TenantRows): BookSource {
  const assignments = rows.assignments.filter(({ team_id, everyone }) => team_id !== null || everyone)
  const on = new Set(assignments.map(({ resource_id }) => resource_id))
  return {
    version: rows.version,
    writes: rows.writes,
    roles: rows.roles,
    organizations: rows.organizations.map(({ id }) => id),
    teams: rows.teams,
    projects: rows.projects,
    assignments,
    resources: rows.resources.filter(({ id }) => on.has(id)),
    policies: rows.policies.filter(({ enabled }) => enabled),
    customPermissions: rows.customPermissions,
  }
}
