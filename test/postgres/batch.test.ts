// What travels to the server: one Sync for each call, names prepared once, and what happens when a batch fails halfway.

import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { Statement } from '../../src/adapters/postgres/link.ts'
import { deaf } from '../../src/adapters/postgres/listening.ts'
import { PoolLink } from '../../src/adapters/postgres/pool-link.ts'
import type { TenantRef } from '../../src/core/storage/storage.ts'
import { createTenantRow, createTestDatabase, createUserRow, type TestDatabase } from '../setup/database.ts'
import { startProxy, type TestProxy } from '../setup/proxy.ts'

let database: TestDatabase
let proxy: TestProxy
let pool: pg.Pool
let tenant: TenantRef
let userId: string
const pools: pg.Pool[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  proxy = await startProxy(database.appUrl)
  pool = onePool()
  tenant = await createTenantRow(database)
  userId = await createUserRow(database, tenant)
})
afterAll(async () => {
  for (const one of pools) await one.end()
  await proxy.close()
  await database.close()
})
afterEach(() => proxy.reset())

/** One connection, so that what it remembers is seen. */
function onePool(): pg.Pool {
  const one = new pg.Pool({ connectionString: proxy.url(database.appUrl), max: 1 })
  pools.push(one)
  return one
}

function linkOn(of: pg.Pool, namedStatements = true): PoolLink {
  return new PoolLink({
    pool: of,
    namedStatements,
    acquireTimeoutMs: 5_000,
    listening: deaf,
    close: async () => undefined,
  })
}

const countUsers: Statement = {
  name: 'count_users',
  text: 'select count(*) as n from freehold.users where name is null',
}

it('costs one round trip for each record call and verb, first time and later', async () => {
  const scope = postgres({ pool }).tenant(tenant)
  const calls: Record<string, () => Promise<unknown>> = {
    get: () => scope.records.get('users', { id: userId }),
    lock: () => scope.records.lock('users', { id: userId }),
    find: () => scope.records.find('users', { where: { status: 'active' }, order: [{ by: 'email' }], limit: 5 }),
    insert: () =>
      scope.records.insert('security_events', [{ id: crypto.randomUUID(), kind: 'x' }], { onConflict: 'ignore' }),
    update: () => scope.records.update('users', { id: userId }, { session_epoch: { add: 1 } }),
    count: () => scope.records.count('users'),
    remove: () => scope.records.remove('users', { id: crypto.randomUUID() }),
    lookUpSession: () => scope.verbs.lookUpSession(crypto.randomUUID()),
    publish: () => scope.verbs.publish({ kind: 'tenant', tenantId: tenant.id }),
    takeAttempt: () =>
      scope.verbs.takeAttempt({
        pool: 'password',
        subject: new Uint8Array(32),
        free: 100,
        baseDelayMs: 1,
        maxDelayMs: 1,
        forgetAfterMs: 1,
      }),
  }
  for (const [name, call] of Object.entries(calls)) {
    for (const time of ['first', 'second']) {
      proxy.reset()
      await call()
      expect(proxy.roundTrips, `${name}, ${time} time`).toBe(1)
      // the second time nothing is parsed or described again
      if (time === 'second') expect([name, proxy.sent.get('P') ?? 0, proxy.sent.get('D') ?? 0]).toEqual([name, 0, 0])
      expect(proxy.sent.get('B'), `${name} enters its tenant`).toBe(2)
    }
  }
})

it('costs one round trip to find a tenant, which enters none', async () => {
  const { verbs } = postgres({ pool }).system
  proxy.reset()
  expect((await verbs.findTenant({ id: tenant.id }))?.id).toBe(tenant.id)
  expect([proxy.roundTrips, proxy.sent.get('B')]).toEqual([1, 1])
})

it('undoes everything when a statement fails, and serves the next on the same connection', async () => {
  const link = linkOn(onePool())
  await expect(link.one(tenant.id, { name: 'fails', text: 'select 1 / 0' })).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    details: { sqlstate: '22012' },
  })
  expect((await link.one(null, countUsers)).rows).toEqual([{ n: 0 }])
  expect((await link.one(tenant.id, countUsers)).rows).toEqual([{ n: 1 }])
  expect(proxy.connections).toBeLessThanOrEqual(pools.length)
})

it('prepares again what a failed batch may have left behind', async () => {
  const link = linkOn(onePool())
  const half = { name: 'half', text: 'select 10 / $1::integer as q' }
  await expect(link.one(tenant.id, { ...half, values: [0] })).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
  proxy.reset()
  expect((await link.one(tenant.id, { ...half, values: [5] })).rows).toEqual([{ q: 2 }])
  // closed, then parsed: the server did keep the name of a statement that failed when it ran
  expect([proxy.sent.get('C'), proxy.sent.get('P')]).toEqual([2, 2])
  proxy.reset()
  expect((await link.one(tenant.id, { ...half, values: [2] })).rows).toEqual([{ q: 5 }])
  expect([proxy.sent.get('C'), proxy.sent.get('P')]).toEqual([undefined, undefined])
})

it('recovers when a name was never parsed because an earlier statement failed', async () => {
  const link = linkOn(onePool())
  await expect(link.one('not-a-uuid', countUsers)).rejects.toMatchObject({ code: 'ROW_REFUSED' })
  expect((await link.one(tenant.id, countUsers)).rows).toEqual([{ n: 1 }])
})

it('takes another text under a known name', async () => {
  const link = linkOn(onePool())
  expect((await link.one(null, { name: 'n', text: 'select 1 as a' })).rows).toEqual([{ a: 1 }])
  expect((await link.one(null, { name: 'n', text: 'select 2 as b, 3 as c' })).rows).toEqual([{ b: 2, c: 3 }])
})

it('sends again what the connection remembers no more: DISCARD ALL, and a changed table', async () => {
  const own = onePool()
  const link = linkOn(own)
  await database.ownerPool.query('create table changing (a integer); grant select on changing to freehold_app')
  const read = { name: 'read_changing', text: 'select * from public.changing' }
  await database.ownerPool.query('insert into changing values (1)')
  expect((await link.one(null, read)).rows).toEqual([{ a: 1 }])
  await database.ownerPool.query("alter table changing add column b text default 'new'")
  expect((await link.one(null, read)).rows).toEqual([{ a: 1, b: 'new' }])
  await own.query('discard all')
  expect((await link.one(null, read)).rows).toEqual([{ a: 1, b: 'new' }])
  // inside a transaction it cannot be sent again, but the caller may run the whole again
  await database.ownerPool.query('alter table changing add column c integer')
  const reading = () => link.unit(null, async ({ send }) => (await send(read)).rows)
  await expect(reading()).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(await reading()).toEqual([{ a: 1, b: 'new', c: null }])
})

it('prepares nothing under a name where names do not last', async () => {
  const link = linkOn(onePool(), false)
  for (let i = 0; i < 3; i++) expect((await link.one(tenant.id, countUsers)).rows).toEqual([{ n: 1 }])
  const { rows } = await link.one(null, { text: 'select name from pg_prepared_statements' })
  expect(rows).toEqual([])
  proxy.reset()
  await link.one(tenant.id, countUsers)
  expect([proxy.roundTrips, proxy.sent.get('P')]).toEqual([1, 2])
})

it('keeps a bounded number of prepared statements, whatever shapes are asked for', async () => {
  const scope = postgres({ pool: onePool() }).tenant(tenant)
  const columns = ['email', 'name', 'status', 'password_hash', 'session_epoch', 'created_at', 'updated_at'] as const
  for (let mask = 1; mask < 128; mask++) {
    const where = Object.fromEntries(columns.filter((_, i) => mask & (1 << i)).map((column) => [column, { not: null }]))
    await scope.records.count('users', where)
    await scope.records.remove('users', { ...where, id: crypto.randomUUID() })
  }
  const { rows } = await pools.at(-1)!.query('select count(*)::int as n from pg_prepared_statements')
  expect(rows[0].n).toBeGreaterThan(100)
  // 200 texts of records, and the entering
  expect(rows[0].n).toBeLessThanOrEqual(201)
})

it('refuses a value that cannot be sent and a row that cannot be read, and the connection lives on', async () => {
  const own = onePool()
  const link = linkOn(own)
  const circular: Record<string, unknown> = {}
  circular.self = circular
  await expect(link.one(null, { text: 'select $1::json', values: [circular] })).rejects.toMatchObject({
    code: 'INPUT_INVALID',
  })
  await expect(link.one(null, { text: 'select 9007199254740993::int8 as big' })).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    details: { sqlstate: '22003' },
  })
  expect((await link.one(null, { text: 'select 9007199254740991::int8 as big' })).rows).toEqual([
    { big: 9007199254740991 },
  ])
  expect(own.totalCount).toBe(1)
})

it('refuses a pool in pipeline mode', () => {
  const pipelined = new pg.Pool({ connectionString: database.appUrl, pipeline: true } as pg.PoolConfig)
  expect(() => postgres({ pool: pipelined })).toThrowError(/CONFIG_INVALID/)
})

it('leaves the driver and its type parsers as they are', async () => {
  const own = onePool()
  await linkOn(own).one(null, { text: 'select 1::int8 as n' })
  expect((await own.query('select 1::int8 as n')).rows).toEqual([{ n: '1' }])
})
