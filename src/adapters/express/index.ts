// freehold/express: our routes, and each request's tenant and session, in an Express 5 app.

import type { ServerResponse } from 'node:http'
import type { Freehold } from '../../core/api.ts'
import type { RequestInfo } from '../../core/http/options.ts'
import { createProblemResponse } from '../../core/http/problem.ts'
import { type RequestContext, requiredSession } from '../../core/http/request-context.ts'
import { FreeholdError } from '../../core/kernel/errors.ts'
import { type NodeRequest, sendResponse, toRequest } from './exchange.ts'

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

export type ExpressMiddleware = (
  req: ExpressRequest,
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
export function freeholdExpress<Db>(freehold: Freehold<Db>, options: FreeholdExpressOptions = {}): ExpressMiddleware {
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
        req.freehold = await freehold.authenticate(request, info)
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
  return async (req, res, next) => {
    const context = contextOf(req)
    try {
      requiredSession(context)
    } catch (error) {
      await sendResponse(refusal(error), req, res)
      return
    }
    next()
  }
}

/**
 * `req.freehold`, where there must be one. `Db` is the storage's query handle.
 * @throws CONFIG_INVALID when `freeholdExpress` did not run before
 */
export function contextOf<Db = unknown>(req: Pick<ExpressRequest, 'freehold'>): RequestContext<Db> {
  if (req.freehold) return req.freehold as RequestContext<Db>
  throw new FreeholdError('CONFIG_INVALID', {
    option: 'freeholdExpress',
    problem: 'it runs before what uses req.freehold, for requests with a tenant',
  })
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

/** A refusal is no server error, so there is nobody to tell. */
const refusal = createProblemResponse(() => undefined)

function infoOf(req: ExpressRequest): RequestInfo {
  const { remoteAddress } = req.socket
  return remoteAddress === undefined ? {} : { peerAddress: remoteAddress }
}

/** As http-errors marks them. */
function isRefusal(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('status' in error)) return false
  return typeof error.status === 'number' && error.status >= 400 && error.status < 500
}
