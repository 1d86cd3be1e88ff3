// plan, apply, status on an empty database: ours, then the host's.

import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMigrations } from '../../src/migrations/index.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { applied, connectTo, createRunner, OURS, type Runner, refusal } from './runner.ts'

describe('apply', () => {
  let database: TestDatabase
  let runner: Runner
  const labels = async () => (await runner.migrations.plan()).pending.map(({ set, number }) => `${set}/${number}`)
  const tables = async (schema: string) =>
    (
      await database.admin(
        "select c.relname as name from pg_class c where relnamespace = $1::text::regnamespace and relkind = 'r' order by 1",
        [schema],
      )
    ).map(({ name }) => name)

  beforeAll(async () => {
    database = await createTestDatabase({ empty: true })
    runner = await createRunner(database.ownerUrl)
  })
  afterAll(async () => {
    await runner?.remove()
    await database?.close()
  })

  it('plans everything on an empty database, and changes nothing by it', async () => {
    const plan = await runner.migrations.plan()
    expect(plan).toMatchObject({ database: database.name, schema: 'freehold' })
    expect(await labels()).toHaveLength(OURS.length)
    expect(plan.pending[0]!.sql).toContain('create or replace function freehold.enter_tenant')
    expect((await runner.migrations.status()).map(({ state }) => state)).toEqual(OURS.map(() => 'pending'))
    expect(await database.admin("select 1 from pg_namespace where nspname = 'freehold'")).toEqual([])
  })

  it('does nothing until it is awaited or iterated, and runs once however often', async () => {
    const run = runner.migrations.apply()
    expect(await labels()).toHaveLength(OURS.length)
    const kinds: string[] = []
    for await (const event of run) kinds.push(event.kind)
    expect(kinds).toEqual([...OURS.flatMap(() => ['started', 'applied']), 'finished'])
    expect(applied(await run)).toEqual(OURS)
    expect(applied(await run)).toEqual(OURS)
  })

  it('has then nothing to do', async () => {
    expect(await labels()).toEqual([])
    expect(await runner.migrations.apply()).toMatchObject([{ kind: 'finished', applied: 0 }])
    const status = await runner.migrations.status()
    expect(status.map(({ state }) => state)).toEqual(OURS.map(() => 'done'))
    expect(status[0]!.appliedAt).toBeInstanceOf(Date)
    expect(status[0]!.durationMs).toBeGreaterThan(0)
  })

  it('lets the app read the ledger and not write it', async () => {
    await database.admin('grant freehold_app to freehold_test_app')
    expect((await database.appPool.query('select count(*)::int as n from freehold.schema_migrations')).rows).toEqual([
      { n: OURS.length },
    ])
    await expect(database.appPool.query('delete from freehold.schema_migrations')).rejects.toMatchObject({
      code: '42501',
    })
  })

  it('takes the right to make temporary tables away from everybody', async () => {
    await expect(database.appPool.query('create temporary table mine (id int)')).rejects.toMatchObject({
      code: '42501',
    })
  })

  it("runs the host's files after ours, where the host's own names lead", async () => {
    await runner.file(
      '0001_notes.sql',
      "create table notes (tenant_id uuid, id uuid, body text, primary key (tenant_id, id)); select freehold.protect_table('notes');",
    )
    // pg_dump writes such a line, which would hide the names of every file after it
    await runner.file(
      '0002_dump.sql',
      "select pg_catalog.set_config('search_path', '', false); create table public.other (id int);",
    )
    await runner.file('0003_more.sql', 'alter table notes add column title text')
    expect(await runner.up()).toEqual(['host/0001_notes', 'host/0002_dump', 'host/0003_more'])
    expect(await tables('public')).toEqual(['notes', 'other'])
    expect(await tables('freehold')).not.toContain('notes')
  })

  it("keeps the host's tables out of our schema when the owner is called like it", async () => {
    const owner = `freehold_test_${randomBytes(6).toString('hex')}`
    const url = new URL(database.ownerUrl)
    url.username = owner
    await database.admin(`create role ${owner} login createrole password '${url.password}' in role freehold_test_owner`)
    await database.admin(`grant create on schema public to ${owner}`)
    try {
      const named = await createRunner(url.href, { schema: owner, folder: runner.folder })
      await named.file('0004_named.sql', 'create table named (id int)')
      // this schema is another place: the host's first three are there already
      const events = await named.migrations.apply({ baseline: 'host:0003' })
      expect(applied(events)).toEqual([...OURS, 'host/0004_named'])
      expect(await tables('public')).toContain('named')
      expect(await tables(owner)).toEqual(await tables('freehold'))
    } finally {
      await database.admin(`drop owned by ${owner} cascade`)
      await database.admin(`drop role ${owner}`)
      await rm(join(runner.folder, '0004_named.sql'))
    }
  })

  it('refuses a file that was edited after it ran, and runs nothing', async () => {
    await runner.file('0003_more.sql', 'alter table notes add column headline text')
    await runner.file('0004_next.sql', 'create table next (id int)')
    for (const work of [runner.migrations.plan(), runner.migrations.apply()]) {
      expect(await refusal(work)).toMatchObject({ code: 'MIGRATION_CHANGED', details: { migration: 'host/0003_more' } })
    }
    expect(await tables('public')).not.toContain('next')
    expect((await runner.migrations.status()).find(({ number, set }) => set === 'host' && number === 3)?.state).toBe(
      'changed',
    )
    await runner.file('0003_more.sql', 'alter table notes add column title text')
    expect(await runner.up()).toEqual(['host/0004_next'])
  })

  it('refuses a database that is newer than the code', async () => {
    const write = `insert into freehold.schema_migrations ("set", number, name, checksum, state, started_at, freehold_version)
      values ($1, $2, 'later', repeat('0', 64), 'done', now(), '9.9.9')`
    await database.admin(write, ['tenant', 99])
    for (const work of [runner.migrations.plan(), runner.migrations.apply()]) {
      expect(await refusal(work)).toMatchObject({
        code: 'MIGRATION_NEWER',
        details: { migration: 'tenant/0099_later' },
      })
    }
    expect((await runner.migrations.status()).at(OURS.length)).toMatchObject({
      set: 'tenant',
      number: 99,
      state: 'unknown-to-code',
    })
    await database.admin(`delete from freehold.schema_migrations where name = 'later'`)

    await database.admin(write, ['host', 5])
    expect(await refusal(runner.migrations.plan())).toMatchObject({
      code: 'MIGRATION_NEWER',
      details: { migration: 'host/0005_later' },
    })
    // whoever names no folder does not ask about the host's
    const ours = createMigrations({ schema: 'freehold', connect: () => connectTo(database.ownerUrl) })
    expect((await ours.plan()).pending).toEqual([])
    await database.admin(`delete from freehold.schema_migrations where name = 'later'`)
  })

  it('says STORAGE_UNAVAILABLE when nobody answers', async () => {
    const url = new URL(database.ownerUrl)
    url.port = '1'
    const lost = await createRunner(url.href)
    expect(await refusal(lost.migrations.apply())).toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    await lost.remove()
  })
})
