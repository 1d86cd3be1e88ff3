// What a filter returns against what a check says of each row: generated tenants with their places, policies and times,
// on PostgreSQL, through Kysely. FREEHOLD_TEST_QUESTIONS asks more or fewer.

import fc from 'fast-check'
import { Kysely, PostgresDialect } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { accessFilter, accessFilterText } from '../../src/adapters/postgres/access-filter.ts'
import { HeldAccess } from '../../src/core/access/principal-access.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { ASKS, ask, type Doc, docs, questions, TABLE, TENANT } from './filter-docs.ts'
import { load } from './world-rows.ts'
import type { World } from './worlds.ts'

const WORLDS = Number(process.env.FREEHOLD_TEST_QUESTIONS ?? 6000) / ASKS
const ROWS = 150

let database: TestDatabase
let db: Kysely<{ docs: Doc }>
let rows: readonly Doc[]

beforeAll(async () => {
  database = await createTestDatabase()
  db = new Kysely({ dialect: new PostgresDialect({ pool: database.ownerPool }) })
  await database.ownerPool.query(TABLE)
  await db.insertInto('docs').values(docs(ROWS)).execute()
  rows = (await db.selectFrom('docs').selectAll().orderBy('id').execute()) as Doc[]
}, 60_000)
afterAll(() => database?.close())

it(`rows returned are rows where check says yes, ${WORLDS * ASKS} filters on ${ROWS} rows`, async () => {
  const seen = { always: 0, never: 0, conditional: 0, some: 0, denied: 0, pairs: 0, json: 0, listed: 0 }
  await fc.assert(
    fc.asyncProperty(questions, async ([built, all]) => {
      for (const asked of all) {
        const { filter, columns, check } = ask(built, asked)
        const answered = await db
          .selectFrom('docs')
          .select('id')
          .where((eb) => accessFilter(eb, filter, { columns }))
          .orderBy('id')
          .execute()
        const checked = rows.flatMap((row) => {
          const yes = check(row)
          return yes === undefined ? [] : [{ id: row.id, yes }]
        })
        const known = new Set(checked.map(({ id }) => id))
        const allowed = checked.filter(({ yes }) => yes).map(({ id }) => id)
        expect(answered.map(({ id }) => id).filter((id) => known.has(id))).toEqual(allowed)
        seen[filter.kind]++
        if (allowed.length > 0 && allowed.length < checked.length) seen.some++
        const text = JSON.stringify(filter)
        if (text.includes('"sense":"fails"')) seen.denied++
        if (text.includes('"$pairs"')) seen.pairs++
        if (text.includes('"type":"json"')) seen.json++
        if (text.includes('[]"')) seen.listed++
      }
    }),
    { numRuns: WORLDS, ...(process.env.FC_SEED ? { seed: Number(process.env.FC_SEED) } : {}) },
  )
  // the generator reaches every kind of filter
  for (const [kind, count] of Object.entries(seen)) expect(count, kind).toBeGreaterThan((WORLDS * ASKS) / 1000)
}, 300_000)

it('a row in a place that is none of the tenant’s is answered by what is held in the whole tenant; check refuses it', async () => {
  const found = async (allow: string, deny?: string) => {
    const assignment = { flow: 'descendants', startsAt: null, expiresAt: null, holder: 'me' } as const
    const role = { parent: null, byCode: [] } as const
    const entry = { resource: 'note', actions: ['read'] }
    const built: World = {
      places: [
        { id: 't', kind: 'tenant', above: null },
        { id: 'o1', kind: 'organization', above: 't' },
      ],
      roles: [
        { ...role, id: 'r0', key: 'reader', entries: [entry] },
        { ...role, id: 'r1', key: 'banned', entries: [{ ...entry, effect: 'deny' }] },
      ],
      assignments: [
        { ...assignment, id: 'a0', role: 'r0', at: allow },
        ...(deny ? [{ ...assignment, id: 'a1', role: 'r1', at: deny }] : []),
      ],
      ...{ memberships: [], policies: [], active: true, principal: { id: 'me' } },
    }
    const access = new HeldAccess<string>(load(built), TENANT, () => 0)
    expect(() => access.can('note:read', { organization: 'o9' as never })).toThrow('ORGANIZATION_UNKNOWN')
    const filter = access.filter('note:read', {
      columns: { organization_id: 'text' },
      places: { organization: 'organization_id' },
    })
    const { text, values } = accessFilterText(filter)
    const answer = await database.ownerPool.query<{ id: string }>(
      `select id from (values ('in o1', 'o1'), ('in o9', 'o9'), ('nowhere', null)) as rows (id, organization_id) where ${text}`,
      [...values],
    )
    return answer.rows.map(({ id }) => id)
  }
  expect(await found('t')).toEqual(['in o1', 'in o9', 'nowhere'])
  expect(await found('o1')).toEqual(['in o1'])
  expect(await found('t', 'o1')).toEqual(['in o9', 'nowhere'])
  expect(await found('t', 't')).toEqual([])
})
