// Who am I, and where am I signed in. Every route asks the database for the session, so that one that has ended
// anywhere ends here at once; every id is looked for in the caller's own tenant and among the caller's own sessions.

import { FreeholdError } from '../kernel/errors.ts'
import { parseId, type SessionId } from '../kernel/ids.ts'
import type { Cookies } from './cookies.ts'
import { pageRequest, readQuery } from './query.ts'
import type { Route, SessionVisit } from './routes.ts'
import { emptyResponse, jsonResponse, sessionView, tenantView, userView } from './views.ts'

export function sessionRoutes<Db, P extends string>(cookies: Cookies): Route<Db, P>[] {
  /** A browser whose own session ended loses its cookies with it. */
  function ended(visit: SessionVisit<Db, P>, response: Response): Response {
    if (visit.context.credential === 'cookie') cookies.clear(response.headers)
    return response
  }

  return [
    {
      method: 'GET',
      path: 'me',
      does: 'Tells the signed-in user, session and tenant.',
      asks: 'session',
      async answer({ context, session }) {
        const { tenant } = context
        const { user, session: row } = session.rows ?? {
          user: await tenant.users.get(session.principal.id),
          session: await tenant.sessions.get(session.session.id),
        }
        return jsonResponse({
          tenant: tenantView(tenant.tenant),
          user: userView(user),
          session: sessionView(row, session.session.id),
        })
      },
    },
    {
      method: 'GET',
      path: 'sessions',
      does: "Lists the user's live sessions, newest first; `limit` and `cursor` page through them.",
      asks: 'session',
      async answer({ context, session, url }) {
        const page = await context.tenant.sessions.list(
          session.principal,
          pageRequest(readQuery(url, ['limit', 'cursor'])),
        )
        return jsonResponse({
          items: page.items.map((item) => sessionView(item, session.session.id)),
          next: page.next,
        })
      },
    },
    {
      method: 'POST',
      path: 'sessions/revoke-others',
      does: "Ends the user's other sessions. Asks for a sign-in a short while ago.",
      asks: 'session',
      async answer({ context, session }) {
        return jsonResponse({
          ended: await context.tenant.sessions.revokeOthers(session.principal, session.session.id),
        })
      },
    },
    {
      method: 'POST',
      path: 'sessions/revoke-all',
      does: "Ends the user's sessions, this one too. Asks for a sign-in a short while ago.",
      asks: 'session',
      async answer(visit) {
        const { context, session } = visit
        return ended(visit, jsonResponse({ ended: await context.tenant.sessions.revokeAll(session.principal) }))
      },
    },
    {
      method: 'DELETE',
      path: 'sessions/:id',
      does: 'Ends one session of the user. But for this one, asks for a sign-in a short while ago.',
      asks: 'session',
      async answer(visit) {
        const { context, session, params } = visit
        const id = parseId<SessionId>(params.id, 'id')
        const found = await context.tenant.sessions.get(id)
        // somebody else's session does not exist for this user
        if (found.userId !== session.principal.id) throw new FreeholdError('SESSION_UNKNOWN')
        await context.tenant.sessions.revoke(id)
        return id === session.session.id ? ended(visit, emptyResponse()) : emptyResponse()
      },
    },
  ]
}
