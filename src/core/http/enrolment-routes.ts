// A first second factor, set up while a sign-in waits for it. Nobody is signed in: what is shown is the token of that sign-in,
// which no other route takes.

import type { PasskeyRegistration } from '../authentication/passkeys/ceremony.ts'
import { type JsonObject, optionalTextField, textField } from './body.ts'
import { type Entering, tenantOf } from './entering.ts'
import { pageOf } from './passkey-routes.ts'
import type { Route, TenantVisit } from './routes.ts'
import { jsonResponse } from './views.ts'

const ANSWER = ['token', 'recoveryCodes', 'transport', 'deviceToken'] as const

export function enrolmentRoutes<Db, P extends string>(entering: Entering<Db, P>): Route<Db, P>[] {
  const { bodyOf, transportOf, clientOf, concluded } = entering

  function answerOf(visit: TenantVisit<Db, P>, body: JsonObject) {
    const { recoveryCodes } = body
    return {
      token: textField(body, 'token'),
      client: clientOf(visit, body),
      ...(recoveryCodes === undefined ? {} : { recoveryCodes: recoveryCodes as boolean }),
    }
  }

  return [
    {
      method: 'POST',
      path: 'sign-in/enrolment/totp',
      does: 'Begins an authenticator app at a sign-in that asked for a factor to be set up: `token`, `name`. Answers its secret, once.',
      asks: 'tenant',
      rate: 'sign-in',
      async answer(visit) {
        const body = await bodyOf(visit, ['token', 'name'])
        const name = optionalTextField(body, 'name')
        const asked = { token: textField(body, 'token'), ...(name === undefined ? {} : { name }) }
        return jsonResponse(await tenantOf(visit).signIn.enrolment.totp(asked), 201)
      },
    },
    {
      method: 'POST',
      path: 'sign-in/enrolment/totp/confirm',
      does: 'Proves the app that was begun, and opens the session: `token`, `code`, `transport`; with `recoveryCodes` ten of them come with it.',
      asks: 'tenant',
      rate: 'sign-in',
      async answer(visit) {
        const body = await bodyOf(visit, [...ANSWER, 'code'])
        const transport = transportOf(visit, body)
        const answer = { ...answerOf(visit, body), code: textField(body, 'code') }
        return concluded(visit, await tenantOf(visit).signIn.enrolment.confirm(answer), transport, {
          shown: 'code',
        })
      },
    },
    {
      method: 'POST',
      path: 'sign-in/enrolment/passkey/options',
      does: 'Answers what `navigator.credentials.create` wants, at such a sign-in: `token`, `origin` (where there is no such header).',
      asks: 'tenant',
      rate: 'sign-in',
      async answer(visit) {
        const body = await bodyOf(visit, ['token', 'origin'])
        const asked = { token: textField(body, 'token'), ...pageOf(visit, body) }
        return jsonResponse(await tenantOf(visit).signIn.enrolment.passkeyOptions(asked))
      },
    },
    {
      method: 'POST',
      path: 'sign-in/enrolment/passkey',
      does: 'Keeps the passkey that the browser made, and opens the session: `token`, `response`, `name`, `transport`; with `recoveryCodes` ten of them come with it.',
      asks: 'tenant',
      rate: 'sign-in',
      async answer(visit) {
        const body = await bodyOf(visit, [...ANSWER, 'response', 'name'])
        const transport = transportOf(visit, body)
        const name = optionalTextField(body, 'name')
        const response = body.response as PasskeyRegistration
        const answer = { ...answerOf(visit, body), response, ...(name === undefined ? {} : { name }) }
        return concluded(visit, await tenantOf(visit).signIn.enrolment.register(answer), transport, {
          shown: 'passkey',
        })
      },
    },
  ]
}
