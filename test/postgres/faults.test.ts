// What happens when the connection, the pool or the server fails: one clear error, nothing half done, and the next
// call works. The proxy cuts at every step.

import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { TenantRef, TenantScope } from '../../src/core/storage/storage.ts'
import { createTenantRow, createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { type Cut, startProxy, type TestProxy } from '../setup/proxy.ts'

let database: TestDatabase
let proxy: TestProxy
let tenant: TenantRef
let scope: TenantScope<unknown>
const pools: pg.Pool[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  proxy = await startProxy(database.appUrl)
})
beforeEach(async () => {
  tenant = await createTenantRow(database)
  scope = scopeOn({ max: 1 })
  await scope.records.count('users')
})
afterEach(async () => {
  proxy.refusing = false
  for (const pool of pools.splice(0)) await pool.end()
})
afterAll(async () => {
  await proxy.close()
  await database.close()
})

function scopeOn(config: pg.PoolConfig, acquireTimeoutMs = 5_000): TenantScope<unknown> {
  const pool = new pg.Pool({ connectionString: proxy.url(database.appUrl), ...config })
  pools.push(pool)
  return postgres({ pool, listen: false, acquireTimeoutMs }).tenant(tenant)
}

const event = (kind: string) => [{ id: crypto.randomUUID(), kind }]
/** As the server has it, past the wall. */
const written = async () =>
  (
    await database.admin('select kind from freehold.security_events where tenant_id = $1 order by kind', [tenant.id])
  ).map(({ kind }) => kind)

const three = () =>
  scope.transaction(async ({ records }) => {
    await records.insert('security_events', event('a'))
    await records.insert('security_events', event('b'))
    await records.insert('security_events', event('c'))
  })

describe('a call that is cut off', () => {
  const cases: [string, Cut, string[]][] = [
    ['before the server hears it: nothing is done', { beforeSend: 1 }, []],
    ['before its answer: it is done, and nobody knows', { beforeAnswer: 1 }, ['a']],
    ['amid its answer', { afterBytes: 20 }, ['a']],
  ]
  it.each(cases)('%s', async (_, moment, done) => {
    proxy.cut(moment)
    await expect(scope.records.insert('security_events', event('a'))).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      cause: expect.any(Error),
    })
    expect(await written()).toEqual(done)
    await scope.records.insert('security_events', event('next'))
    expect(await written()).toEqual([...done, 'next'])
  })
})

describe('a transaction of three statements that is cut off', () => {
  const steps = ['first statement', 'second statement', 'third statement', 'COMMIT']
  it.each(steps.map((name, i) => [name, i + 1] as const))('before the %s is sent: nothing is done', async (_, n) => {
    proxy.cut({ beforeSend: n })
    await expect(three()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect(await written()).toEqual([])
    await three()
    expect(await written()).toEqual(['a', 'b', 'c'])
  })
  it.each(steps.map((name, i) => [name, i + 1] as const))('before the answer to the %s', async (name, n) => {
    proxy.cut({ beforeAnswer: n })
    await expect(three()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    // only COMMIT decides: without it nothing is kept, with it everything is
    expect(await written()).toEqual(name === 'COMMIT' ? ['a', 'b', 'c'] : [])
    await scope.records.insert('security_events', event('next'))
    expect(await written()).toContain('next')
  })
})

describe('a connection that dies while it is lent', () => {
  it('fails what comes next, and the process goes on', async () => {
    const work = scope.transaction(async ({ records }) => {
      await records.insert('security_events', event('a'))
      proxy.cutAll()
      await new Promise((resolve) => setTimeout(resolve, 50))
      await records.insert('security_events', event('b'))
    })
    await expect(work).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect(await written()).toEqual([])
    await three()
  })

  it('cannot commit, though the work asked nothing more of it', async () => {
    const work = scope.transaction(async ({ records }) => {
      await records.insert('security_events', event('a'))
      proxy.cutAll()
      await new Promise((resolve) => setTimeout(resolve, 50))
    })
    await expect(work).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect(await written()).toEqual([])
  })

  it('is told the same when the server ends the session', async () => {
    const work = scope.transaction(async ({ records }) => {
      await records.insert('security_events', event('a'))
      await database.admin(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'freehold_test_app' and state = 'idle in transaction'",
      )
      await records.insert('security_events', event('b'))
    })
    await expect(work).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    await three()
    expect(await written()).toEqual(['a', 'b', 'c'])
  })

  it('may die idle in the pool: nobody is told, and the next call has another', async () => {
    proxy.cutAll()
    await new Promise((resolve) => setTimeout(resolve, 50))
    await three()
    expect(await written()).toEqual(['a', 'b', 'c'])
  })
})

describe('a pool without a free connection', () => {
  it('fails in time with POOL_EXHAUSTED, and loses no connection', async () => {
    const short = scopeOn({ max: 1 }, 400)
    const began = performance.now()
    await short.transaction(async ({ records }) => {
      await records.count('users')
      await expect(short.records.count('users')).rejects.toMatchObject({ code: 'POOL_EXHAUSTED' })
      await expect(short.transaction((unit) => unit.records.count('users'))).rejects.toMatchObject({
        code: 'POOL_EXHAUSTED',
      })
      await records.count('users')
    })
    expect(performance.now() - began).toBeLessThan(2_000)
    expect(await short.records.count('users')).toBe(0)
    expect(pools.at(-1)).toMatchObject({ totalCount: 1, idleCount: 1, waitingCount: 0 })
  })

  it("says the same when the pool's own time is up first", async () => {
    const short = scopeOn({ max: 1, connectionTimeoutMillis: 600 })
    await short.transaction(async ({ records }) => {
      await records.count('users')
      await expect(short.records.count('users')).rejects.toMatchObject({ code: 'POOL_EXHAUSTED' })
    })
  })

  it('serves many more callers than it has connections', async () => {
    const crowded = scopeOn({ max: 2 })
    await Promise.all(Array.from({ length: 100 }, (_, i) => crowded.records.insert('security_events', event(`${i}`))))
    expect(await crowded.records.count('security_events')).toBe(100)
  })
})

describe('a server that cannot be reached', () => {
  it.each([
    ['refuses connections', (url: URL) => Object.assign(proxy, { refusing: true }) && url],
    ['has no such database', (url: URL) => Object.assign(url, { pathname: '/nowhere' })],
    ['does not know the login', (url: URL) => Object.assign(url, { username: 'nobody_knows' })],
    ['is not there', (url: URL) => Object.assign(url, { port: '1' })],
    ['has a name that nobody knows', (url: URL) => Object.assign(url, { hostname: 'nowhere.invalid' })],
  ])('%s', async (_, spoil) => {
    const url = spoil(new URL(proxy.url(database.appUrl))).href
    const storage = postgres({ url })
    const refused = { code: 'STORAGE_UNAVAILABLE', cause: expect.anything() }
    await expect(storage.system.records.count('tenants')).rejects.toMatchObject(refused)
    await expect(storage.tenant(tenant).transaction(({ records }) => records.count('users'))).rejects.toMatchObject(
      refused,
    )
    await expect(storage.subscribe({ onNotice() {}, onGap() {} })).rejects.toMatchObject(refused)
    await storage.close()
  })

  it('does not answer: the call ends when its time is up', async () => {
    const late = scopeOn({ max: 1 }, 100)
    proxy.delayMs = 400
    await expect(late.records.count('users')).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    proxy.delayMs = 0
  })
})

it('ends a statement that outlasts query_timeout, with its connection', async () => {
  const impatient = scopeOn({ max: 1, query_timeout: 150 })
  const work = impatient.transaction(({ db }) =>
    (db as import('kysely').Kysely<unknown>).executeQuery({ sql: 'select pg_sleep(2)', parameters: [] } as never),
  )
  await expect(work).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
  expect(await impatient.records.count('users')).toBe(0)
})

it('answers CLOSED after it was closed, and leaves the host its pool', async () => {
  const pool = new pg.Pool({ connectionString: database.appUrl, max: 1 })
  pools.push(pool)
  const storage = postgres({ pool })
  await storage.close()
  await storage.close()
  for (const call of [
    () => storage.system.records.count('tenants'),
    () => storage.tenant(tenant).transaction(({ records }) => records.count('users')),
    () => storage.subscribe({ onNotice() {}, onGap() {} }),
  ])
    await expect(call()).rejects.toMatchObject({ code: 'CLOSED' })
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
})
