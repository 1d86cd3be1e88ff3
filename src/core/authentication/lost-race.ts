// Work that happens as a whole or not at all, because somebody else may have been first at any of its steps.

import type { TenantContext } from '../context.ts'
import type { TenantUnit } from '../storage/storage.ts'

/** Thrown to take back everything that a transaction did, and caught where it was begun. */
export class LostRace extends Error {}

/** One transaction; undefined, and nothing has happened, when a race was lost on the way. */
export async function orNothing<R>(
  context: TenantContext,
  work: (unit: TenantUnit) => Promise<R>,
): Promise<R | undefined> {
  try {
    return await context.scope.transaction(work)
  } catch (error) {
    if (error instanceof LostRace) return undefined
    throw error
  }
}
