// What this process knows of who may do what: each tenant's roles once, and principals beside them. Told of every
// change, its own before the caller goes on; where nobody tells, nothing is believed for longer than ten seconds.

import type { Context } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { TenantScope } from '../storage/storage.ts'
import type { AccessLoad, Notice } from '../storage/verbs.ts'
import { type Flight, KnownTenant } from './known-tenant.ts'
import type { Permissions } from './permissions.ts'
import { KnownPrincipal, type PrincipalKey } from './principals.ts'
import { createRoleBook, type RoleBook } from './role-book.ts'

/** As a session look-up tells them: what was loaded for these is current, and nothing else is. */
export interface AccessVersions {
  readonly tenant: number
  readonly principal: number
}

export interface AccessRequest {
  readonly tenantId: string
  readonly scope: Pick<TenantScope, 'verbs'>
  readonly permissions: Permissions
  readonly principal: PrincipalKey
  readonly versions?: AccessVersions | undefined
}

export interface AccessCache {
  /** What is remembered of a tenant; may be kept for as long as it is `live`. */
  tenant(tenantId: string): KnownTenant | undefined
  /**
   * From memory when the versions say so (without versions: when it is young enough), else with one query, however
   * many ask at once. @throws PRINCIPAL_UNKNOWN
   */
  ensure(request: AccessRequest): Promise<KnownPrincipal>
  /** With one query and without remembering it: for a transaction, whose changes nobody else may see. @throws PRINCIPAL_UNKNOWN */
  loadApart(request: AccessRequest): Promise<KnownPrincipal>
  forget(notice: Notice): void
  /** Notices may have been missed. */
  forgetAll(): void
}

export interface AccessCacheLimits {
  /** Principals in all tenants. Default 50,000, about half a kibibyte each. */
  readonly principals?: number
  /** Roles in all tenants; the tenant asked for last keeps its own, however many. Default 50,000. */
  readonly roles?: number
}

export function createAccessCache(context: Pick<Context, 'runtime'>, limits: AccessCacheLimits = {}): AccessCache {
  const { now } = context.runtime
  const { principals: principalLimit = 50_000, roles: roleLimit = 50_000 } = limits
  // in the order of their last load, so that the first is the one to give up
  const tenants = new Map<string, KnownTenant>()
  let principals = 0
  let roles = 0

  function tenantOf(tenantId: string): KnownTenant {
    const tenant = tenants.get(tenantId) ?? new KnownTenant()
    tenants.delete(tenantId)
    tenants.set(tenantId, tenant)
    return tenant
  }

  function dropTenant(tenantId: string, tenant: KnownTenant): void {
    tenants.delete(tenantId)
    tenant.live = false
    tenant.detach()
    principals -= tenant.size
    keepBook(tenant, undefined)
  }

  function keepBook(tenant: KnownTenant, book: RoleBook | undefined): void {
    roles += weight(book) - weight(tenant.book)
    tenant.book = book
  }

  function keep(tenant: KnownTenant, principal: KnownPrincipal): void {
    if (!tenant.live) return
    if (tenant.isNews(principal)) {
      keepBook(tenant, principal.book)
      tenant.renew(principal.asOf)
    }
    const before = tenant.size
    tenant.put(principal)
    principals += tenant.size - before
    shrink(tenant)
  }

  /** Gives up what was loaded longest ago. */
  function shrink(current: KnownTenant): void {
    for (const [tenantId, tenant] of tenants) {
      if (principals <= principalLimit && roles <= roleLimit) return
      if (roles > roleLimit && tenant !== current) dropTenant(tenantId, tenant)
      else while (principals > principalLimit && tenant.dropOldest()) principals--
    }
  }

  function start(request: AccessRequest, tenant: KnownTenant): Flight {
    const { tenantId, principal } = request
    const flights = tenant.flights[principal.kind]
    const flight: Flight = {
      stale: false,
      answer: query(request, tenant)
        .then((known) => {
          if (!flight.stale) keep(tenant, known)
          return known
        })
        .finally(() => {
          if (flights.get(principal.id) === flight) flights.delete(principal.id)
          if (tenant.live && tenant.isEmpty) dropTenant(tenantId, tenant)
        }),
    }
    flights.set(principal.id, flight)
    return flight
  }

  async function query(request: AccessRequest, tenant: KnownTenant | undefined): Promise<KnownPrincipal> {
    const { scope, permissions, principal } = request
    const asOf = now()
    const base = tenant?.book?.permissions === permissions ? tenant.book : undefined
    const load = await scope.verbs.loadAccess({ principal, knownVersion: base?.version ?? null })
    if (!load.principal) throw new FreeholdError('PRINCIPAL_UNKNOWN')
    // another load may have brought the same roles meanwhile
    const same = base?.version === load.version ? base : tenant?.book
    const current = same?.version === load.version && same.permissions === permissions
    return new KnownPrincipal(principal, load, load.principal, current ? same : bookOf(load, permissions), asOf)
  }

  function atHand({ tenantId, principal, versions, permissions }: AccessRequest): KnownPrincipal | undefined {
    const tenant = tenants.get(tenantId)
    const { kind, id } = principal
    const known = versions ? tenant?.find(kind, id) : tenant?.peek(kind, id, now())
    if (known?.book.permissions !== permissions) return undefined
    if (!versions) return known
    return known.book.version === versions.tenant && known.version === versions.principal ? known : undefined
  }

  return {
    tenant: (tenantId) => tenants.get(tenantId),

    async ensure(request) {
      for (;;) {
        const known = atHand(request)
        if (known) return known
        const tenant = tenantOf(request.tenantId)
        const running = tenant.flights[request.principal.kind].get(request.principal.id)
        if (!running) return start(request, tenant).answer
        const joined = await running.answer
        if (!isOlder(joined, request)) return joined
      }
    },

    loadApart: (request) => query(request, tenants.get(request.tenantId)),

    forget(notice) {
      if (notice.kind !== 'access' && notice.kind !== 'tenant') return
      const tenant = tenants.get(notice.tenantId)
      if (!tenant) return
      if (notice.kind === 'tenant') dropTenant(notice.tenantId, tenant)
      else if (notice.principalId !== undefined) {
        const before = tenant.size
        tenant.drop(notice.principalId)
        principals -= before - tenant.size
      } else {
        tenant.detach()
        keepBook(tenant, undefined)
      }
    },

    forgetAll() {
      for (const [tenantId, tenant] of tenants) dropTenant(tenantId, tenant)
    },
  }
}

/** Even a tenant without roles takes room. */
function weight(book: RoleBook | undefined): number {
  return book ? book.size + 1 : 0
}

function bookOf(load: AccessLoad, permissions: Permissions): RoleBook {
  const { version, tenant } = load
  if (!tenant) throw new FreeholdError('INTERNAL')
  return createRoleBook({ ...tenant, version }, permissions)
}

function isOlder({ book, version }: KnownPrincipal, { versions, permissions }: AccessRequest): boolean {
  if (book.permissions !== permissions) return true
  return versions !== undefined && (book.version < versions.tenant || version < versions.principal)
}
