// What core and the host see of migrations. The runner is in src/migrations; an adapter binds it to its database.

export interface Migrations {
  /** What `apply` would do, without doing it. @throws MIGRATION_CHANGED, MIGRATION_NEWER, MIGRATION_INVALID */
  plan(options?: MigrationOptions): Promise<MigrationPlan>
  /**
   * Applies what is pending. Awaiting it applies everything and answers the events; iterating shows each event as it happens.
   * @throws MIGRATION_CHANGED, MIGRATION_NEWER, MIGRATION_LOCKED, MIGRATION_FAILED, MIGRATION_NEEDS_REPAIR, MIGRATION_INVALID
   */
  apply(options?: MigrationOptions): MigrationRun
  /** Every migration known to the code or to the ledger, with its state. */
  status(options?: MigrationOptions): Promise<MigrationStatus[]>
}

export interface MigrationRun extends AsyncIterable<MigrationEvent>, PromiseLike<MigrationEvent[]> {}

export interface MigrationOptions {
  /** The host's own folder of `NNNN_name.sql` files, run after ours; overrides the one given to the adapter. */
  readonly folder?: string
  /** Record these as applied without running them: a database that already has what they make. `'set:NNNN'` or `'set:all'`, as `'host:0003'`. */
  readonly baseline?: string
  /** How long to wait for another process's migration of the same schema, in milliseconds. Default 60,000. */
  readonly lockWaitMs?: number
}

export type MigrationSet = 'system' | 'tenant' | 'host'

export interface PlannedMigration {
  readonly set: MigrationSet
  readonly number: number
  readonly name: string
  /** SHA-256 of the file, hex. */
  readonly checksum: string
  readonly transactional: boolean
  readonly sql: string
}

export interface MigrationPlan {
  readonly database: string
  readonly schema: string
  readonly pending: readonly PlannedMigration[]
}

export type MigrationState = 'pending' | 'running' | 'done' | 'failed' | 'needs-repair' | 'changed' | 'unknown-to-code'

export interface MigrationStatus {
  readonly set: MigrationSet
  readonly number: number
  readonly name: string
  readonly state: MigrationState
  readonly appliedAt: Date | null
  readonly durationMs: number | null
  readonly error: string | null
}

export type MigrationEvent =
  | { readonly kind: 'waiting'; readonly schema: string; readonly waitedMs: number }
  | { readonly kind: 'started'; readonly migration: string; readonly index: number; readonly of: number }
  | {
      readonly kind: 'retrying'
      readonly migration: string
      readonly attempt: number
      readonly delayMs: number
      readonly reason: string
    }
  | { readonly kind: 'cleaned'; readonly migration: string; readonly index: string }
  | { readonly kind: 'applied'; readonly migration: string; readonly durationMs: number }
  | { readonly kind: 'baselined'; readonly migration: string }
  /** The application's login was made a member of the role that holds its rights. */
  | { readonly kind: 'granted'; readonly role: string; readonly login: string }
  | { readonly kind: 'finished'; readonly applied: number; readonly durationMs: number }
