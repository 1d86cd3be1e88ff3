// Freehold as a host sets it up, on the bench's database, and a copy of its users without a wall for the rivals.

import { randomBytes, randomUUID } from 'node:crypto'
import { createFreehold, type Freehold, type FreeholdOptions, type OwnPermission, type Storage } from 'freehold'
import { postgres } from 'freehold/postgres'
import pg from 'pg'
import type { Database } from './server.ts'

export interface Seeded {
  readonly tenants: readonly string[]
  /** Users of any tenant, to be read in this order again and again. */
  readonly users: readonly { readonly tenantId: string; readonly id: string }[]
}

const keys = { current: 'k1', k1: randomBytes(32) }

/** Migrates the database, the host's own migrations with it, and lets the app's login in. */
export async function migrate(database: Database, folder?: string): Promise<void> {
  const owner = new pg.Pool({ connectionString: database.ownerUrl, max: 2 })
  const pool = new pg.Pool({ connectionString: database.appUrl, max: 1 })
  const storage = postgres({ pool, owner, listen: false, ...(folder === undefined ? {} : { migrations: { folder } }) })
  await storage.migrations.apply()
  await database.admit()
  await storage.close()
  await Promise.all([owner.end(), pool.end()])
}

/** Tenants with users, through the wall; and `bench.users`, the same rows, columns and indexes without it. */
export async function seed(database: Database, tenants: number, usersEach: number): Promise<Seeded> {
  const client = new pg.Client({ connectionString: database.ownerUrl })
  await client.connect()
  const ids = Array.from({ length: tenants }, () => randomUUID())
  try {
    await client.query('create schema bench')
    await client.query('create table bench.users (like freehold.users including all)')
    await client.query(
      `insert into freehold.tenants (id, slug, name) select id, 't' || n, 'Tenant ' || n
       from unnest($1::uuid[]) with ordinality as given (id, n)`,
      [ids],
    )
    for (const id of ids) {
      await client.query('begin')
      await client.query('select freehold.enter_tenant($1)', [id])
      await client.query(
        `insert into freehold.users (id, email, email_norm, name)
         select gen_random_uuid(), 'user' || n || '@example.test', 'user' || n || '@example.test', 'User ' || n
         from generate_series(1, $1::int) as n`,
        [usersEach],
      )
      await client.query('insert into bench.users select * from freehold.users')
      await client.query('commit')
    }
    await client.query('vacuum analyze bench.users')
    await client.query('vacuum analyze freehold.users')
    const { rows } = await client.query(
      'select tenant_id as "tenantId", id from bench.users order by md5(id::text) limit 5000',
    )
    return { tenants: ids, users: rows }
  } finally {
    await client.end()
  }
}

/** A pool of so many connections, all of them open. */
export async function warmPool(url: string, connections: number): Promise<pg.Pool> {
  const pool = new pg.Pool({ connectionString: url, max: connections, min: connections })
  // the database goes while the last ones are still taking leave
  pool.on('error', () => undefined)
  const clients = await Promise.all(Array.from({ length: connections }, () => pool.connect()))
  for (const client of clients) client.release()
  return pool
}

export function instance<Db, P extends string = OwnPermission>(
  storage: Storage<Db>,
  options: Omit<FreeholdOptions<Db, P>, 'storage' | 'keys'> = {},
): Promise<Freehold<Db, P>> {
  return createFreehold({ storage, keys, ...options })
}
