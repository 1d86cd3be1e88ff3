// A tenant is a handle you hold, not a string you pass.

import type { SignIn } from '../authentication/sign-in.ts'
import type { Users } from '../identity/users.ts'
import type { TenantId } from '../kernel/ids.ts'
import type { TenantSessions } from '../sessions/session.ts'
import type { Domains } from './domains.ts'
import type { Tenant } from './tenant.ts'

/** What works alike on a handle and inside its transactions. */
export interface TenantServices<Db = unknown> {
  readonly id: TenantId
  /** The tenant as it was when the handle was opened. */
  readonly tenant: Tenant
  readonly users: Users
  readonly sessions: TenantSessions
  /**
   * One scope, one transaction: Freehold's calls and the host's own queries (`tx.db`) commit together or not at all.
   * A transaction inside it is a part that can roll back alone.
   * @throws CONFLICT (safe to run again), TRANSACTION_LOST, STORAGE_UNAVAILABLE, POOL_EXHAUSTED, and whatever `work` throws
   */
  transaction<R>(work: (tx: TenantTransaction<Db>) => Promise<R>): Promise<R>
}

/** Everything that can be done inside one tenant. Outside `transaction`, each call is a transaction of its own. */
export interface TenantHandle<Db = unknown> extends TenantServices<Db> {
  /** Not part of a transaction: an attempt must be counted even when everything around it is rolled back. */
  readonly signIn: SignIn
  readonly domains: Domains
}

/** A handle inside a transaction. */
export interface TenantTransaction<Db = unknown> extends TenantServices<Db> {
  /** The host's own query handle, in this transaction and behind this tenant's wall: a `Kysely` on PostgreSQL and PGlite. */
  readonly db: Db
}
