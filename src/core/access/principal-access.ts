// A principal, loaded: every question about it is answered at once.

import { FreeholdError } from '../kernel/errors.ts'
import { shown } from '../kernel/input.ts'
import type { CheckOptions, Explanation, PrincipalAccess } from './access.ts'
import { ALLOW, codeAt, isConditional } from './bits.ts'
import type { AccessVersions } from './cache.ts'
import { decide } from './evaluator.ts'
import { explain } from './explain.ts'
import type { Permissions } from './permissions.ts'
import type { PrincipalRow } from './principal-row.ts'
import { type KnownPrincipal, scopeOf } from './principals.ts'
import type { RoleBook } from './role-book.ts'

/** The roles are those of the moment it was made; assignments still begin and end on time. */
export class HeldAccess<P extends string> implements PrincipalAccess<P> {
  readonly #ids: ReadonlyMap<string, number>
  /** Undefined where assignments begin or end. */
  readonly #steady: Uint32Array | undefined
  readonly #steadyAt: number
  readonly #principal: KnownPrincipal
  readonly #book: RoleBook
  readonly #permissions: Permissions<P>
  readonly #now: () => number
  #row: PrincipalRow

  constructor(principal: KnownPrincipal, permissions: Permissions<P>, now: () => number) {
    const row = principal.row(now())
    this.#ids = permissions.ids
    this.#steady = row.timeless ? row.bits.words : undefined
    this.#steadyAt = row.bits.at
    this.#principal = principal
    this.#book = principal.book
    this.#permissions = permissions
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

  can(permission: P, options?: CheckOptions): boolean {
    const id = this.#ids.get(permission) ?? permissionId(this.#permissions, permission)
    // most checks end here, having looked at little: that is what makes them fast
    if (this.#steady !== undefined && options?.organization === undefined) {
      const code = codeAt(this.#steady, this.#steadyAt, id)
      if (!isConditional(code)) return code === ALLOW
    }
    return decide(scopeOf(this.#rowNow(), options?.organization), id, this.#principal.facts, options, this.#now)
  }

  demand(permission: P, options?: CheckOptions): void {
    if (!this.can(permission, options)) throw new FreeholdError('FORBIDDEN', { permission })
  }

  explain(permission: P, options?: CheckOptions): Explanation {
    return explainRow(this.#principal, this.#rowNow(), this.#permissions, permission, options, this.#now())
  }

  #rowNow(): PrincipalRow {
    const row = this.#row
    if (row.timeless) return row
    const now = this.#now()
    if (now >= row.from && now < row.until) return row
    this.#row = this.#principal.rowWith(this.#book, now)
    return this.#row
  }
}

/** @throws PERMISSION_UNKNOWN */
export function permissionId(permissions: Permissions, permission: string): number {
  const id = permissions.ids.get(permission)
  if (id === undefined) throw new FreeholdError('PERMISSION_UNKNOWN', { permission: shown(String(permission)) })
  return id
}

/** @throws PERMISSION_UNKNOWN, ORGANIZATION_UNKNOWN */
export function explainRow(
  principal: KnownPrincipal,
  row: PrincipalRow,
  permissions: Permissions,
  permission: string,
  options: CheckOptions = {},
  now: number,
): Explanation {
  const { organization, resource, context } = options
  scopeOf(row, organization)
  return explain(row.book, principal, {
    permission: permissionId(permissions, permission),
    organization: typeof organization === 'object' ? organization.id : organization,
    resource,
    context,
    now,
  })
}
