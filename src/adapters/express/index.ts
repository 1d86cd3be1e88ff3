// freehold/express: our routes, and each request's tenant and session, in an Express 5 app.

import type { ServerResponse } from 'node:http'
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
import { infoOf, type NodeRequest, sendResponse, toRequest } from '../../core/http/node-exchange.ts'
import type { AssuranceDemand, RequestContext } from '../../core/http/request-context.ts'
import { FreeholdError } from '../../core/kernel/errors.ts'

declare global {
  namespace Express {
    interface Request {
      /** Set by `freeholdExpress`; `contextOf(req)` reads it with its types. */
      freehold?: RequestContext
    }
  }
}

/** Express' request, as far as it is used here. */
export interface ExpressRequest extends NodeRequest {
  freehold?: RequestContext
}

export type ExpressMiddleware<Req extends ExpressRequest = ExpressRequest> = (
  req: Req,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => Promise<void>

export type ExpressErrorMiddleware = (
  error: unknown,
  req: ExpressRequest,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => Promise<void>

export interface FreeholdExpressOptions {
  /** What happens to a request that names no tenant. `refuse` (the default) answers TENANT_UNKNOWN; `pass` goes on without `req.freehold`. */
  readonly withoutTenant?: 'refuse' | 'pass'
}

/**
 * Serves Freehold's routes, and sets `req.freehold` for the app's own. What is refused (unknown or suspended tenant, a
 * bad bearer token, a request from another site) is answered here as an RFC 9457 problem. Goes before body parsers.
 */
export function freeholdExpress<Db, P extends string>(
  freehold: Freehold<Db, P>,
  options: FreeholdExpressOptions = {},
): ExpressMiddleware {
  const { withoutTenant = 'refuse' } = options
  return async (req, res, next) => {
    try {
      const info = infoOf(req)
      const request = toRequest(req, { body: false })
      if (freehold.handles(new URL(request.url).pathname)) {
        await sendResponse(await freehold.handler(toRequest(req, { body: true }), info), req, res)
        return
      }
      if (withoutTenant === 'refuse' || (await freehold.resolve(request, info))) {
        req.freehold = (await freehold.authenticate(request, info)) as unknown as RequestContext
      }
    } catch (error) {
      await sendResponse(freehold.problem(error), req, res)
      return
    }
    next()
  }
}

/** Lets only signed-in requests through; for use behind `freeholdExpress`. The others are answered 401. */
export function requireSession(): ExpressMiddleware {
  return guarded(guardSession)
}

/**
 * Lets through who may: 401 for strangers, 403 for the others. `resource` is what is acted on, as conditions see it, or
 * how to find it; what that throws goes to the error handlers. For use behind `freeholdExpress`.
 */
export function requirePermission<P extends string, Req extends ExpressRequest = ExpressRequest>(
  permission: P,
  resource?: Asked<Req, Facts | undefined>,
  options: RequireOptions<Req> = {},
): ExpressMiddleware<Req> {
  const demand = { permission, ...options, ...(resource && { resource }) }
  return guarded((context, req) => guardPermission(context, req, demand))
}
export { requirePermission as require }

/**
 * Lets through whose session is sure enough: `requireAssurance({ aal: 2, maxAgeMs: 600_000 })`. The others are answered 401
 * with the challenge of RFC 9470, and step up. For use behind `freeholdExpress`.
 */
export function requireAssurance(demand: AssuranceDemand): ExpressMiddleware {
  return guarded((context) => guardAssurance(context, demand))
}

/** Lets through what the tenant's plan includes; 402 otherwise. For use behind `freeholdExpress`. */
export function requireEntitlement(feature: string): ExpressMiddleware {
  return guarded((context) => guardEntitlement(context, feature))
}

/**
 * `req.freehold`, where there must be one. `Db` is the storage's query handle, `P` the permissions that were declared.
 * @throws CONFIG_INVALID when `freeholdExpress` did not run before
 */
export function contextOf<Db = unknown, P extends string = string>(
  req: Pick<ExpressRequest, 'freehold'>,
): RequestContext<Db, P> {
  return contextOr(req.freehold, 'freeholdExpress') as unknown as RequestContext<Db, P>
}

/** The last `app.use`: Freehold's errors as problems, other refusals (4xx) as Express has them, everything else as a 500 that says nothing. */
export function freeholdErrors(freehold: Pick<Freehold, 'problem'>): ExpressErrorMiddleware {
  return async (error, req, res, next) => {
    if (res.headersSent || (!FreeholdError.is(error) && isRefusal(error))) {
      next(error)
      return
    }
    await sendResponse(freehold.problem(error), req, res)
  }
}

/** What rejects is for Express, which hands it to the error handlers. */
function guarded<Req extends ExpressRequest>(
  guard: (context: RequestContext, req: Req) => Promise<Response | undefined>,
): ExpressMiddleware<Req> {
  return async (req, res, next) => {
    const refusal = await guard(contextOf(req), req)
    if (refusal) await sendResponse(refusal, req, res)
    else next()
  }
}

/** As http-errors marks them. */
function isRefusal(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('status' in error)) return false
  return typeof error.status === 'number' && error.status >= 400 && error.status < 500
}
