// The factors that a user has, and the roles they hold. A sign-in is answered the same with everything else that it asks
// (storage/sign-in-verbs.ts); this is for whoever changes factors.

import type { TenantContext } from '../context.ts'
import type { MfaMethodRow } from '../storage/authentication-tables.ts'
import { FACTORS_AT_MOST, ROLES_AT_MOST } from '../storage/sign-in-verbs.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import type { AuthenticationPolicy } from './sign-in-policy.ts'

export interface Standing {
  /** Confirmed ones, oldest first. */
  readonly methods: readonly MfaMethodRow[]
  /** Unused ones are left. */
  readonly recoveryCodes: number
  /** Keys of the roles held now; empty where no rule asks for them. */
  readonly roleKeys: readonly string[]
}

export async function loadStanding(
  { scope }: Pick<TenantContext, 'scope'>,
  { id }: Pick<UserRow, 'id'>,
  policy: AuthenticationPolicy,
): Promise<Standing> {
  const { records } = scope
  const methods = await records.find('mfa_methods', {
    where: { user_id: id, confirmed_at: { not: null } },
    order: [{ by: 'created_at' }],
    limit: FACTORS_AT_MOST,
  })
  const recoveryCodes = methods.length === 0 ? 0 : await records.count('recovery_codes', { user_id: id, used_at: null })
  return { methods, recoveryCodes, roleKeys: policy.roles ? await rolesOf(records, id) : [] }
}

/** Assignments that are over, or have not begun, count as well: a rule is rather applied too early than too late. */
async function rolesOf(records: TenantContext['scope']['records'], userId: string): Promise<string[]> {
  const held = await records.find('role_assignments', { where: { user_id: userId }, limit: ROLES_AT_MOST })
  const ids = [...new Set(held.map(({ role_id }) => role_id))]
  const roles = await records.find('roles', { where: { id: { in: ids } }, limit: Math.max(1, ids.length) })
  return roles.map(({ key }) => key)
}
