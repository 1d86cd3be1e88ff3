// What a handler of the host is given with a request.

import type { PrincipalAccess } from '../access/access.ts'
import type { CheckOptions } from '../access/check-options.ts'
import type { Filter } from '../access/filter.ts'
import type { FilterOptions } from '../access/filter-options.ts'
import type { Actor } from '../audit/audit.ts'
import type { VerifiedApiKey } from '../identity/api-key-check.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { ApiKeyId } from '../kernel/ids.ts'
import type { Verified } from '../sessions/session.ts'
import type { TenantHandle, TenantTransaction } from '../tenancy/handle.ts'
import type { ResolveBy } from '../tenancy/resolver.ts'
import { type ContextFacts, contextFacts, type Seen, withFacts } from './context-facts.ts'

/** `Db` is the storage's query handle, `P` the permissions that were declared. */
export interface RequestContext<Db = unknown, P extends string = string> {
  /** Bound to this request: whatever is done through it is audited as done by `actor`. */
  readonly tenant: TenantHandle<Db, P>
  readonly resolvedBy: ResolveBy
  /** The request's path inside the tenant. */
  readonly path: string
  /** Undefined: nobody is signed in. */
  readonly session: Verified | undefined
  /** The operator who acts as the principal. Undefined: it is the principal. */
  readonly impersonator: Verified['impersonator']
  /** The API key that was shown instead of a session: its principal is a service account. */
  readonly apiKey: ApiKeyId | undefined
  readonly principal: Verified['principal'] | VerifiedApiKey['principal'] | undefined
  /**
   * What the principal may do, loaded: nothing after this asks the database. Where the session was looked up there, it
   * is as of that look-up; otherwise a change elsewhere shows after 10 s at most. Undefined: nobody is signed in.
   */
  readonly access: PrincipalAccess<P> | undefined
  /** Who acts, as the audit log will say it: the principal, or `system` for a stranger; with session, request, address and client. */
  readonly actor: Actor
  /** Of a trusted proxy's `X-Request-Id`, else made here. */
  readonly requestId: string
  /** How the session was shown. Undefined: nobody is signed in. */
  readonly credential: 'bearer' | 'cookie' | 'api-key' | undefined
  /**
   * Why a cookie was not taken for a session. A browser keeps its cookies after a session ended elsewhere, so this is
   * no error: the page is shown as to a stranger. A bearer token that is not accepted throws instead.
   */
  readonly refused: 'TOKEN_INVALID' | 'TOKEN_EXPIRED' | 'SESSION_ENDED' | undefined
  /** True when the browser brought a refresh cookie: `POST refresh` may give it a session again. */
  readonly refreshable: boolean
  readonly clientAddress: string | undefined
  /** What conditions see of this request as `context.ip` and its like: for checks of your own. */
  readonly facts: ContextFacts
  /**
   * Goes on only when the principal may. Conditions see the facts of this request, and what `options.context` adds to them.
   * @throws UNAUTHENTICATED (or why the cookie was refused), FORBIDDEN, PERMISSION_UNKNOWN, ORGANIZATION_UNKNOWN
   */
  require(permission: P, options?: CheckOptions): PrincipalAccess<P>
  /**
   * Which rows the principal may act on, with the facts of this request: `access.filter`.
   * @throws as `require`, without FORBIDDEN; INPUT_INVALID
   */
  filter(permission: P, options: FilterOptions): Filter
  /**
   * Goes on only when the session is sure enough: of at least this assurance level, and proven no longer ago than this. A
   * session that is not becomes one by `signIn.stepUp`.
   * @throws UNAUTHENTICATED (or why the cookie was refused), STEP_UP_REQUIRED, IMPERSONATION_REFUSED, CONFIG_INVALID (a demand that is none)
   */
  requireAssurance(demand: AssuranceDemand): Verified
  /** `tenant.transaction`: this request's own, with the host's queries (`tx.db`), Freehold's calls and their audit in one. */
  transaction<R>(work: (tx: TenantTransaction<Db, P>) => Promise<R>): Promise<R>
}

/** How sure a route wants to be of who is there (RFC 9470). */
export interface AssuranceDemand {
  /** Authenticator assurance level, 1 to 3 (NIST SP 800-63B). Default 1. */
  readonly aal?: 1 | 2 | 3
  /** Milliseconds since the user last proved who they are. Default: any. */
  readonly maxAgeMs?: number
}

/** What a context is made of; the rest follows from it. */
export type RequestFacts<Db, P extends string> = Omit<
  RequestContext<Db, P>,
  'impersonator' | 'requestId' | 'facts' | 'require' | 'filter' | 'requireAssurance' | 'transaction'
> & { readonly actor: Actor & { readonly requestId: string }; now(): number } & Pick<Seen, 'request' | 'locate'>

export function createRequestContext<Db, P extends string>({
  now,
  request,
  locate,
  ...parts
}: RequestFacts<Db, P>): RequestContext<Db, P> {
  let facts: ContextFacts | undefined
  const context: RequestContext<Db, P> = {
    ...parts,
    impersonator: parts.session?.impersonator,
    requestId: parts.actor.requestId,
    get facts() {
      facts ??= contextFacts({ ...parts, request, locate })
      return facts
    },
    require(permission, options) {
      const access = requiredAccess(context)
      access.demand(permission, inRequest(context, options))
      return access
    },
    filter: (permission, options) => requiredAccess(context).filter(permission, inRequest(context, options)),
    requireAssurance(demand) {
      const session = requiredSession(context)
      demandAssurance(session, demand, now())
      return session
    },
    transaction: (work) => parts.tenant.transaction(work),
  }
  return context
}

/** Clocks differ: the proof was stamped by the database's. */
const CLOCK_TOLERANCE_MS = 5000

function demandAssurance(
  { assurance, impersonator }: Verified,
  { aal = 1, maxAgeMs }: AssuranceDemand,
  nowMs: number,
): void {
  // a demand that cannot be read must not become one that everybody meets
  if (![1, 2, 3].includes(aal)) throw unreadable('aal', 'it is 1, 2 or 3')
  if (maxAgeMs !== undefined && !(maxAgeMs >= 0)) throw unreadable('maxAgeMs', 'it is a number of milliseconds')
  // what an operator shows is no proof of the user's, however young it is
  if (impersonator && (aal > 1 || maxAgeMs !== undefined)) throw new FreeholdError('IMPERSONATION_REFUSED')
  const ageMs = nowMs - assurance.authenticatedAt.getTime()
  if (assurance.level >= aal && (maxAgeMs === undefined || ageMs <= maxAgeMs + CLOCK_TOLERANCE_MS)) return
  throw new FreeholdError('STEP_UP_REQUIRED', { level: aal, ...(maxAgeMs === undefined ? {} : { maxAgeMs }) })
}

function unreadable(option: string, problem: string): FreeholdError<'CONFIG_INVALID'> {
  return new FreeholdError('CONFIG_INVALID', { option: `requireAssurance.${option}`, problem })
}

/**
 * The session, where one is needed.
 * @throws UNAUTHENTICATED, or why the cookie was refused: TOKEN_INVALID, TOKEN_EXPIRED, SESSION_ENDED
 */
export function requiredSession(context: Pick<RequestContext, 'session' | 'refused'>): Verified {
  if (context.session) return context.session
  throw new FreeholdError(context.refused ?? 'UNAUTHENTICATED')
}

/** Somebody: by a session or an API key. @throws as requiredSession */
export function requiredPrincipal(context: Pick<RequestContext, 'session' | 'refused' | 'principal'>) {
  return context.principal ?? requiredSession(context).principal
}

/** What the principal may do. @throws as requiredSession */
export function requiredAccess<Db, P extends string>(context: RequestContext<Db, P>): PrincipalAccess<P> {
  requiredPrincipal(context)
  // loaded for every session; a context without it was put together by somebody else
  if (!context.access) throw new FreeholdError('INTERNAL')
  return context.access
}

/** The options of a check with the facts of the request. */
export function inRequest<Options extends Pick<CheckOptions, 'context'>>(
  { facts }: Pick<RequestContext, 'facts'>,
  options?: Options,
): Options {
  return { ...options, context: withFacts(facts, options?.context) } as Options
}
