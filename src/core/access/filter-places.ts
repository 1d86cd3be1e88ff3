// Where rows are: which of the places that something is said of have them in it, as far as their columns tell, and what a
// check of each row would be told.

import { ALWAYS, all, any, type FilterColumn, type FilterTest, type Formula, NEVER } from './filter-formula.ts'
import { isWithin, type Place, type PlaceKind, type PlaceTree } from './place-tree.ts'
import type { Source } from './sources.ts'

/** What says where a row is. */
export interface RowPlaces {
  readonly tree: PlaceTree
  /** Where all of them are. */
  readonly fixed: readonly Place[]
  readonly columns: { readonly [K in Exclude<PlaceKind, 'tenant'>]?: FilterColumn }
  /** With the id of the row as the host names it: what is said of one such row counts. */
  readonly resource: { readonly type: string; readonly column: FilterColumn } | undefined
}

export type Extent = Pick<Source, 'place' | 'exactly' | 'resource'>

type Sense = FilterTest['sense']
const KINDS = ['organization', 'team', 'project'] as const

/** Rows to which one of these extends, or to which none of them does. */
export function reachedBy(extents: readonly Extent[], sense: Sense, rows: RowPlaces): Formula {
  const around = extents.filter(({ exactly, resource }) => !exactly && !resource).map(({ place }) => place)
  const exact = extents.filter(({ exactly, resource }) => exactly && !resource).map(({ place }) => place)
  return oneOf(sense, [
    inside(around, sense, rows),
    exactlyAt(new Set(exact), sense, rows),
    onResources(extents, sense, rows),
  ])
}

function inside(places: readonly Place[], sense: Sense, { tree, fixed, columns }: RowPlaces): Formula {
  if (places.some((place) => place === tree.tenant || fixed.some((at) => isWithin(place, at)))) return yes(sense)
  return isAmong(idsIn(places, tree), sense, columns)
}

/** Of several places in one another that a row names, the innermost are the ones that it is exactly at. */
function exactlyAt(places: ReadonlySet<Place>, sense: Sense, rows: RowPlaces): Formula {
  const { tree, fixed, columns, resource } = rows
  // what counts exactly at a place does not count for a resource in it
  if (resource) return no(sense)
  const innermost = [...places].filter((place) => !fixed.some((at) => at !== place && isWithin(place, at)))
  const parts: Formula[] = []
  for (const place of innermost) {
    if (place === tree.tenant) parts.push(nowhere(sense, columns))
    else if (fixed.includes(place)) parts.push(isAmong(idsOf(below(place, tree)), opposite(sense), columns))
  }
  for (const kind of KINDS) {
    const named = innermost.filter((place) => place.kind === kind && !fixed.includes(place))
    if (named.length > 0) parts.push(exactlyNamed(kind, named, sense, rows))
  }
  return oneOf(sense, parts)
}

/** In none of the places that a row could name. */
function nowhere(sense: Sense, columns: RowPlaces['columns']): Formula {
  const named = KINDS.flatMap((kind) => columns[kind] ?? [])
  const isNull = named.map((left) => asked({ operator: '$eq', left, right: { kind: 'value', value: null } }, sense))
  return allOf(sense, isNull)
}

/** In one of these by its own column, and by no other column further inside that one. However many: few questions. */
function exactlyNamed(
  kind: keyof RowPlaces['columns'],
  places: readonly Place[],
  sense: Sense,
  { tree, columns }: RowPlaces,
): Formula {
  const left = columns[kind]
  if (!left) return no(sense)
  const parts = [asked({ operator: '$in', left, right: places.map(({ id }) => id) }, sense)]
  for (const inner of KINDS) {
    const right = columns[inner]
    if (!right || inner === kind) continue
    const pairs = places.flatMap((place) =>
      below(place, tree).flatMap((other) => (other.kind === inner ? [[place.id, other.id] as const] : [])),
    )
    if (pairs.length > 0) parts.push(asked({ operator: '$pairs', left, right, pairs }, opposite(sense)))
  }
  return allOf(sense, parts)
}

function below(place: Place, tree: PlaceTree): readonly Place[] {
  return tree.within(place).slice(1)
}

/** Said of single rows, wherever they are or as far as they are there. */
function onResources(extents: readonly Extent[], sense: Sense, rows: RowPlaces): Formula {
  const { resource: of } = rows
  if (!of) return no(sense)
  const byPlace = new Map<Place, unknown[]>()
  for (const { place, resource } of extents) {
    if (resource?.type !== of.type) continue
    const id = idIn(of.column, resource.id)
    if (id === undefined) continue
    const ids = byPlace.get(place)
    if (ids) ids.push(id)
    else byPlace.set(place, [id])
  }
  // the same rows in many places are asked about once
  const byIds = new Map<string, { ids: readonly unknown[]; places: Place[] }>()
  for (const [place, ids] of byPlace) {
    const key = JSON.stringify(ids)
    const same = byIds.get(key)
    if (same) same.places.push(place)
    else byIds.set(key, { ids, places: [place] })
  }
  const parts = [...byIds.values()].map(({ ids, places }) =>
    allOf(sense, [asked({ operator: '$in', left: of.column, right: ids }, sense), inside(places, sense, rows)]),
  )
  return oneOf(sense, parts)
}

/** As the column holds it; undefined: it holds no such id. */
function idIn({ type }: FilterColumn, id: string): unknown {
  if (type !== 'integer') return id
  const number = Number(id)
  return String(number) === id && Number.isSafeInteger(number) ? number : undefined
}

/** Ids by kind, of these places and all that is in them. */
function idsIn(places: readonly Place[], tree: PlaceTree): Map<PlaceKind, string[]> {
  const outermost: Place[] = []
  for (const place of [...places].sort((a, b) => a.first - b.first)) {
    const last = outermost.at(-1)
    if (!last || !isWithin(last, place)) outermost.push(place)
  }
  return idsOf(outermost.flatMap((place) => tree.within(place)))
}

function idsOf(places: readonly Place[]): Map<PlaceKind, string[]> {
  const ids = new Map<PlaceKind, string[]>()
  for (const { kind, id } of places) {
    const others = ids.get(kind)
    if (others) others.push(id)
    else ids.set(kind, [id])
  }
  return ids
}

function isAmong(ids: ReadonlyMap<PlaceKind, readonly string[]>, sense: Sense, columns: RowPlaces['columns']): Formula {
  const parts: Formula[] = []
  for (const kind of KINDS) {
    const [left, right] = [columns[kind], ids.get(kind)]
    if (left && right) parts.push(asked({ operator: '$in', left, right }, sense))
  }
  return oneOf(sense, parts)
}

function asked(
  question:
    | { operator: '$in'; left: FilterColumn; right: readonly unknown[] }
    | { operator: '$eq'; left: FilterColumn; right: { kind: 'value'; value: null } }
    | { operator: '$pairs'; left: FilterColumn; right: FilterColumn; pairs: readonly (readonly [string, string])[] },
  sense: Sense,
): Formula {
  return { kind: 'test', sense, ...question }
}

const opposite = (sense: Sense): Sense => (sense === 'holds' ? 'fails' : 'holds')
const oneOf = (sense: Sense, parts: readonly Formula[]): Formula => (sense === 'holds' ? any : all)(parts)
const allOf = (sense: Sense, parts: readonly Formula[]): Formula => (sense === 'holds' ? all : any)(parts)
const yes = (sense: Sense): Formula => (sense === 'holds' ? ALWAYS : NEVER)
const no = (sense: Sense): Formula => (sense === 'holds' ? NEVER : ALWAYS)
