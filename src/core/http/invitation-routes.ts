// Invitations over HTTP: for who may manage them where they lead, and for who was invited. A link is answered by a POST alone,
// as all links are.

import type { Invitation, InvitationStatus, NewInvitation } from '../accounts/invitation.ts'
import type { InvitationAnswer, InvitationFilter } from '../accounts/inviting.ts'
import { type InvitationId, parseId, type UserId } from '../kernel/ids.ts'
import { writtenField } from './access-body.ts'
import { textField } from './body.ts'
import { type Entering, tenantOf } from './entering.ts'
import { demandAt, foundAt, managed, mayAt } from './permitted.ts'
import { placeAsked, placeNamed, within } from './place-body.ts'
import { idAsked, pageRequest, readQuery } from './query.ts'
import type { PrincipalVisit, Route, SessionVisit } from './routes.ts'
import { jsonResponse } from './views.ts'

const somewhere = true

export function invitationRoutes<Db, P extends string>({ bodyOf }: Pick<Entering<Db, P>, 'bodyOf'>): Route<Db, P>[] {
  const idOf = ({ params }: { readonly params: Readonly<Record<string, string>> }) =>
    parseId<InvitationId>(params.invitation, 'invitation')

  /** The one of the path, for who may do this where it leads. @throws FORBIDDEN, INVITATION_UNKNOWN, ID_INVALID */
  function found(visit: PrincipalVisit<Db, P>, permission: 'invitation:read' | 'invitation:write') {
    const id = idOf(visit)
    return foundAt(
      visit,
      permission,
      () => visit.context.tenant.invitations.get(id),
      ({ to }) => within(to),
    )
  }

  /** For who was invited, with the link that the session's user was sent, or by its id. */
  const answered = (
    path: string,
    does: string,
    verb: 'accept' | 'decline',
    by: (visit: SessionVisit<Db, P>) => Promise<InvitationAnswer>,
  ): Route<Db, P> => ({
    method: 'POST',
    path,
    does,
    asks: 'session',
    rate: 'sign-in',
    async answer(visit) {
      const { invitations } = visit.context.tenant
      const [user, answer] = [visit.session.principal, await by(visit)]
      const over = verb === 'accept' ? await invitations.accept(user, answer) : await invitations.decline(answer, user)
      return jsonResponse({ invitation: invitationView(over) })
    },
  })
  const byToken = async (visit: SessionVisit<Db, P>) => ({ token: textField(await bodyOf(visit, ['token']), 'token') })
  const byId = async (visit: SessionVisit<Db, P>) => {
    await bodyOf(visit, [])
    return { invitation: idOf(visit) }
  }

  return [
    managed(
      {
        method: 'GET',
        path: 'invitations',
        does: 'Lists the invitations, or those to just an `organizationId` or `teamId`, oldest first; `status`, and `email` or `userId` filter, `limit` and `cursor` page. Asks for `invitation:read` there, and shows those that lead to where one has it. A page may be short: only one without `next` is the last.',
        somewhere,
      },
      'invitation:read',
      async (visit) => {
        const query = readQuery(visit.url, [...FILTER, 'limit', 'cursor', 'organizationId', 'teamId'])
        const to = placeAsked(query) as InvitationFilter['to']
        demandAt(visit, 'invitation:read', to ?? {})
        const user = idAsked<UserId>(query, 'userId')
        const { items, next } = await visit.context.tenant.invitations.list({
          ...pageRequest(query),
          ...(query.status === undefined ? {} : { status: query.status as InvitationStatus }),
          ...(query.email === undefined ? {} : { email: query.email }),
          ...(user === undefined ? {} : { user }),
          ...(to === undefined ? {} : { to }),
        })
        const mine = items.filter((invitation) => mayAt(visit, 'invitation:read', within(invitation.to)))
        return jsonResponse({ items: mine.map(invitationView), next })
      },
    ),
    managed(
      {
        method: 'POST',
        path: 'invitations',
        does: 'Invites the `email` `to` the tenant (left out), an organization or a team (`kind` and `id`), with `roles` (keys or ids) there. Asks for all that these say there.',
        rate: 'messages',
        somewhere,
      },
      'invitation:write',
      async (visit) => {
        const body = await bodyOf(visit, ['email', 'to', 'roles'])
        const to = body.to === undefined ? undefined : (placeNamed(body.to, 'to') as NewInvitation['to'])
        demandAt(visit, 'invitation:write', to ?? {})
        const sent = await visit.context.tenant.invitations.send({
          ...writtenField<Pick<NewInvitation, 'roles'>>(body, ['roles']),
          email: textField(body, 'email'),
          ...(to === undefined ? {} : { to }),
        })
        return jsonResponse({ invitation: invitationView(sent) }, 202)
      },
    ),
    managed(
      { method: 'GET', path: 'invitations/:invitation', does: 'Tells one invitation.', somewhere },
      'invitation:read',
      async (visit) => jsonResponse({ invitation: invitationView(await found(visit, 'invitation:read')) }),
    ),
    managed(
      {
        method: 'POST',
        path: 'invitations/:invitation/resend',
        does: 'Sends another letter with another link, in the name of who asks; the link before is good no longer.',
        rate: 'messages',
        somewhere,
      },
      'invitation:write',
      async (visit) => {
        const { id } = await found(visit, 'invitation:write')
        await bodyOf(visit, [])
        const sent = await visit.context.tenant.invitations.resend(id)
        return jsonResponse({ invitation: invitationView(sent) }, 202)
      },
    ),
    managed(
      {
        method: 'POST',
        path: 'invitations/:invitation/revoke',
        does: 'Takes an invitation back: its link lets nobody in.',
        somewhere,
      },
      'invitation:write',
      async (visit) => {
        const { id } = await found(visit, 'invitation:write')
        await bodyOf(visit, [])
        const revoked = await visit.context.tenant.invitations.revoke(id)
        return jsonResponse({ invitation: invitationView(revoked) })
      },
    ),
    {
      method: 'POST',
      path: 'invitations/look',
      does: 'Tells what the `token` of a link is for, and whether its address has a user already (`registered`), who accepts signed in.',
      asks: 'tenant',
      rate: 'sign-in',
      async answer(visit) {
        const token = textField(await bodyOf(visit, ['token']), 'token')
        const { invitation, registered } = await tenantOf(visit).invitations.look({ token })
        return jsonResponse({ invitation: offerView(invitation), registered })
      },
    },
    {
      method: 'POST',
      path: 'invitations/decline',
      does: 'Declines the invitation whose link has the `token`.',
      asks: 'tenant',
      rate: 'sign-in',
      async answer(visit) {
        const token = textField(await bodyOf(visit, ['token']), 'token')
        const declined = await tenantOf(visit).invitations.decline({ token })
        return jsonResponse({ invitation: offerView(declined) })
      },
    },
    {
      method: 'GET',
      path: 'me/invitations',
      does: "Lists the pending invitations to the user's own address, if that is proven; `limit` and `cursor` page.",
      asks: 'session',
      async answer({ context, session, url }) {
        const page = pageRequest(readQuery(url, ['limit', 'cursor']))
        if (!session.rows?.user.emailVerifiedAt) return jsonResponse({ items: [], next: null })
        const mine = { ...page, user: session.principal.id, status: 'pending' } as const
        const { items, next } = await context.tenant.invitations.list(mine)
        return jsonResponse({ items: items.map(offerView), next })
      },
    },
    answered(
      'me/invitations/accept',
      'Accepts the invitation whose link has the `token`, which was sent to the proven address of the user.',
      'accept',
      byToken,
    ),
    answered(
      'me/invitations/:invitation/accept',
      'Accepts an invitation to the proven address of the user.',
      'accept',
      byId,
    ),
    answered(
      'me/invitations/:invitation/decline',
      'Declines an invitation to the proven address of the user.',
      'decline',
      byId,
    ),
  ]
}

const FILTER = ['status', 'email', 'userId'] as const

function invitationView(invitation: Invitation) {
  const { id, email, to, roleIds, status, invitedBy, acceptedBy } = invitation
  const { sentCount, lastSentAt, expiresAt, endedAt, createdAt } = invitation
  return { id, email, to, roleIds, status, invitedBy, acceptedBy, sentCount, lastSentAt, expiresAt, endedAt, createdAt }
}

/** What who was invited is told of it. */
function offerView({ id, email, to, status, expiresAt }: Invitation) {
  return { id, email, to, status, expiresAt }
}
