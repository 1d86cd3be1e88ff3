// Conditions as SQL against the same conditions as closures: row by row, on PostgreSQL, where they hold and where they
// fail.

import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accessFilterText } from '../../src/adapters/postgres/access-filter.ts'
import { foldCondition } from '../../src/core/access/condition-folding.ts'
import {
  type Condition,
  checkConditions,
  compileConditions,
  FAILS,
  HOLDS,
  type Verdict,
} from '../../src/core/access/conditions.ts'
import type { Filter } from '../../src/core/access/filter.ts'
import type { Formula } from '../../src/core/access/filter-formula.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { conditionsOf, facts, TIMES, UUIDS } from './condition-arbitraries.ts'
import { COLUMNS, connect, fill, type Thing } from './filter-things.ts'

const RUNS = 4000
const ROWS = 120

/** What facts and plain operands are. */
const VALUES: readonly unknown[] = [
  ...[
    'a',
    'A',
    'ab',
    '',
    '%',
    'é',
    '\uff21',
    '\u{1f600}',
    '10.1.2.3',
    '1',
    ...TIMES,
    '2026-03-08',
    '2026-02-30',
    ...UUIDS,
  ],
  ...[0, 1, -3, 2.5, 1.5, 0.1, 0.30000000000000004, 1e21, -1e21, 2 ** 63, 2 ** 53, 1e-7],
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true, false, null],
  ...[...TIMES.map((time) => new Date(time)), new Date(Number.NaN), new Date(8.64e15), new Date(-8.64e15)],
  ...[10n, {}, ['a'], [], [null], [['a']], [1, 'a']],
]

let database: TestDatabase
let client: pg.Client
let things: readonly Thing[]
beforeAll(async () => {
  database = await createTestDatabase()
  things = await fill(database, ROWS)
  client = await connect(database)
}, 60_000)
afterAll(async () => {
  await client?.end()
  await database?.close()
})

const columns = new Map(Object.entries(COLUMNS))
const inRow = [...columns.keys()].map((name) => `resource.${name}`)
const path = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...inRow) },
  {
    weight: 3,
    arbitrary: fc.constantFrom('resource.j.key', 'resource.j.deep.key', "resource.j.it's", 'resource.t.key'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('principal.id', 'principal.list', 'context.ip', 'context.time', 'resource.gone'),
  },
)
const outside = fc.constantFrom('principal.id', 'principal.list', 'context.ip')

function filterOf(formula: Formula): Filter {
  return formula.kind === 'always' || formula.kind === 'never' ? formula : { kind: 'conditional', where: formula }
}

/** What a condition says of each thing: by its closure, and by PostgreSQL, of many conditions in one query. */
async function bothWays(asked: readonly Asked[]) {
  const values: unknown[] = []
  const texts: string[] = []
  for (const { test, facts: given } of asked) {
    for (const sense of ['holds', 'fails'] as const) {
      const filter = filterOf(foldCondition(test.tree, sense, { facts: given, columns }))
      const written = accessFilterText(filter, { table: 'things', firstParameter: values.length + 1 })
      texts.push(`${written.text} is true`)
      values.push(...written.values)
    }
  }
  const query = { text: `select ${texts.join(', ')} from things order by id`, values, rowMode: 'array' as const }
  const { rows } = await client.query<boolean[]>(query)
  return asked.map(({ test, facts: given }, i) => {
    const verdicts = things.map(({ resource }) => test({ ...given, resource }))
    const [holds, fails] = [2 * i, 2 * i + 1].map((at) => rows.flatMap((row, id) => (row[at] ? [id] : [])))
    const where = (verdict: Verdict) => verdicts.flatMap((said, id) => (said === verdict ? [id] : []))
    return { sql: { holds, fails }, closure: { holds: where(HOLDS), fails: where(FAILS) } }
  })
}

interface Asked {
  readonly test: Condition
  readonly facts: { readonly principal: unknown; readonly context: unknown; now(): number }
}

describe('every operator says the same', () => {
  const OF_TWO = ['$eq', '$in', '$lt', '$lte', '$gt', '$gte', '$startsWith', '$contains']
  const lists = (operator: string) => (operator === '$in' ? 'principal.list' : 'principal.x')
  const asked = (left: string, operator: string, $ref: string, x: unknown) => ({
    test: compileConditions(checkConditions({ [left]: { [operator]: { $ref } } }, 'c')),
    facts: { principal: { x, list: [x, 'a'] }, context: {}, now: () => Date.parse(TIMES[1]!) },
    name: `${left} ${operator} ${$ref} ${String(x)}`,
  })
  const agree = async (all: readonly (Asked & { readonly name: string })[]) => {
    for (const [i, { sql, closure }] of (await bothWays(all)).entries()) expect(sql, all[i]!.name).toEqual(closure)
  }
  const paths = [...inRow, 'resource.j.key', 'resource.j.deep.key']

  it.each(OF_TWO)('%s of two columns', async (operator) => {
    for (const left of paths) await agree(paths.map((right) => asked(left, operator, right, 'a')))
  })
  it.each(OF_TWO)('%s of a column and a value', async (operator) => {
    for (const path of paths) await agree(VALUES.map((x) => asked(path, operator, lists(operator), x)))
  })
  it.each(OF_TWO)('%s of a value and a column', async (operator) => {
    for (const path of paths) await agree(VALUES.map((x) => asked('principal.x', operator, path, x)))
  })
})

it(`rows returned are rows where the condition holds, ${RUNS} conditions on ${ROWS} rows`, async () => {
  const seen = new Map<string, number>()
  const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)
  await fc.assert(
    fc.asyncProperty(conditionsOf(path, outside), facts, async (written, { now, principal, context }) => {
      const conditions = checkConditions(written, 'c')
      const test = compileConditions(conditions)
      const given = { principal, context, now: () => now }
      const [answer] = await bothWays([{ test, facts: given }])
      expect(answer!.sql).toEqual(answer!.closure)
      count(foldCondition(test.tree, 'holds', { facts: given, columns }).kind)
      const held = answer!.closure.holds.length
      for (const [operator] of JSON.stringify(written).matchAll(/\$\w+/g)) {
        if (held > 0 && held < ROWS) count(operator)
      }
    }),
    { numRuns: RUNS, ...(process.env.FC_SEED ? { seed: Number(process.env.FC_SEED) } : {}) },
  )
  for (const operator of OPERATORS) expect(seen.get(operator) ?? 0, operator).toBeGreaterThan(20)
  for (const kind of ['always', 'never']) expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(20)
}, 300_000)

const OPERATORS = [
  ...['$eq', '$ne', '$in', '$nin', '$lt', '$lte', '$gt', '$gte', '$exists', '$and', '$or', '$not', '$ref'],
  ...['$startsWith', '$contains', '$cidr', '$timeBetween', '$withinLast'],
]
