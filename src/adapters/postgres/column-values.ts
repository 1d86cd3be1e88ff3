// What a column takes, by its type in tables.ts, as a bind parameter. What the type cannot hold is refused here, so
// that it costs no round trip and no transaction.

import { FreeholdError } from '../../core/kernel/errors.ts'
import { isId } from '../../core/kernel/ids.ts'
import type { Column, ColumnType } from '../../core/storage/columns.ts'
import { isMoment, systemTables, type TableName, tenantTables } from '../../core/storage/tables.ts'
import { type Parameter, toArray } from './codec.ts'

/** A table as records see it. */
export interface TableFacts {
  readonly name: TableName
  /** Every row belongs to a tenant, and says so in `tenant_id`. */
  readonly walled: boolean
  readonly columns: ReadonlyMap<string, Column>
  readonly columnNames: readonly string[]
  readonly key: readonly string[]
}

/** The tables of a scope, by name. */
export type Catalog = ReadonlyMap<string, TableFacts>

interface Described {
  readonly columns: Readonly<Record<string, Column>>
  readonly key: readonly string[]
}

function catalogOf(tables: Readonly<Record<string, Described>>, walled: boolean): Catalog {
  return new Map(
    Object.entries(tables).map(([name, { columns, key }]) => {
      const facts = { name: name as TableName, walled, columns: new Map(Object.entries(columns)), key }
      return [name, { ...facts, columnNames: Object.keys(columns) }]
    }),
  )
}

export const tenantCatalog: Catalog = catalogOf(tenantTables, true)
export const systemCatalog: Catalog = catalogOf(systemTables, false)

/** @throws INPUT_INVALID when the table has no such column */
export function columnOf(table: TableFacts, column: string): Column {
  const found = table.columns.get(column)
  if (!found) throw invalid(`${table.name}.${column}`, 'there is no such column')
  return found
}

/** One value of a column; a moment becomes its milliseconds. @throws ROW_REFUSED naming the column */
export function columnValue(table: TableFacts, column: string, type: ColumnType, value: unknown): Parameter {
  if (value === null) return null
  const taken = takers[type](value)
  if (taken === undefined) throw new FreeholdError('ROW_REFUSED', { table: table.name, constraint: column })
  return taken
}

/** Several values of a column, as one array parameter; null equals nothing and is left out. @throws as columnValue */
export function columnValues(table: TableFacts, column: string, type: ColumnType, values: readonly unknown[]): string {
  return toArray(values.filter((value) => value !== null).map((value) => columnValue(table, column, type, value)))
}

/** Undefined means: the type cannot hold this. */
const takers: { readonly [T in ColumnType]: (value: unknown) => Parameter | undefined } = {
  uuid: (value) => (typeof value === 'string' && isId(value.toLowerCase()) ? value : undefined),
  text,
  'text[]': (value) =>
    Array.isArray(value) && value.every((item) => text(item) !== undefined) ? toArray(value) : undefined,
  integer: (value) => integer(value, -(2 ** 31), 2 ** 31 - 1),
  bigint: (value) => integer(value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  double: (value) => (typeof value === 'number' ? String(value) : undefined),
  boolean: (value) => (typeof value === 'boolean' ? String(value) : undefined),
  json: (value) => {
    try {
      return JSON.stringify(value)
    } catch {
      return undefined
    }
  },
  bytes: (value) => {
    if (Buffer.isBuffer(value)) return value
    return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : undefined
  },
  time: (value) => {
    if (isMoment(value)) return Number.isFinite(value.fromNowMs) ? String(value.fromNowMs) : undefined
    return value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : undefined
  },
  xid: (value) => (typeof value === 'string' && /^\d{1,20}$/.test(value) ? value : undefined),
}

/** PostgreSQL has no zero byte in text. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' && !value.includes('\0') ? value : undefined
}

function integer(value: unknown, least: number, most: number): string | undefined {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most ? String(value) : undefined
}

export function invalid(field: string, problem: string): FreeholdError {
  return new FreeholdError('INPUT_INVALID', { field, problem })
}
