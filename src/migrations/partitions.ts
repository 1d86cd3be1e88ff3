// The audit log is kept by months. Whenever the owner migrates, the months ahead get their partitions, two years
// before the first event needs one; a login that does not own the table leaves it, and doctor tells in time.

import { setTimeout as sleep } from 'node:timers/promises'
import { FreeholdError } from '../core/kernel/errors.ts'
import { faultOf, type MigrationConnection, type MigrationTarget, quoteName } from './target.ts'
import { backoff, passingReason } from './transaction.ts'

/** Answers how many partitions it made. @throws MIGRATION_FAILED */
export async function keepAuditPartitions(connection: MigrationConnection, target: MigrationTarget): Promise<number> {
  const { schema, lockTimeoutMs = 2000, attempts = 10 } = target
  const [due] = await connection.query(
    `select 1 as one from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1::text and c.relname = 'audit_events' and pg_has_role(c.relowner, 'USAGE')
       and to_regproc('freehold.ensure_audit_partitions') is not null
       and to_regclass(format('%I.%I', n.nspname, to_char(
         (clock_timestamp() at time zone 'UTC') + interval '24 months', '"audit_events_"YYYY"_"MM'
       ))) is null`,
    [schema],
  )
  if (!due) return 0
  for (let attempt = 1; ; attempt++) {
    try {
      return await makePartitions(connection, `${quoteName(schema)}.audit_events`, lockTimeoutMs)
    } catch (error) {
      const { sqlstate, message } = faultOf(error)
      if (passingReason(error) === undefined || attempt >= attempts) {
        throw new FreeholdError(
          'MIGRATION_FAILED',
          {
            migration: 'partitions of the audit log',
            problem: message,
            ...(sqlstate && { sqlstate }),
            hint: 'All migrations are applied; only the months ahead have no partition yet. Run the migrations again.',
          },
          { cause: error },
        )
      }
      await sleep(backoff(attempt))
    }
  }
}

async function makePartitions(connection: MigrationConnection, table: string, lockTimeoutMs: number): Promise<number> {
  await connection.query('begin')
  try {
    await connection.query("select set_config('lock_timeout', $1, true)", [`${lockTimeoutMs}ms`])
    const [row] = await connection.query('select freehold.ensure_audit_partitions($1::text::regclass) as made', [table])
    await connection.query('commit')
    return Number(row?.made)
  } catch (error) {
    await connection.query('rollback').catch(() => undefined)
    throw error
  }
}
