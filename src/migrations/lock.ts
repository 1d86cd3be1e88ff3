// One runner per database and schema. The lock is an advisory one of the session: the server frees it when the
// connection ends, however it ends. Advisory locks count per database, so the key is the schema alone.

import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { FreeholdError } from '../core/kernel/errors.ts'
import type { MigrationEvent } from '../core/storage/migrations.ts'
import type { MigrationConnection } from './target.ts'

export interface MigrationLock {
  /** SQL that is true while this session, seen from inside the present transaction, holds the lock. */
  readonly held: string
  release(): Promise<void>
}

/**
 * Takes the lock, asking again and again (never queueing: a waiting lock request would hold a snapshot that
 * CREATE INDEX CONCURRENTLY in the other runner waits for).
 *
 * @throws MIGRATION_LOCKED when it is not free after `waitMs`
 */
export async function* takeLock(
  connection: MigrationConnection,
  schema: string,
  waitMs: number,
): AsyncGenerator<MigrationEvent, MigrationLock> {
  const key = keyOf(schema)
  const started = performance.now()
  for (let attempt = 1; ; attempt++) {
    const [row] = await connection.query('select pg_try_advisory_lock($1::bigint) as taken', [key])
    if (row?.taken === true) break
    const waitedMs = Math.round(performance.now() - started)
    if (waitedMs >= waitMs) {
      const [holder] = await connection.query(`select pid from pg_locks where ${advisory(key)} limit 1`)
      const pid = holder ? { pid: Number(holder.pid) } : {}
      throw new FreeholdError('MIGRATION_LOCKED', { schema, waitedMs, ...pid })
    }
    yield { kind: 'waiting', schema, waitedMs }
    await sleep(Math.min(jittered(Math.min(100 * 2 ** attempt, 2000)), Math.max(waitMs - waitedMs, 1)))
  }
  return {
    held: `exists (select from pg_locks where ${advisory(key)} and pid = pg_backend_pid())`,
    async release() {
      await connection.query('select pg_advisory_unlock($1::bigint)', [key])
    },
  }
}

/** Picks the granted lock of a key out of pg_locks. */
function advisory(key: string): string {
  return `locktype = 'advisory' and granted and objsubid = 1
    and ((classid::bigint << 32) | objid::bigint) = ${key}::bigint
    and database = (select oid from pg_database where datname = current_database())`
}

/** Between half of it and all of it, so that those who wait do not come back together. */
export function jittered(ms: number): number {
  return Math.round(ms * (0.5 + Math.random() / 2))
}

/** The schema's key: 64 bits, as PostgreSQL reads them. */
function keyOf(schema: string): string {
  return createHash('sha256').update(`freehold/migrations/${schema}`).digest().readBigInt64BE(0).toString()
}
