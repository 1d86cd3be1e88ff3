// A user's own second factors and recovery codes, and stepping up a session. Whose they are is told by the session alone,
// and whoever changes one has proven shortly before who they are.

import { masked } from '../authentication/factor-offer.ts'
import type { ConfirmOptions } from '../authentication/factors/confirmation.ts'
import type { Factor } from '../authentication/factors/factor-view.ts'
import { type FactorId, parseId } from '../kernel/ids.ts'
import { type JsonObject, optionalTextField, textField } from './body.ts'
import type { Entering } from './entering.ts'
import type { Route, SessionVisit, TenantVisit } from './routes.ts'
import { emptyResponse, jsonResponse } from './views.ts'

export function factorRoutes<Db, P extends string>(entering: Entering<Db, P>): Route<Db, P>[] {
  const { bodyOf, transportOf, clientOf, concluded } = entering

  /** A route about the factors of who asks. */
  const own = (
    route: Pick<Route<Db, P>, 'method' | 'path' | 'does'> & { readonly rate?: 'messages' | 'sign-in' },
    answer: (mine: Own<Db, P>) => Promise<Response>,
  ): Route<Db, P> => ({
    ...route,
    asks: 'session',
    answer: (visit) => {
      const { tenant } = visit.context
      const id = visit.params.id === undefined ? undefined : parseId<FactorId>(visit.params.id, 'id')
      return answer({ visit, factors: tenant.factors, user: visit.session.principal, id: id as FactorId })
    },
  })

  return [
    own({ method: 'GET', path: 'factors', does: "Lists the user's second factors." }, async ({ factors, user }) =>
      jsonResponse({
        items: (await factors.list(user)).map(factorView),
        recoveryCodesLeft: await factors.recoveryCodesLeft(user),
      }),
    ),
    own(
      {
        method: 'POST',
        path: 'factors/totp',
        does: 'Sets up an authenticator app: `name`. Answers its secret, once, to be typed or scanned.',
      },
      async ({ visit, factors, user }) => {
        const name = textField(await bodyOf(visit, ['name']), 'name')
        const { factor, secret, uri } = await factors.enrolTotp(user, { name })
        return jsonResponse({ factor: factorView(factor), secret, uri }, 201)
      },
    ),
    own(
      {
        method: 'POST',
        path: 'factors/hardware-token',
        does: 'Sets up a hardware token (OATH HOTP): `name`, `secret` in base32, `digits`, `counter`.',
      },
      async ({ visit, factors, user }) => {
        const body = await bodyOf(visit, ['name', 'secret', 'digits', 'counter'])
        const { digits, counter } = body as { readonly digits?: 6 | 8; readonly counter?: number }
        const token = {
          name: textField(body, 'name'),
          secret: textField(body, 'secret'),
          ...(digits === undefined ? {} : { digits }),
          ...(counter === undefined ? {} : { counter }),
        }
        return jsonResponse({ factor: factorView(await factors.enrolHardwareToken(user, token)) }, 201)
      },
    ),
    own(
      {
        method: 'POST',
        path: 'factors/sms',
        does: 'Sets up a telephone: `name`, `phone`. Sends a code to it.',
        rate: 'messages',
      },
      async ({ visit, factors, user }) => {
        const body = await bodyOf(visit, ['name', 'phone'])
        const target = { name: textField(body, 'name'), phone: textField(body, 'phone') }
        const { factor, sent } = await factors.enrolSms(user, target)
        return jsonResponse({ factor: factorView(factor), sent }, 201)
      },
    ),
    own(
      {
        method: 'POST',
        path: 'factors/email',
        does: "Sets up a mailbox: `name`, `email` (the user's own, when left out). Sends a code to it.",
        rate: 'messages',
      },
      async ({ visit, factors, user }) => {
        const body = await bodyOf(visit, ['name', 'email'])
        const email = optionalTextField(body, 'email')
        const target = { name: textField(body, 'name'), ...(email === undefined ? {} : { email }) }
        const { factor, sent } = await factors.enrolEmail(user, target)
        return jsonResponse({ factor: factorView(factor), sent }, 201)
      },
    ),
    own(
      {
        method: 'POST',
        path: 'factors/:id/send-code',
        does: 'Sends another code to a telephone or mailbox that is not confirmed yet.',
        rate: 'messages',
      },
      async ({ factors, user, id }) => jsonResponse({ sent: await factors.sendCode(user, id) }),
    ),
    own(
      {
        method: 'POST',
        path: 'factors/:id/confirm',
        does: 'Proves a factor that was set up: `code`. With `endOtherSessions` the other sessions end, with `recoveryCodes` a user who has none gets some, once.',
        rate: 'sign-in',
      },
      async ({ visit, factors, user, id }) => {
        const body = await bodyOf(visit, ['code', 'endOtherSessions', 'recoveryCodes'])
        const { endOtherSessions, recoveryCodes } = body as Omit<ConfirmOptions, 'code'>
        const confirmed = await factors.confirm(user, id, {
          code: textField(body, 'code'),
          ...(endOtherSessions === undefined ? {} : { endOtherSessions }),
          ...(recoveryCodes === undefined ? {} : { recoveryCodes }),
        })
        return jsonResponse({ factor: factorView(confirmed), recoveryCodes: confirmed.recoveryCodes })
      },
    ),
    own(
      {
        method: 'POST',
        path: 'factors/:id/resync',
        does: 'Finds a hardware token that has run ahead, by two codes in a row: `first`, `second`.',
        rate: 'sign-in',
      },
      async ({ visit, factors, user, id }) => {
        const body = await bodyOf(visit, ['first', 'second'])
        const codes = [textField(body, 'first'), textField(body, 'second')] as const
        return jsonResponse({ factor: factorView(await factors.resync(user, id, codes)) })
      },
    ),
    own(
      { method: 'POST', path: 'factors/:id/rename', does: 'Gives a factor another `name`.' },
      async ({ visit, factors, user, id }) => {
        const name = textField(await bodyOf(visit, ['name']), 'name')
        return jsonResponse({ factor: factorView(await factors.rename(user, id, name)) })
      },
    ),
    own(
      { method: 'POST', path: 'factors/:id/primary', does: 'Makes a factor the one that is asked for first.' },
      async ({ factors, user, id }) => jsonResponse({ factor: factorView(await factors.setPrimary(user, id)) }),
    ),
    own(
      {
        method: 'DELETE',
        path: 'factors/:id',
        does: 'Removes a factor. With `endOtherSessions` the other sessions end.',
      },
      async ({ visit, factors, user, id }) => {
        await factors.remove(user, id, await bodyOf(visit, ['endOtherSessions']))
        return emptyResponse()
      },
    ),
    own(
      {
        method: 'POST',
        path: 'recovery-codes',
        does: 'Makes new recovery codes and answers them, once. The old ones are void. With `endOtherSessions` the other sessions end.',
      },
      async ({ visit, factors, user }) => {
        const codes = await factors.renewRecoveryCodes(user, await bodyOf(visit, ['endOtherSessions']))
        return jsonResponse({ codes }, 201)
      },
    ),
    {
      method: 'POST',
      path: 'step-up',
      does: 'Proves again who is signed in: `password`, or without it a second factor, which is asked for. A new session takes the place of this one.',
      asks: 'session',
      rate: 'sign-in',
      async answer(visit) {
        const body: JsonObject = await bodyOf(visit, ['password', 'transport', 'deviceToken'])
        const transport = transportOf(visit, body)
        const password = optionalTextField(body, 'password')
        const entered = tenantVisit(visit)
        const signedIn = await visit.context.tenant.signIn.stepUp({
          session: visit.session.session.id,
          ...(password === undefined ? {} : { password }),
          client: clientOf(entered, body),
        })
        return concluded(entered, signedIn, transport, { shown: 'passwordAgain' })
      },
    },
  ]
}

interface Own<Db, P extends string> {
  readonly visit: SessionVisit<Db, P>
  readonly factors: SessionVisit<Db, P>['context']['tenant']['factors']
  readonly user: SessionVisit<Db, P>['session']['principal']
  /** Of routes whose path has one. */
  readonly id: FactorId
}

/** As a route sees it that opens sessions. */
function tenantVisit<Db, P extends string>({ request, info, context }: SessionVisit<Db, P>): TenantVisit<Db, P> {
  const { tenant, actor, clientAddress } = context
  return { request, info, tenant, actor, clientAddress, admit: async () => undefined }
}

/** Where codes go is told in part, as before somebody is signed in. */
function factorView({ id, type, name, primary, confirmedAt, target, lastUsedAt, createdAt }: Factor) {
  return { id, type, name, primary, confirmedAt, target: target && masked(target), lastUsedAt, createdAt }
}
