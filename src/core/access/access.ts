// May this principal do that? The questions a host asks, and the shape of the answers.

import type { TenantContext } from '../context.ts'
import type { OrganizationId, ServiceAccountId, UserId } from '../kernel/ids.ts'
import { invalid } from '../kernel/input.ts'
import { ALLOW, codeAt, isConditional } from './bits.ts'
import type { AccessCache, AccessVersions } from './cache.ts'
import { decide } from './evaluator.ts'
import type { KnownTenant } from './known-tenant.ts'
import type { Permissions } from './permissions.ts'
import { explainRow, HeldAccess, permissionId } from './principal-access.ts'
import { idOf, type KnownPrincipal, kindOf, parsePrincipal, scopeOf } from './principals.ts'

/** Who acts: a user or a service account of the tenant. A user's id alone means the user. */
export type Principal =
  | UserId
  | { readonly kind?: 'user'; readonly id: UserId }
  | { readonly kind: 'service_account'; readonly id: ServiceAccountId }

export interface CheckOptions {
  /** The thing acted on, as conditions see it (`resource.status`). Conditions that need it do not allow without it. */
  readonly resource?: Readonly<Record<string, unknown>>
  /** The organization the thing belongs to; assignments in it count too. Left out: only those of the whole tenant. */
  readonly organization?: OrganizationId | { readonly id: OrganizationId }
  /** Facts of the request, as conditions see them (`context.ip`). `context.time` is the moment of the check where it is left out. */
  readonly context?: Readonly<Record<string, unknown>>
}

export interface Access<P extends string = string> {
  /**
   * Deny wins, from any role. What a condition needs and does not find never allows.
   * @throws PERMISSION_UNKNOWN, PRINCIPAL_UNKNOWN, ORGANIZATION_UNKNOWN
   */
  check(principal: Principal, permission: P, options?: CheckOptions): Promise<boolean>
  /** Several at once, answered in order; loads the principal once. @throws as `check`, INPUT_INVALID (no list of checks) */
  checkMany(principal: Principal, checks: readonly ({ readonly permission: P } & CheckOptions)[]): Promise<boolean[]>
  /** Why, or why not: never a different answer than `check`. */
  explain(principal: Principal, permission: P, options?: CheckOptions): Promise<Explanation>
  /**
   * The principal, loaded: its `can` answers at once, as of the versions it was loaded for. With the versions that a
   * session look-up told, what is remembered of exactly these is used and anything else is loaded; without, what is
   * remembered may be ten seconds old.
   * @throws PRINCIPAL_UNKNOWN
   */
  principal(principal: Principal, versions?: AccessVersions): Promise<PrincipalAccess<P>>
}

/** A principal's permissions as of one moment. Ask for it per request; it does not follow later changes. */
export interface PrincipalAccess<P extends string = string> {
  readonly principal: { readonly kind: 'user' | 'service_account'; readonly id: string }
  /** The versions of what it was loaded from. */
  readonly versions: AccessVersions
  /** As `check`, without a promise. @throws PERMISSION_UNKNOWN, ORGANIZATION_UNKNOWN */
  can(permission: P, options?: CheckOptions): boolean
  /** @throws FORBIDDEN when it may not */
  demand(permission: P, options?: CheckOptions): void
  explain(permission: P, options?: CheckOptions): Explanation
}

export interface Explanation {
  readonly allowed: boolean
  readonly reason:
    | 'allowed'
    | 'denied-by-rule'
    | 'no-grant'
    | 'condition-not-met'
    | 'context-missing'
    | 'not-yet'
    | 'expired'
    | 'principal-inactive'
    /** The principal may, and the API key it shows was made for less. */
    | 'not-in-credential'
  /** What decided: the assignment, and the chain of roles from the one assigned to the one that has the permission. */
  readonly by?: {
    readonly assignmentId: string
    readonly roles: readonly string[]
    readonly scope: { readonly kind: 'tenant' } | { readonly kind: 'organization'; readonly id: string }
    readonly effect: 'allow' | 'deny'
    readonly conditions?: Readonly<Record<string, unknown>>
  }
  /** Paths a condition asked for and did not find, or found to be nothing that it can compare, as `resource.owner_id`. */
  readonly missing: readonly string[]
  /** The versions this is true for. */
  readonly version: { readonly tenant: number; readonly principal: number }
}

const YES = Promise.resolve(true)
const NO = Promise.resolve(false)

/**
 * Checks of one tenant. Outside a transaction they are answered from the cache, and a first one costs one query;
 * inside one each loads anew, so that it sees what the transaction did and nobody else does.
 */
export function createAccess<P extends string>(
  context: TenantContext,
  cache: AccessCache,
  permissions: Permissions<P>,
): Access<P> {
  const { now } = context.runtime
  const tenantId = context.tenant.id
  const apart = 'db' in context.scope
  let tenant: KnownTenant | undefined

  async function load(principal: Principal, versions?: AccessVersions): Promise<KnownPrincipal> {
    const key = parsePrincipal(principal)
    const request = { tenantId, scope: context.scope, permissions, principal: key, versions }
    return apart ? cache.loadApart(request) : cache.ensure(request)
  }

  function answer(known: KnownPrincipal, permission: string, options: CheckOptions | undefined, at: number): boolean {
    const id = permissionId(permissions, permission)
    // most checks end here, having looked at little: that is what makes them fast
    if (known.steady !== undefined && options?.organization === undefined) {
      const code = codeAt(known.steady, known.steadyAt, id)
      if (!isConditional(code)) return code === ALLOW
    }
    return decide(scopeOf(known.row(at), options?.organization), id, known.facts, options, now)
  }

  async function checkCold(principal: Principal, permission: P, options?: CheckOptions): Promise<boolean> {
    permissionId(permissions, permission)
    return answer(await load(principal), permission, options, now())
  }

  return {
    check(principal, permission, options) {
      const kind = apart ? undefined : kindOf(principal)
      if (kind === undefined) return checkCold(principal, permission, options)
      const at = now()
      if (tenant === undefined || !tenant.live) tenant = cache.tenant(tenantId)
      const known = tenant?.peek(kind, idOf(principal), at)
      if (known?.book.permissions !== permissions) return checkCold(principal, permission, options)
      try {
        return answer(known, permission, options, at) ? YES : NO
      } catch (error) {
        return Promise.reject(error)
      }
    },
    async checkMany(principal, checks) {
      for (const { permission } of checkList(checks)) permissionId(permissions, permission)
      const known = await load(principal)
      const at = now()
      return checks.map((check) => answer(known, check.permission, check, at))
    },
    async explain(principal, permission, options) {
      permissionId(permissions, permission)
      const known = await load(principal)
      const at = now()
      return explainRow(known, known.row(at), permissions, permission, options, at)
    },
    async principal(principal, versions) {
      return new HeldAccess(await load(principal, versions), permissions, now)
    },
  }
}

/** @throws INPUT_INVALID */
function checkList<Check extends object>(checks: readonly Check[]): readonly Check[] {
  if (!Array.isArray(checks)) throw invalid('checks', 'it is not a list')
  // holes, too
  const wrong = Array.from(checks, (check: unknown) => typeof check === 'object' && check !== null).indexOf(false)
  if (wrong >= 0) throw invalid(`checks[${wrong}]`, 'it is not an object')
  return checks
}
