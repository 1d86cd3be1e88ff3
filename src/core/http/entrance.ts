// The entrance: which tenant a request is for, and who stands behind it. Every request passes here before anything is
// done for it.

import { type ErrorCode, FreeholdError } from '../kernel/errors.ts'
import type { Sessions, VerificationMode, Verified } from '../sessions/session.ts'
import type { TenantStatus } from '../storage/system-tables.ts'
import type { TenantHandle } from '../tenancy/handle.ts'
import type { RequestView, Resolution, Resolver } from '../tenancy/resolver.ts'
import type { Tenant } from '../tenancy/tenant.ts'
import type { Cookies } from './cookies.ts'
import { type Credential, readCredential } from './credentials.ts'
import type { OriginCheck } from './csrf.ts'
import type { RequestInfo } from './options.ts'
import type { RequestContext } from './request-context.ts'

export interface Entrance<Db> {
  /** @throws as Resolver.resolve */
  resolve(request: Request, info?: RequestInfo): Promise<Resolution | undefined>
  /** As `resolve`, without asking a credential: for routes that make one. */
  resolveStranger(request: Request, info: RequestInfo, allow?: readonly TenantStatus[]): Promise<Resolution | undefined>
  /**
   * Tenant, and session where there is one.
   * @throws TENANT_UNKNOWN and its like, TENANT_MISMATCH, TOKEN_INVALID, TOKEN_EXPIRED, SESSION_ENDED, CSRF_REFUSED
   */
  authenticate(request: Request, info?: RequestInfo, options?: AuthenticateOptions): Promise<RequestContext<Db>>
  clientAddress(request: Request, info: RequestInfo): string | undefined
}

export interface AuthenticateOptions {
  readonly mode?: VerificationMode
  /** States of the tenant beside active. */
  readonly allow?: readonly TenantStatus[]
}

export interface EntranceParts<Db> {
  readonly resolver: Resolver
  readonly sessions: Sessions
  readonly cookies: Cookies
  readonly origin: OriginCheck
  readonly verification: VerificationMode | undefined
  openTenant(tenant: Tenant, allow?: readonly TenantStatus[]): TenantHandle<Db>
}

/** What a dead cookie is answered with, and a stranger's page shown for. */
const DEAD_COOKIE = ['TOKEN_INVALID', 'TOKEN_EXPIRED', 'SESSION_ENDED'] as const satisfies readonly ErrorCode[]
type DeadCookie = (typeof DEAD_COOKIE)[number]

export function createEntrance<Db>(parts: EntranceParts<Db>): Entrance<Db> {
  const { resolver, sessions, cookies, origin } = parts

  /** The tenant of a credential counts once its signature is checked. */
  async function checked(credential: Credential, mode: VerificationMode | undefined): Promise<Checked> {
    if (credential.kind === 'malformed') throw new FreeholdError('TOKEN_INVALID')
    if (credential.kind === 'none') return {}
    try {
      return { verified: await sessions.verify(credential.token, mode ? { mode } : {}) }
    } catch (error) {
      if (credential.kind === 'cookie' && isDead(error)) return { refused: error.code }
      throw error
    }
  }

  return {
    async resolve(request, info = {}) {
      const { verified } = await checked(readCredential(request.headers, cookies), 'signature').catch(noCredential)
      return resolver.resolve(view(request, info), verified?.tenant.id)
    },

    resolveStranger: (request, info, allow) => resolver.resolve(view(request, info), undefined, allow),

    async authenticate(request, info = {}, { mode = parts.verification, allow } = {}) {
      const credential = readCredential(request.headers, cookies)
      if (credential.kind === 'cookie') origin.check(request)
      const { verified, refused } = await checked(credential, mode)
      const seen = view(request, info)
      const resolution = await resolver.resolve(seen, verified?.tenant.id, allow)
      if (!resolution) throw new FreeholdError('TENANT_UNKNOWN')
      return {
        tenant: parts.openTenant(resolution.tenant, allow),
        resolvedBy: resolution.by,
        path: resolution.path,
        session: verified,
        principal: verified?.principal,
        credential: verified ? (credential.kind as 'bearer' | 'cookie') : undefined,
        refused,
        refreshable: cookies.refresh(request.headers) !== undefined,
        clientAddress: resolver.clientAddress(seen),
      }
    },

    clientAddress: (request, info) => resolver.clientAddress(view(request, info)),
  }
}

interface Checked {
  readonly verified?: Verified
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
