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
  readonly clientAddress: string | undefined
}
