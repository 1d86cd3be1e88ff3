// Getting in and out: sign up, sign in, refresh, sign out. Browsers get their tokens as cookies and never see them in
// a body; a client without cookies says `"transport": "body"` and shows its tokens itself.

import type { Actor } from '../audit/audit.ts'
import type { FactorChoice } from '../authentication/engine-contract.ts'
import type { SignedIn } from '../authentication/signed-in.ts'
import { readEmail } from '../identity/email.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { PLATFORM_TENANT_ID, type UserId } from '../kernel/ids.ts'
import type { ClientInfo, Refreshed, Sessions } from '../sessions/session.ts'
import type { TenantStatus } from '../storage/system-tables.ts'
import type { Tenant } from '../tenancy/tenant.ts'
import { type JsonObject, optionalTextField, textField } from './body.ts'
import type { Cookies } from './cookies.ts'
import { readCredential } from './credentials.ts'
import type { OriginCheck } from './csrf.ts'
import { type Entering, tenantOf } from './entering.ts'
import type { Entrance } from './entrance.ts'
import type { ProblemResponse } from './problem.ts'
import type { Route, Visit } from './routes.ts'
import { emptyResponse, jsonResponse } from './views.ts'

export interface SignInParts<Db, P extends string> {
  readonly entrance: Entrance<Db, P>
  readonly cookies: Cookies
  readonly origin: OriginCheck
  readonly sessions: Sessions
  readonly problem: ProblemResponse
  readonly signUp: 'open' | 'closed'
  /** Is there a mailer, so that addresses are proven first? */
  readonly mails: boolean
  readonly entering: Entering<Db, P>
  /** Signs in a user whom this request made. */
  enterNewUser(tenant: Tenant, actor: Actor, id: UserId, client: ClientInfo): Promise<SignedIn>
  /** Counts a sign-up from this address. @throws TOO_MANY_ATTEMPTS */
  admitSignUp(tenant: Tenant, clientAddress: string | undefined): Promise<void>
}

/** A suspended tenant lets everybody out. */
const LEAVING: readonly TenantStatus[] = ['suspended']
/** What a client whose refresh was throttled should wait, in milliseconds. */
const REFRESH_PAUSE_MS = 1000

export function signInRoutes<Db, P extends string>(parts: SignInParts<Db, P>): Route<Db, P>[] {
  const { cookies, entrance, origin, sessions } = parts
  const { bodyOf, transportOf, clientOf, granted, concluded, within } = parts.entering

  /** By the token's signature alone: a session that is over has nothing to be signed out of, and a suspended tenant no objection. */
  async function endByAccessToken(visit: Visit): Promise<void> {
    const options = { mode: 'signature', access: false, allow: LEAVING } as const
    const { tenant, session } = await entrance.authenticate(visit.request, visit.info, options)
    if (!session) return
    const { id } = session.session
    const ending = session.impersonator ? tenant.impersonation.end(id) : tenant.sessions.revoke(id)
    await ending.catch((error: unknown) => {
      if (!FreeholdError.is(error, 'SESSION_UNKNOWN')) throw error
    })
  }

  return [
    {
      method: 'POST',
      path: 'sign-up',
      does: 'Creates a user and signs them in: `email`, `password`, `name`, `transport`; where there is a mailer, sends a link to the `email` instead, known or not. Closed unless opened.',
      asks: 'tenant',
      rate: 'sign-up',
      async answer(visit) {
        if (parts.signUp !== 'open') throw new FreeholdError('SIGN_UP_CLOSED')
        const tenant = tenantOf(visit)
        // its users are the operators: no stranger becomes one
        if (tenant.id === PLATFORM_TENANT_ID) throw new FreeholdError('SIGN_UP_CLOSED')
        if (parts.mails) {
          // who has the mailbox chooses the password, when the link comes back (A10)
          const email = textField(await bodyOf(visit, ['email']), 'email')
          await parts.admitSignUp(tenant.tenant, visit.clientAddress)
          await tenant.accounts.requestSignUp({ email })
          return jsonResponse({ sent: true }, 202)
        }
        const body = await bodyOf(visit, ['email', 'password', 'name', 'transport', 'deviceToken'])
        const transport = transportOf(visit, body)
        const email = textField(body, 'email')
        const password = textField(body, 'password')
        const name = optionalTextField(body, 'name')
        await parts.admitSignUp(tenant.tenant, visit.clientAddress)
        const user = await tenant.users.create({ email, password, ...(name === undefined ? {} : { name }) })
        const signedIn = await parts.enterNewUser(tenant.tenant, visit.actor, user.id, clientOf(visit, body))
        return concluded(visit, signedIn, transport, { status: 201 })
      },
    },
    {
      method: 'POST',
      path: 'sign-in',
      does: 'Opens a session: `email`, `password`, `transport`.',
      asks: 'tenant',
      rate: 'sign-in',
      async answer(visit) {
        const body = await bodyOf(visit, ['email', 'password', 'transport', 'deviceToken'])
        const transport = transportOf(visit, body)
        const tenant = tenantOf(visit)
        const email = textField(body, 'email')
        await visit.admit(readEmail(email)?.emailNorm ?? email.slice(0, 320))
        const signedIn = await tenant.signIn.password({
          email,
          password: textField(body, 'password'),
          client: clientOf(visit, body),
        })
        return concluded(visit, signedIn, transport)
      },
    },
    {
      method: 'POST',
      path: 'sign-in/challenge',
      does: 'Begins a factor that a sign-in asked for: `token`, `factor`. Sends its code, or answers what the client needs.',
      asks: 'tenant',
      rate: 'messages',
      async answer(visit) {
        const body = await bodyOf(visit, ['token', 'factor'])
        return jsonResponse(await tenantOf(visit).signIn.challenge(choiceOf(body)))
      },
    },
    {
      method: 'POST',
      path: 'sign-in/continue',
      does: 'Answers a sign-in that asked for another factor: `token`, `factor`, `code` or `assertion`, `transport`; with `trustDevice` this device stands in for it from now on.',
      asks: 'tenant',
      rate: 'sign-in',
      async answer(visit) {
        const body = await bodyOf(visit, [
          'token',
          'factor',
          'code',
          'assertion',
          'transport',
          'deviceToken',
          'trustDevice',
        ])
        const transport = transportOf(visit, body)
        const code = optionalTextField(body, 'code')
        const assertion = body.assertion as Readonly<Record<string, unknown>> | undefined
        const signedIn = await tenantOf(visit).signIn.continue({
          ...choiceOf(body),
          ...(code === undefined ? {} : { code }),
          ...(assertion === undefined ? {} : { assertion }),
          ...(body.trustDevice === undefined ? {} : { trustDevice: body.trustDevice as boolean }),
          client: clientOf(visit, body),
        })
        return concluded(visit, signedIn, transport, { shown: assertion === undefined ? 'code' : 'passkey' })
      },
    },
    {
      method: 'POST',
      path: 'refresh',
      does: 'Exchanges a refresh token, from the cookie or as `refreshToken`, for the next one.',
      asks: 'tenant',
      rate: 'refresh',
      async answer(visit) {
        const body = await bodyOf(visit, ['refreshToken'])
        const shown = optionalTextField(body, 'refreshToken')
        if (shown === undefined) origin.check(visit.request)
        const token = shown ?? cookies.refresh(visit.request.headers)
        if (token === undefined) throw new FreeholdError('UNAUTHENTICATED')
        // what came in a cookie goes back in a cookie, or a script on the page could get it out
        const transport = shown === undefined ? 'cookies' : 'body'
        const refreshed = await sessions.refresh(token, within(visit))
        if (refreshed.ok) return granted(refreshed, transport)
        const response = parts.problem(refusal(refreshed.reason))
        // any other refusal leaves the cookies: they may be those of a winner of this race (R14)
        if (refreshed.clear && transport === 'cookies') cookies.clear(response.headers)
        return response
      },
    },
    {
      method: 'POST',
      path: 'sign-out',
      does: 'Ends the session of the refresh token (cookie or `refreshToken`) or of the access token.',
      asks: 'tenant',
      allow: LEAVING,
      async answer(visit) {
        const body = await bodyOf(visit, ['refreshToken'])
        const shown = optionalTextField(body, 'refreshToken')
        if (shown !== undefined) {
          await sessions.end(shown, within(visit))
          return emptyResponse()
        }
        const { headers } = visit.request
        const { kind } = readCredential(headers, cookies)
        if (kind === 'bearer' || kind === 'malformed') {
          await endByAccessToken(visit)
          return emptyResponse()
        }
        const refreshToken = cookies.refresh(headers)
        if (kind === 'none' && refreshToken === undefined) return emptyResponse()
        origin.check(visit.request)
        const ended = refreshToken !== undefined && (await sessions.end(refreshToken, within(visit)))
        if (!ended && kind === 'cookie') await endByAccessToken(visit)
        const response = emptyResponse()
        cookies.clear(response.headers)
        return response
      },
    },
  ]
}

function choiceOf(body: JsonObject): FactorChoice {
  const factor = optionalTextField(body, 'factor')
  return { token: textField(body, 'token'), ...(factor === undefined ? {} : { factor }) }
}

function refusal(reason: Extract<Refreshed, { ok: false }>['reason']): FreeholdError {
  switch (reason) {
    case 'invalid':
      return new FreeholdError('TOKEN_INVALID')
    case 'reused':
      return new FreeholdError('REFRESH_REUSED')
    case 'throttled':
      return new FreeholdError('TOO_MANY_ATTEMPTS', { retryAfterMs: REFRESH_PAUSE_MS })
    default:
      return new FreeholdError('REFRESH_REFUSED', { reason })
  }
}
