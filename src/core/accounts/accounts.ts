// The rooms of an account behind one door.

import type { TenantContext } from '../context.ts'
import { closeUser } from '../identity/standing.ts'
import { userFromRow, userIdOf } from '../identity/user.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { fromNow } from '../storage/tables.ts'
import type { Accounts } from './account.ts'
import { createEmail } from './email.ts'
import { freshSession, requireFresh } from './freshness.ts'
import { createJoining } from './joining.ts'
import type { JoiningParts } from './newcomer.ts'
import { createPasswordChange } from './password-change.ts'
import { createPasswordReset } from './password-reset.ts'
import { createPhone } from './phone.ts'

export function createAccounts(context: TenantContext, parts: JoiningParts): Accounts {
  return {
    ...createEmail(context),
    ...createPasswordReset(context, parts.passwords),
    ...createPasswordChange(context, parts.passwords),
    ...createPhone(context),
    ...createJoining(context, parts),

    async deactivate(key, options = {}) {
      const id = userIdOf(key)
      const session = freshSession(options)
      const row = await closeUser(context, parts.members, id, {
        from: ['active'],
        change: { status: 'disabled', disabled_at: fromNow() },
        action: 'user.deactivated',
        given: (unit) => requireFresh(context, unit, id, session),
      })
      if (row.status !== 'disabled') throw new FreeholdError('USER_UNKNOWN')
      return userFromRow(row)
    },
  }
}
