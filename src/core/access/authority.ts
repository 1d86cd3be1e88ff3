// Nobody grants what they do not hold: not more, not elsewhere, and not for longer. Code without a person behind it
// (the host's own, an operator, a payment provider) may.

import type { Actor } from '../audit/audit.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { isId } from '../kernel/ids.ts'
import type { AccessLoad } from '../storage/verbs.ts'
import { bitsOf, isUnconditional } from './bits.ts'
import { OWNER } from './owners.ts'
import { buildRow, type Grant, readable } from './principal-row.ts'
import type { PrincipalKey } from './principals.ts'
import type { BookRole, Closure, RoleBook } from './role-book.ts'

/** Where and when something is to be held. Milliseconds since 1970. */
export interface Extent {
  /** Null: the whole tenant. */
  readonly organization: string | null
  readonly from: number
  /** Infinity: for good. */
  readonly until: number
}

export interface Authority {
  /**
   * Everything that the role gives or takes must be held, without conditions, throughout the extent. Who hands out
   * ownership must be an owner.
   * @throws GRANT_REFUSED
   */
  demandRole(closure: Closure, extent: Extent): void
  /** As `demandRole`, of what one closure says otherwise than the other. */
  demandDifference(before: Closure, after: Closure, extent: Extent): void
}

/** Everywhere in the tenant, from now on and for good. */
export const forGood = (now: number): Extent => ({ organization: null, from: now, until: Number.POSITIVE_INFINITY })

/** Whose holdings decide what this actor may hand out; undefined for those who may everything. */
export function boundActor({ type, id }: Actor): PrincipalKey | undefined {
  if (type !== 'user' && type !== 'service_account') return undefined
  return { kind: type, id: isId(id) ? id : NOBODY }
}

/** An id that nobody has. */
export const NOBODY = '00000000-0000-0000-0000-000000000000'

/**
 * `load` is the actor's own, read under the access lock, and `book` made of it. `part` is what the credential was made
 * for, which may be less; null: all of it. `now` in milliseconds.
 */
export function createAuthority(
  actor: Actor,
  load: AccessLoad,
  book: RoleBook,
  part: ReadonlySet<string> | null,
  now: number,
): Authority {
  if (!boundActor(actor)) return { demandRole: () => undefined, demandDifference: () => undefined }
  const grants: readonly Grant[] = load.principal?.active ? readable(load.assignments) : []

  function demand(needed: readonly number[], ownership: boolean, extent: Extent): void {
    const missing = new Set<string>()
    if (!load.principal?.active) missing.add('*')
    const nameOf = (permission: number) => book.permissions.names[permission]!
    if (part) for (const name of needed.map(nameOf)) if (!part.has(name)) missing.add(name)
    // whoever shows a part owns nothing
    if (part && ownership) missing.add('*')
    for (const moment of momentsOf(extent, now, grants)) {
      const row = buildRow(book, grants, moment)
      const scope = row.organizations.get(extent.organization ?? '') ?? row
      for (const permission of needed) {
        if (!isUnconditional(bitsOf(scope.bits, permission))) missing.add(nameOf(permission))
      }
      if (ownership && !isOwnerAt(book, grants, moment)) missing.add('*')
    }
    if (missing.size > 0) throw new FreeholdError('GRANT_REFUSED', { missing: [...missing] })
  }

  return {
    demandRole(closure, extent) {
      demand(saidBy(book, closure), givesOwnership(closure), extent)
    },
    demandDifference(before, after, extent) {
      const ownership = givesOwnership(before) !== givesOwnership(after)
      const [old, young] = [signature(book, before), signature(book, after)]
      const needed = book.permissions.names.map((_, id) => id).filter((id) => old[id] !== young[id])
      demand(needed, ownership, extent)
    },
  }
}

/** Holdings change only where an assignment begins or ends: these moments, and both ends of the extent. */
function momentsOf({ from, until }: Extent, now: number, grants: readonly Grant[]): Set<number> {
  const first = Math.max(now, from)
  const last = Math.max(now, until === Number.POSITIVE_INFINITY ? Number.MAX_VALUE : until - 1)
  const between = grants
    .flatMap(({ starts_at, expires_at }) => [starts_at, expires_at])
    .flatMap((boundary) => (boundary ? [boundary.getTime()] : []))
    .filter((moment) => moment > first && moment < last)
  return new Set([now, first, ...between, last])
}

function saidBy(book: RoleBook, { bits }: Closure): number[] {
  return book.permissions.names.map((_, id) => id).filter((id) => bitsOf(bits, id) !== 0)
}

function isOwnerRole({ system, key }: BookRole): boolean {
  return system && key === OWNER
}

function givesOwnership({ chain }: Closure): boolean {
  return chain.some(isOwnerRole)
}

function isOwnerAt(book: RoleBook, grants: readonly Grant[], moment: number): boolean {
  return grants.some(({ role_id, organization_id, starts_at, expires_at }) => {
    const role = book.byId(role_id)
    if (!role || organization_id !== null || !givesOwnership(book.closure(role))) return false
    return (starts_at?.getTime() ?? 0) <= moment && moment < (expires_at?.getTime() ?? Number.POSITIVE_INFINITY)
  })
}

/** What a closure says of each permission, comparable. */
function signature(book: RoleBook, { bits, rules }: Closure): string[] {
  const conditions = book.permissions.names.map((): string[] => [])
  for (const rule of rules) conditions[rule.permission]!.push(JSON.stringify([rule.effect, rule.conditions]))
  return conditions.map((said, id) => JSON.stringify([bitsOf(bits, id), ...new Set(said.sort())]))
}
