// What the memory adapter repeats from the migrations is compared with the migrated catalog.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkNames } from '../../src/adapters/memory/checks.ts'
import { defaults } from '../../src/adapters/memory/defaults.ts'
import { columnsOf, systemTables, type TableName, tenantTables } from '../../src/core/storage/tables.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'

const tables = Object.keys({ ...systemTables, ...tenantTables }) as TableName[]

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database?.close())

describe.each(tables)('%s in memory', (table) => {
  it('has the checks of the database, by name', async () => {
    const rows = await database.admin(
      "select conname::text as name from pg_constraint where contype = 'c' and conrelid = to_regclass($1)",
      [`freehold.${table}`],
    )
    expect(checkNames(table).toSorted()).toEqual(rows.map(({ name }) => name).toSorted())
  })

  it('fills in every generated column', () => {
    const generated = columnsOf(table).flatMap(([column, facts]) => (facts.generated ? [column] : []))
    expect(Object.keys(defaults[table]).toSorted()).toEqual(generated.toSorted())
  })
})
