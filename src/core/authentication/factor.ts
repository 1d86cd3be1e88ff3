// What a way in proves, and how a factor is asked for and answered. Whatever must be spent for a proof (a code, a
// counter, a challenge) is spent in the transaction that opens the session, or no session is opened.

import type { TenantContext } from '../context.ts'
import type { SessionId } from '../kernel/ids.ts'
import type { ClientInfo } from '../sessions/session.ts'
import type { FactorType, MfaMethodRow, WebauthnCredentialRow } from '../storage/authentication-tables.ts'
import type { SignInLoad } from '../storage/sign-in-verbs.ts'
import type { Step } from '../storage/steps.ts'
import type { UserRow } from '../storage/tenant-tables.ts'

/** Authenticator assurance level (NIST SP 800-63B). */
export type AssuranceLevel = 1 | 2 | 3

/** What a first factor has shown: the way in ends here, in the engine, whichever it was. */
export interface FirstFactor extends Spending {
  /** As read before the proof was looked at: the session is opened under this epoch. */
  readonly user: UserRow
  /** What was read with the user. Left out: it is asked for. */
  readonly load?: SignInLoad
  /** RFC 8176, as `["pwd"]`. */
  readonly methods: readonly string[]
  /** 1 for one factor; 2 or 3 for an authenticator that is several in itself, as a passkey with user verification. */
  readonly assuranceLevel: AssuranceLevel
  /** Ids in `mfa_methods` that were used: none of them counts a second time. */
  readonly usedFactors: readonly string[]
  readonly client?: ClientInfo
  /** Whether the user signed in on this device before; left out where nothing is known of devices. */
  readonly deviceKnown?: boolean
  readonly leakedPassword?: boolean
  /**
   * The session that is stepped up: it ends when the new one opens, and nothing opens where it has ended meanwhile. `shown`
   * false: nothing but the session itself was shown, so that a second factor is asked for in any case.
   */
  readonly former?: { readonly session: SessionId; readonly shown: boolean }
  /** Counted as failed before the proof was looked at, and forgotten once it was right. */
  readonly attempt?: CountedAttempt
}

/** What makes a proof good for one session only. */
export interface Spending {
  /**
   * Done in the transaction that opens the session, or that asks for another factor: consume the challenge, move the
   * counter. Where one of them is lost, somebody else was first, and nothing happens.
   */
  readonly spends?: readonly Step[]
  /** Nothing has happened, for want of this one of them. */
  overtaken?(lost: Step): Promise<void>
}

export interface CountedAttempt {
  readonly pool: string
  readonly subject: Uint8Array
}

export type VerifiedFactorType = FactorType | 'recovery_code'

/** Whose factor is asked for, and by what. */
export interface FactorRequest {
  readonly user: UserRow
  /** Undefined for recovery codes, which are no row in `mfa_methods`. */
  readonly method: MfaMethodRow | undefined
  /** The key, where the method is a passkey. */
  readonly credential: WebauthnCredentialRow | undefined
  /** Id of the pending sign-in or step-up: what is made for one answers no other (M08). */
  readonly request: string
  /** Methods that were shown before it. */
  readonly beside: readonly string[]
}

/** What the caller answered. */
export interface FactorAnswer {
  readonly code?: string
  /** WebAuthn's, as JSON. */
  readonly assertion?: Readonly<Record<string, unknown>>
}

export interface FactorProof extends Spending {
  /** RFC 8176. */
  readonly methods: readonly string[]
  /** What the session has once this and the first factor are shown. */
  readonly assuranceLevel: AssuranceLevel
}

/** One kind of factor. Attempts are counted before `verify` is called, in a pool of its kind. */
export interface FactorVerifier {
  readonly type: VerifiedFactorType
  /** RFC 8176: what a wrong answer is logged as. */
  readonly methods: readonly string[]
  /** The level that a session reaches with it, at best. */
  readonly assuranceLevel: AssuranceLevel
  /**
   * Sends the code or makes the options that the client needs; answers what the client is told. Left out: there is
   * nothing to begin. @throws what sending throws
   */
  begin?(context: TenantContext, asked: FactorRequest): Promise<Readonly<Record<string, unknown>>>
  /** Undefined: wrong. Changes nothing that a refusal must take back. */
  verify(context: TenantContext, asked: FactorRequest, answer: FactorAnswer): Promise<FactorProof | undefined>
}

/** What is shown of a factor before anybody is signed in. */
export interface FactorHint {
  /** Of the method; `recovery_code` for recovery codes. */
  readonly id: string
  readonly type: VerifiedFactorType
  readonly name: string
  /** Where a code goes, masked: the end of a number, the begin and the domain of an address. */
  readonly hint: string | null
  readonly primary: boolean
}
