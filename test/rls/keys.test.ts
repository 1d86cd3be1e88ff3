// Keys and indexes of our tables: what they tell of other tenants, and whether they can be used behind the wall.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TABLES, type TwoTenants, twoTenants } from './two-tenants.ts'

let t: TwoTenants
beforeAll(async () => {
  t = await twoTenants()
})
afterAll(() => t?.close())

const INSERT = 'insert into freehold.users (id, email, email_norm) values ($1, $2, $2)'

it('15: every unique key starts with tenant_id, so that a duplicate tells only of one’s own', async () => {
  const rows = await t.database.admin(
    `select i.indexrelid::regclass::text as name from pg_index i join pg_class c on c.oid = i.indrelid
     join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
     where c.relnamespace = 'freehold'::regnamespace and c.relname = any($1) and (i.indisunique or i.indisexclusion) and i.indkey[0] <> a.attnum`,
    [TABLES],
  )
  expect(rows).toEqual([])
  const stranger = t.usersOfB[0]!
  expect(await t.refused(t.a, INSERT, [stranger, 'free@example.test'])).toBe('none')
  expect(await t.refused(t.a, INSERT, [t.usersOfA[0], 'other@example.test'])).toBe('23505')
  await t.rows(t.a, 'delete from freehold.users where id = $1', [stranger])
})

it('16: a session cannot refer to a user of another tenant', async () => {
  const insert = `insert into freehold.sessions (id, user_id, current_hash, nonce, key_id, epoch, idle_expires_at, absolute_expires_at)
    values (gen_random_uuid(), $1, sha256(''), sha256(''), 1, 0, now(), now())`
  expect(await t.refused(t.a, insert, [t.usersOfB[0]])).toBe('23503')
  expect(await t.refused(t.a, insert, [t.usersOfA[0]])).toBe('none')
})

it('17: deleting a user takes the sessions of that tenant with it, and no other’s', async () => {
  // the same id in both tenants, each with a session
  const id = t.usersOfB[1]!
  await t.rows(t.a, INSERT, [id, 'same@example.test'])
  await t.rows(t.a, 'update freehold.sessions set user_id = $1 where user_id = $2', [id, t.usersOfA[1]])
  await t.rows(t.a, 'delete from freehold.users where id = $1', [id])
  expect(await t.rows(t.a, 'select 1 from freehold.sessions where user_id = $1', [id])).toEqual([])
  expect(await t.rows(t.b, 'select 1 from freehold.sessions where user_id = $1', [id])).toHaveLength(1)
})

it('18: ON CONFLICT meets no row of another tenant', async () => {
  const upsert = `${INSERT} on conflict (tenant_id, id) do update set name = 'met' returning name, (select freehold.current_tenant()) as tenant`
  expect(await t.rows(t.a, upsert, [t.usersOfB[2], 'conflict@example.test'])).toEqual([{ name: null, tenant: t.a }])
  expect(await t.rows(t.b, "select 1 from freehold.users where name = 'met'")).toEqual([])
})

it('21: nothing counts with a sequence, which would show how much others do, but the order of unsealed leaves', async () => {
  expect(
    await t.database.admin(
      "select relname::text as name from pg_class where relnamespace = 'freehold'::regnamespace and relkind = 'S'",
    ),
  ).toEqual([{ name: 'audit_pending_position_seq' }])
  // whose numbers no answer of Freehold's carries; the sequence itself tells the app nothing
  expect(await t.refused(t.a, 'select last_value from freehold.audit_pending_position_seq')).toBe('42501')
  expect(await t.refused(t.a, "select nextval('freehold.audit_pending_position_seq')")).toBe('42501')
})

it('26, 27: every indexed column and partial index has leakproof comparisons, so that the index is used behind the wall', async () => {
  const rows = await t.database.admin(
    `with indexed as (
       select i.indexrelid, i.indrelid, unnest(i.indclass) as opclass, unnest(i.indkey::int2[]) as column
       from pg_index i join pg_class c on c.oid = i.indrelid where c.relnamespace = 'freehold'::regnamespace and c.relname = any($1)
     )
     select x.indexrelid::regclass::text as index, p.proname as function
     from indexed x join pg_opclass oc on oc.oid = x.opclass
     join pg_amop am on am.amopfamily = oc.opcfamily and am.amoplefttype = oc.opcintype and am.amoprighttype = oc.opcintype
     join pg_operator o on o.oid = am.amopopr join pg_proc p on p.oid = o.oprcode
     where not p.proleakproof or x.column = 0`,
    [TABLES],
  )
  expect(rows).toEqual([])
})

it('26: a look-up by address uses its key, not a filter over the tenant', async () => {
  const lines = await t.inTenant(t.a, async (client) => {
    await client.query('set local enable_seqscan = off')
    return (
      await client.query(
        "explain select 1 from freehold.users where tenant_id = $1 and email_norm = 'u1@example.test' and status <> 'deleted'",
        [t.a],
      )
    ).rows
  })
  const plan = lines.map((row) => String(Object.values(row as object)[0])).join('\n')
  expect(plan).toContain('users_email_norm_key')
  expect(plan).toMatch(/Index Cond: .*email_norm = /)
})

it('28: statistics of values are hidden from the app', async () => {
  await t.database.ownerPool.query('analyze freehold.users')
  expect(
    await t.database.admin("select 1 from pg_stats where schemaname = 'freehold' and tablename = 'users' limit 1"),
  ).toHaveLength(1)
  expect(await t.rows(t.a, "select 1 from pg_stats where schemaname = 'freehold'")).toEqual([])
})

describe('foreign keys', () => {
  it('each have an index, and none sets a column of the key to null', async () => {
    const rows = await t.database.admin(
      `select f.conname::text as name from pg_constraint f
       where f.connamespace = 'freehold'::regnamespace and f.contype = 'f' and (f.confdeltype in ('n', 'd') or not exists (
         select from pg_index i where i.indrelid = f.conrelid and (i.indkey::int2[])[0:cardinality(f.conkey) - 1] @> f.conkey))`,
    )
    expect(rows).toEqual([])
  })
})
