// The limit that the host does not take from itself: `members`, the users who are active. Counted always, so that the
// number is true on the day on which a plan first names it; held to wherever the plan in force does.

import { FreeholdError } from '../kernel/errors.ts'
import type { TenantUnit } from '../storage/storage.ts'
import { MEMBERS, maximumOf } from './entitlements.ts'
import type { PlanBook } from './plans.ts'

export interface Members {
  /** A user became active in this unit of work, or so many did. @throws LIMIT_REACHED: the unit must not commit */
  joined(unit: TenantUnit, amount?: number): Promise<void>
  /** A user who was active is so no longer. */
  left(unit: TenantUnit): Promise<void>
}

export function createMembers({ planNow }: Pick<PlanBook, 'planNow'>): Members {
  return {
    async joined(unit, amount = 1) {
      const maximum = maximumOf(await planNow(unit), MEMBERS)
      const { taken } = await unit.verbs.takeLimit({ name: MEMBERS, amount, maximum })
      if (!taken) throw new FreeholdError('LIMIT_REACHED', { limit: MEMBERS, maximum: maximum ?? 0 })
    },

    async left(unit) {
      await unit.verbs.takeLimit({ name: MEMBERS, amount: -1, maximum: null })
    },
  }
}
