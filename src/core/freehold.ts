// The composition root: options in, one object out. Every room is opened here and handed what it needs.

import type { Freehold, FreeholdOptions } from './api.ts'
import { createPasswords, type Passwords } from './authentication/passwords.ts'
import { createSignIn } from './authentication/sign-in.ts'
import type { Context, TenantContext } from './context.ts'
import { createHttp } from './http/handler.ts'
import { createUsers } from './identity/users.ts'
import { FreeholdError } from './kernel/errors.ts'
import { checkKeys, invalid } from './kernel/input.ts'
import { createKeyring } from './kernel/keyring.ts'
import { systemRuntime } from './kernel/runtime.ts'
import { createMaintenance } from './maintenance.ts'
import type { PasswordHasher } from './ports/password-hasher.ts'
import type { TxtLookup } from './ports/txt-lookup.ts'
import { checkedMigrations, createSafetyCheck, worstFirst } from './safety-check.ts'
import { createSessionIssuer, type SessionIssuer } from './sessions/issue.ts'
import { createSessions } from './sessions/sessions.ts'
import { createTenantSessions } from './sessions/tenant-sessions.ts'
import { fillSettings } from './settings.ts'
import { withLocalNotices } from './storage/local-notices.ts'
import type { Finding } from './storage/safety.ts'
import type { TenantUnit } from './storage/storage.ts'
import type { TenantStatus } from './storage/system-tables.ts'
import type { Notice } from './storage/verbs.ts'
import type { Directory } from './tenancy/directory.ts'
import { createDirectory } from './tenancy/directory.ts'
import { createDomains } from './tenancy/domains.ts'
import { createGate, gatedDomains, gatedScope } from './tenancy/gate.ts'
import type { TenantHandle, TenantServices, TenantTransaction } from './tenancy/handle.ts'
import { createResolver } from './tenancy/resolver.ts'
import type { Tenant } from './tenancy/tenant.ts'
import { checkStatus } from './tenancy/tenant-input.ts'
import { keyOf } from './tenancy/tenant-name.ts'
import { createTenants } from './tenancy/tenants.ts'

/** As `FreeholdOptions`, with nothing left to choose. */
export interface Composition<Db> extends FreeholdOptions<Db> {
  readonly passwordHasher: PasswordHasher
  readonly resolveTxt: TxtLookup
  readonly onError: (error: unknown) => void
  readonly onWarning: (findings: readonly Finding[]) => void
}

/**
 * Composes an instance and looks at the database before it answers. Options are checked before anything is asked of the
 * storage, and a start that fails closes it.
 * @throws CONFIG_INVALID, KEY_WEAK, UNSAFE_DATABASE (the app's role could pass the wall), STORAGE_UNAVAILABLE
 */
export async function composeFreehold<Db>(options: Composition<Db>): Promise<Freehold<Db>> {
  try {
    return await compose(options)
  } catch (error) {
    // what stopped the start is said, not what went wrong on the way out
    await options.storage.close().catch(() => undefined)
    throw error
  }
}

async function compose<Db>(options: Composition<Db>): Promise<Freehold<Db>> {
  const told: ((notice: Notice) => void)[] = []
  const storage = withLocalNotices(options.storage, (notice) => {
    for (const hear of told) hear(notice)
  })
  const context: Context<Db> = {
    storage,
    runtime: systemRuntime(options.runtime),
    keyring: createKeyring(options.keys),
    passwordHasher: options.passwordHasher,
    settings: fillSettings(options),
  }
  const directory = createDirectory(context)
  const { sessions, forget, forgetAll } = createSessions(context, directory)
  told.push((notice) => {
    if (notice.kind === 'tenant') directory.forget(notice.tenantId)
    forget(notice)
  })
  const rooms: Rooms<Db> = {
    context,
    directory,
    passwords: createPasswords(context),
    issuer: createSessionIssuer(context),
    lookUpTxt: options.resolveTxt,
  }
  const open: OpenTenant<Db> = (tenant, allow) => openTenant(rooms, tenant, allow)
  const http = createHttp<Db>({
    resolver: createResolver(directory, options.tenants),
    sessions,
    settings: context.settings,
    options: options.http ?? {},
    tenants: options.tenants ?? {},
    openTenant: open,
    openSession: (tenant, opening) => rooms.issuer.open(insideTenant(rooms, tenant), opening),
    takeAttempt: (tenant, attempt) => storage.tenant(directory.ref(tenant)).verbs.takeAttempt(attempt),
    onError: options.onError,
  })

  const check = createSafetyCheck(storage, options)
  await check()
  const stopListening = await storage.subscribe({
    onNotice: (notice) => {
      for (const hear of told) hear(notice)
    },
    onGap: () => {
      directory.forgetAll()
      forgetAll()
    },
  })

  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= stopListening().finally(() => storage.close())
    return closing
  }

  return {
    tenants: createTenants(context, directory, open),
    sessions,
    migrations: checkedMigrations(storage.migrations, check),
    maintenance: createMaintenance(context, directory),
    async tenant(name, access) {
      if (closing) throw new FreeholdError('CLOSED')
      const allow = checkAccess(access)
      return open(await directory.require(keyOf(name), allow), allow)
    },
    handler: http.handler,
    handles: http.handles,
    resolve: http.resolve,
    authenticate: http.authenticate,
    problem: http.problem,
    doctor: async () => worstFirst(await storage.inspect()),
    close,
    [Symbol.asyncDispose]: close,
  }
}

type OpenTenant<Db> = (tenant: Tenant, allow?: readonly TenantStatus[]) => TenantHandle<Db>

interface Rooms<Db> {
  readonly context: Context<Db>
  readonly directory: Directory
  readonly passwords: Passwords
  readonly issuer: SessionIssuer
  readonly lookUpTxt: TxtLookup
}

/** A tenant's scope without a gate: for whoever has just found its state. */
function insideTenant<Db>({ context, directory }: Rooms<Db>, tenant: Tenant): TenantContext<Db> {
  const ref = directory.ref(tenant)
  return { ...context, tenant, ref, scope: context.storage.tenant(ref) }
}

/** A handle: its rooms are opened when they are first entered, since most requests enter one or two. */
function openTenant<Db>(rooms: Rooms<Db>, tenant: Tenant, allow?: readonly TenantStatus[]): TenantHandle<Db> {
  const { context, directory, passwords } = rooms
  const outer = insideTenant(rooms, tenant)
  const gate = createGate(directory, tenant.id, allow)
  const inside: TenantContext<Db> = { ...outer, scope: gatedScope(outer.scope, gate) }
  const services = tenantServices(inside, passwords)
  const once = {
    // nobody signs in to a suspended tenant, though an operator may look into it
    signIn: lazily(() => {
      const open = { ...outer, scope: gatedScope(outer.scope, createGate(directory, tenant.id)) }
      return createSignIn(open, passwords, rooms.issuer)
    }),
    domains: lazily(() => gatedDomains(createDomains(context, directory, tenant, rooms.lookUpTxt), gate)),
  }
  return Object.defineProperties(services, {
    signIn: { get: once.signIn, enumerable: true },
    domains: { get: once.domains, enumerable: true },
  }) as TenantHandle<Db>
}

function tenantServices<Db>(context: TenantContext<Db>, passwords: Passwords): TenantServices<Db> {
  const users = lazily(() => createUsers(context, passwords))
  const sessions = lazily(() => createTenantSessions(context))
  return {
    id: context.tenant.id,
    tenant: context.tenant,
    get users() {
      return users()
    },
    get sessions() {
      return sessions()
    },
    async transaction(work) {
      if (typeof work !== 'function') throw invalid('work', 'it is not a function')
      return context.scope.transaction((unit) => work(tenantTransaction(context, passwords, unit)))
    },
  }
}

function tenantTransaction<Db>(
  context: TenantContext<Db>,
  passwords: Passwords,
  unit: TenantUnit<Db>,
): TenantTransaction<Db> {
  const services = tenantServices({ ...context, scope: unit }, passwords)
  return Object.defineProperty(services, 'db', { get: () => unit.db, enumerable: true }) as TenantTransaction<Db>
}

function lazily<V>(make: () => V): () => V {
  let made: { readonly value: V } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** @throws INPUT_INVALID */
function checkAccess(access: { readonly allow?: readonly TenantStatus[] } = {}): readonly TenantStatus[] | undefined {
  checkKeys(access, 'access', ['allow'])
  if (access.allow !== undefined && !Array.isArray(access.allow)) throw invalid('allow', 'it is not a list')
  return access.allow?.map(checkStatus)
}
