// An operator of the platform who signs in as a user of a tenant, to see what they see: for a reason, for a while, under
// the operator's own name in token and log, and without the user's credentials ever coming within reach.

import type { SignInEngine } from '../authentication/engine-contract.ts'
import { checkClient } from '../authentication/sign-in.ts'
import type { TenantContext } from '../context.ts'
import { findUser } from '../identity/standing.ts'
import { type UserKey, userIdOf } from '../identity/user.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { PLATFORM_TENANT_ID, parseId, type SessionId } from '../kernel/ids.ts'
import { checkKeys } from '../kernel/input.ts'
import type { OpenedSession } from '../sessions/issue.ts'
import type { ClientInfo } from '../sessions/session.ts'
import type { Directory } from '../tenancy/directory.ts'
import { endStay } from './ending.ts'
import { demandOperator, type OperatorBook, platformRef } from './operator.ts'
import { capped, checkStay, type NewStay, writeStay } from './stay.ts'

export interface Impersonation {
  /**
   * Opens a session in which the operator that the handle is bound to (`as({ type: 'operator', id })`) acts as the user. They
   * must be an active user of the platform tenant who holds `user:impersonate` there and, where they are bound with a session
   * (`sessionId`), have signed in a short while ago, with the second factor if they have one. Of assurance level 1, whatever the
   * user has; factors, passkeys, passwords, addresses, numbers and API keys are out of its reach. It ends after its lifetime,
   * which no refresh extends, and with the operator: as soon as they lose the permission, are shut out, or sign out everywhere.
   * Access tokens name the operator as their `act` (RFC 8693, section 4.1).
   * @throws FORBIDDEN (no such operator), STEP_UP_REQUIRED, IMPERSONATION_REFUSED (a user of the platform tenant), USER_UNKNOWN (not active, too),
   * INPUT_INVALID, ID_INVALID, TENANT_SUSPENDED, TENANT_DELETED, TENANT_MOVING, STORAGE_UNAVAILABLE
   */
  start(impersonation: NewImpersonation): Promise<OpenedSession>
  /** Ends it. Doing it twice is not an error. @throws SESSION_UNKNOWN (none of an operator's), ID_INVALID */
  end(session: SessionId | { readonly id: SessionId }): Promise<void>
}

export interface NewImpersonation extends NewStay {
  readonly user: UserKey
  readonly client?: ClientInfo
}

/** `entering` has a gate of its own: nobody is acted as in a tenant that is not active, though who is inside is let out. */
export function createImpersonation(
  context: TenantContext,
  entering: Pick<TenantContext, 'scope'>,
  engine: SignInEngine,
  book: OperatorBook,
  directory: Directory,
): Impersonation {
  const { scope, tenant, ref, actor, storage, runtime, auditWriter } = context
  return {
    async start(impersonation) {
      checkKeys(impersonation, 'impersonation', ['user', 'reason', 'lifetimeMs', 'client'])
      const userId = userIdOf(impersonation.user)
      const stay = checkStay(impersonation)
      const { client } = impersonation
      checkClient(client)
      const operator = await demandOperator(context, book, 'user:impersonate')
      // who could be acted as here is one of those who act
      if (tenant.id === PLATFORM_TENANT_ID) throw new FreeholdError('IMPERSONATION_REFUSED')
      const user = await findUser(entering.scope, userId)
      const { reason } = stay
      const longestMs = Math.min(stay.lifetimeMs, context.settings.sessions.absoluteTimeoutMs)
      const lifetimeMs = capped(longestMs, operator, runtime.now())
      return storage.system.transaction(async (unit) => {
        const inside = { ...context, scope: unit.tenant(ref) }
        const acting = { user, impersonatorId: operator.id, reason, lifetimeMs, client }
        const opened = await engine.impersonate(inside, acting)
        if (!opened) throw new FreeholdError('USER_UNKNOWN')
        const { id } = opened.session
        const platform = unit.tenant(platformRef(context))
        const [enteredTenantId, actedAsId] = [tenant.id, user.id]
        const begun = { id, kind: 'impersonation', operator, enteredTenantId, actedAsId, reason, lifetimeMs } as const
        await writeStay(context, platform, begun)
        await auditWriter.append(platform, actor, {
          action: 'impersonation.started',
          targets: [
            { type: 'session', id },
            { type: 'user', id: user.id },
            { type: 'tenant', id: tenant.id },
          ],
          details: { reason, lifetimeMs },
        })
        return opened
      })
    },

    async end(key) {
      const id = parseId<SessionId>(typeof key === 'object' && key !== null ? key.id : key, 'session')
      const row = await scope.records.get('sessions', { id })
      if (!row?.impersonator_id) throw new FreeholdError('SESSION_UNKNOWN')
      await endStay(context, directory, id, { actor, reason: 'signed-out' })
    },
  }
}
