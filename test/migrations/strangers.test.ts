// What others made where Freehold's tables should go: told by Freehold's codes, with what to do, and left as it is.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { createRunner, type Runner, refusal } from './runner.ts'

let database: TestDatabase
let runner: Runner
beforeAll(async () => {
  database = await createTestDatabase({ empty: true })
  runner = await createRunner(database.ownerUrl)
})
beforeEach(() => database.admin('drop schema if exists freehold cascade'))
afterAll(async () => {
  await runner?.remove()
  await database?.close()
})

const ways: (() => PromiseLike<unknown>)[] = [
  () => runner.migrations.apply(),
  () => runner.migrations.plan(),
  () => runner.migrations.status(),
]

describe('a place that is taken', () => {
  it('a schema of somebody else’s', async () => {
    await database.admin('create schema freehold')
    const error = await refusal(runner.migrations.apply())
    expect(error).toMatchObject({
      code: 'MIGRATION_FAILED',
      details: {
        migration: 'freehold.schema_migrations',
        sqlstate: '42501',
        hint: expect.stringContaining('it must own the schema'),
      },
    })
  })

  it('a ledger of another tool’s', async () => {
    await database.ownerPool.query('create schema freehold; create table freehold.schema_migrations (version text)')
    for (const way of ways) {
      expect(await refusal(way())).toMatchObject({
        code: 'MIGRATION_INVALID',
        details: { file: 'freehold.schema_migrations', problem: expect.stringContaining("another tool's") },
      })
    }
    expect(await database.admin('select * from freehold.schema_migrations')).toEqual([])
  })

  it('a ledger that the login may not read', async () => {
    await database.admin('create schema freehold; create table freehold.schema_migrations (version text)')
    for (const way of ways) {
      expect(await refusal(way())).toMatchObject({ code: 'MIGRATION_FAILED', details: { sqlstate: '42501' } })
    }
  })
})
