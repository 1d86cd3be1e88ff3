// What signing in answers, whichever way was taken.

import type { User } from '../identity/user.ts'
import type { Session, Tokens } from '../sessions/session.ts'
import type { SignInDevice } from './devices/device.ts'
import type { FactorHint } from './factor.ts'

export type SignedIn =
  | {
      readonly ok: true
      readonly user: User
      readonly session: Session
      readonly tokens: Tokens
      /** Where the client showed something of its device. */
      readonly device?: SignInDevice
    }
  /** The same answer, after the same work, for an unknown address, a wrong secret, a user without one, and a disabled user. */
  | { readonly ok: false; readonly reason: 'bad-credentials' }
  | { readonly ok: false; readonly reason: 'too-many-attempts'; readonly retryAfterMs: number }
  /** Refused by policy, whatever else is shown. */
  | { readonly ok: false; readonly reason: 'denied' }
  /** The pending sign-in is over, or has been answered: begin again. */
  | { readonly ok: false; readonly reason: 'expired' }
  /** What was shown was right and is not enough. There is no session, cookie or token yet, but for this one, which is good for `continue` alone. */
  | { readonly ok: false; readonly reason: 'factor-required'; readonly next: NextFactor }
  /**
   * What was shown was right, a rule asks for a second factor, and the user has none. The token is good for `signIn.enrolment`
   * alone: for setting up one factor, which ends the sign-in.
   */
  | { readonly ok: false; readonly reason: 'enrolment-required'; readonly next: NextEnrolment }

export interface NextFactor {
  /** For `signIn.continue`; usable once. */
  readonly token: string
  readonly expiresInMs: number
  /** Any one of them will do; the primary one first. */
  readonly factors: readonly FactorHint[]
}

export interface NextEnrolment {
  /** For `signIn.enrolment`; usable once. */
  readonly token: string
  readonly expiresInMs: number
  /** Any one of them will do. */
  readonly factors: readonly ('totp' | 'passkey')[]
}
