// Every table in one place. Row types, the adapters' statements, the drift test against a migrated catalog, and
// later encryption, export and erasure all read it from here.

import { type AccessTables, accessTables } from './access-tables.ts'
import { type ApiKeyTables, apiKeyTables } from './api-key-tables.ts'
import { type AuditTables, auditTables } from './audit-tables.ts'
import { type AuthenticationTables, authenticationTables } from './authentication-tables.ts'
import { type BillingSystemTables, billingSystemTables } from './billing-system-tables.ts'
import { type BillingTables, billingTables } from './billing-tables.ts'
import type { Column, Table } from './columns.ts'
import { type InvitationTables, invitationTables } from './invitation-tables.ts'
import { type OperatorTables, operatorTables } from './operator-tables.ts'
import { type PolicyTables, policyTables } from './policy-tables.ts'
import { systemTables as ownSystemTables, type SystemTables } from './system-tables.ts'
import { tenantTables as ownTenantTables, type TenantTables } from './tenant-tables.ts'
import { type TreeTables, treeTables } from './tree-tables.ts'

interface AllSystemTables extends SystemTables, BillingSystemTables {}
interface AllTenantTables
  extends TenantTables,
    AuthenticationTables,
    AccessTables,
    TreeTables,
    PolicyTables,
    InvitationTables,
    ApiKeyTables,
    OperatorTables,
    AuditTables,
    BillingTables {}
export interface Tables extends AllSystemTables, AllTenantTables {}

export type TableName = keyof Tables
export type SystemTableName = keyof AllSystemTables
export type TenantTableName = keyof AllTenantTables

export const systemTables = { ...ownSystemTables, ...billingSystemTables }

const { users, ...ofUsers } = ownTenantTables
const { role_assignments, ...ofAccess } = accessTables

/** In this order rows can be inserted; in the reverse, removed. */
export const tenantTables = {
  users,
  ...authenticationTables,
  ...ofUsers,
  ...ofAccess,
  ...treeTables,
  role_assignments,
  ...policyTables,
  ...invitationTables,
  ...apiKeyTables,
  ...operatorTables,
  ...auditTables,
  ...billingTables,
}

export type Row<T extends TableName> = Tables[T]

type Loose<R> = { [C in keyof R]: null extends R[C] ? C : never }[keyof R]
/** Columns with a default, as the table's description marks them. */
type Generated<T extends TableName> = keyof {
  [C in keyof Described[T]['columns'] as Described[T]['columns'][C] extends { generated: true } ? C : never]: true
} &
  keyof Row<T>

const described = {
  ...systemTables,
  ...tenantTables,
}
type Described = typeof described

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

const tables: { readonly [T in TableName]: Table<Row<T>> } = described

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
