// Everything that speaks about one principal: its own assignments, those of its teams and of everyone, its memberships,
// and the policies that name it or what it holds.

import { type Grant, type Membership, placeOfScope, type Scope } from './grants.ts'
import { isWithin, type Place } from './place-tree.ts'
import type { BookPolicy, PolicyPlace, ResourceKey } from './policy-book.ts'
import type { BookRole } from './role-book.ts'
import { type Said, saidIn } from './rules.ts'
import type { TenantBook } from './tenant-book.ts'

/** Who is spoken about: all that is needed to find who speaks. */
export interface Holder {
  readonly kind: 'user' | 'service_account'
  readonly id: string
  /** Its own, oldest first. */
  readonly grants: readonly Grant[]
  /** Oldest first. */
  readonly memberships: readonly Membership[]
}

export interface Source {
  readonly said: Said
  /** The role assigned and its ancestors, nearest first; of a policy that names a role, up to that one. None: it is said without one. */
  readonly chain: readonly BookRole[]
  /** It counts here. */
  readonly place: Place
  /** It does not count below the place. */
  readonly exactly: boolean
  /** It counts for this resource only, where that is in the place. */
  readonly resource: ResourceKey | undefined
  /** Milliseconds since 1970, or infinite. */
  readonly starts: number
  readonly ends: number
  readonly origin: Origin
}

export type Origin =
  | { readonly kind: 'assignment'; readonly id: string; readonly of: 'principal' | 'everyone' }
  | { readonly kind: 'assignment'; readonly id: string; readonly of: 'team'; readonly team: string }
  | { readonly kind: 'membership'; readonly id: string; readonly team: string }
  | { readonly kind: 'policy'; readonly id: string; readonly key: string; readonly version: number }

/** With no end and no beginning, and for all that is in the place. */
const ALWAYS = { exactly: false, starts: Number.NEGATIVE_INFINITY, ends: Number.POSITIVE_INFINITY } as const
const NO_ROLES: readonly BookRole[] = []

/** In the order in which they are named above. What is held in a place that is gone is held nowhere. */
export function sourcesOf(book: TenantBook, holder: Holder): Source[] {
  const teams = teamsOf(book, holder.memberships)
  const found: Source[] = []
  const add = (grant: Grant, origin: Origin): void => {
    const source = grantSource(book, grant, origin)
    if (source) found.push(source)
  }
  for (const grant of holder.grants) add(grant, { kind: 'assignment', id: grant.id, of: 'principal' })
  for (const team of teams) {
    for (const grant of book.ofTeam(team)) add(grant, { kind: 'assignment', id: grant.id, of: 'team', team })
  }
  for (const grant of book.ofEveryone) add(grant, { kind: 'assignment', id: grant.id, of: 'everyone' })
  for (const membership of holder.memberships) addMembership(book, membership, found)
  addPolicies(book, holder, teams, found)
  return found
}

/** The teams that these are memberships of, and the teams above them. */
function teamsOf(book: TenantBook, memberships: readonly Membership[]): ReadonlySet<string> {
  const teams = new Set<string>()
  for (const { team } of memberships) {
    for (let at = book.places.find('team', team); at?.kind === 'team' && !teams.has(at.id); at = at.above)
      teams.add(at.id)
  }
  return teams
}

function grantSource(book: TenantBook, grant: Grant, origin: Origin): Source | undefined {
  const { scope, exactly, starts, ends } = grant
  const role = book.byId(grant.roleId)
  const place = role && placeOfScope(scope, book.places)
  if (!place) return undefined
  const said = book.closure(role)
  return {
    said,
    chain: said.chain,
    place,
    exactly: exactly && scope.kind !== 'resource',
    resource: keyOf(scope),
    starts,
    ends,
    origin,
  }
}

function keyOf(scope: Scope): ResourceKey | undefined {
  return scope.kind === 'resource' ? scope : undefined
}

function addMembership(book: TenantBook, { id, team, roleId, entries }: Membership, found: Source[]): void {
  const place = book.places.find('team', team)
  if (!place) return
  const held = { place, resource: undefined, ...ALWAYS, origin: { kind: 'membership', id, team } } as const
  const role = roleId === null ? undefined : book.byId(roleId)
  if (role) {
    const said = book.closure(role)
    found.push({ ...held, said, chain: said.chain })
  }
  if (entries.length > 0) {
    found.push({ ...held, said: saidIn(entries, book.permissions, book.newBits()), chain: NO_ROLES })
  }
}

function addPolicies(book: TenantBook, { id }: Holder, teams: ReadonlySet<string>, found: Source[]): void {
  const { policies } = book
  if (policies.all.length === 0) return
  const named = new Set(policies.ofEveryone)
  for (const holder of [id, ...teams]) for (const policy of policies.naming(holder)) named.add(policy)
  const byRole = new Map<BookPolicy, Source[]>()
  for (const held of found) {
    for (const [i, { id: role }] of held.chain.entries()) {
      for (const policy of policies.naming(role)) {
        const through = { ...held, chain: held.chain.slice(0, i + 1) }
        const others = byRole.get(policy)
        if (others) others.push(through)
        else byRole.set(policy, [through])
      }
    }
  }
  for (const policy of inOrder([...named, ...byRole.keys()])) {
    if (named.has(policy)) {
      for (const where of policy.places()) found.push(policySource(policy, { ...where, ...ALWAYS }, NO_ROLES))
      continue
    }
    for (const held of byRole.get(policy) ?? []) {
      for (const where of policy.places()) {
        const common = overlap(held, where)
        if (common) found.push(policySource(policy, { ...held, ...common }, held.chain))
      }
    }
  }
}

/** By key, each once. */
function inOrder(policies: readonly BookPolicy[]): readonly BookPolicy[] {
  if (policies.length < 2) return policies
  return [...new Set(policies)].sort((a, b) => (a.key < b.key ? -1 : 1))
}

type Extent = Pick<Source, 'place' | 'exactly' | 'resource' | 'starts' | 'ends'>

function policySource(policy: BookPolicy, extent: Extent, chain: readonly BookRole[]): Source {
  const { id, key, version } = policy
  const { place, exactly, resource, starts, ends } = extent
  return {
    place,
    exactly,
    resource,
    starts,
    ends,
    said: policy.said(),
    chain,
    origin: { kind: 'policy', id, key, version },
  }
}

/** A policy that names a role speaks where the role is held and the policy says so. */
function overlap(held: Source, where: PolicyPlace): Pick<Source, 'place' | 'exactly' | 'resource'> | undefined {
  const { place, exactly, resource } = held
  const narrower = isWithin(place, where.place) ? where.place : isWithin(where.place, place) ? place : undefined
  if (!narrower) return undefined
  // what counts exactly at a place counts neither below it nor for a resource in it
  if (exactly) {
    return narrower === place && where.resource === undefined ? { place, exactly, resource } : undefined
  }
  if (resource && where.resource && !isSame(resource, where.resource)) return undefined
  return { place: narrower, exactly: false, resource: resource ?? where.resource }
}

function isSame(a: ResourceKey, b: ResourceKey): boolean {
  return a.type === b.type && a.id === b.id
}

/** The scope as people read it. */
export function scopeOfSource({ place, resource }: Pick<Source, 'place' | 'resource'>): Scope {
  if (resource) return { kind: 'resource', type: resource.type, id: resource.id }
  return place.kind === 'tenant' ? { kind: 'tenant' } : { kind: place.kind, id: place.id }
}
