// Which tenant a request is for: asked in the declared order, the first answer wins, and a credential or a host name
// of another tenant is refused, whatever the order.

import { FreeholdError } from '../kernel/errors.ts'
import { isId } from '../kernel/ids.ts'
import { baseDomainsOf } from '../settings.ts'
import type { TenantStatus } from '../storage/system-tables.ts'
import type { TenantKey } from '../storage/verbs.ts'
import { admit, type Directory } from './directory.ts'
import { clientAddressOf, hostOf } from './forwarded.ts'
import { isAddress, isBelow } from './host-name.ts'
import { pathnameOf, tenantPath } from './request-path.ts'
import type { Tenant } from './tenant.ts'

/** A way to tell the tenant. The array's order is the order in which they are asked. */
export type ResolveBy = 'subdomain' | 'domain' | 'path' | 'header' | 'credential'

export interface ResolverOptions {
  /** Who is asked first; the order lets nobody be contradicted (see `Resolver.resolve`). Default `['subdomain', 'domain', 'credential']`. */
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
   * Undefined when nothing in the request tells a tenant. Whatever the order says, a credential must agree with the answer,
   * and so must the host name where `subdomain` or `domain` is declared; a credential that answers must agree with every declared way.
   * The tenant is active, or in one of the states allowed.
   * @throws HOST_INVALID, TENANT_UNKNOWN, TENANT_SUSPENDED, TENANT_DELETED, TENANT_MOVING, TENANT_MISMATCH
   */
  resolve(
    request: RequestView,
    credentialTenantId: string | undefined,
    allow?: readonly TenantStatus[],
  ): Promise<Resolution | undefined>
  /** The client's address, by the trusted-proxy rule. */
  clientAddress(request: RequestView): string | undefined
  /** The host the client asked for, normalised: ASCII, lower case, no port, no trailing dot. @throws HOST_INVALID */
  host(request: RequestView): string
}

/** What one way says: the name of a tenant, or undefined when the request says nothing in this way. */
interface Answer {
  readonly key: TenantKey
  readonly path?: string
  /** It may be a name that means nothing to us: ask the next way then. */
  readonly optional?: true
}

type Way = (request: RequestView, credentialTenantId: string | undefined) => Answer | undefined

/** @throws CONFIG_INVALID */
export function createResolver(directory: Directory, options: ResolverOptions = {}): Resolver {
  const rules = checkOptions(options)
  const host = (request: RequestView) => hostOf(request, rules.trustedProxies)
  const baseDomains = [...rules.baseDomains].sort((a, b) => b.length - a.length)

  const ways: Readonly<Record<ResolveBy, Way>> = {
    subdomain(request) {
      const name = host(request)
      if (baseDomains.includes(name)) return undefined
      // the longest base domain is the nearest
      const base = baseDomains.find((domain) => isBelow(name, domain))
      return base === undefined ? undefined : { key: { slug: name.slice(0, -base.length - 1) } }
    },
    domain(request) {
      const name = host(request)
      const ours = baseDomains.some((base) => name === base || isBelow(name, base))
      return ours || isAddress(name) || !name.includes('.') ? undefined : { key: { domain: name }, optional: true }
    },
    path(request) {
      const found = tenantPath(request.url, rules.pathPrefix)
      return found && { key: { slug: found.slug }, path: found.path }
    },
    header(request) {
      const name = request.headers.get(rules.header)
      if (name === null) return undefined
      return { key: isId(name) ? { id: name } : { slug: name } }
    },
    credential(_request, id) {
      return id === undefined ? undefined : { key: { id } }
    },
  }

  /**
   * The order says who answers, not who may be contradicted: the host name is where the client believes to be, and so
   * are path and header where a credential answered. A name that is no tenant's contradicts nothing.
   * @throws TENANT_MISMATCH
   */
  async function mustAgree(tenant: Tenant, answered: ResolveBy, request: RequestView): Promise<void> {
    const asked = answered === 'credential' ? NAMED_WAYS : HOST_WAYS
    for (const by of asked) {
      if (by === answered || !rules.resolve.includes(by)) continue
      const key = ways[by](request, undefined)?.key
      const named = key && (await directory.find(key))
      if (named && named.id !== tenant.id) throw new FreeholdError('TENANT_MISMATCH')
    }
  }

  return {
    host,
    clientAddress: (request) => clientAddressOf(request, rules.trustedProxies),
    async resolve(request, credentialTenantId, allow) {
      for (const by of rules.resolve) {
        const answer = ways[by](request, credentialTenantId)
        if (!answer) continue
        const tenant = await directory.find(answer.key)
        if (!tenant && answer.optional) continue
        if (!tenant) throw new FreeholdError('TENANT_UNKNOWN')
        if (credentialTenantId !== undefined && credentialTenantId !== tenant.id) {
          throw new FreeholdError('TENANT_MISMATCH')
        }
        await mustAgree(tenant, by, request)
        return { tenant: admit(tenant, allow), by, path: answer.path ?? pathnameOf(request.url) }
      }
      return undefined
    },
  }
}

const WAYS: readonly ResolveBy[] = ['subdomain', 'domain', 'path', 'header', 'credential']
const HOST_WAYS: readonly ResolveBy[] = ['subdomain', 'domain']
/** What a client writes into a request to name a tenant. */
const NAMED_WAYS: readonly ResolveBy[] = [...HOST_WAYS, 'path', 'header']
const DEFAULT_WAYS: readonly ResolveBy[] = ['subdomain', 'domain', 'credential']
const MAXIMUM_PROXIES = 20
/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

function checkOptions(options: ResolverOptions): Required<ResolverOptions> {
  const { resolve = DEFAULT_WAYS, baseDomains, pathPrefix = '/t/', header = 'x-tenant', trustedProxies = 0 } = options
  const invalid = (option: keyof ResolverOptions, problem: string) =>
    new FreeholdError('CONFIG_INVALID', { option: `tenants.${option}`, problem })

  const bases = baseDomainsOf(baseDomains)
  const sound = Array.isArray(resolve) && resolve.length > 0 && resolve.every((by) => WAYS.includes(by))
  if (!sound) throw invalid('resolve', `it is a list of ${WAYS.join(', ')}`)
  if (new Set(resolve).size < resolve.length) throw invalid('resolve', 'it names a way twice')
  if (options.resolve?.includes('subdomain') && bases.length === 0) {
    throw invalid('baseDomains', 'it is empty, and subdomain needs it')
  }
  if (!/^\/(?:[A-Za-z0-9_~-]+\/)*$/.test(pathPrefix)) {
    throw invalid('pathPrefix', 'it starts and ends with a slash, with letters, digits, -, _ and ~ between')
  }
  if (!TOKEN.test(header)) throw invalid('header', 'it is not the name of a header')
  if (!Number.isInteger(trustedProxies) || trustedProxies < 0 || trustedProxies > MAXIMUM_PROXIES) {
    throw invalid('trustedProxies', `it is a whole number from 0 to ${MAXIMUM_PROXIES}`)
  }
  return { resolve, baseDomains: bases, pathPrefix, header, trustedProxies }
}
