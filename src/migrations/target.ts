// What the runner asks of a database: a connection of its own. An adapter for `pg`, PGlite or anything else that
// speaks to PostgreSQL fills this in.

import { FreeholdError } from '../core/kernel/errors.ts'

export interface MigrationTarget {
  /**
   * A connection as the owner of the schema, that nobody else uses until `end`: to the server itself, not through
   * a pooler in transaction mode, because the lock belongs to the session.
   */
  connect(): Promise<MigrationConnection>
  /** A connection that may read the ledger: for `plan` and `status`. Default: `connect`. */
  read?(): Promise<MigrationConnection>
  /** Where the tables go. */
  readonly schema: string
  /** The host's own folder of `NNNN_name.sql` files. */
  readonly folder?: string
  /** The login of the application; `apply` makes it a member of freehold_app if it is not yet. */
  readonly appLogin?: string
  /** How long a statement waits for a lock before it lets the others pass and tries again. Default 2,000 ms. */
  readonly lockTimeoutMs?: number
  /** How often a migration is tried before a lock that never comes is a failure. Default 10. */
  readonly attempts?: number
}

export interface MigrationConnection {
  /** Runs one statement and answers its rows. Errors carry the SQLSTATE in `code` and, where known, `position`. */
  query(text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>
  end(): Promise<void>
}

/** Opens a connection. @throws STORAGE_UNAVAILABLE with the driver's error as its cause */
export async function open(connect: () => Promise<MigrationConnection>): Promise<MigrationConnection> {
  try {
    return await connect()
  } catch (error) {
    if (FreeholdError.is(error)) throw error
    throw new FreeholdError('STORAGE_UNAVAILABLE', {}, { cause: error })
  }
}

/** A name as SQL takes it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** What a server says when it refuses; drivers agree on these fields. */
export interface ServerFault {
  /** SQLSTATE; absent when the connection failed instead. */
  readonly sqlstate: string | undefined
  readonly message: string
  readonly detail: string | undefined
  readonly hint: string | undefined
  /** Characters into the statement, 1 for the first. */
  readonly position: number | undefined
}

export function faultOf(error: unknown): ServerFault {
  const fields = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>
  const text = (name: string): string | undefined => (typeof fields[name] === 'string' ? fields[name] : undefined)
  const code = text('code')
  return {
    sqlstate: code && /^[0-9A-Z]{5}$/.test(code) && text('severity') ? code : undefined,
    message: text('message') ?? String(error),
    detail: text('detail'),
    hint: text('hint'),
    position: Number(fields.position) || undefined,
  }
}
