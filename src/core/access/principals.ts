// Who can hold a role: users and service accounts. What a caller may name them by, and what is known of one.

import { FreeholdError } from '../kernel/errors.ts'
import { parseId } from '../kernel/ids.ts'
import { invalid } from '../kernel/input.ts'
import type { AccessLoad, PrincipalKind } from '../storage/verbs.ts'
import type { Principal } from './access.ts'
import { buildRow, type Grant, type PrincipalRow, type ScopeRow } from './principal-row.ts'
import type { RoleBook } from './role-book.ts'

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

/** A principal as it was loaded. Its row follows the roles and the clock. */
export class KnownPrincipal implements PrincipalKey {
  readonly kind: PrincipalKind
  readonly id: string
  /** The principal's access version. */
  readonly version: number
  /** The tenant's access version when it was loaded: older roles may not know what is assigned here. */
  readonly tenantVersion: number
  readonly active: boolean
  /** As conditions see it. */
  readonly facts: Readonly<Record<string, unknown>>
  /** Oldest first. */
  readonly grants: readonly Grant[]
  /** When it was asked for, in milliseconds: it can be no younger. */
  readonly asOf: number
  #row: PrincipalRow | undefined

  constructor({ kind, id }: PrincipalKey, load: AccessLoad, found: NonNullable<AccessLoad['principal']>, asOf: number) {
    this.kind = kind
    this.id = id
    this.version = found.version
    this.tenantVersion = load.version
    this.active = found.active
    this.facts = factsOf(kind, id, found.attributes)
    this.grants = [...load.assignments].sort((a, b) => (a.id < b.id ? -1 : 1))
    this.asOf = asOf
  }

  /** What it holds at `now` by these roles; nothing when it is not active. */
  row(book: RoleBook, now: number): PrincipalRow {
    const row = this.#row
    if (row !== undefined && row.book === book && now >= row.from && now < row.until) return row
    this.#row = buildRow(book, this.active ? this.grants : [], now)
    return this.#row
  }
}

/** @throws ORGANIZATION_UNKNOWN */
export function scopeOf(row: PrincipalRow, organization: string | { readonly id: string } | undefined): ScopeRow {
  if (organization === undefined) return row.tenant
  const id = typeof organization === 'object' ? organization?.id : organization
  const scope = row.organizations.get(id)
  if (scope !== undefined) return scope
  if (!row.book.organizations.has(id)) throw new FreeholdError('ORGANIZATION_UNKNOWN')
  return row.tenant
}

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
    facts[name] = attributes[name] ?? undefined
  }
  return facts
}
