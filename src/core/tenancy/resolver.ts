// Which tenant a request is for: asked in the declared order, the first answer wins, and a credential of another
// tenant is refused.

import type { Tenant } from './tenant.ts'

/** A way to tell the tenant. The array's order is the order in which they are asked. */
export type ResolveBy = 'subdomain' | 'domain' | 'path' | 'header' | 'credential'

export interface ResolverOptions {
  /** Default `['subdomain', 'domain', 'credential']`. */
  readonly resolve?: readonly ResolveBy[]
  /** The host's own domains, under which tenants have subdomains: `example.com` makes `acme.example.com` acme's. Needed for `subdomain`. */
  readonly baseDomains?: readonly string[]
  /** Before the slug in the path: `/t/` makes `/t/acme/notes` acme's. Default `/t/`. */
  readonly pathPrefix?: string
  /** Holds a slug or an id. Trust it only behind your own gateway. Default `x-tenant`. */
  readonly header?: string
  /**
   * Proxies of yours in front of this server. 0 (the default): `X-Forwarded-*` is ignored. n: the n-th address from the right of
   * `X-Forwarded-For` is the client, and `X-Forwarded-Host` of the nearest proxy is the host.
   */
  readonly trustedProxies?: number
}

/** A request as the resolver sees it. */
export interface RequestView {
  readonly url: string
  readonly headers: { get(name: string): string | null }
  /** Address of the peer, as the socket knows it. */
  readonly peerAddress?: string | undefined
}

export interface Resolution {
  readonly tenant: Tenant
  readonly by: ResolveBy
  /** Where the request's own path starts: `/notes` of `/t/acme/notes`. */
  readonly path: string
}

export interface Resolver {
  /**
   * Undefined when nothing in the request tells a tenant. A credential is asked for its tenant whatever the order says, and must agree.
   * @throws HOST_INVALID, TENANT_UNKNOWN, TENANT_SUSPENDED, TENANT_DELETED, TENANT_MOVING, TENANT_MISMATCH
   */
  resolve(request: RequestView, credentialTenantId: string | undefined): Promise<Resolution | undefined>
  /** The client's address, by the trusted-proxy rule. */
  clientAddress(request: RequestView): string | undefined
  /** The host the client asked for, normalised: ASCII, lower case, no port, no trailing dot. @throws HOST_INVALID */
  host(request: RequestView): string
}
