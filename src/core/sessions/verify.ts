// Who stands behind an access token, asked in one of three ways: of the token alone, of the token and what this
// process knows of ended sessions, or of the database.

import type { Context } from '../context.ts'
import { userFromRow } from '../identity/user.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { invalid } from '../kernel/input.ts'
import { endLapsed } from '../operators/ending.ts'
import { mayGoOn, type OperatorBook } from '../operators/operator.ts'
import type { SessionLookup } from '../storage/verbs.ts'
import type { Directory } from '../tenancy/directory.ts'
import type { Tenant } from '../tenancy/tenant.ts'
import type { AccessClaims, AccessTokens } from './access-token.ts'
import type { RevocationCache } from './revocation-cache.ts'
import { sessionFromRow, type VerificationMode, type Verified } from './session.ts'

const MODES: readonly VerificationMode[] = ['signature', 'cached', 'database']

export type Verify = (accessToken: string, options?: { readonly mode?: VerificationMode }) => Promise<Verified>

/**
 * An older access token of a session that lives on is good until it expires: refreshing in one tab does not sign the
 * other out. The database's answer covers the rest: revoked, expired, user not active, epoch passed.
 */
export function createVerify(
  context: Context,
  directory: Directory,
  tokens: AccessTokens,
  cache: RevocationCache,
  book: OperatorBook,
): Verify {
  const preferred = context.settings.sessions.verification

  async function lookUp(tenant: Tenant, claims: AccessClaims): Promise<SessionLookup | undefined> {
    const { sessionId: id, impersonatorId: operatorId } = claims
    const asked = directory.scope(tenant).verbs.lookUpSession(id)
    const [found, goesOn] =
      operatorId === undefined
        ? [await asked, true]
        : await Promise.all([asked, mayGoOn(context, book, { id, kind: 'impersonation', operatorId })])
    // an epoch that the database has not reached: a restored backup has forgotten that sessions were ended
    if (found?.user.id !== claims.userId || claims.epoch > found.session.epoch) return undefined
    // the token says whether somebody acts, and who: by another one of the same session nobody gets around that
    if ((found.session.impersonator_id ?? undefined) !== operatorId) return undefined
    if (goesOn) return found
    await endLapsed(context, directory, id)
    return undefined
  }

  return async (accessToken, options) => {
    const claims = await tokens.verify(accessToken)
    const mode = options?.mode ?? preferred
    if (!MODES.includes(mode)) throw invalid('mode', `it is ${MODES.join(', ')}`)
    if (mode === 'signature') return verified(claims)
    const tenant = directory.peek(claims.tenantId) ?? (await directory.require({ id: claims.tenantId }))
    if (mode === 'database') {
      const found = await lookUp(tenant, claims)
      if (!found) throw new FreeholdError('SESSION_ENDED')
      return {
        ...verified(claims),
        rows: { session: sessionFromRow(found.session), user: userFromRow(found.user) },
        accessVersions: { tenant: found.accessVersion, principal: found.user.access_version },
      }
    }
    // a promise only where something had to be asked
    const answer = cache.check(claims, async () => (await lookUp(tenant, claims)) !== undefined)
    const alive = typeof answer === 'boolean' ? answer : await answer
    if (!alive) throw new FreeholdError('SESSION_ENDED')
    return verified(claims)
  }
}

function verified(claims: AccessClaims): Verified {
  return {
    tenant: { id: claims.tenantId },
    principal: { kind: 'user', id: claims.userId },
    session: { id: claims.sessionId, generation: claims.generation },
    assurance: { level: claims.assuranceLevel, authenticatedAt: claims.authenticatedAt },
    expiresAt: claims.expiresAt,
    ...(claims.impersonatorId === undefined ? {} : { impersonator: { id: claims.impersonatorId } }),
  }
}
