// A tenant that has an owner keeps one. Owners are active users who hold the system role `owner` in the whole tenant,
// already and for good: who is disabled, not there yet or going to leave does not count.

import { FreeholdError } from '../kernel/errors.ts'
import type { TenantScope } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'

type Reader = Pick<TenantScope, 'records'>

/** The key of the role that holds everything. */
export const OWNER = 'owner'
const PAGE = 200

/**
 * Makes a change that could end somebody's ownership. Call it in a transaction that has taken the access lock
 * (`lockAccess`): two owners who remove each other at once then come one after the other, and one of them stays.
 * @throws LAST_OWNER when there was an owner and would be none
 */
export async function keepAnOwner<R>(unit: Reader, change: () => Promise<R>): Promise<R> {
  const before = await hasOwner(unit)
  const result = await change()
  if (before && !(await hasOwner(unit))) throw new FreeholdError('LAST_OWNER')
  return result
}

/** Whether anybody owns the tenant, as the transaction sees it now. */
export async function hasOwner({ records }: Reader): Promise<boolean> {
  const role = await records.get('roles', { key: OWNER })
  if (!role?.system) return false
  const standing = {
    role_id: role.id,
    expires_at: null,
    user_id: { not: null },
    organization_id: null,
    scope_team_id: null,
    project_id: null,
    resource_id: null,
    flow: 'descendants',
  } as const
  for (const started of [{ starts_at: null }, { starts_at: { before: fromNow() } }]) {
    let after: { readonly id: string } | undefined
    do {
      const held = await records.find('role_assignments', {
        where: { ...standing, ...started },
        order: [{ by: 'id' }],
        limit: PAGE,
        ...(after ? { after } : {}),
      })
      const users = held.flatMap(({ user_id }) => (user_id === null ? [] : [user_id]))
      if (users.length > 0 && (await records.count('users', { id: { in: users }, status: 'active' })) > 0) return true
      after = held.length === PAGE ? held.at(-1) : undefined
    } while (after)
  }
  return false
}
