// What a filter returns against what a check says of each row, on PGlite, as text with parameters.

import { PGlite } from '@electric-sql/pglite'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { accessFilterText } from '../../src/adapters/postgres/access-filter.ts'
import { ask, type Doc, docs, questions, TABLE } from './filter-docs.ts'

const WORLDS = 250
const ROWS = 60

let database: PGlite
let rows: readonly Doc[]

beforeAll(async () => {
  database = await PGlite.create()
  await database.exec(TABLE)
  for (const row of docs(ROWS)) {
    const names = Object.keys(row)
    await database.query(
      `insert into docs (${names.join(', ')}) values (${names.map((_, i) => `$${i + 1}`).join(', ')})`,
      names.map((name) => row[name]),
      // JSON is text already
      { serializers: { 114: String, 3802: String } },
    )
  }
  rows = (await database.query<Doc>('select * from docs order by id')).rows
}, 60_000)
afterAll(() => database?.close())

it(`on PGlite, too, rows returned are rows where check says yes, ${WORLDS} tenants on ${ROWS} rows`, async () => {
  let some = 0
  await fc.assert(
    fc.asyncProperty(questions, async ([built, all]) => {
      for (const asked of all) {
        const { filter, columns, check } = ask(built, asked)
        const quoted = Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, `docs."${column}"`]))
        const { text, values } = accessFilterText(filter, { columns: quoted })
        const answered = await database.query<{ id: number }>(`select id from docs where ${text} order by id`, [
          ...values,
        ])
        const checked = rows.filter((row) => check(row) !== undefined)
        const allowed = checked.filter((row) => check(row)).map(({ id }) => id)
        const known = new Set(checked.map(({ id }) => id))
        expect(answered.rows.map(({ id }) => id).filter((id) => known.has(id))).toEqual(allowed)
        if (allowed.length > 0 && allowed.length < checked.length) some++
      }
    }),
    { numRuns: WORLDS, ...(process.env.FC_SEED ? { seed: Number(process.env.FC_SEED) } : {}) },
  )
  expect(some).toBeGreaterThan(20)
}, 120_000)
