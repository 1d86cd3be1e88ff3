// Behind a pooler in transaction mode: no session state, so nothing leaks, whoever had the server connection before.

import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { TenantRef } from '../../src/core/storage/storage.ts'
import type { Notice } from '../../src/core/storage/verbs.ts'
import { createTenantRow, createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { type Bouncer, startPgBouncer, withoutPgBouncer } from '../setup/pgbouncer.ts'

const reason = withoutPgBouncer()

describe.skipIf(reason)(`PgBouncer in transaction mode${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let database: TestDatabase
  let bouncer: Bouncer
  let pool: pg.Pool
  let storage: ReturnType<typeof postgres>
  const tenants: TenantRef[] = []

  beforeAll(async () => {
    database = await createTestDatabase()
    bouncer = await startPgBouncer(database.appUrl, 2)
    pool = new pg.Pool({ connectionString: bouncer.url, max: 8 })
    storage = postgres({ pool, namedStatements: false, listen: database.appUrl })
    for (let i = 0; i < 8; i++) tenants.push(await createTenantRow(database))
  })
  afterAll(async () => {
    await storage.close()
    await pool.end()
    await bouncer.stop()
    await database.close()
  })

  it('keeps eight tenants apart on two server connections', async () => {
    await Promise.all(
      tenants.map(async (tenant, i) => {
        const scope = storage.tenant(tenant)
        for (let round = 0; round < 10; round++) {
          await scope.records.insert('security_events', [{ id: crypto.randomUUID(), kind: `k${i}` }])
          await scope.transaction(async ({ records, db }) => {
            await records.insert('security_events', [{ id: crypto.randomUUID(), kind: `k${i}` }])
            const { rows } = await sql<{ kind: string }>`select distinct kind from freehold.security_events`.execute(db)
            expect(rows).toEqual([{ kind: `k${i}` }])
          })
          const seen = await scope.records.find('security_events', { limit: 100 })
          expect(new Set(seen.map(({ kind }) => kind))).toEqual(new Set([`k${i}`]))
          expect(seen).toHaveLength(2 * (round + 1))
        }
      }),
    )
    const { rows } = await pool.query('select count(*)::int as n from freehold.security_events')
    expect(rows).toEqual([{ n: 0 }])
  })

  it('rolls back, parts too', async () => {
    const scope = storage.tenant(tenants[0]!)
    const before = await scope.records.count('security_events')
    await scope.transaction(async (unit) => {
      const part = unit.transaction(async ({ records }) => {
        await records.insert('security_events', [{ id: crypto.randomUUID(), kind: 'x' }])
        throw new Error('no')
      })
      await expect(part).rejects.toThrow('no')
    })
    expect(await scope.records.count('security_events')).toBe(before)
  })

  it('hears notices on a connection past the pooler', async () => {
    const heard: Notice[] = []
    const stop = await storage.subscribe({ onNotice: (notice) => heard.push(notice), onGap() {} })
    await storage.system.verbs.publish({ kind: 'tenant', tenantId: 't' })
    for (let tries = 0; heard.length === 0 && tries < 200; tries++) await new Promise((done) => setTimeout(done, 10))
    expect(heard).toEqual([{ kind: 'tenant', tenantId: 't' }])
    await stop()
  })
})
