// Breaking the glass: an operator of the platform enters a tenant from outside, also one that is suspended, for a reason and
// for a while. The tenant's own log says so, and so does the platform's.

import { FreeholdError } from '../kernel/errors.ts'
import { PLATFORM_TENANT_ID } from '../kernel/ids.ts'
import { checkKeys, invalid } from '../kernel/input.ts'
import { type House, openTenant } from '../open-tenant.ts'
import type { OperatorStayRow } from '../storage/operator-tables.ts'
import type { TenantStatus } from '../storage/system-tables.ts'
import type { Gate } from '../tenancy/gate.ts'
import type { TenantHandle } from '../tenancy/handle.ts'
import { keyOf, type TenantName } from '../tenancy/tenant-name.ts'
import { endLapsed } from './ending.ts'
import { demandOperator, mayGoOn, platformRef } from './operator.ts'
import { capped, checkStay, type NewStay, writeStay } from './stay.ts'

const ALLOWED: readonly TenantStatus[] = ['suspended']

/** As Stays.open. */
export async function openGlass<Db, P extends string>(
  house: House<Db, P>,
  name: TenantName,
  options: NewStay,
): Promise<OperatorStayRow> {
  const { context, directory } = house
  const { actor, auditWriter, storage, runtime } = context
  checkKeys(options, 'options', ['reason', 'lifetimeMs'])
  const { reason, lifetimeMs: wanted } = checkStay(options)
  const operator = await demandOperator(context, house, 'tenant:break-glass')
  const tenant = await directory.require(keyOf(name), ALLOWED)
  if (tenant.id === PLATFORM_TENANT_ID) throw invalid('tenant', "it is the platform's own")
  const lifetimeMs = capped(wanted, operator, runtime.now())
  const expiresAt = new Date(runtime.now() + lifetimeMs).toISOString()
  const id = runtime.newId()
  const entry = {
    action: 'break_glass.opened',
    targets: [{ type: 'tenant', id: tenant.id }],
    details: { reason, expiresAt, stayId: id },
  } as const
  return storage.system.transaction(async (unit) => {
    const inside = unit.tenant(directory.ref(tenant))
    const details = { operatorId: operator.id, reason, lifetimeMs }
    await inside.records.insert('security_events', [{ id: runtime.newId(), kind: entry.action, details }])
    await auditWriter.append(inside, actor, entry)
    const platform = unit.tenant(platformRef(context))
    await auditWriter.append(platform, actor, entry)
    return writeStay(context, platform, {
      id,
      kind: 'break-glass',
      operator,
      enteredTenantId: tenant.id,
      reason,
      lifetimeMs,
    })
  })
}

/** The handle refuses once its time is over, once it was ended, and once the operator may act no more: each call asks the database. */
export async function enterGlass<Db, P extends string>(
  house: House<Db, P>,
  stay: OperatorStayRow,
): Promise<TenantHandle<Db, P>> {
  const { context, directory } = house
  const { id, kind, operator_id: operatorId } = stay
  const stands: Gate = async () => {
    if (await mayGoOn(context, house, { id, kind, operatorId })) return
    await endLapsed(context, directory, id)
    throw new FreeholdError('BREAK_GLASS_EXPIRED')
  }
  await stands()
  const tenant = await directory.require({ id: stay.entered_tenant_id }, ALLOWED)
  return openTenant(house, tenant, { allow: ALLOWED, stands })
}
