// Files outside a transaction: what CREATE INDEX CONCURRENTLY leaves behind is cleaned, and a cut run goes on.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MigrationEvent } from '../../src/core/storage/migrations.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { applied, connectTo, createRunner, type Runner, refusal } from './runner.ts'

const HEADER = '-- freehold: no-transaction\n'

describe('a migration outside a transaction', () => {
  let database: TestDatabase
  let runner: Runner
  const indexes = async () =>
    (
      await database.admin(
        "select indexrelid::regclass::text as name, indisvalid as valid from pg_index where indrelid = 'public.notes'::regclass and not indisprimary order by 1",
      )
    ).map(({ name, valid }) => `${String(name)} ${valid === true ? 'valid' : 'invalid'}`)
  const cleaned = (events: readonly MigrationEvent[]) =>
    events.flatMap((event) => (event.kind === 'cleaned' ? [event.index] : []))
  const last = async () => (await runner.migrations.status()).at(-1)

  beforeAll(async () => {
    database = await createTestDatabase()
    runner = await createRunner(database.ownerUrl)
    await runner.file(
      '0001_notes.sql',
      "create table notes (id int primary key, body text, title text); insert into notes values (1, 'same'), (2, 'same')",
    )
    await runner.up()
  })
  afterAll(async () => {
    await runner?.remove()
    await database?.close()
  })

  it('that fails is told with what ran and what next, and needs repair', async () => {
    await runner.file(
      '0002_indexes.sql',
      `${HEADER}create index concurrently notes_title_idx on notes (title);
create unique index concurrently notes_body_key on public.notes (body);
alter table notes add column late text;`,
    )
    const error = await refusal(runner.migrations.apply())
    expect(error).toMatchObject({
      code: 'MIGRATION_NEEDS_REPAIR',
      details: { migration: 'host/0002_indexes', sqlstate: '23505', line: 3 },
    })
    expect(String(error)).toContain('Statement 2 of 3 failed; the 1 before it are kept.')
    expect(await indexes()).toEqual(['notes_body_key invalid', 'notes_title_idx valid'])
    expect(await last()).toMatchObject({ state: 'needs-repair' })
    expect((await last())?.error).toContain('line 3')
  })

  it('refuses an edit of what ran already', async () => {
    await runner.file(
      '0002_indexes.sql',
      `${HEADER}create index concurrently notes_other_idx on notes (title);\nselect 1`,
    )
    const error = await refusal(runner.migrations.apply())
    expect(error).toMatchObject({ code: 'MIGRATION_NEEDS_REPAIR' })
    expect(String(error)).toContain('Put them back as they were')
    expect(await indexes()).toEqual(['notes_body_key invalid', 'notes_title_idx valid'])
  })

  it('is cleaned on the next run, and goes on at the statement that failed', async () => {
    await database.admin('update public.notes set body = id::text')
    await runner.file(
      '0002_indexes.sql',
      `${HEADER}create index concurrently notes_title_idx on notes (title);
create unique index concurrently notes_body_key on public.notes (body);
alter table notes add column later text;`,
    )
    const events = await runner.migrations.apply()
    expect(cleaned(events)).toEqual(['"public"."notes_body_key"'])
    expect(applied(events)).toEqual(['host/0002_indexes'])
    expect(await indexes()).toEqual(['notes_body_key valid', 'notes_title_idx valid'])
    expect(await last()).toMatchObject({ state: 'done', error: null })
    expect(await runner.up()).toEqual([])
  })

  it('that was cut while the server built on is not built twice', async () => {
    await runner.file(
      '0003_cut.sql',
      `${HEADER}create index concurrently "Notes late" on notes (later);\nalter table notes drop column title`,
    )
    let dying = false
    const cut = await createRunner(database.ownerUrl, {
      folder: runner.folder,
      async connect() {
        const inner = await connectTo(database.ownerUrl)
        return {
          end: inner.end,
          async query(text, values) {
            if (dying) throw new Error('read ECONNRESET')
            const rows = await inner.query(text, values)
            // the answer to it never comes
            if (!text.startsWith('create index')) return rows
            dying = true
            throw new Error('read ECONNRESET')
          },
        }
      },
    })
    expect(await refusal(cut.migrations.apply())).toMatchObject({ code: 'MIGRATION_NEEDS_REPAIR' })
    expect(await last()).toMatchObject({ state: 'running' })
    expect(await indexes()).toContain('"Notes late" valid')
    expect(await runner.up()).toEqual(['host/0003_cut'])
  })

  it('does not take an index of another hand for its own', async () => {
    await database.admin('create index notes_taken_idx on public.notes (id)')
    await runner.file('0004_taken.sql', `${HEADER}create index concurrently notes_taken_idx on notes (later)`)
    for (let run = 0; run < 2; run++) {
      expect(String(await refusal(runner.migrations.apply()))).toContain('exists already')
    }
    await runner.file(
      '0004_taken.sql',
      `${HEADER}create index concurrently if not exists notes_taken_idx on notes (later)`,
    )
    expect(await runner.up()).toEqual(['host/0004_taken'])
  })

  it('is not content with an invalid index because of IF NOT EXISTS', async () => {
    await database.admin("update public.notes set later = 'same'")
    await runner.file(
      '0005_unique.sql',
      `${HEADER}create unique index concurrently if not exists notes_later_key on notes (later)`,
    )
    await refusal(runner.migrations.apply())
    expect(await indexes()).toContain('notes_later_key invalid')
    // as if another tool had left it: nothing in the ledger says that it is ours to drop
    await database.admin(`delete from freehold.schema_migrations where name = 'unique'`)
    expect(String(await refusal(runner.migrations.apply()))).toContain('is not valid')
    await database.admin('update public.notes set later = id::text')
    const events = await runner.migrations.apply()
    expect(cleaned(events)).toEqual(['"public"."notes_later_key"'])
    expect(await indexes()).toContain('notes_later_key valid')
  })

  it('waits for old transactions as long as CONCURRENTLY must, whatever the lock timeout', async () => {
    const hasty = await createRunner(database.ownerUrl, { folder: runner.folder, lockTimeoutMs: 50 })
    await runner.file('0006_patient.sql', `${HEADER}create index concurrently notes_patient_idx on notes (id, later)`)
    const old = await connectTo(database.ownerUrl)
    await old.query('begin isolation level repeatable read')
    await old.query('update notes set later = later where id = 1')
    const run = hasty.up()
    await new Promise((resolve) => setTimeout(resolve, 300))
    await old.query('commit')
    expect(await run).toEqual(['host/0006_patient'])
    await old.end()
  })
})
