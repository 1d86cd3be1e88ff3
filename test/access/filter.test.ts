// What a filter answers, what it refuses, and how it is written: values as parameters, columns as the host names them.

import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { accessFilter, accessFilterText } from '../../src/adapters/postgres/index.ts'
import type { FilterOptions } from '../../src/core/access/filter-options.ts'
import { narrowed } from '../../src/core/access/narrowed.ts'
import type { User } from '../../src/core/identity/user.ts'
import type { PermissionEntry } from '../../src/index.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse } from './house.ts'

let house: House
beforeAll(async () => {
  house = await makeHouse(memory())
})
afterAll(() => house.close())

const columns = {
  author_id: 'uuid',
  status: 'text',
  size: 'integer',
  metadata: 'json',
  organization_id: 'uuid',
} as const
const note = { resource: 'note', actions: ['read'] }
let roles = 0

/** Somebody with these permissions and no others. */
async function holder(...permissions: PermissionEntry[]): Promise<User> {
  const { id } = await house.acme.roles.create({ key: `r${++roles}`, permissions })
  const user = await house.person()
  await house.acme.assignments.grant({ principal: user, role: id })
  return user
}

async function textOf(user: User, options: FilterOptions = { columns }) {
  return accessFilterText(await house.acme.access.filter(user, 'note:read', options))
}

describe('a filter', () => {
  it('is settled where no row can change it', async () => {
    const { acme } = house
    expect(await acme.access.filter(await holder(note), 'note:read', { columns })).toEqual({ kind: 'always' })
    expect(await acme.access.filter(await holder(), 'note:read', { columns })).toEqual({ kind: 'never' })
    const denied = await holder(note, { ...note, effect: 'deny' })
    expect(await acme.access.filter(denied, 'note:read', { columns })).toEqual({ kind: 'never' })
    const inOffice = await holder({ ...note, conditions: { 'context.ip': { $cidr: '10.0.0.0/8' } } })
    const at = (ip: string) => acme.access.filter(inOffice, 'note:read', { columns, context: { ip } })
    expect(await at('10.1.2.3')).toEqual({ kind: 'always' })
    expect(await at('192.0.2.1')).toEqual({ kind: 'never' })
    expect(await acme.access.filter(inOffice, 'note:read', { columns })).toEqual({ kind: 'never' })
  })

  it('asks the row for what only the row knows', async () => {
    const own = await holder({ ...note, conditions: { 'resource.author_id': { $ref: 'principal.id' } } })
    expect(await textOf(own)).toEqual({ text: '("author_id" = $1::uuid)', values: [own.id] })
    const open = await holder(note, { ...note, effect: 'deny', conditions: { 'resource.status': 'secret' } })
    // null is not secret
    expect(await textOf(open)).toEqual({ text: '(("status" = $1::text) is not true)', values: ['secret'] })
  })

  it('allows nothing by a column that is not there, and denies', async () => {
    const conditions = { 'resource.reviewer_id': { $ref: 'principal.id' } }
    expect(await textOf(await holder({ ...note, conditions }))).toEqual({ text: '(false)', values: [] })
    const deny = await holder(note, { ...note, effect: 'deny', conditions })
    expect(await textOf(deny)).toEqual({ text: '(false)', values: [] })
  })

  it('asks where a row is, and is the same wherever all rows are', async () => {
    const { acme } = house
    const berlin = await acme.organizations.create({ key: 'berlin', name: 'Berlin' })
    const { id } = await acme.roles.create({ key: 'local', permissions: [note] })
    const user = await house.person()
    await acme.assignments.grant({ principal: user, role: id, scope: { organization: berlin.id } })
    const places = { organization: 'organization_id' }
    expect(await textOf(user, { columns, places })).toEqual({
      text: '("organization_id" = any($1::uuid[]))',
      values: [[berlin.id]],
    })
    expect((await textOf(user)).text).toBe('(false)')
    expect((await textOf(user, { columns, organization: berlin.id })).text).toBe('(true)')
  })

  it('is no more than a credential was made for', async () => {
    const access = await house.acme.access.principal(await holder(note))
    expect(narrowed(access, ['note:read']).filter('note:read', { columns })).toEqual({ kind: 'always' })
    expect(narrowed(access, ['note:write']).filter('note:read', { columns })).toEqual({ kind: 'never' })
  })

  it('of who is not active is never', async () => {
    const user = await holder(note)
    await house.acme.users.disable(user)
    expect(await house.acme.access.filter(user, 'note:read', { columns })).toEqual({ kind: 'never' })
  })
})

describe('bad input to a filter', () => {
  const bad: [string, unknown, code?: string][] = [
    ['nothing', undefined],
    ['no columns', {}],
    ['a list of columns', { columns: ['author_id'] }],
    ['a type that is none', { columns: { author_id: 'varchar' } }],
    ['a type of a prototype', { columns: { author_id: 'toString' } }],
    ['a name of a prototype', { columns: JSON.parse('{"__proto__": "text"}') }],
    ['an empty name', { columns: { 'a..b': 'text' } }],
    [
      'columns by the hundred',
      { columns: Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`c${i}`, 'text'])) },
    ],
    ['an option that is none', { columns, colums: {} }],
    ['a resource', { columns, resource: {} }],
    ['a place in no column', { columns, places: { organization: 'org' } }],
    ['a place in a column of numbers', { columns, places: { team: 'size' } }],
    ['a place that is none', { columns, places: { region: 'status' } }],
    ['a place twice', { columns, places: { organization: 'organization_id' }, organization: crypto.randomUUID() }],
    ['no fields', { columns, fields: [] }],
    ['a text no database holds', { columns, context: { ip: 'a\ud800' } }],
    ['an unknown organization', { columns, organization: crypto.randomUUID() }, 'ORGANIZATION_UNKNOWN'],
    ['an unknown team', { columns, in: [{ team: crypto.randomUUID() }] }, 'TEAM_UNKNOWN'],
  ]
  it.each(bad)('is refused: %s', async (_, options, code = 'INPUT_INVALID') => {
    const user = await holder({ ...note, conditions: { 'resource.status': { $ref: 'context.ip' } } })
    await refused(() => house.acme.access.filter(user, 'note:read', options as never), code as 'INPUT_INVALID')
  })

  it('is refused: a permission that nobody declared', async () => {
    const user = await holder(note)
    await refused(() => house.acme.access.filter(user, 'note:raed' as never, { columns }), 'PERMISSION_UNKNOWN')
  })
})

describe('the SQL of a filter', () => {
  const evil = `x'; drop table notes; --`

  it('has nothing of a condition in it: neither a value nor a key', async () => {
    const user = await holder({
      ...note,
      conditions: {
        [`resource.metadata.${evil.slice(0, 40)}`]: evil,
        'resource.status': { $contains: '50%_\\', $startsWith: evil },
      },
    })
    const { text, values } = await textOf(user)
    expect(text).not.toContain('drop')
    expect(text).toMatch(/^\(\(.*\)\)$/s)
    expect(values).toEqual([evil.slice(0, 40), JSON.stringify(evil), '%50\\%\\_\\\\%', evil])
  })

  it('quotes columns, or takes the host’s own', async () => {
    const user = await holder({ ...note, conditions: { 'resource.status': 'open', 'resource.size': { $lt: 2.5 } } })
    const filter = await house.acme.access.filter(user, 'note:read', { columns })
    expect(accessFilterText(filter, { table: 'no"tes', firstParameter: 3 })).toEqual({
      text: '(("no""tes"."size" <= $3::bigint and "no""tes"."status" = $4::text))',
      values: ['2', 'open'],
    })
    expect(accessFilterText(filter, { columns: { status: 'lower(n.state)' } }).text).toContain(
      '(lower(n.state)) = $2::text',
    )
  })

  interface Tables {
    notes: { status: string; state: string; size: number }
    other: { status: string }
  }
  const db = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (kysely) => new PostgresIntrospector(kysely),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })

  it('is an expression of Kysely’s, with other parts before and after it', async () => {
    const user = await holder({ ...note, conditions: { 'resource.status': 'open', 'resource.size': { $lt: 2.5 } } })
    const filter = await house.acme.access.filter(user, 'note:read', { columns })
    const query = db.selectFrom('notes').innerJoin('other', 'other.status', 'notes.state').select('size')
    const built = query
      .where('size', '=', 1)
      .where((eb) => eb.or([accessFilter(eb, filter, { table: 'notes' }), eb('state', '=', 'mine')]))
      .where((eb) => accessFilter(eb, filter, { columns: { status: 'other.status', size: sql`abs(size)` } }))
      .compile()
    expect(built.sql).toBe(
      'select "size" from "notes" inner join "other" on "other"."status" = "notes"."state" where "size" = $1' +
        ' and ((("notes"."size" <= $2::bigint and "notes"."status" = $3::text)) or "state" = $4)' +
        ' and ((abs(size) <= $5::bigint and "other"."status" = $6::text))',
    )
    expect(built.parameters).toEqual([1, '2', 'open', 'mine', '2', 'open'])
  })

  it('is true or false where the filter is settled', () => {
    const texts = (['always', 'never'] as const).map((kind) => {
      const { sql: text } = db
        .selectFrom('notes')
        .select('size')
        .where((eb) => accessFilter(eb, { kind }))
        .compile()
      return text.slice(text.indexOf('where'))
    })
    expect(texts).toEqual(['where (true)', 'where (false)'])
  })
})
