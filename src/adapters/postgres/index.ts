// `freehold/postgres`: a Storage on PostgreSQL, over a pool that the host gives or a URL.

import type { Kysely } from 'kysely'
import type { NoticeListener, Storage } from '../../core/storage/storage.ts'
import type { Notice } from '../../core/storage/verbs.ts'
import { createMigrations } from '../../migrations/index.ts'
import { inspect } from './inspect.ts'
import type { Link } from './link.ts'
import { createListening, deaf, type Listening } from './listening.ts'
import { migrationTarget } from './owner.ts'
import { PoolLink } from './pool-link.ts'
import { openClient, openPool } from './pools.ts'
import { createScopes } from './scopes.ts'
import { CHANNEL } from './verbs.ts'
import type { PgPool } from './wire.ts'

export {
  type AccessFilterOptions,
  type AccessFilterText,
  type AccessFilterTextOptions,
  accessFilter,
  accessFilterText,
} from './access-filter.ts'

export interface PostgresOptions {
  /** A `pg.Pool` (not in pipeline mode) whose login is a member of freehold_app and owns nothing. It stays the host's: `close` leaves it open. */
  readonly pool?: PgPool
  /** Instead of a pool: where to connect, as `postgres://app:secret@host/database`. Needs the package pg. */
  readonly url?: string
  /** Who owns the tables and may migrate: a pool or a URL. Used by migrations alone. Default: the pool. */
  readonly owner?: PgPool | string
  /** Where Freehold's tables are. Default `freehold`. */
  readonly schema?: string
  readonly migrations?: {
    /** The host's own folder of `NNNN_name.sql` files, run after ours. */
    readonly folder?: string
  }
  /**
   * Hearing other processes' notices (LISTEN) takes a connection of its own. `true`, the default: one made like the
   * pool's; a URL: one to the server itself, where the pool goes through a pooler in transaction mode; `false`: none,
   * and this process's caches learn of changes elsewhere only when their entries age out.
   */
  readonly listen?: boolean | string
  /** How long a call waits for a connection before it fails with POOL_EXHAUSTED, in milliseconds. Default 10,000. */
  readonly acquireTimeoutMs?: number
  /** Connections at most, where a URL is given. Default 10. */
  readonly connections?: number
  /** `false` behind a pooler in transaction mode that keeps no prepared statements (PgBouncer before 1.21). Default true. */
  readonly namedStatements?: boolean
}

/**
 * PostgreSQL 15 or newer, behind Row-Level Security. Connects when first used.
 *
 * @throws CONFIG_INVALID for options that contradict each other
 */
export function postgres<HostTables = unknown>(options: PostgresOptions): Storage<Kysely<HostTables>> {
  const { schema = 'freehold', listen = true, acquireTimeoutMs = 10_000 } = options
  const app = openPool(options)
  const listening: Listening =
    listen === false ? deaf : createListening(() => openClient(typeof listen === 'string' ? listen : app.now()))
  const link = new PoolLink({
    pool: app.pool,
    namedStatements: options.namedStatements ?? true,
    acquireTimeoutMs,
    listening,
    close: () => app.close(),
  })
  const { folder } = options.migrations ?? {}
  const place = { schema, ...(folder === undefined ? {} : { folder }) }
  const sharedLocation = { database: app.databaseName, schema }
  const scopes = createScopes<HostTables>(link, sharedLocation)
  return {
    name: 'postgres',
    traits: { rowLevelSecurity: true, concurrentTransactions: true, durable: true },
    migrations: createMigrations({ ...migrationTarget(options.owner, app), ...place }),
    sharedLocation,
    system: scopes.system,
    tenant: (ref) => scopes.tenant(ref.id),
    subscribe: (listener) => subscribe(link, listener),
    inspect: () => inspect(async (text, values = []) => (await link.one(null, { text, values })).rows, place),
    close: () => link.close(),
  }
}

/** Notices are JSON on a channel; what is not one of ours is not ours. */
export function subscribe(link: Link, listener: NoticeListener): Promise<() => Promise<void>> {
  return link.listen(CHANNEL, {
    onPayload(payload) {
      const notice = parseNotice(payload)
      if (notice) listener.onNotice(notice)
    },
    onGap: () => listener.onGap(),
  })
}

const OF_A_TENANT: ReadonlySet<unknown> = new Set<Notice['kind']>(['tenant', 'session', 'access', 'billing'])

function parseNotice(payload: string): Notice | undefined {
  try {
    const value = JSON.parse(payload) as { readonly kind?: unknown; readonly tenantId?: unknown } | null
    const known = value?.kind === 'plans' || (OF_A_TENANT.has(value?.kind) && typeof value?.tenantId === 'string')
    return known ? (value as Notice) : undefined
  } catch {
    return undefined
  }
}
