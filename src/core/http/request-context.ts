// What a handler of the host is given with a request.

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
