// Records: typed access to any table, for where nothing races and no request waits. What an update can decide by
// its guard is decided by its guard: the rows come back, and none means that you lost.

import type { Input, NewRow, Row, TableName } from './tables.ts'

/** Conditions on one table; all must hold. A plain value means "equals", `null` means "is null". */
export type Where<T extends TableName> = { readonly [C in keyof Row<T>]?: Input<Row<T>[C]> | Match<Row<T>[C]> }

export type Match<V> =
  | { readonly in: readonly V[] }
  /** "is distinct from": also true of null when the value is not null. */
  | { readonly not: V }
  /** "less than" */
  | { readonly before: Input<V> }
  /** "greater than or equal" */
  | { readonly from: Input<V> }

/** New values. `{ add: n }` counts in the database, so that no increment is lost. */
export type Change<T extends TableName> = {
  readonly [C in keyof Row<T>]?: Input<Row<T>[C]> | (number extends Row<T>[C] ? { readonly add: number } : never)
}

export interface Order<T extends TableName> {
  readonly by: keyof Row<T> & string
  readonly descending?: boolean
}

export interface Find<T extends TableName> {
  readonly where?: Where<T>
  /** Columns to sort by (none of them nullable); the key is appended in the direction of the last one, so that a cursor is unambiguous. */
  readonly order?: readonly Order<T>[]
  /** The last row of the previous page (at least its order and key columns), or nothing for the first page. */
  readonly after?: Partial<Row<T>>
  /** Rows at most, 1 or more. There is no default: whoever asks says how much it can hold. */
  readonly limit: number
}

/**
 * Access to the tables named by `T`. A statement that breaks a rule of the database throws DUPLICATE (unique key),
 * REFERENCE_MISSING (foreign key) or ROW_REFUSED (check, wall), each with the table and the constraint's name.
 */
export interface Records<T extends TableName = TableName> {
  /** One row by its key columns, or any unique set of columns. */
  get<N extends T>(table: N, key: Where<N>): Promise<Row<N> | undefined>
  /** As `get`, and nobody else can change the row before this unit of work ends. Outside a unit of work, as `get`. */
  lock<N extends T>(table: N, key: Where<N>): Promise<Row<N> | undefined>
  find<N extends T>(table: N, query: Find<N>): Promise<Row<N>[]>
  /**
   * Inserts all rows or none; answers with them as stored, in the order given. With `onConflict: 'ignore'`, rows whose key (any unique one)
   * is taken are left out, and only the inserted ones come back. At most 1,000 rows.
   */
  insert<N extends T>(table: N, rows: readonly NewRow<N>[], options?: InsertOptions): Promise<Row<N>[]>
  /**
   * Changes the rows that match and returns them as they are now. `where` is the guard: of any number of
   * concurrent callers whose guard only one can satisfy, exactly one receives the row, the others receive none.
   */
  update<N extends T>(table: N, where: Where<N>, change: Change<N>): Promise<Row<N>[]>
  /** Removes the rows that match; answers how many. */
  remove<N extends T>(table: N, where: Where<N>): Promise<number>
  count<N extends T>(table: N, where?: Where<N>): Promise<number>
}

export interface InsertOptions {
  readonly onConflict?: 'refuse' | 'ignore'
}
