// Several runners at once, and runners that die.

import type pg from 'pg'
import { describe, expect, it } from 'vitest'
import { createMigrations } from '../../src/migrations/index.ts'
import { createTestDatabase } from '../setup/database.ts'
import { applied, connectTo, createRunner, OURS, refusal } from './runner.ts'

describe('runners at once', () => {
  it('T06: on an empty database both end well, and each migration runs once', async () => {
    const database = await createTestDatabase({ empty: true })
    const runners = [1, 2, 3, 4].map(() =>
      createMigrations({ schema: 'freehold', connect: () => connectTo(database.ownerUrl) }),
    )
    const runs = await Promise.all(runners.map((migrations) => migrations.apply()))
    expect(runs.flatMap(applied).sort()).toEqual(OURS)
    expect(runs.every((events) => events.at(-1)?.kind === 'finished')).toBe(true)
    await database.close()
  })

  it('in two schemas of one database do not wait for each other, and share the functions', async () => {
    const database = await createTestDatabase({ empty: true })
    const runs = await Promise.all(
      ['freehold', 'elsewhere', 'third'].map((schema) =>
        createMigrations({ schema, connect: () => connectTo(database.ownerUrl) }).apply(),
      ),
    )
    for (const events of runs) expect(applied(events)).toEqual(OURS)
    const rows = await database.admin(
      "select relnamespace::regnamespace::text as schema from pg_class where relname = 'users' order by 1",
    )
    expect(rows.map(({ schema }) => schema)).toEqual(['elsewhere', 'freehold', 'third'])
    expect(await database.admin("select count(*)::int as n from pg_proc where proname = 'protect_table'")).toEqual([
      { n: 1 },
    ])
    await database.close()
  })

  it('wait for each other only so long', async () => {
    const database = await createTestDatabase()
    const runner = await createRunner(database.ownerUrl)
    await runner.file('0001_slow.sql', 'select pg_sleep(1)')
    const first = runner.migrations.apply()
    const events = first[Symbol.asyncIterator]()
    await events.next()
    const kinds: string[] = []
    const error = await refusal(
      (async () => {
        for await (const event of runner.migrations.apply({ lockWaitMs: 150 })) kinds.push(event.kind)
      })(),
    )
    expect(error).toMatchObject({ code: 'MIGRATION_LOCKED', details: { schema: 'freehold' } })
    expect(kinds.length).toBeGreaterThan(0)
    expect(kinds.every((kind) => kind === 'waiting')).toBe(true)
    await first
    expect(await runner.up()).toEqual([])
    await runner.remove()
    await database.close()
  })

  it('free the lock when nobody listens to the end', async () => {
    const database = await createTestDatabase()
    const runner = await createRunner(database.ownerUrl)
    await runner.file('0001_a.sql', 'select 1')
    await runner.file('0002_b.sql', 'select 2')
    for await (const event of runner.migrations.apply()) if (event.kind === 'applied') break
    expect(await runner.up({ lockWaitMs: 0 })).toEqual(['host/0002_b'])
    await runner.remove()
    await database.close()
  })
})

describe('a runner whose connection dies', () => {
  it('leaves nothing half done, frees the lock, and another goes on where it stopped', async () => {
    const database = await createTestDatabase()
    let client: pg.Client | undefined
    const runner = await createRunner(database.ownerUrl, {
      connect: () =>
        connectTo(database.ownerUrl, (made) => {
          client = made
        }),
    })
    await runner.file('0001_a.sql', 'create table a (id int)')
    await runner.file('0002_b.sql', 'create table b (id int); select pg_sleep(30)')
    await runner.file('0003_c.sql', 'create table c (id int)')
    const failed = refusal(
      (async () => {
        for await (const event of runner.migrations.apply()) {
          if (event.kind !== 'started' || event.migration !== 'host/0002_b') continue
          const { processID } = client as unknown as { processID: number }
          setTimeout(() => void database.admin('select pg_terminate_backend($1)', [processID]), 200)
        }
      })(),
    )
    expect(await failed).toMatchObject({ code: 'MIGRATION_FAILED', details: { migration: 'host/0002_b' } })
    expect(String(await failed)).toContain('running again is safe')
    const there = await database.admin("select relname as name from pg_class where relname in ('a', 'b', 'c')")
    expect(there).toEqual([{ name: 'a' }])

    await runner.file('0002_b.sql', 'create table b (id int)')
    expect(await runner.up()).toEqual(['host/0002_b', 'host/0003_c'])
    await runner.remove()
    await database.close()
  })

  it.each([
    ['before COMMIT is sent', false, ['host/0001_a']],
    ['before COMMIT is answered', true, []],
  ])('%s: the row of the ledger and the tables come together', async (_, sent, left) => {
    const database = await createTestDatabase()
    let dying = false
    const runner = await createRunner(database.ownerUrl, {
      async connect() {
        if (dying) return connectTo(database.ownerUrl)
        const inner = await connectTo(database.ownerUrl)
        return {
          end: inner.end,
          async query(text, values) {
            if (!dying && text !== 'commit') return inner.query(text, values)
            if (!dying && sent) await inner.query(text)
            dying = true
            await inner.end()
            throw new Error('Connection terminated unexpectedly')
          },
        }
      },
    })
    await runner.file('0001_a.sql', 'create table a (id int)')
    expect(await refusal(runner.migrations.apply())).toMatchObject({ code: 'MIGRATION_FAILED' })
    expect(await runner.up()).toEqual(left)
    expect(await database.admin("select 1 from pg_class where relname = 'a'")).toHaveLength(1)
    await runner.remove()
    await database.close()
  })

  it('is told when a pooler gave it another session', async () => {
    const database = await createTestDatabase()
    // what a pooler in transaction mode does: each statement on the next connection
    const sessions = await Promise.all([connectTo(database.ownerUrl), connectTo(database.ownerUrl)])
    let turn = 0
    const runner = await createRunner(database.ownerUrl, {
      connect: async () => ({
        query: (text, values) => sessions[text === 'begin' ? ++turn % 2 : turn % 2]!.query(text, values),
        end: async () => undefined,
      }),
    })
    await runner.file('0001_a.sql', 'create table a (id int)')
    expect(String(await refusal(runner.migrations.apply()))).toContain('pooler')
    expect(await database.admin("select 1 from pg_class where relname = 'a'")).toEqual([])
    await Promise.all(sessions.map((session) => session.end()))
    await runner.remove()
    await database.close()
  })
})
