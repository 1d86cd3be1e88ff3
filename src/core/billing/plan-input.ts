// What the host says about plans, prices and limits, checked and turned into columns.

import { FreeholdError } from '../kernel/errors.ts'
import { checkInteger, checkKeys, checkText, invalid, isPlainText } from '../kernel/input.ts'
import type { PlanRow, PriceRow } from '../storage/billing-system-tables.ts'
import type { Plan, Plans, Price } from './billing.ts'

/** As the database holds plan keys: 1 to 63 of a-z, 0-9, inner `-` and `_`. */
const PLAN_KEY = /^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$/
/** Names of features and limits: what a counter `limit:<name>` has room for. */
const ENTITLEMENT = /^[a-z0-9]([a-z0-9_.-]{0,61}[a-z0-9])?$/i
const CURRENCY = /^[a-z]{3}$/
/** Features, and limits, of one plan at most. */
const MAXIMUM_ENTITLEMENTS = 500
/** What the column has room for. */
const LOWEST_RANK = -2_147_483_648
const HIGHEST_RANK = 2_147_483_647

export type PlanColumns = Pick<PlanRow, 'key' | 'name' | 'features' | 'limits' | 'rank'>
export type PriceColumns = Omit<PriceRow, 'id' | 'archived_at' | 'created_at'>

export function isPlanKey(value: unknown): value is string {
  return typeof value === 'string' && PLAN_KEY.test(value)
}

/** @throws INPUT_INVALID */
export function planColumns(plan: Parameters<Plans['put']>[0]): PlanColumns {
  checkKeys(plan, 'plan', ['key', 'name', 'features', 'limits', 'rank'])
  if (!isPlanKey(plan.key)) throw invalid('key', 'it is 1 to 63 of a-z, 0-9, and inner - and _')
  return {
    key: plan.key,
    name: checkText(plan.name, 'name', { maximum: 200 }),
    features: entitlements(plan.features, 'features', checkFeature),
    limits: entitlements(plan.limits, 'limits', checkMaximum),
    rank: plan.rank === undefined ? 0 : checkInteger(plan.rank, 'rank', LOWEST_RANK, HIGHEST_RANK),
  }
}

/** @throws INPUT_INVALID, PLAN_UNKNOWN (no plan can have this key) */
export function priceColumns(price: Parameters<Plans['putPrice']>[0]): PriceColumns {
  checkKeys(price, 'price', [
    'planKey',
    'provider',
    'providerPriceId',
    'currency',
    'unitAmount',
    'interval',
    'intervalCount',
  ])
  const { interval, intervalCount = 1 } = price
  if (typeof price.currency !== 'string' || !CURRENCY.test(price.currency)) {
    throw invalid('currency', 'it is three lower-case letters (ISO 4217)')
  }
  return {
    plan_key: checkPlanKey(price.planKey),
    provider: checkWord(price.provider, 'provider', 50),
    provider_price_id: checkWord(price.providerPriceId, 'providerPriceId', 255),
    currency: price.currency,
    unit_amount: checkInteger(price.unitAmount, 'unitAmount', 0),
    recurring_interval: interval === undefined || interval === null ? null : checkWord(interval, 'interval', 20),
    interval_count: checkInteger(intervalCount, 'intervalCount', 1, 1000),
  }
}

/** @throws PLAN_UNKNOWN: no plan can have this key */
export function checkPlanKey(key: unknown): string {
  if (isPlanKey(key)) return key
  throw new FreeholdError('PLAN_UNKNOWN', { plan: String(key).slice(0, 63) })
}

/** A name of a feature or of a limit. @throws INPUT_INVALID */
export function checkEntitlement(name: unknown, field: string): string {
  if (typeof name === 'string' && ENTITLEMENT.test(name)) return name
  throw invalid(field, 'it is 1 to 63 letters, digits, and inner - _ and .')
}

/** A provider's own word: taken as it is, or not at all. @throws INPUT_INVALID */
export function checkWord(value: unknown, field: string, maximum: number): string {
  if (typeof value !== 'string' || value.length < 1 || value.length > maximum || !isPlainText(value)) {
    throw invalid(field, `it is a text of 1 to ${maximum} characters`)
  }
  return value
}

export function planFromRow(row: PlanRow): Plan {
  return { key: row.key, name: row.name, features: row.features, limits: row.limits, rank: row.rank }
}

export function priceFromRow(row: PriceRow): Price {
  return {
    planKey: row.plan_key,
    provider: row.provider,
    providerPriceId: row.provider_price_id,
    currency: row.currency,
    unitAmount: row.unit_amount,
    interval: row.recurring_interval,
    intervalCount: row.interval_count,
  }
}

/** A copy: what the caller changes later changes nothing here. */
function entitlements<V>(
  given: unknown,
  field: string,
  check: (value: unknown, field: string) => V,
): Record<string, V> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw invalid(field, 'it is not an object')
  const entries = Object.entries(given)
  if (entries.length > MAXIMUM_ENTITLEMENTS) throw invalid(field, `it has more than ${MAXIMUM_ENTITLEMENTS} names`)
  return Object.fromEntries(entries.map(([name, value]) => [checkEntitlement(name, field), check(value, field)]))
}

function checkFeature(value: unknown, field: string): boolean {
  if (typeof value !== 'boolean') throw invalid(field, 'a feature is true or false')
  return value
}

function checkMaximum(value: unknown, field: string): number | null {
  return value === null ? null : checkInteger(value, field, 0)
}
