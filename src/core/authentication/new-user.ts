// The first sign-in of somebody who has just signed up with a password: not by asking for it again, so that whoever
// guessed at this address before does not delay its owner.

import type { TenantContext } from '../context.ts'
import type { UserId } from '../kernel/ids.ts'
import type { ClientInfo } from '../sessions/session.ts'
import type { SignInEngine } from './engine-contract.ts'
import { passwordProof } from './sign-in.ts'
import type { SignedIn } from './signed-in.ts'

/** The epoch of a user whose sessions were never ended. */
const NEW_USER_EPOCH = 0

/** `bad-credentials` for a user who was disabled, or signed out everywhere, in this very moment. */
export async function enterNewUser(
  context: TenantContext,
  engine: SignInEngine,
  id: UserId,
  client: ClientInfo,
): Promise<SignedIn> {
  const user = await context.scope.records.get('users', { id })
  if (user?.status !== 'active' || user.session_epoch !== NEW_USER_EPOCH)
    return { ok: false, reason: 'bad-credentials' }
  return engine.conclude(context, passwordProof(user, client))
}
