// Refreshing: a token for its child, at most once, and the same child for everyone who asked at the same time or
// whose answer was lost. The database decides every race; this room turns its verdict into an answer.
//
// | the token presented is                             | verdict    | answer                                | family |
// |----------------------------------------------------|------------|---------------------------------------|--------|
// | not one of ours (length, encoding, tag, key)       | -          | `invalid`, no database work           | lives  |
// | of another tenant than the request's               | -          | `invalid`, no database work           | lives  |
// | the current one                                    | rotated    | child, generation + 1, idle moved on  | lives  |
// | its parent, within the grace since it rotated      | repeated   | the same child; nothing moves         | lives  |
// | the same, more often than the retry cap            | throttled  | `throttled`: wait                     | lives  |
// | its parent, later                                  | reused     | `reused`, event, notice               | ends   |
// | its grandparent, within the grandparent's own grace| superseded | `superseded`: read your store again   | lives  |
// | the same later, or any older ancestor              | reused     | `reused`, event, notice               | ends   |
// | of a generation the database has not reached       | ahead      | `ahead`, event: sign in again         | lives  |
// | of a generation it has, with another hash          | forked     | `reused`, event, notice               | ends   |
// | of a session that is unknown, over, or whose user  | ended      | `ended`                               | as it  |
// | is not active                                      |            |                                       | was    |
//
// The grace belongs to one rotation of one token: it starts when that token was rotated away and is not renewed by
// what comes after. Two tabs that refresh together hold the same child, so neither displaces the other. Expiry:
// each rotation moves the idle limit to now + idle, never past the absolute limit set at sign-in.
// Sources: RFC 9700, section 4.14.2; OAuth 2.0 for Browser-Based Applications, refresh tokens; ASVS 5.0 V10.4.5.

import { inRequestOf } from '../audit/actor.ts'
import type { Context } from '../context.ts'
import { userFromRow } from '../identity/user.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { endLapsed } from '../operators/ending.ts'
import { mayGoOn, type OperatorBook } from '../operators/operator.ts'
import type { TenantScope } from '../storage/storage.ts'
import type { RotationOutcome, RotationStep, SessionLookup } from '../storage/verbs.ts'
import type { Directory } from '../tenancy/directory.ts'
import type { Tenant } from '../tenancy/tenant.ts'
import type { AccessTokens } from './access-token.ts'
import { pair } from './issue.ts'
import { hashRefreshToken, NONCE_LENGTH, type RefreshToken, type RefreshTokens } from './refresh-token.ts'
import type { RevocationCache } from './revocation-cache.ts'
import { type Refreshed, type RefreshOptions, sessionFromRow } from './session.ts'

export type Refresh = (refreshToken: string, options?: RefreshOptions) => Promise<Refreshed>

type Refusal = Extract<Refreshed, { ok: false }>

/** What is audited: a token that was stolen, or a database that went back in time. */
const AUDITED = {
  reused: 'session.refresh_reused',
  forked: 'session.refresh_forked',
  ahead: 'session.refresh_ahead',
} as const

export function createRefresh(
  context: Context,
  directory: Directory,
  refreshTokens: RefreshTokens,
  accessTokens: AccessTokens,
  cache: RevocationCache,
  book: OperatorBook,
): Refresh {
  const { keyring, runtime, actor, auditWriter } = context
  const { refreshGraceMs, refreshRetryCap, idleTimeoutMs } = context.settings.sessions

  async function answer(tenant: Tenant, { session, user }: SessionLookup, child: string): Promise<Refreshed> {
    const { id, impersonator_id: operatorId } = session
    if (operatorId !== null && !(await mayGoOn(context, book, { id, kind: 'impersonation', operatorId }))) {
      await endLapsed(context, directory, id)
      return refused('ended', true)
    }
    return {
      ok: true,
      session: sessionFromRow(session),
      user: userFromRow(user),
      tenant: { id: tenant.id },
      tokens: pair(context, accessTokens, tenant.id, session, child),
    }
  }

  /**
   * A token that looks stolen. The verdict, the end of the family, its notice and its audit are one transaction: all of
   * them or, when the connection fails, none until the next call.
   */
  function judge(scope: TenantScope, tenant: Tenant, step: RotationStep): Promise<RotationOutcome> {
    return scope.transaction(async (unit) => {
      const outcome = await unit.verbs.rotateSession(step)
      const { kind } = outcome
      if (kind !== 'reused' && kind !== 'forked' && kind !== 'ahead') return outcome
      const { sessionId, generation } = step
      const userId = kind === 'ahead' ? undefined : outcome.userId
      if (userId !== undefined) await unit.verbs.publish({ kind: 'session', tenantId: tenant.id, userId, sessionId })
      await auditWriter.append(unit, inRequestOf(actor, { type: 'system' }), {
        action: AUDITED[kind],
        outcome: 'denied',
        targets: [{ type: 'session', id: sessionId }, ...(userId === undefined ? [] : [{ type: 'user', id: userId }])],
        details: { generation },
      })
      return outcome
    })
  }

  async function conclude(
    outcome: RotationOutcome,
    tenant: Tenant,
    parent: RefreshToken,
    child: string,
  ): Promise<Refreshed> {
    switch (outcome.kind) {
      case 'rotated':
        return answer(tenant, outcome, child)
      case 'repeated': {
        const live = refreshTokens.child(parent, outcome.keyId, outcome.nonce)
        // rotated by a process that has a newer key: soon this one will have it too
        return live ? answer(tenant, outcome, refreshTokens.write(live)) : refused('throttled', false)
      }
      case 'reused':
      case 'forked':
        // by this call: here it is known at once, elsewhere as soon as the notice is heard
        cache.forget({ kind: 'session', tenantId: tenant.id, userId: outcome.userId, sessionId: parent.sessionId })
        return refused('reused', true)
      case 'suspect':
        throw new FreeholdError('INTERNAL')
      case 'ended':
        return refused('ended', outcome.revoked)
      default:
        return refused(outcome.kind, false)
    }
  }

  return async (refreshToken, options) => {
    const parent = refreshTokens.parse(refreshToken)
    if (!parent) return refused('invalid', false)
    // R12: said before anything is looked up, so that the family is not touched
    if (options?.tenantId !== undefined && options.tenantId !== parent.tenantId) return refused('invalid', false)
    const tenant = await tenantOf(directory, parent)
    if (!tenant) return refused('ended', false)

    const nonce = runtime.randomBytes(NONCE_LENGTH)
    const child = refreshTokens.write(refreshTokens.child(parent, keyring.current, nonce)!)
    const scope = directory.scope(tenant)
    const step: RotationStep = {
      sessionId: parent.sessionId,
      presentedHash: hashRefreshToken(refreshToken),
      generation: parent.generation,
      childHash: hashRefreshToken(child),
      nonce,
      keyId: keyring.current,
      graceMs: refreshGraceMs,
      idleTimeoutMs,
      retryCap: refreshRetryCap,
      eventId: null,
    }
    const first = await scope.verbs.rotateSession(step)
    const outcome = first.kind === 'suspect' ? await judge(scope, tenant, { ...step, eventId: runtime.newId() }) : first
    return conclude(outcome, tenant, parent, child)
  }
}

/** @throws TENANT_SUSPENDED, TENANT_DELETED, TENANT_MOVING */
async function tenantOf(directory: Directory, token: RefreshToken): Promise<Tenant | undefined> {
  try {
    return directory.peek(token.tenantId) ?? (await directory.require({ id: token.tenantId }))
  } catch (error) {
    // purged, or younger than the backup that was restored
    if (FreeholdError.is(error, 'TENANT_UNKNOWN')) return undefined
    throw error
  }
}

/** `clear` only where the family is known to be dead (R14): a loser of a race must not take the winner's cookies away. */
function refused(reason: Refusal['reason'], clear: boolean): Refusal {
  return { ok: false, reason, clear }
}
