// The least that somebody could write by hand: one prepared statement on copies of the same rows, with no wall.

import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type pg from 'pg'

const SESSION = `id, user_id, generation, current_hash, previous_hash, nonce, key_id, rotated_at, previous_rotated_at,
  retries, epoch, assurance_level, authentication_methods, authenticated_at, ip, user_agent, idle_expires_at,
  absolute_expires_at, revoked_at, revoke_reason, created_at, device_id, country, city, risk_score, risk_flags,
  impersonator_id, impersonation_reason`
const USER = `id, email, email_norm, email_verified_at, name, status, password_hash, password_changed_at,
  session_epoch, metadata, created_at, updated_at, disabled_at, deleted_at, access_version, phone, phone_verified_at,
  locked_at, lock_reason`

const columns = (alias: string, list: string): string =>
  list
    .split(',')
    .map((column) => `${alias}.${column.trim()} as ${alias}_${column.trim()}`)
    .join(', ')

/** A live session with its user, by session id. */
export async function prepareJoin(pool: pg.Pool, tenantId: string): Promise<(sessionId: string) => Promise<void>> {
  await copyRows(pool, tenantId)
  const text = `select ${columns('s', SESSION)}, ${columns('u', USER)}
    from bench.sessions s join bench.users u on u.tenant_id = s.tenant_id and u.id = s.user_id
    where s.tenant_id = $1 and s.id = $2 and s.revoked_at is null and s.idle_expires_at > now()
      and s.absolute_expires_at > now() and u.status = 'active' and u.session_epoch = s.epoch`
  return async (sessionId) => {
    const { rows } = await pool.query({ name: 'join', text, values: [tenantId, sessionId] })
    if (rows.length !== 1) throw new Error('the session was not found')
  }
}

/** Moves a session on: the same columns that a rotation writes, and the whole row back. */
export async function prepareUpdate(pool: pg.Pool, tenantId: string): Promise<(sessionId: string) => Promise<void>> {
  await copyRows(pool, tenantId)
  const text = `update bench.sessions set generation = generation + 1, previous_hash = current_hash, current_hash = $3,
      nonce = $4, key_id = 1, previous_rotated_at = rotated_at, rotated_at = clock_timestamp(), retries = 0,
      idle_expires_at = least(clock_timestamp() + interval '14 days', absolute_expires_at)
    where tenant_id = $1 and id = $2 returning ${SESSION}`
  return async (sessionId) => {
    const values = [tenantId, sessionId, randomBytes(32), randomBytes(16)]
    const { rows } = await pool.query({ name: 'rotate', text, values })
    if (rows.length !== 1) throw new Error('the session was not found')
  }
}

/** `bench.sessions` and `bench.users`: the same columns, indexes and rows as Freehold's, without policies. */
async function copyRows(pool: pg.Pool, tenantId: string): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query('select freehold.enter_tenant($1)', [tenantId])
    await client.query('create schema if not exists bench')
    await client.query('drop table if exists bench.sessions, bench.users')
    await client.query('create table bench.users (like freehold.users including all)')
    await client.query('create table bench.sessions (like freehold.sessions including all) with (fillfactor = 80)')
    await client.query('insert into bench.users select * from freehold.users')
    await client.query('insert into bench.sessions select * from freehold.sessions')
    await client.query('commit')
  } finally {
    client.release()
  }
}

const { privateKey } = generateKeyPairSync('ed25519')
const CLAIMS = randomBytes(400)

/** As an access token is signed. */
export function signByHand(): Uint8Array {
  return sign(null, CLAIMS, privateKey)
}
