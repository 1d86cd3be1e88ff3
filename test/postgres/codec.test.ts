// Values on their way to the server and back: what goes in comes out, whatever it is made of.

import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { deaf } from '../../src/adapters/postgres/listening.ts'
import { PoolLink } from '../../src/adapters/postgres/pool-link.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'

let database: TestDatabase
let link: PoolLink

beforeAll(async () => {
  database = await createTestDatabase({ connections: 1 })
  link = new PoolLink({
    pool: database.appPool,
    namedStatements: true,
    acquireTimeoutMs: 5_000,
    listening: deaf,
    close: async () => undefined,
  })
})
afterAll(() => database.close())

async function echo(type: string, value: unknown): Promise<unknown> {
  const { rows } = await link.one(null, { name: `echo ${type}`, text: `select $1::${type} as value`, values: [value] })
  return rows[0]?.value
}

/** Any text PostgreSQL can hold: no NUL, no lone surrogates. */
const plain = fc.string({ unit: 'grapheme', maxLength: 400 }).map((text) => text.replaceAll('\0', ''))

const cases: [string, fc.Arbitrary<unknown>][] = [
  ['text', plain],
  ['text[]', fc.array(fc.oneof(plain, fc.constant(null), fc.constantFrom('NULL', '', '{', '}', ',', '"', '\\', ' ')))],
  ['int4', fc.integer()],
  ['int8', fc.maxSafeInteger()],
  ['int8[]', fc.array(fc.maxSafeInteger())],
  ['float8', fc.double({ noNaN: true }).map((value) => value + 0)],
  ['bool', fc.boolean()],
  ['bytea', fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes))],
  ['jsonb', fc.dictionary(plain, fc.oneof(plain, fc.integer(), fc.boolean(), fc.constant(null), fc.array(plain)))],
  ['timestamptz', fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })],
]

it.each(cases)('%s comes back as it went', async (type, arbitrary) => {
  await fc.assert(
    fc.asyncProperty(arbitrary, async (value) => {
      expect(await echo(type, value)).toEqual(value)
    }),
    { numRuns: 60 },
  )
})

it('sends null as null, and bytes of any view', async () => {
  for (const type of ['text', 'int4', 'bytea', 'jsonb', 'timestamptz', 'text[]'])
    expect(await echo(type, null)).toBeNull()
  const view = new Uint8Array(new Uint8Array([9, 1, 2, 3, 9]).buffer, 1, 3)
  expect(await echo('bytea', view)).toEqual(Buffer.from([1, 2, 3]))
})

it('sends and reads what is larger than a packet', async () => {
  const large = 'é€😀'.repeat(100_000)
  expect(await echo('text', large)).toBe(large)
  const bytes = Buffer.alloc(3_000_000, 7)
  expect(Buffer.compare((await echo('bytea', bytes)) as Buffer, bytes)).toBe(0)
})

it.each(['UTC', 'Asia/Kolkata', 'America/St_Johns', 'Africa/Monrovia'])(
  'reads times right in the time zone %s, from before it existed too',
  async (zone) => {
    for (const iso of ['2026-07-01T12:34:56.789Z', '1900-01-01T00:00:00.000Z', '0001-06-01T00:00:00.000Z']) {
      const rows = await link.unit(null, async ({ send }) => {
        await send({ text: "select set_config('timezone', $1, true)", values: [zone] })
        return (await send({ text: 'select $1::timestamptz as value', values: [iso] })).rows
      })
      expect(rows).toEqual([{ value: new Date(iso) }])
    }
  },
)

it('reads the years that are written with more or fewer digits than four', async () => {
  const { rows } = await link.one(null, {
    text: "select timestamptz '10000-01-01 00:00:00+00' as far, timestamptz '0050-02-03 04:05:06.7+00' as early, timestamptz '275760-09-12 00:00:00+00' as last",
  })
  expect(rows).toEqual([
    {
      far: new Date('+010000-01-01T00:00:00Z'),
      early: new Date('0050-02-03T04:05:06.700Z'),
      last: new Date('+275760-09-12T00:00:00Z'),
    },
  ])
})

it('reads times before the common era, and says so of times that no Date holds', async () => {
  const { rows } = await link.one(null, { text: "select timestamptz '0044-03-15 12:00:00+00 BC' as ides" })
  expect(rows).toEqual([{ ides: new Date('-000043-03-15T12:00:00.000Z') }])
  await expect(link.one(null, { text: "select timestamptz 'infinity' as never" })).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    details: { sqlstate: '22008' },
  })
})
