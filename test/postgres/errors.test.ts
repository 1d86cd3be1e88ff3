// What the server refuses, and the code it is told by: here each refusal is provoked, not made up.

import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { translate } from '../../src/adapters/postgres/errors.ts'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { FreeholdError } from '../../src/core/kernel/errors.ts'
import type { TenantScope } from '../../src/core/storage/storage.ts'
import { fromNow } from '../../src/core/storage/tables.ts'
import { createTenantRow, createTestDatabase, createUserRow, type TestDatabase } from '../setup/database.ts'
import { PASSWORD, withUrl } from '../setup/template.ts'

let database: TestDatabase
let scope: TenantScope<unknown>
let userId: string

beforeAll(async () => {
  database = await createTestDatabase()
  const tenant = await createTenantRow(database)
  scope = postgres({ pool: database.appPool }).tenant(tenant)
  userId = await createUserRow(database, tenant, { email: 'taken@acme.test' })
})
afterAll(() => database.close())

const user = (email: string) => ({ id: crypto.randomUUID(), email, email_norm: email })
const session = (owner: string, hash = new Uint8Array(32)) => ({
  id: crypto.randomUUID(),
  user_id: owner,
  current_hash: hash,
  nonce: new Uint8Array(16),
  key_id: 1,
  epoch: 0,
  idle_expires_at: fromNow(1),
  absolute_expires_at: fromNow(1),
})

describe('a row that breaks a rule', () => {
  it.each([
    ['DUPLICATE', 'users_email_norm_key', () => scope.records.insert('users', [user('taken@acme.test')])],
    ['DUPLICATE', 'users_pkey', () => scope.records.insert('users', [{ ...user('x@acme.test'), id: userId }])],
    [
      'REFERENCE_MISSING',
      'sessions_user_id_fkey',
      () => scope.records.insert('sessions', [session(crypto.randomUUID())]),
    ],
    ['ROW_REFUSED', 'users_email_check', () => scope.records.insert('users', [user('a')])],
    [
      'ROW_REFUSED',
      'sessions_current_hash_check',
      () => scope.records.insert('sessions', [session(userId, new Uint8Array(5))]),
    ],
    ['ROW_REFUSED', 'email', () => scope.records.insert('users', [{ ...user('y@acme.test'), email: null as never }])],
  ])('is %s, naming %s', async (code, constraint, call) => {
    const error = await call().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code, details: { table: expect.any(String), constraint } })
    expect((error as Error).cause).toBeInstanceOf(Error)
    // what the database said stays inside
    expect(JSON.stringify((error as FreeholdError).toProblem())).not.toMatch(/taken@|users|Key|violates/)
  })
})

it.each(['repeatable read', 'serializable'])(
  'a transaction is READ COMMITTED where the default is %s',
  async (level) => {
    const options = `-c default_transaction_isolation=${level.replace(' ', '\\ ')}`
    const strict = new pg.Pool({ connectionString: database.appUrl, max: 2, options })
    const other = postgres({ pool: strict }).tenant(await createTenantRow(database))
    const { id } = user('s@acme.test')
    await other.records.insert('users', [{ ...user('s@acme.test'), id }])
    await other.transaction(async ({ records }) => {
      await records.get('users', { id })
      await other.records.update('users', { id }, { session_epoch: { add: 1 } })
      await records.update('users', { id }, { session_epoch: { add: 1 } })
    })
    expect((await other.records.get('users', { id }))?.session_epoch).toBe(2)
    await strict.end()
  },
)

it('a database that was not migrated has pending migrations; a table of the host’s that is missing is its own affair', async () => {
  const empty = await createTestDatabase({ empty: true })
  const storage = postgres({ pool: empty.appPool, listen: false })
  const tenant = storage.tenant({ id: crypto.randomUUID(), location: storage.sharedLocation })
  const calls = [
    () => storage.system.verbs.findTenant({ slug: 'acme' }),
    () => tenant.records.count('users'),
    () => tenant.transaction(async ({ db }) => sql`select 1`.execute(db)),
  ]
  const pending = { code: 'MIGRATIONS_PENDING', details: { pending: [] } }
  for (const call of calls) await expect(call()).rejects.toMatchObject(pending)
  await empty.ownerPool.query('create schema freehold; grant usage on schema freehold to public')
  for (const call of calls) await expect(call()).rejects.toMatchObject(pending)
  await empty.close()
  const hosts = scope.transaction(async ({ db }) => sql`select * from nowhere`.execute(db as never))
  await expect(hosts).rejects.toMatchObject({ code: 'STORAGE_FAILED', details: { sqlstate: '42P01' } })
})

it('a login that is no member lacks a right, and no row was refused', async () => {
  const login = `freehold_test_${crypto.randomUUID().slice(0, 8)}`
  await database.admin(`create role ${login} login password '${PASSWORD}'`)
  const url = withUrl(database.appUrl, { user: login, password: PASSWORD })
  const storage = postgres({ url, listen: false })
  const missing = { code: 'STORAGE_FAILED', details: { sqlstate: '42501' } }
  await expect(storage.system.verbs.findTenant({ slug: 'acme' })).rejects.toMatchObject(missing)
  await storage.close()
  await database.admin(`drop role ${login}`)
})

describe('by SQLSTATE', () => {
  const told = (code: string, fields: object = {}) => translate({ code, severity: 'ERROR', message: '', ...fields })
  it.each([
    ['40001', 'CONFLICT'],
    ['40P01', 'CONFLICT'],
    ['55P03', 'CONFLICT'],
    ['25P02', 'TRANSACTION_LOST'],
    ['53300', 'STORAGE_UNAVAILABLE'],
    ['57P01', 'STORAGE_UNAVAILABLE'],
    ['57P03', 'STORAGE_UNAVAILABLE'],
    ['08006', 'STORAGE_UNAVAILABLE'],
    ['28P01', 'STORAGE_UNAVAILABLE'],
    ['57014', 'STORAGE_UNAVAILABLE'],
    ['25006', 'STORAGE_UNAVAILABLE'],
    ['42501', 'STORAGE_FAILED'],
    ['42P01', 'STORAGE_FAILED'],
    ['22012', 'STORAGE_FAILED'],
    ['22P02', 'ROW_REFUSED'],
  ])('%s is %s', (sqlstate, code) => {
    const error = told(sqlstate)
    expect(error).toMatchObject({ code, cause: { code: sqlstate } })
    if (code === 'STORAGE_FAILED') expect(error.details).toEqual({ sqlstate })
  })
})

it.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'])(
  'a socket’s %s is STORAGE_UNAVAILABLE',
  (code) => {
    expect(translate(Object.assign(new Error(code), { code }))).toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
  },
)

it('passes on what is Freehold’s own already', () => {
  const own = new FreeholdError('POOL_EXHAUSTED')
  expect(translate(own)).toBe(own)
})
