// The verb that a sign-in begins with: it counts the attempt, and answers all that is asked of the database before it is decided
// who gets in.

import type {
  ChallengeRow,
  DeviceRow,
  MfaMethodRow,
  SignInProfileRow,
  WebauthnCredentialRow,
} from './authentication-tables.ts'
import type { FailureKey } from './risk-verbs.ts'
import type { UserRow } from './tenant-tables.ts'

export interface SignInVerbs {
  /**
   * One statement. An attempt is counted as `takeAttempt` counts it, before anybody is looked for, and whoever is refused is
   * told nothing else. For somebody who is not there it does the same work, and answers in the same form. Nothing that a
   * failure under way has not committed yet.
   */
  beginSignIn(question: SignInQuestion): Promise<SignInLoad>
}

export interface AttemptTake {
  readonly pool: string
  readonly subject: Uint8Array
  /** Failures in a row that cost no delay. */
  readonly free: number
  /** The delay after the first failure beyond `free`; it doubles with each more. */
  readonly baseDelayMs: number
  readonly maxDelayMs: number
  /** Failures older than this are forgotten. */
  readonly forgetAfterMs: number
}

export type AttemptAnswer =
  | { readonly allowed: true; readonly failures: number }
  | { readonly allowed: false; readonly failures: number; readonly retryAfterMs: number }

export interface SignInQuestion {
  readonly who: SignInSubject
  /** Of a subject that is not pending. Default: none is counted. */
  readonly attempt?: AttemptTake
  /** What the risk is judged by. Default: it was judged before. */
  readonly risk?: RiskQuestion
  /** Are the keys of the roles that they hold asked for? */
  readonly roles: boolean
  /** SHA-256 of each device token that the client shows. */
  readonly deviceHashes: readonly Uint8Array[]
  /** Are their live sessions asked for? */
  readonly sessions: boolean
}

/** Somebody who is active. */
export type SignInSubject =
  | { readonly kind: 'email'; readonly emailNorm: string }
  | { readonly kind: 'user'; readonly userId: string }
  /** Whose passkey it is. */
  | { readonly kind: 'passkey'; readonly credentialId: Uint8Array }
  /** Whose sign-in waits for another factor: of an open challenge, in the epoch in which it was opened. */
  | ({ readonly kind: 'pending' } & PendingSubject)

export interface PendingSubject {
  readonly challengeId: string
  readonly secretHash: Uint8Array
  readonly purpose: string
  /** Id of the factor that is answered; null: the one that the challenge names as `data.factor`. */
  readonly factor: string | null
  /** Counts an attempt of that factor, where the user has it. */
  readonly attempt: FactorAttempt | null
}

/** The pool is `pool` and the factor's type; the subject is SHA-256 of `subject`, the user's id, a zero byte and the factor's id. */
export interface FactorAttempt extends Omit<AttemptTake, 'pool' | 'subject'> {
  readonly pool: string
  readonly subject: Uint8Array
}

export interface RiskQuestion {
  readonly halfLifeMs: number
  /** The user's own count has SHA-256 of this and their normalised address as its subject. */
  readonly account: Uint8Array
  readonly counts: readonly FailureKey[]
}

export interface SignInLoad {
  readonly at: Date
  /** Undefined: none was to be counted. Where it is refused, nothing below says anything. */
  readonly attempt: AttemptAnswer | undefined
  readonly user: UserRow | undefined
  /** Confirmed ones, oldest first. */
  readonly methods: readonly MfaMethodRow[]
  /** Unused ones. */
  readonly recoveryCodes: number
  /** Of every assignment, whenever it holds; empty where they were not asked for. */
  readonly roleKeys: readonly string[]
  /** What is left of each count: first the user's own, then in the order asked. */
  readonly failures: readonly number[]
  readonly profile: SignInProfileRow | undefined
  /** The user's, not revoked, with one of these tokens; of several the one that was seen last. */
  readonly device: DeviceRow | undefined
  readonly deviceTrusted: boolean
  /** The user has devices, this or others, revoked or not. */
  readonly hasDevices: boolean
  /** Ids, the newest first, at most SESSIONS_AT_MOST; without those in which an operator acts. Empty where they were not asked for. */
  readonly sessions: readonly string[]
  /** Of a passkey, or of the factor that is answered. */
  readonly credential: WebauthnCredentialRow | undefined
  readonly challenge: ChallengeRow | undefined
}

export const FACTORS_AT_MOST = 20
export const ROLES_AT_MOST = 1000
export const SESSIONS_AT_MOST = 50
/** What stands for a recovery code where others say the id of a factor. */
export const RECOVERY_CODE = 'recovery_code'
