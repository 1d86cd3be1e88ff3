// What every room of the core is handed: the storage and the guests (clock, chance, keys, hashers). Made once, in
// freehold.ts; no room keeps state of its own at module level.

import type { BookMemory } from './access/book-memory.ts'
import type { Actor } from './audit/audit.ts'
import type { AuditWriter } from './audit/writer.ts'
import type { RiskSettings } from './authentication/risk/settings.ts'
import type { RiskSources } from './authentication/risk/sources.ts'
import type { Envelope } from './kernel/envelope.ts'
import type { Keyring } from './kernel/keyring.ts'
import type { Runtime } from './kernel/runtime.ts'
import type { Post } from './messages/post.ts'
import type { LegacyHashes } from './ports/legacy-hashes.ts'
import type { PasswordHasher } from './ports/password-hasher.ts'
import type { Storage, TenantRef, TenantScope } from './storage/storage.ts'
import type { Tenant } from './tenancy/tenant.ts'

export interface Context<Db = unknown> {
  readonly storage: Storage<Db>
  readonly runtime: Runtime
  readonly keyring: Keyring
  /** Seals what must be read again: columns that are marked `sealed`. */
  readonly envelope: Envelope
  readonly passwordHasher: PasswordHasher
  /** What is asked outside of the database about a sign-in. */
  readonly riskSources: RiskSources
  /** Hashes of other systems, as far as they may be imported. */
  readonly legacyHashes?: LegacyHashes
  readonly settings: Settings
  readonly auditWriter: AuditWriter
  /** E-mail and text messages, where there are any. */
  readonly post: Post
  /** In whose name the rooms are entered: what they audit. */
  readonly actor: Actor
}

/** A tenant's scope as a room sees it: the same code serves single calls and `transaction`. */
export interface TenantContext<Db = unknown> extends Context<Db> {
  readonly tenant: Tenant
  readonly ref: TenantRef
  readonly scope: TenantScope<Db>
  /** What this process remembers of the tenant's access; without, each write reads all of it. */
  readonly books?: BookMemory
}

/** Options with their defaults filled in; durations in milliseconds. */
export interface Settings {
  readonly issuer: string
  readonly sessions: SessionSettings
  readonly passwords: PasswordSettings
  readonly attempts: AttemptSettings
  readonly risk: RiskSettings
  readonly passkeys: PasskeySettings
  readonly accounts: AccountSettings
  readonly tenancy: TenancySettings
  readonly entitlements: EntitlementSettings
  readonly webhooks: WebhookSettings
}

export interface SessionSettings {
  /** Default 10 minutes. */
  readonly accessTokenLifetimeMs: number
  /** Default 14 days. */
  readonly idleTimeoutMs: number
  /** Default 30 days. */
  readonly absoluteTimeoutMs: number
  /** How long a rotated token may come again (a lost response). Default 10 s, at most 60 s. */
  readonly refreshGraceMs: number
  /** Default 100. */
  readonly refreshRetryCap: number
  /** How long a device that a user trusts stands in for the second factor. Default 30 days, at most 400; 0: none is trusted. */
  readonly deviceTrustMs: number
  /** Default `cached`. */
  readonly verification: 'signature' | 'cached' | 'database'
  /** The oldest that an answer of the revocation cache may be. Default and maximum 10 s. */
  readonly revocationCacheMs: number
}

export interface PasswordSettings {
  /** Characters at least while the password is the only factor. Default 15, at least 8 (NIST SP 800-63B-4). */
  readonly minimumLength: number
  /** Characters at least for users with a second factor. Default 8. */
  readonly minimumLengthWithSecondFactor: number
  /** Default 256. */
  readonly maximumLength: number
  /** Further words that a password may not be made of, as your product's name. */
  readonly contextWords: readonly string[]
  /**
   * A new password where `leakedPasswords` is given and does not answer within two seconds: `accept` (the default; `onError` is told)
   * or `refuse`, with LEAK_LIST_UNAVAILABLE.
   */
  readonly whenLeakListFails: 'accept' | 'refuse'
  /** Hashes computed at once. Default: one less than there are cores, and at least one: a core stays for everybody else. */
  readonly concurrency: number
}

export interface AttemptSettings {
  /** Failures in a row that cost no delay. Default 5. */
  readonly free: number
  /** Default 1 s; doubles with each failure. */
  readonly baseDelayMs: number
  /** Default 15 min. */
  readonly maxDelayMs: number
  /** Default 24 h. */
  readonly forgetAfterMs: number
}

export interface PasskeySettings {
  /**
   * A domain that passkeys are made for on every page at or below it, as `example.com`; on other pages, for the page's own host.
   * Default null: always for the page's own host. Whoever changes it makes the passkeys of before useless.
   */
  readonly rpId: string | null
  /**
   * Pages where passkeys are used beside each tenant's subdomain and verified domains, as `https://app.example.com`, and apps, as
   * `android:apk-key-hash:...` (these want an `rpId`). Default: `http.trustedOrigins`.
   */
  readonly origins: readonly string[]
  /** Origins of pages that may show ours in a frame while a passkey is used there. Default: none. */
  readonly topOrigins: readonly string[]
  /**
   * Must whoever signs in with a passkey alone show a PIN or a finger? Default `required`. With `preferred` a passkey that was used
   * without is one factor (assurance level 1), and another is asked for where one is needed.
   */
  readonly userVerification: 'required' | 'preferred'
  /** Default 5 min. */
  readonly challengeLifetimeMs: number
}

export interface AccountSettings {
  /** How long a link is good that proves an address, or signs up. Default 24 h. */
  readonly linkLifetimeMs: number
  /** How long a link is good that sets a new password. Default 1 h. */
  readonly resetLifetimeMs: number
  /** How long a code is good, and a link that signs in. Default and maximum 10 min (ASVS 5.0, V6.5.5). */
  readonly codeLifetimeMs: number
  /** Default 7 days. */
  readonly invitationLifetimeMs: number
  /** How long after signing in somebody may change how their account is reached. Default 10 min. */
  readonly freshnessMs: number
  /** Are links and codes by e-mail factors, to sign in with and to confirm a sign-in? Default true; a tenant turns it off with `settings.authentication.emailFactor` (ASVS 5.0, V6.3.6). */
  readonly emailFactor: boolean
  /** Must whoever ends sessions of their own, beside the one they are in, have signed in so short a while ago? Default true (ASVS 5.0, V7.5.2). */
  readonly freshToEndSessions: boolean
}

export interface TenancySettings {
  /** The host's own domains, normalised; no tenant may claim one, nor anything below it. */
  readonly baseDomains: readonly string[]
}

export interface EntitlementSettings {
  /** Key of the plan of tenants that have neither a live subscription nor a `plan` of their own. Default null: none. */
  readonly defaultPlan: string | null
  /** How long a subscription that is past due still counts. Default 7 days; 0: it does not. */
  readonly graceMs: number
}

export interface WebhookSettings {
  /** Connections that one `drain` uses: each applies events that need nobody asked up to 25 at once, the others one by one. Default 4. */
  readonly concurrency: number
  /** How long a worker has an event to itself. Default 60 s; a provider that is asked has half of it to answer. */
  readonly leaseMs: number
  /** Then the event is a dead letter. Default 25. */
  readonly maximumAttempts: number
  /** Before the second attempt; doubles with each. Default 2 s. */
  readonly baseDelayMs: number
  /** Default 1 h: with the other defaults an event is tried for some 14 hours. */
  readonly maxDelayMs: number
  /** How often a worker that was started looks for events that reached another process. Default 1 s. */
  readonly pollMs: number
}
