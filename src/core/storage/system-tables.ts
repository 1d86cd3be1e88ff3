// The system tables: what is known before any tenant is entered. They live in the control database and have no
// tenant wall; nothing a tenant's user wrote is in them.

import type { Table } from './columns.ts'

export type TenantStatus = 'active' | 'suspended' | 'moving' | 'deleted' | 'purging'
export type IsolationLevel = 'shared' | 'semi-isolated' | 'fully-isolated'

export interface TenantRow {
  id: string
  /** The name in URLs: lower case, unique, free again once the tenant is purged. */
  slug: string
  name: string
  status: TenantStatus
  isolation_level: IsolationLevel
  /** Where the rows live; null: the control database's own value. */
  database_host: string | null
  database_port: number | null
  database_name: string | null
  database_schema: string | null
  plan: string | null
  settings: Record<string, unknown>
  feature_flags: Record<string, boolean>
  /** Moves on with every change of the row: compare it before you write. */
  version: number
  suspended_reason: string | null
  created_at: Date
  updated_at: Date
  suspended_at: Date | null
  deleted_at: Date | null
}

export interface TenantDomainRow {
  id: string
  tenant_id: string
  /** ASCII (IDN in its xn-- form), lower case, no port, no trailing dot. */
  domain: string
  /** What the owner puts into DNS; public by nature. */
  verification_token: string
  verified_at: Date | null
  created_at: Date
}

export interface SystemTables {
  tenants: TenantRow
  tenant_domains: TenantDomainRow
}

export const systemTables = {
  tenants: {
    key: ['id'],
    unique: { tenants_slug_key: { columns: ['slug'] } },
    columns: {
      id: { type: 'uuid' },
      slug: { type: 'text' },
      name: { type: 'text' },
      status: { type: 'text', generated: true },
      isolation_level: { type: 'text', generated: true },
      database_host: { type: 'text', nullable: true },
      database_port: { type: 'integer', nullable: true },
      database_name: { type: 'text', nullable: true },
      database_schema: { type: 'text', nullable: true },
      plan: { type: 'text', nullable: true },
      settings: { type: 'json', generated: true },
      feature_flags: { type: 'json', generated: true },
      version: { type: 'bigint', generated: true },
      suspended_reason: { type: 'text', nullable: true },
      created_at: { type: 'time', generated: true },
      updated_at: { type: 'time', generated: true },
      suspended_at: { type: 'time', nullable: true },
      deleted_at: { type: 'time', nullable: true },
    },
  },
  tenant_domains: {
    key: ['id'],
    unique: {
      tenant_domains_tenant_id_domain_key: { columns: ['tenant_id', 'domain'] },
      // one owner, but anyone may try: an unproven claim keeps nobody out
      tenant_domains_verified_key: { columns: ['domain'], where: { column: 'verified_at', not: [null] } },
    },
    references: { tenant_domains_tenant_id_fkey: { columns: ['tenant_id'], table: 'tenants', onDelete: 'cascade' } },
    columns: {
      id: { type: 'uuid' },
      tenant_id: { type: 'uuid' },
      domain: { type: 'text' },
      verification_token: { type: 'text' },
      verified_at: { type: 'time', nullable: true },
      created_at: { type: 'time', generated: true },
    },
  },
} as const satisfies { readonly [T in keyof SystemTables]: Table<SystemTables[T]> }
