// May this principal do that? The questions a host asks, and the shape of the answers.

import type { OrganizationId, ServiceAccountId, UserId } from '../kernel/ids.ts'

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
  /** Facts of the request, as conditions see them (`context.ip`). */
  readonly context?: Readonly<Record<string, unknown>>
}

export interface Access<P extends string = string> {
  /**
   * Deny wins, from any role. What a condition needs and does not find never allows.
   * @throws PERMISSION_UNKNOWN, PRINCIPAL_UNKNOWN, ORGANIZATION_UNKNOWN
   */
  check(principal: Principal, permission: P, options?: CheckOptions): Promise<boolean>
  /** Several at once, answered in order; loads the principal once. */
  checkMany(principal: Principal, checks: readonly ({ readonly permission: P } & CheckOptions)[]): Promise<boolean[]>
  /** Why, or why not: never a different answer than `check`. */
  explain(principal: Principal, permission: P, options?: CheckOptions): Promise<Explanation>
  /** The principal, loaded: its `can` answers at once, as of the versions it was loaded for. */
  principal(principal: Principal): Promise<PrincipalAccess<P>>
}

/** A principal's permissions as of one moment. Ask for it per request; it does not follow later changes. */
export interface PrincipalAccess<P extends string = string> {
  readonly principal: { readonly kind: 'user' | 'service_account'; readonly id: string }
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
  /** What decided: the assignment, and the chain of roles from the one assigned to the one that has the permission. */
  readonly by?: {
    readonly assignmentId: string
    readonly roles: readonly string[]
    readonly scope: { readonly kind: 'tenant' } | { readonly kind: 'organization'; readonly id: string }
    readonly effect: 'allow' | 'deny'
    readonly conditions?: Readonly<Record<string, unknown>>
  }
  /** Paths a condition asked for and did not find, as `resource.owner_id`. */
  readonly missing: readonly string[]
  /** The versions this is true for. */
  readonly version: { readonly tenant: number; readonly principal: number }
}
