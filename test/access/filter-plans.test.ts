// That an index serves a filter where it would serve the WHERE of a person: the plans are compared, not the clock.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accessFilterText } from '../../src/adapters/postgres/index.ts'
import { foldCondition } from '../../src/core/access/condition-folding.ts'
import { checkConditions, compileConditions } from '../../src/core/access/conditions.ts'
import type { Filter } from '../../src/core/access/filter.ts'
import type { ColumnType } from '../../src/core/access/filter-formula.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'

const COLUMNS: Record<string, ColumnType> = {
  author: 'uuid',
  state: 'text',
  body: 'text',
  code: 'text',
  size: 'integer',
  score: 'double',
  price: 'numeric',
  at: 'time',
  tags: 'text[]',
  more: 'json',
}
const ID = '00000000-0000-0000-0000-000000000007'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
  await database.admin('create extension pg_trgm')
  await database.ownerPool.query(`
    create table plans (
      id integer primary key, author uuid, state text collate "en-x-icu", size integer, score double precision, price numeric,
      at timestamptz, tags text[], more jsonb,
      body text, code text collate "en-x-icu"
    );
    insert into plans select n, lpad(to_hex(n / 10), 32, '0')::uuid, 'state ' || n, n, n, n,
      '2026-01-01'::timestamptz + n * interval '1 minute', array['tag ' || n], jsonb_build_object('state', 'state ' || n, 'tags', array['tag ' || n]),
      'the ' || n || 'th body', 'code ' || n
    from generate_series(1, 20000) n;
    create index on plans (author);
    create index on plans (state);
    create index on plans (state collate "C");
    create index on plans (size);
    create index on plans (score);
    create index on plans (price);
    create index on plans (at);
    create index on plans using gin (tags);
    create index on plans ((more -> 'state'));
    create index on plans using gin ((more -> 'tags'));
    create index on plans using gin (body gin_trgm_ops);
    create index on plans (code text_pattern_ops);
    analyze plans`)
}, 60_000)
afterAll(() => database?.close())

interface Plan {
  readonly 'Node Type': string
  readonly 'Index Name'?: string
  readonly Plans?: readonly Plan[]
}

/** The nodes of the plan, without the bitmaps' heaps. */
async function planOf(where: string, values: readonly unknown[] = []): Promise<string[]> {
  const text = `explain (format json) select id from plans where ${where}`
  const { rows } = await database.ownerPool.query(text, [...values])
  const nodes = (plan: Plan): string[] => [
    plan['Index Name'] ?? plan['Node Type'],
    ...(plan.Plans ?? []).flatMap(nodes),
  ]
  return nodes(rows[0]['QUERY PLAN'][0].Plan).filter((node) => node !== 'Bitmap Heap Scan')
}

function filtered(written: Record<string, unknown>) {
  const { tree } = compileConditions(checkConditions(written, 'c'))
  const facts = { principal: { id: ID }, context: {}, now: () => Date.parse('2026-01-10T00:00:00Z') }
  const where = foldCondition(tree, 'holds', { facts, columns: new Map(Object.entries(COLUMNS)) })
  const filter = (where.kind === 'always' || where.kind === 'never' ? where : { kind: 'conditional', where }) as Filter
  return accessFilterText(filter)
}

describe('an index serves', () => {
  it.each<[Record<string, unknown>, string]>([
    [{ 'resource.author': { $ref: 'principal.id' } }, `author = '${ID}'`],
    [{ 'resource.author': { $in: [ID, { $ref: 'principal.id' }] } }, `author in ('${ID}')`],
    [{ 'resource.state': 'state 7' }, `state = 'state 7'`],
    [{ 'resource.state': { $in: ['state 7', 'state 8'] } }, `state in ('state 7', 'state 8')`],
    [
      { 'resource.state': { $gte: 'state 99', $lt: 'state 991' } },
      `state collate "C" >= 'state 99' and state collate "C" < 'state 991'`,
    ],
    [{ 'resource.state': { $startsWith: 'state 7%' } }, `state collate "C" ^@ 'state 7%'`],
    [{ 'resource.code': { $startsWith: 'code 77' } }, `code ^@ 'code 77'`],
    [{ 'resource.body': { $contains: '7777' } }, `body like '%7777%'`],
    [{ 'resource.size': 7 }, 'size = 7'],
    [{ 'resource.size': { $lt: 7.5 } }, 'size < 7.5::int'],
    [{ 'resource.score': { $gt: 19_990 } }, 'score > 19990'],
    [{ 'resource.price': { $lte: 3.5 } }, 'price <= 3.5'],
    [{ 'resource.at': { $lt: '2026-01-01T01:00Z' } }, `at < '2026-01-01T01:00Z'`],
    [{ 'resource.at': '2026-01-01T01:00Z' }, `at = '2026-01-01T01:00Z'`],
    [{ 'resource.at': { $withinLast: 'PT1H' } }, `at between '2026-01-09T23:00Z' and '2026-01-10'`],
    [{ 'resource.tags': { $contains: 'tag 7' } }, `tags @> array['tag 7']`],
    [{ 'resource.more.state': 'state 7' }, `more -> 'state' = '"state 7"'`],
    // for JSON `$contains` may also mean a part of a text, which no index finds
    [{ 'principal.id': { $in: { $ref: 'resource.more.tags' } } }, `more -> 'tags' @> '"${ID}"'`],
    [
      { $or: [{ 'resource.author': { $ref: 'principal.id' } }, { 'resource.size': { $in: [1, 2] } }] },
      `author = '${ID}' or size in (1, 2)`,
    ],
    [
      { 'resource.author': { $ref: 'principal.id' }, 'resource.state': { $ne: 'secret' } },
      `author = '${ID}' and state is distinct from 'secret'`,
    ],
  ])('%j as it serves %s', async (written, byHand) => {
    const { text, values } = filtered(written)
    const expected = await planOf(byHand)
    expect(expected.join()).not.toContain('Seq Scan')
    expect(await planOf(text, values)).toEqual(expected)
  })
})
