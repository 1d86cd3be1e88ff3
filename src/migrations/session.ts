// The ground on which every migration file runs: its own search_path, no statement timeout, a short lock timeout,
// and row_security off, so that a statement the wall would cut short fails instead of losing rows.

import { FreeholdError } from '../core/kernel/errors.ts'
import { labelOf, type MigrationFile } from './file.ts'
import type { MigrationLock } from './lock.ts'
import { type MigrationConnection, type MigrationTarget, quoteName } from './target.ts'

export interface MigrationSession {
  readonly connection: MigrationConnection
  readonly lockTimeoutMs: number
  readonly attempts: number
  /** Prepares the ground for a file; with `local`, until the present transaction ends. */
  prepare(file: MigrationFile, local: boolean): Promise<void>
  /** Puts the settings back as they were: the connection may be lent again. */
  restore(): Promise<void>
}

const SETTINGS = [
  'search_path',
  'lock_timeout',
  'statement_timeout',
  'row_security',
  'client_connection_check_interval',
] as const

export async function openSession(
  connection: MigrationConnection,
  target: MigrationTarget,
  lock: MigrationLock,
): Promise<MigrationSession> {
  const { schema, lockTimeoutMs = 2000, attempts = 10 } = target
  const [original] = await connection.query(
    `select ${SETTINGS.map((name) => `current_setting('${name}') as ${name}`).join(', ')},
       current_schemas(false) && array[$1::name, 'freehold'] as ours_in_path,
       array_to_string(array(
         select quote_ident(name) from unnest(current_schemas(false)) name where name not in ($1::name, 'freehold')
       ), ', ') as other_path`,
    [schema],
  )
  // a runner that was stopped should not leave its statement running with the lock; not every system can tell
  await connection.query("select set_config('client_connection_check_interval', '1s', false)").catch(() => undefined)
  const before = (name: string): string => String(original?.[name])
  const ours = `${quoteName(schema)}, pg_temp`
  // where a login is named like our schema, "$user" would send the host's tables into it
  const hosts = original?.ours_in_path === true ? before('other_path') || 'public' : before('search_path')

  return {
    connection,
    lockTimeoutMs,
    attempts,

    async prepare(file, local) {
      const [row] = await connection.query(
        `select set_config('search_path', $1, ${local}), set_config('lock_timeout', $2, ${local}),
           set_config('statement_timeout', '0', ${local}), set_config('row_security', 'off', ${local}), ${lock.held} as held`,
        [file.set === 'host' ? hosts : ours, `${lockTimeoutMs}ms`],
      )
      if (row?.held !== true) {
        throw new FreeholdError('MIGRATION_FAILED', {
          migration: labelOf(file),
          problem: 'the lock of this run is not on this connection any more',
          hint: 'Migrations need a connection to the server itself: a pooler in transaction mode hands out another session each time. Nothing of this migration ran.',
        })
      }
    },

    async restore() {
      await connection.query(
        `select ${SETTINGS.map((name, index) => `set_config('${name}', $${index + 1}, false)`).join(', ')}`,
        SETTINGS.map(before),
      )
    },
  }
}
