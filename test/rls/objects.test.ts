// What stands around the tables: views, functions, partitions, temporary tables. Our schema has few of them on
// purpose; the host's reach our rows only as far as the wall lets them.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTenantRow } from '../setup/database.ts'
import { count, type TwoTenants, twoTenants } from './two-tenants.ts'

let t: TwoTenants
beforeAll(async () => {
  t = await twoTenants()
})
afterAll(() => t?.close())

const owner = (sql: string) => t.database.ownerPool.query(sql)

it('06: a view of the host’s shows the tenant’s rows when it asks as its caller, all when a superuser owns it', async () => {
  expect(
    await t.database.admin(
      "select relname from pg_class where relnamespace = 'freehold'::regnamespace and relkind in ('v', 'm')",
    ),
  ).toEqual([])
  await t.database.admin(
    'create view public.people as select * from freehold.users; grant select on public.people to freehold_app',
  )
  expect(await t.rows(t.a, count('public.people'))).toEqual([{ n: 8 }])
  await t.database.admin('alter view public.people set (security_invoker = true)')
  expect(await t.rows(t.a, count('public.people'))).toEqual([{ n: 3 }])
})

it('07: a materialized view has no wall, and our rows come into none that our owner makes', async () => {
  await owner(
    'create materialized view public.copied as select * from freehold.users; grant select on public.copied to freehold_app',
  )
  expect(await t.rows(t.a, count('public.copied'))).toEqual([{ n: 0 }])
})

it('08: no function of ours runs with other rights than its caller’s', async () => {
  expect(
    await t.database.admin("select proname from pg_proc where pronamespace = 'freehold'::regnamespace and prosecdef"),
  ).toEqual([])
  const definer = `create function public.all_users() returns bigint language sql security definer set search_path = pg_catalog, pg_temp as 'select count(*) from freehold.users'`
  await owner(definer)
  expect(await t.rows(t.a, 'select public.all_users()::int as n')).toEqual([{ n: 3 }])
  await t.database.admin('alter function public.all_users() owner to current_user')
  expect(await t.rows(t.a, 'select public.all_users()::int as n')).toEqual([{ n: 8 }])
})

it('08: the app may enter a tenant, and neither protect nor unprotect a table', async () => {
  const rows = await t.database.admin(
    `select p.proname::text as name, has_function_privilege('freehold_app', p.oid, 'EXECUTE') as app,
       exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x where x.grantee = 0) as everybody
     from pg_proc p where p.pronamespace = 'freehold'::regnamespace order by 1`,
  )
  expect(rows).toEqual([
    { name: 'current_tenant', app: true, everybody: false },
    { name: 'demand_one', app: true, everybody: false },
    { name: 'ensure_audit_partitions', app: false, everybody: false },
    { name: 'enter_tenant', app: true, everybody: false },
    { name: 'forget_audit', app: false, everybody: false },
    { name: 'keep_audit', app: false, everybody: false },
    { name: 'protect_table', app: false, everybody: false },
  ])
})

it('24: the app reads a partitioned table through its parent’s wall, and a partition not at all', async () => {
  await owner(
    `create table public.log (tenant_id uuid, id uuid, primary key (tenant_id, id)) partition by hash (tenant_id);
     create table public.log_0 partition of public.log for values with (modulus 1, remainder 0);
     select freehold.protect_table('public.log')`,
  )
  for (const tenant of [t.a, t.b]) await t.rows(tenant, 'insert into public.log (id) values (gen_random_uuid())')
  expect(await t.rows(t.a, count('public.log'))).toEqual([{ n: 1 }])
  expect(await t.refused(t.a, count('public.log_0'))).toBe('42501')
})

it('30: the app makes no temporary tables', async () => {
  expect(await t.refused(t.a, 'create temporary table mine as select * from freehold.users')).toBe('42501')
})

it('47: the app reads every name in the catalogs, so that none of ours tells of a tenant', async () => {
  const { slug, id } = await createTenantRow(t.database)
  const seen = await t.rows(
    t.a,
    `select nspname::text as name from pg_namespace union select relname::text from pg_class union select rolname::text from pg_roles
     union select polname::text from pg_policy union select proname::text from pg_proc`,
  )
  const names = seen.map(({ name }) => String(name))
  expect(names).toEqual(expect.arrayContaining(['freehold', 'tenants', 'freehold_app', 'enter_tenant']))
  const telling = [slug, id, t.a, t.b].flatMap((text) => [text, text.replaceAll('-', '_'), text.replaceAll('-', '')])
  expect(names.filter((name) => telling.some((text) => name.includes(text)))).toEqual([])
})

it('the auditor reads one tenant at a time, and writes nothing', async () => {
  const audit = async (sql: string) =>
    t.database.admin(`begin; set local role freehold_auditor; select freehold.enter_tenant('${t.a}'); ${sql}; commit`)
  const answers = (await audit(count('users'))) as unknown
  expect(answers).toBeUndefined()
  await expect(audit("update freehold.users set name = 'x'")).rejects.toMatchObject({ code: '42501' })
})
