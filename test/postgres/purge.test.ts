// Purging a tenant empties every table behind the wall, the host's too, in an order its foreign keys allow.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { Storage, TenantRef } from '../../src/core/storage/storage.ts'
import { fromNow } from '../../src/core/storage/tables.ts'
import { createTenantRow, createTestDatabase, createUserRow, type TestDatabase } from '../setup/database.ts'

let database: TestDatabase
let storage: Storage

beforeAll(async () => {
  database = await createTestDatabase()
  // named so that neither the alphabet nor the order of creation is the right order
  await database.ownerPool.query(`
    create schema "Host's";
    create table "Host's".a_folders (
      tenant_id uuid not null, id uuid not null default gen_random_uuid(), parent_id uuid,
      primary key (tenant_id, id),
      foreign key (tenant_id, parent_id) references "Host's".a_folders (tenant_id, id)
    );
    create table "Host's".b_files (
      tenant_id uuid not null, id uuid not null default gen_random_uuid(), folder_id uuid not null, owner_id uuid not null,
      primary key (tenant_id, id),
      foreign key (tenant_id, folder_id) references "Host's".a_folders (tenant_id, id),
      foreign key (tenant_id, owner_id) references freehold.users (tenant_id, id)
    );
    create table public.visits (
      tenant_id uuid not null, id uuid not null default gen_random_uuid(), at date not null,
      primary key (tenant_id, id, at)
    ) partition by range (at);
    create table public.visits_2026 partition of public.visits for values from ('2026-01-01') to ('2027-01-01');
    create table public.open_table (tenant_id uuid, text text);
    grant select, insert, delete on public.open_table to freehold_app;
    create table public.own_wall (tenant_id uuid not null, id uuid not null default gen_random_uuid(), primary key (tenant_id, id));
    grant select, insert, delete on public.own_wall to freehold_app;
    alter table public.own_wall enable row level security, force row level security;
    create policy mine on public.own_wall as restrictive using (tenant_id = (select freehold.current_tenant()));
    create policy every on public.own_wall using (true);
    select freehold.protect_table('"Host''s".a_folders');
    select freehold.protect_table('"Host''s".b_files');
    select freehold.protect_table('public.visits')`)
  storage = postgres({ pool: database.appPool })
})
afterAll(() => database.close())

async function fill(tenant: TenantRef): Promise<void> {
  const userId = await createUserRow(database, tenant)
  const scope = storage.tenant(tenant)
  const bytes = new Uint8Array(32)
  await scope.records.insert('sessions', [
    {
      id: crypto.randomUUID(),
      user_id: userId,
      current_hash: bytes,
      nonce: bytes.subarray(0, 16),
      key_id: 1,
      epoch: 0,
      idle_expires_at: fromNow(1000),
      absolute_expires_at: fromNow(1000),
    },
  ])
  await scope.records.insert('security_events', [{ id: crypto.randomUUID(), kind: 'x', user_id: userId }])
  await database.admin('insert into public.own_wall (tenant_id) values ($1)', [tenant.id])
  await database.admin('insert into public.open_table values ($1, $2)', [tenant.id, 'not behind the wall'])
  await database.admin(
    `with top as (insert into "Host's".a_folders (tenant_id) values ($1) returning id),
      below as (insert into "Host's".a_folders (tenant_id, parent_id) select $1, id from top returning id),
      visited as (insert into public.visits (tenant_id, at) values ($1, '2026-05-05'), ($1, '2026-06-06'))
    insert into "Host's".b_files (tenant_id, folder_id, owner_id) select $1, id, $2 from below`,
    [tenant.id, userId],
  )
}

const everything = async (tenant: TenantRef) => {
  const tables = [
    'freehold.users',
    'freehold.sessions',
    'freehold.security_events',
    `"Host's".a_folders`,
    `"Host's".b_files`,
    'visits',
    'own_wall',
  ]
  const counts = tables.map(
    (table) => `(select count(*)::int from ${table} where tenant_id = $1) as "${table.replaceAll('"', '')}"`,
  )
  return Object.values((await database.admin(`select ${counts.join(', ')}`, [tenant.id]))[0]!)
}

it('removes every row of the tenant and none of another, and answers how many', async () => {
  const [acme, globex] = [await createTenantRow(database), await createTenantRow(database)]
  await fill(acme)
  await fill(globex)
  const removed = Object.entries(await storage.tenant(acme).verbs.purge())
  expect(Object.fromEntries(removed.filter(([, count]) => count > 0))).toEqual({
    users: 1,
    sessions: 1,
    security_events: 1,
    "Host's.a_folders": 2,
    "Host's.b_files": 1,
    'public.visits': 2,
    'public.own_wall': 1,
  })
  expect(await everything(acme)).toEqual([0, 0, 0, 0, 0, 0, 0])
  expect(await everything(globex)).toEqual([1, 1, 1, 2, 1, 2, 1])
  // what has no wall is the host's own affair
  expect(await database.admin('select tenant_id from public.open_table')).toHaveLength(2)
})

it('removes everything or nothing', async () => {
  const tenant = await createTenantRow(database)
  await fill(tenant)
  const before = await everything(tenant)
  // a table of the host's that points in and that we may not touch
  await database.ownerPool.query(`
    create table public.holds (tenant_id uuid, user_id uuid, foreign key (tenant_id, user_id) references freehold.users (tenant_id, id))`)
  await database.admin('insert into public.holds select tenant_id, id from freehold.users where tenant_id = $1', [
    tenant.id,
  ])
  await expect(storage.tenant(tenant).verbs.purge()).rejects.toMatchObject({
    code: 'REFERENCE_MISSING',
    details: { table: 'holds' },
  })
  expect(await everything(tenant)).toEqual(before)
  await database.ownerPool.query('drop table public.holds')
  const work = storage.tenant(tenant).transaction(async (unit) => {
    await unit.verbs.purge()
    throw new Error('later')
  })
  await expect(work).rejects.toThrow('later')
  expect(await everything(tenant)).toEqual(before)
})
