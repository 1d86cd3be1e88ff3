// What somebody who is signed in does with their own account, and what operators do with the accounts of others. The
// user is always the one of the session, or named in the path and found in the session's own tenant.

import { parseId, type UserId } from '../kernel/ids.ts'
import { optionalTextField, textField } from './body.ts'
import type { Cookies } from './cookies.ts'
import type { Entering } from './entering.ts'
import type { Route } from './routes.ts'
import { emptyResponse, jsonResponse, userView } from './views.ts'

export interface AccountParts<Db, P extends string> {
  readonly entering: Pick<Entering<Db, P>, 'bodyOf'>
  readonly cookies: Cookies
}

export function accountRoutes<Db, P extends string>({ entering, cookies }: AccountParts<Db, P>): Route<Db, P>[] {
  const { bodyOf } = entering
  return [
    {
      method: 'POST',
      path: 'email-change/request',
      does: 'Sends a link to the new `email`, and tells the old one. Asks for a sign-in a short while ago.',
      asks: 'session',
      rate: 'messages',
      async answer(visit) {
        const { context, session } = visit
        const email = textField(await bodyOf(visit, ['email']), 'email')
        const change = { email, session: session.session.id }
        await context.tenant.accounts.requestEmailChange(session.principal, change)
        return jsonResponse({ sent: true }, 202)
      },
    },
    {
      method: 'POST',
      path: 'password',
      does: "Sets the `next` password for whoever shows the `current` one, and ends the user's other sessions. Asks a user with a second factor for a sign-in a short while ago.",
      asks: 'session',
      rate: 'sign-in',
      async answer(visit) {
        const { context, session } = visit
        const body = await bodyOf(visit, ['current', 'next'])
        const change = { current: textField(body, 'current'), next: textField(body, 'next') }
        await context.tenant.accounts.changePassword(session.principal, { ...change, session: session.session.id })
        return emptyResponse()
      },
    },
    {
      method: 'POST',
      path: 'phone/request',
      does: 'Sends a code to the new `phone`; answers the `id` of the request. Asks for a sign-in a short while ago.',
      asks: 'session',
      rate: 'messages',
      async answer(visit) {
        const { context, session } = visit
        const phone = textField(await bodyOf(visit, ['phone']), 'phone')
        const change = { phone, session: session.session.id }
        return jsonResponse(await context.tenant.accounts.requestPhoneChange(session.principal, change), 202)
      },
    },
    {
      method: 'POST',
      path: 'phone',
      does: 'Sets the number with the `code` that was sent for the request `id`.',
      asks: 'session',
      rate: 'sign-in',
      async answer(visit) {
        const { context, session } = visit
        const body = await bodyOf(visit, ['id', 'code'])
        const answer = { id: textField(body, 'id'), code: textField(body, 'code') }
        const user = await context.tenant.accounts.confirmPhoneChange(session.principal, answer)
        return jsonResponse({ user: userView(user) })
      },
    },
    {
      method: 'DELETE',
      path: 'phone',
      does: 'Removes the number. Asks for a sign-in a short while ago.',
      asks: 'session',
      async answer({ context, session }) {
        const options = { session: session.session.id }
        const user = await context.tenant.accounts.removePhone(session.principal, options)
        return jsonResponse({ user: userView(user) })
      },
    },
    {
      method: 'POST',
      path: 'account/deactivate',
      does: 'Gives the account up, and ends every session. Asks for a sign-in a short while ago.',
      asks: 'session',
      async answer(visit) {
        const { context, session } = visit
        await bodyOf(visit, [])
        await context.tenant.accounts.deactivate(session.principal, { session: session.session.id })
        const response = emptyResponse()
        if (context.credential === 'cookie') cookies.clear(response.headers)
        return response
      },
    },
    {
      method: 'POST',
      path: 'users/:id/lock',
      does: 'Locks a user out and ends their sessions: `reason`.',
      asks: 'access',
      permission: 'user:write',
      async answer(visit) {
        const id = parseId<UserId>(visit.params.id, 'id')
        const reason = optionalTextField(await bodyOf(visit, ['reason']), 'reason')
        const user = await visit.context.tenant.users.lock(id, reason === undefined ? {} : { reason })
        return jsonResponse({ user: { ...userView(user), status: user.status } })
      },
    },
    {
      method: 'POST',
      path: 'users/:id/unlock',
      does: 'Lets a locked user in again.',
      asks: 'access',
      permission: 'user:write',
      async answer(visit) {
        const id = parseId<UserId>(visit.params.id, 'id')
        await bodyOf(visit, [])
        const user = await visit.context.tenant.users.unlock(id)
        return jsonResponse({ user: { ...userView(user), status: user.status } })
      },
    },
  ]
}
