// A host's table with a column of every type that a filter knows, filled with what trips a comparison, and each row as a
// check is given it.

import fc from 'fast-check'
import pg from 'pg'
import type { ColumnType } from '../../src/core/access/filter-formula.ts'
import type { TestDatabase } from '../setup/database.ts'
import { scalar, TIMES, UUIDS } from './condition-arbitraries.ts'

/** By the name under which conditions know them, which is the column's own. */
export const COLUMNS = {
  t: 'text',
  v: 'text',
  c: 'text',
  u: 'uuid',
  n: 'integer',
  n4: 'integer',
  d: 'double',
  m: 'numeric',
  b: 'boolean',
  s: 'time',
  j: 'json',
  i: 'inet',
  ts: 'text[]',
  us: 'uuid[]',
  ns: 'integer[]',
} as const satisfies Record<string, ColumnType>

export const THINGS = `
  create table things (
    id integer primary key,
    t text collate "en-x-icu",
    v varchar(60),
    c citext,
    u uuid,
    n bigint,
    n4 integer,
    d double precision,
    m numeric,
    b boolean,
    s timestamptz,
    j jsonb,
    i inet,
    ts text[],
    us uuid[],
    ns integer[]
  );
  grant select on things to public`

const nullable = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null, freq: 5 })
const text = scalar.filter((value) => typeof value === 'string').map(String)
const number = fc.constantFrom('1', '2.5', '0', '-3', '0.1', '0.30000000000000004', '1e21', 'NaN')
const uuid = fc.constantFrom(...UUIDS)
const plain = fc.oneof(scalar, fc.constantFrom(0.1, 1e21, 1e-7, ...UUIDS))
const json = fc.oneof(
  plain,
  fc.array(plain, { maxLength: 3 }),
  fc.constantFrom<unknown>([['a']], [{}], {}),
  fc.record(
    { key: fc.oneof(plain, fc.array(plain, { maxLength: 3 })), deep: fc.record({ key: plain }) },
    { requiredKeys: [] },
  ),
)

const thing = fc.record({
  t: nullable(text),
  v: nullable(text),
  c: nullable(text),
  u: nullable(uuid),
  n: nullable(fc.constantFrom('0', '1', '2', '3', '-3', '9007199254740991')),
  n4: nullable(fc.constantFrom('0', '1', '2', '3', '-3')),
  d: nullable(fc.oneof(number, fc.constantFrom('Infinity', '-Infinity', '-0', '1e-7'))),
  m: nullable(number),
  b: nullable(fc.boolean()),
  s: nullable(
    fc.oneof(
      fc.constantFrom(...TIMES),
      fc.constantFrom(...TIMES).map((time) => time.replace('Z', '999Z')),
      fc.constantFrom('2026-03-08T00:00:00.0004Z', 'infinity', '-infinity', '0044-03-15 12:00:00 BC'),
    ),
  ),
  j: nullable(json.map((value) => JSON.stringify(value))),
  i: nullable(fc.constantFrom('10.1.2.3', '10.1.2.3/8', '10.0.0.0/8', '::ffff:10.1.2.3', '2001:db8::7', '192.0.2.1')),
  ts: nullable(fc.array(nullable(text), { maxLength: 3 })),
  us: nullable(fc.array(nullable(uuid), { maxLength: 3 })),
  ns: nullable(fc.array(nullable(fc.constantFrom(0, 1, -3)), { maxLength: 3 })),
})

/** A row as a check is given it: numbers as numbers, what is not mapped left out. */
export interface Thing {
  readonly id: number
  readonly resource: Readonly<Record<string, unknown>>
}

export async function fill(database: TestDatabase, count: number): Promise<Thing[]> {
  await database.admin('create extension citext')
  await database.ownerPool.query(THINGS)
  const names = Object.keys(COLUMNS)
  for (const [id, row] of fc.sample(thing, count).entries()) {
    await database.ownerPool.query(
      `insert into things (id, ${names.join(', ')}) values ($1, ${names.map((_, i) => `$${i + 2}`).join(', ')})`,
      [id, ...names.map((name) => row[name as keyof typeof row])],
    )
  }
  const { rows } = await database.ownerPool.query('select * from things order by id')
  return rows.map(({ id, ...row }) => ({ id, resource: { ...row, n: asNumber(row.n), m: asNumber(row.m) } }))
}

/** A connection whose time zone is not that of anything else here. */
export async function connect(database: TestDatabase): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.appUrl, options: '-c timezone=Asia/Kathmandu' })
  await client.connect()
  return client
}

function asNumber(text: string | null): number | null {
  return text === null ? null : Number(text)
}
