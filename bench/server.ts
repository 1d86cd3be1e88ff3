// The database that the rivals share: PostgreSQL over TCP, as it is installed (durable, default settings), with
// Freehold migrated into it and one tenant's users. It goes when the bench ends.

import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { startProxy } from '../test/setup/proxy.ts'
import { startServer } from '../test/setup/server.ts'
import { withUrl } from '../test/setup/url.ts'

export interface Database {
  /** Whoever made the database: no policy holds a superuser back. Rivals without RLS use it. */
  readonly adminUrl: string
  readonly ownerUrl: string
  /** A member of freehold_app and nothing more. */
  readonly appUrl: string
  /** Makes the app's login a member of freehold_app, once the migrations have made that role. */
  admit(): Promise<void>
  close(): Promise<void>
}

const OWNER = 'freehold_bench_owner'
const APP = 'freehold_bench_app'

/** What tests switch off for speed, back at PostgreSQL's defaults. */
const defaults = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '128MB',
  max_connections: '100',
  autovacuum_naptime: '1min',
  log_min_messages: 'warning',
}

export async function openDatabase(say: (line: string) => void): Promise<Database> {
  const given = process.env.FREEHOLD_BENCH_DATABASE_URL
  const server = given
    ? { url: given, description: 'the server of FREEHOLD_BENCH_DATABASE_URL', stop: () => Promise.resolve() }
    : await startServer({ settings: defaults })
  const name = `freehold_bench_${randomBytes(4).toString('hex')}`
  const password = randomBytes(12).toString('hex')
  const admin = async (sql: string, url = server.url): Promise<Record<string, unknown>[]> => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      return (await client.query(sql)).rows
    } finally {
      await client.end()
    }
  }
  const [version] = await admin("select current_setting('server_version') as version")
  say(`${server.description}, version ${version?.version}`)
  for (const [role, rights] of [
    [OWNER, 'createrole'],
    [APP, 'nocreaterole'],
  ]) {
    await admin(`do $$ begin create role ${role}; exception when duplicate_object then null; end $$`)
    await admin(`alter role ${role} login nosuperuser nobypassrls ${rights} password '${password}'`)
  }
  await admin(`create database ${name} owner ${OWNER}`)
  return {
    adminUrl: withUrl(server.url, { database: name }),
    ownerUrl: withUrl(server.url, { user: OWNER, password, database: name }),
    appUrl: withUrl(server.url, { user: APP, password, database: name }),
    admit: async () => void (await admin(`grant freehold_app to ${APP}`)),
    async close() {
      await admin(`drop database if exists ${name} with (force)`)
      await server.stop()
    },
  }
}

/** The same database as far away as a neighbouring data centre: each direction takes `ms / 2` more. */
export async function farAway(
  url: string,
  ms: number,
): Promise<{ url: string; roundTrips(): number; close(): Promise<void> }> {
  const proxy = await startProxy(url)
  proxy.delayMs = ms / 2
  return { url: proxy.url(url), roundTrips: () => proxy.roundTrips, close: () => proxy.close() }
}
