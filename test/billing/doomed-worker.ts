// A worker behind a proxy whose connection is cut, for good, at a moment that the test chooses.

import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { startProxy, type TestProxy } from '../setup/proxy.ts'
import { type Market, openMarket } from './market.ts'

/** A database, and a proxy in front of it. */
export interface Line {
  readonly database: TestDatabase
  readonly proxy: TestProxy
  /** Not through the proxy. */
  readonly whole: Storage
}

/** One for the tests of a group: `ready` gets it before the first of them. */
export function withLine(ready: (line: Line) => void): void {
  let line: Line
  beforeAll(async () => {
    const database = await createTestDatabase()
    const proxy = await startProxy(database.appUrl)
    line = { database, proxy, whole: postgres({ pool: database.appPool, listen: false }) }
    ready(line)
  })
  afterAll(async () => {
    await line.whole.close()
    await line.proxy.close()
    await line.database.close()
  })
}

export type Moment = 'beforeSend' | 'beforeAnswer'

/** Lets it drain what there is, and cuts it at this moment of this round trip. False: it was done before. */
export async function dies(
  { proxy, database }: Pick<Line, 'proxy' | 'database'>,
  { fake, context }: Market,
  moment: Moment,
  trip: number,
): Promise<boolean> {
  const pool = new pg.Pool({ connectionString: proxy.url(database.appUrl), max: 1 })
  pool.on('error', () => undefined)
  await (await pool.connect()).release()
  const doomed = openMarket(postgres({ pool, listen: false }), { providers: { fake }, settings: context.settings })
  // what it remembers before it starts
  await doomed.book.prices()
  proxy.refusing = true
  proxy.cut(moment === 'beforeSend' ? { beforeSend: trip } : { beforeAnswer: trip })
  const outcome = await doomed.webhooks.drain().then(
    () => false,
    () => true,
  )
  proxy.cut({ beforeSend: 1_000_000 })
  proxy.refusing = false
  await pool.end()
  return outcome
}
