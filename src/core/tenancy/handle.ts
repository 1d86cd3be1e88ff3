// A tenant is a handle you hold, not a string you pass.

import type { SignIn } from '../authentication/sign-in.ts'
import type { Users } from '../identity/users.ts'
import type { TenantId } from '../kernel/ids.ts'
import type { TenantSessions } from '../sessions/session.ts'
import type { Domains } from './domains.ts'
import type { Tenant } from './tenant.ts'

/** Everything that can be done inside one tenant. Outside `transaction`, each call is a transaction of its own. */
export interface TenantHandle<Db = unknown> {
  readonly id: TenantId
  /** The tenant as it was when the handle was opened. */
  readonly tenant: Tenant
  readonly users: Users
  readonly signIn: SignIn
  readonly sessions: TenantSessions
  readonly domains: Domains
  /**
   * One scope, one transaction: Freehold's calls and the host's own queries (`tx.db`) commit together or not at all.
   * A transaction inside it is a part that can roll back alone.
   */
  transaction<R>(work: (tx: TenantTransaction<Db>) => Promise<R>): Promise<R>
}

/** A handle inside a transaction. */
export interface TenantTransaction<Db = unknown> extends TenantHandle<Db> {
  /** The host's own query handle, in this transaction and behind this tenant's wall: a `Kysely` on PostgreSQL and PGlite. */
  readonly db: Db
}
