// The program's own way to a database: node-postgres, loaded when a command needs it.

import type { MigrationConnection } from '../../migrations/index.ts'
import { loadPg } from '../postgres/packages.ts'

/** Connects. @throws PACKAGE_MISSING; the driver's own error when nobody answers */
export async function connect(url: string): Promise<MigrationConnection> {
  const { Client } = await loadPg()
  const client = new Client({
    connectionString: url,
    application_name: 'freehold',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  })
  // told to whoever waits for a query; unheard, it would end the process with a stack
  client.on('error', () => undefined)
  await client.connect()
  return {
    query: async (text, values) => (await client.query(text, values && [...values])).rows,
    end: () => client.end(),
  }
}

/** `user@host:5432/database`: a URL as it may be shown. */
export function placeOf(url: string): string {
  const { username, hostname, port, pathname } = new URL(url)
  const user = decodeURIComponent(username)
  return `${user ? `${user}@` : ''}${hostname || 'localhost'}:${port || '5432'}${decodeURIComponent(pathname)}`
}

/** The login in a URL. */
export function loginOf(url: string): string | undefined {
  return decodeURIComponent(new URL(url).username) || undefined
}
