// Several at once: what succeeded and what was refused; and how to make them meet.

import { FreeholdError } from '../../src/core/kernel/errors.ts'
import type { TestDatabase } from '../setup/database.ts'
import { heldUp as heldUpBy, untilWaiting } from '../setup/held.ts'

/** Runs all at once; answers what succeeded and the codes of what was refused. */
export async function race<R>(works: readonly (() => Promise<R>)[]): Promise<{ won: R[]; lost: string[] }> {
  const settled = await Promise.allSettled(works.map((work) => work()))
  const won: R[] = []
  const lost: string[] = []
  for (const result of settled) {
    if (result.status === 'fulfilled') won.push(result.value)
    else if (FreeholdError.is(result.reason)) lost.push(result.reason.code)
    else throw result.reason
  }
  return { won, lost }
}

export const times = <R>(count: number, work: (i: number) => Promise<R>) =>
  Array.from({ length: count }, (_, i) => () => work(i))

/** Who takes no lock is not waited for longer. */
const WAIT_MS = 1000

/** Holds the tenant's access lock, starts the work, waits until so many wait for it, and lets go. */
export function heldUp<R>(
  database: TestDatabase,
  tenantId: string,
  waiting: number,
  work: () => Promise<R>,
): Promise<R> {
  const lock = { tenantId, table: 'tenant_counters', id: { name: 'access-writes' } }
  return heldUpBy(database, lock, { waiting, atMostMs: WAIT_MS }, work)
}

/** One of them waits for the lock before the other does, so it has its turn first. */
export async function inTurn(
  database: TestDatabase,
  tenantId: string,
  [first, second]: readonly [() => Promise<unknown>, () => Promise<unknown>],
): Promise<{ won: unknown[]; lost: string[] }> {
  return heldUp(database, tenantId, 2, async () => {
    const running = first()
    running.catch(() => undefined)
    await untilWaiting(database, 1, WAIT_MS)
    return race([() => running, second])
  })
}
