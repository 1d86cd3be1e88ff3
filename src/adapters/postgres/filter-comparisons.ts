// Equality and order of two sides: where the comparison holds, and where it fails. Neither is the opposite of the other,
// and neither is ever null where it matters. A column that is compared with a fixed value comes first: there an index
// may serve.

import type { OrderOperator } from '../../core/access/condition-tree.ts'
import { momentOf } from '../../core/access/condition-values.ts'
import type { FilterColumn, FilterTerm } from '../../core/access/filter-formula.ts'
import { every, not, type Sql, type Sure, some, sql, value } from './filter-pieces.ts'
import { columnOf, double, json, jsonOf, type NumberSide, type Side, sideOf, timestamp } from './filter-sides.ts'

export type Comparison = '$eq' | OrderOperator

const SIGNS = { $eq: '=', $lt: '<', $lte: '<=', $gt: '>', $gte: '>=' } as const
const TURNED = { $eq: '$eq', $lt: '$gt', $lte: '$gte', $gt: '$lt', $gte: '$lte' } as const

export function holds(operator: Comparison, left: FilterTerm, right: FilterTerm): Sure {
  const direct =
    left.kind === 'column' && right.kind === 'value'
      ? directly(operator, left, right.value)
      : left.kind === 'value' && right.kind === 'column'
        ? directly(TURNED[operator], right, left.value)
        : undefined
  return direct ?? holdsOf(operator, sideOf(left), sideOf(right))
}

export function fails(operator: Comparison, left: FilterTerm, right: FilterTerm): Sure {
  const [a, b] = [sideOf(left), sideOf(right)]
  if (operator === '$eq') return every(a.scalar, b.scalar, not(holds('$eq', left, right)))
  return failsOf(operator, a, b)
}

/** Of sides in general. */
export function holdsOf(operator: Comparison, a: Side, b: Side): Sure {
  const bothNull = operator === '$eq' ? every(a.isNull, b.isNull) : false
  return some(bothNull, ...pairsOf(operator, a, b).map(({ isSo }) => isSo))
}

/** Of sides in general. */
export function failsOf(operator: Comparison, a: Side, b: Side): Sure {
  if (operator === '$eq') return every(a.scalar, b.scalar, not(holdsOf('$eq', a, b)))
  const eitherNull = some(every(a.isNull, b.present), every(b.isNull, a.present))
  return some(eitherNull, ...pairsOf(operator, a, b).map(({ known, isSo }) => every(known, not(isSo))))
}

/** A kind of value that both may be of: where they are, and where the comparison is so then. */
interface Pair {
  readonly known: Sure
  readonly isSo: Sure
}

function pairsOf(operator: Comparison, a: Side, b: Side): Pair[] {
  const pairs: Pair[] = []
  const add = (x: Sql | undefined, y: Sql | undefined, isSo: (x: Sql, y: Sql) => Sure): void => {
    if (!x || !y) return
    const known = every(a.fixed || sql`${x} is not null`, b.fixed || sql`${y} is not null`)
    pairs.push({ known, isSo: isSo(x, y) })
  }
  const compared = (x: Sql, y: Sql) => compare(operator, x, y)
  add(a.text, b.text, (x, y) => compareTexts(operator, x, y))
  add(a.time, b.time, compared)
  add(a.time, b.moment, compared)
  add(a.moment, b.time, compared)
  // neither true nor false comes first
  if (operator === '$eq') add(a.boolean, b.boolean, compared)
  if (a.number && b.number) {
    const [{ stored: x, exact: exactX }, { stored: y, exact: exactY }] = [a.number, b.number]
    // to PostgreSQL NaN is equal to itself, and greater than all
    const isNumber = (side: NumberSide): Sure => !side.mayBeNaN || sql`${side.exact} <> 'NaN'`
    const areNumbers = every(isNumber(a.number), isNumber(b.number))
    add(x && y ? x : exactX, x && y ? y : exactY, (one, other) => every(compared(one, other), areNumbers))
  }
  return pairs
}

function compare(operator: Comparison, x: Sql, y: Sql): Sql {
  return sql`${x} ${SIGNS[operator]} ${y}`
}

/** In the order of code points, whatever the order of the database is. */
export function compareTexts(operator: Comparison, x: Sql, y: Sql): Sql {
  return operator === '$eq' ? compare(operator, x, y) : sql`${x} collate "C" ${SIGNS[operator]} ${y}`
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** As it would be written by hand. Undefined: there is no such way. */
function directly(operator: Comparison, column: FilterColumn, fixed: unknown): Sure | undefined {
  const of = columnOf(column)
  const sign = SIGNS[operator]
  switch (column.type) {
    case 'uuid':
      if (typeof fixed !== 'string' || operator !== '$eq') return undefined
      // what no uuid looks like is none of them
      return isUuid(fixed) && sql`${of} = ${value(fixed, 'uuid')}`
    case 'integer':
      return typeof fixed === 'number' ? compareWhole(operator, of, fixed) : undefined
    case 'double':
    case 'numeric': {
      if (typeof fixed !== 'number') return undefined
      if (Number.isNaN(fixed)) return false
      const given = column.type === 'double' ? double(fixed) : value(String(fixed), 'numeric')
      return every(sql`${of} ${sign} ${given}`, !sign.startsWith('>') || sql`${of} <> 'NaN'`)
    }
    case 'time': {
      const ms = fixed === null || typeof fixed === 'number' ? undefined : momentOf(fixed)
      return ms === undefined ? undefined : compareTime(operator, of, ms)
    }
    case 'json':
      return operator === '$eq' && isJson(fixed) ? sql`${jsonOf(column)} = ${json(fixed)}` : undefined
    default:
      return undefined
  }
}

export function isUuid(text: unknown): text is string {
  return typeof text === 'string' && UUID.test(text)
}

/** What JSON holds, and is equal to nothing else. */
export function isJson(fixed: unknown): boolean {
  return typeof fixed === 'string' || typeof fixed === 'boolean' || fixed === null || Number.isFinite(fixed)
}

const BIGINT = 2 ** 63

export function isBigint(number: unknown): number is number {
  return Number.isInteger(number) && (number as number) >= -BIGINT && (number as number) < BIGINT
}

/** With a whole number, so that an index on whole numbers serves: below 2.5 is at most 2. */
function compareWhole(operator: Comparison, of: Sql, fixed: number): Sure {
  if (Number.isNaN(fixed)) return false
  const downwards = operator === '$lt' || operator === '$lte'
  if (!isBigint(Number.isInteger(fixed) ? fixed : Math.trunc(fixed))) {
    const reachesAll = operator !== '$eq' && fixed > 0 === downwards
    return reachesAll && sql`${of} is not null`
  }
  if (Number.isInteger(fixed)) return sql`${of} ${SIGNS[operator]} ${value(whole(fixed), 'bigint')}`
  if (operator === '$eq') return false
  const bound = downwards ? Math.floor(fixed) : Math.ceil(fixed)
  return sql`${of} ${downwards ? '<=' : '>='} ${value(whole(bound), 'bigint')}`
}

/** Without an exponent. */
export function whole(number: number): string {
  return BigInt(number).toString()
}

/** A timestamp is finer than a Date: what begins within a millisecond is in it. The ends of time are no times. */
function compareTime(operator: Comparison, of: Sql, ms: number): Sql {
  const [start, end] = [timestamp(ms), timestamp(ms + 1)]
  switch (operator) {
    case '$eq':
      return sql`(${of} >= ${start} and ${of} < ${end})`
    case '$lt':
      return sql`(${of} < ${start} and ${of} > '-infinity')`
    case '$lte':
      return sql`(${of} < ${end} and ${of} > '-infinity')`
    case '$gt':
      return sql`(${of} >= ${end} and ${of} < 'infinity')`
    case '$gte':
      return sql`(${of} >= ${start} and ${of} < 'infinity')`
  }
}

/** From and to, both included. */
export function timeDuring(of: Sql, from: number, to: number): Sql {
  return sql`(${of} >= ${timestamp(from)} and ${of} < ${timestamp(to + 1)})`
}
