// Verbs: the few operations in which a race decides, or a request waits. Each is one atomic step and one round
// trip, and each states its race.

import type { AccessVerbs, ApiKeyLookup } from './access-verbs.ts'
import type { InboxClaim, InboxEnd } from './inbox.ts'
import type { HeldSubscription, SubscriptionName, SubscriptionWrite } from './mirror.ts'
import type { JudgedOpening, RiskVerbs } from './risk-verbs.ts'
import type { SessionView, UserView } from './session-view.ts'
import type { AttemptAnswer, AttemptTake, SignInVerbs } from './sign-in-verbs.ts'
import type { Row } from './tables.ts'
import type { RevokeReason, SessionRow } from './tenant-tables.ts'

export type { AccessLoad, AccessQuestion, ApiKeyLookup, PrincipalKind } from './access-verbs.ts'
export type { AttemptAnswer, AttemptTake } from './sign-in-verbs.ts'

/** Atomic steps inside one tenant. */
export interface TenantVerbs extends AccessVerbs, RiskVerbs, SignInVerbs {
  /**
   * Opens a session for a user who is active and still in the epoch that was read when the credential was checked.
   * Answers the row, or undefined when the user was disabled, deleted, or signed out everywhere meanwhile: a
   * sign-in that races any of these yields no session that works.
   */
  openSession(session: SessionOpening): Promise<SessionRow | undefined>

  /**
   * A live session with its user: not revoked, not expired, user active, epoch current. One round trip; what every
   * database-checked request waits for.
   */
  lookUpSession(sessionId: string): Promise<SessionLookup | undefined>

  /**
   * Moves a refresh-token family one generation on. Of any number of concurrent callers that present the same
   * current token exactly one is told `rotated`; the others, and retries within the grace, are told `repeated` with
   * what they need to derive the same child. Reuse revokes the family, and writes a security event, in this same
   * step. `rotated` is told in one round trip, everything else in two at most. The whole table of outcomes is in
   * sessions/rotation.ts.
   */
  rotateSession(step: RotationStep): Promise<RotationOutcome>

  /**
   * Ends sessions of one user in one step. Without `only` the user's epoch moves on too, so that a sign-in or refresh
   * racing this call cannot survive it; a live `except` moves with it. Answers the ids of the sessions it ended (live
   * before, revoked now).
   */
  endSessions(ending: SessionEnding): Promise<string[]>

  /**
   * A live API key with its account: the hash is this, not revoked, not expired, account active. One round trip; what
   * every request with a key waits for. Notes the use, at most once a minute for each key.
   */
  lookUpApiKey(id: string, secretHash: Uint8Array): Promise<ApiKeyLookup | undefined>

  /**
   * Takes one attempt from a pool before the secret is looked at: counts it as failed and sets the time before
   * which the next one is refused. Callers while that time has not come are refused and count nothing; of any
   * number of concurrent callers no more pass than the schedule allows.
   */
  takeAttempt(attempt: AttemptTake): Promise<AttemptAnswer>

  /**
   * Takes from buckets that fill again evenly (token buckets), all in one statement. Of any number of concurrent callers no
   * more pass than a bucket holds; a bucket that refuses loses nothing, and the others are taken from all the same.
   * Buckets must differ from each other in name or subject.
   */
  takeRates(rates: readonly RateTake[]): Promise<readonly RateAnswer[]>

  /**
   * Writes events and their pending leaves. Inside a transaction it costs no round trip of its own: it rides with the
   * next statement or with COMMIT, and a failure fails the transaction.
   */
  appendAudit(events: readonly Row<'audit_events'>[]): Promise<void>

  /**
   * Takes from a limit, or gives back (a negative amount, never below 0). One guarded statement: of any number of
   * concurrent callers no more pass than the limit has room for. `maximum` null: no limit, but still counted.
   */
  takeLimit(take: LimitTake): Promise<LimitAnswer>

  /**
   * What is sold, and what this tenant has of it: all that a cold entitlement check needs, in one query, and on the
   * connection of this unit of work, so that a transaction never waits for a second one.
   */
  loadEntitlements(): Promise<EntitlementLoad>

  /**
   * Writes what a provider says over subscriptions that this unit of work holds, and over their items: their version moves on, and the status is dated anew where it is another. In a transaction it costs no round trip of its own,
   * and a failure fails the transaction. No subscription twice.
   */
  writeSubscriptions(writes: readonly SubscriptionWrite[]): Promise<void>

  /**
   * Removes every row of this tenant, Freehold's and the host's behind the wall alike; answers how many per table.
   * The audit log stays: no right of the application's removes from it. Once the tenant is gone, the owner of the
   * database does, with `freehold.forget_audit(tenant)`.
   */
  purge(): Promise<Readonly<Record<string, number>>>

  /** Tells every process, once this unit of work has committed, and never if it does not. In a transaction it costs no round trip of its own. */
  publish(notice: Notice): Promise<void>
}

/** Atomic steps on the system tables. */
export interface SystemVerbs {
  /** A tenant by id, slug, or verified custom domain, in one round trip. */
  findTenant(by: TenantKey): Promise<Row<'tenants'> | undefined>

  /**
   * Leases pending events, at most one per customer: the oldest by the provider's clock, and none while another of
   * that customer is leased. Of any number of concurrent workers exactly one receives an event until its lease ends.
   * Attempts are counted here, so that a worker that dies while applying has used one up.
   */
  claimInbox(claim: InboxClaim): Promise<Row<'webhook_inbox'>[]>

  /**
   * Ends events whose lease is still this claim's; answers of how many. Where it is fewer than asked for, another worker may
   * have the rest, and nothing that was done for them may remain.
   */
  finishInbox(end: InboxEnd): Promise<number>

  /**
   * Subscriptions of any number of tenants with their items, each held until this unit of work ends; what is not there is
   * left out. One round trip. Rows are taken in the order of their tenants and ids, so that two callers never wait for each
   * other; who had to wait is answered with what the other left. Outside a transaction nothing is held. Only for tenants
   * whose rows are in the control database.
   */
  holdSubscriptions(names: readonly SubscriptionName[]): Promise<readonly HeldSubscription[]>

  /**
   * The commit of this transaction need not be on disk when it is answered: for what is done once more if a server that
   * went down forgot it, all of it. What is committed durably later makes it durable too. Does nothing outside a
   * transaction.
   */
  commitAsynchronously(): Promise<void>

  /** As in TenantVerbs. */
  publish(notice: Notice): Promise<void>
}

export type TenantKey = { readonly id: string } | { readonly slug: string } | { readonly domain: string }

/** What processes tell each other so that caches forget. Ids only: a notice has no wall. */
export type Notice =
  | { readonly kind: 'tenant'; readonly tenantId: string }
  /** A session ended; without `sessionId`, every session of the user did. */
  | { readonly kind: 'session'; readonly tenantId: string; readonly userId: string; readonly sessionId?: string }
  /** Roles changed, or with `principalId` what that principal holds. */
  | { readonly kind: 'access'; readonly tenantId: string; readonly principalId?: string }
  /** What the tenant has subscribed to changed. */
  | { readonly kind: 'billing'; readonly tenantId: string }
  /** Plans or prices changed. */
  | { readonly kind: 'plans' }

export interface SessionOpening extends JudgedOpening {
  readonly id: string
  readonly userId: string
  /** The user's epoch as read before the credential was checked. */
  readonly epoch: number
  readonly currentHash: Uint8Array
  readonly nonce: Uint8Array
  readonly keyId: number
  readonly assuranceLevel: number
  readonly authenticationMethods: readonly string[]
  readonly ip: string | null
  readonly userAgent: string | null
  readonly deviceId?: string | null
  /** The operator who acts as the user, and why. Default: nobody. */
  readonly impersonatorId?: string | null
  readonly impersonationReason?: string | null
  /** Milliseconds from now, on the database's clock. */
  readonly idleTimeoutMs: number
  readonly absoluteTimeoutMs: number
}

export interface SessionLookup {
  readonly session: SessionView
  readonly user: UserView
  /** The tenant's access version; the user's own is in their row. What was loaded for older ones is not believed. */
  readonly accessVersion: number
}

export interface LimitTake {
  readonly name: string
  readonly amount: number
  readonly maximum: number | null
}

export interface LimitAnswer {
  readonly taken: boolean
  /** What is used now. */
  readonly used: number
}

export interface EntitlementLoad {
  /** `tenants.plan` as it is now. */
  readonly tenantPlan: string | null
  /** All of them, archived ones too, by key. */
  readonly plans: readonly Pick<Row<'plans'>, 'key' | 'name' | 'features' | 'limits' | 'rank'>[]
  /** The items of all subscriptions that have not ended. */
  readonly items: readonly {
    readonly subscriptionId: string
    readonly status: string
    /** How long it has been known to be of this status, in milliseconds, on the database's clock. */
    readonly statusAgeMs: number
    /** The plan of its price, null when the price is not on the list. */
    readonly planKey: string | null
  }[]
}

export interface RotationStep {
  readonly sessionId: string
  /** SHA-256 of the token that was presented, its generation as the token (tag verified) states it. */
  readonly presentedHash: Uint8Array
  readonly generation: number
  /** The child to install if the presented token is the current one. */
  readonly childHash: Uint8Array
  readonly nonce: Uint8Array
  readonly keyId: number
  readonly graceMs: number
  readonly idleTimeoutMs: number
  /** Retries of one parent within its grace that are answered; more are told `throttled`. */
  readonly retryCap: number
  /**
   * Id of the security event, should one be written. Null: a token that is reused, forked or ahead is only told
   * (`suspect`), and nothing is done about it; the caller asks again with an id, in a transaction that writes more about it
   * than that event.
   */
  readonly eventId: string | null
}

export type RotationOutcome =
  /** This caller moved the family on: its child is the live token. `user` and `session` as they are now. */
  | ({ readonly kind: 'rotated' } & SessionLookup)
  /** The parent of the live token, within its grace: derive the child from its nonce and the key. Nothing moved. */
  | ({ readonly kind: 'repeated'; readonly nonce: Uint8Array; readonly keyId: number } & SessionLookup)
  /** As `repeated`, over the cap: no token, the family lives. */
  | { readonly kind: 'throttled' }
  /** The parent's child was used already, within the parent's own grace: no token, the family lives. */
  | { readonly kind: 'superseded' }
  /** A generation the database has not reached (a restored backup, a lost failover): no token, the family lives; this call wrote the event. */
  | { readonly kind: 'ahead' }
  /** A rotated token came back: this call revoked the family and wrote the event. */
  | { readonly kind: 'reused'; readonly userId: string }
  /** The right generation with another hash (two histories of one family): this call revoked it and wrote the event. */
  | { readonly kind: 'forked'; readonly userId: string }
  /** Where there was no `eventId`: one of these three. Nothing changed. */
  | { readonly kind: 'suspect' }
  /** Unknown, revoked before, expired, of an epoch that has passed, or the user is not active: nothing changed. `revoked` is true when the family is known to be dead: all of these but the first and the last. */
  | { readonly kind: 'ended'; readonly revoked: boolean }

export interface SessionEnding {
  readonly userId: string
  readonly reason: RevokeReason
  /** End this one session only. */
  readonly only?: string
  /** End all but this one. */
  readonly except?: string
}

export interface RateTake {
  readonly name: string
  /** SHA-256 of whose bucket it is. */
  readonly subject: Uint8Array
  /** What a full bucket holds; an empty one is full again after `windowMs`. */
  readonly limit: number
  readonly windowMs: number
  /** Default 1; a negative amount gives back, never beyond full. */
  readonly amount?: number
}

export interface RateAnswer {
  readonly allowed: boolean
  /** What the bucket holds now; a part of one is still to fill. */
  readonly tokens: number
}
