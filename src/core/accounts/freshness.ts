// Whoever changes how an account is reached has signed in a short while ago: an unattended screen, or a stolen session,
// is not enough (ASVS 5.0, V7.5.1).

import { demandFresh } from '../authentication/step-up-guard.ts'
import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { parseId, type SessionId, type UserId } from '../kernel/ids.ts'
import { checkKeys } from '../kernel/input.ts'
import type { TenantScope } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'
import type { Fresh } from './account.ts'

/** @throws INPUT_INVALID, ID_INVALID */
export function freshSession<Options extends Fresh>(
  options: Options,
  keys: readonly (keyof Options & string)[] = [],
): SessionId | undefined {
  checkKeys(options, 'options', [...keys, 'session'])
  return options.session === undefined ? undefined : parseId<SessionId>(options.session, 'session')
}

/**
 * The session is the user's, live, and was proven a short while ago by the database's clock, with a second factor where the
 * user has one. A session in which an operator acts for the user never will do. Where none is named, it is the one of the
 * user in whose name it is asked (`as`); who asks in nobody's name answers for it.
 * @throws STEP_UP_REQUIRED
 */
export async function requireFresh(
  { actor, settings }: Pick<TenantContext, 'actor' | 'settings'>,
  { verbs, records }: Pick<TenantScope, 'verbs' | 'records'>,
  user: UserId,
  session: SessionId | undefined,
): Promise<void> {
  if (session === undefined) return demandFresh({ actor, settings }, { records })
  const { freshnessMs } = settings.accounts
  const live = await verbs.lookUpSession(session)
  const factors = await records.count('mfa_methods', { user_id: user, confirmed_at: { not: null } })
  const level = factors > 0 ? 2 : 1
  const recent = await records.count('sessions', {
    id: session,
    user_id: user,
    impersonator_id: null,
    authenticated_at: { from: fromNow(-freshnessMs) },
    assurance_level: { from: level },
  })
  if (live?.user.id !== user || recent === 0) {
    throw new FreeholdError('STEP_UP_REQUIRED', { level, maxAgeMs: freshnessMs })
  }
}
