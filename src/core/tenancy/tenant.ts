// A customer of the host, as the host sees it.

import type { TenantId } from '../kernel/ids.ts'
import type { IsolationLevel, TenantRow, TenantStatus } from '../storage/system-tables.ts'

export interface Tenant {
  readonly id: TenantId
  readonly slug: string
  readonly name: string
  readonly status: TenantStatus
  readonly isolationLevel: IsolationLevel
  readonly plan: string | null
  readonly settings: Readonly<Record<string, unknown>>
  readonly featureFlags: Readonly<Record<string, boolean>>
  /** Moves on with every change; pass it to `update` to refuse lost updates. */
  readonly version: number
  readonly suspendedReason: string | null
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly suspendedAt: Date | null
  readonly deletedAt: Date | null
}

export function tenantFromRow(row: TenantRow): Tenant {
  return {
    id: row.id as TenantId,
    slug: row.slug,
    name: row.name,
    status: row.status,
    isolationLevel: row.isolation_level,
    plan: row.plan,
    settings: row.settings,
    featureFlags: row.feature_flags,
    version: row.version,
    suspendedReason: row.suspended_reason,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    suspendedAt: row.suspended_at,
    deletedAt: row.deleted_at,
  }
}
