// What must be left when a passkey goes: a way in, and whatever the tenant's policy asks for.

import type { TenantContext } from '../../context.ts'
import { FreeholdError } from '../../kernel/errors.ts'
import type { MfaMethodRow } from '../../storage/authentication-tables.ts'
import type { UserRow } from '../../storage/tenant-tables.ts'
import { emailIsFactor, policyOf, requiredLevel } from '../sign-in-policy.ts'
import { loadStanding } from '../standing.ts'

/**
 * How many confirmed factors are left without this one. Call it while the user's row is held.
 * @throws LAST_FACTOR when the user could not sign in any more, or not as policy demands
 */
export async function factorsLeft(context: TenantContext, user: UserRow, going: MfaMethodRow): Promise<number> {
  const policy = policyOf(context.tenant)
  const { methods, roleKeys } = await loadStanding(context, user, policy)
  const left = methods.filter(({ id }) => id !== going.id)
  const wayIn = user.password_hash !== null || left.some(({ type }) => type === 'webauthn')
  const usable = left.some(({ type }) => type !== 'email' || emailIsFactor(context))
  const enough = usable || requiredLevel(policy, roleKeys) < 2
  if (!wayIn || !enough) throw new FreeholdError('LAST_FACTOR')
  return left.length
}
