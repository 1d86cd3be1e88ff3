// What a handler of the host is given with a request.

import { FreeholdError } from '../kernel/errors.ts'
import type { Verified } from '../sessions/session.ts'
import type { TenantHandle } from '../tenancy/handle.ts'
import type { ResolveBy } from '../tenancy/resolver.ts'

export interface RequestContext<Db = unknown> {
  readonly tenant: TenantHandle<Db>
  readonly resolvedBy: ResolveBy
  /** The request's path inside the tenant. */
  readonly path: string
  /** Undefined: nobody is signed in. */
  readonly session: Verified | undefined
  readonly principal: Verified['principal'] | undefined
  /** How the session was shown. Undefined: nobody is signed in. */
  readonly credential: 'bearer' | 'cookie' | undefined
  /**
   * Why a cookie was not taken for a session. A browser keeps its cookies after a session ended elsewhere, so this is
   * no error: the page is shown as to a stranger. A bearer token that is not accepted throws instead.
   */
  readonly refused: 'TOKEN_INVALID' | 'TOKEN_EXPIRED' | 'SESSION_ENDED' | undefined
  /** True when the browser brought a refresh cookie: `POST refresh` may give it a session again. */
  readonly refreshable: boolean
  readonly clientAddress: string | undefined
}

/**
 * The session, where one is needed.
 * @throws UNAUTHENTICATED, or why the cookie was refused: TOKEN_INVALID, TOKEN_EXPIRED, SESSION_ENDED
 */
export function requiredSession(context: RequestContext): Verified {
  if (context.session) return context.session
  throw new FreeholdError(context.refused ?? 'UNAUTHENTICATED')
}
