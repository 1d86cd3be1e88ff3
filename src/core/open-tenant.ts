// A tenant's rooms behind one handle. Each is opened when it is first entered, since most requests enter one or two.

import { createAccess } from './access/access.ts'
import { createAssignments } from './access/assignments.ts'
import type { AccessCache } from './access/cache.ts'
import { createOrganizations } from './access/organizations.ts'
import type { Permissions } from './access/permissions.ts'
import { createRoles } from './access/roles.ts'
import { createServiceAccounts } from './access/service-accounts.ts'
import { checkActor } from './audit/actor.ts'
import { createAudit } from './audit/audit.ts'
import type { Passwords } from './authentication/passwords.ts'
import { createSignIn, type SignIn } from './authentication/sign-in.ts'
import { createEntitlements } from './billing/entitlements.ts'
import { createMembers } from './billing/members.ts'
import type { PlanBook } from './billing/plans.ts'
import type { Providers } from './billing/providers.ts'
import { createBilling } from './billing/tenant-billing.ts'
import type { Context, TenantContext } from './context.ts'
import { createUsers } from './identity/users.ts'
import type { SessionIssuer } from './sessions/issue.ts'
import { createTenantSessions } from './sessions/tenant-sessions.ts'
import type { TenantUnit } from './storage/storage.ts'
import type { Directory } from './tenancy/directory.ts'
import { createDomains, type TxtLookup } from './tenancy/domains.ts'
import type { TenantHandle, TenantServices, TenantTransaction } from './tenancy/handle.ts'
import type { Tenant } from './tenancy/tenant.ts'

/** What the rooms of all tenants share. */
export interface House<Db, P extends string> {
  readonly context: Context<Db>
  readonly directory: Directory
  readonly passwords: Passwords
  readonly issuer: SessionIssuer
  readonly permissions: Permissions<P>
  readonly accessCache: AccessCache
  readonly planBook: PlanBook
  readonly providers: Providers
  readonly lookUpTxt: TxtLookup | undefined
}

/** In the name of the house's actor, unless another is given. */
export function openTenant<Db, P extends string>(
  house: House<Db, P>,
  tenant: Tenant,
  actor = house.context.actor,
): TenantHandle<Db, P> {
  const { directory } = house
  const ref = directory.ref(tenant)
  const context: TenantContext<Db> = { ...house.context, actor, tenant, ref, scope: house.context.storage.tenant(ref) }
  const signIn = lazily(() => openSignIn(house, context))
  const domains = lazily(() => createDomains(context, directory, tenant, house.lookUpTxt))
  return Object.defineProperties(openServices(house, context), {
    signIn: { get: signIn, enumerable: true },
    domains: { get: domains, enumerable: true },
    as: { value: (other: typeof actor) => openTenant(house, tenant, checkActor(other)), enumerable: true },
  }) as TenantHandle<Db, P>
}

function openTransaction<Db, P extends string>(
  house: House<Db, P>,
  context: TenantContext<Db>,
  unit: TenantUnit<Db>,
): TenantTransaction<Db, P> {
  return Object.defineProperties(openServices(house, { ...context, scope: unit }), {
    db: { get: () => unit.db, enumerable: true },
    as: {
      value: (actor: TenantContext['actor']) => openTransaction(house, { ...context, actor: checkActor(actor) }, unit),
      enumerable: true,
    },
  }) as TenantTransaction<Db, P>
}

function openServices<Db, P extends string>(house: House<Db, P>, context: TenantContext<Db>): TenantServices<Db, P> {
  const { permissions } = house
  const users = lazily(() => createUsers(context, house.passwords, createMembers(context, house.planBook)))
  const sessions = lazily(() => createTenantSessions(context))
  const organizations = lazily(() => createOrganizations(context))
  const serviceAccounts = lazily(() => createServiceAccounts(context))
  const roles = lazily(() => createRoles(context, permissions))
  const assignments = lazily(() => createAssignments(context, permissions))
  const access = lazily(() => createAccess(context, house.accessCache, permissions))
  const audit = lazily(() => createAudit(context))
  const billing = lazily(() => createBilling(context, house.providers))
  const entitlements = lazily(() => createEntitlements(context, house.planBook))
  return {
    id: context.tenant.id,
    tenant: context.tenant,
    get users() {
      return users()
    },
    get sessions() {
      return sessions()
    },
    get organizations() {
      return organizations()
    },
    get serviceAccounts() {
      return serviceAccounts()
    },
    get roles() {
      return roles()
    },
    get assignments() {
      return assignments()
    },
    get access() {
      return access()
    },
    get audit() {
      return audit()
    },
    get billing() {
      return billing()
    },
    get entitlements() {
      return entitlements()
    },
    transaction: (work) => context.scope.transaction((unit) => work(openTransaction(house, context, unit))),
  }
}

/** A handle may be older than the tenant's suspension, so that is looked up again. */
function openSignIn<Db, P extends string>(house: House<Db, P>, context: TenantContext<Db>): SignIn {
  const signIn = createSignIn(context, house.passwords, house.issuer)
  return {
    async password(credentials) {
      await house.directory.require({ id: context.tenant.id })
      return signIn.password(credentials)
    },
  }
}

function lazily<V>(make: () => V): () => V {
  let made: { readonly value: V } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
