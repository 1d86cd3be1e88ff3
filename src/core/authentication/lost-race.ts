// Work that happens as a whole or not at all, because somebody else may have been first at any of its steps.

import type { TenantContext } from '../context.ts'
import type { Outcome } from '../storage/steps.ts'
import type { TenantUnit } from '../storage/storage.ts'

/** Takes back everything that a transaction did. */
class LostRace extends Error {
  readonly outcome: Outcome
  constructor(outcome: Outcome) {
    super('a race was lost')
    this.outcome = outcome
  }
}

/** One transaction that goes on from what its steps answered; where one of them was lost, nothing has happened. */
export async function wholeOrNothing(
  { scope }: Pick<TenantContext, 'scope'>,
  work: (unit: TenantUnit, check: (outcome: Outcome) => void) => Promise<Outcome>,
): Promise<Outcome> {
  try {
    return await scope.transaction((unit) =>
      work(unit, (outcome) => {
        if (!outcome.done) throw new LostRace(outcome)
      }),
    )
  } catch (error) {
    if (error instanceof LostRace) return error.outcome
    throw error
  }
}
