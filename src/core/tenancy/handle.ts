// A tenant is a handle you hold, not a string you pass.

import type { Access } from '../access/access.ts'
import type { Assignments } from '../access/assignments.ts'
import type { CustomPermissions } from '../access/custom-permissions.ts'
import type { Organizations } from '../access/organizations.ts'
import type { Policies } from '../access/policy.ts'
import type { Projects } from '../access/projects.ts'
import type { Resources } from '../access/resources.ts'
import type { Roles } from '../access/roles.ts'
import type { ServiceAccounts } from '../access/service-accounts.ts'
import type { Teams } from '../access/teams.ts'
import type { AccessTools } from '../access/tools/access-tools.ts'
import type { Accounts } from '../accounts/account.ts'
import type { Invitations } from '../accounts/inviting.ts'
import type { MessageSignIn } from '../accounts/message-sign-in.ts'
import type { Actor, Audit } from '../audit/audit.ts'
import type { Devices } from '../authentication/devices/devices.ts'
import type { SignInEnrolment } from '../authentication/enrolment.ts'
import type { Factors } from '../authentication/factors/factors.ts'
import type { Passkeys } from '../authentication/passkeys/passkeys.ts'
import type { PasskeySignIn } from '../authentication/passkeys/sign-in.ts'
import type { SignIn } from '../authentication/sign-in.ts'
import type { Billing, Entitlements } from '../billing/billing.ts'
import type { ApiKeys } from '../identity/api-keys.ts'
import type { Users } from '../identity/users.ts'
import type { TenantId } from '../kernel/ids.ts'
import type { Impersonation } from '../operators/impersonation.ts'
import type { TenantSessions } from '../sessions/session.ts'
import type { Domains } from './domains.ts'
import type { Tenant } from './tenant.ts'

/**
 * What works alike on a handle and inside its transactions. `Db` is the storage's query handle, `P` the permissions
 * that were declared.
 */
export interface TenantServices<Db = unknown, P extends string = string> {
  readonly id: TenantId
  /** The tenant as it was when the handle was opened. */
  readonly tenant: Tenant
  readonly users: Users
  readonly sessions: TenantSessions
  readonly passkeys: Passkeys
  readonly organizations: Organizations
  readonly teams: Teams
  readonly projects: Projects
  /** The host's own things on which roles are held one by one. */
  readonly resources: Resources
  readonly serviceAccounts: ServiceAccounts
  readonly apiKeys: ApiKeys
  readonly roles: Roles
  readonly assignments: Assignments
  /** Documents that allow or deny beside the roles. */
  readonly policies: Policies
  /** What the tenant adds to the permissions that code declares. */
  readonly customPermissions: CustomPermissions
  /** May this principal do that? */
  readonly access: Access<P> & AccessTools
  /** What happened here, and who did it. */
  readonly audit: Audit
  readonly billing: Billing
  readonly entitlements: Entitlements
  /**
   * One scope, one transaction: Freehold's calls and the host's own queries (`tx.db`) commit together or not at all.
   * A transaction inside it is a part that can roll back alone.
   * @throws CONFLICT (safe to run again), TRANSACTION_LOST, STORAGE_UNAVAILABLE, POOL_EXHAUSTED, and whatever `work` throws
   */
  transaction<R>(work: (tx: TenantTransaction<Db, P>) => Promise<R>): Promise<R>
  /**
   * The host's own queries behind this tenant's wall, each a read-only transaction of its own in one round trip: what one
   * list needs, at half the price of `transaction`. Inside a transaction they are part of it.
   * @throws INPUT_INVALID (a query that would change something), STORAGE_UNAVAILABLE, POOL_EXHAUSTED
   */
  read<R>(work: (db: Db) => Promise<R>): Promise<R>
}

/** Every way in, and what follows on any of them. */
export interface WaysIn extends SignIn, MessageSignIn {
  readonly passkey: PasskeySignIn
  /** Where a rule asks for a second factor of somebody who has none (`enrolment-required`). */
  readonly enrolment: SignInEnrolment
}

/** Everything that can be done inside one tenant. Outside `transaction`, each call is a transaction of its own. */
export interface TenantHandle<Db = unknown, P extends string = string> extends TenantServices<Db, P> {
  /** Not part of a transaction: an attempt must be counted even when everything around it is rolled back. */
  readonly signIn: WaysIn
  /** Operators who act as users; not part of a transaction either: it opens a session. */
  readonly impersonation: Impersonation
  /** Not part of a transaction either: what is sent cannot be taken back. */
  readonly accounts: Accounts
  /** Not part of a transaction either: letters are sent. */
  readonly invitations: Invitations
  /** Not part of a transaction either: it counts attempts, and sends codes. */
  readonly factors: Factors
  /** Beside the factors, for which they may stand in. */
  readonly devices: Devices
  readonly domains: Domains
  /**
   * The same tenant in somebody's name: what is done through the handle is audited as theirs, and a user or service account grants no
   * more than they hold. A handle that nobody is bound to acts as `system`: the host's own code.
   * @throws INPUT_INVALID, ID_INVALID
   */
  as(actor: Actor): TenantHandle<Db, P>
}

/** A handle inside a transaction. */
export interface TenantTransaction<Db = unknown, P extends string = string> extends TenantServices<Db, P> {
  /** The host's own query handle, in this transaction and behind this tenant's wall: a `Kysely` on PostgreSQL and PGlite. */
  readonly db: Db
  /** The same transaction in somebody's name. @throws as TenantHandle.as */
  as(actor: Actor): TenantTransaction<Db, P>
}
