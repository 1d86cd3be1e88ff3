// What is remembered of one tenant: its book, and principals beside it.

import type { PrincipalKind } from '../storage/verbs.ts'
import { type KnownPrincipal, LIFETIME_MS, LIFETIME_S } from './principals.ts'
import type { TenantBook } from './tenant-book.ts'

/** A load under way. */
export interface Flight {
  readonly answer: Promise<KnownPrincipal>
  /** A notice came meanwhile: what was read may be older than it. Whoever asked before it may have the answer; it is not kept. */
  stale: boolean
}

export class KnownTenant {
  // what every check looks at comes first, and lies together in memory
  /** False: another has taken its place, or will; what is here is told nothing any more. */
  live = true
  book: TenantBook | undefined = undefined
  /** The second since 1970 in which the version of the book was last asked for. */
  #askedIn = 0
  readonly #users = new Map<string, KnownPrincipal>()
  readonly #accounts = new Map<string, KnownPrincipal>()
  /** When the version of the book was last asked for, in milliseconds. */
  #asOf = Number.NEGATIVE_INFINITY
  readonly flights: Readonly<Record<PrincipalKind, Map<string, Flight>>> = {
    user: new Map(),
    service_account: new Map(),
  }

  /** At hand, not older than ten seconds, and read with the book that is at hand. `now` in milliseconds. */
  peek(kind: PrincipalKind, id: string, now: number): KnownPrincipal | undefined {
    const principal = this.find(kind, id)
    if (principal === undefined) return undefined
    const second = Math.floor(now / 1000)
    if (principal.isWarm(second) && second >= this.#askedIn && second < this.#askedIn + LIFETIME_S) return principal
    return isYoung(principal.asOf, now) && isYoung(this.#asOf, now) ? principal : undefined
  }

  /**
   * However old. It is read with the book of this place, unless that is older than it: it may not know a role that
   * denies.
   */
  find(kind: PrincipalKind, id: string): KnownPrincipal | undefined {
    const principal = (kind === 'user' ? this.#users : this.#accounts).get(id)
    const { book } = this
    if (principal === undefined || book === undefined) return undefined
    if (principal.book === book) return principal
    if (principal.tenantVersion > book.version) return undefined
    principal.readWith(book)
    return principal
  }

  /** How many principals. */
  get size(): number {
    return this.#users.size + this.#accounts.size
  }

  get isEmpty(): boolean {
    return !this.book && this.size === 0 && KINDS.every((kind) => this.flights[kind].size === 0)
  }

  /** Of two loads that cross, the older does not undo the younger. */
  isNews({ asOf, book }: KnownPrincipal): boolean {
    return !this.book || book.version > this.book.version || asOf >= this.#asOf
  }

  /** The version of the book was asked for at this time, or has been since. */
  renew(asOf: number): void {
    this.#asOf = Math.max(this.#asOf, asOf)
    this.#askedIn = Math.floor(this.#asOf / 1000)
  }

  put(principal: KnownPrincipal): void {
    const known = principal.kind === 'user' ? this.#users : this.#accounts
    // to the end of the line
    known.delete(principal.id)
    known.set(principal.id, principal)
  }

  drop(id: string): void {
    this.#users.delete(id)
    this.#accounts.delete(id)
    for (const kind of KINDS) {
      const flight = this.flights[kind].get(id)
      if (flight) flight.stale = true
      this.flights[kind].delete(id)
    }
  }

  /** Drops so many who were loaded longest ago; answers how many there were. */
  dropOldest(count: number): number {
    const here = this.#users.size > 0 ? this.#users : this.#accounts
    let dropped = 0
    for (const id of here.keys()) {
      if (dropped === count) break
      here.delete(id)
      dropped++
    }
    return dropped
  }

  /** Loads under way are kept by nobody and joined by nobody from now on. */
  detach(): void {
    for (const kind of KINDS) {
      for (const flight of this.flights[kind].values()) flight.stale = true
      this.flights[kind].clear()
    }
  }
}

const KINDS = ['user', 'service_account'] as const

/** A clock that went back makes nothing young. */
function isYoung(asOf: number, now: number): boolean {
  return now >= asOf && now - asOf < LIFETIME_MS
}
