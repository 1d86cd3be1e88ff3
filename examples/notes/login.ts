// The app's own login on a server: one for each database, that owns nothing. Whoever starts the demo on that database
// logs in with the same password, whatever the owner's is and wherever it came from, so that no demo locks out another.

import { createHash, randomBytes } from 'node:crypto'
import type { Client } from 'pg'

/** Only the owner reads it: the app's login is granted nothing here. */
const KEPT = 'freehold_demo_login'

export interface Login {
  readonly name: string
  readonly password: string
}

/** Made on the first start, found by every other. The owner must be allowed to create roles. */
export async function ensureLogin(owner: Client, database: string): Promise<Login> {
  const name = `freehold_demo_app_${createHash('sha256').update(database).digest('hex').slice(0, 8)}`
  await owner.query('begin')
  // two first starts at once: the second waits, and finds what the first made
  await owner.query('select pg_advisory_xact_lock(hashtext($1))', [name])
  await owner.query(`create table if not exists ${KEPT} (password text not null)`)
  const kept = await owner.query(`select password from ${KEPT}`)
  const password: string = kept.rows[0]?.password ?? randomBytes(32).toString('base64url')
  if (kept.rows.length === 0) await owner.query(`insert into ${KEPT} values ($1)`, [password])
  const role = await owner.query('select from pg_roles where rolname = $1', [name])
  // a role that is older than the table is left from a database of this name that is gone
  if (role.rows.length === 0 || kept.rows.length === 0) {
    const verb = role.rows.length === 0 ? 'create' : 'alter'
    await owner.query(`${verb} role ${name} login password ${owner.escapeLiteral(password)}`)
  }
  await owner.query('commit')
  return { name, password }
}
