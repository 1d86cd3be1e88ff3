// Signing in. An answer, right or wrong, is a value; only what should not happen throws.

import type { User } from '../identity/user.ts'
import type { ClientInfo, Session, Tokens } from '../sessions/session.ts'

export interface PasswordSignIn {
  readonly email: string
  readonly password: string
  readonly client?: ClientInfo
}

export type SignedIn =
  | { readonly ok: true; readonly user: User; readonly session: Session; readonly tokens: Tokens }
  /** The same answer, after the same work, for an unknown address, a wrong password, a user without one, and a disabled user. */
  | { readonly ok: false; readonly reason: 'bad-credentials' }
  | { readonly ok: false; readonly reason: 'too-many-attempts'; readonly retryAfterMs: number }

export interface SignIn {
  /** @throws TENANT_SUSPENDED, TENANT_DELETED, TENANT_MOVING, STORAGE_UNAVAILABLE */
  password(credentials: PasswordSignIn): Promise<SignedIn>
}
