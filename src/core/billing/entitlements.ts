// What a tenant may do by its plan: features, and limits that are taken from and given back to.

import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { checkInteger, invalid } from '../kernel/input.ts'
import type { Entitlements, Plan } from './billing.ts'
import { checkEntitlement } from './plan-input.ts'
import type { PlanBook } from './plans.ts'

/** The limit that users are counted against as they come and go. */
export const MEMBERS = 'members'
/** Taken at once at most: a counter has room for it many times over. */
const MAXIMUM_AMOUNT = 1_000_000_000

export function createEntitlements(context: TenantContext, book: PlanBook): Entitlements {
  const { scope, auditWriter, actor } = context
  const plan = (): Promise<Plan | null> => book.plan(context)
  const check = async (feature: string): Promise<boolean> => hasFeature(await plan(), feature)

  /** Plan, counter and log are one transaction: a part of the one around it, or one of its own. */
  const move = (limit: string, amount: number): Promise<{ readonly used: number }> =>
    scope.transaction(async (unit) => {
      const maximum = amount > 0 ? maximumOf(await book.planNow(unit), limit) : null
      const { taken, used } = await unit.verbs.takeLimit({ name: limit, amount, maximum })
      if (!taken) throw new FreeholdError('LIMIT_REACHED', { limit, maximum: maximum ?? 0 })
      await auditWriter.append(unit, actor, {
        action: amount > 0 ? 'entitlement.taken' : 'entitlement.given',
        targets: [{ type: 'limit', id: limit }],
        details: { amount: Math.abs(amount), used },
      })
      return { used }
    })

  return {
    plan,
    check,
    async demand(feature) {
      if (!(await check(feature))) throw new FreeholdError('ENTITLEMENT_MISSING', { feature })
    },
    async limit(name) {
      const limit = checkEntitlement(name, 'limit')
      const maximum = maximumOf(await plan(), limit)
      const counter = await scope.records.get('tenant_counters', { name: `limit:${limit}` })
      return { maximum, used: counter?.value ?? 0 }
    },
    async take(name, amount = 1) {
      return move(checkOwn(name), checkInteger(amount, 'amount', 1, MAXIMUM_AMOUNT))
    },
    give: async (name, amount = 1) => move(checkOwn(name), -checkInteger(amount, 'amount', 1, MAXIMUM_AMOUNT)),
  }
}

function hasFeature(plan: Plan | null, feature: string): boolean {
  return plan !== null && Object.hasOwn(plan.features, feature) && plan.features[feature] === true
}

/** A limit that the host counts. @throws INPUT_INVALID */
function checkOwn(name: unknown): string {
  if (name === MEMBERS) throw invalid('limit', 'members are counted as users come and go')
  return checkEntitlement(name, 'limit')
}

/** Null: no limit. What a plan does not name, and what there is without a plan, is 0; `members` are as many as you like then. */
export function maximumOf(plan: Plan | null, limit: string): number | null {
  if (plan !== null && Object.hasOwn(plan.limits, limit)) return plan.limits[limit] as number | null
  return limit === MEMBERS ? null : 0
}
