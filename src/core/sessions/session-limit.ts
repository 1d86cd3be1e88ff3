// As many sessions as a tenant or a role lets a user have: when another opens, the oldest end. Whoever opens one holds
// the user's row first, so that of any number that open at once no more remain.

import type { TenantContext } from '../context.ts'
import type { SessionId } from '../kernel/ids.ts'
import { fromNow } from '../storage/tables.ts'
import type { UserRow } from '../storage/tenant-tables.ts'

/** Ended in one transaction, at most; where there are more, the next sign-in goes on. */
const BATCH = 1000
/** Ids that an event names at most. */
const NAMED = 100

/** In the transaction that holds the user's row and opened the session that is kept. */
export async function endOldestSessions(
  { tenant, scope, actor, auditWriter }: Pick<TenantContext, 'tenant' | 'scope' | 'actor' | 'auditWriter'>,
  { id: userId, session_epoch }: Pick<UserRow, 'id' | 'session_epoch'>,
  keep: SessionId,
  maximum: number,
): Promise<void> {
  const live = await scope.records.find('sessions', {
    where: {
      user_id: userId,
      id: { not: keep },
      revoked_at: null,
      // an operator's, who acts as the user, is none of theirs
      impersonator_id: null,
      epoch: { from: session_epoch },
      idle_expires_at: { from: fromNow() },
    },
    order: [{ by: 'created_at', descending: true }],
    limit: maximum - 1 + BATCH,
  })
  const tooMany = live.slice(maximum - 1)
  if (tooMany.length === 0) return
  const ended: string[] = []
  for (const { id: only } of tooMany) {
    ended.push(...(await scope.verbs.endSessions({ userId, reason: 'session-limit', only })))
    await scope.verbs.publish({ kind: 'session', tenantId: tenant.id, userId, sessionId: only })
  }
  if (ended.length === 0) return
  await auditWriter.append(scope, actor, {
    action: 'session.limit_reached',
    targets: [
      { type: 'user', id: userId },
      { type: 'session', id: keep },
    ],
    details: { maximum, sessionsEnded: ended.length, sessions: ended.slice(0, NAMED) },
  })
}
