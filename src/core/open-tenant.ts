// A tenant's rooms behind one handle. Each is opened when it is first entered, since most requests enter one or two.

import { createAssignments } from './access/assignments.ts'
import type { AccessCache } from './access/cache.ts'
import { createCustomPermissions } from './access/custom-permissions.ts'
import { createOrganizations } from './access/organizations.ts'
import type { Permissions } from './access/permissions.ts'
import { createPolicies } from './access/policies.ts'
import { createProjects } from './access/projects.ts'
import { createAccess } from './access/questions.ts'
import { createResources } from './access/resources.ts'
import { createRoles } from './access/roles.ts'
import { createServiceAccounts } from './access/service-accounts.ts'
import { createTeams } from './access/teams.ts'
import { createAccessTools } from './access/tools/access-tools.ts'
import { createAccounts } from './accounts/accounts.ts'
import { createInvitations } from './accounts/invitations.ts'
import { createMessageSignIn } from './accounts/message-sign-in.ts'
import type { JoiningParts } from './accounts/newcomer.ts'
import { checkActor } from './audit/actor.ts'
import { type Actor, createAudit } from './audit/audit.ts'
import { createDevices } from './authentication/devices/devices.ts'
import type { SignInEngine } from './authentication/engine-contract.ts'
import { createSignInEnrolment } from './authentication/enrolment.ts'
import { createFactors } from './authentication/factors/factors.ts'
import { outOfReach } from './authentication/out-of-reach.ts'
import { createPasskeys } from './authentication/passkeys/passkeys.ts'
import { createPasskeySignIn } from './authentication/passkeys/sign-in.ts'
import type { Passwords } from './authentication/passwords.ts'
import { createSignIn } from './authentication/sign-in.ts'
import { createEntitlements } from './billing/entitlements.ts'
import { createMembers } from './billing/members.ts'
import type { PlanBook } from './billing/plans.ts'
import type { Providers } from './billing/providers.ts'
import { createBilling } from './billing/tenant-billing.ts'
import type { Context, TenantContext } from './context.ts'
import { createApiKeys } from './identity/api-keys.ts'
import { createUsers } from './identity/users.ts'
import { invalid } from './kernel/input.ts'
import { posting } from './messages/notices.ts'
import { createImpersonation } from './operators/impersonation.ts'
import type { TxtLookup } from './ports/txt-lookup.ts'
import { createTenantSessions } from './sessions/tenant-sessions.ts'
import type { TenantUnit } from './storage/storage.ts'
import type { TenantStatus } from './storage/system-tables.ts'
import type { Directory } from './tenancy/directory.ts'
import { createDomains } from './tenancy/domains.ts'
import { createGate, type Gate, gatedRoom, gatedScope, type Room } from './tenancy/gate.ts'
import type { TenantHandle, TenantServices, TenantTransaction } from './tenancy/handle.ts'
import type { Tenant } from './tenancy/tenant.ts'

/** What the rooms of all tenants share. */
export interface House<Db, P extends string> {
  readonly context: Context<Db>
  readonly directory: Directory
  readonly passwords: Passwords
  /** The one way to a session. */
  readonly engine: SignInEngine
  readonly permissions: Permissions<P>
  readonly accessCache: AccessCache
  readonly planBook: PlanBook
  readonly providers: Providers
  readonly lookUpTxt: TxtLookup
}

export interface OpenOptions {
  /** In whose name. Default: the house's actor. */
  readonly actor?: Actor
  /** States of the tenant, beside active, in which the handle works. */
  readonly allow?: readonly TenantStatus[] | undefined
  /** What must hold besides, at each call. */
  readonly stands?: Gate | undefined
}

/** A tenant's scope without a gate: for whoever has just found its state. */
export function insideTenant<Db, P extends string>(house: House<Db, P>, tenant: Tenant): TenantContext<Db> {
  const ref = house.directory.ref(tenant)
  const books = house.accessCache.books(tenant.id)
  return { ...house.context, tenant, ref, scope: house.context.storage.tenant(ref), books }
}

/** In the name of the house's actor, unless another is given; each call looks whether the tenant may still be entered. */
export function openTenant<Db, P extends string>(
  house: House<Db, P>,
  tenant: Tenant,
  { actor = house.context.actor, allow, stands }: OpenOptions = {},
): TenantHandle<Db, P> {
  const { directory } = house
  const outer: TenantContext<Db> = { ...insideTenant(house, tenant), actor }
  const gate = createGate(directory, tenant.id, { allow, stands })
  const context: TenantContext<Db> = { ...outer, scope: gatedScope(outer.scope, gate) }
  // nobody signs in to a suspended tenant, though an operator may look into it
  const opened = lazily(() => ({
    ...outer,
    scope: gatedScope(outer.scope, createGate(directory, tenant.id, { stands })),
  }))
  const impersonation = lazily(() => createImpersonation(context, opened(), house.engine, house, directory))
  const signIn = lazily(() => {
    const open = opened()
    const passkey = createPasskeySignIn(open, house.engine, directory)
    const enrolment = createSignInEnrolment(open, house.engine, directory)
    const messages = createMessageSignIn(open, house.engine)
    return { ...createSignIn(open, house.passwords, house.engine), ...messages, passkey, enrolment }
  })
  const joining = (): JoiningParts => {
    const { passwords, engine, permissions } = house
    return { passwords, engine, permissions, members: createMembers(house.planBook) }
  }
  const accounts = lazily(() => outOfReach(actor, createAccounts(context, joining()), ['invite']))
  const invitations = lazily(() => {
    const all = createInvitations(context, joining())
    return outOfReach(actor, all, ['send', 'get', 'list', 'resend', 'revoke', 'look'])
  })
  const factors = lazily(() => outOfReach(actor, createFactors(context), ['list', 'recoveryCodesLeft']))
  const devices = lazily(() => outOfReach(actor, createDevices(context), ['list']))
  const domains = lazily(() => gatedRoom(createDomains(context, directory, tenant, house.lookUpTxt), gate))
  return Object.defineProperties(openServices(house, context, gate), {
    signIn: { get: signIn, enumerable: true },
    impersonation: { get: impersonation, enumerable: true },
    factors: { get: factors, enumerable: true },
    devices: { get: devices, enumerable: true },
    accounts: { get: accounts, enumerable: true },
    invitations: { get: invitations, enumerable: true },
    domains: { get: domains, enumerable: true },
    as: {
      value: (other: Actor) => openTenant(house, tenant, { actor: checkActor(other), allow, stands }),
      enumerable: true,
    },
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

/** `gate` stands before what does not pass the context's scope, where that has one: memory, the system's tables, providers. */
function openServices<Db, P extends string>(
  house: House<Db, P>,
  context: TenantContext<Db>,
  gate?: Gate,
): TenantServices<Db, P> {
  const { permissions } = house
  const { actor } = context
  const users = lazily(() => {
    const all = createUsers(context, house.passwords, createMembers(house.planBook))
    return { ...all, ...outOfReach(actor, { setPassword: all.setPassword }, []) }
  })
  const sessions = lazily(() => createTenantSessions(context))
  const passkeys = lazily(() => outOfReach(actor, createPasskeys(context, house.directory), ['list']))
  const organizations = lazily(() => createOrganizations(context, permissions))
  const teams = lazily(() => createTeams(context, permissions))
  const projects = lazily(() => createProjects(context, permissions))
  const resources = lazily(() => createResources(context, permissions))
  const serviceAccounts = lazily(() => outOfReach(actor, createServiceAccounts(context), ['get', 'list']))
  const apiKeys = lazily(() => outOfReach(actor, createApiKeys(context, permissions), ['get', 'list']))
  const roles = lazily(() => createRoles(context, permissions))
  const assignments = lazily(() => createAssignments(context, permissions))
  const policies = lazily(() => createPolicies(context, permissions))
  const customPermissions = lazily(() => createCustomPermissions(context, permissions))
  // what the tools ask passes the context's scope, and its gate
  const access = lazily(() => ({
    ...createAccess(context, house.accessCache, permissions, gate),
    ...createAccessTools(context, permissions),
  }))
  const audit = lazily(() => createAudit(context))
  const billing = lazily(() => behind(gate, createBilling(context, house.providers)))
  const entitlements = lazily(() => behind(gate, createEntitlements(context, house.planBook)))
  return {
    id: context.tenant.id,
    tenant: context.tenant,
    get users() {
      return users()
    },
    get sessions() {
      return sessions()
    },
    get passkeys() {
      return passkeys()
    },
    get organizations() {
      return organizations()
    },
    get teams() {
      return teams()
    },
    get projects() {
      return projects()
    },
    get resources() {
      return resources()
    },
    get serviceAccounts() {
      return serviceAccounts()
    },
    get apiKeys() {
      return apiKeys()
    },
    get roles() {
      return roles()
    },
    get assignments() {
      return assignments()
    },
    get policies() {
      return policies()
    },
    get customPermissions() {
      return customPermissions()
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
    async transaction(work) {
      if (typeof work !== 'function') throw invalid('work', 'it is not a function')
      return posting(context, (inside) => work(openTransaction(house, inside, inside.scope)))
    },
    async read(work) {
      if (typeof work !== 'function') throw invalid('work', 'it is not a function')
      return context.scope.read(work)
    },
  }
}

function behind<R extends Room<R>>(gate: Gate | undefined, room: R): R {
  return gate ? gatedRoom(room, gate) : room
}

function lazily<V>(make: () => V): () => V {
  let made: { readonly value: V } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
