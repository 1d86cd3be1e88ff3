// Several at once: what succeeded and what was refused; and how to make them meet.

import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { FreeholdError } from '../../src/core/kernel/errors.ts'
import type { TestDatabase } from '../setup/database.ts'

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

/** Holds the tenant's access lock, starts the work, waits until so many wait for it, and lets go. */
export async function heldUp<R>(
  database: TestDatabase,
  tenantId: string,
  waiting: number,
  work: () => Promise<R>,
): Promise<R> {
  const client = new pg.Client({ connectionString: database.ownerUrl })
  await client.connect()
  try {
    await client.query(`begin; select freehold.enter_tenant('${tenantId}')`)
    await client.query(`select 1 from freehold.tenant_counters where name = 'access-writes' for update`)
    const running = work()
    await untilWaiting(database, waiting)
    await client.query('commit')
    return await running
  } finally {
    await client.end()
  }
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
    await untilWaiting(database, 1)
    return race([() => running, second])
  })
}

/** Until so many wait for a lock; who takes none is not waited for longer than a second. */
async function untilWaiting(database: TestDatabase, count: number): Promise<void> {
  const text = `select count(*)::int as n from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'`
  for (let i = 0; i < 100; i++) {
    const [found] = await database.admin(text, [database.name])
    if ((found?.n as number) >= count) return
    await setTimeout(10)
  }
}
