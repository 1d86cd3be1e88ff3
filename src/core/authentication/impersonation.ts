// An operator of the platform who signs in as a user of a tenant, to see what they see: for a reason, for a while, under
// the operator's own name in token and log, and without the user's credentials ever coming within reach.

import { demandOperator, type OperatorBook } from '../access/operators.ts'
import type { TenantContext } from '../context.ts'
import { findUser } from '../identity/standing.ts'
import { type UserKey, userIdOf } from '../identity/user.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { PLATFORM_TENANT_ID, parseId, type SessionId } from '../kernel/ids.ts'
import { checkInteger, checkKeys, checkText } from '../kernel/input.ts'
import type { OpenedSession } from '../sessions/issue.ts'
import type { ClientInfo } from '../sessions/session.ts'
import type { SignInEngine } from './engine.ts'
import { checkClient } from './sign-in.ts'

export interface Impersonation {
  /**
   * Opens a session in which the operator that the handle is bound to (`as({ type: 'operator', id })`) acts as the user. They
   * must be an active user of the platform tenant who holds `user:impersonate` there. Of assurance level 1, whatever the user
   * has; factors, passkeys, passwords, addresses, numbers and API keys are out of its reach. It ends after its
   * lifetime, which no refresh extends. Access tokens name the operator as their `act` (RFC 8693, section 4.1).
   * @throws FORBIDDEN (no such operator), IMPERSONATION_REFUSED (a user of the platform tenant), USER_UNKNOWN (not active, too),
   * INPUT_INVALID, ID_INVALID, TENANT_SUSPENDED, TENANT_DELETED, TENANT_MOVING, STORAGE_UNAVAILABLE
   */
  start(impersonation: NewImpersonation): Promise<OpenedSession>
  /** Ends it. Doing it twice is not an error. @throws SESSION_UNKNOWN (none of an operator's), ID_INVALID */
  end(session: SessionId | { readonly id: SessionId }): Promise<void>
}

export interface NewImpersonation {
  readonly user: UserKey
  /** Why: 1 to 500 characters, kept with the session and in the log for good. Nothing personal. */
  readonly reason: string
  /** Default 30 min, at most 8 h. */
  readonly lifetimeMs?: number
  readonly client?: ClientInfo
}

const MINUTE = 60_000
const DEFAULT_LIFETIME_MS = 30 * MINUTE
const LONGEST_MS = 480 * MINUTE
const REASON = { maximum: 500 }

/** Why an operator comes in from outside, and for how long. @throws INPUT_INVALID */
export function checkStay(stay: { readonly reason: string; readonly lifetimeMs?: number }) {
  const { reason, lifetimeMs = DEFAULT_LIFETIME_MS } = stay
  return {
    reason: checkText(reason, 'reason', REASON),
    lifetimeMs: checkInteger(lifetimeMs, 'lifetimeMs', 1000, LONGEST_MS),
  }
}

export function createImpersonation(context: TenantContext, engine: SignInEngine, book: OperatorBook): Impersonation {
  const { scope, tenant, actor, auditWriter } = context
  return {
    async start(impersonation) {
      checkKeys(impersonation, 'impersonation', ['user', 'reason', 'lifetimeMs', 'client'])
      const userId = userIdOf(impersonation.user)
      const { reason, lifetimeMs } = checkStay(impersonation)
      const { client } = impersonation
      checkClient(client)
      const impersonatorId = await demandOperator(context, book, 'user:impersonate')
      // who could be acted as here is one of those who act
      if (tenant.id === PLATFORM_TENANT_ID) throw new FreeholdError('IMPERSONATION_REFUSED')
      const user = await findUser(scope, userId)
      const opened = await engine.impersonate(context, { user, impersonatorId, reason, lifetimeMs, client })
      if (!opened) throw new FreeholdError('USER_UNKNOWN')
      return opened
    },

    async end(key) {
      const sessionId = parseId<SessionId>(typeof key === 'object' && key !== null ? key.id : key, 'session')
      const row = await scope.records.get('sessions', { id: sessionId })
      if (!row?.impersonator_id) throw new FreeholdError('SESSION_UNKNOWN')
      const userId = row.user_id
      await scope.transaction(async (unit) => {
        const ended = await unit.verbs.endSessions({ userId, reason: 'signed-out', only: sessionId })
        await unit.verbs.publish({ kind: 'session', tenantId: tenant.id, userId, sessionId })
        if (ended.length === 0) return
        await auditWriter.append(unit, actor, {
          action: 'impersonation.ended',
          targets: [
            { type: 'session', id: sessionId },
            { type: 'user', id: userId },
          ],
        })
      })
    },
  }
}
