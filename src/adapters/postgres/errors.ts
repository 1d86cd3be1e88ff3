// What the server or the driver says, as Freehold's errors: the one place where a SQLSTATE gets its meaning. The
// original is always the cause.

import { FreeholdError } from '../../core/kernel/errors.ts'
import type { Statement } from './link.ts'

/**
 * @param statement what was sent: of ours, a table or function that is not there is one that no migration made yet
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function translate(error: unknown, statement?: Statement): FreeholdError {
  if (FreeholdError.is(error)) return error
  const options = { cause: error }
  const said = serverError(error)
  if (!said) return new FreeholdError('STORAGE_UNAVAILABLE', {}, options)
  const { code, column = '' } = said
  const [table, constraint] = [wholeOf(said.table ?? ''), wholeOf(said.constraint ?? '')]
  switch (code) {
    case '23505': // unique_violation
    case '23P01': // exclusion_violation
      return new FreeholdError('DUPLICATE', { table, constraint }, options)
    case '23503': // foreign_key_violation
    case '23001': // restrict_violation
      return new FreeholdError('REFERENCE_MISSING', { table, constraint }, options)
    case '23514': // check_violation
      return new FreeholdError('ROW_REFUSED', { table, constraint }, options)
    case '23502': // not_null_violation
    case '22P02': // invalid_text_representation
    case '22P05': // untranslatable_character
    case '22021': // character_not_in_repertoire
    case '22001': // string_data_right_truncation
    case '22003': // numeric_value_out_of_range
    case '22007': // invalid_datetime_format
    case '22008': // datetime_field_overflow
      return new FreeholdError('ROW_REFUSED', { table, constraint: column }, options)
    case '42501': {
      // insufficient_privilege: the wall says so too, and the log's; otherwise the login lacks a right
      const walled = isWallOf(said) ? wallOf(said.message) : keptLogOf(said, statement)
      return walled === undefined
        ? new FreeholdError('STORAGE_FAILED', { sqlstate: code }, options)
        : new FreeholdError('ROW_REFUSED', { table: walled, constraint: 'freehold_wall' }, options)
    }
    case '42P01': // undefined_table
    case '42703': // undefined_column
    case '42883': // undefined_function
    case '3F000': // invalid_schema_name
      return (statement && !statement.host) || entersTenant(said)
        ? new FreeholdError('MIGRATIONS_PENDING', { pending: [] }, options)
        : new FreeholdError('STORAGE_FAILED', { sqlstate: code }, options)
    case '40001': // serialization_failure
    case '40P01': // deadlock_detected
    case '55P03': // lock_not_available
      return new FreeholdError('CONFLICT', {}, options)
    case '25P02': // in_failed_sql_transaction
      return new FreeholdError('TRANSACTION_LOST', {}, options)
    case '53300': // too_many_connections
    case '25006': // read_only_sql_transaction: a standby, or one that was the primary
    case '57014': // query_canceled: a statement_timeout, or an administrator
    case '57P01': // admin_shutdown
    case '57P02': // crash_shutdown
    case '57P03': // cannot_connect_now
    case '57P04': // database_dropped
    case '57P05': // idle_session_timeout
    case '25P03': // idle_in_transaction_session_timeout
    case '25P04': // transaction_timeout
      return new FreeholdError('STORAGE_UNAVAILABLE', {}, options)
    default:
      if (code.startsWith('08') || code.startsWith('28')) return new FreeholdError('STORAGE_UNAVAILABLE', {}, options)
      if (isStale(error)) return new FreeholdError('CONFLICT', {}, options)
      return new FreeholdError('STORAGE_FAILED', { sqlstate: code }, options)
  }
}

/** An ErrorResponse of the server, as node-postgres and PGlite both show it; undefined for anything of the driver's own. */
export function serverError(error: unknown): ServerError | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { code, severity } = error as Partial<ServerError>
  // a socket's error has a `code` too, and `EPIPE` even looks like a SQLSTATE
  return typeof code === 'string' && typeof severity === 'string' ? (error as ServerError) : undefined
}

interface ServerError {
  readonly code: string
  readonly severity: string
  readonly message: string
  readonly table?: string
  readonly constraint?: string
  readonly column?: string
  readonly detail?: string
  /** The function of the server's source that said it: in no language. */
  readonly routine?: string
}

/** True when the connection cannot be used again: the driver failed, or the server said its last word. */
export function breaksConnection(error: unknown): boolean {
  // ours: a value that was never sent, or one that could not be read
  if (FreeholdError.is(error)) return false
  const said = serverError(error)
  if (!said) return true
  // the severity may be in the server's language, so the codes that always end a session are known by themselves
  return said.severity === 'FATAL' || said.severity === 'PANIC' || /^(08|57P|25P0[34])/.test(said.code)
}

/**
 * True when what the connection remembers of a prepared statement is no longer so: its columns changed under it
 * (a migration), or it is gone (DISCARD ALL). Nothing has run then; the statement may be prepared and sent again.
 */
export function isStale(error: unknown): boolean {
  const said = serverError(error)
  if (!said) return false
  return (
    said.code === '26000' || (said.code === '0A000' && 'routine' in said && said.routine === 'RevalidateCachedQuery')
  )
}

function isWallOf({ routine }: ServerError): boolean {
  return routine === 'ExecWithCheckOptions'
}

/** The table, which only the text names: the last name in it. */
function wallOf(message: string): string {
  return /"([^"]+)"[^"]*$/.exec(message)?.[1] ?? ''
}

/** The log that a statement would have changed: nobody has the right to, so it is no right that a login lacks. */
function keptLogOf({ routine, message }: ServerError, statement: Statement | undefined): string | undefined {
  if (routine !== 'aclcheck_error' || !statement || statement.host) return undefined
  return /\baudit_(?:events|pending)\b/.exec(message)?.[0]
}

/** Entering the tenant went before a statement of the host's, and failed: nothing was migrated yet. */
function entersTenant({ code, message }: ServerError): boolean {
  return code === '3F000' ? message.includes('"freehold"') : message.includes('freehold.enter_tenant(')
}

/** A partition, or a key of one, by the name that its whole table knows it by. */
function wholeOf(name: string): string {
  return name.replace(/^audit_events_(?:\d{4}_\d\d|default)(?=_|$)/, 'audit_events')
}
