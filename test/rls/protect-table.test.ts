// freehold.protect_table: what it builds, and what it refuses because the wall would not hold.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TwoTenants, twoTenants } from './two-tenants.ts'

let t: TwoTenants
const owner = async (sql: string) => (await t.database.ownerPool.query(sql)).rows

beforeAll(async () => {
  t = await twoTenants()
  await owner(`create schema host; create table host.notes (tenant_id uuid, id uuid, body text, primary key (tenant_id, id));
    create table host.plain (id int primary key)`)
})
afterAll(() => t?.close())

/** Makes a table in a schema that nobody else uses, protects it, and answers the refusal. */
async function refused(ddl: string, target = 'host.t'): Promise<{ code: string; message: string; hint: string }> {
  await owner(`drop table if exists host.t cascade; ${ddl}`)
  try {
    await owner(`select freehold.protect_table('${target}')`)
  } catch (error) {
    return error as { code: string; message: string; hint: string }
  }
  throw new Error('it was not refused')
}

describe('refuses', () => {
  it.each([
    ['no tenant_id', 'create table host.t (id uuid primary key)', '42703', 'has no column tenant_id uuid'],
    [
      'a tenant_id of another type',
      'create table host.t (tenant_id text, id uuid, primary key (tenant_id, id))',
      '42703',
      'has no column tenant_id uuid',
    ],
    ['a primary key without it', 'create table host.t (tenant_id uuid, id uuid primary key)', '42830', 't_pkey'],
    [
      'a primary key that does not start with it',
      'create table host.t (tenant_id uuid, id uuid, primary key (id, tenant_id))',
      '42830',
      't_pkey',
    ],
    [
      'a unique constraint',
      'create table host.t (tenant_id uuid, id uuid, email text unique, primary key (tenant_id, id))',
      '42830',
      't_email_key',
    ],
    [
      'a unique index',
      'create table host.t (tenant_id uuid, email text); create unique index t_mail on host.t (lower(email))',
      '42830',
      't_mail',
    ],
    [
      'an exclusion constraint',
      'create table host.t (tenant_id uuid, span int4range, exclude using gist (span with &&))',
      '42830',
      't_span_excl',
    ],
    [
      'a foreign key without it',
      'create table host.t (tenant_id uuid, id uuid, user_id uuid, primary key (tenant_id, id)); create table host.p (tenant_id uuid, id uuid unique); alter table host.t add constraint t_p foreign key (user_id) references host.p (id)',
      '42830',
      'foreign key t_p',
    ],
    [
      'a foreign key that crosses it',
      'create table host.t (tenant_id uuid, other uuid, user_id uuid, primary key (tenant_id, user_id), constraint t_users foreign key (other, user_id) references freehold.users (tenant_id, id))',
      '42830',
      'foreign key t_users',
    ],
    [
      'a foreign key that takes tenant_id for another column',
      'create table host.t (tenant_id uuid, user_id uuid, primary key (tenant_id, user_id), constraint t_users foreign key (user_id, tenant_id) references freehold.users (tenant_id, id))',
      '42830',
      'foreign key t_users',
    ],
    [
      'a foreign key that would null it',
      'create table host.t (tenant_id uuid, user_id uuid, constraint t_users foreign key (tenant_id, user_id) references freehold.users (tenant_id, id) on delete set null)',
      '42830',
      'would change tenant_id',
    ],
    [
      'a partition',
      'create table host.t (tenant_id uuid, id uuid) partition by list (tenant_id); create table host.t_rest partition of host.t default',
      '42809',
      'protect its parent',
      'host.t_rest',
    ],
    [
      'a view',
      'create table host.t (tenant_id uuid); create view host.v as select * from host.t',
      '42809',
      'is not a table',
      'host.v',
    ],
    [
      'rows of no tenant',
      'create table host.t (tenant_id uuid, id uuid); insert into host.t values (null, null)',
      '23502',
      'contains null values',
    ],
  ])('%s', async (_, ddl, code, words, target?: string) => {
    const error = await refused(ddl, target)
    expect(error.code).toBe(code)
    expect(error.message).toContain(words)
    if (code.startsWith('42')) expect(error.hint).toBeTruthy()
    await owner('drop table if exists host.t, host.p cascade')
  })

  it('a table that is not there', async () => {
    await expect(owner("select freehold.protect_table('host.nothing')")).rejects.toMatchObject({ code: '42P01' })
  })

  it('whoever is not the owner', async () => {
    await expect(t.app.query("select freehold.protect_table('freehold.users')")).rejects.toMatchObject({
      code: '42501',
    })
  })
})

describe('builds', () => {
  it('a wall, a default, and the app’s four rights', async () => {
    await owner("grant all on host.notes to freehold_app, public; select freehold.protect_table('host.notes')")
    await t.rows(t.a, 'insert into host.notes (id, body) values ($1, $2)', [t.usersOfA[0], 'mine'])
    expect(await t.rows(t.a, 'select tenant_id, body from host.notes')).toEqual([{ tenant_id: t.a, body: 'mine' }])
    expect(await t.rows(t.b, 'select * from host.notes')).toEqual([])
    expect(await t.refused(t.a, 'insert into host.notes (tenant_id, id) values ($1, $2)', [t.b, t.usersOfA[0]])).toBe(
      '42501',
    )
    expect(await t.refused(t.a, 'truncate host.notes')).toBe('42501')
    const [rights] =
      await owner(`select array_agg(x.privilege_type::text order by x.privilege_type::text) as rights from pg_class c, aclexplode(c.relacl) x
      where c.oid = 'host.notes'::regclass and x.grantee = 'freehold_app'::regrole`)
    expect(rights).toEqual({ rights: ['DELETE', 'INSERT', 'SELECT', 'UPDATE'] })
  })

  it('the same when it is called again, and mends what was loosened', async () => {
    await owner(
      'alter table host.notes no force row level security; drop policy freehold_wall on host.notes; grant truncate on host.notes to freehold_app',
    )
    await owner("select freehold.protect_table('host.notes')")
    expect(await owner('select count(*)::int as n from host.notes')).toEqual([{ n: 0 }])
    expect(await t.refused(t.a, 'truncate host.notes')).toBe('42501')
  })

  it('on names that need quotes, serial columns, partitioned tables, and keys that may lose their reference', async () => {
    await owner(`create schema "Odd ""schema"; create table "Odd ""schema"."My ""Notes" (tenant_id uuid, id serial, author uuid, primary key (tenant_id, id),
      foreign key (tenant_id, author) references freehold.users (tenant_id, id) on delete set null (author));
      select freehold.protect_table('"Odd ""schema"."My ""Notes"')`)
    expect(await t.refused(t.a, 'insert into "Odd ""schema"."My ""Notes" (author) values ($1)', [t.usersOfA[1]])).toBe(
      'none',
    )
    await t.rows(t.a, 'delete from freehold.users where id = $1', [t.usersOfA[1]])
    expect(await t.rows(t.a, 'select author from "Odd ""schema"."My ""Notes"')).toEqual([{ author: null }])
    await owner(
      `create table host.parts (tenant_id uuid, id uuid, primary key (tenant_id, id)) partition by hash (tenant_id); select freehold.protect_table('host.parts')`,
    )
  })

  it('beside a foreign key to a table of no tenant', async () => {
    await owner(`create table host.plan (tenant_id uuid references freehold.tenants (id), plain_id int references host.plain (id), primary key (tenant_id));
      select freehold.protect_table('host.plan')`)
    expect(await t.refused(t.a, 'insert into host.plan values (default, null)')).toBe('none')
  })
})
