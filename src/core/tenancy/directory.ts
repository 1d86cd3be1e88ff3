// Tenants by id, slug and domain, remembered: a bounded cache that every change in any process empties at once,
// and that is never older than its lifetime where notices do not arrive.

import type { Context } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { isId } from '../kernel/ids.ts'
import type { TenantRef, TenantScope } from '../storage/storage.ts'
import type { TenantStatus } from '../storage/system-tables.ts'
import type { TenantKey } from '../storage/verbs.ts'
import { createShelf, type Shelf } from './shelf.ts'
import { isSlug } from './slug.ts'
import { type Tenant, tenantFromRow } from './tenant.ts'

export interface Directory {
  /** The tenant, in whatever state it is; undefined when there is none (that is remembered too, for less long). */
  find(by: TenantKey): Promise<Tenant | undefined>
  /**
   * A tenant that is active, or in one of the states allowed.
   * @throws TENANT_UNKNOWN, TENANT_SUSPENDED, TENANT_DELETED, TENANT_MOVING
   */
  require(by: TenantKey, allow?: readonly TenantStatus[]): Promise<Tenant>
  /**
   * As `require`, when the answer is at hand; undefined when it must be looked up. No promise, so that a hot path stays
   * cheap. `at`: the time, for who has just looked at the clock.
   */
  peek(id: string, allow?: readonly TenantStatus[], at?: number): Tenant | undefined
  /** Where the tenant's rows are. @throws ISOLATION_UNAVAILABLE */
  ref(tenant: Tenant): TenantRef
  /** The tenant's scope, made once for as long as this tenant is remembered. @throws ISOLATION_UNAVAILABLE */
  scope(tenant: Tenant): TenantScope
  /** Something about this tenant changed: what is known of it, and all that is known not to exist, is forgotten. */
  forget(tenantId: string): void
  forgetAll(): void
}

/** How long a tenant is remembered where no notice comes, in milliseconds. */
const LIFETIME_MS = 10_000
const TENANTS = 10_000
/** What does not exist is remembered apart, so that made-up names push no tenant out. */
const ABSENT_LIFETIME_MS = 2_000
const ABSENT = 2_000

type Kind = 'id' | 'slug' | 'domain'

/** A lookup that is under way. */
interface Flight {
  readonly startedAt: number
  readonly answer: Promise<Tenant | undefined>
  /** Tenants of which a notice came meanwhile: what was read of them may be older than it. */
  readonly noticed: Set<string>
  /** Everything was forgotten meanwhile. */
  stale: boolean
}

export function createDirectory(context: Context): Directory {
  const { storage, runtime } = context
  const known = shelves(() => createShelf<Tenant>({ capacity: TENANTS, lifetimeMs: LIFETIME_MS, now: runtime.now }))
  const absent = shelves(() =>
    createShelf<true>({ capacity: ABSENT, lifetimeMs: ABSENT_LIFETIME_MS, now: runtime.now }),
  )
  const joinable = shelves(() => new Map<string, Flight>())
  const flights = new Set<Flight>()
  const scopes = new WeakMap<Tenant, TenantScope>()

  function lookUp(kind: Kind, name: string, by: TenantKey): Promise<Tenant | undefined> {
    const running = joinable[kind].get(name)
    const startedAt = runtime.now()
    // one that takes as long as an answer lives would hand out what is too old
    const age = running ? startedAt - running.startedAt : -1
    if (running && age >= 0 && age < LIFETIME_MS) return running.answer
    const answer = storage.system.verbs
      .findTenant(by)
      .then((row) => {
        const tenant = row && frozen(tenantFromRow(row))
        remember(flight, kind, name, tenant, startedAt)
        return tenant
      })
      .finally(() => {
        flights.delete(flight)
        if (joinable[kind].get(name) === flight) joinable[kind].delete(name)
      })
    const flight: Flight = { startedAt, answer, noticed: new Set(), stale: false }
    flights.add(flight)
    joinable[kind].set(name, flight)
    return answer
  }

  function remember(flight: Flight, kind: Kind, name: string, tenant: Tenant | undefined, at: number): void {
    if (flight.stale) return
    if (!tenant) {
      // any notice may have been that of this name's new tenant
      if (flight.noticed.size === 0) absent[kind].put(name, true, at)
      return
    }
    if (flight.noticed.has(tenant.id)) return
    known.id.put(tenant.id, tenant, at)
    known.slug.put(tenant.slug, tenant, at)
    if (kind === 'domain') known.domain.put(name, tenant, at)
  }

  /** Who asks after a notice must not be told what was read before it. */
  function detach(): void {
    for (const kind of KINDS) joinable[kind].clear()
  }

  const directory: Directory = {
    async find(by) {
      const [kind, name] = named(by)
      const tenant = known[kind].get(name)
      if (tenant) return tenant
      if (!possible(kind, name) || absent[kind].get(name)) return undefined
      return lookUp(kind, name, by)
    },
    async require(by, allow) {
      const tenant = await directory.find(by)
      if (!tenant) throw new FreeholdError('TENANT_UNKNOWN')
      return admit(tenant, allow)
    },
    peek(id, allow, at) {
      const tenant = known.id.get(id, at)
      return tenant && admit(tenant, allow)
    },
    ref(tenant) {
      const { id, isolationLevel } = tenant
      if (isolationLevel !== 'shared') throw new FreeholdError('ISOLATION_UNAVAILABLE', { isolationLevel })
      return { id, location: storage.sharedLocation }
    },
    scope(tenant) {
      let scope = scopes.get(tenant)
      if (scope === undefined) {
        scope = storage.tenant(directory.ref(tenant))
        scopes.set(tenant, scope)
      }
      return scope
    },
    forget(tenantId) {
      for (const flight of flights) flight.noticed.add(tenantId)
      detach()
      for (const kind of KINDS) {
        known[kind].drop((tenant) => tenant.id === tenantId)
        absent[kind].clear()
      }
    },
    forgetAll() {
      for (const flight of flights) flight.stale = true
      detach()
      for (const kind of KINDS) {
        known[kind].clear()
        absent[kind].clear()
      }
    },
  }
  return directory
}

/**
 * The tenant itself, when it is active or in one of the states allowed.
 * @throws TENANT_SUSPENDED, TENANT_DELETED, TENANT_MOVING
 */
export function admit(tenant: Tenant, allow: readonly TenantStatus[] = []): Tenant {
  const { status } = tenant
  if (status === 'active' || allow.includes(status)) return tenant
  if (status === 'suspended') throw new FreeholdError('TENANT_SUSPENDED')
  if (status === 'moving') throw new FreeholdError('TENANT_MOVING')
  throw new FreeholdError('TENANT_DELETED')
}

const KINDS = ['id', 'slug', 'domain'] as const

function shelves<S extends Shelf<unknown> | Map<string, unknown>>(make: () => S): Readonly<Record<Kind, S>> {
  return { id: make(), slug: make(), domain: make() }
}

function named(by: TenantKey): readonly [Kind, string] {
  if ('id' in by) return ['id', by.id]
  return 'slug' in by ? ['slug', by.slug] : ['domain', by.domain]
}

/** What no tenant can be named is not looked up at all. */
function possible(kind: Kind, name: string): boolean {
  if (kind === 'id') return isId(name)
  if (kind === 'slug') return isSlug(name)
  return name.length <= 253 && name.includes('.')
}

/** Every caller is handed the same object; what one of them writes into it would reach all. */
function frozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const part of Object.values(value)) frozen(part)
  return Object.freeze(value)
}
