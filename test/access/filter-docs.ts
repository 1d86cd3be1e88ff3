// A host's table of things in places, with facts in columns of several types; filters of it as generated tenants ask them,
// and what a check says of each row.

import fc from 'fast-check'
import type { CheckOptions } from '../../src/core/access/check-options.ts'
import type { Filter } from '../../src/core/access/filter.ts'
import type { ColumnType } from '../../src/core/access/filter-formula.ts'
import type { FilterOptions, PlaceColumns } from '../../src/core/access/filter-options.ts'
import { HeldAccess } from '../../src/core/access/principal-access.ts'
import { load } from './world-rows.ts'
import { type Ask, asks, THINGS, type World, world } from './worlds.ts'

export const TENANT = '00000000-0000-7000-8000-000000000001'

export const TABLE = `create table docs (id integer primary key, organization_id text, team_id text, project_id text,
  name text not null, code uuid, number integer,
  owner jsonb, status jsonb, deep jsonb, list jsonb,
  owner_text text, owner_number integer, status_flag boolean, status_text varchar(20) collate "C", list_texts text[], list_numbers integer[])`

export type Doc = Readonly<Record<string, unknown>> & { readonly id: number }

const scalar = fc.constantFrom<unknown>('a', 'b', 'me', 1, '1', true, null)
const orNull = <T>(values: readonly T[], nulls = 1) => fc.constantFrom(...values, ...Array<null>(nulls).fill(null))
const ids = THINGS.map(({ id }) => id)
const isUuid = (id: string) => id.includes('-')
const doc = fc.record({
  organization_id: orNull(['o1', 'o2']),
  team_id: orNull(['team0', 'team1', 'team2', 'team3', 'team4'], 2),
  project_id: orNull(['project0', 'project1', 'project2', 'project3'], 3),
  name: fc.constantFrom(...ids, 'n3'),
  code: orNull(ids.filter(isUuid)),
  number: orNull([7, 8]),
  owner: scalar,
  status: scalar,
  deep: fc.oneof(scalar, fc.record({ key: scalar }, { requiredKeys: [] })),
  list: fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })),
  owner_text: orNull(['a', 'b', 'me', '1']),
  owner_number: orNull([0, 1, 2]),
  status_flag: orNull([true, false]),
  status_text: orNull(['a', 'b', '1']),
  list_texts: orNull([[], ['a'], ['1', 'b'], [null]]),
  list_numbers: orNull([[], [1], [2, null]]),
})

const JSONS = ['owner', 'status', 'deep', 'list']

/** Columns and values for an INSERT, JSON as text. */
export function docs(count: number): Doc[] {
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value))
  return fc
    .sample(doc, count)
    .map((row, id) => ({ ...row, id, ...Object.fromEntries(JSONS.map((name) => [name, json(row[name as 'owner'])])) }))
}

/** By the name under which conditions know it: the columns that may hold it. Null: nobody says. */
const FACTS = {
  owner: { owner: 'json', owner_text: 'text', owner_number: 'integer' },
  status: { status: 'json', status_text: 'text', status_flag: 'boolean' },
  deep: { deep: 'json' },
  list: { list: 'json', list_texts: 'text[]', list_numbers: 'integer[]' },
} as const satisfies Record<string, Record<string, ColumnType>>
const PLACES = { organization: 'organization_id', team: 'team_id', project: 'project_id' } as const
const RESOURCES = { name: 'text', code: 'uuid', number: 'integer' } as const

const factColumn = (name: keyof typeof FACTS) => orNull(Object.entries<ColumnType>(FACTS[name]), 1)
const mapped = fc.record({
  places: fc.subarray(['organization', 'team', 'project'] as const),
  facts: fc.record({
    owner: factColumn('owner'),
    status: factColumn('status'),
    deep: factColumn('deep'),
    list: factColumn('list'),
  }),
  resource: orNull(Object.entries<ColumnType>(RESOURCES), 3),
  /** Whether all rows are also in the places of the question. */
  fixed: fc.boolean(),
})
type Mapped = typeof mapped extends fc.Arbitrary<infer M> ? M : never

export interface Asked {
  readonly ask: Ask
  readonly map: Mapped
}

export const ASKS = 4
/** Generated tenants, each with a few filters to ask for. */
export const questions = world.chain((built) =>
  fc.tuple(
    fc.constant(built),
    fc.array(fc.record({ ask: asks(built), map: mapped }), { minLength: ASKS, maxLength: ASKS }),
  ),
)

/** What conditions call a column, and what it is called in the table. */
function columnsOf({ facts, places, resource }: Mapped): { name: string; column: string; type: ColumnType }[] {
  const of = Object.entries(facts).flatMap(([name, held]) => (held ? [{ name, column: held[0], type: held[1] }] : []))
  const where = places.map((kind) => ({ name: PLACES[kind], column: PLACES[kind], type: 'text' as const }))
  return [...of, ...where, ...(resource ? [{ name: resource[0], column: resource[0], type: resource[1] }] : [])]
}

export interface Asking {
  readonly filter: Filter
  /** Names of columns, where they are others than conditions know. */
  readonly columns: Readonly<Record<string, string>>
  /** What a check says of a row. Undefined: it is in a place that this tenant does not have. */
  check(row: Doc): boolean | undefined
}

export function ask(built: World, { ask: { permission, context, fields, places, now }, map }: Asked): Asking {
  const access = new HeldAccess<string>(load(built), TENANT, () => now)
  const used = columnsOf(map)
  const common = { ...(context ? { context } : {}), ...(fields ? { fields } : {}) }
  const fixed = map.fixed ? placesOf(built, places) : []
  const filter = access.filter(permission, {
    ...common,
    columns: Object.fromEntries(used.map(({ name, type }) => [name, type])),
    places: {
      ...Object.fromEntries(map.places.map((kind) => [kind, PLACES[kind]])),
      ...(map.resource ? { resource: map.resource[0] } : {}),
    } satisfies PlaceColumns,
    ...(fixed.length > 0 ? { in: fixed } : {}),
  } as unknown as FilterOptions)
  return {
    filter,
    columns: Object.fromEntries(used.map(({ name, column }) => [name, column])),
    check(row) {
      const named = map.places.flatMap((kind) => (row[PLACES[kind]] as string | null) ?? [])
      if (named.some((id) => !built.places.some((place) => place.id === id))) return undefined
      const inside = [...placesOf(built, named), ...fixed]
      // without an id it is a thing that nobody names
      const id = map.resource ? row[map.resource[0]] : null
      return access.can(permission, {
        ...common,
        resource: Object.fromEntries(used.map(({ name, column }) => [name, row[column]])),
        ...(inside.length > 0 ? { in: inside } : {}),
        ...(map.resource ? { on: { type: permission.split(':')[0]!, id: id === null ? 'nobody' : String(id) } } : {}),
      } as unknown as CheckOptions)
    },
  }
}

function placesOf({ places: tree }: World, names: readonly string[]): Record<string, string>[] {
  return names.map((id) => ({ [tree.find((place) => place.id === id)!.kind]: id }))
}
