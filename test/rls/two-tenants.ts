// Two tenants in one schema: A with 3 users, B with 5, each user with one row of every other table. And a connection
// of the app's login to look at them.

import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import { type TenantTableName, tenantTables } from '../../src/core/storage/tables.ts'
import { createTenantRow, createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { ROWS } from './rows.ts'

/** All that stand behind the wall. */
export const TABLES = Object.keys(tenantTables) as TenantTableName[]

export interface TwoTenants {
  readonly database: TestDatabase
  readonly a: string
  readonly b: string
  readonly usersOfA: readonly string[]
  readonly usersOfB: readonly string[]
  /** One connection of the app's login, as a pool would lend it again and again. */
  readonly app: pg.Client
  /** In a tenant, as the app; rolled back when it fails. */
  inTenant<R>(tenant: string, work: (client: pg.Client) => Promise<R>): Promise<R>
  /** Rows of one statement in a tenant, as the app. */
  rows(tenant: string, sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>
  /** SQLSTATE with which a statement in a tenant is refused; `none` when it is not. */
  refused(tenant: string, sql: string, values?: unknown[]): Promise<string>
  close(): Promise<void>
}

const runtime = systemRuntime()

export async function twoTenants(): Promise<TwoTenants> {
  const database = await createTestDatabase()
  const [a, b] = [(await createTenantRow(database)).id, (await createTenantRow(database)).id]
  const app = new pg.Client({ connectionString: database.appUrl })
  await app.connect()

  async function inTenant<R>(tenant: string, work: (client: pg.Client) => Promise<R>): Promise<R> {
    await app.query('begin')
    try {
      await app.query('select freehold.enter_tenant($1)', [tenant])
      const result = await work(app)
      await app.query('commit')
      return result
    } catch (error) {
      await app.query('rollback')
      throw error
    }
  }
  const rows: TwoTenants['rows'] = (tenant, sql, values) =>
    inTenant(tenant, async (client) => (await client.query(sql, values)).rows)

  async function seed(tenant: string, many: number): Promise<string[]> {
    const ids: string[] = []
    for (let i = 0; i < many; i++) {
      const id = runtime.newId()
      ids.push(id)
      await inTenant(tenant, async (client) => {
        await client.query('insert into freehold.users (id, email, email_norm) values ($1, $2, $2)', [
          id,
          `u${i}@example.test`,
        ])
        await client.query(
          `insert into freehold.sessions (id, user_id, current_hash, nonce, key_id, epoch, idle_expires_at, absolute_expires_at)
           values ($1, $2, $3, $3, 1, 0, now() + interval '1 day', now() + interval '2 days')`,
          [runtime.newId(), id, randomBytes(32)],
        )
        await client.query('insert into freehold.sign_in_attempts (pool, subject) values ($1, $2)', [
          'password',
          randomBytes(32),
        ])
        await client.query('insert into freehold.security_events (id, kind) values ($1, $2)', [runtime.newId(), 'seed'])
        for (const row of ROWS) {
          const values = [id, `row ${i}`].slice(row.includes('$1') ? 0 : 1, row.includes('$2') ? 2 : 1)
          await client.query(row.includes('$1') ? row : row.replaceAll('$2', '$1'), values)
        }
      })
    }
    return ids
  }

  return {
    database,
    a,
    b,
    usersOfA: await seed(a, 3),
    usersOfB: await seed(b, 5),
    app,
    inTenant,
    rows,
    async refused(tenant, sql, values) {
      try {
        await rows(tenant, sql, values)
        return 'none'
      } catch (error) {
        return String((error as { code?: unknown }).code)
      }
    },
    async close() {
      await app.end()
      await database.close()
    },
  }
}

export const count = (table: string): string =>
  `select count(*)::int as n from ${table.includes('.') ? table : `freehold.${table}`}`
