// Who can hold a role: users and service accounts. What a caller may name them by, and what is known of one.

import { parseId } from '../kernel/ids.ts'
import { invalid } from '../kernel/input.ts'
import type { AccessLoad, PrincipalKind } from '../storage/verbs.ts'
import type { Principal } from './access.ts'
import { type Grant, grantsOf, type Membership, membershipsOf } from './grants.ts'
import { PrincipalRow } from './principal-row.ts'
import { type Holder, type Source, sourcesOf } from './sources.ts'
import type { TenantBook } from './tenant-book.ts'

/** How long anything is believed where nobody tells of changes. */
export const LIFETIME_MS = 10_000

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
  #warmFrom: number
  #warmUntil: number
  /** The bits of what counts in the tenant itself, if they are these at any time; undefined where assignments begin or end. */
  steady: Uint32Array | undefined
  steadyAt: number
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
  readonly grants: readonly Grant[]
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
    this.#warmFrom = Math.floor(asOf / 1000)
    this.#warmUntil = Math.floor((asOf + LIFETIME_MS) / 1000)
    this.steady = undefined
    this.steadyAt = 0
    this.#row = undefined
    this.kind = kind
    this.id = id
    this.version = found.version
    this.tenantVersion = load.version
    this.writes = load.writes
    this.active = found.active
    this.facts = factsOf(kind, id, found.attributes)
    this.grants = grantsOf(load.assignments, load.resources)
    this.memberships = membershipsOf(load.memberships)
    this.asOf = asOf
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
  }

  /**
   * Certainly not too old in this second since 1970. Seconds are small integers, which V8 keeps in the object itself;
   * what grows old within one is left to who knows the millisecond.
   */
  isWarm(second: number): boolean {
    return second >= this.#warmFrom && second < this.#warmUntil
  }

  /** What it holds at `now`, in milliseconds. */
  row(now: number): PrincipalRow {
    const row = this.#row
    if (row !== undefined && (row.timeless || (now >= row.from && now < row.until))) return row
    const built = this.rowWith(this.#book, now)
    this.#row = built
    this.steady = built.timeless ? built.here.bits.words : undefined
    this.steadyAt = built.here.bits.at
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

/** Facts that a metadata key of the same name cannot stand in for; any other key of the metadata is a fact too. */
const NAMED = ['email', 'name', 'status'] as const

function factsOf(
  kind: PrincipalKind,
  id: string,
  attributes: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { metadata } = attributes
  const facts: Record<string, unknown> = {
    ...(typeof metadata === 'object' ? metadata : undefined),
    metadata,
    kind,
    id,
  }
  for (const name of NAMED) {
    // what a service account does not have is missing, whatever its metadata says
    facts[name] = attributes[name]
  }
  return facts
}
