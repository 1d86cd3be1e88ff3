// Where the rows are: one Map per owner (a tenant, or the system) and table. Every write remembers what was there
// before, so that a transaction, a part of one, or a single statement can be taken back.

import type { TableName } from '../../core/storage/tables.ts'
import { type KeptRow, structuralKey } from './values.ts'

export interface Rows {
  /** One owner's rows of one table, by key. */
  of(owner: string, table: TableName): ReadonlyMap<string, KeptRow>
  /** Sets a row, or removes it. */
  put(owner: string, table: TableName, key: string, row: KeptRow | undefined): void
  /** Where the writing stands now; `takeBack` returns to it. */
  mark(): number
  takeBack(mark: number): void
  /** Forgets how to take back: what is written stays. */
  settle(): void
  /** The number of the transaction under way. */
  transaction(): string
  /** A number greater than any before; one that was taken back is not given again. */
  position(): number
}

export function createRows(): Rows {
  const tables = new Map<string, Map<string, KeptRow>>()
  let undo: (() => void)[] = []
  let transactions = 1
  let positions = 0

  function rowsOf(owner: string, table: TableName): Map<string, KeptRow> {
    const slot = structuralKey([owner, table])
    const rows = tables.get(slot) ?? new Map<string, KeptRow>()
    tables.set(slot, rows)
    return rows
  }

  function set(rows: Map<string, KeptRow>, key: string, row: KeptRow | undefined): void {
    if (row) rows.set(key, row)
    else rows.delete(key)
  }

  return {
    of: rowsOf,
    put(owner, table, key, row) {
      const rows = rowsOf(owner, table)
      const before = rows.get(key)
      undo.push(() => set(rows, key, before))
      set(rows, key, row)
    },
    mark: () => undo.length,
    takeBack(mark) {
      while (undo.length > mark) undo.pop()!()
    },
    settle() {
      undo = []
      transactions++
    },
    transaction: () => String(transactions),
    position: () => ++positions,
  }
}
