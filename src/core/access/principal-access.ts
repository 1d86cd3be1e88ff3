// A principal, loaded: every question about it is answered at once.

import { FreeholdError } from '../kernel/errors.ts'
import type { PrincipalAccess } from './access.ts'
import { codeAt, isAllowed, isConditional } from './bits.ts'
import type { AccessVersions } from './cache.ts'
import { type CheckOptions, type Circumstances, isPlain } from './check-options.ts'
import { decide, decideHere } from './evaluator.ts'
import { explain } from './explain.ts'
import type { Explanation } from './explanation.ts'
import { type AllowedFields, allowedFields } from './fields.ts'
import { type Filter, filterRows } from './filter.ts'
import type { FilterOptions } from './filter-options.ts'
import { type Holdings, holdingsOf, isEverAllowed } from './holdings.ts'
import { unknownPermission } from './permission-ids.ts'
import type { CustomPermission } from './permissions.ts'
import type { PrincipalRow } from './principal-row.ts'
import type { KnownPrincipal } from './principals.ts'
import { writeRevision } from './revision.ts'
import type { TenantBook } from './tenant-book.ts'

/** The book is that of the moment it was made; assignments still begin and end on time. */
export class HeldAccess<P extends string> implements PrincipalAccess<P> {
  readonly #ids: ReadonlyMap<string, number>
  /** Undefined where assignments begin or end. */
  readonly #steady: Uint32Array | undefined
  readonly #steadyAt: number
  readonly #principal: KnownPrincipal
  readonly #book: TenantBook
  readonly #tenantId: string
  readonly #now: () => number
  #row: PrincipalRow

  constructor(principal: KnownPrincipal, tenantId: string, now: () => number) {
    const row = principal.row(now())
    this.#ids = principal.book.declared.ids
    this.#steady = row.period === undefined ? row.here.words : undefined
    this.#steadyAt = row.here.at
    this.#principal = principal
    this.#book = principal.book
    this.#tenantId = tenantId
    this.#now = now
    this.#row = row
  }

  get principal(): PrincipalAccess['principal'] {
    const { kind, id } = this.#principal
    return { kind, id }
  }

  get versions(): AccessVersions {
    return { tenant: this.#book.version, principal: this.#principal.version }
  }

  get revision(): string {
    const { id, version, writes } = this.#principal
    const tenant = Math.max(writes, this.#book.writes)
    return writeRevision(this.#tenantId, { tenant, principals: new Map([[id, version]]) })
  }

  get names(): readonly (P | CustomPermission)[] {
    return this.#book.permissions.names as readonly (P | CustomPermission)[]
  }

  can(permission: P | CustomPermission, options?: CheckOptions): boolean {
    const id = this.#ids.get(permission) ?? permissionId(this.#book, permission)
    // most checks end here, having looked at little: that is what makes them fast
    if (this.#steady !== undefined && (options === undefined || isPlain(options))) {
      const code = codeAt(this.#steady, this.#steadyAt, id)
      return isConditional(code)
        ? decideHere(this.#row.here, id, code, this.#principal.facts, options, this.#now)
        : isAllowed(code)
    }
    return decide(this.#rowNow(), id, this.#principal.facts, options, this.#now)
  }

  demand(permission: P | CustomPermission, options?: CheckOptions): void {
    if (!this.can(permission, options)) throw new FreeholdError('FORBIDDEN', { permission })
  }

  explain(permission: P | CustomPermission, options?: CheckOptions): Explanation {
    return explain(this.#book, this.#principal, permissionId(this.#book, permission), options, this.#now())
  }

  permissions(options: Circumstances = {}): Holdings<P | CustomPermission> {
    return holdingsOf(this.#rowNow(), this.#principal.facts, options, this.#now) as Holdings<P | CustomPermission>
  }

  fields(permission: P | CustomPermission, options: Circumstances = {}): AllowedFields {
    const id = permissionId(this.#book, permission)
    return allowedFields(this.#rowNow(), id, this.#principal.facts, options, this.#now)
  }

  filter(permission: P | CustomPermission, options: FilterOptions): Filter {
    const [book, { facts }] = [this.#book, this.#principal]
    const sources = this.#principal.sourcesIn(book)
    return filterRows({ book, sources, facts, now: this.#now() }, permissionId(book, permission), options)
  }

  ever(permission: P | CustomPermission): boolean {
    return isEverAllowed(this.#rowNow(), permissionId(this.#book, permission))
  }

  #rowNow(): PrincipalRow {
    const row = this.#row
    if (row.period === undefined) return row
    const now = this.#now()
    if (row.isAsOf(now)) return row
    this.#row = this.#principal.rowWith(this.#book, now)
    return this.#row
  }
}

/** @throws PERMISSION_UNKNOWN */
export function permissionId({ permissions }: TenantBook, permission: string): number {
  const id = permissions.idOf(permission)
  if (id === undefined) throw unknownPermission(permission)
  return id
}
