// The HTTP side as one fetch-style function: Request in, Response out. What is thrown on the way becomes a problem
// document; nothing else leaves.

import type { Permissions } from '../access/permissions.ts'
import type { FreeholdRooms } from '../api.ts'
import type { Actor } from '../audit/audit.ts'
import type { SignedIn } from '../authentication/signed-in.ts'
import type { Webhooks } from '../billing/billing.ts'
import type { Settings } from '../context.ts'
import type { VerifyApiKey } from '../identity/api-key-check.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { UserId } from '../kernel/ids.ts'
import type { Runtime } from '../kernel/runtime.ts'
import type { GeoProvider } from '../ports/geo.ts'
import type { RateStore } from '../ports/rate-store.ts'
import type { ClientInfo, Sessions } from '../sessions/session.ts'
import type { TenantStatus } from '../storage/system-tables.ts'
import type { AttemptAnswer, AttemptTake } from '../storage/verbs.ts'
import type { TenantHandle } from '../tenancy/handle.ts'
import type { Resolver, ResolverOptions } from '../tenancy/resolver.ts'
import type { Tenant } from '../tenancy/tenant.ts'
import { accessRoutes } from './access-routes.ts'
import { accessToolRoutes } from './access-tool-routes.ts'
import { accountRoutes } from './account-routes.ts'
import { assignmentRoutes } from './assignment-routes.ts'
import { createLocate } from './context-facts.ts'
import { createCookies } from './cookies.ts'
import { createOriginCheck } from './csrf.ts'
import { deviceRoutes } from './device-routes.ts'
import { enrolmentRoutes } from './enrolment-routes.ts'
import { createEntering } from './entering.ts'
import { createEntrance, type Entrance } from './entrance.ts'
import { factorRoutes } from './factor-routes.ts'
import { invitationRoutes } from './invitation-routes.ts'
import { machineRoutes } from './machine-routes.ts'
import { memberRoutes } from './member-routes.ts'
import { messageRoutes } from './message-routes.ts'
import { operatorRoutes } from './operator-routes.ts'
import type { HttpOptions, RequestInfo } from './options.ts'
import { organizationRoutes } from './organization-routes.ts'
import { passkeyRoutes } from './passkey-routes.ts'
import { demandPermission } from './permitted.ts'
import { policyRoutes } from './policy-routes.ts'
import { createProblemResponse, type ProblemResponse } from './problem.ts'
import { projectRoutes } from './project-routes.ts'
import { createRateLimits, type RateTally, rateHeaders } from './rate-limits.ts'
import { requiredAccess, requiredPrincipal, requiredSession } from './request-context.ts'
import { resourceRoutes } from './resource-routes.ts'
import { roleRoutes } from './role-routes.ts'
import { createRouteTable, isPlainPath, type Route } from './routes.ts'
import { sessionRoutes } from './session-routes.ts'
import { signInRoutes } from './sign-in-routes.ts'
import { createSignUpLimit } from './sign-up-limit.ts'
import { teamRoutes } from './team-routes.ts'
import { tenantRoutes } from './tenant-routes.ts'
import { emptyResponse, jsonResponse } from './views.ts'
import { webhookRoutes } from './webhook-routes.ts'

export interface HttpParts<Db, P extends string> {
  readonly resolver: Resolver
  readonly sessions: Sessions
  readonly settings: Settings
  readonly options: HttpOptions
  /** As given to the resolver. */
  readonly tenants: ResolverOptions
  readonly runtime: Pick<Runtime, 'newId' | 'now'>
  readonly permissions: Permissions<P>
  /** Is e-mail sent? */
  readonly mails: boolean
  readonly webhooks: Pick<Webhooks, 'receive'>
  /** Bound to who acts. */
  openTenant(tenant: Tenant, actor: Actor, allow?: readonly TenantStatus[]): TenantHandle<Db, P>
  /** Everything, in somebody's name. */
  roomsOf(actor: Actor): FreeholdRooms<Db, P>
  /** Signs in a user whom this request made. */
  enterNewUser(tenant: Tenant, actor: Actor, id: UserId, client: ClientInfo): Promise<SignedIn>
  takeAttempt(tenant: Tenant, attempt: AttemptTake): Promise<AttemptAnswer>
  readonly rates: RateStore
  readonly verifyApiKey: VerifyApiKey
  readonly geo: GeoProvider | undefined
  onError(error: unknown): void
}

export interface Http<Db, P extends string> {
  handler(request: Request, info?: RequestInfo): Promise<Response>
  readonly basePath: string
  handles(path: string): boolean
  readonly problem: ProblemResponse
  readonly resolve: Entrance<Db, P>['resolve']
  authenticate(request: Request, info?: RequestInfo): ReturnType<Entrance<Db, P>['authenticate']>
}

const MAXIMUM_BODY_BYTES = 65_536

/** @throws CONFIG_INVALID */
export function createHttp<Db, P extends string>(parts: HttpParts<Db, P>): Http<Db, P> {
  const { options, resolver, sessions, tenants } = parts
  const { maximumBodyBytes = MAXIMUM_BODY_BYTES, basePath = '/auth', signUp = 'closed' } = options
  checkOptions(options, maximumBodyBytes)
  const cookies = createCookies(options.cookies)
  const origin = createOriginCheck({
    trustedOrigins: options.trustedOrigins,
    trustedProxies: tenants.trustedProxies,
  })
  const problem = createProblemResponse(parts.onError)
  const entrance = createEntrance<Db, P>({
    resolver,
    sessions,
    verifyApiKey: parts.verifyApiKey,
    cookies,
    origin,
    verification: options.verification,
    runtime: parts.runtime,
    trustedProxies: tenants.trustedProxies ?? 0,
    locate: createLocate(parts.geo, parts.onError),
    openTenant: parts.openTenant,
  })
  const entering = createEntering<Db, P>({
    cookies,
    origin,
    sessions,
    maximumBodyBytes,
    credentialTellsTenant: tenants.resolve?.includes('credential') ?? true,
  })
  const limits = createRateLimits(options.rateLimits ?? {}, parts.rates)
  const table = createRouteTable<Db, P>(basePath, [
    ...keyRoutes<Db, P>(sessions),
    ...signInRoutes<Db, P>({
      entrance,
      cookies,
      origin,
      sessions,
      problem,
      signUp,
      mails: parts.mails,
      entering,
      enterNewUser: parts.enterNewUser,
      admitSignUp: createSignUpLimit({ attempts: parts.settings.attempts, takeAttempt: parts.takeAttempt }),
    }),
    ...messageRoutes<Db, P>({ entering, entrance, signUp }),
    ...accountRoutes<Db, P>({ entering, cookies }),
    ...factorRoutes<Db, P>(entering),
    ...deviceRoutes<Db, P>(entering),
    ...passkeyRoutes<Db, P>(entering),
    ...enrolmentRoutes<Db, P>(entering),
    ...sessionRoutes<Db, P>(cookies),
    ...tenantRoutes<Db, P>(),
    ...accessRoutes<Db, P>(),
    // `policies/preview` is a word, and comes before `policies/:policy`
    ...accessToolRoutes<Db, P>(entering),
    ...roleRoutes<Db, P>(entering, parts.permissions),
    ...policyRoutes<Db, P>(entering),
    ...organizationRoutes<Db, P>(entering),
    ...teamRoutes<Db, P>(entering),
    ...memberRoutes<Db, P>(entering),
    ...projectRoutes<Db, P>(entering),
    ...resourceRoutes<Db, P>(entering),
    ...assignmentRoutes<Db, P>(entering),
    ...invitationRoutes<Db, P>(entering),
    ...operatorRoutes<Db, P>({ entering, roomsOf: parts.roomsOf }),
    ...machineRoutes<Db, P>(entering, parts.permissions),
    ...webhookRoutes<Db, P>(parts.webhooks),
  ])

  async function answer(request: Request, info: RequestInfo, tally: RateTally): Promise<Response> {
    const url = new URL(request.url)
    if (!isPlainPath(url.pathname)) throw new FreeholdError('ROUTE_UNKNOWN')
    const direct = table.covers(url.pathname) ? table.match(request.method, url.pathname) : undefined
    if (direct?.kind === 'route' && direct.route.asks === 'nothing') {
      return direct.route.answer({ request, info, params: direct.params })
    }
    const allow = direct?.kind === 'route' && direct.route.asks === 'tenant' ? direct.route.allow : undefined
    const resolution = await entrance.resolveStranger(request, info, allow)
    const match = direct ?? table.match(request.method, resolution?.path ?? url.pathname)
    if (match.kind === 'options') return emptyResponse({ allow: match.allow.join(', ') })
    const { route, params } = match
    switch (route.asks) {
      case 'nothing':
        return route.answer({ request, info, params })
      case 'tenant': {
        const actor = entrance.stranger(request, info)
        const clientAddress = entrance.clientAddress(request, info)
        const tenant = resolution?.tenant
        const { rate } = route
        // before the body is read: what is refused here costs no work
        if (rate && tenant) await limits.admit(rate, { tenantId: tenant.id, clientAddress }, tally)
        return route.answer({
          request,
          info,
          actor,
          tenant: tenant && parts.openTenant(tenant, actor, allow),
          clientAddress,
          async admit(account) {
            if (rate && tenant) await limits.admit(rate, { tenantId: tenant.id, account, tenant: false }, tally)
          },
        })
      }
    }
    // looked up in the database, whatever the mode of the host's own routes
    const access = route.asks !== 'session'
    const context = await entrance.authenticate(request, info, { mode: 'database', access })
    const principal = route.asks === 'principal' ? requiredPrincipal(context) : requiredSession(context).principal
    const { id: tenantId } = context.tenant
    const rated = { tenantId, account: principal.id, clientAddress: context.clientAddress }
    await limits.admit(route.rate ?? 'session', rated, tally)
    const visit = { request, info, url, params, context }
    if (route.asks === 'session') return route.answer({ ...visit, session: requiredSession(context) })
    const permitted = { ...visit, access: requiredAccess(context) }
    if (route.permission) demandPermission(permitted, route.permission, route.somewhere)
    if (route.asks === 'principal') return route.answer(permitted)
    return route.answer({ ...permitted, session: requiredSession(context) })
  }

  return {
    async handler(request, info = {}) {
      const tally: RateTally = {}
      const response = await answer(request, info, tally).catch(problem)
      rateHeaders(response.headers, tally)
      return request.method === 'HEAD' ? new Response(null, response) : response
    },
    basePath,
    handles: (path) => typeof path === 'string' && (table.covers(path) || table.covers(withoutTenant(path, tenants))),
    problem,
    resolve: entrance.resolve,
    authenticate: (request, info) => entrance.authenticate(request, info),
  }
}

/** The keys that access tokens are checked with (RFC 7517): public, the same for every tenant, cacheable. */
function keyRoutes<Db, P extends string>(sessions: Sessions): Route<Db, P>[] {
  const paths = ['jwks.json', '.well-known/jwks.json']
  return paths.map((path) => ({
    method: 'GET',
    path,
    does: 'Tells the public keys of access tokens.',
    asks: 'nothing',
    answer() {
      const response = jsonResponse(sessions.jwks())
      response.headers.set('cache-control', 'public, max-age=300')
      return response
    },
  }))
}

/** `/auth/me` of `/t/acme/auth/me`, where paths may name the tenant. */
function withoutTenant(path: string, { resolve, pathPrefix = '/t/' }: ResolverOptions): string {
  if (!resolve?.includes('path') || !path.startsWith(pathPrefix)) return path
  const end = path.indexOf('/', pathPrefix.length)
  return end === -1 ? '/' : path.slice(end)
}

function checkOptions(options: HttpOptions, maximumBodyBytes: number): void {
  const refuse = (option: string, problem: string) => new FreeholdError('CONFIG_INVALID', { option, problem })
  if (!Number.isSafeInteger(maximumBodyBytes) || maximumBodyBytes < 1024) {
    throw refuse('http.maximumBodyBytes', 'it is a whole number, at least 1024')
  }
  if (!['open', 'closed', undefined].includes(options.signUp)) throw refuse('http.signUp', 'it is open or closed')
  if (!['signature', 'cached', 'database', undefined].includes(options.verification)) {
    throw refuse('http.verification', "it is 'signature', 'cached' or 'database'")
  }
}
