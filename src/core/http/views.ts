// What answers say of tenants, users, sessions and the rest: named fields only, so that no column can leak by being added.

import type { AuditEvent } from '../audit/audit.ts'
import type { Passkey } from '../authentication/passkeys/passkey.ts'
import type { Plan, Subscription } from '../billing/billing.ts'
import type { User } from '../identity/user.ts'
import type { Session, Tokens } from '../sessions/session.ts'
import type { Tenant } from '../tenancy/tenant.ts'
import { secureHeaders } from './problem.ts'

/** JSON with the headers of every answer of ours; dates in ISO 8601, durations in milliseconds. */
export function jsonResponse(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: headers({ 'content-type': 'application/json' }) })
}

export function emptyResponse(extra: Record<string, string> = {}): Response {
  return new Response(null, { status: 204, headers: headers(extra) })
}

export function tenantView({ id, slug, name }: Tenant) {
  return { id, slug, name }
}

export function userView({ id, email, emailVerifiedAt, phone, phoneVerifiedAt, name, createdAt }: User) {
  return { id, email, emailVerifiedAt, phone, phoneVerifiedAt, name, createdAt }
}

/** `current` marks the session that asks. */
export function sessionView(session: Session, currentId: string) {
  const { id, createdAt, authenticatedAt, lastUsedAt, idleExpiresAt, absoluteExpiresAt } = session
  const { assuranceLevel, authenticationMethods, ip, userAgent, deviceId, country, city, impersonatorId } = session
  return {
    id,
    current: id === currentId,
    createdAt,
    authenticatedAt,
    lastUsedAt,
    idleExpiresAt,
    absoluteExpiresAt,
    assuranceLevel,
    authenticationMethods,
    ip,
    userAgent,
    deviceId,
    country,
    city,
    impersonatorId,
  }
}

export function passkeyView(passkey: Passkey) {
  const { id, name, deviceType, backedUp, transports, aaguid, rpId, signsIn, createdAt, lastUsedAt, cloneSuspectedAt } =
    passkey
  return { id, name, deviceType, backedUp, transports, aaguid, rpId, signsIn, createdAt, lastUsedAt, cloneSuspectedAt }
}

export function auditView(event: AuditEvent) {
  const { id, at, action, actor, targets, outcome, changes, details, complianceFlags, leaf } = event
  return { id, at, action, actor, targets, outcome, changes, details, complianceFlags, leaf }
}

export function planView({ key, name, features }: Plan) {
  return { key, name, features }
}

export function subscriptionView(subscription: Subscription) {
  const { id, provider, status, planKey, currentPeriodEnd, cancelAtPeriodEnd, trialEnd } = subscription
  return { id, provider, status, planKey, currentPeriodEnd, cancelAtPeriodEnd, trialEnd }
}

/** The tokens themselves only for who asked for them in the body; a browser's scripts see the lifetimes alone. */
export function tokensView(tokens: Tokens, withSecrets: boolean) {
  const { accessTokenExpiresInMs, refreshTokenExpiresInMs, accessToken, refreshToken } = tokens
  const lifetimes = { accessTokenExpiresInMs, refreshTokenExpiresInMs }
  return withSecrets ? { ...lifetimes, accessToken, refreshToken } : lifetimes
}

function headers(extra: Record<string, string>): Headers {
  const made = new Headers(extra)
  secureHeaders(made)
  return made
}
