// Rows that somebody else holds, so that what runs meanwhile meets where a test wants it to.

import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import type { TestDatabase } from './database.ts'

export interface Held {
  readonly tenantId: string
  readonly table: string
  /** The row's id; or another column's value, as `{ name: 'access-writes' }`. */
  readonly id: string | Readonly<Record<string, string>>
  /** What whoever holds it changes, as `trusted_until = null`; nobody sees it before they let go. */
  readonly set?: string
}

/** Waits until so many statements wait for a lock; where some may take none, no longer than `atMostMs`. */
export async function untilWaiting(
  { admin, name }: TestDatabase,
  waiting: number,
  atMostMs = Number.POSITIVE_INFINITY,
): Promise<void> {
  const text = `select count(*)::int as n from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'`
  for (const end = Date.now() + atMostMs; Date.now() < end; ) {
    const [found] = await admin(text, [name])
    if ((found?.n as number) >= waiting) return
    await setTimeout(5)
  }
}

/** Locks the row, starts the work, waits until so much of it waits, lets go, and answers what the work does. */
export async function heldUp<R>(
  database: TestDatabase,
  held: Held,
  { waiting, atMostMs }: { readonly waiting: number; readonly atMostMs?: number },
  work: () => Promise<R>,
): Promise<R> {
  return whileHeld(database, held, async () => {
    const running = work()
    await untilWaiting(database, waiting, atMostMs)
    return { running }
  })
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
    const [[column, value]] = Object.entries(typeof id === 'string' ? { id } : id) as [[string, string]]
    await client.query(`select 1 from freehold.${table} where ${column} = $1 for update`, [value])
    if (set !== undefined) await client.query(`update freehold.${table} set ${set} where ${column} = $1`, [value])
    const { running } = await work()
    await client.query('commit')
    return running
  } finally {
    await client.end()
  }
}
