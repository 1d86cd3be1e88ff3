// What the engine can be asked for. Only engine.ts answers it, and only there a session is opened.

import type { TenantContext } from '../context.ts'
import type { OpenedSession, SessionImpersonation } from '../sessions/issue.ts'
import type { ClientInfo } from '../sessions/session.ts'
import type { SignInLoad } from '../storage/sign-in-verbs.ts'
import type { Step } from '../storage/steps.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import type { FactorAnswer, FactorProof, FirstFactor, VerifiedFactorType } from './factor.ts'
import type { PendingProof } from './pending.ts'
import type { SignedIn } from './signed-in.ts'

export interface SignInEngine {
  /** Takes a first factor that was shown: a session, or what is asked for next. @throws CONFIG_INVALID (an unreadable policy), STORAGE_UNAVAILABLE */
  conclude(context: TenantContext, proof: FirstFactor): Promise<SignedIn>
  /** Begins a factor of a pending sign-in: sends the code, makes the options. @throws TOKEN_EXPIRED (the sign-in is over), FACTOR_UNKNOWN */
  begin(context: TenantContext, choice: FactorChoice): Promise<BegunFactor>
  /** Answers a pending sign-in with a factor. */
  resume(context: TenantContext, choice: FactorChoice, answer: SecondAnswer): Promise<SignedIn>
  /** Whose sign-in waits for a first factor of their own; undefined when it is over, or they have one by now. */
  enrolling(context: TenantContext, token: string, client?: ClientInfo): Promise<Enrolling | undefined>
  /** Ends such a sign-in with the factor that the proof's steps make; nothing of it happens where the user has one by then. */
  finish(context: TenantContext, enrolling: Enrolling, proof: FactorProof, client?: ClientInfo): Promise<SignedIn>
  /** A session in which an operator, checked already, acts as the user as read. Undefined: the user is not active, or was signed out meanwhile. */
  impersonate(context: TenantContext, acting: ActingAs): Promise<OpenedSession | undefined>
}

export interface ActingAs extends SessionImpersonation {
  readonly user: UserRow
  readonly client?: ClientInfo | undefined
}

export interface FactorChoice {
  /** `next.token` of the answer that asked for a factor. */
  readonly token: string
  /** One of `next.factors`, by id. Default: the first. */
  readonly factor?: string
}

export interface SecondAnswer extends FactorAnswer {
  readonly client?: ClientInfo
  /** From now on the client's device stands in for the second factor, where the rules allow it. */
  readonly trustDevice?: boolean
}

export interface BegunFactor {
  readonly factor: string
  readonly type: VerifiedFactorType
  /** What the client needs: options for WebAuthn, where a code went and when it may be asked for again. */
  readonly details: Readonly<Record<string, unknown>>
}

/** A sign-in that waits for a first factor. */
export interface Enrolling {
  readonly user: UserRow
  /** Id of the challenge: what is begun for one sign-in ends no other. */
  readonly request: string
  readonly first: PendingProof
  readonly load: SignInLoad
  /** Ends it. */
  readonly spent: Step
}
