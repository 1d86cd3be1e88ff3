// The record operations on one owner's rows. A statement that throws may have written already: whoever runs it takes
// that back.

import { FreeholdError } from '../../core/kernel/errors.ts'
import type { Change, Find, InsertOptions, Where } from '../../core/storage/records.ts'
import { columnsOf, type NewRow, type Row, type TableName } from '../../core/storage/tables.ts'
import { checkReferences, checkRow, keyOf, referrers, showRow, strayed, takenKey } from './constraints.ts'
import { defaults, NEXT_POSITION, PRESENT_TRANSACTION } from './defaults.ts'
import { beyond, matching, ordering } from './matching.ts'
import type { Rows } from './rows.ts'
import { columnFacts, type Kept, type KeptRow, keep } from './values.ts'

/** As `Records`, without waiting: whoever holds these holds the storage. */
export interface Statements {
  /** Milliseconds since 1970 on the storage's clock. */
  now(): number
  get<T extends TableName>(table: T, key: Where<T>): Row<T> | undefined
  find<T extends TableName>(table: T, query: Find<T>): Row<T>[]
  insert<T extends TableName>(table: T, rows: readonly NewRow<T>[], options?: InsertOptions): Row<T>[]
  update<T extends TableName>(table: T, where: Where<T>, change: Change<T>): Row<T>[]
  remove<T extends TableName>(table: T, where: Where<T>): number
  count<T extends TableName>(table: T, where?: Where<T>): number
}

const ROWS_AT_MOST = 1_000
/** What nobody may do to the log; on a server the application has no right to. */
const KEPT: { readonly [K in 'update' | 'remove']: readonly TableName[] } = {
  update: ['audit_events', 'audit_pending'],
  remove: ['audit_events', 'audit_pending'],
}

export function createStatements(rows: Rows, owner: string, now: () => number): Statements {
  function matches<T extends TableName>(table: T, where: Where<T>): [string, KeptRow][] {
    const holds = matching(table, where, now())
    return [...rows.of(owner, table)].filter(([, row]) => holds(row))
  }

  /** Answers the rows that went, those that went with it included. */
  function removeRow(table: TableName, key: string): [TableName, string][] {
    if (!rows.of(owner, table).has(key)) return []
    rows.put(owner, table, key, undefined)
    const cascade = referrers(rows, owner, table, key).filter(({ onDelete }) => onDelete === 'cascade')
    return [[table, key], ...cascade.flatMap((referrer) => removeRow(referrer.table, referrer.key))]
  }

  return {
    now,
    get(table, key) {
      const [found] = matches(table, key)
      return found && showRow(table, found[1])
    },
    find(table, query) {
      if (!Number.isInteger(query.limit) || query.limit < 1)
        throw invalid('limit', 'it must be an integer of 1 or more')
      const follows = beyond(table, query, now())
      return matches(table, query.where ?? {})
        .map(([, row]) => row)
        .filter(follows)
        .sort(ordering(table, query))
        .slice(0, query.limit)
        .map((row) => showRow(table, row))
    },
    insert(table, newRows, options = {}) {
      if (newRows.length > ROWS_AT_MOST) throw invalid('rows', `at most ${ROWS_AT_MOST} at once`)
      const time = now()
      const inserted: KeptRow[] = []
      for (const row of newRows.map((values) => newRow(rows, table, values, time))) {
        checkRow(table, row)
        const constraint = takenKey(rows, owner, table, row)
        if (constraint && options.onConflict === 'ignore') continue
        if (constraint) throw new FreeholdError('DUPLICATE', { table, constraint })
        rows.put(owner, table, keyOf(table, row), row)
        inserted.push(row)
      }
      // foreign keys are looked at when the statement is complete: its rows may point at each other
      for (const row of inserted) checkReferences(rows, owner, table, row)
      return inserted.map((row) => showRow(table, row))
    },
    update(table, where, change) {
      if (KEPT.update.includes(table)) throw kept(table)
      if (Object.keys(change).length === 0) throw invalid('change', 'it changes nothing')
      const time = now()
      const changed = matches(table, where).map(([key, before]): [string, KeptRow] => {
        const row = changedRow(table, before, change, time)
        checkRow(table, row)
        const constraint = takenKey(rows, owner, table, row, key)
        if (constraint) throw new FreeholdError('DUPLICATE', { table, constraint })
        if (keyOf(table, row) !== key) rows.put(owner, table, key, undefined)
        rows.put(owner, table, keyOf(table, row), row)
        return [key, row]
      })
      for (const [key, row] of changed) {
        checkReferences(rows, owner, table, row)
        const left = rows.of(owner, table).has(key)
          ? strayed(rows, owner, table, key)
          : referrers(rows, owner, table, key)[0]
        if (left) throw referenced(left)
      }
      return changed.map(([, row]) => showRow(table, row))
    },
    remove(table, where) {
      if (KEPT.remove.includes(table)) throw kept(table)
      const found = matches(table, where)
      const gone = found.flatMap(([key]) => removeRow(table, key))
      // looked at when the statement is complete: what pointed at it may be gone too
      for (const [parent, key] of gone) {
        const [left] = referrers(rows, owner, parent, key)
        if (left) throw referenced(left)
      }
      return found.length
    },
    count: (table, where = {}) => matches(table, where).length,
  }
}

function newRow(rows: Rows, table: TableName, values: object, now: number): KeptRow {
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  const row: Record<string, Kept> = {}
  for (const [column] of columnsOf(table)) row[column] = null
  for (const [column, value] of [...Object.entries(defaults[table]), ...given]) {
    columnFacts(table, column)
    row[column] = keep(table, column, filledIn(rows, value), now)
  }
  return Object.freeze(row)
}

function filledIn(rows: Rows, value: unknown): unknown {
  if (value === PRESENT_TRANSACTION) return rows.transaction()
  return value === NEXT_POSITION ? rows.position() : value
}

function changedRow(table: TableName, before: KeptRow, change: object, now: number): KeptRow {
  const row: Record<string, Kept> = { ...before }
  for (const [column, value] of Object.entries(change)) {
    const { type } = columnFacts(table, column)
    if (value === undefined) throw invalid(`${table}.${column}`, 'a new value is undefined')
    const counted = ['integer', 'bigint', 'double'].includes(type) && isAdd(value)
    const sum = counted && before[column] !== null ? (before[column] as number) + value.add : null
    row[column] = keep(table, column, counted ? sum : value, now)
  }
  return Object.freeze(row)
}

function isAdd(value: unknown): value is { readonly add: number } {
  return typeof value === 'object' && value !== null && 'add' in value && typeof value.add === 'number'
}

function kept(table: TableName): FreeholdError {
  return new FreeholdError('ROW_REFUSED', { table, constraint: 'freehold_wall' })
}

function referenced({ table, constraint }: { table: TableName; constraint: string }): FreeholdError {
  return new FreeholdError('REFERENCE_MISSING', { table, constraint })
}

function invalid(field: string, problem: string): FreeholdError {
  return new FreeholdError('INPUT_INVALID', { field, problem })
}
