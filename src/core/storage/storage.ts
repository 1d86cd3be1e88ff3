// The port. Everything that core asks of a database, and nothing else: records, verbs, and the unit of work that
// makes several of them one. No method takes a tenant id, so none can be given a wrong one.

import type { Migrations } from './migrations.ts'
import type { Records } from './records.ts'
import type { Finding } from './safety.ts'
import type { Outcome, Step } from './steps.ts'
import type { SystemTableName, TenantTableName } from './tables.ts'
import type { Notice, SystemVerbs, TenantVerbs } from './verbs.ts'

/** Where a tenant's rows live, and whose they are. */
export interface TenantRef {
  readonly id: string
  readonly location: Location
}

export interface Location {
  readonly database: string
  readonly schema: string
}

/**
 * A tenant's scope. Called directly, each record call and verb is its own transaction and costs one round trip;
 * inside `transaction` they share one.
 */
export interface TenantScope<Db = unknown> {
  readonly records: Records<TenantTableName>
  readonly verbs: TenantVerbs
  /**
   * One transaction: commits when `work` resolves, rolls back when it rejects. On a scope that is already inside
   * one, `work` is a part of it that rolls back alone (a savepoint); such parts run one after the other.
   * @throws STORAGE_UNAVAILABLE, POOL_EXHAUSTED, TRANSACTION_LOST (the server did not commit), CONFLICT (safe to run again)
   */
  transaction<R>(work: (unit: TenantUnit<Db>) => Promise<R>): Promise<R>
  /**
   * A transaction that is known before it begins, in one round trip: all of its steps are done, in their order, or none is,
   * because one of them did not find what it demands. Of any number of concurrent callers who demand what only one can
   * have, exactly one is told `done`. Inside a transaction it is a part of it, which is taken back alone.
   * @throws as `transaction`
   */
  atOnce(steps: readonly Step[]): Promise<Outcome>
  /**
   * The host's own queries, each a read-only transaction of its own, in one round trip. Inside a transaction they are part
   * of it.
   * @throws INPUT_INVALID (a query that would change something), STORAGE_UNAVAILABLE, POOL_EXHAUSTED
   */
  read<R>(work: (db: Db) => Promise<R>): Promise<R>
}

/** A tenant's scope inside a transaction, with the handle for the host's own queries. */
export interface TenantUnit<Db = unknown> extends TenantScope<Db> {
  /** The host's query handle, in the same transaction and behind the same wall. Its type is the adapter's: a `Kysely` on PostgreSQL. */
  readonly db: Db
}

/** The system tables' scope; no tenant is entered, so tenant tables answer nothing. */
export interface SystemScope<Db = unknown> {
  readonly records: Records<SystemTableName>
  readonly verbs: SystemVerbs
  transaction<R>(work: (unit: SystemUnit<Db>) => Promise<R>): Promise<R>
}

export interface SystemUnit<Db = unknown> extends SystemScope<Db> {
  readonly db: Db
  /**
   * A tenant's scope inside this very transaction. Only for tenants whose rows are in the control database; entering
   * another tenant leaves the first.
   */
  tenant(ref: TenantRef): TenantUnit<Db>
}

export interface Storage<Db = unknown> {
  /** For error messages and `doctor`: "memory", "pglite", "postgres". */
  readonly name: string
  readonly traits: StorageTraits
  readonly migrations: Migrations
  readonly system: SystemScope<Db>
  tenant(ref: TenantRef): TenantScope<Db>
  /** The location of tenants that share one schema. */
  readonly sharedLocation: Location
  /**
   * Hears what `publish` told, from this process and every other. `onGap` is called when notices may have been
   * missed (a lost connection): forget everything then. Answers how to stop.
   */
  subscribe(listener: NoticeListener): Promise<() => Promise<void>>
  /** Looks at the server, the roles and the walls; see `doctor`. Empty means that nothing was found. */
  inspect(): Promise<Finding[]>
  /** Ends what this storage opened; a pool that the host gave stays open. */
  close(): Promise<void>
}

export interface NoticeListener {
  onNotice(notice: Notice): void
  onGap(): void
}

/** What an adapter is, by facts instead of by name. */
export interface StorageTraits {
  /** The database itself refuses rows of another tenant. */
  readonly rowLevelSecurity: boolean
  /** Several transactions at once, on several connections. */
  readonly concurrentTransactions: boolean
  /** Data outlives the process. */
  readonly durable: boolean
}
