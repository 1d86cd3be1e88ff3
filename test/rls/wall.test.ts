// The wall on our tables: what the app, the owner and a stranger's row meet. The numbers are those of rules.test.ts.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OWNER_ROLE } from '../setup/template.ts'
import { count, TABLES, type TwoTenants, twoTenants } from './two-tenants.ts'

let t: TwoTenants
beforeAll(async () => {
  t = await twoTenants()
})
afterAll(() => t?.close())

const owner = async (sql: string) => (await t.database.ownerPool.query(sql)).rows
/** What the application has no right to change. */
const KEPT = { update: ['audit_events', 'audit_pending'], remove: ['audit_events', 'audit_pending'] }
const ofBoth = (table: string) => `${count(table)} where tenant_id in ('${t.a}', '${t.b}')`
const n = async (rows: Promise<Record<string, unknown>[]>) => Number((await rows)[0]?.n)

describe.each(TABLES)('%s', (table) => {
  it('01: shows its owner nothing, because it is forced', async () => {
    expect(await n(owner(count(table)))).toBe(0)
  })

  it('02: shows a superuser everything, which is why the app is none', async () => {
    expect(await n(t.database.admin(ofBoth(table)))).toBe(8)
    expect(
      await owner("select rolsuper or rolbypassrls as mighty from pg_roles where rolname = 'freehold_app'"),
    ).toEqual([{ mighty: false }])
  })

  it('03: shows the app nothing while no tenant is entered', async () => {
    expect((await t.app.query(count(table))).rows).toEqual([{ n: 0 }])
    const remove = t.app.query(`delete from freehold.${table}`)
    if (KEPT.remove.includes(table)) await expect(remove).rejects.toMatchObject({ code: '42501' })
    else expect((await remove).rowCount).toBe(0)
  })

  it('shows each tenant its own rows', async () => {
    expect(await n(t.rows(t.a, count(table)))).toBe(3)
    expect(await n(t.rows(t.b, count(table)))).toBe(5)
  })

  it('13: refuses a row of another tenant, inserted or moved there', async () => {
    const columns = (
      await owner(
        `select attname::text as name from pg_attribute where attrelid = 'freehold.${table}'::regclass and attnum > 0 and not attisdropped and attidentity = ''`,
      )
    )
      .map(({ name }) => String(name))
      .filter((name) => name !== 'tenant_id')
    const copy = `insert into freehold.${table} (tenant_id, ${columns}) select $1, ${columns} from freehold.${table}`
    expect(await t.refused(t.a, copy, [t.b])).toBe('42501')
    expect(await t.refused(t.a, `update freehold.${table} set tenant_id = $1`, [t.b])).toBe('42501')
  })

  it('14: holds though another permissive policy lets everything through', async () => {
    await owner(`create policy wide on freehold.${table} using (true) with check (true)`)
    expect(await n(t.rows(t.a, count(table)))).toBe(3)
    expect(await t.refused(t.a, `update freehold.${table} set tenant_id = $1`, [t.b])).toBe('42501')
    await owner(`drop policy wide on freehold.${table}`)
  })

  it('19: cannot be truncated, referred to, or given a trigger by the app', async () => {
    expect(await t.refused(t.a, `truncate freehold.${table}`)).toBe('42501')
    const rights = await owner(
      `select has_table_privilege('freehold_app', 'freehold.${table}', 'TRUNCATE, REFERENCES, TRIGGER') as app,
         has_table_privilege('freehold_auditor', 'freehold.${table}', 'INSERT, UPDATE, DELETE, TRUNCATE') as auditor`,
    )
    expect(rights).toEqual([{ app: false, auditor: false }])
  })

  it('20: is copied out filtered, and not copied into', async () => {
    expect(
      await t.inTenant(
        t.a,
        async (client) => (await client.query(`copy (select * from freehold.${table}) to stdout`)).rowCount,
      ),
    ).toBe(3)
    expect(await t.refused(t.a, `copy freehold.${table} from stdin`)).toBe('0A000')
  })

  it('32: with row_security off is an error instead of no rows', async () => {
    expect(await t.refused(t.a, `select set_config('row_security', 'off', true)`)).toBe('none')
    const refused = t.inTenant(t.a, async (client) => {
      await client.query('set local row_security = off')
      await client.query(count(table))
    })
    await expect(refused).rejects.toMatchObject({ code: '42501' })
  })

  it('34: keeps its wall: the app can neither unforce it, nor disable it, nor drop a policy', async () => {
    for (const change of ['no force row level security', 'disable row level security']) {
      expect(await t.refused(t.a, `alter table freehold.${table} ${change}`)).toBe('42501')
    }
    expect(await t.refused(t.a, `drop policy freehold_wall on freehold.${table}`)).toBe('42501')
  })

  it('41: gives FOR UPDATE, RETURNING and DELETE the tenant’s rows only', async () => {
    const key = `freehold.${table} where tenant_id = $1`
    if (KEPT.update.includes(table)) {
      expect(await t.refused(t.a, `select 1 from freehold.${table} for update`)).toBe('42501')
    } else {
      expect(await t.rows(t.a, `select 1 from ${key} for update`, [t.b])).toEqual([])
      expect(await t.rows(t.a, `select 1 from freehold.${table} for update`)).toHaveLength(3)
    }
    if (KEPT.remove.includes(table)) expect(await t.refused(t.a, `delete from ${key}`, [t.a])).toBe('42501')
    else expect(await t.rows(t.a, `delete from ${key} returning 1`, [t.b])).toEqual([])
    expect(await n(t.database.admin(ofBoth(table)))).toBe(8)
  })
})

describe('all tables', () => {
  it('05: have both flags, a restrictive policy and a permissive one, for everybody, for all commands', async () => {
    const rows = await owner(
      `select c.relname::text as name, c.relrowsecurity and c.relforcerowsecurity as walled,
         array_agg(p.polname || case when p.polpermissive then ' permissive' else ' restrictive' end order by p.polname) as policies,
         bool_and(p.polroles = array[0]::oid[] and p.polcmd = '*' and pg_get_expr(p.polqual, c.oid) = pg_get_expr(p.polwithcheck, c.oid)) as whole
       from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' left join pg_policy p on p.polrelid = c.oid
       where c.relnamespace = 'freehold'::regnamespace and c.relkind in ('r', 'p') and c.relname not in ('tenant_domains', 'billing_routes') and not c.relispartition group by 1, 2 order by 1`,
    )
    const policies = ['freehold_rows permissive', 'freehold_wall restrictive']
    expect(rows).toEqual([...TABLES].sort().map((name) => ({ name, walled: true, policies, whole: true })))
  })

  it('04: one that is walled and has no policy shows nobody a row', async () => {
    await owner(
      `create table bare (tenant_id uuid not null, id int); insert into bare values ('${t.a}', 1);
       alter table bare enable row level security; alter table bare force row level security; grant all on bare to freehold_app`,
    )
    expect(await n(t.rows(t.a, count('public.bare')))).toBe(0)
    expect(await t.refused(t.a, 'insert into bare values ($1, 2)', [t.a])).toBe('42501')
    expect(await n(owner(count('public.bare')))).toBe(0)
    expect(await n(t.database.admin(count('public.bare')))).toBe(1)
  })

  it('33: the app cannot become anybody else, and RESET ROLE leads back to itself', async () => {
    expect(await t.refused(t.a, `set role ${OWNER_ROLE}`)).toBe('42501')
    await t.app.query('reset role')
    expect((await t.app.query(count('users'))).rows).toEqual([{ n: 0 }])
  })

  it('37: MERGE neither changes nor takes a row of another tenant', async () => {
    const merge = `merge into freehold.users u using (values ($1::uuid, $2::uuid)) as given (tenant_id, id)
      on u.tenant_id = given.tenant_id and u.id = given.id
      when matched then update set name = 'taken'
      when not matched then insert (tenant_id, id, email, email_norm) values (given.tenant_id, given.id, 'm@example.test', 'm@example.test')`
    expect(await t.refused(t.a, merge, [t.b, t.usersOfB[0]])).toBe('42501')
    expect(await t.database.admin("select 1 from freehold.users where name = 'taken'")).toEqual([])
  })

  it('38: DROP OWNED BY takes the app its rights, and leaves the policies standing for everybody (CVE-2026-116311)', async () => {
    const other = await twoTenants()
    await other.database.admin('drop owned by freehold_app')
    const policies = await other.database.admin(
      "select polroles = array[0]::oid[] as everybody from pg_policy where polname = 'freehold_wall'",
    )
    expect(policies).toEqual(TABLES.map(() => ({ everybody: true })))
    expect((await other.database.ownerPool.query(count('users'))).rows).toEqual([{ n: 0 }])
    await expect(other.app.query(count('users'))).rejects.toMatchObject({ code: '42501' })
    await other.close()
  })

  it('42: a trigger that moves a row to another tenant is caught', async () => {
    await owner(`create function public.move() returns trigger language plpgsql as
      $$ begin new.tenant_id := '${t.b}'; return new; end $$;
      create trigger move before insert or update on freehold.users for each row execute function public.move()`)
    expect(
      await t.refused(
        t.a,
        "insert into freehold.users (id, email, email_norm) values (gen_random_uuid(), 'x@y.z', 'x@y.z')",
      ),
    ).toBe('42501')
    expect(await t.refused(t.a, 'update freehold.users set name = $1', ['x'])).toBe('42501')
    await owner('drop trigger move on freehold.users; drop function public.move()')
  })
})
