// A database of its own for a test file, copied from the migrated template, with the two logins that matter.

import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import type { TenantRef } from '../../src/core/storage/storage.ts'
import { APP_ROLE, OWNER_ROLE, PASSWORD, withUrl } from './template.ts'

export interface TestDatabase {
  readonly name: string
  /** Owns the tables and may migrate; no superuser, so FORCE holds it too. */
  readonly ownerUrl: string
  /** A member of freehold_app and nothing more. */
  readonly appUrl: string
  readonly ownerPool: pg.Pool
  readonly appPool: pg.Pool
  /** As whoever made the database: a superuser on the embedded server. */
  admin(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>
  /** Ends the pools and drops the database. */
  close(): Promise<void>
}

const runtime = systemRuntime()

export interface TestDatabaseOptions {
  /** Nothing in it yet: for tests that migrate. */
  readonly empty?: boolean
  /** Connections of `appPool`. Default 10. */
  readonly connections?: number
}

export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const { adminUrl, template } = inject('server')
  const name = `freehold_test_${randomBytes(6).toString('hex')}`
  await once(adminUrl, `create database ${name} owner ${OWNER_ROLE}${options.empty ? '' : ` template ${template}`}`)
  // rights on the database itself are not copied from the template
  if (!options.empty) await once(adminUrl, `revoke temporary on database ${name} from public`)
  const ownerUrl = withUrl(adminUrl, { user: OWNER_ROLE, password: PASSWORD, database: name })
  const appUrl = withUrl(adminUrl, { user: APP_ROLE, password: PASSWORD, database: name })
  const ownerPool = watched(new pg.Pool({ connectionString: ownerUrl, max: 4 }))
  const appPool = watched(new pg.Pool({ connectionString: appUrl, max: options.connections ?? 10 }))
  return {
    name,
    ownerUrl,
    appUrl,
    ownerPool,
    appPool,
    admin: (sql, values) => once(withUrl(adminUrl, { database: name }), sql, values),
    async close() {
      if (!appPool.ending) await appPool.end()
      if (!ownerPool.ending) await ownerPool.end()
      await once(adminUrl, `drop database if exists ${name} with (force)`)
    },
  }
}

/** A tenant of its own for a test: a row in `tenants`, with an id and slug nobody else has. */
export async function createTenantRow(
  database: Pick<TestDatabase, 'name' | 'ownerPool'>,
  tenant: { readonly id?: string; readonly slug?: string; readonly name?: string } = {},
): Promise<TenantRef & { readonly slug: string }> {
  const id = tenant.id ?? runtime.newId()
  const slug = tenant.slug ?? `t${randomBytes(6).toString('hex')}`
  await database.ownerPool.query('insert into freehold.tenants (id, slug, name) values ($1, $2, $3)', [
    id,
    slug,
    tenant.name ?? slug,
  ])
  return { id, slug, location: { database: database.name, schema: 'freehold' } }
}

/** A tenant's user, inserted by the app login through the wall. Answers its id. */
export async function createUserRow(
  database: Pick<TestDatabase, 'appPool'>,
  tenant: TenantRef,
  user: { readonly id?: string; readonly email?: string } = {},
): Promise<string> {
  const id = user.id ?? runtime.newId()
  const email = user.email ?? `${randomBytes(6).toString('hex')}@example.test`
  const client = await database.appPool.connect()
  try {
    await client.query('begin')
    await client.query('select freehold.enter_tenant($1)', [tenant.id])
    await client.query('insert into freehold.users (id, email, email_norm) values ($1, $2, $3)', [
      id,
      email,
      email.toLowerCase(),
    ])
    await client.query('commit')
  } finally {
    client.release()
  }
  return id
}

/** An idle connection that the server ends must not end the test process. */
function watched(pool: pg.Pool): pg.Pool {
  pool.on('error', () => undefined)
  return pool
}

async function once(url: string, sql: string, values?: unknown[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query(sql, values)
    return rows
  } finally {
    await client.end()
  }
}
