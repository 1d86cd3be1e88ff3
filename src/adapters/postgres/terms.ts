// Conditions and changes, taken apart: their shape, which decides the SQL text, and their values, which travel as
// parameters. The same shape has the same text, so a text is built once.

import { isMoment } from '../../core/storage/tables.ts'
import type { Parameter } from './codec.ts'
import { columnOf, columnValue, columnValues, invalid, type TableFacts } from './column-values.ts'

/** How a column is compared or set. `moment`: the value is milliseconds from now on the database's clock. */
export type How =
  | 'value'
  | 'moment'
  | 'null'
  | 'in'
  | 'not'
  | 'not-null'
  | 'before'
  | 'before-moment'
  | 'from'
  | 'from-moment'
  | 'add'
  | 'default'

export interface Term {
  readonly column: string
  readonly how: How
  /** Position of the value in the list of values; -1: it has none. */
  readonly slot: number
}

/** Takes a `where` apart; appends its values. A condition that is undefined is a mistake, never "any". @throws INPUT_INVALID, ROW_REFUSED */
export function conditions(table: TableFacts, where: object, values: Parameter[]): Term[] {
  const terms: Term[] = []
  for (const column of Object.keys(where)) {
    const condition: unknown = (where as Record<string, unknown>)[column]
    const { type } = columnOf(table, column)
    let how: How
    let wanted = condition
    if (condition === null) how = 'null'
    else if (typeof condition !== 'object' || condition instanceof Date || condition instanceof Uint8Array)
      how = 'value'
    else if (isMoment(condition)) how = 'moment'
    else [how, wanted] = match(condition)
    if (wanted === undefined) throw invalid(`${table.name}.${column}`, 'a condition is undefined')
    if (how === 'null' || how === 'not-null') {
      terms.push({ column, how, slot: -1 })
      continue
    }
    values.push(
      how === 'in' ? columnValues(table, column, type, wanted as unknown[]) : columnValue(table, column, type, wanted),
    )
    terms.push({ column, how, slot: values.length - 1 })
  }
  return terms
}

/** An object that is no match is a value: JSON, or an array. */
function match(condition: object): [How, unknown] {
  const keys = Object.keys(condition)
  if (keys.length === 1) {
    if ('in' in condition && Array.isArray(condition.in)) {
      return ['in', condition.in.includes(undefined) ? undefined : condition.in]
    }
    if ('not' in condition) return condition.not === null ? ['not-null', null] : ['not', condition.not]
    if ('before' in condition) return [isMoment(condition.before) ? 'before-moment' : 'before', condition.before]
    if ('from' in condition) return [isMoment(condition.from) ? 'from-moment' : 'from', condition.from]
  }
  return ['value', condition]
}

/** Takes a `change` apart. @throws INPUT_INVALID, ROW_REFUSED */
export function changes(table: TableFacts, change: object, values: Parameter[]): Term[] {
  return Object.entries(change).map(([column, value]: [string, unknown]) => {
    const { type } = columnOf(table, column)
    if (value === undefined) throw invalid(`${table.name}.${column}`, 'a new value is undefined')
    const counted = type === 'integer' || type === 'bigint' || type === 'double'
    if (counted && isAdd(value)) {
      values.push(columnValue(table, column, type, value.add))
      return { column, how: 'add', slot: values.length - 1 }
    }
    return assigned(table, column, value, values)
  })
}

/** Takes a new row apart, for these columns; what it leaves out has its default. @throws INPUT_INVALID, ROW_REFUSED */
export function newRow(table: TableFacts, columns: readonly string[], row: object, values: Parameter[]): Term[] {
  return columns.map((column) => {
    const value: unknown = (row as Record<string, unknown>)[column]
    if (value === undefined) return { column, how: 'default', slot: -1 }
    return assigned(table, column, value, values)
  })
}

function assigned(table: TableFacts, column: string, value: unknown, values: Parameter[]): Term {
  const { type } = columnOf(table, column)
  values.push(columnValue(table, column, type, value))
  return { column, how: type === 'time' && isMoment(value) ? 'moment' : 'value', slot: values.length - 1 }
}

function isAdd(value: unknown): value is { readonly add: unknown } {
  return typeof value === 'object' && value !== null && 'add' in value
}

/** Terms of the same shape have the same signature. Columns are the table's own, so the text is unambiguous. */
export function signature(terms: readonly Term[]): string {
  let text = ''
  for (const { column, how } of terms) text += ` ${column}:${how}`
  return text
}
