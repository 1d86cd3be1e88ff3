// Appending to the audit log through the proxy: what it costs, and what becomes of the connection when it fails.

import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { auditEvent } from '../../src/adapters/testing/room.ts'
import type { Storage, TenantRef, TenantScope } from '../../src/core/storage/storage.ts'
import { createTenantRow, createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { startProxy, type TestProxy } from '../setup/proxy.ts'

let database: TestDatabase
let proxy: TestProxy
let pool: pg.Pool
let storage: Storage
let tenant: TenantRef
let scope: TenantScope

beforeAll(async () => {
  database = await createTestDatabase()
  proxy = await startProxy(database.appUrl)
  // one connection, so that what one transaction leaves on it the next one finds
  pool = new pg.Pool({ connectionString: proxy.url(database.appUrl), max: 1 })
  storage = postgres({ pool, listen: false })
})
beforeEach(async () => {
  tenant = await createTenantRow(database)
  scope = storage.tenant(tenant)
  await scope.records.count('users')
  await scope.verbs.appendAudit([event()])
  proxy.reset()
})
afterAll(async () => {
  await pool.end()
  await proxy.close()
  await database.close()
})

const event = (values: Parameters<typeof auditEvent>[1] = {}) => auditEvent(crypto.randomUUID(), values)
const line = () => [{ id: crypto.randomUUID(), kind: 'x' }]
const counts = async () => [
  await scope.records.count('security_events'),
  await scope.records.count('audit_events'),
  await scope.records.count('audit_pending'),
]
const FORGED = { body: 'x'.repeat(70_000) }

it('adds no round trip to a transaction that does something, wherever in it it stands', async () => {
  const cost = async (before: number, between: number, after: number) => {
    proxy.reset()
    await scope.transaction(async ({ records, verbs }) => {
      for (let i = 0; i < before; i++) await verbs.appendAudit([event()])
      await records.insert('security_events', line())
      for (let i = 0; i < between; i++) await verbs.appendAudit([event()])
      await records.insert('security_events', line())
      for (let i = 0; i < after; i++) await verbs.appendAudit([event(), event()])
    })
    return proxy.roundTrips
  }
  const bare = await cost(0, 0, 0)
  expect(bare).toBe(3)
  expect([await cost(1, 0, 0), await cost(0, 1, 0), await cost(0, 0, 1), await cost(2, 3, 2)]).toEqual(
    Array(4).fill(bare),
  )
  expect(await counts()).toEqual([10, 1 + 3 * 1 + 1 + 5 + 4, 14])
})

it('costs one round trip alone, in a transaction or not', async () => {
  await scope.verbs.appendAudit([event(), event()])
  expect(proxy.roundTrips).toBe(1)
  proxy.reset()
  await scope.transaction(({ verbs }) => verbs.appendAudit([event()]))
  expect(proxy.roundTrips).toBe(1)
  proxy.reset()
  await storage.system.transaction(async (unit) => {
    await unit.tenant(tenant).verbs.appendAudit([event()])
    await unit.tenant(await other()).verbs.appendAudit([event()])
  })
  expect(proxy.roundTrips).toBe(1)
  expect(await counts()).toEqual([0, 5, 5])
})

const other = async () => ({ ...tenant, id: crypto.randomUUID() })

it('adds none to a part of a transaction either', async () => {
  const cost = async (audit: boolean) => {
    proxy.reset()
    await scope.transaction(async (unit) => {
      await unit.transaction(async (part) => {
        if (audit) await part.verbs.appendAudit([event()])
        await part.records.insert('security_events', line())
        if (audit) await part.verbs.appendAudit([event()])
      })
      if (audit) await unit.transaction((part) => part.verbs.appendAudit([event()]))
    })
    return proxy.roundTrips
  }
  expect(await cost(true)).toBe(await cost(false))
  expect(await counts()).toEqual([2, 4, 4])
})

it('sends nothing for a transaction that takes it back before anything else was sent', async () => {
  const part = scope.transaction(async (unit) => {
    await unit
      .transaction(async ({ verbs }) => {
        await verbs.appendAudit([event()])
        throw new Error('no')
      })
      .catch(() => undefined)
  })
  await part
  await scope
    .transaction(async ({ verbs }) => {
      await verbs.appendAudit([event()])
      throw new Error('no')
    })
    .catch(() => undefined)
  expect(proxy.roundTrips).toBe(0)
  expect(await counts()).toEqual([0, 1, 1])
})

it('that fails with COMMIT leaves a connection without a transaction, and nothing half done', async () => {
  for (const alone of [true, false]) {
    const work = scope.transaction(async ({ records, verbs }) => {
      if (!alone) await records.insert('security_events', line())
      await verbs.appendAudit([event(FORGED)])
    })
    await expect(work).rejects.toMatchObject({
      code: 'ROW_REFUSED',
      details: { table: 'audit_events', constraint: 'audit_events_body_check' },
    })
    const client = await pool.connect()
    expect(client.getTransactionStatus()).toBe('I')
    client.release()
  }
  expect(await counts()).toEqual([0, 1, 1])
})

it('that fails with a statement inside a part takes the part back, and the rest goes on', async () => {
  await scope.transaction(async (unit) => {
    await unit.records.insert('security_events', line())
    const part = unit.transaction(async ({ records, verbs }) => {
      await verbs.appendAudit([event(FORGED)])
      await records.insert('security_events', line())
    })
    await expect(part).rejects.toMatchObject({ code: 'ROW_REFUSED' })
    await unit.verbs.appendAudit([event()])
  })
  expect(await counts()).toEqual([1, 2, 2])
})

it('of the whole that fails with the first statement of a part takes everything with it', async () => {
  const work = scope.transaction(async (unit) => {
    await unit.verbs.appendAudit([event(FORGED)])
    await unit.transaction(({ records }) => records.insert('security_events', line())).catch(() => undefined)
    await unit.records.insert('security_events', line())
  })
  await expect(work).rejects.toMatchObject({ code: 'TRANSACTION_LOST' })
  expect(await counts()).toEqual([0, 1, 1])
})

it('travels with the host’s own statement', async () => {
  await scope.transaction(async (unit) => {
    await unit.verbs.appendAudit([event()])
    const { db } = unit as unknown as { db: import('kysely').Kysely<{ 'freehold.audit_events': { action: string } }> }
    expect(await db.selectFrom('freehold.audit_events').select('action').execute()).toHaveLength(2)
  })
  expect(proxy.roundTrips).toBe(2)
})

it('what comes to wait while a statement is on its way is not forgotten', async () => {
  proxy.delayMs = 20
  await scope.transaction(async ({ records, verbs }) => {
    const sent = records.insert('security_events', line())
    // the statement has left, its answer has not come
    while (proxy.roundTrips === 0) await new Promise((resolve) => setImmediate(resolve))
    await verbs.appendAudit([event()])
    await sent
  })
  proxy.delayMs = 0
  expect(await counts()).toEqual([1, 2, 2])
})

it('the host’s queries in a system transaction see no tenant that was entered before', async () => {
  await storage.system.transaction(async (unit) => {
    const { db } = unit as unknown as { db: import('kysely').Kysely<{ 'freehold.audit_events': { action: string } }> }
    const seen = async () => (await db.selectFrom('freehold.audit_events').select('action').execute()).length
    expect(await seen()).toBe(0)
    expect(await unit.tenant(tenant).records.count('audit_events')).toBe(1)
    expect(await seen()).toBe(0)
  })
})

it('refuses at once, and harmlessly, what no column can hold', async () => {
  await scope.transaction(async ({ records, verbs }) => {
    await expect(verbs.appendAudit([event({ actor_id: 'nobody' })])).rejects.toMatchObject({ code: 'ROW_REFUSED' })
    await expect(verbs.appendAudit(Array(1_001).fill(event()))).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    await records.insert('security_events', line())
  })
  expect(await counts()).toEqual([1, 1, 1])
})
