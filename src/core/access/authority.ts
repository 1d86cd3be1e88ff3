// Nobody grants what they do not hold: not more, not elsewhere, and not for longer. Code without a person behind it
// (the host's own, an operator, a payment provider) may.

import type { Actor } from '../audit/audit.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { isId } from '../kernel/ids.ts'
import type { AccessLoad } from '../storage/verbs.ts'
import { bitsOf, isUnconditional } from './bits.ts'
import { codeOf } from './evaluator.ts'
import { grantsOf, membershipsOf, placeOfScope, resourcesById, type Scope, WHOLE_TENANT } from './grants.ts'
import { OWNER } from './owners.ts'
import type { Place } from './place-tree.ts'
import type { ResourceKey } from './policy-book.ts'
import { PrincipalRow, type ScopeRow } from './principal-row.ts'
import { NOBODY, type PrincipalKey } from './principals.ts'
import type { BookRole, Closure, RoleBook } from './role-book.ts'
import type { Said } from './rules.ts'
import { type Holder, type Source, sourcesOf } from './sources.ts'
import type { TenantBook } from './tenant-book.ts'

/** Where and when something is to be held. Milliseconds since 1970. */
export interface Extent {
  readonly scope: Scope
  /** There, and not below it. Default: below it too. */
  readonly exactly?: boolean
  /** Of a resource, the place that it is in. Default: it may be anywhere. */
  readonly container?: Scope
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
  /** These permissions must be held as those of a role. @throws GRANT_REFUSED */
  demandPermissions(permissions: readonly number[], extent: Extent): void
  /** All that this one has of its own and through teams and policies must be held as those of a role. @throws GRANT_REFUSED */
  demandHoldings(holder: Holder, terms?: HoldingTerms): void
}

export interface HoldingTerms {
  /** Given, it must be held for as long as it lasts; taken back, now. Default: given. */
  readonly way?: 'given' | 'taken'
  /** What this one has too is no news. Default: what everyone has. */
  readonly beside?: Holder
  /** Assignments that everyone has no longer, if they have them. */
  readonly without?: ReadonlySet<string>
  /** The place that a resource is in. Default: it may be anywhere. */
  readonly containerOf?: (resource: ResourceKey) => Scope
}

/** From now on and for good; everywhere in the tenant, unless another scope is given. */
export const forGood = (now: number, scope: Scope = WHOLE_TENANT): Extent => ({
  scope,
  from: now,
  until: Number.POSITIVE_INFINITY,
})

/** Whose holdings decide what this actor may hand out; undefined for those who may everything. */
export function boundActor({ type, id }: Actor): PrincipalKey | undefined {
  if (type !== 'user' && type !== 'service_account') return undefined
  return { kind: type, id: isId(id) ? id : NOBODY }
}

/** Who acts, with all that they hold. Undefined: there is nobody, or they are not active. */
export type Acting = Holder | undefined

/** As loaded. */
export function actingBy(actor: Actor, load: AccessLoad): Acting {
  const key = boundActor(actor)
  return key && load.principal?.active ? holderOf(key, load) : undefined
}

/**
 * `acting` is as the transaction finds it, or is held to be so by what it demands, and so is `book`. `part` is what the credential was made
 * for, which may be less; null: all of it. `now` in milliseconds.
 */
export function createAuthority(
  actor: Actor,
  acting: Acting,
  book: TenantBook,
  part: ReadonlySet<string> | null,
  now: number,
): Authority {
  if (!boundActor(actor)) return UNBOUND
  const sources = acting ? sourcesOf(book, acting) : []

  function demand(needed: readonly number[], ownership: boolean, extent: PlacedExtent): void {
    const missing = new Set<string>()
    if (!acting) missing.add('*')
    const nameOf = (permission: number) => book.permissions.names[permission]!
    if (part) for (const name of needed.map(nameOf)) if (!part.has(name)) missing.add(name)
    // whoever shows a part owns nothing
    if (part && ownership) missing.add('*')
    for (const moment of momentsOf(extent, now, sources)) {
      for (const rows of rowsIn(new PrincipalRow(book, sources, moment), extent)) {
        for (const permission of needed) {
          if (!isUnconditional(codeOf(rows, permission))) missing.add(nameOf(permission))
        }
      }
      if (ownership && !sources.some((source) => isOwnership(source, moment))) missing.add('*')
    }
    if (missing.size > 0) throw new FreeholdError('GRANT_REFUSED', { missing: [...missing] })
  }

  return {
    demandRole(closure, extent) {
      demand(saidBy(book, closure), givesOwnership(closure), placed(book, extent))
    },
    demandDifference(before, after, extent) {
      const ownership = givesOwnership(before) !== givesOwnership(after)
      const [old, young] = [signature(book, before), signature(book, after)]
      const needed = book.permissions.names.map((_, id) => id).filter((id) => old[id] !== young[id])
      demand(needed, ownership, placed(book, extent))
    },
    demandPermissions(permissions, extent) {
      demand(permissions, false, placed(book, extent))
    },
    demandHoldings(holder, { way = 'given', beside = nobody, without, containerOf = () => WHOLE_TENANT } = {}) {
      const known = sourcesOf(without ? bookWithout(book, without) : book, beside)
      for (const source of sourcesOf(book, holder)) {
        if (!isOwn(source) && known.some((other) => covers(other, source))) continue
        const { said, starts, ends, exactly, resource } = source
        // once it is over there is nothing to be given
        if (way === 'given' && ends <= now) continue
        const anywhere = resource && source.place === book.places.tenant
        const place = anywhere ? placeOfScope(containerOf(resource), book.places) : source.place
        const period = way === 'given' ? { from: Math.max(starts, now), until: ends } : { from: now, until: now }
        demand(saidBy(book, said), givesOwnership(source), { place, exactly, resource, ...period })
      }
    },
  }
}

const UNBOUND: Authority = {
  demandRole: () => undefined,
  demandDifference: () => undefined,
  demandPermissions: () => undefined,
  demandHoldings: () => undefined,
}

/** An extent in the tree. */
interface PlacedExtent extends Pick<Extent, 'from' | 'until'> {
  /** Undefined: it is gone, and nothing is held there. */
  readonly place: Place | undefined
  readonly exactly: boolean
  readonly resource: ResourceKey | undefined
}

function placed(
  { places }: TenantBook,
  { scope, exactly = false, container = WHOLE_TENANT, from, until }: Extent,
): PlacedExtent {
  const resource = scope.kind === 'resource' ? scope : undefined
  return { place: placeOfScope(resource ? container : scope, places), exactly, resource, from, until }
}

function holderOf({ kind, id }: PrincipalKey, { assignments, memberships, resources }: AccessLoad): Holder {
  return { kind, id, grants: grantsOf(assignments, resourcesById(resources)), memberships: membershipsOf(memberships) }
}

/** All that counts together anywhere in the extent. */
function rowsIn(row: PrincipalRow, { place, exactly, resource }: PlacedExtent): Iterable<readonly ScopeRow[]> {
  if (!place) return [[]]
  if (resource) return place.kind === 'tenant' ? row.anywhere(resource) : [row.at({ places: [place], resource })]
  return exactly ? [[row.in(place)]] : row.combinations(place)
}

const nobody: Holder = { kind: 'user', id: NOBODY, grants: [], memberships: [] }

/** The same book, in which everyone does not hold these. */
function bookWithout(book: TenantBook, assignments: ReadonlySet<string>): TenantBook {
  const { places, policies, ofEveryone } = book
  return { ...book, places, policies, ofEveryone: ofEveryone.filter(({ id }) => !assignments.has(id)) }
}

function isOwn({ origin }: Source): boolean {
  return origin.kind === 'membership' || (origin.kind === 'assignment' && origin.of === 'principal')
}

/** Whether a source says the same in the same place at all times at which the other does. */
function covers(source: Source, other: Source): boolean {
  const { said, place, exactly, resource } = other
  if (source.said !== said || source.place !== place || source.exactly !== exactly) return false
  if (source.resource?.type !== resource?.type || source.resource?.id !== resource?.id) return false
  return source.starts <= other.starts && other.ends <= source.ends
}

/** Holdings change only where an assignment begins or ends: these moments, and both ends of the extent. */
function momentsOf({ from, until }: PlacedExtent, now: number, sources: readonly Source[]): Set<number> {
  const first = Math.max(now, from)
  const last = Math.max(now, until === Number.POSITIVE_INFINITY ? Number.MAX_VALUE : until - 1)
  const between = sources
    .flatMap(({ starts, ends }) => [starts, ends])
    .filter((moment) => moment > first && moment < last)
  return new Set([now, first, ...between, last])
}

function saidBy(book: RoleBook, { bits }: Said): number[] {
  return book.permissions.names.map((_, id) => id).filter((id) => bitsOf(bits, id) !== 0)
}

function isOwnerRole({ system, key }: BookRole): boolean {
  return system && key === OWNER
}

function givesOwnership({ chain }: Pick<Closure, 'chain'>): boolean {
  return chain.some(isOwnerRole)
}

/** Whether it makes whom it is about an owner of the tenant at this moment. */
function isOwnership({ chain, place, exactly, resource, starts, ends, origin }: Source, moment: number): boolean {
  if (origin.kind === 'policy' || place.kind !== 'tenant' || exactly || resource) return false
  return givesOwnership({ chain }) && starts <= moment && moment < ends
}

/** What a closure says of each permission, comparable. */
function signature(book: RoleBook, { bits, rules }: Closure): string[] {
  const conditions = book.permissions.names.map((): string[] => [])
  for (const rule of rules)
    conditions[rule.permission]!.push(JSON.stringify([rule.effect, rule.conditions, rule.fields]))
  return conditions.map((said, id) => JSON.stringify([bitsOf(bits, id), ...new Set(said.sort())]))
}
