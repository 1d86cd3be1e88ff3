// freehold/hono: our routes, and each request's tenant and session, in a Hono app. Hono is typed by the parts of it
// that are used here.

import type { Freehold } from '../../core/api.ts'
import type { RequestInfo } from '../../core/http/options.ts'
import { createProblemResponse } from '../../core/http/problem.ts'
import { type RequestContext, requiredSession } from '../../core/http/request-context.ts'
import { FreeholdError } from '../../core/kernel/errors.ts'

/** The app's environment: `new Hono<FreeholdEnv>()` makes `c.var.freehold` typed. `Db` is the storage's query handle. */
export interface FreeholdEnv<Db = unknown> {
  Variables: { freehold: RequestContext<Db> }
}

/** The part of a Hono context that is used. */
export interface HonoContext {
  readonly req: { readonly raw: Request }
  readonly env: unknown
  readonly var: { readonly freehold?: unknown }
  readonly set: (key: never, value: never) => void
}

export type HonoMiddleware = (c: HonoContext, next: () => Promise<void>) => Promise<Response | undefined>

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
export function freeholdHono<Db>(freehold: Freehold<Db>, options: FreeholdHonoOptions = {}): HonoMiddleware {
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
  return async (c, next) => {
    const context = c.var.freehold as RequestContext | undefined
    if (!context) throw unmounted()
    try {
      requiredSession(context)
    } catch (error) {
      return refusal(error)
    }
    await next()
    return undefined
  }
}

/** For `app.onError`: Freehold's errors as problems, Hono's own as they are, everything else as a 500 that says nothing. */
export function freeholdOnError(freehold: Pick<Freehold, 'problem'>): (error: Error) => Response {
  return (error) => {
    if ('getResponse' in error && typeof error.getResponse === 'function') return error.getResponse() as Response
    return freehold.problem(error)
  }
}

/** A refusal is no server error, so there is nobody to tell. */
const refusal = createProblemResponse(() => undefined)

function setContext(c: HonoContext, context: RequestContext): void {
  const set = c.set as (key: string, value: RequestContext) => void
  set('freehold', context)
}

function unmounted(): FreeholdError {
  return new FreeholdError('CONFIG_INVALID', {
    option: 'requireSession',
    problem: 'it runs behind freeholdHono, for requests with a tenant',
  })
}

/** @hono/node-server puts Node's request into the environment, in one of two places. */
function nodePeerAddress(c: HonoContext): string | undefined {
  const env = c.env as { incoming?: NodeRequest; server?: { incoming?: NodeRequest } } | undefined
  return (env?.server?.incoming ?? env?.incoming)?.socket?.remoteAddress
}

interface NodeRequest {
  readonly socket?: { readonly remoteAddress?: string }
}
