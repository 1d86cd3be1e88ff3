// How a table is described: the type of each column, and what privacy makes of it.

/**
 * Column types, by the PostgreSQL type they stand for: `bigint` is a number in rows (safe integers only),
 * `json` any JSON value, `bytes` a Uint8Array, `time` a Date.
 */
export type ColumnType =
  | 'uuid'
  | 'text'
  | 'text[]'
  | 'integer'
  | 'bigint'
  | 'double'
  | 'boolean'
  | 'json'
  | 'bytes'
  | 'time'
  /** A transaction's number, as text. */
  | 'xid'

export interface Column {
  readonly type: ColumnType
  /** May hold null, and may be left out of an insert. */
  readonly nullable?: true
  /** Filled in by the database (a default) when an insert leaves it out. */
  readonly generated?: true
  /** About a person: exported and erased with them. */
  readonly person?: true
  /** Never leaves the database: a hash, or an encrypted value. */
  readonly secret?: true
  /** Encrypted with the keyring: readable again, and moved to the current key when the keys change. */
  readonly sealed?: true
}

export interface Table<Row> {
  readonly columns: { readonly [C in keyof Row]-?: Column }
  /** The key, without `tenant_id`, which comes first in every tenant table. */
  readonly key: readonly (keyof Row & string)[]
  /** Unique keys beside the primary one, by constraint or index name; those of tenant tables start with `tenant_id`. */
  readonly unique?: { readonly [name: string]: UniqueKey<Row> }
  /** Foreign keys, by constraint name. In a tenant table `tenant_id` leads on both sides. */
  readonly references?: { readonly [name: string]: Reference<Row> }
}

export interface UniqueKey<Row> {
  readonly columns: readonly (keyof Row & string)[]
  /** A partial key: only rows in which this column is not one of these values, is not null, or is this one take part. */
  readonly where?: { readonly column: keyof Row & string } & (
    | { readonly not: readonly (string | null)[] }
    | { readonly is: string }
  )
  /** Two nulls are the same value (NULLS NOT DISTINCT). */
  readonly nullsEqual?: true
}

export interface Reference<Row> {
  readonly columns: readonly (keyof Row & string)[]
  readonly table: string
  /** Columns of that table, all of a unique key. Default: its primary key. */
  readonly parents?: readonly string[]
  readonly onDelete: 'cascade' | 'restrict'
}
