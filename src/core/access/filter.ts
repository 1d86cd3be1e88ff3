// Which rows may this principal act on? The answer of a check for rows that are still in the database: all of them,
// none, or those that meet a condition. From the same rules as the check, in the same places, at the same moment.

import { ALLOW, bitsOf, DENY } from './bits.ts'
import { foldCondition, type Known } from './condition-folding.ts'
import type { Condition } from './conditions.ts'
import { ALWAYS, all, any, type FilterCondition, type FilterTest, type Formula } from './filter-formula.ts'
import { type FilterOptions, rowsOf } from './filter-options.ts'
import { type Extent, type RowPlaces, reachedBy } from './filter-places.ts'
import type { Source } from './sources.ts'
import type { TenantBook } from './tenant-book.ts'

/** `always`: every row. `never`: no row, so that the query can be left out. */
export type Filter =
  | { readonly kind: 'always' }
  | { readonly kind: 'never' }
  | { readonly kind: 'conditional'; readonly where: FilterCondition }

/** Whom the filter is for, and when. */
export interface Asker {
  readonly book: TenantBook
  /** All that speaks about it, whenever. */
  readonly sources: readonly Source[]
  readonly facts: Readonly<Record<string, unknown>>
  /** Milliseconds since 1970. */
  readonly now: number
}

/** One thing that is said of the permission, and everywhere that it is said. */
interface Saying {
  readonly effect: 'allow' | 'deny'
  readonly test: Condition | undefined
  /** Undefined: every field. */
  readonly fields: readonly string[] | undefined
  readonly extents: Extent[]
}

/** @throws ORGANIZATION_UNKNOWN, TEAM_UNKNOWN, PROJECT_UNKNOWN, INPUT_INVALID */
export function filterRows({ book, sources, facts, now }: Asker, permission: number, options: FilterOptions): Filter {
  const { columns, places } = rowsOf(book, book.permissions.names[permission]!, options)
  const known: Known = { columns, facts: { principal: facts, context: options.context, now: () => now } }
  const present = sources.filter(({ starts, ends }) => starts <= now && now < ends)
  const said = sayingsOf(present, permission)
  const { fields } = options
  const touches = (saying: Saying) =>
    fields === undefined || saying.fields === undefined || fields.some((field) => saying.fields?.includes(field))
  const formulas = (sense: FilterTest['sense'], sayings: readonly Saying[]) =>
    sayings.map((saying) => formulaOf(saying, sense, known, places))
  const notDenied = all(
    formulas(
      'fails',
      said.filter((saying) => saying.effect === 'deny' && touches(saying)),
    ),
  )
  const allows = said.filter(({ effect }) => effect === 'allow')
  const allowing = (field: string | undefined) =>
    allows.filter((saying) => saying.fields === undefined || (field !== undefined && saying.fields.includes(field)))
  // fields that the same is said of are asked about once
  const together = new Map((fields ?? [undefined]).map(allowing).map((these) => [indexes(these, allows), these]))
  const allowed = all([...together.values()].map((these) => any(formulas('holds', these))))
  return asFilter(all([allowed, notDenied]))
}

function indexes(some: readonly Saying[], all: readonly Saying[]): string {
  return some.map((one) => all.indexOf(one)).join()
}

/** It is said of the row and holds, or it is not said of it or certainly fails. */
function formulaOf({ test, extents }: Saying, sense: FilterTest['sense'], known: Known, places: RowPlaces): Formula {
  const reached = reachedBy(extents, sense, places)
  const isSo = test ? foldCondition(test.tree, sense, known) : sense === 'holds' ? ALWAYS : any([])
  return sense === 'holds' ? all([reached, isSo]) : any([reached, isSo])
}

/** The same thing said in many places is one. */
function sayingsOf(sources: readonly Source[], permission: number): Saying[] {
  const plain: Record<Saying['effect'], Extent[]> = { allow: [], deny: [] }
  const ruled = new Map<object, Saying>()
  for (const source of sources) {
    const code = bitsOf(source.said.bits, permission)
    if ((code & ALLOW) !== 0) plain.allow.push(source)
    if ((code & DENY) !== 0) plain.deny.push(source)
    for (const rule of source.said.rules) {
      if (rule.permission !== permission) continue
      const saying = ruled.get(rule)
      if (saying) saying.extents.push(source)
      else ruled.set(rule, { ...rule, extents: [source] })
    }
  }
  const always = (['allow', 'deny'] as const).map(
    (effect): Saying => ({ effect, test: undefined, fields: undefined, extents: plain[effect] }),
  )
  return [...always, ...ruled.values()]
}

function asFilter(formula: Formula): Filter {
  if (formula.kind === 'always' || formula.kind === 'never') return formula
  return { kind: 'conditional', where: formula }
}
