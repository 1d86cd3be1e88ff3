// The ground of every other test: the copied database, its two logins, and the proxy between.

import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTenantRow, createTestDatabase, createUserRow, type TestDatabase } from '../setup/database.ts'
import { startProxy } from '../setup/proxy.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())

it('gives logins that are neither superuser nor able to bypass the wall', async () => {
  for (const pool of [database.ownerPool, database.appPool]) {
    const { rows } = await pool.query('select rolsuper, rolbypassrls from pg_roles where rolname = current_user')
    expect(rows).toEqual([{ rolsuper: false, rolbypassrls: false }])
  }
})

it('answers nothing while no tenant is entered, to the app and to the owner', async () => {
  const tenant = await createTenantRow(database)
  await createUserRow(database, tenant)
  for (const pool of [database.ownerPool, database.appPool])
    expect((await pool.query('select * from freehold.users')).rows).toEqual([])
  expect(await database.admin('select id from freehold.users where tenant_id = $1', [tenant.id])).toHaveLength(1)
})

it('counts round trips, and cuts before and after the server has answered', async () => {
  const tenant = await createTenantRow(database)
  const proxy = await startProxy(database.appUrl)
  const rename = async (name: string): Promise<string> => {
    const client = new pg.Client({ connectionString: proxy.url(database.appUrl) })
    client.on('error', () => undefined)
    await client.connect()
    try {
      await client.query('update freehold.tenants set name = $1 where id = $2', [name, tenant.id])
      return 'answered'
    } catch {
      return 'cut'
    } finally {
      await client.end()
    }
  }
  const read = async () => (await database.admin('select name from freehold.tenants where id = $1', [tenant.id]))[0]
  expect(await rename('first')).toBe('answered')
  expect(proxy.roundTrips).toBe(1)
  proxy.cut({ beforeSend: 1 })
  expect(await rename('second')).toBe('cut')
  expect(await read()).toEqual({ name: 'first' })
  proxy.cut({ beforeAnswer: 1 })
  expect(await rename('third')).toBe('cut')
  expect(await read()).toEqual({ name: 'third' })
  await proxy.close()
})
