// One of several values: fixed ones, or what stands in a list that a row has.

import { isScalar, momentOf } from '../../core/access/condition-values.ts'
import type { FilterColumn, FilterQuestion, FilterTerm } from '../../core/access/filter-formula.ts'
import { failsOf, holds, holdsOf, isBigint, isJson, isUuid, whole } from './filter-comparisons.ts'
import { every, not, type Sql, type Sure, some, sql, value } from './filter-pieces.ts'
import { columnOf, json, jsonOf, type Side, sideOf, sideOfJson, sideOfStored } from './filter-sides.ts'

/** What stands in a list while it is looked at: a name that no column of a host's has. */
const ITEM = 'freehold_item'

export function isOneOfThese(left: FilterTerm, values: readonly unknown[]): Sure {
  const column = left.kind === 'column' ? left : undefined
  const { taken, sql: direct } = column ? directly(column, values) : { taken: () => false, sql: false }
  const others = values.filter((item) => !taken(item))
  return some(direct, ...others.map((item) => holds('$eq', left, { kind: 'value', value: item })))
}

export function isNoneOfThese(left: FilterTerm, values: readonly unknown[]): Sure {
  const { present, scalar } = sideOf(left)
  if (values.length === 0) return present
  const comparable = values.every((item) => isScalar(item) || momentOf(item) !== undefined)
  return every(comparable, scalar, not(isOneOfThese(left, values)))
}

/** The pairs are hashed once, whatever their number. */
export function isPair({ left, right, pairs }: Extract<FilterQuestion, { operator: '$pairs' }>): Sure {
  const [a, b] = [left, right].map(({ type }) => (type === 'uuid' ? 'uuid' : 'text')) as [
    'uuid' | 'text',
    'uuid' | 'text',
  ]
  // what no uuid looks like is in no column of them
  const found = pairs.filter(([x, y]) => (a === 'text' || isUuid(x)) && (b === 'text' || isUuid(y)))
  if (found.length === 0) return false
  const column = (type: string, i: 0 | 1) =>
    value(
      found.map((pair) => pair[i]),
      `${type}[]`,
    )
  return sql`(${columnOf(left)}, ${columnOf(right)}) in (select * from unnest(${column(a, 0)}, ${column(b, 1)}))`
}

/** All of a kind at once, so that an index may serve. */
function directly(column: FilterColumn, values: readonly unknown[]): { taken(item: unknown): boolean; sql: Sure } {
  const of = columnOf(column)
  const any = (taken: (item: unknown) => boolean, as: string, write: (item: never) => string, given: Sql = of) => {
    const items = values.filter(taken)
    return {
      taken,
      sql:
        items.length > 0 &&
        sql`${given} = any(${value(
          items.map((item) => write(item as never)),
          `${as}[]`,
        )})`,
    }
  }
  const isText = (item: unknown) => typeof item === 'string'
  switch (column.type) {
    case 'text':
      return any(isText, 'text', String)
    case 'uuid':
      return any(isUuid, 'uuid', String)
    case 'integer':
      return any(isBigint, 'bigint', whole)
    case 'double':
      return any((item) => typeof item === 'number' && !Number.isNaN(item), 'double precision', String)
    case 'numeric':
      return any((item) => typeof item === 'number' && !Number.isNaN(item), 'numeric', String)
    case 'json':
      return any(isJson, 'jsonb', JSON.stringify, jsonOf(column))
    default:
      return { taken: () => false, sql: false }
  }
}

/** A list that rows have. */
interface List {
  readonly isList: Sure
  readonly item: Side
  /** Where its items come from; none where it is no list. */
  readonly items: Sql
}

/** Whether the value is in the list of the row. */
export function isIn(term: FilterTerm, column: FilterColumn): Sure {
  const list = listOf(column)
  return list !== undefined && (quickly(term, column) ?? exists(list, holdsOf('$eq', sideOf(term), list.item)))
}

/** It is there, and in no list: the list is null, or has nothing that could be it. */
export function isNotIn(term: FilterTerm, column: FilterColumn): Sure {
  const side = sideOf(term)
  const { isNull } = sideOf(column)
  const list = listOf(column)
  if (!list) return every(side.present, isNull)
  const open = exists(list, not(failsOf('$eq', side, list.item)))
  return every(side.present, some(isNull, every(list.isList, not(open))))
}

/** Whether it is a list at all. */
export function isList(column: FilterColumn): Sure {
  return listOf(column)?.isList ?? false
}

function exists({ items }: List, condition: Sure): Sure {
  if (condition === false) return false
  const where = condition === true ? sql`true` : condition
  return sql`exists (select 1 from ${items} as ${ITEM}(${ITEM}) where ${where})`
}

function listOf(column: FilterColumn): List | undefined {
  const item = sql`${ITEM}.${ITEM}`
  if (column.type === 'json') {
    const list = jsonOf(column)
    const isArray = sql`jsonb_typeof(${list}) = 'array'`
    const items = sql`jsonb_array_elements(case when ${isArray} then ${list} else '[]' end)`
    return { isList: isArray, item: sideOfJson(item), items }
  }
  if (!column.type.endsWith('[]')) return undefined
  const of = columnOf(column)
  const type = column.type.slice(0, -2) as 'text' | 'uuid' | 'integer'
  return { isList: sql`${of} is not null`, item: sideOfStored(item, type), items: sql`unnest(${of})` }
}

/** In a way that an index on the list may serve. */
function quickly(term: FilterTerm, column: FilterColumn): Sure | undefined {
  if (term.kind !== 'value') return undefined
  const fixed = term.value
  const of = columnOf(column)
  if (column.type === 'json') {
    if (!isJson(fixed)) return undefined
    const list = jsonOf(column)
    return sql`(jsonb_typeof(${list}) = 'array' and ${list} @> ${json(fixed)})`
  }
  if (column.type === 'text[]' && typeof fixed === 'string') return sql`${of} @> ${value([fixed], 'text[]')}`
  if (column.type === 'uuid[]' && isUuid(fixed)) return sql`${of} @> ${value([fixed], 'uuid[]')}`
  if (column.type === 'integer[]' && isBigint(fixed)) return sql`${value(whole(fixed), 'bigint')} = any(${of})`
  return undefined
}
