// What the adapter adds to the wall, or keeps from it: its statements, notices, locks and connections, watched while an
// application lives.

import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { isId } from '../../src/core/kernel/ids.ts'
import { createFreehold, definePermissions, type Freehold, FreeholdError } from '../../src/index.ts'
import { quickHasher, testKeys } from '../setup/context.ts'
import { createTenantRow, createTestDatabase, createUserRow, type TestDatabase } from '../setup/database.ts'

const permissions = definePermissions({ note: ['read', 'write'] })
type Permission = (typeof permissions.names)[number]
const PASSWORD = 'a kettle orbits quietly'
/** In whatever a caller may choose; it must show up nowhere but in rows. */
const NEEDLE = 'wolpertinger'

let database: TestDatabase
let freehold: Freehold<unknown, Permission>
beforeAll(async () => {
  database = await createTestDatabase()
  freehold = await createFreehold<unknown, Permission>({
    storage: postgres<unknown>({ pool: database.appPool, listen: false }),
    keys: testKeys,
    passwordHasher: quickHasher,
    permissions,
    onWarning: () => undefined,
  })
})
afterAll(async () => {
  await freehold.close()
  await database.close()
})

/** An application's day, told after each of its calls; answers what it made that nobody else may learn. */
async function live(called: () => Promise<void>): Promise<readonly string[]> {
  const secrets: string[] = [NEEDLE]
  const call = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work
    await called()
    return result
  }
  const tenant = await call(freehold.tenants.create({ slug: `${NEEDLE}-${Date.now()}`, name: NEEDLE }))
  const email = `${NEEDLE}@example.test`
  const user = await call(tenant.users.create({ email, name: NEEDLE, password: PASSWORD }))
  const client = { ip: '192.0.2.77', userAgent: NEEDLE }
  const signedIn = await call(tenant.signIn.password({ email, password: PASSWORD, client }))
  if (!signedIn.ok) throw new Error(signedIn.reason)
  const refreshed = await call(freehold.sessions.refresh(signedIn.tokens.refreshToken))
  if (!refreshed.ok) throw new Error(refreshed.reason)
  await call(freehold.sessions.verify(refreshed.tokens.accessToken, { mode: 'database' }))
  secrets.push(tenant.id, user.id, signedIn.session.id, signedIn.tokens.refreshToken, client.ip)

  await call(tenant.users.update(user, { name: `${NEEDLE} II`, metadata: { [NEEDLE]: NEEDLE } }))
  await call(tenant.users.findByEmail(email))
  await call(tenant.users.list({ limit: 5 }))
  await call(tenant.roles.create({ key: NEEDLE, permissions: [{ resource: 'note', actions: ['read'] }] }))
  await call(tenant.assignments.grant({ principal: user, role: NEEDLE }))
  await call(tenant.access.check(user, 'note:read'))
  await call(
    tenant.transaction(async (tx) => {
      await call(tx.audit.record({ action: 'note.written', targets: [{ type: 'note', id: NEEDLE }] }))
      await call(tx.users.update(user, { name: NEEDLE }))
    }),
  )
  await call(tenant.signIn.password({ email, password: `not ${NEEDLE}`, client }))
  await call(tenant.sessions.revokeAll(user))
  await call(tenant.users.disable(user))
  await call(freehold.tenants.update(tenant, { name: `${NEEDLE} & Co`, settings: { [NEEDLE]: true } }))
  await call(freehold.tenants.suspend(tenant, { reason: NEEDLE }))
  return secrets
}

it('29: whoever shares the login reads the text of statements, and no value: each of them is bound', async () => {
  const texts = new Set<string>()
  const secrets = await live(async () => {
    const { rows } = await database.appPool.query(
      "select query from pg_stat_activity where datname = current_database() and usename = current_user and query not like '%pg_stat_activity%'",
    )
    for (const { query } of rows) texts.add(query)
  })
  const clients = await Promise.all(
    Array.from({ length: database.appPool.totalCount }, () => database.appPool.connect()),
  )
  for (const client of clients) {
    for (const { statement } of (await client.query('select statement from pg_prepared_statements')).rows) {
      texts.add(statement)
    }
    client.release()
  }
  const all = [...texts].join('\n').replaceAll('"', '').toLowerCase()
  for (const part of ['enter_tenant($1)', 'insert into freehold.audit_events', 'update freehold.users set name = $1']) {
    expect(all).toContain(part)
  }
  expect(secrets.filter((secret) => all.includes(secret.toLowerCase()))).toEqual([])
  expect(all).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/i)
})

it('31: no call leaves an advisory lock behind, and none takes one of the session', async () => {
  const left: unknown[] = []
  await live(async () => {
    left.push(
      ...(await database.admin(
        "select objid from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
      )),
    )
  })
  expect(left).toEqual([])
  const folder = 'src/adapters/postgres'
  const sources = readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
  expect(sources.filter((text) => /pg_(try_)?advisory_(?!xact)/.test(text))).toEqual([])
  // the only one that a call takes goes with its transaction
  expect(sources.filter((text) => text.includes('pg_advisory_xact_lock'))).toHaveLength(1)
})

it('43: anybody who may connect hears each notice, and learns ids from it and nothing else', async () => {
  const stranger = new pg.Client({ connectionString: database.appUrl })
  await stranger.connect()
  const heard: string[] = []
  stranger.on('notification', ({ payload }) => heard.push(String(payload)))
  await stranger.query('listen freehold')
  await live(async () => {
    await stranger.query('select 1')
  })
  await stranger.end()
  const kinds = new Set<string>()
  for (const payload of heard) {
    const { kind, ...ids } = JSON.parse(payload) as Record<string, string>
    kinds.add(String(kind))
    for (const [name, id] of Object.entries(ids)) expect([name, isId(id)]).toEqual([name, true])
    expect(Object.keys(ids).filter((name) => !/^(tenant|user|session|principal)Id$/.test(name))).toEqual([])
  }
  expect([...kinds].sort()).toEqual(['access', 'session', 'tenant'])
})

it('46: a connection goes back to the pool when the server is ready for the next, never in a transaction', async () => {
  const pool = new pg.Pool({ connectionString: database.appUrl, max: 1 })
  const released: unknown[] = []
  pool.on('release', (error, client) => {
    const { getTransactionStatus } = client as unknown as { getTransactionStatus(): string }
    released.push(error ? 'ended' : getTransactionStatus.call(client))
  })
  const tenant = await createTenantRow(database)
  const scope = postgres({ pool, listen: false }).tenant(tenant)
  const event = { id: crypto.randomUUID(), kind: 'seen' }
  const lost = (error: unknown) => expect(FreeholdError.is(error)).toBe(true)

  await scope.records.insert('security_events', [event])
  await scope.records.insert('security_events', [event]).catch(lost)
  await scope.transaction(({ records }) => records.count('security_events'))
  await scope.transaction(({ records }) => records.insert('security_events', [event])).catch(lost)
  await scope
    .transaction(async ({ records }) => {
      await records.insert('security_events', [event]).catch(lost)
    })
    .catch(lost)
  const thrown = scope.transaction(async ({ records }) => {
    await records.count('security_events')
    throw new Error('the work')
  })
  await expect(thrown).rejects.toThrow('the work')
  expect(released).toEqual(['I', 'I', 'I', 'I', 'I', 'I'])
  await pool.end()
})

it('49: a named statement of ours means our tables, whatever search_path it finds on the connection', async () => {
  const pool = new pg.Pool({ connectionString: database.appUrl, max: 1 })
  const tenant = await createTenantRow(database)
  const user = await createUserRow(database, tenant)
  const scope = postgres({ pool, listen: false }).tenant(tenant)
  await database.ownerPool.query(
    `create schema lure; grant usage on schema lure to public; create table lure.users (id uuid);
     insert into lure.users values (gen_random_uuid()); grant select on lure.users to public`,
  )
  const found = async () => (await scope.records.find('users', { limit: 5 })).map(({ id }) => id)
  /** A statement of the host's that names no schema. */
  const users = async (path: string) => {
    await pool.query(`set search_path = ${path}`)
    const { rows } = await pool.query({ name: 'host', text: 'select count(*)::int as n from users' })
    return rows[0]?.n
  }
  expect(await found()).toEqual([user])
  expect([await users('lure'), await users('freehold'), await users('lure')]).toEqual([1, 0, 1])
  expect(await found()).toEqual([user])
  const named = await pool.query("select from pg_prepared_statements where statement ~ 'freehold.+users'")
  expect(named.rows.length).toBeGreaterThan(0)
  await pool.end()
})
