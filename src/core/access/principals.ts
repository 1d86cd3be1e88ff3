// Who can hold a role: users and service accounts. What a caller may name them by, and what is known of one.

import { parseId } from '../kernel/ids.ts'
import { invalid } from '../kernel/input.ts'
import type { AccessLoad, PrincipalKind } from '../storage/verbs.ts'
import type { Principal } from './access.ts'
import { type Grant, grantsOf, type Membership, membershipsOf, resourcesById } from './grants.ts'
import { type PackedGrants, packGrants, unpackGrants } from './packed-grants.ts'
import { PrincipalRow, type ScopeRow } from './principal-row.ts'
import { type Holder, type Source, sourcesOf } from './sources.ts'
import type { TenantBook } from './tenant-book.ts'

/** How long anything is believed where nobody tells of changes. */
export const LIFETIME_MS = 10_000
export const LIFETIME_S = LIFETIME_MS / 1000

/** An id that nobody has. */
export const NOBODY = '00000000-0000-0000-0000-000000000000'

export interface PrincipalKey {
  readonly kind: PrincipalKind
  readonly id: string
}

/** @throws INPUT_INVALID (another kind), ID_INVALID */
export function parsePrincipal(principal: Principal): PrincipalKey {
  const kind = kindOf(principal)
  if (!kind) throw invalid('principal', 'its kind is user or service_account')
  return { kind, id: parseId<string>(idOf(principal), 'principal') }
}

/** Undefined for what is neither. */
export function kindOf(principal: Principal): PrincipalKind | undefined {
  if (typeof principal !== 'object' || principal === null) return 'user'
  const { kind = 'user' } = principal
  return kind === 'user' || kind === 'service_account' ? kind : undefined
}

/** As given, not checked. */
export function idOf(principal: Principal): string {
  return typeof principal === 'object' && principal !== null ? principal.id : principal
}

/** A principal as it was loaded, and what it holds by the book that it is read with. */
export class KnownPrincipal implements Holder {
  // what every check looks at comes first, and lies together in memory
  #book: TenantBook
  /** The second since 1970 in which it was asked for: a small integer, which V8 keeps in the object itself. */
  readonly #bornIn: number
  /** The bits of what counts in the tenant itself, if they are these at any time; undefined where assignments begin or end. */
  steady: Uint32Array | undefined
  steadyAt: number
  /** The row that has these bits, and the rules behind them. */
  steadyRow: ScopeRow | undefined
  #row: PrincipalRow | undefined
  readonly kind: PrincipalKind
  readonly id: string
  /** The principal's access version. */
  readonly version: number
  /** The tenant's access version when it was loaded: an older book may not know what is assigned here. */
  readonly tenantVersion: number
  /** How many writes of access there had been in the tenant by then. */
  readonly writes: number
  readonly active: boolean
  /** As conditions see it. */
  readonly facts: Readonly<Record<string, unknown>>
  readonly #grants: PackedGrants
  readonly memberships: readonly Membership[]
  /** When it was asked for, in milliseconds: it can be no younger. */
  readonly asOf: number

  constructor(
    { kind, id }: PrincipalKey,
    load: Omit<AccessLoad, 'tenant' | 'principal'>,
    found: NonNullable<AccessLoad['principal']>,
    book: TenantBook,
    asOf: number,
  ) {
    this.#book = book
    this.#bornIn = Math.floor(asOf / 1000)
    this.steady = undefined
    this.steadyAt = 0
    this.steadyRow = undefined
    this.#row = undefined
    this.kind = kind
    this.id = id
    this.version = found.version
    this.tenantVersion = load.version
    this.writes = load.writes
    this.active = found.active
    this.facts = factsOf(kind, id, found.attributes)
    const grants = grantsOf(load.assignments, resourcesById(load.resources))
    this.#grants = packGrants(grants, (roleId) => book.byId(roleId)?.id ?? roleId)
    this.memberships = membershipsOf(load.memberships)
    this.asOf = asOf
  }

  get grants(): readonly Grant[] {
    return unpackGrants(this.#grants)
  }

  /** What it is read with. */
  get book(): TenantBook {
    return this.#book
  }

  /** Reads it with this from now on; it is no older than what is assigned. */
  readWith(book: TenantBook): void {
    if (this.#book === book) return
    this.#book = book
    this.#row = undefined
    this.steady = undefined
    this.steadyRow = undefined
  }

  /** Certainly not too old in this second since 1970. What grows old within one is left to who knows the millisecond. */
  isWarm(second: number): boolean {
    return second >= this.#bornIn && second < this.#bornIn + LIFETIME_S
  }

  /** What it holds at `now`, in milliseconds. */
  row(now: number): PrincipalRow {
    const row = this.#row
    if (row?.isAsOf(now)) return row
    const built = this.rowWith(this.#book, now)
    this.#row = built
    this.steadyRow = built.period === undefined ? built.here : undefined
    this.steady = this.steadyRow?.words
    this.steadyAt = built.here.at
    return built
  }

  /** The moments after this one at which what it holds begins or ends by itself, soonest first. All in milliseconds. */
  boundaries(now: number): number[] {
    const moments = sourcesOf(this.#book, this).flatMap(({ starts, ends }) => [starts, ends])
    return moments.filter((moment) => moment > now && moment < Number.POSITIVE_INFINITY).sort((a, b) => a - b)
  }

  /** What it holds at `now` by another book than it is read with. */
  rowWith(book: TenantBook, now: number): PrincipalRow {
    return new PrincipalRow(book, this.sourcesIn(book), now)
  }

  /** All that speaks about it by that book, whenever; of who is not active nothing does. */
  sourcesIn(book: TenantBook): readonly Source[] {
    return this.active ? sourcesOf(book, this) : NO_SOURCES
  }
}

const NO_SOURCES: readonly Source[] = []

const NO_METADATA = Object.freeze({})

/** A key of the metadata is a fact too, but cannot stand in for one that is named here. */
function factsOf(
  kind: PrincipalKind,
  id: string,
  attributes: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  // what a service account does not have is missing, whatever its metadata says
  const { email, name, status, metadata } = attributes
  if (typeof metadata !== 'object' || metadata === null) return { kind, id, email, name, status, metadata }
  // most have none: their facts are of one shape, and share what is empty
  const isEmpty = Object.keys(metadata).length === 0
  return isEmpty
    ? { kind, id, email, name, status, metadata: NO_METADATA }
    : { ...metadata, kind, id, email, name, status, metadata }
}
