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
    const text = `select count(*)::int as n from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'`
    // who takes no lock is not waited for longer than this
    for (let i = 0; i < 100; i++) {
      const [found] = await database.admin(text, [database.name])
      if ((found?.n as number) >= waiting) break
      await setTimeout(10)
    }
    await client.query('commit')
    return await running
  } finally {
    await client.end()
  }
}
