// A user's address: proven, and changed.

import { inRequestOf } from '../audit/actor.ts'
import type { TenantContext } from '../context.ts'
import { parseEmail } from '../identity/email.ts'
import { changeUser, findUser } from '../identity/standing.ts'
import { userFromRow, userIdOf } from '../identity/user.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { parseId, type SessionId, type UserId } from '../kernel/ids.ts'
import { checkKeys, invalid } from '../kernel/input.ts'
import { notify, posting } from '../messages/notices.ts'
import { fromNow } from '../storage/tables.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import type { Accounts } from './account.ts'
import { admit, consumeLink, heldUser, linkFacts, openErrand, requested, sendLink } from './errand.ts'
import { freshSession, requireFresh } from './freshness.ts'
import { proveMailbox } from './mailbox-proof.ts'

type Email = Pick<Accounts, 'requestEmailVerification' | 'confirmEmail' | 'requestEmailChange' | 'confirmEmailChange'>

export function createEmail(context: TenantContext): Email {
  const { scope, tenant, actor, auditWriter, post, settings } = context
  const { linkLifetimeMs } = settings.accounts

  return {
    requestEmailVerification: (request) =>
      sendLink(context, {
        purpose: 'email-verification',
        letter: 'email-verification',
        request,
        lifetimeMs: linkLifetimeMs,
        owed: (user) => user.email_verified_at === null,
      }),

    async confirmEmail(proof) {
      checkKeys(proof, 'proof', ['token', 'session'])
      const session = proof.session === undefined ? undefined : parseId<SessionId>(proof.session, 'session')
      // theirs, if it is one: whose is looked at once the user is held
      const live = session && (await scope.verbs.lookUpSession(session))
      return scope.transaction(async (unit) => {
        const challenge = await consumeLink(context, unit, 'email-verification', proof.token)
        const held = await heldUser(unit, challenge, { sameEpoch: false })
        // an operator who acts as the user has not proven to be them
        const own = live?.session.impersonator_id === null && live.user.id === held.id
        const keep = own && live.user.session_epoch === held.session_epoch
        const inside = { ...context, scope: unit, actor: inRequestOf(actor, { type: 'user', id: held.id }) }
        const { user, passwordRemoved } = await proveMailbox(inside, held, { keep })
        return { user: userFromRow(user), passwordRemoved }
      })
    },

    async requestEmailChange(key, change) {
      post.requireMailer()
      const id = userIdOf(key)
      const session = freshSession(change, ['email'])
      const { email, emailNorm } = parseEmail(change.email)
      const user = await activeUser(context, id)
      if (emailNorm === user.email_norm) throw invalid('email', 'it is the address that the user has')
      await requireFresh(context, scope, id, session)
      await admit(context, 'email-change/user', id)
      await admit(context, 'email-change', emailNorm)
      const taken = (await addressHolder(context, emailNorm)) !== undefined
      const { secret } = await openErrand(context, {
        purpose: 'email-change',
        kind: 'link',
        user: taken ? undefined : user,
        data: { email: user.email_norm, to: email },
        lifetimeMs: linkLifetimeMs,
        entry: () => requested(context, 'email-change', emailNorm, user),
      })
      notify(context, user, 'email-change-requested', { address: email })
      if (taken) return
      const link = post.link('email-change', tenant, secret)
      post.mail('email-change', email, linkFacts(context, link, linkLifetimeMs))
    },

    async confirmEmailChange(proof) {
      checkKeys(proof, 'proof', ['token'])
      const changed = await posting(context, async (inside) => {
        const challenge = await consumeLink(context, inside.scope, 'email-change', proof.token)
        const before = await heldUser(inside.scope, challenge, { sameEpoch: true })
        const { email, emailNorm } = parseEmail(challenge.data.to)
        const id = before.id as UserId
        const change = { email, email_norm: emailNorm, email_verified_at: fromNow() }
        const [after] = await changeUser(inside, { id }, change)
        await auditWriter.append(inside.scope, inRequestOf(actor, { type: 'user', id }), {
          action: 'user.email_changed',
          targets: [{ type: 'user', id }],
        })
        for (const user of [before, after!]) notify(inside, user, 'email-changed', { address: email })
        return after!
      }).catch((error: unknown) => {
        if (!FreeholdError.is(error, 'DUPLICATE')) throw error
        throw new FreeholdError('EMAIL_TAKEN', {}, { cause: error })
      })
      return userFromRow(changed)
    },
  }
}

/** Whoever asks is signed in, or the host: they may know. @throws USER_UNKNOWN */
export async function activeUser({ scope }: TenantContext, id: UserId): Promise<UserRow> {
  const user = await findUser(scope, id)
  if (user.status !== 'active') throw new FreeholdError('USER_UNKNOWN')
  return user
}

/** Who has the address, whether or not they may sign in. */
export async function addressHolder({ scope }: TenantContext, emailNorm: string): Promise<UserRow | undefined> {
  const status = { in: ['active', 'disabled', 'locked'] } as const
  const [row] = await scope.records.find('users', { where: { email_norm: emailNorm, status }, limit: 1 })
  return row
}
