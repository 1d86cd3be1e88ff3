// What a filter returns against what a check says of each row: generated tenants with their places, policies and times,
// on PostgreSQL, through Kysely. FREEHOLD_TEST_QUESTIONS asks more or fewer.

import fc from 'fast-check'
import { Kysely, PostgresDialect } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { accessFilter } from '../../src/adapters/postgres/access-filter.ts'
import type { CheckOptions } from '../../src/core/access/check-options.ts'
import type { ColumnType } from '../../src/core/access/filter-formula.ts'
import type { FilterOptions, PlaceColumns } from '../../src/core/access/filter-options.ts'
import { HeldAccess } from '../../src/core/access/principal-access.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { load } from './world-rows.ts'
import { type Ask, asks, type World, world } from './worlds.ts'

const WORLDS = Number(process.env.FREEHOLD_TEST_QUESTIONS ?? 6000) / 4
const ASKS = 4
const ROWS = 150
const TENANT = '00000000-0000-7000-8000-000000000001'

interface Doc {
  readonly id: number
  readonly organization_id: string | null
  readonly team_id: string | null
  readonly project_id: string | null
  readonly name: string
  readonly owner: unknown
  readonly status: unknown
  readonly deep: unknown
  readonly list: unknown
}

let database: TestDatabase
let db: Kysely<{ docs: Doc }>
let docs: readonly Doc[]

const scalar = fc.constantFrom<unknown>('a', 'b', 'me', 1, '1', true, null)
const orNull = (...ids: string[]) => fc.constantFrom<string | null>(null, ...ids)
const doc = fc.record({
  organization_id: orNull('o1', 'o2'),
  team_id: orNull(null as never, 'team0', 'team1', 'team2', 'team3', 'team4'),
  project_id: orNull(null as never, null as never, 'project0', 'project1', 'project2', 'project3'),
  name: fc.constantFrom('n1', 'n2', 'n3'),
  owner: scalar,
  status: scalar,
  deep: fc.oneof(scalar, fc.record({ key: scalar }, { requiredKeys: [] })),
  list: fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })),
})

beforeAll(async () => {
  database = await createTestDatabase()
  db = new Kysely({ dialect: new PostgresDialect({ pool: database.ownerPool }) })
  await database.ownerPool.query(`create table docs (id integer primary key, organization_id text, team_id text,
    project_id text, name text not null, owner jsonb, status jsonb, deep jsonb, list jsonb)`)
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value))
  const rows = fc.sample(doc, ROWS).map((row, id) => ({ ...row, id }))
  await db
    .insertInto('docs')
    .values(rows.map((row) => ({ ...row, ...Object.fromEntries(FACTS.map((name) => [name, json(row[name])])) })))
    .execute()
  docs = await db.selectFrom('docs').selectAll().orderBy('id').execute()
}, 60_000)
afterAll(() => database?.close())

const FACTS = ['owner', 'status', 'deep', 'list'] as const
const COLUMNS = {
  ...{ owner: 'json', status: 'json', deep: 'json', list: 'json' },
  ...{ organization_id: 'text', team_id: 'text', project_id: 'text', name: 'text' },
} as const satisfies Record<string, ColumnType>
const NAMES = { organization: 'organization_id', team: 'team_id', project: 'project_id', resource: 'name' } as const
const mapped = fc.record({
  places: fc.subarray(['organization', 'team', 'project', 'resource'] as const),
  facts: fc.subarray([...FACTS], { minLength: 2 }),
  /** Whether all rows are also in the places of the question. */
  fixed: fc.boolean(),
})

interface Asked {
  readonly ask: Ask
  readonly map: { places: (keyof PlaceColumns)[]; facts: (keyof typeof COLUMNS)[]; fixed: boolean }
}

function filterOptions(built: World, { ask, map }: Asked): FilterOptions {
  const inside = map.fixed ? placesOf(built, ask.places) : []
  return {
    columns: Object.fromEntries<ColumnType>(
      [...map.facts, ...map.places.map((kind) => NAMES[kind])].map((name) => [name, COLUMNS[name]] as const),
    ),
    places: Object.fromEntries(map.places.map((kind) => [kind, NAMES[kind]])),
    ...(inside.length > 0 ? { in: inside as never } : {}),
    ...(ask.context ? { context: ask.context } : {}),
    ...(ask.fields ? { fields: ask.fields } : {}),
  }
}

/** The same of one row. Undefined: the row is in a place that this tenant does not have. */
function checkOptions(built: World, { ask, map }: Asked, row: Doc): CheckOptions | undefined {
  const named = map.places.filter((kind) => kind !== 'resource').flatMap((kind) => row[NAMES[kind]] ?? [])
  if (named.some((id) => !built.places.some((place) => place.id === id))) return undefined
  const inside = [...placesOf(built, named), ...(map.fixed ? placesOf(built, ask.places) : [])]
  const names = [...map.facts, ...map.places.map((kind) => NAMES[kind])]
  return {
    resource: Object.fromEntries(names.map((name) => [name, row[name]])),
    ...(inside.length > 0 ? { in: inside as never } : {}),
    ...(map.places.includes('resource') ? { on: { type: ask.permission.split(':')[0]!, id: row.name } } : {}),
    ...(ask.context ? { context: ask.context } : {}),
    ...(ask.fields ? { fields: ask.fields } : {}),
  }
}

function placesOf({ places: tree }: World, ids: readonly string[]) {
  return ids.map((id) => ({ [tree.find((place) => place.id === id)!.kind]: id }))
}

const questions = world.chain((built) =>
  fc.tuple(
    fc.constant(built),
    fc.array(fc.record({ ask: asks(built), map: mapped }), { minLength: ASKS, maxLength: ASKS }),
  ),
)

it(`rows returned are rows where check says yes, ${WORLDS * ASKS} filters on ${ROWS} rows`, async () => {
  const seen = { always: 0, never: 0, conditional: 0, some: 0 }
  await fc.assert(
    fc.asyncProperty(questions, async ([built, all]) => {
      let now = 0
      const access = new HeldAccess<string>(load(built), TENANT, () => now)
      for (const asked of all) {
        now = asked.ask.now
        const { permission } = asked.ask
        const filter = access.filter(permission, filterOptions(built, asked))
        const answered = await db
          .selectFrom('docs')
          .select('id')
          .where((eb) => accessFilter(eb, filter, { table: 'docs' }))
          .orderBy('id')
          .execute()
        const checked = docs.flatMap((row) => {
          const options = checkOptions(built, asked, row)
          return options ? [{ id: row.id, yes: access.can(permission, options) }] : []
        })
        const known = new Set(checked.map(({ id }) => id))
        const allowed = checked.filter(({ yes }) => yes).map(({ id }) => id)
        expect(answered.map(({ id }) => id).filter((id) => known.has(id))).toEqual(allowed)
        seen[filter.kind]++
        if (allowed.length > 0 && allowed.length < checked.length) seen.some++
      }
    }),
    { numRuns: WORLDS, ...(process.env.FC_SEED ? { seed: Number(process.env.FC_SEED) } : {}) },
  )
  for (const [kind, count] of Object.entries(seen)) expect(count, kind).toBeGreaterThan((WORLDS * ASKS) / 50)
}, 300_000)
