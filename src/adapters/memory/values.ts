// How a value is kept: frozen, comparable, and never the object that a caller holds. Times are kept as
// milliseconds, JSON as canonical text, bytes as a copy.

import { FreeholdError } from '../../core/kernel/errors.ts'
import { isId } from '../../core/kernel/ids.ts'
import { isPlainText } from '../../core/kernel/input.ts'
import type { Column } from '../../core/storage/columns.ts'
import { table as factsOf, isMoment, type TableName } from '../../core/storage/tables.ts'

export type Kept = string | number | boolean | Buffer | readonly string[] | null
export type KeptRow = { readonly [column: string]: Kept }

/** A column's facts. @throws INPUT_INVALID when the table has no such column */
export function columnFacts(table: TableName, column: string): Column {
  const columns: Readonly<Record<string, Column>> = factsOf(table).columns
  const found = Object.hasOwn(columns, column) ? columns[column] : undefined
  if (!found) {
    throw new FreeholdError('INPUT_INVALID', { field: `${table}.${column}`, problem: 'there is no such column' })
  }
  return found
}

/** The kept form of what a caller gave. @throws ROW_REFUSED when the column's type cannot hold it */
export function keep(table: TableName, column: string, value: unknown, now: number): Kept {
  if (value === null) return null
  const kept = converters[columnFacts(table, column).type](value, now)
  if (kept === undefined) throw new FreeholdError('ROW_REFUSED', { table, constraint: column })
  return kept
}

/** A fresh copy of a kept value, in the form that rows have. */
export function show(table: TableName, column: string, kept: Kept): unknown {
  if (kept === null) return null
  switch (columnFacts(table, column).type) {
    case 'time':
      return new Date(kept as number)
    case 'json':
      return JSON.parse(kept as string)
    case 'bytes':
      return new Uint8Array(kept as Buffer)
    case 'text[]':
      return [...(kept as readonly string[])]
    default:
      return kept
  }
}

/** Order of two values of one column: uuid and bytes by byte, text by code point, the rest by size. */
export function compare(a: Kept, b: Kept): number {
  if (Buffer.isBuffer(a) && Buffer.isBuffer(b)) return Buffer.compare(a, b)
  if (Array.isArray(a) && Array.isArray(b)) return compare(JSON.stringify(a), JSON.stringify(b))
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b))
  return Number(a) - Number(b)
}

/** A text that two lists of values share only when they are equal one by one. */
export function structuralKey(values: readonly (Kept | undefined)[]): string {
  return JSON.stringify(values.map((value) => (Buffer.isBuffer(value) ? { bytes: value.toString('hex') } : value)))
}

/** Undefined means: the type cannot hold this. */
const converters: { readonly [T in Column['type']]: (value: unknown, now: number) => Kept | undefined } = {
  uuid: (value) => (typeof value === 'string' && isId(value.toLowerCase()) ? value.toLowerCase() : undefined),
  text,
  'text[]': (value) => {
    if (!Array.isArray(value)) return undefined
    const texts = value.map(text)
    return texts.every((item) => item !== undefined) ? Object.freeze(texts) : undefined
  },
  integer: (value) => integer(value, -(2 ** 31), 2 ** 31 - 1),
  bigint: (value) => integer(value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  double: (value) => (typeof value === 'number' ? value : undefined),
  boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  json: (value) => {
    const written = jsonText(value)
    return written === undefined ? undefined : canonical(JSON.parse(written))
  },
  bytes: (value) => (value instanceof Uint8Array ? Buffer.from(value) : undefined),
  time: (value, now) => {
    const time = isMoment(value) ? now + value.fromNowMs : value instanceof Date ? value.getTime() : Number.NaN
    return Number.isFinite(time) ? Math.trunc(time) : undefined
  },
  xid: (value) => (typeof value === 'string' && /^\d{1,20}$/.test(value) ? value : undefined),
}

/** PostgreSQL has no zero byte in text; half of a surrogate pair is lost on the way to UTF-8. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' && !value.includes('\0') ? Buffer.from(value).toString() : undefined
}

function integer(value: unknown, least: number, most: number): number | undefined {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most
    ? (value as number) + 0
    : undefined
}

/** Undefined for what is no JSON, a circle among it. */
function jsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

/** JSON with its keys in order, so that equal values have equal texts; undefined when a string in it cannot be stored. */
function canonical(value: unknown): string | undefined {
  if (typeof value === 'string') return isPlainText(value) ? JSON.stringify(value) : undefined
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) {
    const items = value.map(canonical)
    return items.includes(undefined) ? undefined : `[${items.join(',')}]`
  }
  const entries = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, item]) => [canonical(name), canonical(item)] as const)
  if (entries.some(([name, item]) => name === undefined || item === undefined)) return undefined
  return `{${entries.map(([name, item]) => `${name}:${item}`).join(',')}}`
}
