// A user's telephone number: proven by a code that is sent to it, and removed.

import { inRequestOf } from '../audit/actor.ts'
import { createChallenges } from '../authentication/challenges.ts'
import type { TenantContext } from '../context.ts'
import { parsePhone } from '../identity/phone.ts'
import { changeUser } from '../identity/standing.ts'
import { userFromRow, userIdOf } from '../identity/user.ts'
import { parseId, type UserId } from '../kernel/ids.ts'
import { checkKeys, invalid } from '../kernel/input.ts'
import { notify, posting } from '../messages/notices.ts'
import { fromNow } from '../storage/tables.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import type { Accounts } from './account.ts'
import { activeUser } from './email.ts'
import { admit, heldUser, openErrand, refused } from './errand.ts'
import { freshSession, requireFresh } from './freshness.ts'

type Phone = Pick<Accounts, 'requestPhoneChange' | 'confirmPhoneChange' | 'removePhone'>

const PURPOSE = 'phone-change'

export function createPhone(context: TenantContext): Phone {
  const { scope, tenant, actor, auditWriter, post, settings } = context
  const { codeLifetimeMs } = settings.accounts

  /** The number is set, or gone, and the log says that it is, and not what it is. */
  async function set(inside: TenantContext, id: UserId, phone: string | null): Promise<UserRow> {
    const change = { phone, phone_verified_at: phone === null ? null : fromNow() }
    const [row] = await changeUser(inside, { id }, change)
    notify(inside, row!, 'phone-changed', phone === null ? {} : { address: phone })
    await auditWriter.append(inside.scope, inRequestOf(actor, { type: 'user', id }), {
      action: phone === null ? 'user.phone_removed' : 'user.phone_changed',
      targets: [{ type: 'user', id }],
    })
    return row!
  }

  return {
    async requestPhoneChange(key, change) {
      post.requireTexter()
      const id = userIdOf(key)
      const session = freshSession(change, ['phone'])
      const phone = parsePhone(change.phone)
      const user = await activeUser(context, id)
      await requireFresh(context, scope, id, session)
      // each message costs money: neither one user nor one number is sent many
      await admit(context, `${PURPOSE}/user`, id)
      await admit(context, PURPOSE, phone)
      const opened = await openErrand(context, {
        purpose: PURPOSE,
        kind: 'code',
        user,
        recipient: id,
        data: { email: user.email_norm, phone },
        lifetimeMs: codeLifetimeMs,
        entry: () => ({
          action: 'user.challenge_requested',
          targets: [{ type: 'user', id }],
          details: { purpose: PURPOSE },
        }),
      })
      post.text(PURPOSE, phone, { tenant, code: opened.secret, expiresInMs: codeLifetimeMs })
      return { id: opened.id, expiresInMs: codeLifetimeMs }
    },

    async confirmPhoneChange(key, answer) {
      const id = userIdOf(key)
      checkKeys(answer, 'answer', ['id', 'code'])
      if (typeof answer.code !== 'string') throw invalid('code', 'it is not a text')
      const request = parseId<string>(answer.id, 'id')
      // counted before it is looked at, in a statement of its own: what follows cannot take the count back
      const asked = { purpose: PURPOSE, id: request, code: answer.code, recipient: id } as const
      const challenge = await createChallenges(context).attempt(scope, asked)
      if (!challenge) throw refused()
      const phone = parsePhone(challenge.data.phone)
      const row = await posting(context, async (inside) => {
        await heldUser(inside.scope, challenge, { sameEpoch: true })
        return set(inside, id, phone)
      })
      return userFromRow(row)
    },

    async removePhone(key, options = {}) {
      const id = userIdOf(key)
      const session = freshSession(options)
      const removed = await posting(context, async (inside) => {
        const held = await inside.scope.records.lock('users', { id })
        if (held?.status !== 'active' || held.phone === null) return undefined
        await requireFresh(context, inside.scope, id, session)
        return set(inside, id, null)
      })
      return userFromRow(removed ?? (await activeUser(context, id)))
    },
  }
}
