// What is sent to a mailbox or a phone, and comes back: asked for by strangers, so each answers the same whoever has the
// address, and answered by a POST alone, since whoever scans mail opens every link in it (A03).

import type { SignedIn } from '../authentication/signed-in.ts'
import { readEmail } from '../identity/email.ts'
import { readPhone } from '../identity/phone.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { PLATFORM_TENANT_ID, type SessionId } from '../kernel/ids.ts'
import { invalid } from '../kernel/input.ts'
import type { ClientInfo } from '../sessions/session.ts'
import { type JsonObject, optionalTextField, textField } from './body.ts'
import { type Entering, tenantOf } from './entering.ts'
import type { Entrance } from './entrance.ts'
import type { Route, TenantVisit } from './routes.ts'
import { emptyResponse, jsonResponse, userView } from './views.ts'

export interface MessageParts<Db, P extends string> {
  readonly entering: Entering<Db, P>
  readonly entrance: Entrance<Db, P>
  readonly signUp: 'open' | 'closed'
}

export function messageRoutes<Db, P extends string>(parts: MessageParts<Db, P>): Route<Db, P>[] {
  const { bodyOf, transportOf, clientOf, concluded } = parts.entering

  /** A route that sends something to an address. */
  function sending(
    path: string,
    does: string,
    send: (visit: TenantVisit<Db, P>, email: string) => Promise<void>,
  ): Route<Db, P> {
    return {
      method: 'POST',
      path,
      does,
      asks: 'tenant',
      rate: 'messages',
      async answer(visit) {
        const body = await bodyOf(visit, ['email'])
        const email = textField(body, 'email')
        await visit.admit(accountOf(email))
        await send(visit, email)
        return jsonResponse({ sent: true }, 202)
      },
    }
  }

  /** A route that lets in who brings back what was sent. */
  function entry(
    path: string,
    does: string,
    fields: readonly string[],
    enter: (visit: TenantVisit<Db, P>, body: JsonObject) => Promise<SignedIn>,
    status = 200,
  ): Route<Db, P> {
    return {
      method: 'POST',
      path,
      does,
      asks: 'tenant',
      rate: 'sign-in',
      async answer(visit) {
        const body = await bodyOf(visit, [...fields, 'transport', 'deviceToken'])
        const transport = transportOf(visit, body)
        const signedIn = await enter(visit, body)
        // a password that is wrong it is not
        if (!signedIn.ok && signedIn.reason === 'bad-credentials') throw new FreeholdError('CHALLENGE_REFUSED')
        return concluded(visit, signedIn, transport, { status })
      },
    }
  }

  /** The session that the request shows, if it shows one. */
  async function sessionOf(visit: TenantVisit<Db, P>): Promise<SessionId | undefined> {
    const options = { mode: 'database', access: false } as const
    const { session } = await parts.entrance.authenticate(visit.request, visit.info, options)
    return session?.session.id
  }

  return [
    sending('sign-in/link/request', 'Sends a link to sign in with to the `email`.', (visit, email) =>
      tenantOf(visit).signIn.requestLink({ email }),
    ),
    entry('sign-in/link', 'Signs in with the `token` of a link: `transport`.', ['token'], (visit, body) =>
      tenantOf(visit).signIn.link({ token: textField(body, 'token'), client: clientOf(visit, body) }),
    ),
    {
      method: 'POST',
      path: 'sign-in/code/request',
      does: 'Sends a code to sign in with to the `email` or the `phone`; answers the `id` of the request.',
      asks: 'tenant',
      rate: 'messages',
      async answer(visit) {
        const body = await bodyOf(visit, ['email', 'phone'])
        const email = optionalTextField(body, 'email')
        const phone = optionalTextField(body, 'phone')
        if ((email === undefined) === (phone === undefined)) throw invalid('email', 'it is this or phone')
        await visit.admit(email === undefined ? (readPhone(phone) ?? 'malformed') : accountOf(email))
        const { signIn } = tenantOf(visit)
        const sent = await signIn.requestCode(email === undefined ? { phone: phone! } : { email })
        return jsonResponse(sent, 202)
      },
    },
    entry(
      'sign-in/code',
      'Signs in with the `code` that was sent for the request `id`: `transport`.',
      ['id', 'code'],
      (visit, body) =>
        tenantOf(visit).signIn.code({
          id: textField(body, 'id'),
          code: textField(body, 'code'),
          client: clientOf(visit, body),
        }),
    ),
    sending('password-reset/request', 'Sends a link to choose a new password with to the `email`.', (visit, email) =>
      tenantOf(visit).accounts.requestPasswordReset({ email }),
    ),
    {
      method: 'POST',
      path: 'password-reset',
      does: 'Sets a new `password` with the `token` of a link, and ends every session of the user.',
      asks: 'tenant',
      rate: 'sign-in',
      async answer(visit) {
        const body = await bodyOf(visit, ['token', 'password'])
        const proof = { token: textField(body, 'token'), password: textField(body, 'password') }
        await tenantOf(visit).accounts.resetPassword(proof)
        return emptyResponse()
      },
    },
    sending('email-verification/request', 'Sends a link to prove the `email` with.', (visit, email) =>
      tenantOf(visit).accounts.requestEmailVerification({ email }),
    ),
    {
      method: 'POST',
      path: 'email-verification',
      does: 'Proves an address with the `token` of a link. Outside of a session of its user, a password from before is removed.',
      asks: 'tenant',
      rate: 'sign-in',
      async answer(visit) {
        const body = await bodyOf(visit, ['token'])
        const session = await sessionOf(visit)
        const { passwordRemoved } = await tenantOf(visit).accounts.confirmEmail({
          token: textField(body, 'token'),
          ...(session === undefined ? {} : { session }),
        })
        return jsonResponse({ passwordRemoved })
      },
    },
    {
      method: 'POST',
      path: 'email-change',
      does: "Moves the user to the new address with the `token` of the link that was sent there. Answers the user's own data.",
      asks: 'tenant',
      rate: 'sign-in',
      async answer(visit) {
        const body = await bodyOf(visit, ['token'])
        const user = await tenantOf(visit).accounts.confirmEmailChange({ token: textField(body, 'token') })
        return jsonResponse({ user: userView(user) })
      },
    },
    entry(
      'sign-up/confirm',
      'Creates the user whose address the `token` of a link proves: `password`, `name`, `transport`.',
      ['token', 'password', 'name'],
      (visit, body) => {
        const tenant = tenantOf(visit)
        if (parts.signUp !== 'open' || tenant.id === PLATFORM_TENANT_ID) throw new FreeholdError('SIGN_UP_CLOSED')
        return tenant.accounts.confirmSignUp(joinProof(body, clientOf(visit, body)))
      },
      201,
    ),
    entry(
      'invitations/accept',
      'Creates the user who was invited, with the `token` of the link: `password`, `name`, `transport`.',
      ['token', 'password', 'name'],
      (visit, body) => tenantOf(visit).accounts.acceptInvitation(joinProof(body, clientOf(visit, body))),
      201,
    ),
  ]
}

/** By which requests for one address are counted together. */
function accountOf(email: string): string {
  return readEmail(email)?.emailNorm ?? email.slice(0, 320)
}

function joinProof(body: JsonObject, client: ClientInfo) {
  const password = optionalTextField(body, 'password')
  const name = optionalTextField(body, 'name')
  return {
    token: textField(body, 'token'),
    ...(password === undefined ? {} : { password }),
    ...(name === undefined ? {} : { name }),
    client,
  }
}
