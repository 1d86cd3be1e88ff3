// Claiming from the inbox: what it costs, and the one race that a lock on the claimed row alone would not decide.

import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { startProxy, type TestProxy } from '../setup/proxy.ts'

let database: TestDatabase
let proxy: TestProxy
let pool: pg.Pool
let storage: Storage

beforeAll(async () => {
  database = await createTestDatabase()
  proxy = await startProxy(database.appUrl)
  pool = new pg.Pool({
    connectionString: proxy.url(database.appUrl),
    max: 4,
    // as servers have it; the one of the tests does not
    options: '-c synchronous_commit=on',
  })
  storage = postgres({ pool, listen: false })
})
afterAll(async () => {
  await pool.end()
  await proxy.close()
  await database.close()
})

async function arrive(customer: string, second: number): Promise<string> {
  const id = crypto.randomUUID()
  await storage.system.records.insert('webhook_inbox', [
    {
      id,
      provider: 'test',
      livemode: false,
      event_id: id,
      event_type: 'x',
      customer_id: customer,
      occurred_at: new Date(second * 1_000),
      payload: new Uint8Array(),
    },
  ])
  return id
}
const claim = (from: Pick<Storage['system'], 'verbs'> = storage.system, limit = 10) =>
  from.verbs.claimInbox({ limit, leaseMs: 60_000, token: crypto.randomUUID() })

it('costs one round trip', async () => {
  await arrive('costs', 1)
  await claim(storage.system, 1)
  await arrive('costs too', 1)
  proxy.reset()
  expect(await claim(storage.system, 1)).toHaveLength(1)
  expect(proxy.roundTrips).toBe(1)
})

it('leases no older event of a customer whose lease is not committed yet', async () => {
  const young = await arrive('raced', 5)
  let old = ''
  let meanwhile: ReturnType<typeof claim> | undefined
  await storage.system.transaction(async (unit) => {
    expect((await claim(unit)).map(({ id }) => id)).toEqual([young])
    // both this one and the claim that sees it come while the lease of the younger is not to be seen
    old = await arrive('raced', 1)
    meanwhile = claim()
    await new Promise((resolve) => setTimeout(resolve, 100))
  })
  expect(await meanwhile).toEqual([])
  await storage.system.records.update('webhook_inbox', { id: young }, { state: 'done', leased_until: null })
  expect((await claim()).map(({ id }) => id)).toEqual([old])
})

it('leaves an event that is just being finished, and waits for nobody', async () => {
  const id = await arrive('finishing', 1)
  await storage.system.transaction(async ({ records }) => {
    await records.update('webhook_inbox', { id }, { state: 'done' })
    expect(await claim()).toEqual([])
  })
})

it('stores durably, and applies in a commit that waits for no disk, as far as that transaction goes and no further', async () => {
  await database.admin(`
    create table freehold.commits (event_id text, state text, setting text);
    grant all on freehold.commits to public;
    create function freehold.note_commit() returns trigger language plpgsql as $$ begin
      insert into freehold.commits values (new.event_id, new.state, current_setting('synchronous_commit'));
      return new;
    end $$;
    create trigger note_commit after insert or update on freehold.webhook_inbox
      for each row execute function freehold.note_commit()`)
  const id = await arrive('durable', 1)
  await storage.system.transaction(async ({ verbs, records }) => {
    await verbs.commitAsynchronously()
    await records.update('webhook_inbox', { id }, { state: 'ignored' })
  })
  await storage.system.records.update('webhook_inbox', { id }, { state: 'done' })
  const rows = await database.admin(`select state, setting from freehold.commits where event_id = '${id}'`)
  expect(rows).toEqual([
    { state: 'pending', setting: 'on' },
    { state: 'ignored', setting: 'off' },
    { state: 'done', setting: 'on' },
  ])
  await database.admin('drop trigger note_commit on freehold.webhook_inbox')
})

it('walks the index of what is due, however much was done before', async () => {
  await database.admin(`insert into freehold.webhook_inbox (id, provider, livemode, event_id, event_type, customer_id, occurred_at, payload, state)
    select gen_random_uuid(), 'bulk', false, i::text, 'x', 'c' || i, now(), '', case when i % 100 = 0 then 'pending' else 'done' end
    from generate_series(1, 20000) i; analyze freehold.webhook_inbox`)
  const client = await database.appPool.connect()
  try {
    const { rows } = await client.query(`explain select i.id from freehold.webhook_inbox i
      where i.state = 'pending' and i.available_at <= (select clock_timestamp()) order by i.available_at, i.id limit 10`)
    expect(rows.map((row) => Object.values(row as object)[0]).join('\n')).toContain('webhook_inbox_pending_idx')
  } finally {
    client.release()
  }
  expect(await claim(storage.system, 50)).toHaveLength(50)
})
