// The instance: what `createFreehold` answers.

import type { Permissions } from './access/permissions.ts'
import type { Actor } from './audit/audit.ts'
import type { Risk } from './authentication/risk/risk.ts'
import type { RiskOptions } from './authentication/risk/settings.ts'
import type { Plans, Webhooks } from './billing/billing.ts'
import type { Providers } from './billing/providers.ts'
import type {
  AccountSettings,
  AttemptSettings,
  EntitlementSettings,
  PasskeySettings,
  PasswordSettings,
  SessionSettings,
  WebhookSettings,
} from './context.ts'
import type { HttpOptions, RequestInfo } from './http/options.ts'
import type { RequestContext } from './http/request-context.ts'
import type { VerifyApiKey } from './identity/api-key-check.ts'
import type { Keys } from './kernel/keyring.ts'
import type { Runtime } from './kernel/runtime.ts'
import type { Maintenance } from './maintenance.ts'
import type { MessageOptions } from './messages/message.ts'
import type { NewStay } from './operators/stay.ts'
import type { Stays } from './operators/stays.ts'
import type { GeoProvider } from './ports/geo.ts'
import type { KeyProvider } from './ports/key-provider.ts'
import type { LeakedPasswords } from './ports/leaked-passwords.ts'
import type { LegacyHashes } from './ports/legacy-hashes.ts'
import type { Mailer } from './ports/mailer.ts'
import type { PasswordHasher } from './ports/password-hasher.ts'
import type { RateStore } from './ports/rate-store.ts'
import type { Texter } from './ports/texter.ts'
import type { TxtLookup } from './ports/txt-lookup.ts'
import type { RootKeys } from './root-keys.ts'
import type { Sessions } from './sessions/session.ts'
import type { Migrations } from './storage/migrations.ts'
import type { Finding, FindingId } from './storage/safety.ts'
import type { Storage } from './storage/storage.ts'
import type { TenantStatus } from './storage/system-tables.ts'
import type { TenantHandle } from './tenancy/handle.ts'
import type { Resolution, ResolverOptions } from './tenancy/resolver.ts'
import type { TenantName, Tenants } from './tenancy/tenants.ts'

export interface FreeholdOptions<Db, P extends string = string> {
  /** `postgres({ pool })`, `pglite()`, `memory()`. */
  readonly storage: Storage<Db>
  /** The root keys, or who keeps them: a KMS behind `{ load }`. */
  readonly keys: Keys | KeyProvider
  /** `definePermissions({ note: ['read', 'write'] })`. Default: Freehold's own permissions only. */
  readonly permissions?: Permissions<P>
  /** The `iss` of access tokens: a name or the URL of this installation. Default `freehold`. */
  readonly issuer?: string
  /** Default: `argon2()` of `freehold/argon2`, which wants the package argon2. */
  readonly passwordHasher?: PasswordHasher
  /** `legacyHashes()` of `freehold/legacy-hashes`: users of another system keep their passwords. Default: argon2 alone is imported. */
  readonly legacyHashes?: LegacyHashes
  readonly sessions?: Partial<SessionSettings>
  readonly passwords?: Partial<PasswordSettings>
  readonly attempts?: Partial<AttemptSettings>
  /** How a sign-in is scored, and from where on it is challenged or refused. */
  readonly risk?: RiskOptions
  /** Where addresses are: `maxmind({ reader })` of `freehold/maxmind`. Default: nothing is known of places. */
  readonly geo?: GeoProvider
  /** Passwords that were leaked elsewhere; asked with five digits of a hash. Default: nobody is asked. */
  readonly leakedPasswords?: LeakedPasswords
  /** On which pages passkeys are used, and how. */
  readonly passkeys?: Partial<PasskeySettings>
  /** How long links and codes are good. */
  readonly accounts?: Partial<AccountSettings>
  /** Sends e-mail: `nodemailer({ transport, from })` of `freehold/nodemailer`, or your own. Without it, what needs e-mail is refused. */
  readonly mailer?: Mailer
  /** Sends text messages. */
  readonly texter?: Texter
  /** Where links lead, and what messages say. */
  readonly messages?: MessageOptions
  /** Payment providers by name: `{ stripe: stripeBilling({ stripe, webhookSecrets }) }`. */
  readonly billing?: Providers
  readonly entitlements?: Partial<EntitlementSettings>
  /** How events of payment providers are applied. */
  readonly webhooks?: Partial<WebhookSettings>
  /** How requests tell their tenant. */
  readonly tenants?: ResolverOptions
  readonly http?: HttpOptions
  /** Where rates are counted: `redis({ client })` of 'freehold/redis'. Default: the storage, which also answers when this store does not. */
  readonly rateStore?: RateStore
  /** How the DNS records that prove custom domains are looked up. Default: `node:dns`. */
  readonly resolveTxt?: TxtLookup
  readonly runtime?: Partial<Runtime>
  /** Start although these were found, each by its name: `['superuser-role']`. For tests and first steps; never in production. */
  readonly allowUnsafe?: readonly FindingId[]
  /**
   * Told what the look at the database found at the start, and after migrations were applied: warnings, and what `allowUnsafe` let
   * pass. Default: `console.warn` of their names.
   */
  readonly onWarning?: (findings: readonly Finding[]) => void
  /** Told what went wrong where nobody waits for an answer, and each internal error behind a 500. Default: `console.error` of the code alone. */
  readonly onError?: (error: unknown) => void
}

/** What can be done in somebody's name. `Db` is the storage's query handle, `P` the permissions that were declared. */
export interface FreeholdRooms<Db = unknown, P extends string = string> {
  readonly tenants: Tenants<Db, P>
  /** What is sold. */
  readonly plans: Plans
  /** What payment providers tell. */
  readonly webhooks: Webhooks
  /**
   * Opens a tenant by slug, id, or anything that carries the id. An operator who must look into one that is not
   * active says so: `{ allow: ['suspended'] }`.
   * @throws TENANT_UNKNOWN, TENANT_SUSPENDED, TENANT_DELETED, TENANT_MOVING, CLOSED
   */
  tenant(name: TenantName, access?: { readonly allow?: readonly TenantStatus[] }): Promise<TenantHandle<Db, P>>
  /**
   * The same rooms, and the handles they open, in somebody's name: `freehold.as({ type: 'operator', id }).tenants.suspend('acme')` is
   * audited as that operator's. Without it everything is `system`: the host's own code.
   * @throws INPUT_INVALID, ID_INVALID
   */
  as(actor: Actor): FreeholdRooms<Db, P>
  /**
   * Opens a tenant, also one that is suspended, for the operator in whose name this is (`as({ type: 'operator', id })`): an active user
   * of the platform tenant who holds `tenant:break-glass` there and, where they are bound with a session (`sessionId`), has signed
   * in a short while ago, with the second factor if they have one. Written into the tenant's log and the platform's, with the
   * reason. The handle asks the database at each call, and refuses (BREAK_GLASS_EXPIRED) once its time is over, it was ended, or the
   * operator lost the permission, was shut out or signed out everywhere; what had begun goes on to its end.
   * @throws FORBIDDEN (no such operator), STEP_UP_REQUIRED, INPUT_INVALID, TENANT_UNKNOWN, TENANT_DELETED, TENANT_MOVING, STORAGE_UNAVAILABLE, CLOSED
   */
  breakGlass(tenant: TenantName, options: NewStay): Promise<TenantHandle<Db, P>>
  /** Operators in other tenants: who acts as whom, which glass is broken, why and until when. */
  readonly stays: Stays<Db, P>
}

export interface Freehold<Db = unknown, P extends string = string> extends FreeholdRooms<Db, P> {
  readonly sessions: Sessions
  /** Who stands behind an API key: the key routes itself. Adapters of frameworks ask by themselves. */
  readonly verifyApiKey: VerifyApiKey
  /** What other settings would have said of a recorded history of sign-ins. */
  readonly risk: Risk
  /** The root keys of this process: how they are rotated without a restart. */
  readonly keys: RootKeys
  readonly migrations: Migrations
  /** Removes what is no longer needed; run it daily. */
  readonly maintenance: Maintenance
  /** The sign-up, sign-in, refresh and session routes as one fetch-style function. Never rejects; ROUTE_UNKNOWN for a path that is not ours. */
  handler(request: Request, info?: RequestInfo): Promise<Response>
  /** Where `handler`'s routes start, as `http.basePath` says. */
  readonly basePath: string
  /** True when `handler` answers this path. */
  handles(path: string): boolean
  /** Which tenant a request is for. @throws as Resolver.resolve */
  resolve(request: Request, info?: RequestInfo): Promise<Resolution | undefined>
  /**
   * Tenant, and session where there is one. A cookie whose session is over is no error: see RequestContext.refused.
   * @throws TENANT_UNKNOWN and its like, TENANT_MISMATCH, TOKEN_INVALID, TOKEN_EXPIRED, SESSION_ENDED, CSRF_REFUSED
   */
  authenticate(request: Request, info?: RequestInfo): Promise<RequestContext<Db, P>>
  /** Any error as an RFC 9457 answer. What is not a Freehold error becomes INTERNAL and says nothing of itself; `onError` is told. */
  problem(error: unknown): Response
  /** What is not as it should be, worst first; empty means nothing was found. */
  doctor(): Promise<Finding[]>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
