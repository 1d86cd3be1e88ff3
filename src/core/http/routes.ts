// The table of routes, and how a path finds its way into it. A path is looked at once, in one form; what has another
// spelling (double slashes, escapes, a trailing slash) is no path of ours, so no gate can be walked around.

import { FreeholdError } from '../kernel/errors.ts'
import type { Verified } from '../sessions/session.ts'
import type { TenantStatus } from '../storage/system-tables.ts'
import type { TenantHandle } from '../tenancy/handle.ts'
import type { RequestInfo } from './options.ts'
import type { RequestContext } from './request-context.ts'

export type Method = 'GET' | 'POST' | 'DELETE'

/** A request at one of our routes. */
export interface Visit {
  readonly request: Request
  readonly info: RequestInfo
}

/** Undefined tenant: nothing but the credential itself tells it. */
export interface TenantVisit<Db> extends Visit {
  readonly tenant: TenantHandle<Db> | undefined
  readonly clientAddress: string | undefined
}

export interface SessionVisit<Db> extends Visit {
  readonly url: URL
  /** What stood where the route's path says `:id`. */
  readonly params: Readonly<Record<string, string>>
  readonly context: RequestContext<Db>
  readonly session: Verified
}

interface RouteFacts {
  readonly method: Method
  /** Below the base path, without leading slash; `:id` stands for one segment. */
  readonly path: string
  /** What it does, in a sentence. */
  readonly does: string
}

export type Route<Db> =
  /** Answers on every host, tenant or not. */
  | (RouteFacts & { readonly asks: 'nothing'; answer(): Response })
  /** A tenant by the request itself; a session it may show does not count. `allow`: states of it that will do beside active. */
  | (RouteFacts & {
      readonly asks: 'tenant'
      readonly allow?: readonly TenantStatus[]
      answer(visit: TenantVisit<Db>): Promise<Response>
    })
  /** A session, looked up in the database. */
  | (RouteFacts & { readonly asks: 'session'; answer(visit: SessionVisit<Db>): Promise<Response> })

export interface RouteTable<Db> {
  /** True for the base path and everything below it, whether or not there is a route. */
  covers(path: string): boolean
  /**
   * The route, or for OPTIONS the methods that have one here.
   * @throws ROUTE_UNKNOWN, METHOD_NOT_ALLOWED
   */
  match(method: string, path: string): Match<Db>
}

export type Match<Db> =
  | { readonly kind: 'route'; readonly route: Route<Db>; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'options'; readonly allow: readonly string[] }

/** @throws CONFIG_INVALID */
export function createRouteTable<Db>(basePath: string, routes: readonly Route<Db>[]): RouteTable<Db> {
  if (!isPlainPath(basePath)) {
    throw new FreeholdError('CONFIG_INVALID', {
      option: 'http.basePath',
      problem: 'it is a path as /auth: letters, digits, `-`, `_`, `.` and `~`, no slash at the end',
    })
  }
  const entries = routes.map((route) => ({ route, segments: route.path.split('/') }))
  const covers = (path: string): boolean => path === basePath || path.startsWith(`${basePath}/`)

  return {
    covers,
    match(method, path) {
      if (!isPlainPath(path) || !covers(path)) throw new FreeholdError('ROUTE_UNKNOWN')
      const wanted = path.slice(basePath.length + 1).split('/')
      const here = entries.flatMap(({ route, segments }) => {
        const params = paramsOf(segments, wanted)
        return params ? [{ route, params }] : []
      })
      if (here.length === 0) throw new FreeholdError('ROUTE_UNKNOWN')
      const asked = method === 'HEAD' ? 'GET' : method
      const found = here.find(({ route }) => route.method === asked)
      if (found) return { kind: 'route', ...found }
      const allow = allowed(here.map(({ route }) => route.method))
      if (method === 'OPTIONS') return { kind: 'options', allow }
      throw new FreeholdError('METHOD_NOT_ALLOWED', { allow })
    },
  }
}

/** Segments of unreserved characters (RFC 3986, section 2.3) behind single slashes: the only spelling there is. */
export function isPlainPath(path: string): boolean {
  return /^(?:\/[A-Za-z0-9._~-]+)+$/.test(path) && !/\/\.{1,2}(?:\/|$)/.test(path)
}

/** A word fits itself, `:name` fits anything. A word is preferred by its place in the table. */
function paramsOf(segments: readonly string[], wanted: readonly string[]): Record<string, string> | undefined {
  if (segments.length !== wanted.length) return undefined
  const params: Record<string, string> = {}
  for (const [i, segment] of segments.entries()) {
    const value = wanted[i]!
    if (segment.startsWith(':')) params[segment.slice(1)] = value
    else if (segment !== value) return undefined
  }
  return params
}

function allowed(methods: readonly Method[]): string[] {
  const all = new Set<string>(methods)
  if (all.has('GET')) all.add('HEAD')
  all.add('OPTIONS')
  return [...all].sort()
}
