// The entrance: which tenant a request is for, and who stands behind it. Every request passes here before anything is
// done for it.

import { narrowed } from '../access/narrowed.ts'
import type { Actor } from '../audit/audit.ts'
import type { VerifiedApiKey, VerifyApiKey } from '../identity/api-key-check.ts'
import { type ErrorCode, FreeholdError } from '../kernel/errors.ts'
import type { Runtime } from '../kernel/runtime.ts'
import type { Sessions, VerificationMode, Verified } from '../sessions/session.ts'
import type { TenantStatus } from '../storage/system-tables.ts'
import type { TenantHandle } from '../tenancy/handle.ts'
import type { RequestView, Resolution, Resolver } from '../tenancy/resolver.ts'
import type { Tenant } from '../tenancy/tenant.ts'
import type { Seen } from './context-facts.ts'
import type { Cookies } from './cookies.ts'
import { type Credential, readCredential } from './credentials.ts'
import type { OriginCheck } from './csrf.ts'
import type { RequestInfo } from './options.ts'
import { createRequestContext, type RequestContext } from './request-context.ts'

export interface Entrance<Db, P extends string> {
  /** @throws as Resolver.resolve */
  resolve(request: Request, info?: RequestInfo): Promise<Resolution | undefined>
  /** As `resolve`, without asking a credential: for routes that make one. */
  resolveStranger(request: Request, info: RequestInfo, allow?: readonly TenantStatus[]): Promise<Resolution | undefined>
  /**
   * Tenant, and session where there is one.
   * @throws TENANT_UNKNOWN and its like, TENANT_MISMATCH, TOKEN_INVALID, TOKEN_EXPIRED, SESSION_ENDED, CSRF_REFUSED
   */
  authenticate(request: Request, info?: RequestInfo, options?: AuthenticateOptions): Promise<RequestContext<Db, P>>
  /** Who acts where nobody is signed in. */
  stranger(request: Request, info: RequestInfo): Actor
  clientAddress(request: Request, info: RequestInfo): string | undefined
}

export interface AuthenticateOptions {
  readonly mode?: VerificationMode
  /** False: nobody will ask what the principal may do. Default true. */
  readonly access?: boolean
  /** States of the tenant beside active. */
  readonly allow?: readonly TenantStatus[]
}

export interface EntranceParts<Db, P extends string> {
  readonly resolver: Resolver
  readonly sessions: Sessions
  readonly verifyApiKey: VerifyApiKey
  readonly cookies: Cookies
  readonly origin: OriginCheck
  readonly verification: VerificationMode | undefined
  readonly runtime: Pick<Runtime, 'newId' | 'now'>
  /** As given to the resolver. */
  readonly trustedProxies: number
  readonly locate: Seen['locate']
  openTenant(tenant: Tenant, actor: Actor, allow?: readonly TenantStatus[]): TenantHandle<Db, P>
}

/** What a dead cookie is answered with, and a stranger's page shown for. */
const DEAD_COOKIE = ['TOKEN_INVALID', 'TOKEN_EXPIRED', 'SESSION_ENDED'] as const satisfies readonly ErrorCode[]
type DeadCookie = (typeof DEAD_COOKIE)[number]

const REQUEST_ID = /^[\x21-\x7e]{1,200}$/

export function createEntrance<Db, P extends string>(parts: EntranceParts<Db, P>): Entrance<Db, P> {
  const { resolver, sessions, cookies, origin, runtime, trustedProxies } = parts

  /** The tenant of a credential counts once its signature is checked. */
  async function checked(
    credential: Credential,
    mode: VerificationMode | undefined,
    ip: string | undefined,
  ): Promise<Checked> {
    if (credential.kind === 'malformed') throw new FreeholdError('TOKEN_INVALID')
    if (credential.kind === 'none') return {}
    if (credential.kind === 'api-key') return { key: await parts.verifyApiKey(credential.token, { ip }) }
    try {
      return { verified: await sessions.verify(credential.token, mode ? { mode } : {}) }
    } catch (error) {
      if (credential.kind === 'cookie' && isDead(error)) return { refused: error.code }
      throw error
    }
  }

  /** Who acts: what a client says of itself is believed of its user agent only. */
  function actorOf({ headers }: Request, clientAddress: string | undefined, { verified, key }: Checked = {}) {
    const told = trustedProxies > 0 ? headers.get('x-request-id') : null
    const userAgent = headers.get('user-agent')
    return {
      ...(verified
        ? {
            type: 'user' as const,
            id: verified.principal.id,
            sessionId: verified.session.id,
            ...(verified.impersonator ? { impersonatorId: verified.impersonator.id } : {}),
          }
        : key
          ? ({ type: 'service_account', id: key.principal.id, apiKeyId: key.apiKey.id } as const)
          : ({ type: 'system' } as const)),
      requestId: told !== null && REQUEST_ID.test(told) ? told : runtime.newId(),
      ...(clientAddress === undefined ? {} : { ip: clientAddress }),
      ...(userAgent === null ? {} : { userAgent }),
    }
  }

  return {
    async resolve(request, info = {}) {
      const seen = view(request, info)
      const credential = readCredential(request.headers, cookies)
      const { verified, key } = await checked(credential, 'signature', resolver.clientAddress(seen)).catch(noCredential)
      return resolver.resolve(seen, (verified ?? key)?.tenant.id)
    },

    resolveStranger: (request, info, allow) => resolver.resolve(view(request, info), undefined, allow),

    async authenticate(request, info = {}, { mode = parts.verification, access: wanted = true, allow } = {}) {
      const credential = readCredential(request.headers, cookies)
      if (credential.kind === 'cookie') origin.check(request)
      const seen = view(request, info)
      const clientAddress = resolver.clientAddress(seen)
      const found = await checked(credential, mode, clientAddress)
      const { verified, key, refused } = found
      const resolution = await resolver.resolve(seen, (verified ?? key)?.tenant.id, allow)
      if (!resolution) throw new FreeholdError('TENANT_UNKNOWN')
      const actor = actorOf(request, clientAddress, found)
      const tenant = parts.openTenant(resolution.tenant, actor, allow)
      // from memory where it is current, or young enough when no versions are known; else with one query
      const known = verified ?? key
      const whole = known && wanted ? await tenant.access.principal(known.principal, known.accessVersions) : undefined
      const access = whole && key?.apiKey.permissions ? narrowed(whole, key.apiKey.permissions) : whole
      return createRequestContext<Db, P>({
        tenant,
        resolvedBy: resolution.by,
        path: resolution.path,
        session: verified,
        apiKey: key?.apiKey.id,
        principal: known?.principal,
        access,
        actor,
        credential: known ? (credential.kind as 'bearer' | 'cookie' | 'api-key') : undefined,
        refused,
        refreshable: cookies.refresh(request.headers) !== undefined,
        clientAddress,
        request,
        locate: parts.locate,
        now: runtime.now,
      })
    },

    stranger: (request, info) => actorOf(request, resolver.clientAddress(view(request, info))),

    clientAddress: (request, info) => resolver.clientAddress(view(request, info)),
  }
}

interface Checked {
  readonly verified?: Verified
  readonly key?: VerifiedApiKey
  readonly refused?: DeadCookie
}

function isDead(error: unknown): error is FreeholdError<DeadCookie> {
  return DEAD_COOKIE.some((code) => FreeholdError.is(error, code))
}

/** To whoever asks for the tenant alone, a broken credential is none. */
function noCredential(error: unknown): Checked {
  if (isDead(error)) return {}
  throw error
}

function view(request: Request, info: RequestInfo): RequestView {
  return { url: request.url, headers: request.headers, peerAddress: info.peerAddress }
}
