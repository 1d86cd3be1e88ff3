// What must be left when a factor goes: a way in, where it is one, and whatever the tenant's policy asks for.

import type { TenantContext } from '../../context.ts'
import { FreeholdError } from '../../kernel/errors.ts'
import type { MfaMethodRow } from '../../storage/authentication-tables.ts'
import { FACTORS_AT_MOST } from '../../storage/sign-in-verbs.ts'
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
  const usable = left.some(({ type }) => type !== 'email' || emailIsFactor(context))
  const enough = usable || requiredLevel(policy, roleKeys) < 2
  if (!enough || (await isLastWayIn(context, user, going))) throw new FreeholdError('LAST_FACTOR')
  return left.length
}

/** A passkey that no longer signs in by itself is none, and neither is what is asked for beside a password. */
async function isLastWayIn({ scope }: TenantContext, user: UserRow, going: MfaMethodRow): Promise<boolean> {
  if (user.password_hash !== null || going.type !== 'webauthn') return false
  const where = { user_id: user.id, signs_in: true }
  const keys = await scope.records.find('webauthn_credentials', { where, limit: FACTORS_AT_MOST })
  return keys.length === 1 && keys[0]?.id === going.id
}
