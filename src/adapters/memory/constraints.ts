// The rules that tables.ts states: nothing missing, unique keys, foreign keys. Each refusal names the constraint as
// the database does.

import { FreeholdError } from '../../core/kernel/errors.ts'
import type { Reference, UniqueKey } from '../../core/storage/columns.ts'
import {
  columnsOf,
  table as factsOf,
  isTenantTable,
  type Row,
  systemTables,
  type TableName,
  tenantTables,
} from '../../core/storage/tables.ts'
import { failedCheck } from './checks.ts'
import type { Rows } from './rows.ts'
import { type Kept, type KeptRow, show, structuralKey } from './values.ts'

/** A row as callers see it: fresh copies, columns in declared order. */
export function showRow<T extends TableName>(table: T, row: KeptRow): Row<T> {
  const shown: Record<string, unknown> = {}
  for (const [column] of columnsOf(table)) shown[column] = show(table, column, row[column] ?? null)
  return shown as never
}

/** The key under which a row is kept. */
export function keyOf(table: TableName, row: KeptRow): string {
  return structuralKey(pick(row, factsOf(table).key))
}

/** @throws ROW_REFUSED for a missing value, or a failed check */
export function checkRow(table: TableName, row: KeptRow): void {
  for (const [column, facts] of columnsOf(table)) {
    if (!facts.nullable && (row[column] ?? null) === null) {
      throw new FreeholdError('ROW_REFUSED', { table, constraint: column })
    }
  }
  const constraint = failedCheck(table, showRow(table, row))
  if (constraint) throw new FreeholdError('ROW_REFUSED', { table, constraint })
}

/** The unique key that a row would break, beside rows other than its own former self. */
export function takenKey(
  rows: Rows,
  owner: string,
  table: TableName,
  row: KeptRow,
  formerKey?: string,
): string | undefined {
  const ownKey = keyOf(table, row)
  if (ownKey !== formerKey && rows.of(owner, table).has(ownKey)) return `${table}_pkey`
  for (const [constraint, unique] of uniqueKeysOf(table)) {
    const slot = slotIn(unique, row)
    if (slot === undefined) continue
    for (const [key, other] of rows.of(owner, table)) {
      if (key !== formerKey && slotIn(unique, other) === slot) return constraint
    }
  }
  return undefined
}

/** @throws REFERENCE_MISSING when a row points at none */
export function checkReferences(rows: Rows, owner: string, table: TableName, row: KeptRow): void {
  for (const [constraint, reference] of referencesOf(table)) {
    if (!pointsAt(rows, owner, row, reference)) throw new FreeholdError('REFERENCE_MISSING', { table, constraint })
  }
}

export interface Referrer {
  readonly table: TableName
  readonly constraint: string
  readonly onDelete: 'cascade' | 'restrict'
  readonly key: string
}

/** The rows that point at this one, in the same owner's tables. */
export function referrers(rows: Rows, owner: string, table: TableName, key: string): Referrer[] {
  return referencesTo(table).flatMap(([other, constraint, reference]) =>
    [...rows.of(owner, other)]
      .filter(([, row]) => parentKey(reference, row) === key)
      .map(([referrerKey]) => ({ table: other, constraint, onDelete: reference.onDelete, key: referrerKey })),
  )
}

/** The first row that pointed at this one, which is another now than what it names. */
export function strayed(rows: Rows, owner: string, table: TableName, key: string): Referrer | undefined {
  for (const [other, constraint, reference] of referencesTo(table)) {
    if (!reference.parents) continue
    for (const [referrerKey, row] of rows.of(owner, other)) {
      if (parentKey(reference, row) !== key || pointsAt(rows, owner, row, reference)) continue
      return { table: other, constraint, onDelete: reference.onDelete, key: referrerKey }
    }
  }
  return undefined
}

function referencesTo(table: TableName): [TableName, string, Reference<never>][] {
  const neighbours = Object.keys(isTenantTable(table) ? tenantTables : systemTables) as TableName[]
  return neighbours.flatMap((other) =>
    referencesOf(other)
      .filter(([, reference]) => reference.table === table)
      .map(([constraint, reference]): [TableName, string, Reference<never>] => [other, constraint, reference]),
  )
}

/** The key of the row that this one would point at, or undefined when it points at none. */
function parentKey({ columns, table, parents }: Reference<never>, row: KeptRow): string | undefined {
  const target = pick(row, columns)
  if (target.includes(null)) return undefined
  const { key } = factsOf(table as TableName)
  return structuralKey(parents ? key.map((column) => target[parents.indexOf(column)] ?? null) : target)
}

function pointsAt(rows: Rows, owner: string, row: KeptRow, reference: Reference<never>): boolean {
  const key = parentKey(reference, row)
  if (key === undefined) return true
  const parent = rows.of(owner, reference.table as TableName).get(key)
  if (!parent || !reference.parents) return parent !== undefined
  return structuralKey(pick(parent, reference.parents)) === structuralKey(pick(row, reference.columns))
}

function referencesOf(table: TableName): [string, Reference<never>][] {
  return Object.entries(factsOf(table).references ?? {}) as [string, Reference<never>][]
}

function uniqueKeysOf(table: TableName): [string, UniqueKey<never>][] {
  return Object.entries(factsOf(table).unique ?? {}) as [string, UniqueKey<never>][]
}

function takesPart(where: NonNullable<UniqueKey<never>['where']>, value: string | null): boolean {
  return 'is' in where ? value === where.is : !where.not.includes(value)
}

/** What a row holds of a unique key, or undefined when it takes no part in it. */
function slotIn({ columns, where, nullsEqual }: UniqueKey<never>, row: KeptRow): string | undefined {
  if (where && !takesPart(where, (row[where.column] ?? null) as string | null)) return undefined
  const values = pick(row, columns)
  return values.includes(null) && !nullsEqual ? undefined : structuralKey(values)
}

function pick(row: KeptRow, columns: readonly string[]): Kept[] {
  return columns.map((column) => row[column] ?? null)
}
