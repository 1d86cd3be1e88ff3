// How a route lets somebody in: what it reads, in which way tokens are handed out, and what it answers to each outcome of
// signing in. Every way in answers through here.

import type { SignInDevice } from '../authentication/devices/device.ts'
import type { SignedIn } from '../authentication/signed-in.ts'
import type { User } from '../identity/user.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { checkKeys, invalid } from '../kernel/input.ts'
import type { ClientInfo, RefreshOptions, Session, Sessions, Tokens } from '../sessions/session.ts'
import type { TenantHandle } from '../tenancy/handle.ts'
import { type JsonObject, optionalTextField, readBody } from './body.ts'
import type { Cookies } from './cookies.ts'
import type { OriginCheck } from './csrf.ts'
import type { TenantVisit, Visit } from './routes.ts'
import { jsonResponse, sessionView, tokensView, userView } from './views.ts'

export interface EnteringParts {
  readonly cookies: Cookies
  readonly origin: OriginCheck
  readonly sessions: Sessions
  readonly maximumBodyBytes: number
  /** May a token alone tell its tenant? */
  readonly credentialTellsTenant: boolean
}

/** Cookies for browsers, which never see their tokens in a body; or the body, for clients that show their tokens themselves. */
export type Transport = 'cookies' | 'body'

export interface Grant {
  readonly user: User
  readonly session: Session
  readonly tokens: Tokens
  readonly device?: SignInDevice
  /** Made with the session, and said once. */
  readonly recoveryCodes?: readonly string[]
}

export interface Conclusion {
  /** Of a session; default 200. */
  readonly status?: number
  /** What the user showed, for the words where it is wrong; default `password`. */
  readonly shown?: keyof typeof WRONG
}

/** It does not say whether there is such a user. */
const WRONG = {
  password: 'The e-mail address or the password is wrong.',
  passwordAgain: 'The password is wrong.',
  code: 'The code is wrong, or was used before.',
  passkey: 'This passkey was not accepted, or signs nobody in here.',
} as const

export interface Entering<Db, P extends string> {
  /** One parsed body serves the check and the deed; `depth` is for those that may be nested deeper than most. @throws BODY_INVALID, BODY_TOO_LARGE, INPUT_INVALID */
  bodyOf(visit: Visit, fields: readonly string[], depth?: number): Promise<JsonObject>
  /** Cookies are handed out to pages of our own only. @throws CSRF_REFUSED, INPUT_INVALID */
  transportOf(visit: Visit, body: JsonObject): Transport
  /** What is known of the client: `body.deviceToken` where tokens go in bodies, else the cookie. @throws INPUT_INVALID */
  clientOf(visit: TenantVisit<Db, P>, body: JsonObject): ClientInfo
  granted(grant: Grant, transport: Transport, status?: number): Response
  /**
   * A session, or 202 and what is asked for next (`next`: another factor, `enrolment`: a first one): then there is no cookie and no
   * token yet.
   * @throws TOO_MANY_ATTEMPTS, SIGN_IN_DENIED, TOKEN_EXPIRED, BAD_CREDENTIALS
   */
  concluded(
    visit: TenantVisit<Db, P>,
    signedIn: SignedIn,
    transport: Transport,
    options?: Conclusion,
  ): Promise<Response>
  /** @throws TENANT_UNKNOWN when neither the request nor the token may tell the tenant */
  within(visit: TenantVisit<Db, P>): RefreshOptions
}

export function createEntering<Db, P extends string>(parts: EnteringParts): Entering<Db, P> {
  const { cookies, origin, sessions } = parts

  async function bodyOf(visit: Visit, fields: readonly string[], depth?: number): Promise<JsonObject> {
    const body = await readBody(visit.request, parts.maximumBodyBytes, depth)
    checkKeys(body, 'body', fields)
    return body
  }

  function transportOf(visit: Visit, body: JsonObject): Transport {
    const transport = optionalTextField(body, 'transport') ?? 'cookies'
    if (transport !== 'cookies' && transport !== 'body') throw invalid('transport', 'it is cookies or body')
    if (transport === 'cookies') origin.check(visit.request)
    return transport
  }

  function clientOf({ request, clientAddress }: TenantVisit<Db, P>, body: JsonObject): ClientInfo {
    const { headers } = request
    const [userAgent, acceptLanguage] = [headers.get('user-agent'), headers.get('accept-language')]
    // what a script must not read is never answered in a body, so a body shows its own
    const token = body.transport === 'body' ? optionalTextField(body, 'deviceToken') : cookies.device(headers)
    const platform = headers.get('sec-ch-ua-platform')
    return {
      ...(clientAddress === undefined ? {} : { ip: clientAddress }),
      ...(userAgent === null ? {} : { userAgent: userAgent.slice(0, 512) }),
      signals: { userAgent, acceptLanguage },
      device: { acceptLanguage, platform, ...(token === undefined ? {} : { token }) },
    }
  }

  function granted(grant: Grant, transport: Transport, status = 200): Response {
    const { user, session, tokens, device, recoveryCodes } = grant
    const answer = {
      user: userView(user),
      session: sessionView(session, session.id),
      tokens: tokensView(tokens, transport === 'body'),
      ...(device && transport === 'body' ? { deviceToken: device.token } : {}),
      ...(recoveryCodes ? { recoveryCodes } : {}),
    }
    const response = jsonResponse(answer, status)
    if (transport === 'cookies') cookies.set(response.headers, tokens)
    if (transport === 'cookies' && device) cookies.setDevice(response.headers, device.token)
    return response
  }

  async function concluded(
    visit: TenantVisit<Db, P>,
    signedIn: SignedIn,
    transport: Transport,
    { status = 200, shown = 'password' }: Conclusion = {},
  ) {
    if (signedIn.ok) {
      await leaveFormer(visit, transport)
      return granted(signedIn, transport, status)
    }
    if (signedIn.reason === 'factor-required') return jsonResponse({ next: signedIn.next }, 202)
    if (signedIn.reason === 'enrolment-required') return jsonResponse({ enrolment: signedIn.next }, 202)
    throw refusedSignIn(signedIn, shown)
  }

  /** The browser forgets the session it had, which must not live on unseen (ASVS V7.2.4). */
  async function leaveFormer(visit: TenantVisit<Db, P>, transport: Transport): Promise<void> {
    const former = transport === 'cookies' ? cookies.refresh(visit.request.headers) : undefined
    if (former !== undefined) await sessions.end(former, within(visit))
  }

  function within(visit: TenantVisit<Db, P>): RefreshOptions {
    if (visit.tenant) return { tenantId: visit.tenant.id }
    if (parts.credentialTellsTenant) return {}
    throw new FreeholdError('TENANT_UNKNOWN')
  }

  return { bodyOf, transportOf, clientOf, granted, concluded, within }
}

/** @throws TENANT_UNKNOWN */
export function tenantOf<Db, P extends string>(visit: TenantVisit<Db, P>): TenantHandle<Db, P> {
  if (!visit.tenant) throw new FreeholdError('TENANT_UNKNOWN')
  return visit.tenant
}

function refusedSignIn(
  refused: Exclude<SignedIn, { ok: true } | { reason: 'factor-required' | 'enrolment-required' }>,
  shown: keyof typeof WRONG,
): FreeholdError {
  switch (refused.reason) {
    case 'too-many-attempts':
      return new FreeholdError('TOO_MANY_ATTEMPTS', { retryAfterMs: refused.retryAfterMs })
    case 'denied':
      return new FreeholdError('SIGN_IN_DENIED')
    case 'expired':
      return new FreeholdError('TOKEN_EXPIRED')
    default:
      return new FreeholdError('BAD_CREDENTIALS', { detail: WRONG[shown] })
  }
}
