// Conditions and orders, as functions on rows.

import { FreeholdError } from '../../core/kernel/errors.ts'
import type { Find, Match, Where } from '../../core/storage/records.ts'
import { table as factsOf, isMoment, type TableName } from '../../core/storage/tables.ts'
import { columnFacts, compare, type Kept, type KeptRow, keep } from './values.ts'

export type Predicate = (row: KeptRow) => boolean

/**
 * True for rows in which every condition holds. A condition that is undefined is a mistake, never "any".
 * @throws INPUT_INVALID, ROW_REFUSED (a value that the column's type cannot hold)
 */
export function matching<T extends TableName>(table: T, where: Where<T>, now: number): Predicate {
  const conditions = Object.entries(where).map(([column, condition]) => {
    columnFacts(table, column)
    if (condition === undefined) throw invalid(`${table}.${column}`, 'a condition is undefined')
    const test = tester(condition, (value) => {
      if (value === undefined) throw invalid(`${table}.${column}`, 'a condition is undefined')
      return keep(table, column, value, now)
    })
    return (row: KeptRow): boolean => test(row[column] ?? null)
  })
  return (row) => conditions.every((holds) => holds(row))
}

/** Rows in order; the key is appended in the direction of the last column named. @throws INPUT_INVALID */
export function ordering<T extends TableName>(table: T, query: Find<T>): (a: KeptRow, b: KeptRow) => number {
  const columns = orderColumns(table, query)
  return (a, b) => {
    for (const { by, descending } of columns) {
      const difference = compare(a[by] ?? null, b[by] ?? null)
      if (difference !== 0) return descending ? -difference : difference
    }
    return 0
  }
}

/** True for rows that come after the cursor in the query's order. @throws INPUT_INVALID when it lacks a column of the order */
export function beyond<T extends TableName>(table: T, query: Find<T>, now: number): Predicate {
  if (!query.after) return () => true
  const given: Readonly<Record<string, unknown>> = query.after
  const cursor: Record<string, Kept> = {}
  for (const { by } of orderColumns(table, query)) {
    if (given[by] === undefined || given[by] === null) throw invalid('after', `it lacks ${table}.${by}`)
    cursor[by] = keep(table, by, given[by], now)
  }
  const order = ordering(table, query)
  return (row) => order(row, cursor) > 0
}

function orderColumns<T extends TableName>(table: T, query: Find<T>): { by: string; descending: boolean }[] {
  const named = (query.order ?? []).map(({ by, descending = false }) => {
    if (columnFacts(table, by).nullable) throw invalid('order', `${table}.${by} may be null`)
    return { by: by as string, descending }
  })
  const descending = named.at(-1)?.descending ?? false
  const key = factsOf(table).key.filter((column) => !named.some(({ by }) => by === column))
  return [...named, ...key.map((by) => ({ by: by as string, descending }))]
}

function tester(condition: unknown, kept: (value: unknown) => Kept): (value: Kept) => boolean {
  if (!isMatch(condition)) {
    const wanted = kept(condition)
    return wanted === null ? (value) => value === null : (value) => value !== null && compare(value, wanted) === 0
  }
  if ('in' in condition) {
    const wanted = condition.in.map(kept).filter((value) => value !== null)
    return (value) => value !== null && wanted.some((one) => compare(value, one) === 0)
  }
  if ('not' in condition) {
    const unwanted = kept(condition.not)
    return (value) => (value === null || unwanted === null ? value !== unwanted : compare(value, unwanted) !== 0)
  }
  const bound = kept('before' in condition ? condition.before : condition.from)
  if (bound === null) return () => false
  const below = 'before' in condition
  return (value) => value !== null && compare(value, bound) < 0 === below
}

function isMatch(condition: unknown): condition is Match<unknown> {
  if (typeof condition !== 'object' || condition === null || isMoment(condition)) return false
  const [name, ...more] = Object.keys(condition)
  if (name === undefined || more.length > 0) return false
  return 'in' in condition ? Array.isArray(condition.in) : ['not', 'before', 'from'].includes(name)
}

function invalid(field: string, problem: string): FreeholdError {
  return new FreeholdError('INPUT_INVALID', { field, problem })
}
