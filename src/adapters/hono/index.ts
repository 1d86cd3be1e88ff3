// freehold/hono: our routes, and each request's tenant and session, in a Hono app. Hono is typed by the parts of it
// that are used here.

import type { Freehold } from '../../core/api.ts'
import {
  type Asked,
  contextOr,
  type Facts,
  guardAssurance,
  guardEntitlement,
  guardPermission,
  guardSession,
  type RequireOptions,
} from '../../core/http/guard.ts'
import type { RequestInfo } from '../../core/http/options.ts'
import type { AssuranceDemand, RequestContext } from '../../core/http/request-context.ts'

/**
 * The app's environment: `new Hono<FreeholdEnv>()` makes `c.var.freehold` typed. `Db` is the storage's query handle,
 * `P` the permissions that were declared.
 */
export interface FreeholdEnv<Db = unknown, P extends string = string> {
  Variables: { freehold: RequestContext<Db, P> }
}

/** The part of a Hono context that is used. */
export interface HonoContext {
  readonly req: { readonly raw: Request }
  readonly env: unknown
  readonly var: { readonly freehold?: unknown }
  readonly set: (key: never, value: never) => void
}

export type HonoMiddleware<C extends HonoContext = HonoContext> = (
  c: C,
  next: () => Promise<void>,
) => Promise<Response | undefined>

export interface FreeholdHonoOptions {
  /** What happens to a request that names no tenant. `refuse` (the default) answers TENANT_UNKNOWN; `pass` goes on without `c.var.freehold`. */
  readonly withoutTenant?: 'refuse' | 'pass'
  /** The peer's address where the server is not @hono/node-server. */
  readonly peerAddress?: (c: HonoContext) => string | undefined
}

/**
 * Serves Freehold's routes, and sets `c.var.freehold` for the app's own. What is refused (unknown or suspended tenant,
 * a bad bearer token, a request from another site) is answered here as an RFC 9457 problem.
 */
export function freeholdHono<Db, P extends string>(
  freehold: Freehold<Db, P>,
  options: FreeholdHonoOptions = {},
): HonoMiddleware {
  const { peerAddress = nodePeerAddress, withoutTenant = 'refuse' } = options
  return async (c, next) => {
    const request = c.req.raw
    const address = peerAddress(c)
    const info: RequestInfo = address === undefined ? {} : { peerAddress: address }
    if (freehold.handles(new URL(request.url).pathname)) return freehold.handler(request, info)
    try {
      if (withoutTenant === 'refuse' || (await freehold.resolve(request, info))) {
        setContext(c, await freehold.authenticate(request, info))
      }
    } catch (error) {
      return freehold.problem(error)
    }
    await next()
    return undefined
  }
}

/** Lets only signed-in requests through; for use behind `freeholdHono`. The others are answered 401. */
export function requireSession(): HonoMiddleware {
  return guarded(guardSession)
}

/**
 * Lets through who may: 401 for strangers, 403 for the others. `resource` is what is acted on, as conditions see it, or
 * how to find it; what that throws goes to `app.onError`. For use behind `freeholdHono`.
 */
export function requirePermission<P extends string, C extends HonoContext = HonoContext>(
  permission: P,
  resource?: Asked<C, Facts | undefined>,
  options: RequireOptions<C> = {},
): HonoMiddleware<C> {
  const demand = { permission, ...options, ...(resource && { resource }) }
  return guarded((context, c) => guardPermission(context, c, demand))
}
export { requirePermission as require }

/**
 * Lets through whose session is sure enough: `requireAssurance({ aal: 2, maxAgeMs: 600_000 })`. The others are answered 401
 * with the challenge of RFC 9470, and step up. For use behind `freeholdHono`.
 */
export function requireAssurance(demand: AssuranceDemand): HonoMiddleware {
  return guarded((context) => guardAssurance(context, demand))
}

/** Lets through what the tenant's plan includes; 402 otherwise. For use behind `freeholdHono`. */
export function requireEntitlement(feature: string): HonoMiddleware {
  return guarded((context) => guardEntitlement(context, feature))
}

/** For `app.onError`: Freehold's errors as problems, Hono's own as they are, everything else as a 500 that says nothing. */
export function freeholdOnError(freehold: Pick<Freehold, 'problem'>): (error: Error) => Response {
  return (error) => {
    if ('getResponse' in error && typeof error.getResponse === 'function') return error.getResponse() as Response
    return freehold.problem(error)
  }
}

function guarded<C extends HonoContext>(
  guard: (context: RequestContext, c: C) => Promise<Response | undefined>,
): HonoMiddleware<C> {
  return async (c, next) => {
    const refusal = await guard(contextOr(c.var.freehold as RequestContext | undefined, 'freeholdHono'), c)
    if (refusal) return refusal
    await next()
    return undefined
  }
}

function setContext(c: HonoContext, context: unknown): void {
  const set = c.set as (key: string, value: unknown) => void
  set('freehold', context)
}

/** @hono/node-server puts Node's request into the environment, in one of two places. */
function nodePeerAddress(c: HonoContext): string | undefined {
  const env = c.env as { incoming?: NodeRequest; server?: { incoming?: NodeRequest } } | undefined
  return (env?.server?.incoming ?? env?.incoming)?.socket?.remoteAddress
}

interface NodeRequest {
  readonly socket?: { readonly remoteAddress?: string }
}
