// What is wrong with the database as a whole is found: its settings, its encoding, rights on the system tables, and
// functions that are not ours any more.

import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { inspect } from '../../src/adapters/postgres/inspect.ts'
import { bundledFunctions } from '../../src/migrations/functions.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { APP_ROLE, OWNER_ROLE, PASSWORD, withUrl } from '../setup/template.ts'
import { brief, look } from './look.ts'

const GLOBEX = crypto.randomUUID()

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database?.close())

/** Changes something, looks, and changes it back. */
async function meanwhile(change: string, back: string, url = database.appUrl): Promise<string[]> {
  await database.admin(change)
  try {
    return brief(await look(url))
  } finally {
    await database.admin(back)
    expect(await look(database.appUrl)).toEqual([])
  }
}

describe('settings', () => {
  const places = (): [string, string][] => [
    [`role ${APP_ROLE} in database ${database.name}`, `role ${APP_ROLE} in database ${database.name}`],
    [`database ${database.name}`, `database ${database.name}`],
  ]

  it('a tenant that connections begin in, wherever it is set', async () => {
    for (const [alter, subject] of places()) {
      const found = await meanwhile(
        `alter ${alter} set app.current_tenant = '${GLOBEX}'`,
        `alter ${alter} reset app.current_tenant`,
      )
      expect(found).toEqual([`refuse tenant-preset ${subject}`])
    }
    const url = `${database.appUrl}?options=${encodeURIComponent(`-c app.current_tenant=${GLOBEX}`)}`
    const [found, ...others] = await look(url)
    expect(brief([found!])).toEqual(['refuse tenant-preset'])
    expect([found!.message.includes(GLOBEX), others]).toEqual([true, []])
  })

  it('is looked for by the login’s name, whoever asks', async () => {
    const alter = `role ${APP_ROLE} in database ${database.name}`
    await database.admin(`alter ${alter} set app.current_tenant = '${GLOBEX}'`)
    const found = brief(await look(database.ownerUrl, { login: APP_ROLE }))
    await database.admin(`alter ${alter} reset app.current_tenant`)
    expect(found).toEqual([`refuse tenant-preset ${alter}`])
    expect(await look(database.ownerUrl, { login: APP_ROLE })).toEqual([])
  })

  it('another isolation level than READ COMMITTED', async () => {
    for (const [alter, subject] of places()) {
      const found = await meanwhile(
        `alter ${alter} set default_transaction_isolation = 'repeatable read'`,
        `alter ${alter} reset default_transaction_isolation`,
      )
      expect(found).toEqual([`warn isolation-level ${subject}`])
    }
    const url = `${database.appUrl}?options=${encodeURIComponent('-c default_transaction_isolation=serializable')}`
    expect(brief(await look(url))).toEqual(['warn isolation-level'])
  })

  it('an encoding that is not UTF-8', async () => {
    const { adminUrl } = inject('server')
    const name = `freehold_test_${randomBytes(6).toString('hex')}`
    await database.admin(
      `create database ${name} owner ${OWNER_ROLE} encoding 'SQL_ASCII' locale 'C' template template0`,
    )
    try {
      const url = withUrl(adminUrl, { user: APP_ROLE, password: PASSWORD, database: name })
      const findings = await look(url)
      expect(brief(findings)).toContain('warn database-encoding')
      expect(findings.map(({ message }) => message).join()).toContain('count bytes')
    } finally {
      await database.admin(`drop database ${name} with (force)`)
    }
  })
})

describe('the server', () => {
  it.each([
    ['14.99', 14_00_99, true],
    ['15.19', 15_00_19, true],
    ['15.20', 15_00_20, false],
    ['16.15', 16_00_15, true],
    ['16.16', 16_00_16, false],
    ['17.11', 17_00_11, true],
    ['17.12', 17_00_12, false],
    ['18.5', 18_00_05, true],
    ['18.6', 18_00_06, false],
    ['19.0', 19_00_00, false],
  ])('is older than what mends the ways around Row-Level Security: %s', async (shown, version, warned) => {
    const client = new pg.Client({ connectionString: database.appUrl })
    await client.connect()
    const ask = async (text: string, values?: readonly unknown[]) => {
      const { rows } = await client.query(text, values && [...values])
      return text.includes("current_setting('server_version')") ? [{ ...rows[0], version, shown }] : rows
    }
    const found = (await inspect(ask, { schema: 'freehold' })).filter(({ id }) => id === 'server-version')
    await client.end()
    expect(brief(found)).toEqual(warned ? ['warn server-version'] : [])
    if (warned) expect(found[0]?.message).toContain(`PostgreSQL ${shown}`)
  })
})

describe('rights on system tables', () => {
  it.each([
    ['truncate', 'tenants'],
    ['references', 'tenants'],
    ['trigger', 'tenants'],
    ['references (id)', 'tenants'],
    ['truncate', 'tenant_domains'],
    ['trigger', 'tenant_domains'],
    ['insert', 'schema_migrations'],
    ['update', 'schema_migrations'],
    ['update (state)', 'schema_migrations'],
    ['delete', 'schema_migrations'],
    ['truncate', 'schema_migrations'],
  ])('%s on %s', async (right, table) => {
    const found = await meanwhile(
      `grant ${right} on freehold.${table} to freehold_app`,
      `revoke ${right} on freehold.${table} from freehold_app`,
    )
    expect(found).toEqual([`refuse dangerous-grant freehold.${table}`])
  })
})

describe('functions that the wall hangs on', () => {
  it('are known by their bodies', () => {
    expect([...bundledFunctions().keys()].toSorted()).toEqual([
      ...['current_tenant', 'demand_one', 'ensure_audit_partitions', 'enter_tenant', 'forget_audit', 'keep_audit'],
      'protect_table',
    ])
  })

  it.each([
    [
      'current_tenant()',
      `create or replace function freehold.current_tenant() returns uuid language sql stable as $$ select '${GLOBEX}'::uuid $$`,
    ],
    [
      'enter_tenant(uuid)',
      `create or replace function freehold.enter_tenant(t uuid) returns void language plpgsql as
         $$ begin perform set_config('app.current_tenant', t::text, false); end $$`,
    ],
    [
      'enter_tenant(text)',
      'create function freehold.enter_tenant(t text) returns void language plpgsql as $$ begin end $$',
    ],
  ])('freehold.%s in another form', async (subject, sql) => {
    const broken = await createTestDatabase()
    try {
      await broken.ownerPool.query(sql)
      expect(brief(await look(broken.appUrl))).toEqual([`refuse function-replaced freehold.${subject}`])
      // a newer version of Freehold may have made them anew: its ledger tells
      await broken.admin(`insert into freehold.schema_migrations ("set", number, name, checksum, state, started_at, freehold_version)
        values ('system', 99, 'later', repeat('0', 64), 'done', now(), '9.9.9')`)
      expect(brief(await look(broken.appUrl))).toContain(`warn function-replaced freehold.${subject}`)
    } finally {
      await broken.close()
    }
  })
})
