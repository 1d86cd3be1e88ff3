// The same runner on PGlite: no server, one connection.

import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { applied, createRunner, OURS, type Runner, refusal } from './runner.ts'

describe('on PGlite', () => {
  let db: PGlite
  let runner: Runner
  beforeAll(async () => {
    db = await PGlite.create()
    await db.exec(
      'create role own; grant create on database postgres to own; grant create on schema public to own; set role own',
    )
    runner = await createRunner('', {
      connect: async () => ({
        query: async (text, values) => (await db.query<Record<string, unknown>>(text, values && [...values])).rows,
        end: async () => undefined,
      }),
    })
  })
  afterAll(async () => {
    await runner?.remove()
    await db?.close()
  })

  it('names the roles that an administrator has to make when the owner may not', async () => {
    const error = await refusal(runner.migrations.apply())
    expect(error).toMatchObject({ code: 'MIGRATION_FAILED', details: { sqlstate: '42501', line: 8 } })
    expect(String(error)).toContain('create role freehold_app nologin noinherit;')
    await db.exec('reset role; alter role own createrole; set role own')
  })

  it('applies ours and the host’s as an owner that is no superuser', async () => {
    await runner.file(
      '0001_notes.sql',
      "create table notes (tenant_id uuid, id uuid, body text, primary key (tenant_id, id)); select freehold.protect_table('notes')",
    )
    expect(applied(await runner.migrations.apply())).toEqual([...OURS, 'host/0001_notes'])
    expect((await runner.migrations.status()).every(({ state }) => state === 'done')).toBe(true)
    expect(await runner.up()).toEqual([])
  })

  it('names the line of a fault, cleans up after CONCURRENTLY', async () => {
    await runner.file('0002_bad.sql', 'select 1;\n\nselect\n  nothing from notes')
    expect(await refusal(runner.migrations.apply())).toMatchObject({
      code: 'MIGRATION_FAILED',
      details: { line: 4, sqlstate: '42703' },
    })

    await db.exec(
      "alter table notes no force row level security; insert into notes select gen_random_uuid(), gen_random_uuid(), 'same' from generate_series(1, 2)",
    )
    await runner.file(
      '0002_bad.sql',
      '-- freehold: no-transaction\ncreate unique index concurrently notes_body_key on notes (body)',
    )
    expect(await refusal(runner.migrations.apply())).toMatchObject({
      code: 'MIGRATION_NEEDS_REPAIR',
      details: { sqlstate: '23505' },
    })
    await db.exec('delete from notes')
    const events = await runner.migrations.apply()
    expect(events.map(({ kind }) => kind)).toEqual(['started', 'cleaned', 'applied', 'finished'])
    await db.exec('alter table notes force row level security')
  })
})
