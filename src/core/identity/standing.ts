// Whether a user may sign in: disabled, locked, removed, and back. Whatever shuts somebody out ends their sessions in the
// same transaction, and none of it shuts out the last owner.

import { keepAnOwner } from '../access/owners.ts'
import type { AuditEntry } from '../audit/audit.ts'
import type { Members } from '../billing/members.ts'
import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { UserId } from '../kernel/ids.ts'
import { checkKeys, checkText } from '../kernel/input.ts'
import { notify, posting } from '../messages/notices.ts'
import type { NoticeKind } from '../ports/mailer.ts'
import type { Change, Where } from '../storage/records.ts'
import type { TenantScope } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'
import type { RevokeReason, UserRow } from '../storage/tenant-tables.ts'
import { type User, type UserKey, userFromRow, userIdOf } from './user.ts'

export interface UserStanding {
  /** The user can no longer sign in, and every session ends in the same transaction. Doing it twice is not an error. @throws USER_UNKNOWN (deleted, too), LAST_OWNER */
  disable(user: UserKey): Promise<User>
  /** Undoes `disable`; sessions do not come back. Doing it twice is not an error. @throws USER_UNKNOWN (deleted, too), LIMIT_REACHED (`members`) */
  enable(user: UserKey): Promise<User>
  /**
   * As `disable`, for the time until somebody has looked into it: by an operator, or by a rule of the host's. `reason` (1 to 200
   * characters) is for those who unlock, and the user never sees it. A user who is disabled stays so. Doing it twice is not an error.
   * @throws USER_UNKNOWN (deleted, too), LAST_OWNER, INPUT_INVALID
   */
  lock(user: UserKey, options?: { readonly reason?: string }): Promise<User>
  /** Undoes `lock`; sessions do not come back. Doing it twice is not an error. @throws USER_UNKNOWN (deleted, too), LIMIT_REACHED (`members`) */
  unlock(user: UserKey): Promise<User>
  /** Soft delete: as `disable`, and the address is free again. Doing it twice is not an error. @throws USER_UNKNOWN, LAST_OWNER */
  remove(user: UserKey): Promise<User>
}

type Closing = 'user.disabled' | 'user.deactivated' | 'user.locked' | 'user.removed'
type Opening = 'user.enabled' | 'user.unlocked'

/** Whoever is removed has no account that they could be told of; an operator who disables one tells its owner, or has a reason not to. */
const NOTICES: { readonly [A in Closing]?: NoticeKind } = {
  'user.locked': 'account-locked',
  'user.deactivated': 'account-deactivated',
}

export function createStanding(context: TenantContext, members: Members): UserStanding {
  const { scope, actor, auditWriter } = context

  /** Lets somebody in again. A user of another status stays as they are. */
  const open = async (key: UserKey, from: UserRow['status'], change: Change<'users'>, action: Opening) => {
    const id = userIdOf(key)
    const opened = await scope.transaction(async (unit) => {
      const [row] = await changeUser({ ...context, scope: unit }, { id, status: from }, { ...change, status: 'active' })
      if (!row) return undefined
      await members.joined(unit)
      await auditWriter.append(unit, actor, { action, targets: [{ type: 'user', id }] })
      return row
    })
    return present(opened ?? (await findUser(scope, id)))
  }

  return {
    disable: async (key) =>
      present(
        await closeUser(context, members, key, {
          from: ['active', 'locked'],
          change: { status: 'disabled', disabled_at: fromNow(), locked_at: null, lock_reason: null },
          action: 'user.disabled',
        }),
      ),
    enable: (key) => open(key, 'disabled', { disabled_at: null }, 'user.enabled'),
    async lock(key, options = {}) {
      checkKeys(options, 'options', ['reason'])
      const reason = options.reason === undefined ? null : checkText(options.reason, 'reason', { maximum: 200 })
      return present(
        await closeUser(context, members, key, {
          from: ['active'],
          change: { status: 'locked', locked_at: fromNow(), lock_reason: reason },
          action: 'user.locked',
          ...(reason === null ? {} : { details: { reason } }),
        }),
      )
    },
    unlock: (key) => open(key, 'locked', { locked_at: null, lock_reason: null }, 'user.unlocked'),
    remove: async (key) =>
      userFromRow(
        await closeUser(context, members, key, {
          from: ['active', 'disabled', 'locked'],
          change: { status: 'deleted', deleted_at: fromNow() },
          action: 'user.removed',
        }),
      ),
  }
}

interface Closure {
  /** A user whom this leaves out stays as they are. */
  readonly from: readonly UserRow['status'][]
  readonly change: Change<'users'>
  readonly action: Closing
  readonly details?: AuditEntry['details']
  /** What must hold in the same transaction, when the user is held already. Throws when it does not. */
  readonly given?: (unit: TenantScope) => Promise<void>
}

/** Changes who may sign in and ends the sessions in one transaction. Answers the user as they are then. @throws USER_UNKNOWN, LAST_OWNER */
export function closeUser(
  context: TenantContext,
  members: Members,
  key: UserKey,
  { from, change, action, details = {}, given }: Closure,
): Promise<UserRow> {
  const { tenant, actor, auditWriter } = context
  const id = userIdOf(key)
  return posting(context, async (inside) => {
    const unit = inside.scope
    // of two owners who go at once, one stays
    await unit.verbs.lockAccess()
    const before = await unit.records.lock('users', { id })
    await given?.(unit)
    const [row] = await keepAnOwner(unit, () => changeUser(inside, { id, status: { in: from } }, change))
    if (!row) return findUser(unit, id)
    if (before?.status === 'active') await members.left(unit)
    const sessionsEnded = await endSessions(unit, tenant.id, id, 'user-disabled')
    const targets = [{ type: 'user', id }] as const
    await auditWriter.append(unit, actor, { action, targets, details: { ...details, sessionsEnded } })
    const kind = NOTICES[action]
    if (kind) notify(inside, row, kind)
    return row
  })
}

/** Changes what checks know of a user, and says so. */
export async function changeUser(
  {
    scope: { records, verbs },
    tenant,
  }: Pick<TenantContext, 'tenant'> & { readonly scope: Pick<TenantScope, 'records' | 'verbs'> },
  where: Where<'users'> & { readonly id: UserId },
  change: Change<'users'>,
): Promise<UserRow[]> {
  const rows = await records.update('users', where, { ...change, access_version: { add: 1 }, updated_at: fromNow() })
  if (rows.length > 0) await verbs.publish({ kind: 'access', tenantId: tenant.id, principalId: where.id })
  return rows
}

/** Ends a user's sessions, all but `keep`, and tells every process once this has committed: each asks again for what is left. Answers how many were live. */
export async function endSessions(
  { verbs }: Pick<TenantScope, 'verbs'>,
  tenantId: string,
  userId: string,
  reason: RevokeReason,
  keep?: string,
): Promise<number> {
  const ended = await verbs.endSessions({ userId, reason, ...(keep === undefined ? {} : { except: keep }) })
  await verbs.publish({ kind: 'session', tenantId, userId })
  return ended.length
}

/** Deleted ones too. @throws USER_UNKNOWN */
export async function findUser({ records }: Pick<TenantScope, 'records'>, id: UserId): Promise<UserRow> {
  const row = await records.get('users', { id })
  if (!row) throw new FreeholdError('USER_UNKNOWN')
  return row
}

/** @throws USER_UNKNOWN for a deleted one */
function present(row: UserRow): User {
  if (row.status === 'deleted') throw new FreeholdError('USER_UNKNOWN')
  return userFromRow(row)
}
