// What is sold and what a tenant has of it, read while nobody else holds the storage.

import type { EntitlementLoad } from '../../core/storage/verbs.ts'
import type { Statements } from './statements.ts'

const EVERYTHING = Number.MAX_SAFE_INTEGER

/** @param system the system's rows, which a tenant's verbs otherwise do not reach */
export function loadEntitlements(statements: Statements, system: Statements, tenantId: string): EntitlementLoad {
  const prices = system.find('prices', { limit: EVERYTHING })
  const planOf = (provider: string, id: string): string | null =>
    prices.find((price) => price.provider === provider && price.provider_price_id === id)?.plan_key ?? null
  const live = statements.find('subscriptions', { where: { deleted_at: null }, limit: EVERYTHING })
  return {
    tenantPlan: system.get('tenants', { id: tenantId })?.plan ?? null,
    plans: system
      .find('plans', { limit: EVERYTHING })
      .map(({ key, name, features, limits, rank }) => ({ key, name, features, limits, rank })),
    items: live.flatMap(({ id, status, status_seen_at, provider }) =>
      statements.find('subscription_items', { where: { subscription_id: id }, limit: EVERYTHING }).map((item) => ({
        subscriptionId: id,
        status,
        statusAgeMs: statements.now() - status_seen_at.getTime(),
        planKey: planOf(provider, item.provider_price_id),
      })),
    ),
  }
}
