// Which plan counts: of the live subscriptions the one of the highest rank, else the tenant's own, else the default.

import { everyRow } from '../storage/every-row.ts'
import type { SystemScope } from '../storage/storage.ts'
import type { EntitlementLoad } from '../storage/verbs.ts'
import type { Plan } from './billing.ts'

export interface Fallback {
  readonly defaultPlan: string | null
  /** How long a subscription that is past due still counts, in milliseconds. */
  readonly graceMs: number
}

/** Statuses in which somebody has paid, or tries; every other word of a provider's is not live. */
const LIVE: ReadonlySet<string> = new Set(['active', 'trialing', 'in_trial'])

export function inForce(load: EntitlementLoad, { defaultPlan, graceMs }: Fallback): Plan | null {
  const plans = new Map(load.plans.map((plan) => [plan.key, plan]))
  const named = (key: string | null): Plan | undefined => (key === null ? undefined : plans.get(key))
  const subscribed = load.items.filter(({ status, statusAgeMs }) => isLive(status, statusAgeMs, graceMs))
  const paid = subscribed.flatMap(({ planKey }) => named(planKey) ?? [])
  return highest(paid) ?? named(load.tenantPlan) ?? named(defaultPlan) ?? null
}

export function isLive(status: string, statusAgeMs: number, graceMs: number): boolean {
  if (LIVE.has(status)) return true
  // a clock that was set back makes nothing younger than new
  return status === 'past_due' && graceMs > 0 && Math.max(statusAgeMs, 0) < graceMs
}

/** Of equal ranks the first by key, so that two processes answer alike. */
export function highest<P extends Pick<Plan, 'key' | 'rank'>>(plans: readonly P[]): P | undefined {
  return plans.reduce<P | undefined>((best, plan) => {
    if (!best || plan.rank > best.rank || (plan.rank === best.rank && plan.key < best.key)) return plan
    return best
  }, undefined)
}

/** The plan of a provider's prices: of several the highest rank; null when none of them is on the list. */
export type PriceToPlan = (provider: string, priceIds: readonly string[]) => string | null

/** Reads the whole price list, what is archived too: who bought it still has it. */
export async function priceToPlan({ records }: Pick<SystemScope, 'records'>): Promise<PriceToPlan> {
  const plans = new Map<string, Pick<Plan, 'key' | 'rank'>>()
  for (const plan of await everyRow(records, 'plans')) plans.set(plan.key, plan)
  // provider -> price -> plan: no joined strings, so that no two can collide
  const byProvider = new Map<string, Map<string, string>>()
  for (const row of await everyRow(records, 'prices')) {
    const prices = byProvider.get(row.provider) ?? new Map<string, string>()
    byProvider.set(row.provider, prices.set(row.provider_price_id, row.plan_key))
  }
  return (provider, priceIds) => {
    const prices = byProvider.get(provider)
    const sold = priceIds.flatMap((id) => plans.get(prices?.get(id) ?? '') ?? [])
    return highest(sold)?.key ?? null
  }
}
