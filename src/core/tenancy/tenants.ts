// The life of a tenant: created, suspended and resumed, deleted and restored, purged.

import type { TenantId } from '../kernel/ids.ts'
import type { Page, PageRequest } from '../kernel/page.ts'
import type { IsolationLevel, TenantStatus } from '../storage/system-tables.ts'
import type { TenantHandle } from './handle.ts'
import type { Tenant } from './tenant.ts'

export interface NewTenant {
  /** 2 to 63 characters: a-z, 0-9, inner hyphens. */
  readonly slug: string
  readonly name: string
  /** Default `shared`. @throws ISOLATION_UNAVAILABLE for the other two */
  readonly isolationLevel?: IsolationLevel
  readonly plan?: string
  readonly settings?: Readonly<Record<string, unknown>>
  readonly featureFlags?: Readonly<Record<string, boolean>>
}

export interface TenantChange {
  readonly name?: string
  readonly slug?: string
  readonly plan?: string | null
  /** Keys given replace theirs, `null` removes one; the others stay. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** As `settings`. */
  readonly featureFlags?: Readonly<Record<string, boolean | null>>
  /** Refuse with CONFLICT when the tenant has moved on from this version. */
  readonly version?: number
}

/** An id, a slug, or anything that carries the id, as a tenant or a handle. */
export type TenantName = string | { readonly id: TenantId }

export interface Tenants {
  /** @throws SLUG_INVALID, SLUG_TAKEN, INPUT_INVALID, ISOLATION_UNAVAILABLE */
  create(tenant: NewTenant): Promise<TenantHandle>
  /** In any state but purged. @throws TENANT_UNKNOWN */
  get(tenant: TenantName): Promise<Tenant>
  /** Oldest first. */
  list(page?: PageRequest & { readonly status?: TenantStatus }): Promise<Page<Tenant>>
  /** @throws TENANT_UNKNOWN, SLUG_TAKEN, SLUG_INVALID, INPUT_INVALID, CONFLICT */
  update(tenant: TenantName, change: TenantChange): Promise<Tenant>
  /** Nobody signs in, refreshes or passes a check until `resume`. @throws TENANT_UNKNOWN, TENANT_STATE */
  suspend(tenant: TenantName, options?: { readonly reason?: string }): Promise<Tenant>
  /** @throws TENANT_UNKNOWN, TENANT_STATE */
  resume(tenant: TenantName): Promise<Tenant>
  /** Soft delete: as gone for everyone, restorable until purged; the slug stays taken. @throws TENANT_UNKNOWN, TENANT_STATE */
  remove(tenant: TenantName): Promise<Tenant>
  /** @throws TENANT_UNKNOWN, TENANT_STATE */
  restore(tenant: TenantName): Promise<Tenant>
  /**
   * Erases a deleted tenant for good: every row of it, the host's own behind the wall too. If it is interrupted, call it again.
   * @throws TENANT_UNKNOWN, TENANT_STATE (only a deleted tenant is purged)
   */
  purge(tenant: TenantName): Promise<{ readonly removed: Readonly<Record<string, number>> }>
}
