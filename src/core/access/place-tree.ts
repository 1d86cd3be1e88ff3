// The places of one tenant as one tree: the tenant, its organizations, their teams and projects. Each place knows its
// numbers on a walk around the tree (an Euler tour), so that one is inside another where its first number is.

import type { TenantAccess } from '../storage/access-verbs.ts'

export type PlaceKind = 'tenant' | 'organization' | 'team' | 'project'

export interface Place {
  readonly kind: PlaceKind
  /** Empty: the tenant. */
  readonly id: string
  /** Undefined: the tenant. */
  readonly above: Place | undefined
  /** The walk's count when it comes to the place, and when it leaves it for good. */
  readonly first: number
  readonly end: number
}

export type PlaceSource = Pick<TenantAccess, 'organizations' | 'teams' | 'projects'>

export interface PlaceTree {
  readonly tenant: Place
  /** Undefined: there is none of this kind. */
  find(kind: PlaceKind, id: string): Place | undefined
  /** What is in the place, itself first. */
  within(place: Place): readonly Place[]
}

/** Whether `place` is `around` or inside it. */
export function isWithin(around: Place, place: Place): boolean {
  return place.first >= around.first && place.first < around.end
}

/** The place itself and those around it, nearest first; the tenant comes last. */
export function placesAbove(place: Place): Place[] {
  const places: Place[] = []
  for (let at: Place | undefined = place; at; at = at.above) places.push(at)
  return places
}

interface Made extends Place {
  first: number
  end: number
  below: Made[] | undefined
}

export function createPlaceTree({ organizations, teams, projects }: PlaceSource): PlaceTree {
  const tenant = make('tenant', '', undefined)
  const known = new Map<string, Made>()
  const add = (kind: PlaceKind, id: string, above: Made): void => {
    const place = make(kind, id, above)
    above.below ??= []
    above.below.push(place)
    known.set(id, place)
  }
  for (const id of organizations) add('organization', id, tenant)
  for (const [id, above] of aboveTeams(known, teams)) add('team', id, above)
  for (const { id, organization_id, team_id } of projects) {
    const above = known.get(team_id ?? organization_id)
    if (above) add('project', id, above)
  }
  const inOrder = walk(tenant)
  return {
    tenant,
    find(kind, id) {
      if (kind === 'tenant') return tenant
      const place = known.get(id)
      return place?.kind === kind ? place : undefined
    },
    within: ({ first, end }) => inOrder.slice(first, end),
  }
}

function make(kind: PlaceKind, id: string, above: Made | undefined): Made {
  return { kind, id, above, first: 0, end: 0, below: undefined }
}

/**
 * Each team with what is above it, which is in `known` when the team comes if whoever takes them puts each there. Where
 * teams are each other's parents, which no write of ours makes, one of them stands below its organization.
 */
function* aboveTeams(known: ReadonlyMap<string, Made>, teams: PlaceSource['teams']): Generator<[string, Made]> {
  const byId = new Map(teams.map((team) => [team.id, team]))
  for (const team of teams) {
    const waiting = new Set<(typeof teams)[number]>()
    for (let at: typeof team | undefined = team; at && !known.has(at.id) && !waiting.has(at); ) {
      waiting.add(at)
      at = at.parent_team_id === null ? undefined : byId.get(at.parent_team_id)
    }
    for (const { id, organization_id, parent_team_id } of [...waiting].reverse()) {
      const above = known.get(parent_team_id ?? organization_id) ?? known.get(organization_id)
      if (above) yield [id, above]
    }
  }
}

/** Numbers the places, and answers them in that order. Of any depth: nothing calls itself. */
function walk(tenant: Made): readonly Place[] {
  const inOrder: Place[] = []
  const path: { readonly place: Made; next: number }[] = [{ place: tenant, next: 0 }]
  while (path.length > 0) {
    const at = path.at(-1)!
    if (at.next === 0) at.place.first = inOrder.push(at.place) - 1
    const child = at.place.below?.[at.next++]
    if (child) path.push({ place: child, next: 0 })
    else {
      at.place.end = inOrder.length
      at.place.below = undefined
      path.pop()
    }
  }
  return inOrder
}
