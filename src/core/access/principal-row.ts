// What one principal holds at one moment: the bits of their roles, for the whole tenant and for each organization in
// which they hold more. Rebuilt when roles or assignments change, and when an assignment begins or ends.

import type { RoleAssignmentRow } from '../storage/access-tables.ts'
import { type Bits, joinBits } from './bits.ts'
import type { Condition } from './conditions.ts'
import type { Closure, RoleBook } from './role-book.ts'

export type Grant = Pick<RoleAssignmentRow, 'id' | 'role_id' | 'organization_id' | 'starts_at' | 'expires_at'>

/** Those of an organization or the whole tenant with all below it: the others are not read yet. */
export function readable(assignments: readonly RoleAssignmentRow[]): readonly Grant[] {
  return assignments.filter(
    (row) =>
      row.scope_team_id === null && row.project_id === null && row.resource_id === null && row.flow === 'descendants',
  )
}

/** The conditions that decide about one permission. */
export interface Tests {
  readonly allowIf: readonly Condition[]
  readonly denyIf: readonly Condition[]
}

/** What counts at one scope: there, and above it. */
export class ScopeRow {
  readonly bits: Bits
  readonly #closures: readonly Closure[]
  #known: Map<number, Tests> | undefined

  constructor(book: RoleBook, closures: readonly Closure[]) {
    this.bits = joined(book, closures)
    this.#closures = closures
  }

  /** Collected when they are first asked for: most permissions of most principals have none. */
  tests(permission: number): Tests {
    this.#known ??= new Map()
    let tests = this.#known.get(permission)
    if (tests === undefined) {
      tests = testsOf(this.#closures, permission)
      this.#known.set(permission, tests)
    }
    return tests
  }
}

/** What counts in the whole tenant, and with it the organizations. */
export class PrincipalRow extends ScopeRow {
  /** The roles that it was built from. */
  readonly book: RoleBook
  /** Milliseconds since 1970: true from the last beginning or end of an assignment until the next one. */
  readonly from: number
  readonly until: number
  /** No assignment begins or ends, ever. */
  readonly timeless: boolean
  /** Only those in which more is held than in the whole tenant. */
  readonly organizations: ReadonlyMap<string, ScopeRow>

  constructor(
    book: RoleBook,
    period: { readonly from: number; readonly until: number },
    everywhere: readonly Closure[],
    inside: ReadonlyMap<string, readonly Closure[]> | undefined,
  ) {
    super(book, everywhere)
    this.book = book
    this.from = period.from
    this.until = period.until
    this.timeless = period.from === Number.NEGATIVE_INFINITY && period.until === Number.POSITIVE_INFINITY
    this.organizations = inside ? organizationsOf(book, everywhere, inside) : nowhere()
  }
}

const nowhere = (): ReadonlyMap<string, ScopeRow> => new Map()

/** As of `now`, in milliseconds. An assignment counts from its start on, and no longer at its end. */
export function buildRow(book: RoleBook, grants: readonly Grant[], now: number): PrincipalRow {
  let from = Number.NEGATIVE_INFINITY
  let until = Number.POSITIVE_INFINITY
  const everywhere: Closure[] = []
  let inside: Map<string, Closure[]> | undefined
  for (const grant of grants) {
    const start = grant.starts_at?.getTime() ?? Number.NEGATIVE_INFINITY
    const end = grant.expires_at?.getTime() ?? Number.POSITIVE_INFINITY
    for (const boundary of [start, end]) {
      if (boundary > now) until = Math.min(until, boundary)
      else from = Math.max(from, boundary)
    }
    if (start > now || end <= now) continue
    const role = book.byId(grant.role_id)
    if (!role) continue
    const closure = book.closure(role)
    if (grant.organization_id === null) everywhere.push(closure)
    // an organization that was removed took its assignments with it
    else if (book.organizations.has(grant.organization_id)) {
      inside ??= new Map()
      const held = inside.get(grant.organization_id)
      if (held) held.push(closure)
      else inside.set(grant.organization_id, [closure])
    }
  }
  return new PrincipalRow(book, { from, until }, everywhere, inside)
}

function organizationsOf(
  book: RoleBook,
  everywhere: readonly Closure[],
  inside: ReadonlyMap<string, readonly Closure[]>,
): ReadonlyMap<string, ScopeRow> {
  const organizations = new Map<string, ScopeRow>()
  for (const [id, closures] of inside) organizations.set(id, new ScopeRow(book, [...everywhere, ...closures]))
  return organizations
}

/** One role's bits are shared by all who hold just that one. */
function joined(book: RoleBook, closures: readonly Closure[]): Bits {
  if (closures.length === 1) return closures[0]!.bits
  const bits = book.newBits()
  for (const closure of closures) joinBits(bits, closure.bits)
  return bits
}

function testsOf(closures: readonly Closure[], permission: number): Tests {
  const allowIf = new Set<Condition>()
  const denyIf = new Set<Condition>()
  for (const { rules } of closures) {
    for (const rule of rules) {
      if (rule.permission === permission) (rule.effect === 'deny' ? denyIf : allowIf).add(rule.test)
    }
  }
  return { allowIf: [...allowIf], denyIf: [...denyIf] }
}
