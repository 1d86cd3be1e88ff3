// freehold/fastify: our routes, and each request's tenant and session, in a Fastify 5 app. Fastify is typed by the
// parts of it that are used here.

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
import { infoOf, type NodeRequest, toRequest } from '../../core/http/node-exchange.ts'
import type { AssuranceDemand, RequestContext } from '../../core/http/request-context.ts'
import { FreeholdError } from '../../core/kernel/errors.ts'

/** Fastify's request, as far as it is used here. */
export interface FastifyRequest {
  readonly raw: NodeRequest
  /** Set by `freeholdFastify`; `contextOf(request)` reads it with its types. */
  freehold?: RequestContext | null
}

/** Fastify's reply, as far as it is used here. */
export interface FastifyReply {
  code(status: number): unknown
  header(name: string, value: string): unknown
  send(payload?: unknown): unknown
}

/** Fastify's instance, as far as it is used here. */
export interface FastifyInstance {
  hasRequestDecorator(name: string): boolean
  // biome-ignore lint/suspicious/noExplicitAny: Fastify's own signature
  decorateRequest(name: any, value: any): unknown
  addHook(name: 'onRequest', hook: FastifyGuard): unknown
  readonly prefix: string
  all(path: string, handler: () => Promise<never>): unknown
}

/** A hook (`onRequest`, `preHandler`): it answers, or lets the request go on. */
export type FastifyGuard<Req extends FastifyRequest = FastifyRequest> = (
  request: Req,
  reply: FastifyReply,
) => Promise<unknown>

export interface FreeholdFastifyOptions {
  /** What happens to a request that names no tenant. `refuse` (the default) answers TENANT_UNKNOWN; `pass` goes on with `request.freehold` null. */
  readonly withoutTenant?: 'refuse' | 'pass'
}

/**
 * A plugin that serves Freehold's routes, and sets `request.freehold` for the routes of the instance it is registered
 * on, and of all below. What is refused (unknown or suspended tenant, a bad bearer token, a request from another site)
 * is answered here as an RFC 9457 problem. It works before bodies are parsed.
 */
export function freeholdFastify<Db, P extends string>(
  freehold: Freehold<Db, P>,
  options: FreeholdFastifyOptions = {},
): (instance: FastifyInstance) => Promise<void> {
  const { withoutTenant = 'refuse' } = options
  const plugin = async (instance: FastifyInstance): Promise<void> => {
    if (!instance.hasRequestDecorator('freehold')) instance.decorateRequest('freehold', null)
    instance.addHook('onRequest', async (request, reply) => {
      const { raw } = request
      try {
        const info = infoOf(raw)
        const fetched = toRequest(raw, { body: false })
        if (freehold.handles(new URL(fetched.url).pathname)) {
          return await send(await freehold.handler(toRequest(raw, { body: true }), info), request, reply)
        }
        if (withoutTenant === 'refuse' || (await freehold.resolve(fetched, info))) {
          request.freehold = (await freehold.authenticate(fetched, info)) as unknown as RequestContext
        }
      } catch (error) {
        return await send(freehold.problem(error), request, reply)
      }
      return undefined
    })
    // hooks of an instance below the root run for its own routes only, so ours must be among them
    const { basePath } = freehold
    for (const path of [basePath, `${basePath}/*`]) instance.all(below(instance.prefix, path), unreached)
  }
  // as fastify-plugin marks them: it works on the instance that registers it, not on one of its own
  return Object.assign(plugin, {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: 'freehold',
  })
}

/** Lets only signed-in requests through; for use behind `freeholdFastify`. The others are answered 401. */
export function requireSession(): FastifyGuard {
  return guarded(guardSession)
}

/**
 * Lets through who may: 401 for strangers, 403 for the others. `resource` is what is acted on, as conditions see it, or
 * how to find it; what that throws goes to the error handler. As `onRequest`, or as `preHandler` where it needs the body.
 */
export function requirePermission<P extends string, Req extends FastifyRequest = FastifyRequest>(
  permission: P,
  resource?: Asked<Req, Facts | undefined>,
  options: RequireOptions<Req> = {},
): FastifyGuard<NoInfer<Req>> {
  const demand = { permission, ...options, ...(resource && { resource }) }
  return guarded<Req>((context, request) => guardPermission(context, request, demand))
}
export { requirePermission as require }

/**
 * Lets through whose session is sure enough: `requireAssurance({ aal: 2, maxAgeMs: 600_000 })`. The others are answered 401
 * with the challenge of RFC 9470, and step up. For use behind `freeholdFastify`.
 */
export function requireAssurance(demand: AssuranceDemand): FastifyGuard {
  return guarded((context) => guardAssurance(context, demand))
}

/** Lets through what the tenant's plan includes; 402 otherwise. For use behind `freeholdFastify`. */
export function requireEntitlement(feature: string): FastifyGuard {
  return guarded((context) => guardEntitlement(context, feature))
}

/**
 * `request.freehold`, where there must be one. `Db` is the storage's query handle, `P` the permissions that were declared.
 * @throws CONFIG_INVALID when `freeholdFastify` did not run before
 */
export function contextOf<Db = unknown, P extends string = string>(request: object): RequestContext<Db, P> {
  return contextOr((request as FastifyRequest).freehold, 'freeholdFastify') as unknown as RequestContext<Db, P>
}

/** For `app.setErrorHandler`: Freehold's errors as problems, other refusals (4xx) as Fastify has them, everything else as a 500 that says nothing. */
export function freeholdErrors(
  freehold: Pick<Freehold, 'problem'>,
): (error: unknown, request: FastifyRequest, reply: FastifyReply) => Promise<unknown> {
  return async (error, request, reply) => {
    // thrown again, it goes to the handler above, at last Fastify's own
    if (!FreeholdError.is(error) && isRefusal(error)) throw error
    return send(freehold.problem(error), request, reply)
  }
}

/** What rejects is for Fastify, which hands it to the error handler. */
function guarded<Req extends FastifyRequest>(
  guard: (context: RequestContext, request: Req) => Promise<Response | undefined>,
): FastifyGuard<Req> {
  return async (request, reply) => {
    const refusal = await guard(contextOf(request), request)
    return refusal && send(refusal, request, reply)
  }
}

/** Through the reply, so that the host's own `onSend` hooks and logs see it. */
async function send(response: Response, { raw }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const body = response.body ? Buffer.from(await response.arrayBuffer()) : undefined
  reply.code(response.status)
  for (const [name, value] of response.headers) {
    if (name !== 'set-cookie') reply.header(name, value)
  }
  for (const cookie of response.headers.getSetCookie()) reply.header('set-cookie', cookie)
  reply.send(body)
  // what is left of the request is read and thrown away, so that the connection can go on
  if (!raw.complete) raw.resume()
  return reply
}

/** The path as the instance has it, which puts its prefix before it. @throws CONFIG_INVALID */
function below(prefix: string, path: string): string {
  if (prefix === '' || prefix === '/') return path
  if (path.startsWith(`${prefix}/`)) return path.slice(prefix.length)
  throw new FreeholdError('CONFIG_INVALID', {
    option: 'http.basePath',
    problem: `freeholdFastify is registered under ${prefix}, and the path does not start with it`,
  })
}

/** The hook has answered. */
async function unreached(): Promise<never> {
  throw new FreeholdError('ROUTE_UNKNOWN')
}

/** As Fastify and http-errors mark them. */
function isRefusal(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return false
  return typeof error.statusCode === 'number' && error.statusCode >= 400 && error.statusCode < 500
}
