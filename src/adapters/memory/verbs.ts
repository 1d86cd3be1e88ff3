// The verbs. Each runs while nobody else holds the storage, so it may look first and write then.

import type { TenantRef } from '../../core/storage/storage.ts'
import type { Row } from '../../core/storage/tables.ts'
import { fromNow, type TenantTableName, tenantTables } from '../../core/storage/tables.ts'
import type { SessionEnding, SessionOpening, SystemVerbs, TenantKey, TenantVerbs } from '../../core/storage/verbs.ts'
import { appendAudit, loadAccess, loadPrincipals, moveCounter, moveTeam, takeLimit } from './access-verbs.ts'
import { lookUpApiKey } from './api-keys.ts'
import { takeAttempt } from './attempts.ts'
import { loadEntitlements } from './entitlements.ts'
import { claimInbox, finishInbox } from './inbox.ts'
import { holdSubscriptions, writeSubscriptions } from './mirror.ts'
import { takeRate } from './rates.ts'
import { countFailure, learnSignIn } from './risk-verbs.ts'
import { isAlive, lookUpSession, rotateSession } from './rotation.ts'
import type { Run } from './scopes.ts'
import { beginSignIn } from './sign-in.ts'
import type { Statements } from './statements.ts'

/** @param system the system's rows: what is sold belongs to no tenant */
export function createTenantVerbs(run: Run, tenantId: string, system: Statements): TenantVerbs {
  return {
    openSession: (opening) => run((statements) => openSession(statements, opening)),
    lookUpSession: (id) => run((statements) => lookUpSession(statements, id)),
    rotateSession: (step) => run((statements) => rotateSession(statements, step)),
    endSessions: (ending) => run((statements) => endSessions(statements, ending)),
    lookUpApiKey: (id, hash) => run((statements) => lookUpApiKey(statements, id, hash)),
    takeAttempt: (attempt) => run((statements) => takeAttempt(statements, attempt)),
    beginSignIn: (question) => run((statements) => beginSignIn(statements, question)),
    countFailure: (failure) => run((statements) => countFailure(statements, failure)),
    learnSignIn: (learning) => run((statements) => learnSignIn(statements, learning)),
    takeRates: (rates) => run((statements) => rates.map((rate) => takeRate(statements, rate))),
    loadAccess: (question) => run((statements) => loadAccess(statements, question)),
    loadPrincipals: (question) => run((statements) => loadPrincipals(statements, question)),
    lockAccess: () => run((statements) => moveCounter(statements, 'access-writes')),
    moveAccess: () => run((statements) => moveCounter(statements, 'access')),
    moveTeam: (team, parent) => run((statements) => moveTeam(statements, team, parent)),
    appendAudit: (events) => run((statements) => appendAudit(statements, events)),
    takeLimit: (take) => run((statements) => takeLimit(statements, take)),
    loadEntitlements: () => run((statements) => loadEntitlements(statements, system, tenantId)),
    writeSubscriptions: (writes) => run((statements) => writeSubscriptions(statements, writes)),
    purge: () => run((statements) => purge(statements)),
    publish: (notice) => run((_, tell) => tell(notice)),
  }
}

/** @param rowsOf a tenant's rows, which the system's verbs otherwise do not reach */
export function createSystemVerbs(run: Run, rowsOf: (ref: TenantRef) => Statements): SystemVerbs {
  return {
    findTenant: (by) => run((statements) => findTenant(statements, by)),
    claimInbox: (claim) => run((statements) => claimInbox(statements, claim)),
    finishInbox: (end) => run((statements) => finishInbox(statements, end)),
    holdSubscriptions: (names) => run(() => holdSubscriptions(rowsOf, names)),
    commitAsynchronously: async () => undefined,
    publish: (notice) => run((_, tell) => tell(notice)),
  }
}

function openSession(statements: Statements, opening: SessionOpening): Row<'sessions'> | undefined {
  const user = statements.get('users', { id: opening.userId })
  if (user?.status !== 'active' || user.session_epoch !== opening.epoch) return undefined
  const [session] = statements.insert('sessions', [
    {
      id: opening.id,
      user_id: opening.userId,
      epoch: opening.epoch,
      current_hash: opening.currentHash,
      nonce: opening.nonce,
      key_id: opening.keyId,
      assurance_level: opening.assuranceLevel,
      authentication_methods: [...opening.authenticationMethods],
      ip: opening.ip,
      user_agent: opening.userAgent,
      device_id: opening.deviceId ?? null,
      country: opening.country ?? null,
      city: opening.city ?? null,
      risk_score: opening.riskScore ?? null,
      risk_flags: [...(opening.riskFlags ?? [])],
      impersonator_id: opening.impersonatorId ?? null,
      impersonation_reason: opening.impersonationReason ?? null,
      idle_expires_at: fromNow(Math.min(opening.idleTimeoutMs, opening.absoluteTimeoutMs)),
      absolute_expires_at: fromNow(opening.absoluteTimeoutMs),
    },
  ])
  return session
}

function endSessions(statements: Statements, { userId, reason, only, except }: SessionEnding): string[] {
  const user = statements.get('users', { id: userId })
  if (!user) return []
  const live = statements
    .find('sessions', { where: { user_id: userId, revoked_at: null }, limit: Number.MAX_SAFE_INTEGER })
    .filter((session) => isAlive({ session, user }, statements.now()))
    .map(({ id }) => id)
  const ended = live.filter((id) => id !== except && (only === undefined || id === only))
  statements.update('sessions', { id: { in: ended } }, { revoked_at: fromNow(), revoke_reason: reason })
  if (only === undefined) {
    // a sign-in under way knows the old epoch; the session that is kept must know the new one
    const [{ session_epoch }] = statements.update('users', { id: userId }, { session_epoch: { add: 1 } }) as [
      Row<'users'>,
    ]
    if (except !== undefined && live.includes(except)) {
      statements.update('sessions', { id: except }, { epoch: session_epoch })
    }
  }
  return ended
}

function purge(statements: Statements): Record<string, number> {
  const removed: Record<string, number> = {}
  // who points at others goes first; the log stays: nobody but the owner of a database removes from it
  for (const table of (Object.keys(tenantTables) as TenantTableName[]).reverse()) {
    if (isLog(table)) continue
    removed[table] = statements.remove(table, {})
  }
  return removed
}

function isLog(table: TenantTableName): boolean {
  return table === 'audit_events' || table === 'audit_pending'
}

function findTenant(statements: Statements, by: TenantKey): Row<'tenants'> | undefined {
  if ('id' in by) return statements.get('tenants', { id: by.id })
  if ('slug' in by) return statements.get('tenants', { slug: by.slug })
  const domain = statements.get('tenant_domains', { domain: by.domain, verified_at: { not: null } })
  return domain && statements.get('tenants', { id: domain.tenant_id })
}
