// What it means that somebody has the mailbox. Until then anybody could have registered the address, and may be waiting
// for its owner to come (A10): what they left is removed in the moment in which the owner shows up.

import type { TenantContext } from '../context.ts'
import { changeUser, endSessions } from '../identity/standing.ts'
import type { UserId } from '../kernel/ids.ts'
import type { TenantUnit } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'
import type { UserRow } from '../storage/tenant-tables.ts'

export interface MailboxProof {
  /** As they are now, in their new epoch. */
  readonly user: UserRow
  readonly passwordRemoved: boolean
}

/**
 * Proves the address of a user who is held by this transaction, and writes that. A password, a number, sessions and devices from
 * before go, but for `keep`: whoever confirms is signed in as this user. Second factors stay, since a mailbox must not remove
 * them (M05), and passkeys become mere second factors. A proven address stays as it is.
 * @param context on the unit of work that holds the user
 */
export async function proveMailbox(
  context: TenantContext,
  user: UserRow,
  { keep = false }: { readonly keep?: boolean } = {},
): Promise<MailboxProof> {
  const { scope, tenant, auditWriter, actor } = context
  if (user.email_verified_at !== null) return { user, passwordRemoved: false }
  const id = user.id as UserId
  const removal = keep ? {} : { password_hash: null, password_changed_at: fromNow(), ...NO_NUMBER }
  await changeUser(context, { id }, { email_verified_at: fromNow(), ...removal })
  let sessionsEnded = 0
  if (!keep) {
    const forgotten = { revoked_at: fromNow(), trusted_until: null }
    await scope.records.update('devices', { user_id: id, revoked_at: null }, forgotten)
    await demotePasskeys(scope, id)
    sessionsEnded = await endSessions(scope, tenant.id, id, 'revoked')
  }
  const passwordRemoved = !keep && user.password_hash !== null
  await auditWriter.append(scope, actor, {
    action: 'user.email_verified',
    targets: [{ type: 'user', id }],
    details: { sessionsEnded, unprovenSecretRemoved: passwordRemoved },
  })
  const now = await scope.records.get('users', { id })
  return { user: now ?? user, passwordRemoved }
}

/** Of a user whose address nobody had proven: whoever set the number could sign in by a code that is sent to it. */
export const NO_NUMBER = { phone: null, phone_verified_at: null } as const

/** None of the passkeys that are there signs in by itself any more; each may still be asked for beside another factor. */
export async function demotePasskeys({ records }: Pick<TenantUnit, 'records'>, userId: UserId): Promise<void> {
  await records.update('webauthn_credentials', { user_id: userId, signs_in: true }, { signs_in: false })
}
