// The audit log: a partition for every month to come, and a fence that holds for whoever owns it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { auditEvent } from '../../src/adapters/testing/room.ts'
import type { Storage, TenantRef } from '../../src/core/storage/storage.ts'
import { createTenantRow, createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { createRunner, type Runner } from './runner.ts'

let database: TestDatabase
let runner: Runner
let storage: Storage
let tenant: TenantRef
beforeAll(async () => {
  database = await createTestDatabase()
  runner = await createRunner(database.ownerUrl)
  storage = postgres({ pool: database.appPool, listen: false })
  tenant = await createTenantRow(database)
})
afterAll(async () => {
  await runner?.remove()
  await database?.close()
})

const append = (of: TenantRef, at = new Date()) =>
  storage.tenant(of).verbs.appendAudit([auditEvent(crypto.randomUUID(), { created_at: at })])
const owner = (sql: string) => database.ownerPool.query(sql)
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: { code: string }) => error.code,
  )
const monthOf = (ahead: number) => {
  const now = new Date()
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1))
    .toISOString()
    .slice(0, 7)
    .replace('-', '_')
}
const partitions = async (schema = 'freehold') =>
  (
    await database.admin(
      `select p.relname::text as name, p.relacl::text as rights from pg_inherits i join pg_class p on p.oid = i.inhrelid
       where i.inhparent = ($1 || '.audit_events')::regclass order by 1`,
      [schema],
    )
  ).map(({ name }) => String(name))

describe('partitions', () => {
  it('are there from the last month to two years ahead, and one for the rest', async () => {
    const months = Array.from({ length: 26 }, (_, i) => `audit_events_${monthOf(i - 1)}`)
    expect(await partitions()).toEqual([...months, 'audit_events_default'])
  })

  it('give nobody rights, whatever new tables are given', async () => {
    await owner('alter default privileges in schema freehold grant all on tables to freehold_app, public')
    await owner(`drop table freehold.audit_events_${monthOf(20)}`)
    await owner("select freehold.ensure_audit_partitions('freehold.audit_events')")
    await owner('alter default privileges in schema freehold revoke all on tables from freehold_app, public')
    for (const name of await partitions()) {
      const rights = 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER'
      const [row] = await database.admin(`select has_table_privilege('freehold_test_app', $1, $2) as any`, [
        `freehold.${name}`,
        rights,
      ])
      expect(row, name).toEqual({ any: false })
    }
  })

  it('are made again whenever the owner migrates, with writers at work', async () => {
    const all = await partitions()
    await owner(`drop table freehold.audit_events_${monthOf(24)}; drop table freehold.audit_events_${monthOf(23)}`)
    await storage.tenant(tenant).transaction(async ({ records, verbs }) => {
      await verbs.appendAudit([auditEvent(crypto.randomUUID())])
      await records.count('users')
      expect(await runner.up()).toEqual([])
      expect(await partitions()).toEqual(all)
    })
  })

  it('are left alone by a login that does not own the log', async () => {
    await owner(`drop table freehold.audit_events_${monthOf(24)}`)
    const stranger = await createRunner(database.appUrl, { folder: runner.folder })
    expect(await stranger.up()).toEqual([])
    expect(await partitions()).toHaveLength(26)
    await runner.up()
    expect(await partitions()).toHaveLength(27)
  })

  it('are not made over events that came before them, which stay and are found', async () => {
    await owner(`drop table freehold.audit_events_${monthOf(24)}`)
    const at = new Date(`${monthOf(24).replace('_', '-')}-15T12:00:00Z`)
    await append(tenant, at)
    await runner.up()
    expect(await partitions()).toHaveLength(26)
    const found = await storage.tenant(tenant).records.find('audit_events', { where: { created_at: at }, limit: 5 })
    expect(found).toHaveLength(1)
  })

  it('stand in every schema of their own', async () => {
    const other = await createRunner(database.ownerUrl, { schema: 'elsewhere', folder: runner.folder })
    await other.up()
    expect(await partitions('elsewhere')).toHaveLength(27)
    await owner(`drop table elsewhere.audit_events_${monthOf(24)}`)
    await other.up()
    expect(await partitions('elsewhere')).toHaveLength(27)
  })
})

describe('the log', () => {
  it.each([
    'update freehold.audit_events set action = action',
    'delete from freehold.audit_events',
    'truncate freehold.audit_events',
    'truncate freehold.audit_events cascade',
    `update freehold.audit_events_${monthOf(0)} set action = action`,
    `delete from freehold.audit_events_${monthOf(0)}`,
    `truncate freehold.audit_events_${monthOf(0)}`,
    'truncate freehold.audit_events_default',
  ])('refuses even a superuser: %s', async (sql) => {
    await append(tenant)
    const before = await database.admin('select count(*) from freehold.audit_events')
    expect(await refusal(database.admin(sql))).toBe('2F002')
    expect(await database.admin('select count(*) from freehold.audit_events')).toEqual(before)
  })

  it('refuses its owner in the tenant', async () => {
    for (const change of ["update freehold.audit_events set action = 'x'", 'delete from freehold.audit_events']) {
      const client = await database.ownerPool.connect()
      await client.query(`begin; select freehold.enter_tenant('${tenant.id}')`)
      expect(await refusal(client.query(change))).toBe('2F002')
      await client.query('rollback')
      client.release()
    }
  })

  it('of a tenant that is there is not forgotten, of one that is gone it is, by the owner alone', async () => {
    const [gone, stays] = [await createTenantRow(database), await createTenantRow(database)]
    for (const one of [gone, gone, stays]) await append(one)
    const forget = `select freehold.forget_audit('${gone.id}') as removed`
    expect(await refusal(owner(forget))).toBe('55000')
    await storage.system.records.remove('tenants', { id: gone.id })
    expect(await refusal(database.appPool.query(forget))).toBe('42501')
    expect((await owner(forget)).rows).toEqual([{ removed: '2' }])
    expect(await storage.tenant(gone).records.count('audit_events')).toBe(0)
    expect(await storage.tenant(gone).records.count('audit_pending')).toBe(0)
    expect(await storage.tenant(stays).records.count('audit_events')).toBe(1)
    expect((await owner(forget)).rows).toEqual([{ removed: '0' }])
  })
})
