// Inviting people to the tenant, to an organization or to a team, with roles. A link proves the mailbox that it was sent to;
// whoever is a user already accepts with that address proven, signed in. Each is accepted once, by one.

import { changeAccess, roleOf } from '../access/changes.ts'
import { checkPlaceThere } from '../access/place-names.ts'
import { inRequestOf } from '../audit/actor.ts'
import type { OwnAction } from '../audit/catalog.ts'
import type { TenantContext } from '../context.ts'
import { type UserKey, userIdOf } from '../identity/user.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { isId, type UserId } from '../kernel/ids.ts'
import { checkKeys, invalid } from '../kernel/input.ts'
import { type Listing, pageOf, pageQuery } from '../kernel/page.ts'
import type { InvitationRow } from '../storage/invitation-tables.ts'
import type { Change, Where } from '../storage/records.ts'
import type { TenantUnit } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import { addressHolder } from './email.ts'
import { admit, linkFacts, refused } from './errand.ts'
import {
  type Invitation,
  invitationFromRow,
  invitationId,
  linkGuard,
  newLink,
  parseInvitation,
  pendingGuard,
} from './invitation.ts'
import { demandGift, giveGift } from './invitation-gifts.ts'
import { findInvitation, invitationsWhere, refuseKnown } from './invitation-search.ts'
import type { InvitationAnswer, Invitations } from './inviting.ts'
import { checkProof, type JoiningParts, prepareNewcomer } from './newcomer.ts'

const LISTING: Listing<InvitationRow> = { name: 'invitations', columns: { id: 'id' } }
/** What changes with the one that ends it. */
const ENDED = { ended_at: fromNow(), updated_at: fromNow() }

export function createInvitations(context: TenantContext, parts: JoiningParts): Invitations {
  const { scope, tenant, actor, auditWriter, post, runtime, settings } = context
  const { permissions } = parts
  const { invitationLifetimeMs } = settings.accounts
  const view = (row: InvitationRow): Invitation => invitationFromRow(row, runtime.now())
  const by = { invited_by_type: actor.type, invited_by_id: isId(actor.id) ? actor.id : null }

  function mail({ email }: InvitationRow, token: string): void {
    const link = post.link('invitation', tenant, token)
    post.mail('invitation', email, linkFacts(context, link, invitationLifetimeMs))
  }

  const audit = (
    unit: TenantUnit,
    { actor: who }: Pick<TenantContext, 'actor'>,
    action: Extract<OwnAction, `invitation.${string}`>,
    { id, organization_id, team_id, role_ids }: InvitationRow,
    details: Readonly<Record<string, unknown>> = {},
  ): Promise<void> =>
    auditWriter.append(unit, who, {
      action,
      targets: [{ type: 'invitation', id }],
      details: { organizationId: organization_id, teamId: team_id, roleIds: role_ids, ...details },
    })

  /** The one row that matches, ended: to exactly one caller of any number. */
  async function end(unit: TenantUnit, where: Where<'invitations'>, change: Change<'invitations'>) {
    const [row] = await unit.records.update('invitations', where, { ...change, ...ENDED })
    return row
  }

  /** Uses it up and gives what it gives. */
  async function accept(
    unit: TenantUnit,
    joining: TenantContext,
    where: Where<'invitations'>,
    user: UserRow,
  ): Promise<InvitationRow | undefined> {
    const row = await end(unit, where, { status: 'accepted', accepted_by_user_id: user.id })
    if (!row) return undefined
    const rolesGone = await giveGift(context, permissions, unit, row, user.id as UserId)
    await audit(unit, joining, 'invitation.accepted', row, { rolesGone })
    return row
  }

  /** What of an answer finds the row. Nobody finds another's, nor with an address that is not proven. */
  function answerGuard(answer: InvitationAnswer, user: UserRow | undefined): Where<'invitations'> | undefined {
    if (user && user.email_verified_at === null) return undefined
    const mine = user ? { email_norm: user.email_norm } : {}
    if ('invitation' in answer) return { ...pendingGuard(), id: invitationId(answer.invitation), ...mine }
    const guard = linkGuard(context, answer.token)
    return guard && { ...guard, ...mine }
  }

  /** Why an answer found nothing. */
  async function unanswered(unit: TenantUnit, answer: InvitationAnswer, user: UserRow | undefined) {
    if (!('invitation' in answer)) return refused()
    const mine = { id: invitationId(answer.invitation), email_norm: user?.email_norm ?? '' }
    const ended = user?.email_verified_at && (await unit.records.get('invitations', mine))
    return new FreeholdError(ended ? 'INVITATION_ENDED' : 'INVITATION_UNKNOWN')
  }

  return {
    async send(given) {
      post.requireMailer()
      const { email, emailNorm, organization_id, team_id, roles } = parseInvitation(given)
      await admit(context, 'invitation', emailNorm)
      const id = runtime.newId()
      const { token, token_hash } = newLink(context, id)
      const sent = await changeAccess(context, permissions, async (writing) => {
        const { unit, book } = writing
        await checkPlaceThere(unit, { organization_id, team_id, project_id: null })
        const role_ids = [...new Set(roles.map((role) => roleOf(book, role).id))]
        await refuseKnown(context, unit, emailNorm, { organization_id, team_id })
        await demandGift(context, writing, { organization_id, team_id, role_ids })
        const place = { email_norm: emailNorm, organization_id, team_id }
        const over = { ...place, status: 'pending', expires_at: { before: fromNow() } } as const
        await unit.records.update('invitations', over, { ...ENDED, status: 'expired' })
        const expires_at = fromNow(invitationLifetimeMs)
        const row = { id, email, ...place, token_hash, role_ids, expires_at, ...by }
        const [created] = await unit.records.insert('invitations', [row], { onConflict: 'ignore' })
        if (!created) throw new FreeholdError('INVITATION_TAKEN')
        await audit(unit, context, 'invitation.sent', created)
        return created
      })
      mail(sent, token)
      return view(sent)
    },

    get: async (invitation) => view(await findInvitation(scope, { id: invitationId(invitation) })),

    async list(filter = {}) {
      const query = pageQuery(LISTING, filter)
      const where = await invitationsWhere(context, filter)
      return pageOf(LISTING, query, await scope.records.find('invitations', { ...query, where }), view)
    },

    async resend(invitation) {
      post.requireMailer()
      const id = invitationId(invitation)
      await admit(context, 'invitation', (await findInvitation(scope, { id })).email_norm)
      const { token, token_hash } = newLink(context, id)
      const sent = await changeAccess(context, permissions, async (writing) => {
        const { unit, book } = writing
        const before = await findInvitation(unit, { id })
        const there = before.role_ids.filter((role) => book.byId(role))
        if (there.length === 0 && before.role_ids.length > 0) roleOf(book, before.role_ids[0]!)
        await demandGift(context, writing, { ...before, role_ids: there })
        const times = { expires_at: fromNow(invitationLifetimeMs), last_sent_at: fromNow(), updated_at: fromNow() }
        const change = { token_hash, sent_count: { add: 1 }, role_ids: there, ...times, ...by }
        // one whose time is over may be sent again, unless another took its place
        const [row] = await unit.records.update('invitations', { id, status: 'pending' }, change)
        if (!row) throw new FreeholdError('INVITATION_ENDED')
        await audit(unit, context, 'invitation.resent', row)
        return row
      })
      mail(sent, token)
      return view(sent)
    },

    async revoke(invitation) {
      const id = invitationId(invitation)
      return scope.transaction(async (unit) => {
        const row = await end(unit, { id, status: 'pending' }, { status: 'revoked' })
        if (row) {
          await audit(unit, context, 'invitation.revoked', row)
          return view(row)
        }
        const before = await findInvitation(unit, { id })
        if (before.status === 'accepted' || before.status === 'declined') throw new FreeholdError('INVITATION_ENDED')
        return view(before)
      })
    },

    async look(link) {
      checkKeys(link, 'link', ['token'])
      const guard = linkGuard(context, link.token)
      const row = guard && (await scope.records.get('invitations', guard))
      if (!row) throw refused()
      return { invitation: view(row), registered: (await addressHolder(context, row.email_norm)) !== undefined }
    },

    async join(proof) {
      const chosen = checkProof(proof)
      const guard = linkGuard(context, proof.token)
      const found = guard && (await scope.records.get('invitations', guard))
      if (!guard || !found) throw refused()
      const newcomer = await prepareNewcomer(context, parts, found.email, chosen)
      return scope.transaction(async (unit) => {
        // before the user is there: whoever ends an account takes the lock first, too
        await unit.verbs.lockAccess()
        if (!(await unit.records.lock('invitations', guard))) throw refused()
        const user = await newcomer.create(unit)
        const joining = { ...newcomer.context, actor: { ...newcomer.context.actor, id: user.id } }
        if (!(await accept(unit, joining, guard, user))) throw refused()
        return newcomer.enter(unit, (await unit.records.get('users', { id: user.id }))!)
      })
    },

    async accept(key, answer) {
      checkAnswer(answer)
      return scope.transaction(async (unit) => {
        await unit.verbs.lockAccess()
        const user = await heldUser(unit, key)
        const where = answerGuard(answer, user)
        const row = where && (await accept(unit, context, where, user))
        if (!row) throw await unanswered(unit, answer, user)
        return view(row)
      })
    },

    async decline(answer, key) {
      checkAnswer(answer)
      if (key === undefined && 'invitation' in answer) throw invalid('user', 'it is missing')
      return scope.transaction(async (unit) => {
        const user = key === undefined ? undefined : await heldUser(unit, key)
        const where = answerGuard(answer, user)
        const row = where && (await end(unit, where, { status: 'declined' }))
        if (!row) throw await unanswered(unit, answer, user)
        const declining = user ? context : { actor: inRequestOf(actor, { type: 'user' }) }
        await audit(unit, declining, 'invitation.declined', row)
        return view(row)
      })
    },
  }
}

/** Held until the transaction ends. @throws USER_UNKNOWN, ID_INVALID */
async function heldUser({ records }: TenantUnit, key: UserKey): Promise<UserRow> {
  const user = await records.lock('users', { id: userIdOf(key) })
  if (user?.status !== 'active') throw new FreeholdError('USER_UNKNOWN')
  return user
}

/** @throws INPUT_INVALID */
function checkAnswer(answer: InvitationAnswer): void {
  checkKeys<{ readonly token?: unknown; readonly invitation?: unknown }>(answer, 'answer', ['token', 'invitation'])
  if ('token' in answer === 'invitation' in answer) throw invalid('answer', 'it is { token } or { invitation }')
}
