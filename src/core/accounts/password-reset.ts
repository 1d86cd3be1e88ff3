// A new password for somebody who has the mailbox. It is one factor and no more: it opens no session, and second factors
// are asked for as ever (M05).

import { inRequestOf } from '../audit/actor.ts'
import { createChallenges } from '../authentication/challenges.ts'
import type { Passwords } from '../authentication/passwords.ts'
import type { TenantContext } from '../context.ts'
import { changeUser, endSessions } from '../identity/standing.ts'
import { userFromRow } from '../identity/user.ts'
import type { UserId } from '../kernel/ids.ts'
import { checkKeys } from '../kernel/input.ts'
import { notify, posting } from '../messages/notices.ts'
import { fromNow } from '../storage/tables.ts'
import type { Accounts } from './account.ts'
import { consumeLink, heldUser, refused, sendLink } from './errand.ts'
import { demotePasskeys, NO_NUMBER } from './mailbox-proof.ts'

type PasswordReset = Pick<Accounts, 'requestPasswordReset' | 'resetPassword'>

const PURPOSE = 'password-reset'

export function createPasswordReset(context: TenantContext, passwords: Passwords): PasswordReset {
  const { scope, tenant, actor, auditWriter, settings } = context
  const { resetLifetimeMs } = settings.accounts

  return {
    requestPasswordReset: (request) =>
      sendLink(context, { purpose: PURPOSE, letter: PURPOSE, request, lifetimeMs: resetLifetimeMs }),

    async resetPassword(proof) {
      checkKeys(proof, 'proof', ['token', 'password'])
      // looked at first, so that neither a dead link costs a hash, nor a password that is not accepted the link
      const found = await createChallenges(context).find({ purpose: PURPOSE, token: proof.token })
      const email = found?.data.email
      if (!found?.user_id || typeof email !== 'string') throw refused()
      const factors = { user_id: found.user_id, confirmed_at: { not: null } }
      const secondFactor = (await scope.records.count('mfa_methods', factors)) > 0
      await passwords.accept(proof.password, { tenant, email, secondFactor })
      const hash = await passwords.hash(proof.password)

      const user = await posting(context, async (inside) => {
        const unit = inside.scope
        const challenge = await consumeLink(context, unit, PURPOSE, proof.token)
        const held = await heldUser(unit, challenge, { sameEpoch: true })
        const id = held.id as UserId
        const first = held.email_verified_at === null
        const proven = first ? { email_verified_at: fromNow(), ...NO_NUMBER } : {}
        const change = { password_hash: hash, password_changed_at: fromNow(), ...proven }
        await changeUser(inside, { id }, change)
        // whoever was there before the owner of the mailbox keeps no way in (A10)
        if (first) await demotePasskeys(unit, id)
        const forgotten = { trusted_until: null }
        await unit.records.update('devices', { user_id: id, trusted_until: { not: null } }, forgotten)
        const sessionsEnded = await endSessions(unit, tenant.id, id, 'password-changed')
        await auditWriter.append(unit, inRequestOf(actor, { type: 'user', id }), {
          action: 'user.password_reset',
          targets: [{ type: 'user', id }],
          details: { sessionsEnded, emailVerified: first },
        })
        const now = (await unit.records.get('users', { id })) ?? held
        notify(inside, now, 'password-changed')
        return now
      })
      return userFromRow(user)
    },
  }
}
