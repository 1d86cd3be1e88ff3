// What this process knows of who may do what: each tenant's roles once, and principals beside them. Told of every
// change, its own before the caller goes on; where nobody tells, nothing is believed for longer than ten seconds.

import type { Context } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { TenantScope } from '../storage/storage.ts'
import type { AccessLoad, Notice, PrincipalKind } from '../storage/verbs.ts'
import type { Permissions } from './permissions.ts'
import { KnownPrincipal, type PrincipalKey } from './principals.ts'
import { createRoleBook, type RoleBook } from './role-book.ts'

/** As a session look-up tells them: what was loaded for these is current, and nothing else is. */
export interface AccessVersions {
  readonly tenant: number
  readonly principal: number
}

/** A principal, and roles that know everything assigned to it. */
export interface Loaded {
  readonly principal: KnownPrincipal
  readonly book: RoleBook
}

export interface AccessRequest {
  readonly tenantId: string
  readonly scope: Pick<TenantScope, 'verbs'>
  readonly permissions: Permissions
  readonly principal: PrincipalKey
  readonly versions?: AccessVersions | undefined
}

export interface AccessCache {
  /** At hand and not older than ten seconds. Look at it at once: its roles move on with the cache. `now` in milliseconds. */
  peek(tenantId: string, kind: PrincipalKind, id: string, now: number): Loaded | undefined
  /**
   * From memory when the versions say so (without versions: when it is young enough), else with one query, however
   * many ask at once. @throws PRINCIPAL_UNKNOWN
   */
  ensure(request: AccessRequest): Promise<Loaded>
  /** With one query and without remembering it: for a transaction, whose changes nobody else may see. @throws PRINCIPAL_UNKNOWN */
  loadApart(request: AccessRequest): Promise<Loaded>
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

const LIFETIME_MS = 10_000

interface Flight {
  readonly answer: Promise<Loaded>
  /** A notice came meanwhile: what was read may be older than it. Whoever asked before it may have the answer; it is not kept. */
  stale: boolean
}

/** One tenant. */
interface Place {
  book: RoleBook | undefined
  /** When the version of the book was last asked for. */
  asOf: number
  readonly known: Readonly<Record<PrincipalKind, Map<string, Entry>>>
  readonly flights: Readonly<Record<PrincipalKind, Map<string, Flight>>>
}

/** What is kept of a principal: with its place it is the answer, so that the hot path makes no object. */
class Entry implements Loaded {
  readonly principal: KnownPrincipal
  readonly #place: Place

  constructor(principal: KnownPrincipal, place: Place) {
    this.principal = principal
    this.#place = place
  }

  /** The place's roles: only read after `isUsable`. */
  get book(): RoleBook {
    return this.#place.book!
  }
}

export function createAccessCache(context: Pick<Context, 'runtime'>, limits: AccessCacheLimits = {}): AccessCache {
  const { now } = context.runtime
  const { principals: principalLimit = 50_000, roles: roleLimit = 50_000 } = limits
  // in the order of their last load, so that the first is the one to give up
  const places = new Map<string, Place>()
  let principals = 0
  let roles = 0

  function placeOf(tenantId: string): Place {
    const place = places.get(tenantId) ?? newPlace()
    places.delete(tenantId)
    places.set(tenantId, place)
    return place
  }

  function dropPlace(tenantId: string, place: Place): void {
    places.delete(tenantId)
    detach(place)
    principals -= place.known.user.size + place.known.service_account.size
    keepBook(place, undefined)
  }

  function keepBook(place: Place, book: RoleBook | undefined): void {
    roles += weight(book) - weight(place.book)
    place.book = book
  }

  function keep(tenantId: string, place: Place, { principal, book }: Loaded): void {
    if (places.get(tenantId) !== place) return
    const { asOf } = principal
    // of two loads that cross, the older must not undo the younger
    if (!place.book || book.version > place.book.version || asOf >= place.asOf) {
      keepBook(place, book)
      place.asOf = Math.max(place.asOf, asOf)
    }
    const known = place.known[principal.kind]
    if (!known.delete(principal.id)) principals++
    known.set(principal.id, new Entry(principal, place))
    shrink(place)
  }

  /** Gives up what was loaded longest ago. */
  function shrink(current: Place): void {
    for (const [tenantId, place] of places) {
      if (principals <= principalLimit && roles <= roleLimit) return
      if (roles > roleLimit && place !== current) dropPlace(tenantId, place)
      while (principals > principalLimit && dropOldest(place)) principals--
    }
  }

  function start(request: AccessRequest, place: Place): Flight {
    const { tenantId, principal } = request
    const flights = place.flights[principal.kind]
    const flight: Flight = {
      stale: false,
      answer: query(request, place).then(
        (loaded) => {
          if (!flight.stale) keep(tenantId, place, loaded)
          settle()
          return loaded
        },
        (error) => {
          settle()
          if (isEmpty(place) && places.get(tenantId) === place) places.delete(tenantId)
          throw error
        },
      ),
    }
    flights.set(principal.id, flight)
    return flight

    function settle(): void {
      if (flights.get(principal.id) === flight) flights.delete(principal.id)
    }
  }

  async function query(request: AccessRequest, place: Place | undefined): Promise<Loaded> {
    const { scope, permissions, principal } = request
    const asOf = now()
    const base = place?.book?.permissions === permissions ? place.book : undefined
    const load = await scope.verbs.loadAccess({ principal, knownVersion: base?.version ?? null })
    if (!load.principal) throw new FreeholdError('PRINCIPAL_UNKNOWN')
    // another load may have brought the same roles meanwhile
    const same = base?.version === load.version ? base : place?.book
    const book = same?.version === load.version && same.permissions === permissions ? same : bookOf(load, permissions)
    return { principal: new KnownPrincipal(principal, load, load.principal, asOf), book }
  }

  function atHand({ tenantId, principal: { kind, id }, versions, permissions }: AccessRequest): Loaded | undefined {
    const place = places.get(tenantId)
    const entry = place?.known[kind].get(id)
    if (!place || !entry || !isUsable(place, entry) || place.book?.permissions !== permissions) return undefined
    if (versions === undefined) return isYoung(place, entry, now()) ? entry : undefined
    return place.book.version === versions.tenant && entry.principal.version === versions.principal ? entry : undefined
  }

  return {
    peek(tenantId, kind, id, at) {
      const place = places.get(tenantId)
      const entry = place?.known[kind].get(id)
      return place && entry && isYoung(place, entry, at) && isUsable(place, entry) ? entry : undefined
    },

    async ensure(request) {
      for (;;) {
        const entry = atHand(request)
        // the place's roles may move on before the caller looks
        if (entry) return { principal: entry.principal, book: entry.book }
        const place = placeOf(request.tenantId)
        const running = place.flights[request.principal.kind].get(request.principal.id)
        if (!running) return start(request, place).answer
        const loaded = await running.answer
        if (!isOlder(loaded, request)) return loaded
      }
    },

    loadApart: (request) => query(request, places.get(request.tenantId)),

    forget(notice) {
      if (notice.kind !== 'access' && notice.kind !== 'tenant') return
      const place = places.get(notice.tenantId)
      if (!place) return
      const principalId = notice.kind === 'access' ? notice.principalId : undefined
      if (principalId === undefined) {
        if (notice.kind === 'tenant') dropPlace(notice.tenantId, place)
        else {
          detach(place)
          keepBook(place, undefined)
        }
        return
      }
      for (const kind of KINDS) {
        if (place.known[kind].delete(principalId)) principals--
        const flight = place.flights[kind].get(principalId)
        if (flight) flight.stale = true
        place.flights[kind].delete(principalId)
      }
    },

    forgetAll() {
      for (const [tenantId, place] of places) dropPlace(tenantId, place)
    },
  }
}

const KINDS = ['user', 'service_account'] as const

function newPlace(): Place {
  return {
    book: undefined,
    asOf: Number.NEGATIVE_INFINITY,
    known: { user: new Map(), service_account: new Map() },
    flights: { user: new Map(), service_account: new Map() },
  }
}

/** Even a tenant without roles takes room. */
function weight(book: RoleBook | undefined): number {
  return book ? book.size + 1 : 0
}

function isEmpty({ book, known, flights }: Place): boolean {
  return !book && KINDS.every((kind) => known[kind].size === 0 && flights[kind].size === 0)
}

/** Loads under way are kept by nobody and joined by nobody from now on. */
function detach(place: Place): void {
  for (const kind of KINDS) {
    for (const flight of place.flights[kind].values()) flight.stale = true
    place.flights[kind].clear()
  }
}

function dropOldest(place: Place): boolean {
  for (const kind of KINDS) {
    const oldest = place.known[kind].keys().next()
    if (!oldest.done) return place.known[kind].delete(oldest.value)
  }
  return false
}

function bookOf(load: AccessLoad, permissions: Permissions): RoleBook {
  const { version, roles, organizations } = load
  if (!roles || !organizations) throw new FreeholdError('INTERNAL')
  return createRoleBook({ version, roles, organizations }, permissions)
}

/** Roles that are older than the assignments may not know a role that denies. */
function isUsable({ book }: Place, { principal }: Entry): boolean {
  return book !== undefined && principal.tenantVersion <= book.version
}

/** A clock that went back makes nothing young. */
function isYoung(place: Place, { principal }: Entry, now: number): boolean {
  const older = Math.min(place.asOf, principal.asOf)
  return now - older < LIFETIME_MS && now >= place.asOf && now >= principal.asOf
}

function isOlder({ principal, book }: Loaded, { versions, permissions }: AccessRequest): boolean {
  if (book.permissions !== permissions) return true
  return versions !== undefined && (book.version < versions.tenant || principal.version < versions.principal)
}
