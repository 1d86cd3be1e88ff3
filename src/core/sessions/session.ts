// What the host sees of a session, and of the tokens that stand for it.

import type { DeviceClaim } from '../authentication/devices/device.ts'
import type { ClientSignals } from '../authentication/risk/inputs.ts'
import type { User, UserKey } from '../identity/user.ts'
import type { DeviceId, SessionId, TenantId, UserId } from '../kernel/ids.ts'
import type { Page, PageRequest } from '../kernel/page.ts'
import type { SessionView } from '../storage/session-view.ts'
import type { RevokeReason } from '../storage/tenant-tables.ts'

/** One signed-in browser or app: one refresh-token family. */
export interface Session {
  readonly id: SessionId
  readonly userId: UserId
  readonly createdAt: Date
  /** When the user last proved who they are. */
  readonly authenticatedAt: Date
  /** When the refresh token last moved on. */
  readonly lastUsedAt: Date
  readonly idleExpiresAt: Date
  readonly absoluteExpiresAt: Date
  /** Authenticator assurance level, 1 to 3 (NIST SP 800-63B). */
  readonly assuranceLevel: number
  /** RFC 8176 method references, as in `["pwd"]`. */
  readonly authenticationMethods: readonly string[]
  readonly ip: string | null
  readonly userAgent: string | null
  /** The device it was opened on; null: nothing was known of it. */
  readonly deviceId: DeviceId | null
  /** Where the sign-in came from, as far as a geo provider knows. ISO 3166-1 alpha-2. */
  readonly country: string | null
  readonly city: string | null
  /** How risky the sign-in was, 0 to 1, and what spoke against it; null: it was not judged. */
  readonly riskScore: number | null
  readonly riskFlags: readonly string[]
  /** The operator who acts as the user in it, and why; null: the user's own. */
  readonly impersonatorId: UserId | null
  readonly impersonationReason: string | null
  readonly revokedAt: Date | null
  readonly revokeReason: RevokeReason | null
}

export interface Tokens {
  /** A JWT (EdDSA), for `Authorization: Bearer` or a cookie. */
  readonly accessToken: string
  /** Schedule on this, not on the token's `exp`: clocks differ. */
  readonly accessTokenExpiresInMs: number
  /** Usable once; keep it where scripts cannot read it. */
  readonly refreshToken: string
  readonly refreshTokenExpiresInMs: number
}

/** What is known of the client that signs in; shown in session lists. */
export interface ClientInfo {
  readonly ip?: string
  readonly userAgent?: string
  /** What tells a program from a person, where somebody looked; only risk reads it. */
  readonly signals?: ClientSignals
  /** Left out: no device is recognised, and none is recorded. */
  readonly device?: DeviceClaim
}

/**
 * How an access token is checked. `signature`: the token alone (a revoked session lives on until the token
 * expires). `cached`: also a cache of ended sessions, told by the database at once and never older than 10 s; the
 * default. `database`: one round trip, which also answers the session and user rows. Whether the tenant is active is read
 * from a cache in the last two: told at once as well, and never older than 10 s.
 */
export type VerificationMode = 'signature' | 'cached' | 'database'

/** Who stands behind an access token. */
export interface Verified {
  readonly tenant: { readonly id: TenantId }
  readonly principal: { readonly kind: 'user'; readonly id: UserId }
  readonly session: { readonly id: SessionId; readonly generation: number }
  readonly assurance: { readonly level: number; readonly authenticatedAt: Date }
  /** When the access token expires. */
  readonly expiresAt: Date
  /** The operator who acts as the principal; not there when it is the user. */
  readonly impersonator?: { readonly id: UserId }
  /** The rows, in `database` mode only. */
  readonly rows?: { readonly session: Session; readonly user: User }
  /** The access versions of the tenant and the principal as of the look-up, in `database` mode only: what was loaded for these is current. */
  readonly accessVersions?: { readonly tenant: number; readonly principal: number }
}

export type Refreshed =
  | {
      readonly ok: true
      readonly session: Session
      readonly user: User
      readonly tenant: { readonly id: TenantId }
      readonly tokens: Tokens
    }
  | {
      readonly ok: false
      /**
       * `invalid`: not a token of ours. `reused`: a rotated token came back and its session was ended. `superseded`: its
       * child was used already; read your store again. `throttled`: too many retries at once; wait. `ended`: the session is over.
       */
      readonly reason: 'invalid' | 'reused' | 'superseded' | 'throttled' | 'ahead' | 'ended'
      /** True only when the family is known to be dead: then, and only then, may a server clear the client's cookies. */
      readonly clear: boolean
    }

/** Sessions of the whole installation: tokens route themselves to their tenant. */
export interface Sessions {
  /**
   * @throws TOKEN_INVALID, TOKEN_EXPIRED, SESSION_ENDED, TENANT_SUSPENDED, TENANT_DELETED, TENANT_MOVING (not in `signature` mode), STORAGE_UNAVAILABLE
   */
  verify(accessToken: string, options?: { readonly mode?: VerificationMode }): Promise<Verified>
  /**
   * Exchanges a refresh token for its child: one guarded UPDATE. Of any number of concurrent calls with one token exactly one
   * moves the family on, and all of them get the same child.
   * @throws TENANT_SUSPENDED, TENANT_DELETED, TENANT_MOVING, STORAGE_UNAVAILABLE
   */
  refresh(refreshToken: string, options?: RefreshOptions): Promise<Refreshed>
  /**
   * Ends the session of a refresh token (sign-out); false when the token is not one of ours, or of another tenant than
   * `tenantId`, or the session was over.
   * @throws TENANT_MOVING, STORAGE_UNAVAILABLE
   */
  end(refreshToken: string, options?: RefreshOptions): Promise<boolean>
  /** The public signing keys, RFC 7517: previous, current and next. */
  jwks(): { readonly keys: readonly JsonWebKey[] }
}

export interface RefreshOptions {
  /** Refuse a token of another tenant than this, without touching its family. */
  readonly tenantId?: TenantId
}

/** A public key as JSON (RFC 7517, RFC 8037). */
export interface JsonWebKey {
  readonly kty: string
  readonly crv: string
  readonly x: string
  readonly kid: string
  readonly alg: string
  readonly use: 'sig'
}

/**
 * Sessions of one tenant. A user who ends sessions in their own name (`as`), but for the one in which they do it, has proven lately
 * who they are, unless `accounts.freshToEndSessions` is off: STEP_UP_REQUIRED.
 */
export interface TenantSessions {
  /** A user's live sessions, newest first. */
  list(user: UserKey, page?: PageRequest): Promise<Page<Session>>
  get(id: SessionId): Promise<Session>
  /** Ends one session. @throws SESSION_UNKNOWN when it does not exist; ending it twice is not an error; STEP_UP_REQUIRED */
  revoke(id: SessionId): Promise<void>
  /** Ends every session of a user, those being opened or refreshed at this moment too. Answers how many were live. @throws STEP_UP_REQUIRED */
  revokeAll(user: UserKey): Promise<number>
  /** Ends every session of a user but this one. @throws SESSION_UNKNOWN when it is none of this user's: then none ends; STEP_UP_REQUIRED */
  revokeOthers(user: UserKey, keep: SessionId): Promise<number>
}

export function sessionFromRow(row: SessionView): Session {
  return {
    id: row.id as SessionId,
    userId: row.user_id as UserId,
    createdAt: row.created_at,
    authenticatedAt: row.authenticated_at,
    lastUsedAt: row.rotated_at,
    idleExpiresAt: row.idle_expires_at,
    absoluteExpiresAt: row.absolute_expires_at,
    assuranceLevel: row.assurance_level,
    authenticationMethods: row.authentication_methods,
    ip: row.ip,
    userAgent: row.user_agent,
    deviceId: row.device_id as DeviceId | null,
    country: row.country,
    city: row.city,
    riskScore: row.risk_score,
    riskFlags: row.risk_flags,
    impersonatorId: row.impersonator_id as UserId | null,
    impersonationReason: row.impersonation_reason,
    revokedAt: row.revoked_at,
    revokeReason: row.revoke_reason,
  }
}
