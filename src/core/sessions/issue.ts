// Opening a session: a new id at every sign-in, the first refresh token, the first access token.

import { inRequestOf } from '../audit/actor.ts'
import type { Context, TenantContext } from '../context.ts'
import type { SessionId, TenantId, UserId } from '../kernel/ids.ts'
import { storable } from '../kernel/input.ts'
import type { GeoPlace } from '../ports/geo.ts'
import type { SessionView } from '../storage/session-view.ts'
import { openSession, type Step, told } from '../storage/steps.ts'
import type { SessionRow } from '../storage/tenant-tables.ts'
import { type AccessTokens, createAccessTokens } from './access-token.ts'
import { createRefreshTokens, hashRefreshToken, NONCE_LENGTH } from './refresh-token.ts'
import { type ClientInfo, type Session, sessionFromRow, type Tokens } from './session.ts'

export interface Opening {
  readonly userId: UserId
  /** The user's epoch as it was read before the credential was checked. */
  readonly epoch: number
  /** 1 to 3 (NIST SP 800-63B). */
  readonly assuranceLevel: number
  /** RFC 8176, as `["pwd"]`. */
  readonly authenticationMethods: readonly string[]
  readonly client?: ClientInfo
  readonly deviceId?: string | undefined
  /** What the sign-in was judged to be. */
  readonly risk?: SessionRisk
  readonly impersonation?: SessionImpersonation
}

/** A session in which an operator acts as the user. */
export interface SessionImpersonation {
  readonly impersonatorId: UserId
  readonly reason: string
  /** Both limits of the session are this, or less. */
  readonly lifetimeMs: number
}

/** How risky a sign-in was, and where it came from. */
export interface SessionRisk {
  /** 0 to 1. */
  readonly score: number
  readonly flags: readonly string[]
  readonly place?: GeoPlace
}

export interface SessionIssuer {
  /**
   * A session under a new id, whatever session the client had before (attack case S01). It is there once `step` is done, which is
   * lost when the user was disabled, deleted, or signed out everywhere since the epoch was read.
   */
  prepare(context: TenantContext, opening: Opening): Promise<PreparedSession>
}

export interface PreparedSession {
  readonly id: SessionId
  readonly step: Step<SessionRow>
  /** What is written of it, in the same transaction. */
  readonly told: readonly Step[]
  /** The session that was opened, with its tokens. */
  finish(row: SessionRow): OpenedSession
}

export interface OpenedSession {
  readonly session: Session
  readonly tokens: Tokens
}

const SECRET_LENGTH = 32
/** What the columns hold; a longer user agent is cut, as it only serves to be recognised. */
const MAXIMUM_IP = 64
const MAXIMUM_USER_AGENT = 512

export function createSessionIssuer(context: Context): SessionIssuer {
  const { keyring, runtime, settings } = context
  const refreshTokens = createRefreshTokens(keyring)
  const accessTokens = createAccessTokens(keyring, runtime, settings.issuer)
  return {
    async prepare({ tenant, actor, auditWriter }, opening) {
      const { userId, assuranceLevel, authenticationMethods, client, risk, impersonation } = opening
      const sessionId = runtime.newId() as SessionId
      const keyId = keyring.current
      const refreshToken = refreshTokens.write({
        keyId,
        tenantId: tenant.id,
        sessionId,
        generation: 0,
        secret: runtime.randomBytes(SECRET_LENGTH),
      })
      const limitMs = impersonation?.lifetimeMs ?? Number.POSITIVE_INFINITY
      const step = openSession({
        id: sessionId,
        userId,
        epoch: opening.epoch,
        currentHash: hashRefreshToken(refreshToken),
        nonce: runtime.randomBytes(NONCE_LENGTH),
        keyId,
        assuranceLevel,
        authenticationMethods,
        ip: storable(client?.ip, MAXIMUM_IP) ?? null,
        userAgent: storable(client?.userAgent, MAXIMUM_USER_AGENT) ?? null,
        deviceId: opening.deviceId ?? null,
        country: risk?.place?.country ?? null,
        city: risk?.place?.city ?? null,
        riskScore: risk?.score ?? null,
        riskFlags: risk?.flags ?? [],
        impersonatorId: impersonation?.impersonatorId ?? null,
        impersonationReason: impersonation?.reason ?? null,
        idleTimeoutMs: Math.min(settings.sessions.idleTimeoutMs, limitMs),
        absoluteTimeoutMs: Math.min(settings.sessions.absoluteTimeoutMs, limitMs),
      })
      const steps: Step[] = []
      const targets = [
        { type: 'session', id: sessionId },
        { type: 'user', id: userId },
      ] as const
      if (impersonation) {
        // the operator did it, and not the user
        const details = {
          reason: impersonation.reason,
          lifetimeMs: Math.min(settings.sessions.absoluteTimeoutMs, limitMs),
        }
        await auditWriter.append(told(steps), actor, { action: 'impersonation.started', targets, details })
      } else {
        await auditWriter.append(told(steps), inRequestOf(actor, { type: 'user', id: userId, sessionId }, client), {
          action: 'session.opened',
          targets,
          details: { assuranceLevel, authenticationMethods },
        })
      }
      return {
        id: sessionId,
        step,
        told: steps,
        finish: (row) => ({
          session: sessionFromRow(row),
          tokens: pair(context, accessTokens, tenant.id, row, refreshToken),
        }),
      }
    },
  }
}

/** The two tokens of a session as its row is now. The access token does not outlive the session. */
export function pair(
  context: Context,
  accessTokens: AccessTokens,
  tenantId: TenantId,
  row: SessionView,
  refreshToken: string,
): Tokens {
  // both moments are the database's: the difference is right on every clock
  const idleMs = row.idle_expires_at.getTime() - row.rotated_at.getTime()
  const lifetimeMs = Math.min(context.settings.sessions.accessTokenLifetimeMs, idleMs)
  const accessToken = accessTokens.sign({
    tenantId,
    userId: row.user_id as UserId,
    sessionId: row.id as SessionId,
    generation: row.generation,
    epoch: row.epoch,
    assuranceLevel: row.assurance_level,
    authenticatedAt: row.authenticated_at,
    lifetimeMs,
    ...(row.impersonator_id === null ? {} : { impersonatorId: row.impersonator_id as UserId }),
  })
  return { accessToken, accessTokenExpiresInMs: lifetimeMs, refreshToken, refreshTokenExpiresInMs: idleMs }
}
