// A new password for somebody who has the one before. Guesses at it are counted with those at the door, in one pool, so
// that a session that was left open is no better place to guess from.

import { inRequestOf } from '../audit/actor.ts'
import type { Passwords } from '../authentication/passwords.ts'
import { passwordAttempt } from '../authentication/sign-in.ts'
import { writeFailed } from '../authentication/sign-in-log.ts'
import { tellOfGuessing } from '../authentication/suspicion.ts'
import type { TenantContext } from '../context.ts'
import { endSessions } from '../identity/standing.ts'
import { userIdOf } from '../identity/user.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { invalid } from '../kernel/input.ts'
import { notify, posting } from '../messages/notices.ts'
import { checkKept } from '../sessions/tenant-sessions.ts'
import { fromNow } from '../storage/tables.ts'
import type { Accounts } from './account.ts'
import { activeUser } from './email.ts'
import { freshSession, requireFresh } from './freshness.ts'

const METHODS = ['pwd'] as const

export function createPasswordChange(context: TenantContext, passwords: Passwords): Pick<Accounts, 'changePassword'> {
  const { scope, tenant, actor, auditWriter, settings } = context

  return {
    async changePassword(key, change) {
      const id = userIdOf(key)
      const session = freshSession(change, ['current', 'next'])
      const { current, next } = change
      if (typeof current !== 'string') throw invalid('current', 'it is not a text')
      const user = await activeUser(context, id)
      const secondFactor = (await scope.records.count('mfa_methods', { user_id: id, confirmed_at: { not: null } })) > 0
      // without one the password that is shown now is all the proof there is
      if (secondFactor) await requireFresh(context, scope, id, session)
      // before anything is counted: what is wrong with the new one says nothing about the old one
      await passwords.accept(next, { tenant, email: user.email_norm, secondFactor })
      const attempt = passwordAttempt(user)
      const taken = await scope.verbs.takeAttempt({ ...attempt, ...settings.attempts })
      if (!taken.allowed) throw new FreeholdError('TOO_MANY_ATTEMPTS', { retryAfterMs: taken.retryAfterMs })
      if (!(await passwords.verify(user.password_hash, current))) {
        await writeFailed(context, { address: user.email_norm, user, methods: METHODS, client: undefined })
        tellOfGuessing(context, user, taken.failures)
        throw new FreeholdError('PASSWORD_WRONG')
      }
      const hash = await passwords.hash(next)

      await posting(context, async (inside) => {
        const { records } = inside.scope
        // of two who change it at once one has the password of before
        const guard = { id, status: 'active', password_hash: user.password_hash } as const
        const changed = { password_hash: hash, password_changed_at: fromNow(), updated_at: fromNow() }
        const [row] = await records.update('users', guard, changed)
        if (!row) throw new FreeholdError('PASSWORD_WRONG')
        if (session !== undefined) await checkKept(inside.scope, id, session)
        await records.update('devices', { user_id: id, trusted_until: { not: null } }, { trusted_until: null })
        const sessionsEnded = await endSessions(inside.scope, tenant.id, id, 'password-changed', session)
        await records.remove('sign_in_attempts', attempt)
        await auditWriter.append(
          inside.scope,
          inRequestOf(actor, { type: 'user', id, ...(session === undefined ? {} : { sessionId: session }) }),
          {
            action: 'user.password_changed',
            targets: [{ type: 'user', id }],
            details: { sessionsEnded },
          },
        )
        notify(inside, row, 'password-changed')
      })
    },
  }
}
