// What a look at the database can find. `doctor` prints findings; at start-up those of severity `refuse` stop Freehold.

export interface Finding {
  /** Stable name, as `superuser-role`: what `allowUnsafe` takes. */
  readonly id: FindingId
  /** `refuse`: the wall can be passed. `warn`: should be mended. `info`: good to know. */
  readonly severity: 'refuse' | 'warn' | 'info'
  /** What is wrong, in a sentence. */
  readonly message: string
  /** What to do, as SQL or a command where there is one. */
  readonly remedy: string
  /** What it is about: a role, a table, a function. */
  readonly subject?: string
}

export type FindingId =
  | 'superuser-role'
  | 'bypassrls-role'
  | 'owner-role'
  | 'role-not-member'
  | 'rls-missing'
  | 'rls-not-forced'
  | 'policy-missing'
  | 'policy-not-restrictive'
  | 'policy-not-public'
  | 'policy-not-permissive'
  | 'policy-function-immutable'
  | 'function-replaced'
  | 'tenant-preset'
  | 'key-without-tenant'
  | 'foreign-key-without-tenant'
  | 'foreign-key-without-index'
  | 'partition-grant'
  | 'dangerous-grant'
  | 'temp-grant'
  | 'view-not-invoker'
  | 'materialized-view'
  | 'definer-function'
  | 'audit-writable'
  | 'audit-unfenced'
  | 'audit-referenced'
  | 'audit-partitions'
  | 'migrations-pending'
  | 'migrations-diverged'
  | 'server-version'
  | 'isolation-level'
  | 'database-encoding'
  | 'key-weak'
  | 'package-missing'
  | 'clock-skew'
  | 'not-durable'
  | 'default-plan-unknown'
  | 'inbox-readable'
  | 'inbox-dead'
  | 'inbox-waiting'
