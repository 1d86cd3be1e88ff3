// The seam between a PostgreSQL of any kind and everything built on it (records, verbs, the host's query handle).
// Whoever implements Link (a pool of connections, PGlite) gets the rest for nothing.

import type { TenantVerbs } from '../../core/storage/verbs.ts'

/**
 * One SQL statement with `$1`-style parameters. Tables and functions are named with their schema.
 *
 * Values may be null, string, number, boolean, bigint, Date (timestamptz), Uint8Array (bytea), an array of these (a
 * PostgreSQL array), or a plain object (JSON text); give JSON arrays and scalars as `JSON.stringify(...)`. Rows come
 * back with int8 as a safe number, timestamptz as Date, json parsed, bytea as Buffer, arrays as arrays.
 */
export interface Statement {
  /** For texts that are fixed in the code: prepared once per connection under this name. The same name, the same text. */
  readonly name?: string
  readonly text: string
  readonly values?: readonly unknown[]
  /** Its rows are answered too, before those of the statement that it travels with. */
  readonly gathered?: true
  /** The host's own: values and rows are converted as its driver does by default. */
  readonly host?: true
}

export interface Answer {
  readonly rows: Record<string, unknown>[]
  /** Where in `rows` those of each gathered statement end. */
  readonly ends?: readonly number[]
  /** The first word of the command tag: `SELECT`, `UPDATE`, `COMMIT`. */
  readonly command: string
  /** Rows that the command returned or touched, by its tag; 0 where it has none. */
  readonly count: number
}

/** Sends one statement and answers. @throws FreeholdError only; the driver's own error is its cause */
export type Send = (statement: Statement) => Promise<Answer>

/** A transaction under way. Throws when it is used after it ended. */
export interface Unit {
  readonly send: Send
  /**
   * Lets a statement travel with the next one, or with COMMIT: it costs no round trip, nobody sees its answer, and
   * its failure is that of what it travels with. It is taken back with its part, like any other. Named, its values
   * ready to be bound.
   */
  ride(statement: Statement): void
  /**
   * Sends statements of several tenants in one round trip; answers the rows of all of them. Named, their values ready to be
   * bound.
   */
  gather(statements: readonly Addressed[]): Promise<Answer>
  /** The same unit, seen from a tenant's scope (null: from none): what is sent through it enters that tenant first. */
  as(tenantId: string | null): Unit
  /**
   * A part that rolls back alone (a savepoint). Parts of one unit run one after the other; a part that is opened
   * through its parent while another part runs, from inside that part, becomes a part of it.
   */
  part<R>(work: (part: Unit) => Promise<R>): Promise<R>
}

/** A statement, and the tenant in whose scope it runs (null: in none). */
export interface Addressed {
  readonly tenantId: string | null
  readonly statement: Statement
}

export interface Link {
  /**
   * One statement as a transaction of its own, in the tenant's scope (null: in none), in one round trip.
   *
   * @param before goes first, in the same transaction and round trip
   */
  one(tenantId: string | null, statement: Statement, before?: Statement): Promise<Answer>
  /**
   * Several statements as one transaction in a tenant's scope, in one round trip; answers the rows of those that are gathered.
   * Named, their values ready to be bound.
   */
  all(tenantId: string, statements: readonly Statement[]): Promise<Answer>
  /** One transaction in the tenant's scope (null: in none): commits when `work` resolves, rolls back when it rejects. */
  unit<R>(tenantId: string | null, work: (unit: Unit) => Promise<R>): Promise<R>
  /** Hears the payloads sent to a channel, and of gaps in hearing. Answers how to stop. */
  listen(channel: string, ear: Ear): Promise<() => Promise<void>>
  close(): Promise<void>
}

export interface Ear {
  onPayload(payload: string): void
  /** Payloads may have been missed. */
  onGap(): void
}

/** The verbs of sessions, which have a room of their own (session-verbs.ts). */
export type SessionVerbs = Pick<TenantVerbs, 'openSession' | 'lookUpSession' | 'rotateSession' | 'endSessions'>
