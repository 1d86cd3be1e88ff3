// The host's own tables and queries, in the same transaction and behind the same wall as Freehold's.

import { type Generated, sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { TenantScope, TenantUnit } from '../../src/core/storage/storage.ts'
import { createTenantRow, createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { startProxy, type TestProxy } from '../setup/proxy.ts'

interface Host {
  notes: { id: Generated<string>; author: string; text: string; at: Generated<Date>; size: string | null }
}
type Db = TenantUnit<import('kysely').Kysely<Host>>['db']

let database: TestDatabase
let proxy: TestProxy
let pool: pg.Pool
let acme: TenantScope<Db>
let globex: TenantScope<Db>

beforeAll(async () => {
  database = await createTestDatabase()
  await database.ownerPool.query(`
    create table notes (
      tenant_id uuid not null,
      id uuid not null default gen_random_uuid(),
      author text not null check (author <> ''),
      text text not null,
      at timestamptz not null default now(),
      size bigint,
      primary key (tenant_id, id)
    );
    select freehold.protect_table('notes')`)
  proxy = await startProxy(database.appUrl)
  pool = new pg.Pool({ connectionString: proxy.url(database.appUrl), max: 3 })
  const storage = postgres<Host>({ pool })
  acme = storage.tenant(await createTenantRow(database))
  globex = storage.tenant(await createTenantRow(database))
})
beforeEach(async () => {
  for (const scope of [acme, globex]) await scope.transaction(({ db }) => db.deleteFrom('notes').execute())
  proxy.reset()
})
afterAll(async () => {
  await pool.end()
  await proxy.close()
  await database.close()
})

const write = (scope: TenantScope<Db>, text: string) =>
  scope.transaction(({ db }) => db.insertInto('notes').values({ author: 'ana', text }).execute())
const texts = (scope: TenantScope<Db>) =>
  scope.transaction(async ({ db }) => {
    const rows = await db.selectFrom('notes').select('text').orderBy('text').execute()
    return rows.map(({ text }) => text)
  })

it('reads and writes the rows of its tenant alone, without naming it', async () => {
  await write(acme, 'acme 1')
  await write(globex, 'globex 1')
  expect(await texts(acme)).toEqual(['acme 1'])
  expect(await texts(globex)).toEqual(['globex 1'])
  const touched = await acme.transaction(({ db }) =>
    db.updateTable('notes').set({ text: 'changed' }).executeTakeFirst(),
  )
  expect(touched.numUpdatedRows).toBe(1n)
  expect(await texts(globex)).toEqual(['globex 1'])
})

it('cannot write into another tenant, nor move a row there', async () => {
  const foreign = crypto.randomUUID()
  const insert = acme.transaction(({ db }) =>
    sql`insert into notes (tenant_id, author, text) values (${foreign}, 'eve', 'x')`.execute(db),
  )
  await expect(insert).rejects.toMatchObject({ code: 'ROW_REFUSED', details: { table: 'notes' } })
  await write(acme, 'mine')
  const move = acme.transaction(({ db }) => sql`update notes set tenant_id = ${foreign}`.execute(db))
  await expect(move).rejects.toMatchObject({ code: 'ROW_REFUSED' })
  expect(await texts(acme)).toEqual(['mine'])
})

it('is one transaction with Freehold: both are kept or neither', async () => {
  const id = crypto.randomUUID()
  const both = (fail: boolean) =>
    acme.transaction(async ({ db, records }) => {
      await records.insert('security_events', [{ id, kind: 'noted' }])
      await db.insertInto('notes').values({ author: 'ana', text: 'both' }).execute()
      if (fail) throw new Error('after both')
    })
  await expect(both(true)).rejects.toThrow('after both')
  expect([await texts(acme), await acme.records.get('security_events', { id })]).toEqual([[], undefined])
  await both(false)
  expect(await texts(acme)).toEqual(['both'])
  expect(await acme.records.get('security_events', { id })).toBeDefined()
})

it('costs one round trip for each query, and enters with the first', async () => {
  await texts(acme)
  proxy.reset()
  await acme.transaction(async ({ db }) => {
    await db.selectFrom('notes').selectAll().execute()
    await db.selectFrom('notes').selectAll().execute()
  })
  expect(proxy.roundTrips).toBe(3)
})

it('converts values as the host’s driver does', async () => {
  const at = new Date('2026-01-02T03:04:05.678Z')
  const [row] = await acme.transaction(({ db }) =>
    db.insertInto('notes').values({ author: 'ana', text: 'x', at, size: '9007199254740993' }).returningAll().execute(),
  )
  expect(row).toMatchObject({ at, size: '9007199254740993', author: 'ana' })
  const { rows } = await acme.transaction(({ db }) =>
    sql`select ${[1, 2]}::int[] as list, ${JSON.stringify({ a: 1 })}::jsonb as json, ${Buffer.from('ab')}::bytea as bytes`.execute(
      db,
    ),
  )
  expect(rows).toEqual([{ list: [1, 2], json: { a: 1 }, bytes: Buffer.from('ab') }])
})

it('honours the type parsers of the host’s pool', async () => {
  const types = {
    getTypeParser: (oid: number) => (oid === 20 ? (text: string) => BigInt(text) : (text: string) => text),
  }
  const own = new pg.Pool({ connectionString: database.appUrl, max: 1, types: types as never })
  const scope = postgres<Host>({ pool: own }).tenant({
    id: crypto.randomUUID(),
    location: { database: '', schema: '' },
  })
  const { rows } = await scope.transaction(({ db }) => sql`select 5::int8 as n`.execute(db))
  expect(rows).toEqual([{ n: 5n }])
  expect(await scope.records.count('users')).toBe(0)
  await own.end()
})

it('tells the database’s refusals by Freehold’s codes, with the driver’s error as their cause', async () => {
  const refused = acme.transaction(({ db }) => db.insertInto('notes').values({ author: '', text: 'x' }).execute())
  await expect(refused).rejects.toMatchObject({
    code: 'ROW_REFUSED',
    details: { table: 'notes', constraint: 'notes_author_check' },
    cause: { code: '23514' },
  })
  const broken = acme.transaction(({ db }) => sql`selec 1`.execute(db))
  await expect(broken).rejects.toMatchObject({ code: 'STORAGE_FAILED', details: { sqlstate: '42601' } })
})

it('refuses a value that cannot be sent, and keeps the connection', async () => {
  const circular: Record<string, unknown> = {}
  circular.self = circular
  const unsendable = acme.transaction(({ db }) => sql`select ${circular}::json`.execute(db))
  await expect(unsendable).rejects.toMatchObject({ code: 'STORAGE_FAILED', cause: expect.any(TypeError) })
  expect(await texts(acme)).toEqual([])
})

it('refuses Kysely’s own transactions, and goes on', async () => {
  await acme.transaction(async ({ db, records }) => {
    const inside = db.transaction().execute(async (part) => {
      await records.count('users')
      await part.deleteFrom('notes').execute()
    })
    await expect(inside).rejects.toMatchObject({ code: 'INPUT_INVALID', details: { field: 'db' } })
    await expect(db.startTransaction().execute()).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    await db.insertInto('notes').values({ author: 'a', text: 'kept' }).execute()
  })
  expect(await texts(acme)).toEqual(['kept'])
})

it.each([
  ['COMMIT', (db: Db) => sql`commit`.execute(db)],
  ['ROLLBACK', (db: Db) => sql` rollback`.execute(db)],
  ['BEGIN', (db: Db) => sql`BEGIN`.execute(db)],
  ['COMMIT after a comment', (db: Db) => sql`/* a /* b */ */ commit`.execute(db)],
  ['COMMIT after a line', (db: Db) => sql.raw('-- x\ncommit and chain').execute(db)],
  ['ROLLBACK after a line that ends as on a Mac of old', (db: Db) => sql.raw('-- x\rrollback and chain').execute(db)],
  ['COMMIT after nothing', (db: Db) => sql`; ;commit`.execute(db)],
  [
    'a stream',
    async (db: Db) => {
      for await (const _ of db.selectFrom('notes').selectAll().stream());
    },
  ],
])('refuses %s', async (_, leave) => {
  await expect(acme.transaction(async ({ db }): Promise<unknown> => leave(db))).rejects.toMatchObject({
    code: 'INPUT_INVALID',
    details: { field: 'db' },
  })
})

it('goes back to a savepoint of the host’s', async () => {
  await acme.transaction(async ({ db }) => {
    await sql`savepoint here`.execute(db)
    await db.insertInto('notes').values({ author: 'a', text: 'undone' }).execute()
    await sql`/* back */ rollback to savepoint here`.execute(db)
    await db.insertInto('notes').values({ author: 'a', text: 'kept' }).execute()
  })
  expect(await texts(acme)).toEqual(['kept'])
})

it('is over when its transaction is', async () => {
  let kept: Db | undefined
  await acme.transaction(async ({ db }) => {
    kept = db
    await db.selectFrom('notes').selectAll().execute()
  })
  await expect(kept!.selectFrom('notes').selectAll().execute()).rejects.toMatchObject({ code: 'TRANSACTION_LOST' })
})

it('sees tenant rows of nobody in the system scope', async () => {
  await write(acme, 'acme 1')
  const rows = await postgres<Host>({ pool }).system.transaction(({ db }) =>
    db.selectFrom('notes').selectAll().execute(),
  )
  expect(rows).toEqual([])
})

it('reads in one round trip, behind the wall, and changes nothing', async () => {
  for (const [scope, author] of [
    [acme, 'ana'],
    [globex, 'gus'],
  ] as const)
    await scope.transaction(({ db }) => db.insertInto('notes').values({ author, text: 'hello' }).execute())
  const authors = () => acme.read((db) => db.selectFrom('notes').select('author').execute())
  expect(await authors()).toEqual([{ author: 'ana' }])
  const refused = expect.objectContaining({ code: 'INPUT_INVALID' })
  await expect(acme.read((db) => db.deleteFrom('notes').execute())).rejects.toEqual(refused)
  await expect(acme.read((db) => db.transaction().execute(async () => 1))).rejects.toEqual(refused)
  await expect(acme.read((db) => sql`commit`.execute(db))).rejects.toEqual(refused)
  const other = sql`select freehold.enter_tenant(${crypto.randomUUID()}::uuid)`
  await acme.read((db) => other.execute(db))
  expect(await authors()).toEqual([{ author: 'ana' }])
})

it('reads inside a transaction what it did, and may change there', async () => {
  const seen = await acme.transaction(async (tx) => {
    await tx.db.insertInto('notes').values({ author: 'zoe', text: 'x' }).execute()
    return tx.read((db) => db.selectFrom('notes').select('author').execute())
  })
  expect(seen).toEqual([{ author: 'zoe' }])
})
