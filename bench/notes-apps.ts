// One route, three times: the notes of a tenant, for whoever is signed in there and may read them. With Freehold, as the
// example has it; with sessions and a permission check by hand; and with better-auth's sessions.

import { createHash, randomBytes } from 'node:crypto'
import type { Freehold } from 'freehold'
import { type FreeholdEnv, freeholdHono, require } from 'freehold/hono'
import { Hono } from 'hono'
import type pg from 'pg'
import { type Db, listNotes } from '../examples/notes/notes.ts'
import type { Permission } from '../examples/notes/permissions.ts'
import type { BetterAuthSessions } from './better-auth.ts'

export const PATH = '/api/notes'

/** Tenant by the credential, session, permission, and the notes behind the wall. */
export function freeholdApp(freehold: Freehold<Db, Permission>): Hono<FreeholdEnv<Db, Permission>> {
  const app = new Hono<FreeholdEnv<Db, Permission>>()
  app.use(freeholdHono(freehold))
  app.get(PATH, require('note:read'), async (c) => c.json({ items: await listNotes(c.var.freehold) }))
  return app
}

interface Caller {
  readonly id: string
  readonly tenantId: string
  readonly role: string
}

const MAY_READ: ReadonlySet<string> = new Set(['owner', 'admin', 'member', 'viewer'])

/** The least that somebody could write: one prepared join for session and user, a look at the role, one prepared SELECT. */
export function handApp(pool: pg.Pool): Hono<{ Variables: { caller: Caller } }> {
  const app = new Hono<{ Variables: { caller: Caller } }>()
  app.use(async (c, next) => {
    const token = c.req.header('authorization')?.slice('Bearer '.length) ?? ''
    const values = [createHash('sha256').update(token).digest()]
    const { rows } = await pool.query<Caller>({ name: 'caller', text: CALLER, values })
    const caller = rows[0]
    if (!caller) return c.json({ title: 'Unauthorized' }, 401)
    c.set('caller', caller)
    return next()
  })
  app.get(PATH, async (c) => {
    const { role, tenantId } = c.var.caller
    if (!MAY_READ.has(role)) return c.json({ title: 'Forbidden' }, 403)
    return c.json({ items: await selectNotes(pool, tenantId) })
  })
  return app
}

/** Who is signed in by better-auth; of which tenant, and with what rights, is not even asked. */
export function betterAuthApp(pool: pg.Pool, sessions: BetterAuthSessions, tenantId: string): Hono {
  const app = new Hono()
  app.use(async (c, next) => {
    await sessions.getSession(c.req.raw.headers)
    return next()
  })
  app.get(PATH, async (c) => c.json({ items: await selectNotes(pool, tenantId) }))
  return app
}

/** Copies of the rows without a wall, and a session by hand for each caller; answers their tokens. */
export async function prepareByHand(
  pool: pg.Pool,
  tenantId: string,
  userId: string,
  callers: number,
): Promise<string[]> {
  const tokens = Array.from({ length: callers }, () => randomBytes(32).toString('base64url'))
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query('select freehold.enter_tenant($1)', [tenantId])
    await client.query(`
      create schema if not exists bench;
      create table bench.users (like freehold.users including all);
      create table bench.notes (like public.notes including all);
      create table bench.logins (
        token_hash bytea primary key, tenant_id uuid not null, user_id uuid not null, role text not null,
        expires_at timestamptz not null, created_at timestamptz not null default now()
      );
      insert into bench.users select * from freehold.users;
      insert into bench.notes select * from public.notes`)
    await client.query(
      `insert into bench.logins (token_hash, tenant_id, user_id, role, expires_at)
       select sha256(convert_to(token, 'UTF8')), $1, $2, 'member', now() + interval '1 day' from unnest($3::text[]) as token`,
      [tenantId, userId, tokens],
    )
    await client.query('commit')
  } finally {
    client.release()
  }
  return tokens
}

const CALLER = `select u.id, u.tenant_id as "tenantId", u.email, u.name, l.role
  from bench.logins l join bench.users u on u.tenant_id = l.tenant_id and u.id = l.user_id
  where l.token_hash = $1 and l.expires_at > now() and u.status = 'active'`

const NOTES = `select n.id, n.body, n.author_id as "authorId", coalesce(u.name, u.email) as author, n.created_at as "createdAt"
  from bench.notes n join bench.users u on u.tenant_id = n.tenant_id and u.id = n.author_id
  where n.tenant_id = $1 order by n.created_at desc limit 50`

async function selectNotes(pool: pg.Pool, tenantId: string): Promise<object[]> {
  return (await pool.query({ name: 'notes', text: NOTES, values: [tenantId] })).rows
}
