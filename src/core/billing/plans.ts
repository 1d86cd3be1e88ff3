// What this process knows of plans: the price list, and the plan in force of each tenant. Told of every change at once,
// and never older than 10 s where a notice does not arrive.

import type { Context, TenantContext } from '../context.ts'
import type { TenantUnit } from '../storage/storage.ts'
import type { Notice } from '../storage/verbs.ts'
import { createShelf } from '../tenancy/shelf.ts'
import type { Plan, Plans } from './billing.ts'
import { inForce, type PriceToPlan, priceToPlan } from './plan-in-force.ts'
import { createPriceList } from './price-list.ts'

export interface PlanBook {
  /** `freehold.plans`. */
  readonly plans: Plans
  /** The plan in force, as remembered; asked on the context's own connection, so that a transaction waits for no second one. */
  plan(context: TenantContext): Promise<Plan | null>
  /** As the database has it at this moment: for what is counted against it. */
  planNow(unit: Pick<TenantUnit, 'verbs'>): Promise<Plan | null>
  /** The plans of prices, for who applies what providers say. Not for use inside a transaction: it may need a connection. */
  prices(): Promise<PriceToPlan>
  /** To be told of every notice. */
  forget(notice: Notice): void
  forgetAll(): void
}

/** How old an answer may be where no notice comes, in milliseconds. */
const LIFETIME_MS = 10_000
const TENANTS = 10_000

export function createPlans(context: Context): PlanBook {
  const { runtime, settings } = context
  const { defaultPlan, graceMs } = settings.entitlements
  const shelf = <V>(capacity: number) => createShelf<V>({ capacity, lifetimeMs: LIFETIME_MS, now: runtime.now })
  const inForceOf = shelf<{ readonly tenantId: string; readonly plan: Plan | null }>(TENANTS)
  const lists = shelf<PriceToPlan>(1)
  // moves on with every notice: what was read before one is not remembered after it
  let page = 0

  async function planNow({ verbs }: Pick<TenantUnit, 'verbs'>): Promise<Plan | null> {
    return inForce(await verbs.loadEntitlements(), { defaultPlan, graceMs })
  }

  function forgetAll(): void {
    page++
    inForceOf.clear()
    lists.clear()
  }

  return {
    plans: createPriceList(context),
    async plan({ scope, tenant }) {
      const known = inForceOf.get(tenant.id)
      if (known) return known.plan
      const at = runtime.now()
      const readOn = page
      const plan = await planNow(scope)
      if (readOn === page) inForceOf.put(tenant.id, { tenantId: tenant.id, plan }, at)
      return plan
    },
    planNow,
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
        inForceOf.drop(({ tenantId }) => tenantId === notice.tenantId)
      }
    },
    forgetAll,
  }
}
