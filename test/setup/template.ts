// The template database: migrated once per run, copied for every test file.

import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'

/** Migrates and owns the tables; no superuser. */
export const OWNER_ROLE = 'freehold_test_owner'
/** What the app logs in as: a member of freehold_app, and nothing more. */
export const APP_ROLE = 'freehold_test_app'
export const PASSWORD = 'freehold'

/** Applies every migration of ours to an empty database. */
export async function migrateTemplate(ownerUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl })
  await client.connect()
  try {
    await client.query('create schema freehold')
    for (const set of ['system', 'tenant']) {
      const folder = new URL(`../../src/migrations/${set}/`, import.meta.url)
      const files = readdirSync(folder).filter((name) => name.endsWith('.sql'))
      for (const file of files.sort()) {
        const sql = readFileSync(new URL(file, folder), 'utf8')
        await client.query(`begin; set local search_path = freehold; ${sql}\n; commit`)
      }
    }
  } finally {
    await client.end()
  }
}

export function withUrl(
  base: string,
  parts: { readonly user?: string; readonly password?: string; readonly database?: string; readonly port?: number },
): string {
  const url = new URL(base)
  if (parts.user !== undefined) url.username = parts.user
  if (parts.password !== undefined) url.password = parts.password
  if (parts.database !== undefined) url.pathname = `/${parts.database}`
  if (parts.port !== undefined) {
    url.hostname = '127.0.0.1'
    url.port = String(parts.port)
  }
  return url.href
}
