// What one principal holds at one moment: the bits of all that speaks about it, for the whole tenant and for each place
// in which there is more to be said. Rebuilt when roles, places or assignments change, and when one begins or ends.

import type { Asked } from './asked.ts'
import type { Bits } from './bits.ts'
import { isWithin, type Place } from './place-tree.ts'
import type { ResourceKey } from './policy-book.ts'
import { type Rule, type Said, type Tests, testsOf } from './rules.ts'
import type { Source } from './sources.ts'
import type { TenantBook } from './tenant-book.ts'

/** So many are looked at one after the other, which is quicker than to remember for each principal what was found. */
const FEW = 8
const NOTHING_SAID: readonly Said[] = []

/** What counts at one scope: what counts around it, and what is said there. */
export class ScopeRow implements Bits {
  readonly words: Uint32Array
  readonly at: number
  readonly #around: ScopeRow | undefined
  readonly #said: readonly Said[]
  #known: Map<number, Tests> | undefined

  constructor(book: TenantBook, around: ScopeRow | undefined, said: readonly Said[]) {
    const { words, at } = joined(book, around, said)
    this.words = words
    this.at = at
    this.#around = around
    // a copy is as long as it must be; a list that grew keeps room for more
    this.#said = said.length > 0 ? said.slice() : NOTHING_SAID
    this.#known = undefined
  }

  /** Where one who speaks has rules about it, and no other, these are shared by all about whom it speaks. */
  tests(permission: number): Tests {
    const known = this.#known?.get(permission)
    if (known !== undefined) return known
    const one = this.#around === undefined && this.#said.length <= FEW ? this.#onlyOne(permission) : undefined
    if (one !== undefined) return one.tests(permission)
    const tests = this.#collected(permission)
    this.#known ??= new Map()
    this.#known.set(permission, tests)
    return tests
  }

  /** Undefined: none, or several. */
  #onlyOne(permission: number): Said | undefined {
    let found: Said | undefined
    for (const said of this.#said) {
      if (!said.hasRules(permission)) continue
      if (found !== undefined) return undefined
      found = said
    }
    return found
  }

  #collected(permission: number): Tests {
    const rules = new Set<Rule>()
    for (let row: ScopeRow | undefined = this; row; row = row.#around) {
      for (const said of row.#said) {
        if (!said.hasRules(permission)) continue
        for (const rule of said.rules) if (rule.permission === permission) rules.add(rule)
      }
    }
    return testsOf(rules)
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

/** From the last beginning or end of an assignment until the next one, in milliseconds since 1970. */
export interface Period {
  readonly from: number
  readonly until: number
}

export class PrincipalRow {
  /** The book that it was built with. */
  readonly book: TenantBook
  /** True for so long; undefined: no assignment begins or ends, ever. */
  readonly period: Period | undefined
  /** What counts where no place in the tenant is asked about. */
  readonly here: ScopeRow
  /** What counts everywhere in the tenant. */
  readonly everywhere: ScopeRow
  /** In the order of the walk around the tree. */
  readonly #layers: readonly Layer[]
  readonly #onResources: ReadonlyMap<string, ReadonlyMap<string, readonly OnResource[]>> | undefined

  constructor(book: TenantBook, sources: readonly Source[], now: number) {
    const present = sources.filter(({ starts, ends }) => starts <= now && now < ends)
    this.book = book
    this.period = periodOf(sources, now)
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

  /** Whether it is still true, or already. `now` in milliseconds. */
  isAsOf(now: number): boolean {
    const { period } = this
    return period === undefined || (now >= period.from && now < period.until)
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

  /** All that counts together for a thing, in each of the places that it may be in. */
  *anywhere(resource: ResourceKey): Generator<readonly ScopeRow[]> {
    yield this.at({ places: [], resource })
    for (const { place } of this.#layers) yield this.at({ places: [place], resource })
  }

  /** All that counts for a thing in a place. Undefined: something is said of just this thing as well. */
  around({ type, id }: ResourceKey, place: Place): ScopeRow | undefined {
    if (this.#onResources?.get(type)?.has(id)) return undefined
    return place.kind === 'tenant' ? this.everywhere : this.#inside(place, false)
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

function periodOf(sources: readonly Source[], now: number): Period | undefined {
  let from = Number.NEGATIVE_INFINITY
  let until = Number.POSITIVE_INFINITY
  for (const { starts, ends } of sources) {
    if (starts > now) until = Math.min(until, starts)
    else from = Math.max(from, starts)
    if (ends > now) until = Math.min(until, ends)
    else from = Math.max(from, ends)
  }
  return from === Number.NEGATIVE_INFINITY && until === Number.POSITIVE_INFINITY ? undefined : { from, until }
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
  if (said.length === 0) return around ?? book.silence
  if (said.length === 1 && (around === undefined || isSame(around, book.silence))) return said[0]!.bits
  const bits = book.newBits()
  if (around) bits.join(around)
  for (const one of said) bits.join(one.bits)
  return bits
}

function isSame(a: Bits, b: Bits): boolean {
  return a.words === b.words && a.at === b.at
}
