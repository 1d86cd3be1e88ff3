// freehold/node: our routes, and each request's tenant and session, on a server of node:http without a framework.

import type { ServerResponse } from 'node:http'
import type { Freehold } from '../../core/api.ts'
import { infoOf, type NodeRequest, sendResponse, toRequest } from '../../core/http/node-exchange.ts'
import type { RequestContext } from '../../core/http/request-context.ts'

/** `Context` is undefined where a request names no tenant and such requests pass. */
export type NodeHandler<Context> = (req: NodeRequest, res: ServerResponse, context: Context) => unknown

export interface FreeholdNodeOptions {
  /** What happens to a request that names no tenant. `refuse` (the default) answers TENANT_UNKNOWN; `pass` goes on without a context. */
  readonly withoutTenant?: 'refuse' | 'pass'
}

/**
 * A listener for `http.createServer`: serves Freehold's routes, and hands the others to `handle` with their context. What
 * is thrown there, as by `context.require('note:read')`, is answered as an RFC 9457 problem.
 */
export function freeholdNode<Db, P extends string>(
  freehold: Freehold<Db, P>,
  handle: NodeHandler<RequestContext<Db, P>>,
  options?: FreeholdNodeOptions & { readonly withoutTenant?: 'refuse' },
): (req: NodeRequest, res: ServerResponse) => Promise<void>
export function freeholdNode<Db, P extends string>(
  freehold: Freehold<Db, P>,
  handle: NodeHandler<RequestContext<Db, P> | undefined>,
  options: FreeholdNodeOptions,
): (req: NodeRequest, res: ServerResponse) => Promise<void>
export function freeholdNode<Db, P extends string>(
  freehold: Freehold<Db, P>,
  handle: NodeHandler<RequestContext<Db, P>> | NodeHandler<RequestContext<Db, P> | undefined>,
  { withoutTenant = 'refuse' }: FreeholdNodeOptions = {},
): (req: NodeRequest, res: ServerResponse) => Promise<void> {
  const go = handle as NodeHandler<RequestContext<Db, P> | undefined>
  return async (req, res) => {
    try {
      const info = infoOf(req)
      const request = toRequest(req, { body: false })
      if (freehold.handles(new URL(request.url).pathname)) {
        await sendResponse(await freehold.handler(toRequest(req, { body: true }), info), req, res)
        return
      }
      const known = withoutTenant === 'refuse' || (await freehold.resolve(request, info)) !== undefined
      await go(req, res, known ? await freehold.authenticate(request, info) : undefined)
    } catch (error) {
      // half an answer cannot be taken back: the client sees it cut off
      const problem = freehold.problem(error)
      if (res.headersSent) res.destroy()
      else await sendResponse(problem, req, res)
    }
  }
}
