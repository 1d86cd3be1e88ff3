// Whoever changes how a user is recognised must have proven lately who they are, with as much as they have: a stolen
// session, or an open laptop, is not enough (ASVS 5.0, V7.5.1). The host's own code and its operators pass.

import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { TenantScope } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'
import type { AssuranceLevel } from './factor.ts'

/**
 * In the transaction of the change. Asks of a user who has a confirmed second factor that the session was opened with
 * one, or for the level `least` where that is said. A session in which an operator acts for the user never will do.
 * @throws STEP_UP_REQUIRED, IMPERSONATION_REFUSED
 */
export async function demandFresh(
  { actor, settings }: Pick<TenantContext, 'actor' | 'settings'>,
  { records }: Pick<TenantScope, 'records'>,
  least?: AssuranceLevel,
): Promise<void> {
  if (actor.type !== 'user') return
  if (actor.impersonatorId !== undefined) throw new FreeholdError('IMPERSONATION_REFUSED')
  const { id: userId = '', sessionId = '' } = actor
  const { freshnessMs } = settings.accounts
  const level = least ?? (await levelOf(records, userId))
  const refused = new FreeholdError('STEP_UP_REQUIRED', { level, maxAgeMs: freshnessMs })
  if (!userId || !sessionId) throw refused
  const [session] = await records.find('sessions', {
    where: {
      id: sessionId,
      user_id: userId,
      revoked_at: null,
      impersonator_id: null,
      authenticated_at: { from: fromNow(-freshnessMs) },
      assurance_level: { from: level },
    },
    limit: 1,
  })
  if (!session) throw refused
}

async function levelOf(records: TenantScope['records'], userId: string): Promise<AssuranceLevel> {
  const confirmed = { user_id: userId, confirmed_at: { not: null } }
  return userId && (await records.count('mfa_methods', confirmed)) > 0 ? 2 : 1
}
