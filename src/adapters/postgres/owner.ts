// The connections that migrations use: the owner's, one at a time, outside any pool of the app's.

import type { MigrationConnection, MigrationTarget } from '../../migrations/index.ts'
import { type AppPool, openClient } from './pools.ts'
import type { PgPool } from './wire.ts'

/** Without an owner the app's own login migrates. */
export function migrationTarget(
  owner: PgPool | string | undefined,
  app: AppPool,
): Pick<MigrationTarget, 'connect' | 'appLogin'> {
  const connect = (): Promise<MigrationConnection> =>
    open(typeof owner === 'string' ? owner : owner ? Promise.resolve(owner) : app.now())
  return app.login === '' ? { connect } : { connect, appLogin: app.login }
}

async function open(from: string | Promise<PgPool>): Promise<MigrationConnection> {
  const client = await openClient(from)
  client.on('error', () => undefined)
  await client.connect()
  return {
    async query(text, values) {
      const { rows } = await client.query(text, values && [...values])
      return rows
    },
    end: () => client.end(),
  }
}
