// Every table in one place. Row types, the adapters' statements, the drift test against a migrated catalog, and
// later encryption, export and erasure all read it from here.

import type { Column, Table } from './columns.ts'
import { type SystemTables, systemTables } from './system-tables.ts'
import { type TenantTables, tenantTables } from './tenant-tables.ts'

export interface Tables extends SystemTables, TenantTables {}

export type TableName = keyof Tables
export type SystemTableName = keyof SystemTables
export type TenantTableName = keyof TenantTables

export type Row<T extends TableName> = Tables[T]

type Loose<R> = { [C in keyof R]: null extends R[C] ? C : never }[keyof R]
/** Columns with a default; `tables.ts` and the SQL agree on them (the drift test). */
type Generated<T extends TableName> = GeneratedColumns[T] & keyof Row<T>

interface GeneratedColumns {
  tenants: 'status' | 'isolation_level' | 'settings' | 'feature_flags' | 'version' | 'created_at' | 'updated_at'
  tenant_domains: 'created_at'
  users: 'status' | 'session_epoch' | 'metadata' | 'created_at' | 'updated_at'
  sessions:
    | 'generation'
    | 'rotated_at'
    | 'retries'
    | 'assurance_level'
    | 'authentication_methods'
    | 'authenticated_at'
    | 'created_at'
  sign_in_attempts: 'failures' | 'blocked_until' | 'updated_at'
  security_events: 'details' | 'created_at'
}

/** What a column takes on the way in: its value, or a moment of the database's clock. */
export type Input<V> = Date extends V ? V | Moment : V

/** A moment on the database's clock, so many milliseconds from now (negative: ago). Made by `fromNow`. */
export interface Moment {
  readonly fromNowMs: number
}

/** The database's clock, plus so many milliseconds. */
export const fromNow = (ms = 0): Moment => ({ fromNowMs: ms })

export function isMoment(value: unknown): value is Moment {
  return typeof value === 'object' && value !== null && 'fromNowMs' in value
}

type Inputs<R> = { [C in keyof R]: Input<R[C]> }

/** What an insert must say: generated and nullable columns may be left out. */
export type NewRow<T extends TableName> = Inputs<Omit<Row<T>, Loose<Row<T>> | Generated<T>>> &
  Partial<Inputs<Pick<Row<T>, (Loose<Row<T>> | Generated<T>) & keyof Row<T>>>>

const tables: { readonly [T in TableName]: Table<Row<T>> } = { ...systemTables, ...tenantTables }

export { systemTables, tenantTables }

/** The description of a table. */
export function table<T extends TableName>(name: T): Table<Row<T>> {
  return tables[name]
}

/** A table's columns as [name, facts], in declared order; without `tenant_id` for tenant tables. */
export function columnsOf(name: TableName): readonly (readonly [string, Column])[] {
  return Object.entries(tables[name].columns) as (readonly [string, Column])[]
}

export function isTenantTable(name: TableName): name is TenantTableName {
  return name in tenantTables
}
