// Rows that somebody else holds, so that what runs meanwhile meets where a test wants it to.

import pg from 'pg'
import type { TestDatabase } from './database.ts'

export interface Held {
  readonly tenantId: string
  readonly table: string
  readonly id: string
  /** What whoever holds it changes, as `trusted_until = null`; nobody sees it before they let go. */
  readonly set?: string
}

/** Waits until so many statements wait for a lock. */
export async function untilWaiting({ admin, name }: TestDatabase, waiting: number): Promise<void> {
  const text = `select count(*)::int as n from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'`
  for (;;) {
    const [found] = await admin(text, [name])
    if ((found?.n as number) >= waiting) return
  }
}

/** Locks the row, does the work, which says when it has got as far as it comes, and lets go. */
export async function whileHeld<R>(
  database: TestDatabase,
  { tenantId, table, id, set }: Held,
  work: () => Promise<{ readonly running: R }>,
): Promise<R> {
  const client = new pg.Client({ connectionString: database.ownerUrl })
  await client.connect()
  try {
    await client.query(`begin; select freehold.enter_tenant('${tenantId}')`)
    await client.query(`select 1 from freehold.${table} where id = $1 for update`, [id])
    if (set !== undefined) await client.query(`update freehold.${table} set ${set} where id = $1`, [id])
    const { running } = await work()
    await client.query('commit')
    return running
  } finally {
    await client.end()
  }
}
