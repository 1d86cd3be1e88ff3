// The default plan is named in the options and kept in the database: a look at whether the two know of each other.

import type { Context } from '../context.ts'
import type { Finding } from '../storage/safety.ts'

/** Nothing while there is no plan at all: on a first start they are put after it. */
export async function lookAtDefaultPlan({
  storage,
  settings,
}: Pick<Context, 'storage' | 'settings'>): Promise<Finding[]> {
  const { defaultPlan } = settings.entitlements
  if (defaultPlan === null) return []
  const { records } = storage.system
  if (await records.get('plans', { key: defaultPlan })) return []
  if ((await records.count('plans')) === 0) return []
  return [
    {
      id: 'default-plan-unknown',
      severity: 'warn',
      subject: defaultPlan,
      message: `There is no plan ${defaultPlan}, which entitlements.defaultPlan names: a tenant without a plan of its own has none.`,
      remedy: 'Put the plan with freehold.plans.put, or name another.',
    },
  ]
}
