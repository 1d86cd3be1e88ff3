// What this process knows of plans: the price list, and the plan in force of each tenant. Told of every change at once,
// and never older than 10 s where a notice does not arrive.

import type { Context, TenantContext } from '../context.ts'
import type { EntitlementLoad, Notice } from '../storage/verbs.ts'
import { createShelf } from '../tenancy/shelf.ts'
import type { Plan, Plans } from './billing.ts'
import { inForce, type PriceToPlan, priceToPlan } from './plan-in-force.ts'
import { createPriceList } from './price-list.ts'

export interface PlanBook {
  /** `freehold.plans`. */
  readonly plans: Plans
  /** What a tenant has now; asked on the context's own connection, so that a transaction waits for no second one. */
  standing(context: TenantContext): Promise<Standing>
  /** The plans of prices, for who applies what providers say. Not for use inside a transaction: it may need a connection. */
  prices(): Promise<PriceToPlan>
  /** To be told of every notice. */
  forget(notice: Notice): void
  forgetAll(): void
}

export interface Standing {
  readonly plan: Plan | null
  /** False: nothing is sold, so that nothing is counted either. */
  readonly selling: boolean
}

/** How old an answer may be where no notice comes, in milliseconds. */
const LIFETIME_MS = 10_000
const TENANTS = 10_000

export function createPlans(context: Context): PlanBook {
  const { runtime, settings } = context
  const { defaultPlan, graceMs } = settings.entitlements
  const shelf = <V>(capacity: number) => createShelf<V>({ capacity, lifetimeMs: LIFETIME_MS, now: runtime.now })
  const standings = shelf<{ readonly tenantId: string; readonly standing: Standing }>(TENANTS)
  const lists = shelf<PriceToPlan>(1)
  // moves on with every notice: what was read before one is not remembered after it
  let page = 0

  async function read(inside: TenantContext): Promise<Standing> {
    const at = runtime.now()
    const readOn = page
    const load: EntitlementLoad = await inside.scope.verbs.loadEntitlements()
    const standing = { plan: inForce(load, { defaultPlan, graceMs }), selling: load.plans.length > 0 }
    if (readOn === page) standings.put(inside.tenant.id, { tenantId: inside.tenant.id, standing }, at)
    return standing
  }

  function forgetAll(): void {
    page++
    standings.clear()
    lists.clear()
  }

  return {
    plans: createPriceList(context),
    async standing(inside) {
      return standings.get(inside.tenant.id)?.standing ?? read(inside)
    },
    async prices() {
      const known = lists.get('')
      if (known) return known
      const at = runtime.now()
      const readOn = page
      const list = await priceToPlan(context.storage.system)
      if (readOn === page) lists.put('', list, at)
      return list
    },
    forget(notice) {
      if (notice.kind === 'plans') forgetAll()
      else if (notice.kind === 'billing' || notice.kind === 'tenant') {
        page++
        standings.drop(({ tenantId }) => tenantId === notice.tenantId)
      }
    },
    forgetAll,
  }
}
