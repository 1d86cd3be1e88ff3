// Records on a real server: what the SQL does that a map in memory would not tell.

import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { uuidv7 } from '../../src/core/kernel/ids.ts'
import type { TenantScope } from '../../src/core/storage/storage.ts'
import { fromNow } from '../../src/core/storage/tables.ts'
import { createTenantRow, createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { withUrl } from '../setup/template.ts'

let database: TestDatabase
let storage: ReturnType<typeof postgres>
let acme: TenantScope<unknown>
let globex: TenantScope<unknown>

let ids = 0
const newId = (): string => uuidv7(1_800_000_000_000 + ids++, crypto.getRandomValues(new Uint8Array(10)))
const user = (email: string) => ({ id: newId(), email, email_norm: email })

beforeAll(async () => {
  database = await createTestDatabase()
  storage = postgres({ pool: database.appPool })
  acme = storage.tenant(await createTenantRow(database))
  globex = storage.tenant(await createTenantRow(database))
})
afterAll(async () => {
  await storage.close()
  await database.close()
})

it('inserts in the order given and reads every type back', async () => {
  const rows = [
    { ...user('b@acme.test'), metadata: { list: [1, 'two', null], 'quote"s': "it's" } },
    { ...user('a@acme.test'), name: 'Ana "the \\ first"', email_verified_at: fromNow(-1000) },
  ]
  const inserted = await acme.records.insert('users', rows)
  expect(inserted.map(({ email }) => email)).toEqual(['b@acme.test', 'a@acme.test'])
  expect(inserted[0]).toMatchObject({
    metadata: { list: [1, 'two', null], 'quote"s': "it's" },
    session_epoch: 0,
    name: null,
    status: 'active',
  })
  expect(inserted[1]!.created_at).toBeInstanceOf(Date)
  const ago = inserted[1]!.created_at.getTime() - inserted[1]!.email_verified_at!.getTime()
  expect(ago).toBeGreaterThan(990)
  expect(ago).toBeLessThan(1100)
  expect(await acme.records.get('users', { id: rows[1]!.id })).toEqual(inserted[1])
  expect(await globex.records.get('users', { id: rows[1]!.id })).toBeUndefined()
})

it('keeps the columns that one row of several leaves out at their defaults', async () => {
  const [plain, disabled] = await acme.records.insert('users', [
    user('c@acme.test'),
    { ...user('d@acme.test'), status: 'disabled', session_epoch: 7 },
  ])
  expect(plain).toMatchObject({ status: 'active', session_epoch: 0 })
  expect(disabled).toMatchObject({ status: 'disabled', session_epoch: 7 })
})

it('stores bytes, arrays and counters as they are', async () => {
  const [owner] = await acme.records.insert('users', [user('e@acme.test')])
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => i * 8)
  const [session] = await acme.records.insert('sessions', [
    {
      id: newId(),
      user_id: owner!.id,
      current_hash: bytes,
      nonce: bytes.subarray(0, 16),
      key_id: 1,
      epoch: 0,
      authentication_methods: ['pwd', 'a "b" \\ c', '', 'NULL', 'x,y'],
      idle_expires_at: fromNow(1000),
      absolute_expires_at: new Date('2030-01-02T03:04:05.678Z'),
    },
  ])
  expect(Buffer.from(session!.current_hash)).toEqual(Buffer.from(bytes))
  expect(session!.authentication_methods).toEqual(['pwd', 'a "b" \\ c', '', 'NULL', 'x,y'])
  expect(session!.absolute_expires_at).toEqual(new Date('2030-01-02T03:04:05.678Z'))
  await Promise.all(
    Array.from({ length: 20 }, () =>
      acme.records.update('sessions', { id: session!.id, retries: { from: 0 } }, { retries: { add: 2 } }),
    ),
  )
  expect((await acme.records.get('sessions', { current_hash: bytes }))?.retries).toBe(40)
})

it('pages through rows of one millisecond without losing or repeating any', async () => {
  const scope = storage.tenant(await createTenantRow(database))
  await scope.records.insert(
    'users',
    Array.from({ length: 57 }, (_, i) => user(`p${i}@acme.test`)),
  )
  for (const descending of [false, true]) {
    const seen: string[] = []
    for (let after: { id: string; created_at: Date } | undefined; ; ) {
      const page = await scope.records.find('users', {
        order: [{ by: 'created_at', descending }],
        limit: 10,
        ...(after ? { after } : {}),
      })
      seen.push(...page.map(({ id }) => id))
      if (page.length < 10) break
      after = page.at(-1)!
    }
    expect(new Set(seen).size).toBe(57)
    expect(seen).toHaveLength(57)
  }
})

it('pages in mixed directions', async () => {
  const scope = storage.tenant(await createTenantRow(database))
  const rows = Array.from({ length: 12 }, (_, i) => ({ ...user(`m${i}@acme.test`), session_epoch: i % 3 }))
  await scope.records.insert('users', rows)
  const order = [{ by: 'session_epoch' }, { by: 'email', descending: true }] as const
  const all = await scope.records.find('users', { order, limit: 100 })
  const rest = await scope.records.find('users', { order, limit: 100, after: all[4]! })
  expect(rest).toEqual(all.slice(5))
  expect(all.map((row) => row.session_epoch)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
})

it('compares with in, not, before, from and null', async () => {
  const scope = storage.tenant(await createTenantRow(database))
  const [a, b, c] = await scope.records.insert('users', [
    { ...user('1@x.test'), name: 'A' },
    { ...user('2@x.test'), name: 'B', session_epoch: 5 },
    { ...user('3@x.test') },
  ])
  const emails = async (where: object) =>
    (await scope.records.find('users', { where, order: [{ by: 'email' }], limit: 10 })).map(({ id }) => id)
  expect(await emails({ id: { in: [a!.id, c!.id] } })).toEqual([a!.id, c!.id])
  expect(await emails({ id: { in: [] } })).toEqual([])
  expect(await emails({ name: { not: 'A' } })).toEqual([b!.id, c!.id])
  expect(await emails({ name: { not: null } })).toEqual([a!.id, b!.id])
  expect(await emails({ name: null })).toEqual([c!.id])
  expect(await emails({ session_epoch: { before: 5 } })).toEqual([a!.id, c!.id])
  expect(await emails({ session_epoch: { from: 5 } })).toEqual([b!.id])
  expect(await emails({ created_at: { before: fromNow(60_000) } })).toHaveLength(3)
  expect(await emails({ created_at: { from: fromNow(60_000) } })).toEqual([])
  expect(await scope.records.count('users', { status: 'active' })).toBe(3)
  expect(await scope.records.remove('users', { name: null })).toBe(1)
  expect(await scope.records.count('users')).toBe(2)
})

it('leaves out what is taken when asked to ignore conflicts', async () => {
  const [first] = await acme.records.insert('users', [user('taken@acme.test')])
  const again = await acme.records.insert('users', [user('taken@acme.test'), user('free@acme.test')], {
    onConflict: 'ignore',
  })
  expect(again.map(({ email }) => email)).toEqual(['free@acme.test'])
  expect((await acme.records.get('users', { email_norm: 'taken@acme.test' }))?.id).toBe(first!.id)
})

it('inserts a thousand rows and refuses more', async () => {
  const scope = storage.tenant(await createTenantRow(database))
  const rows = Array.from({ length: 1001 }, (_, i) => user(`k${i}@acme.test`))
  await expect(scope.records.insert('users', rows)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  expect(await scope.records.insert('users', rows.slice(0, 1000))).toHaveLength(1000)
  expect(await scope.records.insert('users', [])).toEqual([])
})

it('refuses before anything is sent what is not a condition, a column or a value', async () => {
  const records = acme.records as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
  const refused = async (code: string, method: string, ...args: unknown[]) =>
    expect(records[method]!(...args)).rejects.toMatchObject({ code })
  await refused('INPUT_INVALID', 'get', 'users', { id: undefined })
  await refused('INPUT_INVALID', 'remove', 'users', { id: { in: [undefined] } })
  await refused('INPUT_INVALID', 'remove', 'users', { id: { not: undefined } })
  await refused('INPUT_INVALID', 'get', 'users', { 'id" or true --': 'x' })
  await refused('INPUT_INVALID', 'get', 'users', { tenant_id: newId() })
  await refused('INPUT_INVALID', 'get', 'tenants', { id: newId() })
  await refused('INPUT_INVALID', 'get', 'pg_authid', {})
  await refused('INPUT_INVALID', 'find', 'users', { limit: 0 })
  await refused('INPUT_INVALID', 'find', 'users', { limit: 1, order: [{ by: 'name' }] })
  await refused('ROW_REFUSED', 'get', 'users', { id: 'not-a-uuid' })
  await refused('ROW_REFUSED', 'get', 'users', { email: 'zero\0byte' })
  await refused('ROW_REFUSED', 'update', 'users', { id: newId() }, { session_epoch: 2 ** 40 })
  await refused('ROW_REFUSED', 'update', 'users', { id: newId() }, { created_at: new Date(Number.NaN) })
})

it('gives the system scope no tenant table and the tenant scope no system table', async () => {
  const system = storage.system.records as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
  await expect(system.find!('users', { limit: 5 })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  expect((await storage.system.records.get('tenants', { slug: 'platform' }))?.name).toBe('Platform')
})

it('names its tenant in every statement itself, so that it holds even for a login that no wall stops', async () => {
  const { adminUrl } = inject('server')
  const past = postgres({ url: withUrl(adminUrl, { database: database.name }), listen: false })
  const [one, two] = [past.tenant(await createTenantRow(database)), past.tenant(await createTenantRow(database))]
  const [mine] = await one.records.insert('users', [user('wall@acme.test')])
  const foreign = { id: mine!.id }
  expect(await two.records.get('users', foreign)).toBeUndefined()
  expect(await two.records.lock('users', foreign)).toBeUndefined()
  expect(await two.transaction(({ records }) => records.lock('users', foreign))).toBeUndefined()
  expect(await two.records.find('users', { limit: 10 })).toEqual([])
  expect(await two.records.count('users')).toBe(0)
  expect(await two.records.update('users', foreign, { name: 'stolen' })).toEqual([])
  expect(await two.records.remove('users', {})).toBe(0)
  expect(await two.verbs.purge()).toMatchObject({ users: 0 })
  expect(await one.records.find('users', { limit: 10 })).toEqual([mine])
  await past.close()
})
