// What one principal holds at one moment: the bits of all that speaks about it, for the whole tenant and for each place
// in which there is more to be said. Rebuilt when roles, places or assignments change, and when one begins or ends.

import type { Asked } from './asked.ts'
import { type Bits, joinBits } from './bits.ts'
import { isWithin, type Place } from './place-tree.ts'
import type { ResourceKey } from './policy-book.ts'
import type { Rule, Said } from './rules.ts'
import type { Source } from './sources.ts'
import type { TenantBook } from './tenant-book.ts'

/** The rules that decide about one permission. */
export interface Tests {
  readonly allows: readonly Rule[]
  readonly denies: readonly Rule[]
}

/** What counts at one scope: what counts around it, and what is said there. */
export class ScopeRow {
  readonly bits: Bits
  readonly #around: ScopeRow | undefined
  readonly #said: readonly Said[]
  #known: Map<number, Tests> | undefined

  constructor(book: TenantBook, around: ScopeRow | undefined, said: readonly Said[]) {
    this.bits = joined(book, around, said)
    this.#around = around
    this.#said = said
  }

  /** Collected when they are first asked for: most permissions of most principals have none. */
  tests(permission: number): Tests {
    this.#known ??= new Map()
    let tests = this.#known.get(permission)
    if (tests === undefined) {
      const rules = new Set<Rule>()
      this.#collect(permission, rules)
      tests = testsOf(rules)
      this.#known.set(permission, tests)
    }
    return tests
  }

  #collect(permission: number, found: Set<Rule>): void {
    for (let row: ScopeRow | undefined = this; row; row = row.#around) {
      for (const { rules } of row.#said) for (const rule of rules) if (rule.permission === permission) found.add(rule)
    }
  }
}

/** A place in which more is said than around it. */
interface Layer {
  readonly place: Place
  readonly around: Layer | undefined
  /** Said there, and for all that is in it. */
  readonly reaching: Said[]
  /** Said there, and for nothing in it. */
  readonly exact: Said[]
  reachingRow: ScopeRow | undefined
  exactRow: ScopeRow | undefined
}

/** What is said of one resource where that is in the place. */
interface OnResource {
  readonly place: Place
  readonly row: ScopeRow
}

export class PrincipalRow {
  /** The book that it was built with. */
  readonly book: TenantBook
  /** Milliseconds since 1970: true from the last beginning or end of an assignment until the next one. */
  readonly from: number
  readonly until: number
  /** No assignment begins or ends, ever. */
  readonly timeless: boolean
  /** What counts where no place in the tenant is asked about. */
  readonly here: ScopeRow
  /** What counts everywhere in the tenant. */
  readonly everywhere: ScopeRow
  /** In the order of the walk around the tree. */
  readonly #layers: readonly Layer[]
  readonly #onResources: ReadonlyMap<string, ReadonlyMap<string, readonly OnResource[]>> | undefined

  constructor(book: TenantBook, sources: readonly Source[], now: number) {
    const present = sources.filter(({ starts, ends }) => starts <= now && now < ends)
    const { from, until } = periodOf(sources, now)
    this.book = book
    this.from = from
    this.until = until
    this.timeless = from === Number.NEGATIVE_INFINITY && until === Number.POSITIVE_INFINITY
    const everywhere: Said[] = []
    const here: Said[] = []
    const inside: Source[] = []
    const onResources: Source[] = []
    for (const source of present) {
      if (source.resource) onResources.push(source)
      else if (source.place.kind !== 'tenant') inside.push(source)
      else (source.exactly ? here : everywhere).push(source.said)
    }
    this.everywhere = new ScopeRow(book, undefined, everywhere)
    this.here = here.length > 0 ? new ScopeRow(book, this.everywhere, here) : this.everywhere
    this.#layers = inside.length > 0 ? layersOf(inside) : NO_LAYERS
    this.#onResources = onResources.length > 0 ? onResourcesOf(book, onResources) : undefined
  }

  /** All that counts where is asked: several rows where that is in several places, or a resource. */
  at({ places, resource }: Asked): readonly ScopeRow[] {
    const rows: ScopeRow[] = []
    // what counts exactly at a place does not count for a resource in it
    for (const place of places) rows.push(this.#inside(place, resource === undefined))
    if (places.length === 0) rows.push(resource ? this.everywhere : this.here)
    if (resource) {
      for (const { place, row } of this.#onResources?.get(resource.type)?.get(resource.id) ?? NOTHING_ON) {
        if (place.kind === 'tenant' || places.some((asked) => isWithin(place, asked))) rows.push(row)
      }
    }
    return rows
  }

  /** Everything that counts at one place, and for nothing else in it. */
  in(place: Place): ScopeRow {
    return place.kind === 'tenant' ? this.here : this.#inside(place, true)
  }

  /**
   * All that can count together, each once: for questions about every place. Of resources, those about which anything
   * is said.
   */
  *combinations(within?: Place): Generator<readonly ScopeRow[]> {
    if (!within || within.kind === 'tenant') yield [this.here]
    else yield [this.in(within)]
    yield [within ? this.#inside(within, false) : this.everywhere]
    for (const layer of this.#layers) {
      if (within && !isWithin(within, layer.place)) continue
      yield [this.#inside(layer.place, true)]
      yield [this.#inside(layer.place, false)]
    }
    yield* this.#resourceCombinations(within)
  }

  /** A resource with all that is said of it, in each of the places where something is. */
  *#resourceCombinations(within: Place | undefined): Generator<readonly ScopeRow[]> {
    for (const [type, ids] of this.#onResources ?? []) {
      for (const [id, said] of ids) {
        const places = new Set(said.map(({ place }) => place))
        if (within) places.add(within)
        for (const place of places) {
          if (within && !isWithin(within, place)) continue
          yield this.at({ places: place.kind === 'tenant' ? [] : [place], resource: { type, id } })
        }
      }
    }
  }

  #inside(place: Place, exactly: boolean): ScopeRow {
    const layer = layerAround(this.#layers, place)
    if (!layer) return this.everywhere
    return exactly && layer.place === place ? this.#exact(layer) : this.#reaching(layer)
  }

  #exact(layer: Layer): ScopeRow {
    layer.exactRow ??=
      layer.exact.length > 0 ? new ScopeRow(this.book, this.#reaching(layer), layer.exact) : this.#reaching(layer)
    return layer.exactRow
  }

  #reaching(layer: Layer): ScopeRow {
    const waiting: Layer[] = []
    let at: Layer | undefined = layer
    for (; at && !at.reachingRow; at = at.around) waiting.push(at)
    let row = at?.reachingRow ?? this.everywhere
    for (const next of waiting.reverse()) {
      if (next.reaching.length > 0) row = new ScopeRow(this.book, row, next.reaching)
      next.reachingRow = row
    }
    return row
  }
}

const NO_LAYERS: readonly Layer[] = []
const NOTHING_ON: readonly OnResource[] = []

function periodOf(sources: readonly Source[], now: number): { from: number; until: number } {
  let from = Number.NEGATIVE_INFINITY
  let until = Number.POSITIVE_INFINITY
  for (const { starts, ends } of sources) {
    if (starts > now) until = Math.min(until, starts)
    else from = Math.max(from, starts)
    if (ends > now) until = Math.min(until, ends)
    else from = Math.max(from, ends)
  }
  return { from, until }
}

function layersOf(inside: readonly Source[]): readonly Layer[] {
  const layers: Layer[] = []
  const open: Layer[] = []
  for (const { place, exactly, said } of [...inside].sort((a, b) => a.place.first - b.place.first)) {
    while (open.length > 0 && !isWithin(open.at(-1)!.place, place)) open.pop()
    let layer = open.at(-1)
    if (layer?.place !== place) {
      layer = { place, around: layer, reaching: [], exact: [], reachingRow: undefined, exactRow: undefined }
      layers.push(layer)
      open.push(layer)
    }
    ;(exactly ? layer.exact : layer.reaching).push(said)
  }
  return layers
}

/** The innermost layer that the place is in. */
function layerAround(layers: readonly Layer[], place: Place): Layer | undefined {
  let low = 0
  for (let high = layers.length; low < high; ) {
    const middle = (low + high) >>> 1
    if (layers[middle]!.place.first <= place.first) low = middle + 1
    else high = middle
  }
  let layer = layers[low - 1]
  while (layer && !isWithin(layer.place, place)) layer = layer.around
  return layer
}

function onResourcesOf(book: TenantBook, sources: readonly Source[]) {
  const types = new Map<string, Map<string, OnResource[]>>()
  for (const { place, resource, said } of sources as readonly (Source & { readonly resource: ResourceKey })[]) {
    const ids = types.get(resource.type) ?? new Map<string, OnResource[]>()
    types.set(resource.type, ids)
    const item = { place, row: new ScopeRow(book, undefined, [said]) }
    const others = ids.get(resource.id)
    if (others) others.push(item)
    else ids.set(resource.id, [item])
  }
  return types
}

/** The bits of just one who speaks are shared by all about whom only that is said. */
function joined(book: TenantBook, around: ScopeRow | undefined, said: readonly Said[]): Bits {
  if (said.length === 0) return around?.bits ?? book.silence
  if (said.length === 1 && (around === undefined || around.bits === book.silence)) return said[0]!.bits
  const bits = book.newBits()
  if (around) joinBits(bits, around.bits)
  for (const one of said) joinBits(bits, one.bits)
  return bits
}

function testsOf(rules: ReadonlySet<Rule>): Tests {
  const allows: Rule[] = []
  const denies: Rule[] = []
  for (const rule of rules) (rule.effect === 'deny' ? denies : allows).push(rule)
  return { allows, denies }
}
