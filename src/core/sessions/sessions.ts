// Sessions of the whole installation: every token carries its tenant, so it routes itself.

import { inRequestOf } from '../audit/actor.ts'
import type { Context } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { endStay } from '../operators/ending.ts'
import type { OperatorBook } from '../operators/operator.ts'
import type { Notice } from '../storage/verbs.ts'
import type { Directory } from '../tenancy/directory.ts'
import type { Tenant } from '../tenancy/tenant.ts'
import { createAccessTokens } from './access-token.ts'
import { createRefreshTokens } from './refresh-token.ts'
import { createRevocationCache } from './revocation-cache.ts'
import { createRefresh } from './rotation.ts'
import type { Sessions } from './session.ts'
import { rememberingTokens } from './verified-tokens.ts'
import { createVerify } from './verify.ts'

export interface SessionsRoom {
  readonly sessions: Sessions
  /** A notice was heard: what this process believed of these sessions no longer counts. */
  forget(notice: Notice): void
  /** Notices may have been missed. */
  forgetAll(): void
}

export function createSessions(context: Context, directory: Directory, book: OperatorBook): SessionsRoom {
  const { keyring, runtime, settings, actor, auditWriter } = context
  const refreshTokens = createRefreshTokens(keyring)
  const accessTokens = rememberingTokens(createAccessTokens(keyring, runtime, settings.issuer), runtime.now)
  const cache = createRevocationCache(runtime.now, settings.sessions.revocationCacheMs)
  const sessions: Sessions = {
    verify: createVerify(context, directory, accessTokens, cache, book),
    refresh: createRefresh(context, directory, refreshTokens, accessTokens, cache, book),
    jwks: accessTokens.jwks,
    async end(refreshToken, options) {
      const token = refreshTokens.parse(refreshToken)
      if (!token) return false
      // R12: as at a refresh, before anything is looked up
      if (options?.tenantId !== undefined && options.tenantId !== token.tenantId) return false
      const tenant = await reachable(directory, token.tenantId)
      if (!tenant) return false
      // whichever generation it is: who signs out with an older token of the family means this family
      const acting = await directory.scope(tenant).transaction(async (unit) => {
        const found = await unit.records.get('sessions', { id: token.sessionId })
        if (!found) return false
        const { id: sessionId, user_id: userId, impersonator_id: impersonatorId } = found
        // whoever holds the token is the user, or the operator who acts as the user
        if (impersonatorId !== null) return { type: 'user', id: userId, sessionId, impersonatorId } as const
        const ended = await unit.verbs.endSessions({ userId, reason: 'signed-out', only: sessionId })
        await unit.verbs.publish({ kind: 'session', tenantId: tenant.id, userId, sessionId })
        if (ended.length === 0) return false
        await auditWriter.append(unit, inRequestOf(actor, { type: 'user', id: userId, sessionId }), {
          action: 'session.ended',
          targets: [
            { type: 'session', id: sessionId },
            { type: 'user', id: userId },
          ],
        })
        return true
      })
      if (typeof acting === 'boolean') return acting
      const ending = { actor: inRequestOf(actor, acting), reason: 'signed-out' } as const
      return endStay(context, directory, acting.sessionId, ending)
    },
  }
  return { sessions, forget: cache.forget, forgetAll: cache.forgetAll }
}

/** Signing out of a suspended tenant works; of one that is gone there is nothing to sign out. @throws TENANT_MOVING */
async function reachable(directory: Directory, id: string): Promise<Tenant | undefined> {
  try {
    return await directory.require({ id }, ['suspended'])
  } catch (error) {
    if (FreeholdError.is(error, 'TENANT_UNKNOWN') || FreeholdError.is(error, 'TENANT_DELETED')) return undefined
    throw error
  }
}
