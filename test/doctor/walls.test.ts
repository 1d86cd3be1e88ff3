// Every hole that a table, a key, a grant, a view or a function can have is found, on the host's tables as on ours.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { brief, look } from './look.ts'

const SETTING = "tenant_id = nullif(current_setting('app.current_tenant', true), '')::uuid"

describe('a database that is as it should be', () => {
  it('has no findings; tenant_domains needs no wall', async () => {
    const database = await createTestDatabase()
    expect(await look(database.appUrl)).toEqual([])
    await database.close()
  })
})

describe('found', () => {
  let database: TestDatabase
  const found = async () => brief(await look(database.appUrl))

  beforeAll(async () => {
    database = await createTestDatabase()
  })
  // what a test makes is in its own schema
  afterEach(() => database?.admin('drop schema if exists host cascade'))
  afterAll(() => database?.close())

  /** A host table behind the wall, then what a test does to it. */
  async function host(change = '', columns = ''): Promise<string[]> {
    await database.ownerPool.query(
      `create schema host; create table host.notes (tenant_id uuid, id uuid, body text, ${columns} primary key (tenant_id, id));
       select freehold.protect_table('host.notes'); ${change}`,
    )
    return found()
  }
  const policy = (using: string, kind = 'restrictive', to = 'public') =>
    `drop policy freehold_wall on host.notes; create policy other on host.notes as ${kind} for all to ${to} using (${using})`

  it('nothing on a protected host table', async () => {
    expect(await host()).toEqual([])
  })

  it.each([
    ['rls-missing', 'alter table host.notes disable row level security'],
    ['rls-not-forced', 'alter table host.notes no force row level security'],
    ['policy-missing', 'drop policy freehold_wall on host.notes; drop policy freehold_rows on host.notes'],
    ['policy-missing', `drop policy freehold_rows on host.notes; ${policy('true')}`],
    ['policy-missing', `drop policy freehold_rows on host.notes; ${policy(`${SETTING} or body = 'public'`)}`],
    [
      'policy-missing',
      `drop policy freehold_rows on host.notes; drop policy freehold_wall on host.notes;
       create policy half on host.notes as restrictive for select using (${SETTING})`,
    ],
    [
      'policy-missing',
      `drop policy freehold_rows on host.notes; drop policy freehold_wall on host.notes;
       create policy loose on host.notes as restrictive for all using (${SETTING}) with check (true)`,
    ],
    ['policy-not-restrictive', 'drop policy freehold_wall on host.notes'],
    ['policy-not-public', policy(SETTING, 'restrictive', 'freehold_app')],
  ])('%s', async (id, change) => {
    expect(await host(change)).toEqual([`refuse ${id} host.notes`])
  })

  it.each([
    ['written with the function', 'tenant_id = freehold.current_tenant()'],
    ['written as a subquery', '(tenant_id = (select freehold.current_tenant()))'],
    ['written as a subquery of the setting', `tenant_id = (select ${SETTING.slice('tenant_id = '.length)})`],
  ])('nothing where the wall is %s', async (_, using) => {
    expect(await host(policy(using))).toEqual([])
  })

  it('a table of the host’s that nobody protected; only a warning where the app has no right on it', async () => {
    await database.ownerPool.query('create schema host; create table host.forgotten (tenant_id uuid, id uuid)')
    expect(await found()).toEqual(['warn rls-missing host.forgotten'])
    await database.ownerPool.query(
      'grant usage on schema host to freehold_app; grant select (id) on host.forgotten to freehold_app',
    )
    expect(await found()).toEqual(['refuse rls-missing host.forgotten'])
  })

  it('rights on a partition, which skip the wall of its parent', async () => {
    await database.ownerPool.query(
      `create schema host; create table host.notes (tenant_id uuid, id uuid, primary key (tenant_id, id)) partition by hash (tenant_id);
       create table host.part partition of host.notes for values with (modulus 1, remainder 0); select freehold.protect_table('host.notes')`,
    )
    expect(await found()).toEqual([])
    await database.ownerPool.query('grant select on host.part to freehold_app')
    expect(await found()).toEqual(['refuse partition-grant host.part'])
  })

  it('rights on a partition whose own wall is none', async () => {
    await database.ownerPool.query(
      `create schema host; create table host.notes (tenant_id uuid, id uuid, primary key (tenant_id, id)) partition by hash (tenant_id);
       create table host.part partition of host.notes for values with (modulus 1, remainder 0); select freehold.protect_table('host.notes');
       alter table host.part enable row level security; alter table host.part force row level security;
       create policy open on host.part using (true); grant select on host.part to freehold_app`,
    )
    expect(await found()).toEqual(['refuse partition-grant host.part'])
    await database.ownerPool.query(
      `drop policy open on host.part; create policy wall on host.part as restrictive using (${SETTING})`,
    )
    expect(await found()).toEqual([])
  })

  it('a table that nobody sees a row of', async () => {
    expect(await host('drop policy freehold_rows on host.notes')).toEqual(['warn policy-not-permissive host.notes'])
  })

  it.each(['truncate', 'references', 'trigger'])('the right %s', async (right) => {
    expect(await host(`grant ${right} on host.notes to freehold_app`)).toEqual(['refuse dangerous-grant host.notes'])
  })

  it('the right to refer to a column', async () => {
    expect(await host('grant references (id) on host.notes to freehold_app')).toEqual([
      'refuse dangerous-grant host.notes',
    ])
  })

  it('keys and foreign keys without tenant_id, and those without an index', async () => {
    expect(await host('alter table host.notes add constraint notes_body_key unique (body)')).toEqual([
      'warn key-without-tenant host.notes',
    ])
    const child = `create table host.replies (tenant_id uuid, id uuid, note_id uuid, body text, primary key (tenant_id, id));
      select freehold.protect_table('host.replies');`
    await database.ownerPool.query(
      `${child} alter table host.replies add foreign key (tenant_id, note_id) references host.notes (tenant_id, id)`,
    )
    expect(await found()).toEqual(['warn foreign-key-without-index host.replies', 'warn key-without-tenant host.notes'])
    await database.ownerPool.query('create index on host.replies (note_id, tenant_id, body)')
    await database.ownerPool.query(
      'alter table host.replies add foreign key (body) references host.notes (body); create index on host.replies (body)',
    )
    expect(await found()).toEqual([
      'refuse foreign-key-without-tenant host.replies',
      'warn key-without-tenant host.notes',
    ])
  })

  it('views with the rights of their owner, and materialized ones', async () => {
    const view = 'create view host.v as select * from host.notes; grant select on host.v to freehold_app;'
    expect(await host(view)).toEqual(['warn view-not-invoker host.v'])
    await database.admin('alter view host.v owner to current_user')
    expect(await found()).toEqual(['refuse view-not-invoker host.v'])
    await database.admin(
      'create view host.w with (security_invoker = false) as select * from host.v; grant select on host.w to freehold_app',
    )
    await database.admin('alter view host.v set (security_invoker = true)')
    expect(await found()).toEqual(['refuse view-not-invoker host.w'])
    await database.admin('alter view host.w set (security_invoker = on)')
    expect(await found()).toEqual([])
    await database.admin('create materialized view host.m as select * from host.v')
    expect(await found()).toEqual([])
    await database.admin('grant select on host.m to freehold_app')
    expect(await found()).toEqual(['refuse materialized-view host.m'])
  })

  it('functions that a policy must not trust', async () => {
    const make = (volatility: string) =>
      `create function host.mine() returns boolean language sql ${volatility} as 'select true'; create policy extra on host.notes as restrictive using (host.mine());`
    expect(await host(make('immutable'))).toEqual(['refuse policy-function-immutable host.mine()'])
    await database.ownerPool.query('alter function host.mine() volatile')
    expect(await found()).toEqual(['warn policy-function-immutable host.mine()'])
    await database.ownerPool.query('alter function host.mine() stable')
    expect(await found()).toEqual([])
  })

  it('functions that run with the rights of another', async () => {
    await host(
      "create function host.definer() returns int language sql security definer as 'select 1'; grant usage on schema host to freehold_app;",
    )
    expect(await found()).toEqual(['warn definer-function host.definer()'])
    await database.admin('alter function host.definer() set search_path = pg_catalog, pg_temp')
    expect(await found()).toEqual([])
    await database.admin('alter function host.definer() owner to current_user')
    expect(await found()).toEqual(['refuse definer-function host.definer()'])
    await database.admin('revoke execute on function host.definer() from public')
    expect(await found()).toEqual([])
  })

  it('migrations that changed, that the code does not know, or that failed', async () => {
    await database.admin("update freehold.schema_migrations set checksum = repeat('0', 64) where name = 'tenants'")
    await database.admin("update freehold.schema_migrations set state = 'failed' where name = 'identity'")
    await database.admin(`insert into freehold.schema_migrations ("set", number, name, checksum, state, started_at, freehold_version)
      values ('system', 9, 'later', repeat('0', 64), 'done', now(), '9.9.9')`)
    const findings = await look(database.appUrl)
    expect(brief(findings)).toEqual([
      'warn migrations-diverged system/0002_tenants',
      'warn migrations-diverged system/0009_later',
      'warn migrations-pending',
    ])
    expect(findings.at(-1)!.message).toContain('tenant/0001_identity (failed)')
    expect(brief(await look(database.appUrl, { folder: 'no-such-folder' }))).toContain(
      'warn migrations-diverged no-such-folder',
    )
  })
})
