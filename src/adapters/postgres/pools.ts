// Pools and single connections, from what the host gave: its own pool, or a URL.

import { FreeholdError } from '../../core/kernel/errors.ts'
import { loadPg } from './packages.ts'
import type { PgOwnClient, PgPool } from './wire.ts'

export interface AppPool {
  /** The pool, or how to open it when it is first needed. */
  readonly pool: PgPool | (() => Promise<PgPool>)
  now(): Promise<PgPool>
  /** For locations and messages; '' where the driver's own defaults decide. */
  readonly databaseName: string
  /** Who the app logs in as; '' likewise. */
  readonly login: string
  /** Ends the pool if it was opened here. */
  close(): Promise<void>
}

export interface PoolOptions {
  readonly pool?: PgPool
  readonly url?: string
  readonly connections?: number
}

// One listener for each pool, however many storages share it.
const watched = new WeakSet<PgPool>()

/** An idle connection that the server ends makes its pool emit `error`, and unwatched that ends the process. */
function watch(pool: PgPool): PgPool {
  if (!watched.has(pool)) pool.on('error', () => undefined)
  watched.add(pool)
  return pool
}

/** @throws CONFIG_INVALID */
export function openPool({ pool, url, connections = 10 }: PoolOptions): AppPool {
  if ((pool === undefined) === (url === undefined)) throw misused('pool', 'give either `pool` or `url`')
  if (pool) {
    const { options } = pool
    if ('pipeline' in options && options.pipeline) {
      throw misused('pool', 'a pool in pipeline mode takes no batches; leave `pipeline` out')
    }
    return {
      pool: watch(pool),
      now: async () => pool,
      databaseName: options.database ?? partsOf(options.connectionString).database,
      login: options.user ?? partsOf(options.connectionString).login,
      close: async () => undefined,
    }
  }
  let opened: Promise<PgPool> | undefined
  const open = (): Promise<PgPool> => {
    opened ??= loadPg().then(({ Pool }) => watch(new Pool({ connectionString: url, max: connections })))
    return opened
  }
  return {
    pool: open,
    now: open,
    databaseName: partsOf(url).database,
    login: partsOf(url).login,
    close: async () => {
      const own = await opened?.catch(() => undefined)
      await own?.end()
    },
  }
}

/** A connection that is in no pool: to a URL, or made as a pool makes its own. @throws PACKAGE_MISSING */
export async function openClient(from: string | Promise<PgPool>): Promise<PgOwnClient> {
  const kept = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 }
  if (typeof from === 'string') {
    const { Client } = await loadPg()
    return new Client({ connectionString: from, ...kept })
  }
  const pool = await from
  const { Client } = 'Client' in pool ? (pool as unknown as Awaited<ReturnType<typeof loadPg>>) : await loadPg()
  const { options } = pool
  // not enumerable there, so that it is not logged
  const secret = 'password' in options ? { password: options.password } : {}
  return new Client({ ...options, ...secret, ...kept })
}

function partsOf(url: string | undefined): { database: string; login: string } {
  if (url === undefined || !URL.canParse(url)) return { database: '', login: '' }
  const { pathname, username } = new URL(url)
  return { database: decodeURIComponent(pathname.slice(1)), login: decodeURIComponent(username) }
}

function misused(option: string, problem: string): FreeholdError {
  return new FreeholdError('CONFIG_INVALID', { option, problem })
}
