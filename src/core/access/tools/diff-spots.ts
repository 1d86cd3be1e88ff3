// Where two books are compared for one principal: each scope of which anything is said, what is below it where that is
// not the same, and resources in places where one denies what the other allows. Elsewhere it is as around it.

import type { Asked } from '../asked.ts'
import { deniesAny } from '../bits.ts'
import type { Scope } from '../grants.ts'
import { type Place, placesAbove } from '../place-tree.ts'
import type { ResourceKey } from '../policy-book.ts'
import type { KnownPrincipal } from '../principals.ts'
import { type Source, scopeOfSource, sourcesOf } from '../sources.ts'
import type { TenantBook } from '../tenant-book.ts'

export interface Spot {
  readonly scope: Scope
  /** What is below the scope, and not the scope itself. */
  readonly below: boolean
  /** Of a resource: the place that it is in. Undefined: any. */
  readonly within: PlaceScope | undefined
}

type PlaceScope = Extract<Scope, { readonly kind: 'organization' | 'team' | 'project' }>
type ResourceScope = Extract<Scope, { readonly kind: 'resource' }>

export const TENANT: Scope = { kind: 'tenant' }

export function textOf({ scope, below, within }: Spot): string {
  return JSON.stringify([scope, below, within])
}

/** Outer ones first: the tenant is the first of all. */
export function spotsOf(before: KnownPrincipal, after: KnownPrincipal): readonly Spot[] {
  const spots = new Map<string, { readonly spot: Spot; readonly depth: number }>()
  const add = (scope: Scope, depth: number, rest: Partial<Spot> = {}): void => {
    const spot = { scope, below: false, within: undefined, ...rest }
    spots.set(textOf(spot), { spot, depth })
  }
  add(TENANT, 0)
  const sources = [before, after].flatMap((known) => (known.active ? sourcesOf(known.book, known) : []))
  for (const { place, resource, exactly } of sources) {
    const depth = depthOf(place)
    const scope = scopeOfSource({ place, resource: undefined })
    if (!resource) add(scope, depth)
    else add(resourceScope(resource), RESOURCE, { within: place.kind === 'tenant' ? undefined : (scope as PlaceScope) })
    if (!resource && exactly) add(scope, depth + BELOW, { below: true })
  }
  const moved = movedPlaces(before.book, after.book)
  for (const place of moved) add(scopeOfSource({ place, resource: undefined }), depthOf(place))
  for (const [place, resource] of disputes(sources, moved)) {
    add(resourceScope(resource), RESOURCE + depthOf(place), {
      within: scopeOfSource({ place, resource: undefined }) as PlaceScope,
    })
  }
  return [...spots.values()].sort((a, b) => a.depth - b.depth).map(({ spot }) => spot)
}

const RESOURCE = 1_000_000
const BELOW = 0.5

function depthOf(place: Place): number {
  return place.kind === 'tenant' ? 0 : placesAbove(place).length
}

function resourceScope({ type, id }: ResourceKey): ResourceScope {
  return { kind: 'resource', type, id }
}

/** Those that are below something else than before. */
function movedPlaces(before: TenantBook, after: TenantBook): readonly Place[] {
  if (before.places === after.places) return []
  return after.places.within(after.places.tenant).filter((place) => {
    const old = before.places.find(place.kind, place.id)
    return old && old.above?.id !== place.above?.id
  })
}

/**
 * Places and resources of which one may be denied what the other is allowed: only together they say what counts. Of a place
 * that is moved, what is denied around it comes or goes.
 */
function* disputes(sources: readonly Source[], moved: readonly Place[]): Generator<readonly [Place, ResourceKey]> {
  const denials = new Set(sources.filter(({ said }) => deniesAny(said.bits)))
  if (denials.size === 0) return
  const inPlaces = sources.filter(({ place, resource }) => !resource && place.kind !== 'tenant')
  for (const source of sources) {
    const { resource } = source
    if (!resource) continue
    for (const place of moved) yield [place, resource]
    for (const other of inPlaces) if (denials.has(source) || denials.has(other)) yield [other.place, resource]
  }
}

/** Of what there is, what a spot is in: as is said of these, so it is there. Undefined: there is no such place. */
export function aroundOf(
  { book }: KnownPrincipal,
  { scope, within }: Spot,
  isSpot: (spot: string) => boolean,
): readonly string[] | undefined {
  if (scope.kind === 'tenant') return []
  const place =
    scope.kind === 'resource'
      ? within && book.places.find(within.kind, within.id)
      : book.places.find(scope.kind, scope.id)
  if (!place && (scope.kind !== 'resource' || within)) return undefined
  // of a resource the place it is in is around it, of a place only what is above
  const above = placesAbove(place ?? book.places.tenant).slice(scope.kind === 'resource' ? 0 : 1)
  const places = above.map((one) => {
    const around = { scope: scopeOfSource({ place: one, resource: undefined }), within: undefined }
    const inside = textOf({ ...around, below: true })
    return isSpot(inside) ? inside : textOf({ ...around, below: false })
  })
  if (scope.kind !== 'resource' || !within) return places
  const alone = textOf({ scope, below: false, within: undefined })
  return [...places, alone]
}

/** A thing of which nothing is said: no resource may be called that. */
const ANYTHING: ResourceKey = { type: '?', id: '?' }

/** As a check asks there. Undefined: there is no such place, or no such kind of thing. */
export function askedAt({ book }: KnownPrincipal, { scope, below, within }: Spot): Asked | undefined {
  if (scope.kind === 'resource' && !book.permissions.hasResource(scope.type)) return undefined
  const named = scope.kind === 'resource' ? within : scope.kind === 'tenant' ? undefined : scope
  const place = named && book.places.find(named.kind, named.id)
  if (named && !place) return undefined
  const resource = scope.kind === 'resource' ? { type: scope.type, id: scope.id } : below ? ANYTHING : undefined
  return { places: place ? [place] : [], resource }
}
