// As many sessions as a tenant or a role lets a user have: when another opens, the oldest end. Whoever opens one holds
// the user's row first, so that of any number that open at once no more remain.

import type { TenantContext } from '../context.ts'
import type { SessionId } from '../kernel/ids.ts'
import type { Where } from '../storage/records.ts'
import { atMost, endSession, hold, publish, type Step, told } from '../storage/steps.ts'
import { fromNow } from '../storage/tables.ts'
import type { UserRow } from '../storage/tenant-tables.ts'

/** Ended in one transaction, at most; where there are more, the next sign-in goes on. */
const BATCH = 1000
/** Ids that an event names at most. */
const NAMED = 100

type Owner = Pick<UserRow, 'id' | 'session_epoch'>
type Log = Pick<TenantContext, 'tenant' | 'actor' | 'auditWriter'>

export interface LimitSteps {
  /** Before everything else. */
  readonly before: readonly Step[]
  /** After the session is open. */
  readonly after: readonly Step[]
}

/**
 * For a user whose live sessions are known: those that are too many end, and then no more are left than may be. Lost where they
 * are others by then.
 * @param live ids, the newest first, without `keep`
 */
export async function limitSteps(
  { tenant, actor, auditWriter }: Log,
  user: Owner,
  keep: SessionId,
  maximum: number,
  live: readonly string[],
): Promise<LimitSteps> {
  const ended = live.slice(maximum - 1)
  const after = ended.flatMap((only) => [
    endSession({ userId: user.id, reason: 'session-limit', only }),
    publish({ kind: 'session', tenantId: tenant.id, userId: user.id, sessionId: only }),
  ])
  if (ended.length > 0) await auditWriter.append(told(after), actor, entryOf(user, keep, maximum, ended))
  return { before: [hold('users', { id: user.id })], after: [...after, atMost(maximum, 'sessions', liveOf(user))] }
}

/** The same, whatever they are: in the transaction that holds the user's row and opened the session that is kept. */
export async function endOldestSessions(
  { tenant, scope, actor, auditWriter }: Log & Pick<TenantContext, 'scope'>,
  user: Owner,
  keep: SessionId,
  maximum: number,
): Promise<void> {
  const live = await scope.records.find('sessions', {
    where: { ...liveOf(user), id: { not: keep } },
    order: [{ by: 'created_at', descending: true }],
    limit: maximum - 1 + BATCH,
  })
  const tooMany = live.slice(maximum - 1)
  if (tooMany.length === 0) return
  const userId = user.id
  const ended: string[] = []
  for (const { id: only } of tooMany) {
    ended.push(...(await scope.verbs.endSessions({ userId, reason: 'session-limit', only })))
    await scope.verbs.publish({ kind: 'session', tenantId: tenant.id, userId, sessionId: only })
  }
  if (ended.length > 0) await auditWriter.append(scope, actor, entryOf(user, keep, maximum, ended))
}

function liveOf({ id, session_epoch }: Owner): Where<'sessions'> {
  return {
    user_id: id,
    revoked_at: null,
    // an operator's, who acts as the user, is none of theirs
    impersonator_id: null,
    epoch: { from: session_epoch },
    idle_expires_at: { from: fromNow() },
  }
}

function entryOf({ id }: Owner, keep: SessionId, maximum: number, ended: readonly string[]) {
  return {
    action: 'session.limit_reached',
    targets: [
      { type: 'user', id },
      { type: 'session', id: keep },
    ],
    details: { maximum, sessionsEnded: ended.length, sessions: ended.slice(0, NAMED) },
  } as const
}
