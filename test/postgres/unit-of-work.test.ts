// A transaction: what it commits, what it takes back, what its parts do alone, and what each of it costs.

import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { Unit } from '../../src/adapters/postgres/link.ts'
import { deaf } from '../../src/adapters/postgres/listening.ts'
import { PoolLink } from '../../src/adapters/postgres/pool-link.ts'
import type { TenantScope } from '../../src/core/storage/storage.ts'
import { createTenantRow, createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { startProxy, type TestProxy } from '../setup/proxy.ts'

let database: TestDatabase
let proxy: TestProxy
let pool: pg.Pool
let link: PoolLink
let tenantId: string
let scope: TenantScope<unknown>

beforeAll(async () => {
  database = await createTestDatabase()
  proxy = await startProxy(database.appUrl)
  pool = new pg.Pool({ connectionString: proxy.url(database.appUrl), max: 2 })
  link = new PoolLink({
    pool,
    namedStatements: true,
    acquireTimeoutMs: 5_000,
    listening: deaf,
    close: async () => undefined,
  })
})
beforeEach(async () => {
  const tenant = await createTenantRow(database)
  tenantId = tenant.id
  scope = postgres({ pool, listen: false }).tenant(tenant)
  // a connection that is there already, and has entered before
  await scope.records.count('users')
  proxy.reset()
})
afterAll(async () => {
  await pool.end()
  await proxy.close()
  await database.close()
})

const event = (kind: string) => [{ id: crypto.randomUUID(), kind }]
const kinds = async () =>
  (await scope.records.find('security_events', { limit: 50, order: [{ by: 'kind' }] })).map(({ kind }) => kind)
/** Writes a line through the link, to see statements as they are. */
const write = (unit: Unit, kind: string) =>
  unit.send({
    text: 'insert into freehold.security_events (tenant_id, id, kind) values ($1, gen_random_uuid(), $2)',
    values: [tenantId, kind],
  })

it('costs one round trip for each statement, and one for COMMIT', async () => {
  await scope.transaction(async ({ records }) => {
    await records.insert('security_events', event('a'))
  })
  expect(proxy.roundTrips).toBe(2)
  proxy.reset()
  await scope.transaction(async ({ records }) => {
    await records.insert('security_events', event('b'))
    await records.count('security_events')
    await records.count('users')
  })
  expect(proxy.roundTrips).toBe(4)
  expect(await kinds()).toEqual(['a', 'b'])
})

it('sends nothing at all when nothing is asked', async () => {
  expect(await scope.transaction(async () => 'done')).toBe('done')
  await scope.transaction((unit) => unit.transaction(async () => undefined))
  expect(proxy.roundTrips).toBe(0)
})

it('costs no round trip to open and close a part', async () => {
  await scope.transaction(async (unit) => {
    await unit.transaction(({ records }) => records.insert('security_events', event('a')))
    await unit.transaction(({ records }) => records.insert('security_events', event('b')))
    await unit.transaction((part) => part.transaction(({ records }) => records.insert('security_events', event('c'))))
  })
  expect(proxy.roundTrips).toBe(4)
  expect(await kinds()).toEqual(['a', 'b', 'c'])
})

it('takes everything back when the work rejects, and throws what the work threw', async () => {
  const reason = new Error('no')
  const work = scope.transaction(async ({ records }) => {
    await records.insert('security_events', event('a'))
    throw reason
  })
  await expect(work).rejects.toBe(reason)
  expect(proxy.roundTrips).toBe(2)
  expect(await kinds()).toEqual([])
})

it('takes a part back alone', async () => {
  await scope.transaction(async (unit) => {
    await unit.records.insert('security_events', event('before'))
    const id = crypto.randomUUID()
    const part = unit.transaction(async ({ records }) => {
      await records.insert('security_events', [{ id, kind: 'inside' }])
      await records.insert('security_events', [{ id, kind: 'again' }])
    })
    await expect(part).rejects.toMatchObject({
      code: 'DUPLICATE',
      details: { table: 'security_events', constraint: 'security_events_pkey' },
    })
    await unit.records.insert('security_events', event('z-after'))
  })
  expect(await kinds()).toEqual(['before', 'z-after'])
})

it('takes back the parts of a part with it, and keeps what came before', async () => {
  await link.unit(tenantId, async (unit) => {
    await write(unit, 'a')
    const outer = unit.part(async (part) => {
      await part.part((inner) => write(inner, 'b'))
      await write(part, 'c')
      throw new Error('outer')
    })
    await expect(outer).rejects.toThrow('outer')
    await unit.part(async (part) => {
      await expect(part.part(() => Promise.reject(new Error('inner')))).rejects.toThrow('inner')
      await write(part, 'd')
    })
  })
  expect(await kinds()).toEqual(['a', 'd'])
})

it('is lost when a failed statement was swallowed', async () => {
  const work = scope.transaction(async ({ records }) => {
    await records.insert('security_events', event('a'))
    await records.insert('sessions', [{} as never]).catch(() => undefined)
  })
  await expect(work).rejects.toMatchObject({ code: 'TRANSACTION_LOST' })
  expect(await kinds()).toEqual([])
  // a part whose failure was swallowed inside it cannot be kept either, but the rest can
  await scope.transaction(async (unit) => {
    await unit.records.insert('security_events', event('kept'))
    const part = unit.transaction(({ records }) => records.insert('sessions', [{} as never]).catch(() => undefined))
    await expect(part).rejects.toMatchObject({ code: 'TRANSACTION_LOST' })
  })
  expect(await kinds()).toEqual(['kept'])
})

it('is not harmed by what was refused before it was sent', async () => {
  const unsendable = { text: 'select $1::json', values: [{ big: 1n }] }
  await link.unit(tenantId, async (unit) => {
    await unit.part(async (part) => {
      await expect(part.send(unsendable)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
      await write(part, 'a')
    })
    const undone = unit.part(async (part) => {
      void part.send(unsendable).catch(() => undefined)
      throw new Error('the part')
    })
    await expect(undone).rejects.toThrow('the part')
    await unit.part((part) => write(part, 'b'))
  })
  expect(await kinds()).toEqual(['a', 'b'])
})

it.each(['commit', 'commit and chain', 'rollback and chain'])('is lost when the host’s SQL was %s', async (text) => {
  const left = link.unit(tenantId, async (unit) => {
    await unit.send({ text, host: true })
    await write(unit, 'outside')
  })
  await expect(left).rejects.toMatchObject({ code: 'TRANSACTION_LOST' })
  expect(await kinds()).toEqual([])
})

it('throws when it is used after it ended', async () => {
  let whole: Unit | undefined
  let part: Unit | undefined
  await link.unit(tenantId, async (unit) => {
    whole = unit
    await unit.part(async (inner) => {
      part = inner
      await write(inner, 'a')
    })
    await expect(write(part!, 'late')).rejects.toMatchObject({ code: 'TRANSACTION_LOST' })
  })
  for (const unit of [whole!, part!]) {
    await expect(write(unit, 'late')).rejects.toMatchObject({ code: 'TRANSACTION_LOST' })
    await expect(unit.part(async () => 1)).rejects.toMatchObject({ code: 'TRANSACTION_LOST' })
  }
  expect(await kinds()).toEqual(['a'])
})

it('runs parts that were started together one after the other', async () => {
  const order: string[] = []
  await link.unit(tenantId, async (unit) => {
    const part = (name: string) =>
      unit.part(async (inner) => {
        order.push(`${name} begins`)
        await write(inner, name)
        await write(inner, `${name}2`)
        order.push(`${name} ends`)
        if (name === 'b') throw new Error('b')
      })
    await Promise.allSettled([part('a'), part('b'), part('c')])
  })
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  expect(await kinds()).toEqual(['a', 'a2', 'c', 'c2'])
})

it('does not wait for itself when a part opens a part through its parent', async () => {
  await link.unit(tenantId, async (unit) => {
    await unit.part(async () => {
      await unit.part(async (inner) => {
        await unit.part(() => write(unit, 'deep'))
        await write(inner, 'inner')
      })
    })
  })
  expect(await kinds()).toEqual(['deep', 'inner'])
})

it('keeps what was sent before a part that rolls back, and what is sent beside it', async () => {
  await link.unit(tenantId, async (unit) => {
    const before = [unit.send({ text: 'select pg_sleep(0.05)' }), write(unit, 'before')]
    const part = unit.part(async (inner) => {
      await write(inner, 'lost')
      await write(unit, 'lost too')
      throw new Error('the part')
    })
    const beside = write(unit, 'beside')
    await expect(part).rejects.toThrow('the part')
    await Promise.all([...before, beside])
  })
  expect(await kinds()).toEqual(['before', 'beside'])
})

it('waits for what its work started and did not await', async () => {
  let unawaited: Promise<unknown> = Promise.resolve()
  await link.unit(tenantId, async (unit) => {
    await write(unit, 'a')
    unawaited = unit.part(async (part) => {
      await write(part, 'b')
      await write(part, 'c')
    })
    void write(unit, 'd')
  })
  await unawaited
  expect(await kinds()).toEqual(['a', 'b', 'c', 'd'])
})

it('answers statements sent together in their order', async () => {
  await link.unit(tenantId, async ({ send }) => {
    const answers = await Promise.all([1, 2, 3].map((n) => send({ text: 'select $1::integer as n', values: [n] })))
    expect(answers.map(({ rows }) => rows[0]?.n)).toEqual([1, 2, 3])
  })
})

it('keeps the tenant inside, and leaves none behind on the connection', async () => {
  await link.unit(tenantId, (unit) => write(unit, 'a'))
  for (let i = 0; i < 4; i++) {
    const { rows } = await link.one(null, {
      text: "select current_setting('app.current_tenant', true) as tenant, (select count(*) from freehold.security_events) as seen",
    })
    expect(rows[0]?.tenant || null).toBeNull()
    expect(rows[0]?.seen).toBe(0)
  }
})

it('tells a conflict that is safe to run again: deadlock', async () => {
  const two = event('one').concat(event('two'))
  await scope.records.insert('security_events', two)
  let here = 0
  let meet = (): void => undefined
  const met = new Promise<void>((resolve) => {
    meet = resolve
  })
  const lockBoth = (first: string, second: string) =>
    scope.transaction(async ({ records }) => {
      await records.lock('security_events', { id: first })
      if (++here === 2) meet()
      await met
      await records.lock('security_events', { id: second })
    })
  const results = await Promise.allSettled([lockBoth(two[0]!.id, two[1]!.id), lockBoth(two[1]!.id, two[0]!.id)])
  const refused = results.filter((result) => result.status === 'rejected')
  expect(refused).toHaveLength(1)
  expect(refused[0]!.reason).toMatchObject({ code: 'CONFLICT' })
})
