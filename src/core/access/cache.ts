// What this process knows of who may do what: each tenant's book once, and principals beside them. Told of every
// change, its own before the caller goes on; where nobody tells, nothing is believed for longer than ten seconds.

import type { Context } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { TenantScope } from '../storage/storage.ts'
import type { AccessLoad, Notice } from '../storage/verbs.ts'
import type { BookMemory } from './book-memory.ts'
import { type Flight, KnownTenant } from './known-tenant.ts'
import type { Permissions } from './permissions.ts'
import { KnownPrincipal, type PrincipalKey } from './principals.ts'
import { hasReached, invalidRevision, type Revision } from './revision.ts'
import { createTenantBook, type TenantBook } from './tenant-book.ts'

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
  /** At least as new as this. */
  readonly revision?: Revision | undefined
}

export interface AccessCache {
  /** What is remembered of a tenant; may be kept for as long as it is `live`. */
  tenant(tenantId: string): KnownTenant | undefined
  /**
   * From memory when the versions say so (without versions: when it is young enough), else with one query, however
   * many ask at once. @throws PRINCIPAL_UNKNOWN, REVISION_INVALID (the database has not come so far)
   */
  ensure(request: AccessRequest): Promise<KnownPrincipal>
  /** With one query and without remembering it: for a transaction, whose changes nobody else may see. @throws as ensure */
  loadApart(request: AccessRequest): Promise<KnownPrincipal>
  /** The tenant's book, for who changes it. */
  books(tenantId: string): BookMemory
  forget(notice: Notice): void
  /** Notices may have been missed. */
  forgetAll(): void
}

export interface AccessCacheLimits {
  /** Principals in all tenants. Default 50,000, about 1 KiB each where there are 500 permissions. */
  readonly principals?: number
  /**
   * Roles, places, policies and assignments of teams, in all tenants; the tenant asked for last keeps its own, however
   * many. Default 50,000.
   */
  readonly entries?: number
}

export function createAccessCache(context: Pick<Context, 'runtime'>, limits: AccessCacheLimits = {}): AccessCache {
  const { now } = context.runtime
  const { principals: principalLimit = 50_000, entries: entryLimit = 50_000 } = limits
  // in the order of their last load, so that the first is the one to give up
  const tenants = new Map<string, KnownTenant>()
  let principals = 0
  let entries = 0

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

  function keepBook(tenant: KnownTenant, book: TenantBook | undefined): void {
    entries += weight(book) - weight(tenant.book)
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
      if (principals <= principalLimit && entries <= entryLimit) return
      if (entries > entryLimit && tenant !== current) dropTenant(tenantId, tenant)
      else dropPrincipals(tenant)
    }
  }

  /** Several at once: to find the first of a Map of which the first were removed takes as long as there were of these. */
  function dropPrincipals(tenant: KnownTenant): void {
    const atOnce = Math.max(1, Math.floor(principalLimit / 50))
    while (principals > principalLimit && tenant.size > 0) principals -= tenant.dropOldest(atOnce)
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
    const { principal, revision } = request
    const asOf = now()
    const { load, book } = await ask(request, tenant)
    if (!load.principal) throw new FreeholdError('PRINCIPAL_UNKNOWN')
    const known = new KnownPrincipal(principal, load, load.principal, book, asOf)
    if (revision && !hasReached(known, revision)) throw invalidRevision('ahead')
    return known
  }

  /** The book comes with the answer only where the one at hand is another. */
  async function ask(request: AccessRequest, tenant: KnownTenant | undefined) {
    const { scope, permissions, principal } = request
    const base = tenant?.book?.declared === permissions ? tenant.book : undefined
    const load = await scope.verbs.loadAccess({ principal, knownVersion: base?.version ?? null })
    // another load may have brought the same book meanwhile
    const same = base?.version === load.version ? base : tenant?.book
    const current = same?.version === load.version && same.declared === permissions
    return { load, book: current ? same : bookOf(load, permissions) }
  }

  function atHand({ tenantId, principal, versions, revision, permissions }: AccessRequest): KnownPrincipal | undefined {
    const tenant = tenants.get(tenantId)
    const { kind, id } = principal
    const known = versions ? tenant?.find(kind, id) : tenant?.peek(kind, id, now())
    if (known?.book.declared !== permissions) return undefined
    if (revision && !hasReached(known, revision)) return undefined
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

    books: (tenantId) => ({
      book: () => tenants.get(tenantId)?.book,
      principal: ({ kind, id }) => tenants.get(tenantId)?.find(kind, id),
      keep(book, asOf) {
        const tenant = tenantOf(tenantId)
        if (tenant.book && tenant.book.version >= book.version) return
        keepBook(tenant, book)
        tenant.renew(asOf)
        shrink(tenant)
      },
    }),

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
function weight(book: TenantBook | undefined): number {
  return book ? book.weight + 1 : 0
}

function bookOf(load: AccessLoad, permissions: Permissions): TenantBook {
  const { version, writes, tenant } = load
  if (!tenant) throw new FreeholdError('INTERNAL')
  return createTenantBook({ ...tenant, version, writes }, permissions)
}

function isOlder(known: KnownPrincipal, { versions, revision, permissions }: AccessRequest): boolean {
  const { book, version } = known
  if (book.declared !== permissions) return true
  if (revision && !hasReached(known, revision)) return true
  return versions !== undefined && (book.version < versions.tenant || version < versions.principal)
}
