// The limit that the host does not take from itself: `members`, the users who are active. Counted wherever something is
// sold, held to wherever the plan in force names it.

import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { TenantUnit } from '../storage/storage.ts'
import { maximumOf } from './entitlements.ts'
import type { PlanBook } from './plans.ts'

export interface Members {
  /** A user became active in this unit of work. @throws LIMIT_REACHED: the unit must not commit */
  joined(unit: TenantUnit): Promise<void>
  /** A user who was active is so no longer. */
  left(unit: TenantUnit): Promise<void>
}

const LIMIT = 'members'

export function createMembers(context: TenantContext, book: PlanBook): Members {
  const standing = (unit: TenantUnit) => book.standing({ ...context, scope: unit })

  return {
    async joined(unit) {
      const { plan, selling } = await standing(unit)
      if (!selling) return
      const maximum = plan !== null && Object.hasOwn(plan.limits, LIMIT) ? maximumOf(plan, LIMIT) : null
      const take = async (amount: number): Promise<number> => {
        const { taken, used } = await unit.verbs.takeLimit({ name: LIMIT, amount, maximum })
        if (!taken) throw new FreeholdError('LIMIT_REACHED', { limit: LIMIT, maximum: maximum ?? 0 })
        return used
      }
      if ((await take(1)) > 1) return
      // the first one counted: whoever was there before anything was sold counts too. The counter's row is ours until
      // this commits, so nobody else counts meanwhile.
      const others = (await unit.records.count('users', { status: 'active' })) - 1
      if (others > 0) await take(others)
    },

    async left(unit) {
      const { selling } = await standing(unit)
      if (selling) await unit.verbs.takeLimit({ name: LIMIT, amount: -1, maximum: null })
    },
  }
}

/** Where nothing is sold. */
export const uncounted: Members = { joined: async () => undefined, left: async () => undefined }
