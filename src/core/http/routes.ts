// The table of routes, and how a path finds its way into it. A path is looked at once, in one form; what has another
// spelling (double slashes, escapes, a trailing slash) is no path of ours, so no gate can be walked around.

import type { PrincipalAccess } from '../access/access.ts'
import type { OwnPermission } from '../access/permissions.ts'
import type { Actor } from '../audit/audit.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { Verified } from '../sessions/session.ts'
import type { TenantStatus } from '../storage/system-tables.ts'
import type { TenantHandle } from '../tenancy/handle.ts'
import type { RequestInfo } from './options.ts'
import type { RateName } from './rate-limits.ts'
import type { RequestContext } from './request-context.ts'

export type Method = 'GET' | 'POST' | 'DELETE'

/** A request at one of our routes. */
export interface Visit {
  readonly request: Request
  readonly info: RequestInfo
}

/** A request at a route that needs no tenant. */
export interface OpenVisit extends Visit {
  /** What stood where the route's path says `:id`. */
  readonly params: Readonly<Record<string, string>>
}

/** Undefined tenant: nothing but the credential itself tells it. */
export interface TenantVisit<Db, P extends string = string> extends Visit {
  readonly tenant: TenantHandle<Db, P> | undefined
  /** In whose name the handle is: nobody is signed in yet. */
  readonly actor: Actor
  readonly clientAddress: string | undefined
  /** Counts the request for this account too, under the route's rate. @throws RATE_LIMITED */
  admit(account: string): Promise<void>
}

interface ContextVisit<Db, P extends string> extends OpenVisit {
  readonly url: URL
  readonly context: RequestContext<Db, P>
}

export interface SessionVisit<Db, P extends string = string> extends ContextVisit<Db, P> {
  readonly session: Verified
}

/** A request of somebody who may do what the route asks for. */
export interface PrincipalVisit<Db, P extends string = string> extends ContextVisit<Db, P> {
  readonly access: PrincipalAccess<P>
}

/** The same, in a session. */
export interface AccessVisit<Db, P extends string = string> extends PrincipalVisit<Db, P>, SessionVisit<Db, P> {}

export interface RouteFacts {
  readonly method: Method
  /** Below the base path, without leading slash; `:id` stands for one segment. */
  readonly path: string
  /** What it does, in a sentence. */
  readonly does: string
  /** How often it may be asked. */
  readonly rate?: RateName
}

export interface PermissionFacts {
  /** Who asks may do this in the whole tenant. */
  readonly permission?: OwnPermission
  /** In any place of it, in whatever circumstances: the route asks once it knows where. */
  readonly somewhere?: boolean
}

export type Route<Db, P extends string = string> =
  /** Answers on every host, tenant or not. */
  | (RouteFacts & { readonly asks: 'nothing'; answer(visit: OpenVisit): Response | Promise<Response> })
  /** A tenant by the request itself; a session it may show does not count. `allow`: states of it that will do beside active. */
  | (RouteFacts & {
      readonly asks: 'tenant'
      readonly allow?: readonly TenantStatus[]
      answer(visit: TenantVisit<Db, P>): Promise<Response>
    })
  /** A session, looked up in the database. */
  | (RouteFacts & { readonly asks: 'session'; answer(visit: SessionVisit<Db, P>): Promise<Response> })
  /** A session, looked up in the database, and what it may do. */
  | (RouteFacts & PermissionFacts & { readonly asks: 'access'; answer(visit: AccessVisit<Db, P>): Promise<Response> })
  /** The same of a session or an API key: for what changes nothing. */
  | (RouteFacts &
      PermissionFacts & { readonly asks: 'principal'; answer(visit: PrincipalVisit<Db, P>): Promise<Response> })

export interface RouteTable<Db, P extends string = string> {
  /** True for the base path and everything below it, whether or not there is a route. */
  covers(path: string): boolean
  /**
   * The route, or for OPTIONS the methods that have one here.
   * @throws ROUTE_UNKNOWN, METHOD_NOT_ALLOWED
   */
  match(method: string, path: string): Match<Db, P>
}

export type Match<Db, P extends string = string> =
  | { readonly kind: 'route'; readonly route: Route<Db, P>; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'options'; readonly allow: readonly string[] }

/** @throws CONFIG_INVALID */
export function createRouteTable<Db, P extends string = string>(
  basePath: string,
  routes: readonly Route<Db, P>[],
): RouteTable<Db, P> {
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
