// Lends connections of a pool: in time or not at all, and never one that is broken.

import { FreeholdError } from '../../core/kernel/errors.ts'
import { breaksConnection } from './errors.ts'
import type { PgClient, PgPool } from './wire.ts'

export interface Lender {
  /** Calls back once: with a connection, or with why there is none (POOL_EXHAUSTED, STORAGE_UNAVAILABLE). */
  lend(use: (error: unknown, client?: PgClient) => void): void
  /** Takes a connection back; the error of its last use, if there was one, tells whether it still works. */
  takeBack(client: PgClient, error?: unknown): void
}

// One listener for each connection, however many storages share the pool.
const watched = new WeakSet<PgClient>()

export function createLender(pool: PgPool, acquireTimeoutMs: number): Lender {
  /** A connection that breaks emits `error`, and unwatched that ends the process. Whoever uses it is told by its query. */
  function watch(client: PgClient): PgClient {
    if (!watched.has(client)) {
      watched.add(client)
      client.on('error', () => undefined)
    }
    return client
  }

  return {
    lend(use) {
      if (pool.idleCount > pool.waitingCount) {
        pool.connect((error, client) => (client ? use(undefined, watch(client)) : use(unavailable(error))))
        return
      }
      const exhausted = pool.totalCount >= (pool.options.max ?? 10)
      let late = false
      const timer = setTimeout(() => {
        late = true
        use(new FreeholdError(exhausted ? 'POOL_EXHAUSTED' : 'STORAGE_UNAVAILABLE'))
      }, acquireTimeoutMs)
      pool.connect((error, client) => {
        if (late) return client?.release()
        clearTimeout(timer)
        if (client) use(undefined, watch(client))
        else
          use(
            exhausted && isTimeout(error)
              ? new FreeholdError('POOL_EXHAUSTED', {}, { cause: error })
              : unavailable(error),
          )
      })
    },
    takeBack(client, error) {
      client.release(error !== undefined && breaksConnection(error) ? asError(error) : undefined)
    },
  }
}

/** The pool's own `connectionTimeoutMillis`, when it was waiting for a connection that somebody else holds. */
function isTimeout(error: Error | undefined): boolean {
  return error?.message === 'timeout exceeded when trying to connect'
}

function unavailable(cause: unknown): FreeholdError {
  return new FreeholdError('STORAGE_UNAVAILABLE', {}, { cause })
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
