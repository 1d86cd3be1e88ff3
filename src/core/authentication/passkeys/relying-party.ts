// Which pages may ask for this tenant's passkeys, and under which name a passkey is made there. An origin is compared
// whole (U02): no prefix, no suffix, no wildcard. A passkey belongs to the host that its page has, unless the host of
// this installation has named a domain above it.

import type { TenantContext } from '../../context.ts'
import { invalid } from '../../kernel/input.ts'
import type { Directory } from '../../tenancy/directory.ts'
import { isBelow } from '../../tenancy/host-name.ts'
import { refused } from './ceremony.ts'
import type { Place } from './verify.ts'

export interface RelyingParties {
  /** The place of a page of this tenant's. @throws PASSKEY_REFUSED (origin) */
  at(origin: string): Promise<Place>
  /** As `at`, for an origin that the caller names; without one, the tenant's first. @throws INPUT_INVALID */
  choose(origin: string | undefined): Promise<Place>
}

/** Whoever develops has a port and no certificate. Only this machine answers at such a name (RFC 6761, section 6.3). */
const LOCAL = 'localhost'

export function createRelyingParties(
  { settings, storage, tenant }: Pick<TenantContext, 'settings' | 'storage' | 'tenant'>,
  directory: Pick<Directory, 'find'>,
): RelyingParties {
  const { origins, rpId } = settings.passkeys
  const { baseDomains } = settings.tenancy

  const place = (origin: string, host: string): Place => ({
    origin,
    rpId: rpId !== null && isWithin(host, rpId) ? rpId : host,
  })

  async function find(origin: string): Promise<Place | undefined> {
    const host = hostOf(origin)
    if (origins.includes(origin)) {
      // an app's origin has no host: it is the configured domain's
      if (host !== undefined) return place(origin, host)
      return rpId === null ? undefined : { origin, rpId }
    }
    if (host === undefined) return undefined
    if (isOwnHost(host)) return isSecure(origin, host) ? place(origin, host) : undefined
    if (origin !== `https://${host}`) return undefined
    const owner = await directory.find({ domain: host })
    return owner?.id === tenant.id ? place(origin, host) : undefined
  }

  /** `acme.example.com`, and where developers are at home `localhost` itself. */
  function isOwnHost(host: string): boolean {
    return baseDomains.some((base) => host === `${tenant.slug}.${base}` || (base === LOCAL && host === LOCAL))
  }

  async function first(): Promise<Place | undefined> {
    const [configured] = origins
    if (configured !== undefined) return find(configured)
    const [base] = baseDomains
    if (base !== undefined) {
      const host = `${tenant.slug}.${base}`
      return place(`${base === LOCAL ? 'http' : 'https'}://${host}`, host)
    }
    const [own] = await storage.system.records.find('tenant_domains', {
      where: { tenant_id: tenant.id, verified_at: { not: null } },
      order: [{ by: 'id' }],
      limit: 1,
    })
    return own && place(`https://${own.domain}`, own.domain)
  }

  return {
    async at(origin) {
      const found = await find(origin)
      if (!found) throw refused('origin')
      return found
    },
    async choose(origin) {
      if (origin !== undefined && typeof origin !== 'string') throw invalid('origin', 'it is not a text')
      const found = await (origin === undefined ? first() : find(origin))
      if (found) return found
      throw invalid(
        'origin',
        origin === undefined ? 'it is missing: this tenant has no domain' : 'it is not a page of this tenant',
      )
    },
  }
}

/** The host of an origin that is spelled as browsers spell it. */
export function hostOf(origin: string): string | undefined {
  const host = /^https?:\/\/([a-z0-9.-]+)(?::[0-9]{1,5})?$/.exec(origin)?.[1]
  if (host === undefined) return undefined
  try {
    return new URL(origin).origin === origin ? host : undefined
  } catch {
    return undefined
  }
}

export function isLocal(host: string): boolean {
  return isWithin(host, LOCAL)
}

/** Over https at its own port; on this machine over anything. */
function isSecure(origin: string, host: string): boolean {
  return isLocal(host) || origin === `https://${host}`
}

export function isWithin(host: string, domain: string): boolean {
  return host === domain || isBelow(host, domain)
}
