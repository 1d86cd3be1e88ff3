// Breaking the glass: an operator of the platform enters a tenant from outside, also one that is suspended, for a reason and
// for a while. The tenant's own log says so, and so does the platform's.

import { demandOperator } from './access/operators.ts'
import { checkStay } from './authentication/impersonation.ts'
import { PLATFORM_TENANT_ID } from './kernel/ids.ts'
import { checkKeys, invalid } from './kernel/input.ts'
import { type House, openTenant } from './open-tenant.ts'
import type { TenantStatus } from './storage/system-tables.ts'
import type { TenantHandle } from './tenancy/handle.ts'
import { keyOf, type TenantName } from './tenancy/tenant-name.ts'

export interface BreakGlassOptions {
  /** Why: 1 to 500 characters, kept in both logs for good. Nothing personal. */
  readonly reason: string
  /** Default 30 min, at most 8 h. */
  readonly lifetimeMs?: number
}

const ALLOWED: readonly TenantStatus[] = ['suspended']

/** As FreeholdRooms.breakGlass. */
export async function breakGlass<Db, P extends string>(
  house: House<Db, P>,
  name: TenantName,
  options: BreakGlassOptions,
): Promise<TenantHandle<Db, P>> {
  const { context, directory } = house
  const { actor, auditWriter, storage, runtime } = context
  checkKeys(options, 'options', ['reason', 'lifetimeMs'])
  const { reason, lifetimeMs } = checkStay(options)
  const operatorId = await demandOperator(context, house, 'tenant:break-glass')
  const tenant = await directory.require(keyOf(name), ALLOWED)
  if (tenant.id === PLATFORM_TENANT_ID) throw invalid('tenant', "it is the platform's own")
  const until = runtime.now() + lifetimeMs
  const entry = {
    action: 'break_glass.opened',
    targets: [{ type: 'tenant', id: tenant.id }],
    details: { reason, expiresAt: new Date(until).toISOString() },
  } as const
  await storage.system.transaction(async (unit) => {
    const inside = unit.tenant(directory.ref(tenant))
    const details = { operatorId, reason, lifetimeMs }
    await inside.records.insert('security_events', [{ id: runtime.newId(), kind: entry.action, details }])
    await auditWriter.append(inside, actor, entry)
    const platform = unit.tenant({ id: PLATFORM_TENANT_ID, location: storage.sharedLocation })
    await auditWriter.append(platform, actor, entry)
  })
  const expired = (): boolean => runtime.now() >= until
  return openTenant(house, tenant, { allow: ALLOWED, expired })
}
