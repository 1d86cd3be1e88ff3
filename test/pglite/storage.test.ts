// What PGlite adds to what every storage does: the role that makes the wall hold, one connection for all, instances
// given and opened.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pglite } from '../../src/adapters/pglite/index.ts'
import type { Notice } from '../../src/core/storage/verbs.ts'
import { refused } from '../setup/refusal.ts'
import { migratedPglite } from './instance.ts'

interface HostTables {
  notes: { tenant_id: string | undefined; id: string; body: string; tags: string[]; size: bigint | number; at: Date }
}

let database: PGlite
beforeAll(async () => {
  database = await migratedPglite()
  await database.exec(`
    create table notes (tenant_id uuid, id uuid, body text, tags text[], size bigint, at timestamptz, primary key (tenant_id, id));
    select freehold.protect_table('notes')`)
})
afterAll(() => database?.close())

const open = () => pglite<HostTables>({ database, acquireTimeoutMs: 300 })
const ref = (id: string = crypto.randomUUID()) => ({ id, location: open().sharedLocation })
const note = (body: string) => ({ id: crypto.randomUUID(), body, tags: ['a,b'], size: 7, at: new Date(0) })

describe('the wall', () => {
  it('holds for SQL of the host’s that forgets the tenant', async () => {
    const [acme, globex] = [ref(), ref()]
    const mine = note('mine')
    await open()
      .tenant(acme)
      .transaction(async ({ db }) =>
        db
          .insertInto('notes')
          .values(mine as never)
          .execute(),
      )
    const counts = await open()
      .tenant(globex)
      .transaction(async ({ db }) => {
        const { rows } = await sql<{ user: string }>`select current_user as user`.execute(db)
        expect(rows).toEqual([{ user: 'freehold_app' }])
        await db
          .insertInto('notes')
          .values(note('theirs') as never)
          .execute()
        const changed = await sql`update notes set body = 'taken' where body = 'mine'`.execute(db)
        expect(changed.numAffectedRows).toBe(0n)
        const removed = await db.deleteFrom('notes').where('id', '=', mine.id).executeTakeFirst()
        expect(removed.numDeletedRows).toBe(0n)
        return db.selectFrom('notes').select('body').execute()
      })
    expect(counts).toEqual([{ body: 'theirs' }])
    await open().system.transaction(async ({ db }) => {
      expect(await db.selectFrom('notes').selectAll().execute()).toEqual([])
      expect((await sql`select * from freehold.users`.execute(db)).rows).toEqual([])
    })
  })

  it('refuses a row for another tenant, and a change of roles’ rights', async () => {
    const [acme, globex] = [ref(), ref()]
    const smuggle = open()
      .tenant(globex)
      .transaction(({ db }) =>
        db
          .insertInto('notes')
          .values({ ...note('x'), tenant_id: acme.id } as never)
          .execute(),
      )
    expect((await refused(() => smuggle, 'ROW_REFUSED')).details.table).toBe('notes')
    for (const text of ['alter table notes disable row level security', 'truncate notes', 'create table mine ()']) {
      const attempt = open()
        .tenant(globex)
        .transaction(({ db }) => sql.raw(text).execute(db))
      expect((await refused(() => attempt, 'STORAGE_FAILED')).details.sqlstate).toBe('42501')
    }
  })

  it('leaves nothing behind on the connection, however a transaction ends', async () => {
    const scope = open().tenant(ref())
    const presence = async () =>
      (await database.query(`select current_user::text as role, current_setting('app.current_tenant', true) as tenant`))
        .rows
    const clean = [{ role: 'postgres', tenant: '' }]
    await scope.records.count('users')
    expect(await presence()).toEqual(clean)
    await scope.transaction(async ({ records }) => records.count('users'))
    expect(await presence()).toEqual(clean)
    await expect(scope.transaction(async ({ records }) => records.get('users', { id: 'no uuid' }))).rejects.toThrow()
    await expect(scope.transaction(async ({ db }) => sql`select 1 / 0`.execute(db))).rejects.toThrow()
    await expect(scope.records.update('users', {}, { status: 'asleep' as 'active' })).resolves.toEqual([])
    await expect(scope.verbs.lookUpSession('no uuid')).rejects.toThrow()
    const sly = open().tenant({ ...ref(), id: "x'; reset role; --" })
    await refused(() => sly.records.count('users'), 'ID_INVALID')
    await refused(() => sly.transaction(async ({ records }) => records.count('users')), 'ID_INVALID')
    expect(await presence()).toEqual(clean)
  })
})

describe('the host’s queries', () => {
  it('share the transaction, and come back as PGlite reads them', async () => {
    const scope = open().tenant(ref())
    const { body, tags, size, at } = note('kept')
    const rows = await scope.transaction(async ({ db, records, transaction }) => {
      await records.insert('security_events', [{ id: crypto.randomUUID(), kind: 'noted' }])
      await db
        .insertInto('notes')
        .values(note('kept') as never)
        .execute()
      await expect(
        transaction(async (part) => {
          await part.db
            .insertInto('notes')
            .values(note('lost') as never)
            .execute()
          await sql`select 1 / 0`.execute(part.db)
        }),
      ).rejects.toThrow()
      return db.selectFrom('notes').select(['body', 'tags', 'size', 'at']).execute()
    })
    expect(rows).toEqual([{ body, tags, size, at }])
    expect(await scope.records.count('security_events')).toBe(1)
    await expect(
      scope.transaction(async ({ db, records }) => {
        await records.remove('security_events', {})
        await db.deleteFrom('notes').execute()
        throw new Error('stop')
      }),
    ).rejects.toThrow('stop')
    expect(await scope.records.count('security_events')).toBe(1)
    expect((await scope.verbs.purge()).security_events).toBe(1)
    expect(await scope.transaction(({ db }) => db.selectFrom('notes').selectAll().execute())).toEqual([])
  })
})

describe('values that cannot be sent', () => {
  it('are refused before anything is said, and the transaction goes on', async () => {
    const scope = open().tenant(ref())
    const circle: unknown[] = []
    circle.push(circle)
    const attempt = {
      pool: circle as never,
      subject: new Uint8Array(32),
      free: 1,
      baseDelayMs: 1,
      maxDelayMs: 1,
      forgetAfterMs: 1,
    }
    await refused(() => scope.verbs.takeAttempt(attempt), 'INPUT_INVALID')
    await scope.transaction(async ({ records, verbs }) => {
      await refused(() => verbs.takeAttempt(attempt), 'INPUT_INVALID')
      await records.insert('security_events', [{ id: crypto.randomUUID(), kind: 'kept' }])
    })
    expect(await scope.records.count('security_events')).toBe(1)
  })

  it('of the host’s fail its transaction', async () => {
    const work = open()
      .tenant(ref())
      .transaction(({ db }) => sql`select ${'perhaps'}::boolean`.execute(db))
    expect((await refused(() => work, 'STORAGE_FAILED')).details.sqlstate).toBe('22000')
  })
})

describe('one connection', () => {
  it('does not wait for ever for a call that is made outside a transaction and awaited inside it', async () => {
    const scope = open().tenant(ref())
    await scope.transaction(async ({ records }) => {
      await records.count('users')
      await refused(() => scope.records.count('users'), 'POOL_EXHAUSTED')
      expect(await records.count('users')).toBe(0)
    })
    // what came too late has not taken the connection
    expect(await scope.records.count('users')).toBe(0)
  })

  it('waits for the host’s own transactions, and they for ours', async () => {
    const scope = open().tenant(ref())
    const seen: string[] = []
    await Promise.all([
      database.transaction(async (tx) => {
        await tx.query('select 1')
        await new Promise((resolve) => setTimeout(resolve, 30))
        seen.push('host')
      }),
      scope.transaction(async ({ records }) => {
        await records.count('users')
        await new Promise((resolve) => setTimeout(resolve, 30))
        seen.push('ours')
      }),
    ])
    expect(seen.toSorted()).toEqual(['host', 'ours'])
    expect((await database.query('select current_user::text as role')).rows).toEqual([{ role: 'postgres' }])
  })
})

describe('instances', () => {
  it('hears notices of another storage on the same instance, and leaves an instance that was given open', async () => {
    const [one, two] = [open(), open()]
    const heard: Notice[] = []
    await one.subscribe({ onNotice: (notice) => heard.push(notice), onGap: () => undefined })
    const notice: Notice = { kind: 'tenant', tenantId: crypto.randomUUID() }
    await two.system.verbs.publish(notice)
    await two.close()
    await expect.poll(() => heard).toEqual([notice])
    await one.close()
    await open().system.verbs.publish(notice)
    expect(heard.length).toBe(1)
    await refused(() => one.system.verbs.publish(notice), 'CLOSED')
    expect((await database.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  it('opens a directory itself, and finds everything again', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'freehold-pglite-'))
    try {
      await (await migratedPglite(dataDir)).close()
      const first = pglite({ dataDir })
      expect(first.traits.durable).toBe(true)
      const tenant = ref()
      await first.tenant(tenant).records.insert('security_events', [{ id: tenant.id, kind: 'kept' }])
      await first.close()

      const second = pglite({ dataDir })
      expect(await second.tenant(tenant).records.count('security_events', { kind: 'kept' })).toBe(1)
      await second.close()
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  })

  it('can be looked at before it is migrated, and nobody comes between the migrations', async () => {
    const bare = await migratedPglite()
    try {
      await bare.exec('drop schema freehold cascade; drop owned by freehold_app, freehold_auditor')
      await bare.exec('drop role freehold_app, freehold_auditor')
      const storage = pglite({ database: bare })
      const found = async () => (await storage.inspect()).map(({ id, severity }) => [id, severity])
      const always = [
        ['superuser-role', 'info'],
        ['not-durable', 'info'],
      ]
      expect(await found()).toEqual([['migrations-pending', 'warn'], ...always])
      const seen: string[] = []
      for await (const { kind } of storage.migrations.apply()) {
        if (seen.push(kind) > 1) continue
        // asked while the first migration is under way, answered when all are done
        void storage
          .tenant(ref())
          .records.count('users')
          .then((count) => seen.push(`counted ${count}`))
      }
      await expect.poll(() => seen.at(-1)).toBe('counted 0')
      expect(seen.at(-2)).toBe('finished')
      expect(await found()).toEqual(always)
      const elsewhere = pglite({ database: bare, schema: 'We"ird' })
      await elsewhere.migrations.apply()
      expect(await elsewhere.tenant(ref()).records.count('users')).toBe(0)
    } finally {
      await bare.close()
    }
  })

  it('is given an instance or a directory, not both', () => {
    expect(() => pglite({ database, dataDir: 'somewhere' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    )
  })
})
