// What would let the audit log be rewritten, or run out of room, is found.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { auditEvent } from '../../src/adapters/testing/room.ts'
import { createTenantRow, createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { brief, look } from './look.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database?.close())

const found = async () => brief(await look(database.appUrl))
const about = 'freehold.audit_events'
/** What is found after a change, which is undone then. */
async function changed(change: string, undo: string): Promise<string[]> {
  await database.admin(change)
  try {
    return await found()
  } finally {
    await database.admin(undo)
    expect(await found()).toEqual([])
  }
}

describe('the application may not change the log', () => {
  it.each([
    ['update on freehold.audit_events', [`refuse audit-writable ${about}`]],
    ['update (action) on freehold.audit_events', [`refuse audit-writable ${about}`]],
    ['delete on freehold.audit_events', [`refuse audit-writable ${about}`]],
    ['truncate on freehold.audit_events', [`refuse dangerous-grant ${about}`, `refuse audit-writable ${about}`]],
    ['update on freehold.audit_pending', [`refuse audit-writable ${about}`]],
    ['delete on freehold.audit_pending', [`refuse audit-writable ${about}`]],
  ])('%s', async (right, findings) => {
    for (const role of ['freehold_app', 'public']) {
      expect(await changed(`grant ${right} to ${role}`, `revoke ${right} from ${role}`)).toEqual(findings)
    }
  })

  it('nor reach a partition', async () => {
    const [grant, revoke] = [
      'grant delete on freehold.audit_events_default to',
      'revoke delete on freehold.audit_events_default from',
    ]
    expect(await changed(`${grant} freehold_app`, `${revoke} freehold_app`)).toEqual([
      'refuse partition-grant freehold.audit_events_default',
    ])
  })
})

describe('the triggers stand', () => {
  const unfenced = [`warn audit-unfenced ${about}`]

  it.each(['audit_events_keep', 'audit_events_keep_all'])('%s on the log', async (trigger) => {
    const change = (how: string) => `alter table freehold.audit_events ${how} trigger ${trigger}`
    expect(await changed(change('disable'), change('enable'))).toEqual(unfenced)
  })

  it('on each partition', async () => {
    const [{ name }] = (await database.admin(
      "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'freehold.audit_events'::regclass order by 1 limit 1",
    )) as [{ name: string }]
    for (const trigger of ['audit_events_keep', 'audit_events_keep_all']) {
      const change = (how: string) => `alter table ${name} ${how} trigger ${trigger}`
      expect(await changed(change('disable'), change('enable'))).toEqual(unfenced)
    }
    const drop = `drop trigger audit_events_keep_all on ${name}`
    const make = `create trigger audit_events_keep_all before truncate on ${name} for each statement execute function freehold.keep_audit()`
    expect(await changed(drop, make)).toEqual(unfenced)
  })
})

it('nothing refers to an event', async () => {
  const table = `create table public.notes_on_events (tenant_id uuid not null, id uuid not null, at timestamptz(3) not null,
    primary key (tenant_id, id, at), constraint notes_event foreign key (tenant_id, id, at) references freehold.audit_events)`
  expect(await changed(table, 'drop table public.notes_on_events')).toContain(`warn audit-referenced ${about}`)
})

it('this month and the next have a partition, and the rest has one too', async () => {
  const warning = [`warn audit-partitions ${about}`]
  const remake = "select freehold.ensure_audit_partitions('freehold.audit_events')"
  const month = (ahead: number) =>
    `do $$ begin execute 'drop table freehold.audit_events_' || to_char((now() at time zone 'UTC') + interval '${ahead} months', 'YYYY"_"MM'); end $$`
  expect(await changed(month(0), remake)).toEqual(warning)
  expect(await changed(month(1), remake)).toEqual(warning)
  expect(await changed(month(2), remake)).toEqual([])
  expect(await changed('drop table freehold.audit_events_default', remake)).toEqual(warning)
})

it('an event outside of all months is told', async () => {
  const storage = postgres({ pool: database.appPool, listen: false })
  const scope = storage.tenant(await createTenantRow(database))
  await scope.verbs.appendAudit([auditEvent(crypto.randomUUID(), { created_at: new Date(0) })])
  expect(await found()).toEqual([`warn audit-partitions ${about}`])
})
