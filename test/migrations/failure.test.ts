// A migration that fails keeps nothing, says where and what next, and runs once it is mended.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FreeholdError } from '../../src/core/kernel/errors.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { connectTo, createRunner, type Runner, refusal } from './runner.ts'

async function failure(work: PromiseLike<unknown>) {
  const error = await refusal(work)
  if (!FreeholdError.is(error, 'MIGRATION_FAILED')) throw error
  return error.details
}

describe('a migration that fails', () => {
  let database: TestDatabase
  let runner: Runner
  const columns = async () =>
    (
      await database.admin(
        "select attname as name from pg_attribute where attrelid = 'public.notes'::regclass and attnum > 0 order by attnum",
      )
    ).map(({ name }) => name)

  beforeAll(async () => {
    database = await createTestDatabase()
    runner = await createRunner(database.ownerUrl, { lockTimeoutMs: 100, attempts: 2 })
    await runner.file('0001_notes.sql', 'create table notes (tenant_id uuid, id uuid, primary key (tenant_id, id));')
    await runner.file(
      '0002_body.sql',
      'alter table notes add column body text;\n\n-- ünïcödé 😀 before the fault\nalter table notes\n  add column title txet;\n',
    )
    await runner.file('0003_more.sql', 'select 1')
  })
  afterAll(async () => {
    await runner?.remove()
    await database?.close()
  })

  it('names the line, what the server said, what was kept, and what was not tried', async () => {
    const details = await failure(runner.migrations.apply())
    expect(details).toMatchObject({
      migration: 'host/0002_body',
      sqlstate: '42704',
      line: 5,
      problem: 'type "txet" does not exist',
    })
    expect(details.hint).toContain('Nothing of it was kept')
    expect(details.hint).toContain('Applied before it: host/0001_notes.')
    expect(details.hint).toContain('Not tried: host/0003_more.')
    expect(await columns()).toEqual(['tenant_id', 'id'])
  })

  it('is noted in the ledger, and pending still', async () => {
    const [, second, third] = (await runner.migrations.status()).filter(({ set }) => set === 'host')
    expect(second).toMatchObject({
      state: 'failed',
      appliedAt: null,
      error: 'line 5: type "txet" does not exist (42704)',
    })
    expect(third).toMatchObject({ state: 'pending' })
    expect((await runner.migrations.plan()).pending.map(({ name }) => name)).toEqual(['body', 'more'])
  })

  it('runs when its file is mended', async () => {
    await runner.file('0002_body.sql', 'alter table notes add column body text')
    expect(await runner.up()).toEqual(['host/0002_body', 'host/0003_more'])
    expect(await columns()).toEqual(['tenant_id', 'id', 'body'])
    const status = await runner.migrations.status()
    expect(status.every(({ state, error }) => state === 'done' && error === null)).toBe(true)
  })

  it('says what to do about CONCURRENTLY', async () => {
    await runner.file('0004_index.sql', 'create index concurrently notes_body_idx on notes (tenant_id, body)')
    expect((await failure(runner.migrations.apply())).hint).toContain(
      'begin the file with "-- freehold: no-transaction"',
    )
    await runner.file('0004_index.sql', 'select 4')
    await runner.up()
  })

  it('fails instead of changing no row, where the wall stands before the owner too', async () => {
    await database.admin('insert into public.notes (tenant_id, id) values (gen_random_uuid(), gen_random_uuid())')
    await runner.file('0005_wall.sql', "select freehold.protect_table('notes')")
    await runner.file('0006_fill.sql', "update notes set body = ''")
    const details = await failure(runner.migrations.apply())
    expect(details).toMatchObject({ migration: 'host/0006_fill', sqlstate: '42501' })
    expect(details.hint).toContain('no force row level security')

    await runner.file(
      '0006_fill.sql',
      "alter table notes no force row level security; update notes set body = ''; alter table notes force row level security",
    )
    expect(await runner.up()).toEqual(['host/0006_fill'])
    expect(await database.admin('select body from public.notes')).toEqual([{ body: '' }])
  })

  it('fails instead of taking a foreign key for valid without seeing the rows', async () => {
    const tables = `create table replies (tenant_id uuid, id uuid, note_id uuid, primary key (tenant_id, id));
      insert into replies values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid());
      select freehold.protect_table('replies');`
    const key = `alter table replies add constraint replies_note_id_fkey foreign key (tenant_id, note_id) references notes (tenant_id, id);
      create index replies_note_id_idx on replies (tenant_id, note_id);`
    await runner.file('0007_replies.sql', tables + key)
    expect(await failure(runner.migrations.apply())).toMatchObject({ sqlstate: '42501' })

    const unforced = `${tables} alter table replies no force row level security; alter table notes no force row level security;`
    const forced = 'alter table replies force row level security; alter table notes force row level security;'
    await runner.file('0007_replies.sql', unforced + key + forced)
    expect(await failure(runner.migrations.apply())).toMatchObject({ sqlstate: '23503' })
    await runner.file('0007_replies.sql', `${unforced} delete from replies; ${key} ${forced}`)
    expect(await runner.up()).toEqual(['host/0007_replies'])
  })

  it('lets go and tries again when a lock does not come, and gives up with advice', async () => {
    await runner.file('0008_wait.sql', 'alter table notes add column late text')
    const holder = await connectTo(database.ownerUrl)
    await holder.query('begin')
    await holder.query('lock table notes in access share mode')
    const kinds: string[] = []
    const error = await refusal(
      (async () => {
        for await (const event of runner.migrations.apply()) {
          kinds.push(event.kind === 'retrying' ? `retrying ${event.attempt}: ${event.reason}` : event.kind)
        }
      })(),
    )
    expect(kinds).toEqual(['started', 'retrying 1: a lock did not come in time'])
    expect(error).toMatchObject({ code: 'MIGRATION_FAILED', details: { sqlstate: '55P03' } })
    expect(String(error)).toContain('pg_stat_activity')

    // the lock comes free while it waits for its second try
    for await (const event of runner.migrations.apply()) {
      if (event.kind === 'retrying') await holder.query('rollback')
    }
    await holder.end()
    expect(await columns()).toContain('late')
  })

  it('leaves a connection that is lent again as it was', async () => {
    await runner.file('0009_set.sql', "set lock_timeout = '1h'; set search_path = pg_catalog")
    const connection = await connectTo(database.ownerUrl)
    const before = await connection.query(
      "select current_setting('search_path') as path, current_setting('row_security') as rls, current_setting('lock_timeout') as lock",
    )
    const lent = await createRunner(database.ownerUrl, {
      folder: runner.folder,
      connect: async () => ({ query: connection.query, end: async () => undefined }),
    })
    expect(await lent.up()).toEqual(['host/0009_set'])
    expect(
      await connection.query(
        "select current_setting('search_path') as path, current_setting('row_security') as rls, current_setting('lock_timeout') as lock",
      ),
    ).toEqual(before)
    expect(
      await connection.query(
        "select count(*)::int as n from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()",
      ),
    ).toEqual([{ n: 0 }])
    await connection.end()
  })
})

describe('a baseline', () => {
  it('takes as done what a database already has', async () => {
    const database = await createTestDatabase()
    const runner = await createRunner(database.ownerUrl)
    await runner.file('0001_old.sql', 'create table old (id int)')
    await runner.file('0002_older.sql', 'create table older (id int)')
    await runner.file('0003_new.sql', 'create table new (id int)')
    await database.ownerPool.query('create schema if not exists other')
    expect((await runner.migrations.plan({ baseline: 'host:2' })).pending.map(({ name }) => name)).toEqual(['new'])
    const events = await runner.migrations.apply({ baseline: 'host:0002' })
    expect(events.flatMap((event) => (event.kind === 'baselined' ? [event.migration] : []))).toEqual([
      'host/0001_old',
      'host/0002_older',
    ])
    expect((await runner.migrations.status()).filter(({ set }) => set === 'host').map(({ state }) => state)).toEqual([
      'done',
      'done',
      'done',
    ])
    expect(
      await database.admin("select relname as name from pg_class where relname in ('old', 'older', 'new')"),
    ).toEqual([{ name: 'new' }])

    expect(await refusal(runner.migrations.plan({ baseline: 'host:0009' }))).toMatchObject({
      code: 'MIGRATION_INVALID',
    })
    for (const wrong of ['host', '0002', 'hosts:0002', 'host:-1', 'host:0002x']) {
      expect(await refusal(runner.migrations.plan({ baseline: wrong }))).toMatchObject({
        code: 'CONFIG_INVALID',
        details: { option: 'baseline' },
      })
    }
    await runner.remove()
    await database.close()
  })
})
