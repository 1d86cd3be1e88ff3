// Tenants by id, slug and domain, remembered: a bounded cache that every change in any process empties at once,
// and that is never older than its lifetime where notices do not arrive.

import type { TenantRef } from '../storage/storage.ts'
import type { TenantStatus } from '../storage/system-tables.ts'
import type { TenantKey } from '../storage/verbs.ts'
import type { Tenant } from './tenant.ts'

export interface Directory {
  /** The tenant, in whatever state it is; undefined when there is none (that is remembered too, for less long). */
  find(by: TenantKey): Promise<Tenant | undefined>
  /**
   * A tenant that is active, or in one of the states allowed.
   * @throws TENANT_UNKNOWN, TENANT_SUSPENDED, TENANT_DELETED, TENANT_MOVING
   */
  require(by: TenantKey, allow?: readonly TenantStatus[]): Promise<Tenant>
  /** As `require`, when the answer is at hand; undefined when it must be looked up. No promise, so that a hot path stays cheap. */
  peek(id: string): Tenant | undefined
  /** Where the tenant's rows are. */
  ref(tenant: Tenant): TenantRef
  forget(tenantId: string): void
  forgetAll(): void
}
