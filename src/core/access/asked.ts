// Where a check asks: the places that its options name, and the resource itself.

import { FreeholdError } from '../kernel/errors.ts'
import type { OrganizationId, ProjectId, TeamId } from '../kernel/ids.ts'
import { invalid, isPlainText, shown } from '../kernel/input.ts'
import { isWithin, type Place, type PlaceTree } from './place-tree.ts'
import type { ResourceKey } from './policy-book.ts'
import type { TenantBook } from './tenant-book.ts'

/** A place in the tenant. */
export type PlaceName =
  | { readonly organization: OrganizationId | { readonly id: OrganizationId } }
  | { readonly team: TeamId | { readonly id: TeamId } }
  | { readonly project: ProjectId | { readonly id: ProjectId } }

/**
 * Where something is asked. Nothing named: the tenant itself, where only what is held in the whole tenant counts. What is
 * held around a place counts in it; of several places named, what counts in any of them.
 */
export interface PlaceOptions {
  readonly organization?: OrganizationId | { readonly id: OrganizationId }
  readonly team?: TeamId | { readonly id: TeamId }
  readonly project?: ProjectId | { readonly id: ProjectId }
  /** More places, for a thing that is in several at once. */
  readonly in?: PlaceName | readonly PlaceName[]
  /** The thing itself, as the host names it: what is held on just this one counts too. It need not be registered. */
  readonly on?: ResourceKey
}

export interface Asked {
  /** Without those that are around another of them. Empty: the tenant. */
  readonly places: readonly Place[]
  readonly resource: ResourceKey | undefined
}

const KINDS = ['organization', 'team', 'project'] as const
type Kind = (typeof KINDS)[number]
const MAXIMUM_PLACES = 100
const MAXIMUM_RESOURCE_ID = 200

/**
 * Whether the tenant itself is asked about.
 * @throws INPUT_INVALID: what is no object names no place, and whoever gave it meant one
 */
export function isPlaceless(options: PlaceOptions): boolean {
  demandOptions(options)
  return (
    options.organization === undefined &&
    options.team === undefined &&
    options.project === undefined &&
    options.in === undefined &&
    options.on === undefined
  )
}

/** @throws INPUT_INVALID */
export function demandOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null) throw invalid('options', 'it is not an object')
}

/** @throws ORGANIZATION_UNKNOWN, TEAM_UNKNOWN, PROJECT_UNKNOWN, RESOURCE_TYPE_UNKNOWN, INPUT_INVALID */
export function askedOf(book: TenantBook, options: PlaceOptions): Asked {
  demandOptions(options)
  const places: Place[] = []
  for (const kind of KINDS) {
    if (options[kind] !== undefined) places.push(placeNamed(book.places, kind, options[kind]))
  }
  if (options.in !== undefined) addAll(places, book.places, options.in)
  return {
    places: places.length > 1 ? innermost(places) : places,
    resource: options.on === undefined ? undefined : resourceNamed(book, options.on),
  }
}

/** The place, where just one is named, or the tenant, where none is: most checks. Undefined: several. @throws as askedOf */
export function onePlace({ places }: TenantBook, options: PlaceOptions): Place | undefined {
  const { organization, team, project } = options
  if (options.in !== undefined) return undefined
  if (project !== undefined) {
    return team === undefined && organization === undefined ? placeNamed(places, 'project', project) : undefined
  }
  if (team !== undefined) return organization === undefined ? placeNamed(places, 'team', team) : undefined
  return organization === undefined ? places.tenant : placeNamed(places, 'organization', organization)
}

export function placeNamed(tree: PlaceTree, kind: Kind, name: unknown): Place {
  const id = typeof name === 'object' ? (name as { readonly id: unknown } | null)?.id : name
  const place = tree.find(kind, id as string)
  if (!place) throw unknownPlace(kind)
  return place
}

export function unknownPlace(kind: Kind): FreeholdError {
  if (kind === 'organization') return new FreeholdError('ORGANIZATION_UNKNOWN')
  return new FreeholdError(kind === 'team' ? 'TEAM_UNKNOWN' : 'PROJECT_UNKNOWN')
}

function addAll(places: Place[], tree: PlaceTree, given: unknown): void {
  const names: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (names.length > MAXIMUM_PLACES) throw invalid('in', `it has more than ${MAXIMUM_PLACES} places`)
  for (const name of names) {
    const entries = typeof name === 'object' && name !== null ? Object.entries(name) : []
    const [kind, id] = entries[0] ?? []
    if (entries.length !== 1 || !KINDS.includes(kind as Kind)) {
      throw invalid('in', 'it is { organization }, { team } or { project }, or a list of these')
    }
    places.push(placeNamed(tree, kind as Kind, id))
  }
}

/** Who names a project and its organization asks about the project. */
function innermost(places: readonly Place[]): readonly Place[] {
  return places.filter((place) => !places.some((other) => other !== place && isWithin(place, other)))
}

export function resourceNamed(book: TenantBook, on: unknown): ResourceKey {
  const { type, id } = (typeof on === 'object' && on !== null ? on : {}) as Partial<ResourceKey>
  if (typeof type !== 'string' || !book.permissions.hasResource(type)) throw unknownType(type)
  if (typeof id !== 'string' || id === '' || id.length > MAXIMUM_RESOURCE_ID || !isPlainText(id)) {
    throw invalid('on.id', `it is a text of 1 to ${MAXIMUM_RESOURCE_ID} characters`)
  }
  return { type, id }
}

export function unknownType(type: unknown): FreeholdError<'RESOURCE_TYPE_UNKNOWN'> {
  return new FreeholdError('RESOURCE_TYPE_UNKNOWN', { type: shown(type) })
}
