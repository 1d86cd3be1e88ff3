// Passkeys over HTTP: signing in with one, and a user's own. The page's origin is what the browser says that it is; it
// only chooses among the tenant's pages.

import type { EndingOthers } from '../authentication/other-sessions.ts'
import type { PasskeyAssertion, PasskeyRegistration } from '../authentication/passkeys/ceremony.ts'
import { readEmail } from '../identity/email.ts'
import type { PasskeyId } from '../kernel/ids.ts'
import { type JsonObject, optionalTextField, textField } from './body.ts'
import { type Entering, tenantOf } from './entering.ts'
import type { Route, Visit } from './routes.ts'
import { emptyResponse, jsonResponse, passkeyView } from './views.ts'

export function passkeyRoutes<Db, P extends string>(entering: Entering<Db, P>): Route<Db, P>[] {
  const { bodyOf, transportOf, clientOf, concluded } = entering
  return [
    {
      method: 'POST',
      path: 'sign-in/passkey/options',
      does: 'Answers what `navigator.credentials.get` wants: `email` (optional), `origin` (where there is no such header).',
      asks: 'tenant',
      rate: 'sign-in',
      async answer(visit) {
        const body = await bodyOf(visit, ['email', 'origin'])
        const email = optionalTextField(body, 'email')
        if (email !== undefined) await visit.admit(readEmail(email)?.emailNorm ?? email.slice(0, 320))
        const page = { ...pageOf(visit, body), ...(email === undefined ? {} : { email }) }
        return jsonResponse(await tenantOf(visit).signIn.passkey.options(page))
      },
    },
    {
      method: 'POST',
      path: 'sign-in/passkey/verify',
      does: 'Opens a session with what the browser answered: `response`, `transport`.',
      asks: 'tenant',
      rate: 'sign-in',
      async answer(visit) {
        const body = await bodyOf(visit, ['response', 'transport', 'deviceToken'])
        const transport = transportOf(visit, body)
        const response = body.response as PasskeyAssertion
        const signedIn = await tenantOf(visit).signIn.passkey.verify({ response, client: clientOf(visit, body) })
        return concluded(visit, signedIn, transport, { shown: 'passkey' })
      },
    },
    {
      method: 'POST',
      path: 'passkeys/options',
      does: 'Answers what `navigator.credentials.create` wants: `origin` (where there is no such header).',
      asks: 'session',
      async answer(visit) {
        const body = await bodyOf(visit, ['origin'])
        const { tenant } = visit.context
        return jsonResponse(await tenant.passkeys.registrationOptions(visit.session.principal, pageOf(visit, body)))
      },
    },
    {
      method: 'POST',
      path: 'passkeys',
      does: 'Registers what the browser answered: `response`, `name`. Asks for a sign-in a short while ago. With `endOtherSessions` the other sessions end.',
      asks: 'session',
      async answer(visit) {
        const body = await bodyOf(visit, ['response', 'name', 'endOtherSessions'])
        const name = optionalTextField(body, 'name')
        const passkey = await visit.context.tenant.passkeys.register(visit.session.principal, {
          response: body.response as PasskeyRegistration,
          ...(name === undefined ? {} : { name }),
          ...(body.endOtherSessions === undefined ? {} : { endOtherSessions: body.endOtherSessions as boolean }),
        })
        return jsonResponse({ passkey: passkeyView(passkey) }, 201)
      },
    },
    {
      method: 'GET',
      path: 'passkeys',
      does: 'Lists the passkeys of the user.',
      asks: 'session',
      async answer({ context, session }) {
        const passkeys = await context.tenant.passkeys.list(session.principal)
        return jsonResponse({ passkeys: passkeys.map(passkeyView) })
      },
    },
    {
      method: 'POST',
      path: 'passkeys/:id',
      does: 'Renames a passkey of the user: `name`.',
      asks: 'session',
      async answer(visit) {
        const body = await bodyOf(visit, ['name'])
        const { passkeys } = visit.context.tenant
        const id = visit.params.id as PasskeyId
        return jsonResponse({
          passkey: passkeyView(await passkeys.rename(visit.session.principal, id, textField(body, 'name'))),
        })
      },
    },
    {
      method: 'DELETE',
      path: 'passkeys/:id',
      does: 'Removes a passkey of the user. Asks for a sign-in a short while ago. With `endOtherSessions` the other sessions end.',
      asks: 'session',
      async answer(visit) {
        const { context, session, params } = visit
        const others: EndingOthers = await bodyOf(visit, ['endOtherSessions'])
        await context.tenant.passkeys.remove(session.principal, params.id as PasskeyId, others)
        return emptyResponse()
      },
    },
  ]
}

/** Browsers send the header with every POST; an app that has none says it itself. */
export function pageOf({ request }: Visit, body: JsonObject): { readonly origin?: string } {
  const origin = request.headers.get('origin') ?? optionalTextField(body, 'origin')
  return origin === undefined ? {} : { origin }
}
