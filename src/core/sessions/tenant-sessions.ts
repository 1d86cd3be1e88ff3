// The sessions of one tenant's users: seen, and ended. An end and its notice are one transaction, so that no cache
// hears of what did not happen and none misses what did.

import type { OwnEntry } from '../audit/catalog.ts'
import { demandFresh } from '../authentication/step-up-guard.ts'
import type { TenantContext } from '../context.ts'
import { userIdOf } from '../identity/user.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { parseId, type SessionId, type UserId } from '../kernel/ids.ts'
import { checkKeys } from '../kernel/input.ts'
import { type Listing, pageOf, pageQuery } from '../kernel/page.ts'
import type { TenantScope } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'
import type { RevokeReason, SessionRow } from '../storage/tenant-tables.ts'
import { sessionFromRow, type TenantSessions } from './session.ts'

interface Which {
  readonly only?: SessionId
  readonly except?: SessionId
}

/** Ids of ended sessions that an event names at most. */
const NAMED = 100

// UUIDv7: newest first, and exact where a timestamp would be rounded to milliseconds
const listing: Listing<SessionRow> = { name: 'sessions', columns: { id: 'id' } }

export function createTenantSessions(context: TenantContext): TenantSessions {
  const { scope, tenant, actor, auditWriter, settings } = context

  /** Ends sessions and tells: of one by its id, of several by their user. Answers how many were live. */
  function end(userId: UserId, reason: RevokeReason, which: Which = {}): Promise<number> {
    return scope.transaction(async (unit) => {
      // whoever sits at an open screen may leave it, and throws nobody else out (ASVS 5.0, V7.5.2); one factor will do for that
      const own = actor.type === 'user' && actor.sessionId !== undefined && actor.sessionId === which.only
      if (settings.accounts.freshToEndSessions && !own) await demandFresh(context, unit, 1)
      if (which.except) await checkKept(unit, userId, which.except)
      const ended = await unit.verbs.endSessions({ userId, reason, ...which })
      const sessionId = which.only
      await unit.verbs.publish({ kind: 'session', tenantId: tenant.id, userId, ...(sessionId ? { sessionId } : {}) })
      if (ended.length > 0) await auditWriter.append(unit, actor, endedEntry(userId, which, ended))
      return ended.length
    })
  }

  async function find(id: unknown): Promise<SessionRow> {
    const row = await scope.records.get('sessions', { id: parseId<SessionId>(id, 'session') })
    if (!row) throw new FreeholdError('SESSION_UNKNOWN')
    return row
  }

  return {
    async list(user, page = {}) {
      checkKeys(page, 'page', ['limit', 'cursor'])
      const query = pageQuery(listing, page)
      const userId = userIdOf(user)
      const owner = await scope.records.get('users', { id: userId })
      if (owner?.status !== 'active') return { items: [], next: null }
      const rows = await scope.records.find('sessions', {
        where: {
          user_id: userId,
          revoked_at: null,
          epoch: { from: owner.session_epoch },
          idle_expires_at: { from: fromNow() },
        },
        order: [{ by: 'id', descending: true }],
        ...query,
      })
      return pageOf(listing, query, rows, sessionFromRow)
    },
    async get(id) {
      return sessionFromRow(await find(id))
    },
    async revoke(id) {
      const row = await find(id)
      await end(row.user_id as UserId, 'revoked', { only: row.id as SessionId })
    },
    revokeAll: async (user) => end(userIdOf(user), 'signed-out-everywhere'),
    revokeOthers: async (user, keep) => end(userIdOf(user), 'revoked', { except: parseId<SessionId>(keep, 'session') }),
  }
}

function endedEntry(userId: UserId, { only, except }: Which, ended: readonly string[]): OwnEntry {
  const user = { type: 'user', id: userId } as const
  if (only) return { action: 'session.revoked', targets: [{ type: 'session', id: only }, user] }
  const details = { sessionsEnded: ended.length, sessions: ended.slice(0, NAMED) }
  return except
    ? { action: 'session.others_revoked', targets: [user, { type: 'session', id: except }], details }
    : { action: 'session.all_revoked', targets: [user], details }
}

/**
 * A mistaken `keep` would end every session of the user, in silence.
 * @throws SESSION_UNKNOWN when the session to be kept is none of this user's
 */
export async function checkKept(
  { records }: Pick<TenantScope, 'records'>,
  userId: UserId,
  keep: SessionId,
): Promise<void> {
  const kept = await records.get('sessions', { id: keep })
  if (kept?.user_id !== userId) throw new FreeholdError('SESSION_UNKNOWN')
}
