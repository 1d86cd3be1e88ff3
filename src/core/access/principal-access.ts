// A principal, loaded: every question about it is answered at once.

import { FreeholdError } from '../kernel/errors.ts'
import { shown } from '../kernel/input.ts'
import type { CheckOptions, Explanation, PrincipalAccess } from './access.ts'
import type { AccessVersions, Loaded } from './cache.ts'
import { decide } from './evaluator.ts'
import { explain } from './explain.ts'
import type { Permissions } from './permissions.ts'
import type { PrincipalRow } from './principal-row.ts'
import { type KnownPrincipal, scopeOf } from './principals.ts'
import type { RoleBook } from './role-book.ts'

/** The roles are those of the moment it was made; assignments still begin and end on time. */
export class HeldAccess<P extends string> implements PrincipalAccess<P> {
  readonly #principal: KnownPrincipal
  readonly #book: RoleBook
  readonly #permissions: Permissions<P>
  readonly #now: () => number
  #row: PrincipalRow

  constructor({ principal, book }: Loaded, permissions: Permissions<P>, now: () => number) {
    this.#principal = principal
    this.#book = book
    this.#permissions = permissions
    this.#now = now
    this.#row = principal.row(book, now())
  }

  get principal(): PrincipalAccess['principal'] {
    const { kind, id } = this.#principal
    return { kind, id }
  }

  get versions(): AccessVersions {
    return { tenant: this.#book.version, principal: this.#principal.version }
  }

  can(permission: P, options?: CheckOptions): boolean {
    const scope = scopeOf(this.#rowNow(), options?.organization)
    return decide(scope, permissionId(this.#permissions, permission), this.#principal.facts, options)
  }

  demand(permission: P, options?: CheckOptions): void {
    if (!this.can(permission, options)) throw new FreeholdError('FORBIDDEN', { permission })
  }

  explain(permission: P, options?: CheckOptions): Explanation {
    const loaded = { principal: this.#principal, book: this.#book }
    return explainWith(loaded, this.#permissions, permission, options, this.#now())
  }

  /** Most principals hold nothing that ends: then nobody asks for the time. */
  #rowNow(): PrincipalRow {
    const row = this.#row
    if (row.timeless) return row
    const now = this.#now()
    if (now >= row.from && now < row.until) return row
    this.#row = this.#principal.row(this.#book, now)
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
export function explainWith(
  { principal, book }: Loaded,
  permissions: Permissions,
  permission: string,
  options: CheckOptions = {},
  now: number,
): Explanation {
  const { organization, resource, context } = options
  scopeOf(principal.row(book, now), organization)
  return explain(book, principal, {
    permission: permissionId(permissions, permission),
    organization: typeof organization === 'object' ? organization.id : organization,
    resource,
    context,
    now,
  })
}
