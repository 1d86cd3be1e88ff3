// Entering a tenant: until when it holds, what undoes it, and what cannot confuse it.

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { count, type TwoTenants, twoTenants } from './two-tenants.ts'

let t: TwoTenants
beforeAll(async () => {
  t = await twoTenants()
})
afterAll(() => t?.close())

const ENTER = 'select freehold.enter_tenant($1)'
const seen = async () => Number((await t.app.query(count('users'))).rows[0]?.n)

it('09: an unset, reset or emptied setting is no tenant, and no error', async () => {
  const present = async () => (await t.app.query('select freehold.current_tenant() as tenant')).rows[0]?.tenant
  await t.rows(t.a, 'select 1')
  // after SET LOCAL and COMMIT the setting is '', not unset
  expect((await t.app.query("select current_setting('app.current_tenant', true) as setting")).rows).toEqual([
    { setting: '' },
  ])
  expect(await present()).toBeNull()
  expect(await seen()).toBe(0)
  await t.app.query('discard all')
  expect(await present()).toBeNull()
  expect(await seen()).toBe(0)
})

it('09: a malformed tenant fails, and takes the transaction with it', async () => {
  for (const wrong of ['', 'acme', `${t.a}x`, "' or true --"]) {
    expect(await t.refused(wrong, count('users'))).toBe('22P02')
  }
  await t.app.query('begin')
  await expect(t.app.query(ENTER, ['nobody'])).rejects.toMatchObject({ code: '22P02' })
  await expect(t.app.query(count('users'))).rejects.toMatchObject({ code: '25P02' })
  expect((await t.app.query('commit')).command).toBe('ROLLBACK')
})

it('09: no tenant cannot be entered by accident', async () => {
  await t.rows(t.a, 'select 1')
  await t.app.query('begin')
  await expect(t.app.query(ENTER, [null])).rejects.toMatchObject({ code: '42601' })
  await t.app.query('rollback')
})

it('10: a tenant is left when the transaction ends, whether by COMMIT or ROLLBACK', async () => {
  for (const end of ['commit', 'rollback']) {
    await t.app.query('begin')
    await t.app.query(ENTER, [t.a])
    expect(await seen()).toBe(3)
    await t.app.query(end)
    expect(await seen()).toBe(0)
  }
})

it('11: rolling back to a savepoint rolls back the tenant too', async () => {
  await t.app.query('begin')
  await t.app.query(ENTER, [t.a])
  await t.app.query('savepoint s')
  await t.app.query(ENTER, [t.b])
  expect(await seen()).toBe(5)
  await t.app.query('rollback to savepoint s')
  expect(await seen()).toBe(3)
  await t.app.query('rollback')
})

it('12: whoever runs any statement as the app enters any tenant: the wall is no guard against that, and we say so', async () => {
  const injected = `1; select freehold.enter_tenant('${t.b}'); ${count('users')}`
  const answers = await t.inTenant(t.a, (client) => client.query(`select ${injected}`))
  expect((answers as unknown as { rows: unknown[] }[]).at(-1)?.rows).toEqual([{ n: 5 }])
  for (const page of ['README.md', 'SECURITY.md']) {
    expect(readFileSync(page, 'utf8').replaceAll(/\s+/g, ' ')).toMatch(
      /guards against a forgotten WHERE, not against (?:injected SQL|SQL injection)/,
    )
  }
})

it('22, 23: one cached plan serves both tenants, each with its own rows', async () => {
  await t.app.query("set plan_cache_mode = 'force_generic_plan'")
  const named = { name: 'cached', text: count('users') }
  const inTenant = (tenant: string) =>
    t.inTenant(tenant, async (client) => Number((await client.query(named)).rows[0]?.n))
  for (let i = 0; i < 8; i++) expect([await inTenant(t.a), await inTenant(t.b)]).toEqual([3, 5])
  expect(Number((await t.app.query(named)).rows[0]?.n)).toBe(0)
  const plans = await t.app.query(
    "select generic_plans::int as generic from pg_prepared_statements where name = 'cached'",
  )
  expect(plans.rows[0]?.generic).toBeGreaterThan(10)
  await t.app.query('discard all')
})

it('23: what the policies and their function do is STABLE: neither remembered by a plan, nor asked for each row', async () => {
  const functions = await t.database.admin(
    `select p.oid::regprocedure::text as name, p.provolatile::text as volatility from pg_proc p
     where p.pronamespace = 'freehold'::regnamespace and p.proname = 'current_tenant'
     union all
     select f.oid::regprocedure::text, f.provolatile::text from pg_policy y
     join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = y.oid and d.refclassid = 'pg_proc'::regclass
     join pg_proc f on f.oid = d.refobjid`,
  )
  expect(functions).toEqual([{ name: 'freehold.current_tenant()', volatility: 's' }])
})

it('25: a function that tells what it is asked about hears only of the tenant’s rows', async () => {
  await t.database.ownerPool.query(
    `create function public.leak(email text) returns boolean language plpgsql cost 0.0000001 as
     $$ begin raise notice '%', email; return true; end $$`,
  )
  const heard: string[] = []
  const listen = (notice: { message?: string | undefined }): unknown => heard.push(String(notice.message))
  t.app.on('notice', listen)
  await t.rows(t.a, 'select 1 from freehold.users where public.leak(email)')
  await t.app.query('select 1 from freehold.users where public.leak(email)')
  t.app.off('notice', listen)
  expect(heard).toHaveLength(3)
})

it('36: parallel workers are in the tenant too', async () => {
  const [{ setting } = {}] = await t.database.admin(
    "select name as setting from pg_settings where name in ('debug_parallel_query', 'force_parallel_mode')",
  )
  const plan = await t.inTenant(t.a, async (client) => {
    await client.query(`set local ${String(setting)} = on`)
    expect((await client.query(count('users'))).rows).toEqual([{ n: 3 }])
    return (await client.query(`explain ${count('users')}`)).rows.map((row) => String(row['QUERY PLAN'])).join('\n')
  })
  expect(plan).toContain('Gather')
})

it('44: entering and reading in one message are one transaction', async () => {
  const answers = await t.app.query(`select freehold.enter_tenant('${t.a}'); ${count('users')}`)
  expect((answers as unknown as { rows: unknown[] }[]).at(-1)?.rows).toEqual([{ n: 3 }])
  expect(await seen()).toBe(0)
})

it('48: a hostile search_path changes neither the door nor the wall', async () => {
  await t.database.ownerPool.query(
    `create schema hostile; grant usage on schema hostile to public;
     create function hostile.current_setting(pg_catalog.text, boolean) returns pg_catalog.text language sql as $$ select '${t.b}' $$;
     create function hostile.format(pg_catalog.text, pg_catalog.text) returns pg_catalog.text language sql
       as $$ select 'set local app.current_tenant = ''${t.b}''' $$;
     create domain hostile.uuid as pg_catalog.text; create domain hostile.text as int`,
  )
  await t.app.query('set search_path = hostile, pg_catalog')
  const look = 'select count(*)::pg_catalog.int4 as n, freehold.current_tenant() as tenant from freehold.users'
  expect(await t.rows(t.a, look)).toEqual([{ n: 3, tenant: t.a }])
  await t.app.query("set search_path = ''")
  expect(await t.rows(t.a, count('users'))).toEqual([{ n: 3 }])
  await t.app.query('reset search_path')
})
