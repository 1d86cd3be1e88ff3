// The composition root: options in, one object out. Every room is opened here and handed what it needs.

import { createAccessCache } from './access/cache.ts'
import type { Permissions } from './access/permissions.ts'
import type { Freehold, FreeholdOptions, FreeholdRooms } from './api.ts'
import { checkActor, systemActor } from './audit/actor.ts'
import type { Actor } from './audit/audit.ts'
import { createAuditWriter } from './audit/writer.ts'
import { createSignInEngine } from './authentication/engine.ts'
import { factorVerifiers } from './authentication/factors/verifiers.ts'
import { enterNewUser } from './authentication/new-user.ts'
import { createPasskeyFactor } from './authentication/passkeys/factor.ts'
import { createPasswords } from './authentication/passwords.ts'
import { createRisk } from './authentication/risk/risk.ts'
import { createRiskSources } from './authentication/risk/sources.ts'
import { lookAtDefaultPlan } from './billing/default-plan.ts'
import { createPlans } from './billing/plans.ts'
import { createPriceList } from './billing/price-list.ts'
import { checkProviders } from './billing/providers.ts'
import { createWebhooks } from './billing/webhooks.ts'
import type { Context } from './context.ts'
import { createHttp } from './http/handler.ts'
import { withFallback } from './http/rate-limits.ts'
import { createVerifyApiKey } from './identity/api-key-check.ts'

import { createEnvelope } from './kernel/envelope.ts'

import { FreeholdError } from './kernel/errors.ts'
import type { TenantId } from './kernel/ids.ts'
import { checkKeys, invalid } from './kernel/input.ts'
import { createKeyring } from './kernel/keyring.ts'
import { systemRuntime } from './kernel/runtime.ts'
import { createMaintenance } from './maintenance.ts'
import { createPost } from './messages/post.ts'
import { type House, insideTenant, openTenant } from './open-tenant.ts'
import { enterGlass, openGlass } from './operators/break-glass.ts'
import { stayFromRow } from './operators/stay.ts'
import { createStays } from './operators/stays.ts'
import type { PasswordHasher } from './ports/password-hasher.ts'
import type { RateStore } from './ports/rate-store.ts'
import type { TxtLookup } from './ports/txt-lookup.ts'
import { createRootKeys, loadKeys } from './root-keys.ts'
import { checkedMigrations, createSafetyCheck, worstFirst } from './safety-check.ts'
import { createSessionIssuer } from './sessions/issue.ts'
import { createSessions } from './sessions/sessions.ts'
import { fillSettings } from './settings.ts'
import { withLocalNotices } from './storage/local-notices.ts'
import type { Finding } from './storage/safety.ts'
import type { TenantStatus } from './storage/system-tables.ts'
import type { Notice } from './storage/verbs.ts'
import { createDirectory } from './tenancy/directory.ts'
import type { TenantHandle } from './tenancy/handle.ts'
import { createResolver } from './tenancy/resolver.ts'
import type { Tenant } from './tenancy/tenant.ts'
import { checkStatus } from './tenancy/tenant-input.ts'
import { keyOf } from './tenancy/tenant-name.ts'
import { createTenants } from './tenancy/tenants.ts'

/** As `FreeholdOptions`, with nothing left to choose. */
export interface Composition<Db, P extends string> extends FreeholdOptions<Db, P> {
  readonly passwordHasher: PasswordHasher
  readonly permissions: Permissions<P>
  readonly resolveTxt: TxtLookup
  readonly onError: (error: unknown) => void
  readonly onWarning: (findings: readonly Finding[]) => void
}

/**
 * Composes an instance and looks at the database before it answers. Options are checked before anything is asked of the
 * storage, and a start that fails closes it.
 * @throws CONFIG_INVALID, KEY_WEAK, KEYS_UNAVAILABLE, UNSAFE_DATABASE (the app's role could pass the wall), STORAGE_UNAVAILABLE
 */
export async function composeFreehold<Db, P extends string>(options: Composition<Db, P>): Promise<Freehold<Db, P>> {
  try {
    return await compose(options)
  } catch (error) {
    // what stopped the start is said, not what went wrong on the way out
    await options.storage.close().catch(() => undefined)
    throw error
  }
}

async function compose<Db, P extends string>(options: Composition<Db, P>): Promise<Freehold<Db, P>> {
  const { permissions } = options
  const ears: Ear[] = []
  const hear = (notice: Notice): void => {
    for (const ear of ears) ear.forget(notice)
  }
  const storage = withLocalNotices(options.storage, hear)
  const runtime = systemRuntime(options.runtime)
  const keyring = createKeyring(await loadKeys(options.keys))
  const context: Context<Db> = {
    storage,
    runtime,
    keyring,
    envelope: createEnvelope(keyring, runtime),
    passwordHasher: options.passwordHasher,
    riskSources: createRiskSources(options),
    ...(options.legacyHashes ? { legacyHashes: options.legacyHashes } : {}),
    settings: fillSettings(options),
    auditWriter: createAuditWriter({ runtime }),
    actor: systemActor,
    post: createPost(options),
  }
  const directory = createDirectory(context)
  const accessCache = createAccessCache(context)
  const { sessions, forget, forgetAll } = createSessions(context, directory, { permissions, accessCache })
  const house: House<Db, P> = {
    context,
    directory,
    permissions,
    passwords: createPasswords(context),
    engine: createSignInEngine(createSessionIssuer(context), [
      ...factorVerifiers(context.post),
      createPasskeyFactor(directory),
    ]),
    accessCache,
    planBook: createPlans(context),
    providers: checkProviders(options.billing),
    lookUpTxt: options.resolveTxt,
  }
  ears.push(
    {
      forget: (notice) => {
        if (notice.kind === 'tenant') directory.forget(notice.tenantId)
      },
      forgetAll: directory.forgetAll,
    },
    { forget, forgetAll },
    house.accessCache,
    house.planBook,
  )

  let closing: Promise<void> | undefined
  const inNameOf = (actor: Actor): FreeholdRooms<Db, P> => {
    const bound: House<Db, P> = { ...house, context: { ...context, actor } }
    const open = (tenant: Tenant): TenantHandle<Db, P> => openTenant(bound, tenant)
    return {
      tenants: createTenants(bound.context, directory, open),
      plans: createPriceList(bound.context),
      webhooks: createWebhooks(bound.context, directory, house.providers, house.planBook, options.onError),
      async tenant(name, access) {
        if (closing) throw new FreeholdError('CLOSED')
        const allow = checkAccess(access)
        return openTenant(bound, await directory.require(keyOf(name), allow), { allow })
      },
      async breakGlass(name, options) {
        if (closing) throw new FreeholdError('CLOSED')
        return enterGlass(bound, await openGlass(bound, name, options))
      },
      stays: createStays<Db, P>(bound.context, bound, directory, {
        open: async (name, options) => stayFromRow(await openGlass(bound, name, options)),
        async enter(stay) {
          if (closing) throw new FreeholdError('CLOSED')
          return enterGlass(bound, stay)
        },
      }),
      as: (other) => inNameOf(checkActor(other)),
    }
  }
  const system = inNameOf(systemActor)

  const rates: RateStore = {
    take: async (tenantId, asked) =>
      storage
        .tenant(directory.ref(await directory.require({ id: tenantId as TenantId }, ['suspended'])))
        .verbs.takeRates(asked),
  }
  const verifyApiKey = createVerifyApiKey(directory)
  const http = createHttp<Db, P>({
    verifyApiKey,
    runtime,
    permissions,
    mails: context.post.mails,
    webhooks: system.webhooks,
    resolver: createResolver(directory, options.tenants),
    sessions,
    settings: context.settings,
    options: options.http ?? {},
    tenants: options.tenants ?? {},
    openTenant: (tenant, actor, allow) => openTenant(house, tenant, { actor: checkActor(actor), allow }),
    roomsOf: (actor) => inNameOf(checkActor(actor)),
    enterNewUser: (tenant, actor, id, client) =>
      enterNewUser({ ...insideTenant(house, tenant), actor: checkActor(actor) }, house.engine, id, client),
    rates: options.rateStore ? withFallback(options.rateStore, rates, options.onError) : rates,
    takeAttempt: (tenant, attempt) => directory.scope(tenant).verbs.takeAttempt(attempt),
    geo: options.geo,
    onError: options.onError,
  })

  const inspect = async (): Promise<Finding[]> => {
    const findings = worstFirst(await storage.inspect())
    // rows are looked at where they are, and may be read
    const early = findings.some(({ id, severity }) => severity === 'refuse' || id === 'migrations-pending')
    return early ? findings : worstFirst([...findings, ...(await lookAtDefaultPlan(context))])
  }
  const check = createSafetyCheck({ inspect }, options)
  await check()
  const stopListening = await storage.subscribe({
    onNotice: hear,
    onGap: () => {
      for (const ear of ears) ear.forgetAll()
    },
  })
  const close = (): Promise<void> => {
    closing ??= context.post
      .settled()
      .then(stopListening)
      .finally(() => storage.close())
    return closing
  }

  return {
    ...system,
    sessions,
    verifyApiKey,
    risk: createRisk(context),
    keys: createRootKeys(keyring, options.keys),
    migrations: checkedMigrations(storage.migrations, check),
    maintenance: createMaintenance(context, directory),
    handler: http.handler,
    basePath: http.basePath,
    handles: http.handles,
    resolve: http.resolve,
    authenticate: http.authenticate,
    problem: http.problem,
    doctor: inspect,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** What remembers, and must be told. */
interface Ear {
  forget(notice: Notice): void
  /** Notices may have been missed. */
  forgetAll(): void
}

/** @throws INPUT_INVALID */
function checkAccess(access: { readonly allow?: readonly TenantStatus[] } = {}): readonly TenantStatus[] | undefined {
  checkKeys(access, 'access', ['allow'])
  if (access.allow !== undefined && !Array.isArray(access.allow)) throw invalid('allow', 'it is not a list')
  return access.allow?.map(checkStatus)
}
