// What principals hold, read row by row: for where nobody waits.

import { everyRow } from '../storage/every-row.ts'
import type { TenantScope } from '../storage/storage.ts'
import { grantsOf, membershipsOf } from './grants.ts'
import type { PrincipalKey } from './principals.ts'
import type { Holder } from './sources.ts'

/** What one has of its own, and its memberships. */
export async function holderOf({ records }: Pick<TenantScope, 'records'>, { kind, id }: PrincipalKey): Promise<Holder> {
  const where = kind === 'user' ? { user_id: id } : { service_account_id: id }
  const assignments = await everyRow(records, 'role_assignments', { where })
  const memberships = await everyRow(records, 'team_members', { where })
  const on = assignments.flatMap(({ resource_id }) => (resource_id === null ? [] : [resource_id]))
  const resources = on.length > 0 ? await everyRow(records, 'resources', { where: { id: { in: on } } }) : []
  return { kind, id, grants: grantsOf(assignments, resources), memberships: membershipsOf(memberships) }
}
