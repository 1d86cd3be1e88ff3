// `freehold/pglite`: a Storage on PGlite, a PostgreSQL inside this process. The same tables, walls and statements as
// on a server, on one connection.

import type { Kysely } from 'kysely'
import { FreeholdError } from '../../core/kernel/errors.ts'
import type { Finding } from '../../core/storage/safety.ts'
import type { Storage } from '../../core/storage/storage.ts'
import { createMigrations } from '../../migrations/index.ts'
import { subscribe } from '../postgres/index.ts'
import { inspect, worstFirst } from '../postgres/inspect.ts'
import { createScopes } from '../postgres/scopes.ts'
import { isDurable, openDatabase, type PgliteDatabase } from './engine.ts'
import { PgliteLink } from './pglite-link.ts'

export {
  type AccessFilterOptions,
  type AccessFilterText,
  type AccessFilterTextOptions,
  accessFilter,
  accessFilterText,
} from '../postgres/access-filter.ts'
export type { PgliteDatabase } from './engine.ts'

export interface PgliteOptions {
  /** An instance of `PGlite`. It stays the host's: `close` leaves it open. */
  readonly database?: PgliteDatabase
  /** Instead of an instance: the directory of the data, as PGlite takes it. Default: in memory, gone with the process. Needs the package @electric-sql/pglite. */
  readonly dataDir?: string
  /** Where Freehold's tables are. Default `freehold`. */
  readonly schema?: string
  readonly migrations?: {
    /** The host's own folder of `NNNN_name.sql` files, run after ours. */
    readonly folder?: string
  }
  /** How long a call waits for the transactions before it until it fails with POOL_EXHAUSTED, in milliseconds. Default 10,000. */
  readonly acquireTimeoutMs?: number
}

/**
 * PostgreSQL in this process: for development, tests and demonstrations. Row-Level Security holds, because every
 * transaction runs as freehold_app; but the session is a superuser's, so SQL of the host's that says `reset role`
 * leaves the wall, which a login on a server cannot. One connection: transactions run one after the other, and a call
 * that is made outside a transaction but awaited inside it fails with POOL_EXHAUSTED. Opens when first used.
 *
 * @throws CONFIG_INVALID for options that contradict each other
 */
export function pglite<HostTables = unknown>(options: PgliteOptions = {}): Storage<Kysely<HostTables>> {
  const { database, dataDir, schema = 'freehold', acquireTimeoutMs = 10_000 } = options
  if (database && dataDir !== undefined) {
    throw new FreeholdError('CONFIG_INVALID', { option: 'database', problem: 'give either `database` or `dataDir`' })
  }
  const durable = isDurable(database ? database.dataDir : dataDir)
  const link = new PgliteLink({
    open: async () => database ?? openDatabase(dataDir),
    owned: database === undefined,
    acquireTimeoutMs,
  })
  const { folder } = options.migrations ?? {}
  const place = { schema, ...(folder === undefined ? {} : { folder }) }
  const sharedLocation = { database: 'pglite', schema }
  const scopes = createScopes<HostTables>(link, sharedLocation)
  return {
    name: 'pglite',
    traits: { rowLevelSecurity: true, concurrentTransactions: false, durable },
    migrations: createMigrations({ ...place, connect: () => link.connect() }),
    sharedLocation,
    system: scopes.system,
    tenant: (ref) => scopes.tenant(ref.id),
    subscribe: (listener) => subscribe(link, listener),
    inspect: async () => {
      const connection = await link.connect()
      try {
        const ask = (text: string, values: readonly unknown[] = []) => connection.query(text, values)
        const found = await inspect(ask, { ...place, login: 'freehold_app' })
        return worstFirst([...found, SUPERUSER, ...(durable ? [] : [NOT_DURABLE])])
      } finally {
        await connection.end()
      }
    },
    close: () => link.close(),
  }
}

const SUPERUSER: Finding = {
  id: 'superuser-role',
  severity: 'info',
  message:
    'The session of PGlite is a superuser’s. Freehold runs every transaction as freehold_app; SQL of your own can leave that role with `reset role`.',
  remedy: 'In production use a storage of freehold/postgres, whose login cannot.',
}

const NOT_DURABLE: Finding = {
  id: 'not-durable',
  severity: 'info',
  message: 'The data is kept in memory and is gone when this process ends.',
  remedy: 'Give pglite a dataDir, or createFreehold a storage of freehold/postgres.',
}
