// What is sold and what a tenant has of it, in one query on the connection that asks.

import type { EntitlementLoad } from '../../core/storage/verbs.ts'
import type { Send } from './link.ts'

/** `$1` the tenant. Plans and prices have no wall; subscriptions do, and are asked for by their tenant all the same. */
export function loadEntitlementsText(schema: string): string {
  return `
select (select plan from ${schema}.tenants where id = $1::uuid) as "tenantPlan",
  (select coalesce(json_agg(row_to_json(p) order by key), '[]')
    from (select key, name, features, limits, rank from ${schema}.plans) p) as plans,
  (select coalesce(json_agg(json_build_object(
      'subscriptionId', s.id, 'status', s.status, 'planKey', p.plan_key,
      'statusAgeMs', round(extract(epoch from clock_timestamp() - s.status_seen_at) * 1000)
    ) order by s.id, i.id), '[]')
    from ${schema}.subscriptions s
    join ${schema}.subscription_items i on i.tenant_id = s.tenant_id and i.subscription_id = s.id
    left join ${schema}.prices p on p.provider = s.provider and p.provider_price_id = i.provider_price_id
    where s.tenant_id = $1::uuid and s.deleted_at is null) as items`
}

export async function loadEntitlements(send: Send, schema: string, tenantId: string): Promise<EntitlementLoad> {
  const { rows } = await send({ name: 'load_entitlements', text: loadEntitlementsText(schema), values: [tenantId] })
  return rows[0] as unknown as EntitlementLoad
}
