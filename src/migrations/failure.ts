// A migration that failed, told to the person who has to mend it: where in the file, what the server said, what
// was kept, what has not run, what to do next.

import { FreeholdError } from '../core/kernel/errors.ts'
import { labelOf, type MigrationFile } from './file.ts'
import type { SqlStatement } from './split.ts'
import { faultOf, type ServerFault } from './target.ts'

/** An error of one statement of a file. */
export class StatementFailure extends Error {
  readonly statement: SqlStatement
  constructor(statement: SqlStatement, cause: unknown) {
    super('statement failed', { cause })
    this.statement = statement
  }
}

/** Where the run stands when it stops. */
export interface Progress {
  /** Labels of what this run applied before. */
  readonly applied: readonly string[]
  /** Labels of what comes after and was not tried. */
  readonly left: readonly string[]
}

/** A transactional migration failed: nothing of it was kept. */
export function migrationFailed(
  file: MigrationFile,
  error: unknown,
  progress: Progress,
): FreeholdError<'MIGRATION_FAILED'> {
  const { fault, line, cause } = lookAt(error)
  const kept = isConnectionLoss(fault)
    ? 'The connection was lost; if that happened during COMMIT, it may have been applied: the ledger knows, and running again is safe.'
    : 'Nothing of it was kept: it is one transaction.'
  const advice = adviceFor(fault) || (isConnectionLoss(fault) ? '' : 'Mend the file: what failed may be edited.')
  const hint = [kept, ...around(progress), advice, 'Then run the migrations again.'].filter(Boolean).join(' ')
  return new FreeholdError(
    'MIGRATION_FAILED',
    { migration: labelOf(file), ...told(fault), ...(line !== undefined && { line }), hint },
    { cause },
  )
}

/** A migration outside a transaction failed: what ran before the fault stays. */
export function migrationStopped(
  file: MigrationFile,
  done: number,
  error: unknown,
  progress: Progress,
): FreeholdError<'MIGRATION_NEEDS_REPAIR'> {
  const { fault, line, cause } = lookAt(error)
  const { length } = file.statements
  const hint = [
    `Statement ${done + 1} of ${length} failed; ${done === 0 ? 'none ran before it' : `the ${done} before it are kept`}.`,
    ...around(progress),
    adviceFor(fault),
    'Then run the migrations again: invalid indexes that it left are dropped, and it goes on at this statement.',
  ].filter(Boolean)
  return new FreeholdError(
    'MIGRATION_NEEDS_REPAIR',
    { migration: labelOf(file), ...told(fault), ...(line !== undefined && { line }), hint: hint.join(' ') },
    { cause },
  )
}

/** Something around the migrations failed: the ledger, the lock, a membership. What is Freehold's own passes. */
export function aroundFailed(schema: string, error: unknown): FreeholdError {
  if (FreeholdError.is(error)) return error
  const fault = faultOf(error)
  if (isConnectionLoss(fault)) return new FreeholdError('STORAGE_UNAVAILABLE', {}, { cause: error })
  const advice = adviceFor(fault) || 'Nothing of a migration was kept that the ledger does not know.'
  const hint = `${advice} Then run the migrations again.`
  return new FreeholdError(
    'MIGRATION_FAILED',
    { migration: `${schema}.schema_migrations`, ...told(fault), hint },
    { cause: error },
  )
}

/** One line for the ledger. */
export function summaryOf(error: unknown): string {
  const { fault, line } = lookAt(error)
  const place = line === undefined ? '' : `line ${line}: `
  return `${place}${fault.message}${fault.sqlstate ? ` (${fault.sqlstate})` : ''}`
}

/** True when the connection went away instead of the server refusing. */
export function isConnectionLoss(fault: ServerFault): boolean {
  return fault.sqlstate === undefined || /^(08|57P0[1-5])/.test(fault.sqlstate)
}

function lookAt(error: unknown): { fault: ServerFault; line?: number; cause: unknown } {
  if (!(error instanceof StatementFailure)) return { fault: faultOf(error), cause: error }
  const { statement, cause } = error
  const fault = faultOf(cause)
  // positions count characters, not UTF-16 units
  const before = fault.position ? [...statement.text].slice(0, fault.position - 1) : []
  return { fault, line: statement.line + before.filter((character) => character === '\n').length, cause }
}

function told(fault: ServerFault): { problem: string; sqlstate?: string } {
  const problem = [fault.message, fault.detail, fault.hint].filter(Boolean).join(' / ')
  return { problem, ...(fault.sqlstate && { sqlstate: fault.sqlstate }) }
}

function around({ applied, left }: Progress): string[] {
  const before =
    applied.length > 0 ? `Applied before it: ${applied.join(', ')}.` : 'This run applied nothing before it.'
  return left.length > 0 ? [before, `Not tried: ${left.join(', ')}.`] : [before]
}

function adviceFor({ sqlstate, message }: ServerFault): string {
  if (sqlstate === '55P03') {
    return (
      'Another transaction holds a lock on the same table. Find it with: select pid, usename, state, xact_start, left(query, 80) ' +
      'from pg_stat_activity where xact_start is not null order by xact_start. Wait until it ends, or end it with pg_terminate_backend(pid).'
    )
  }
  if (sqlstate === '25001')
    return 'Such a statement runs outside a transaction: begin the file with "-- freehold: no-transaction".'
  if (sqlstate === '42501' && message.includes('row-level security')) {
    return (
      'The owner stands behind the wall too, and no tenant is entered here, so a statement on all rows (a backfill, the check of a new foreign key) would see none. Around it, write ' +
      '"alter table t no force row level security" before and "alter table t force row level security" after it, for each table that it reads, in the same file.'
    )
  }
  if (sqlstate === '42501') return 'The login that migrates lacks a right: it must own the schema and its tables.'
  return ''
}
