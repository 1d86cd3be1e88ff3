// May this principal do that? The questions a host asks.

import type { ServiceAccountId, UserId } from '../kernel/ids.ts'
import type { Page, PageRequest } from '../kernel/page.ts'
import type { AccessVersions } from './cache.ts'
import type { CheckOptions, Circumstances, Freshness } from './check-options.ts'
import type { Explanation } from './explanation.ts'
import type { AllowedFields } from './fields.ts'
import type { Filter } from './filter.ts'
import type { FilterOptions } from './filter-options.ts'
import type { Holdings } from './holdings.ts'
import type { CustomPermission } from './permissions.ts'

/** Who acts: a user or a service account of the tenant. A user's id alone means the user. */
export type Principal =
  | UserId
  | { readonly kind?: 'user'; readonly id: UserId }
  | { readonly kind: 'service_account'; readonly id: ServiceAccountId }

/** One that an answer names. */
export type NamedPrincipal =
  | { readonly kind: 'user'; readonly id: UserId }
  | { readonly kind: 'service_account'; readonly id: ServiceAccountId }

/**
 * Every question throws PERMISSION_UNKNOWN, PRINCIPAL_UNKNOWN, ORGANIZATION_UNKNOWN, TEAM_UNKNOWN, PROJECT_UNKNOWN or
 * RESOURCE_TYPE_UNKNOWN for what there is not, REVISION_INVALID for a token it cannot answer, and INPUT_INVALID or
 * ID_INVALID for what cannot be read.
 */
export interface Access<P extends string = string> {
  /** Deny wins, from any source. What a condition needs and does not find never allows. */
  check(principal: Principal, permission: P | CustomPermission, options?: CheckOptions & Freshness): Promise<boolean>
  /** Several at once, answered in order; loads the principal once. */
  checkMany(
    principal: Principal,
    checks: readonly ({ readonly permission: P | CustomPermission } & CheckOptions)[],
    freshness?: Freshness,
  ): Promise<boolean[]>
  /** Why, or why not, and what would be needed: never a different answer than `check`. */
  explain(
    principal: Principal,
    permission: P | CustomPermission,
    options?: CheckOptions & Freshness,
  ): Promise<Explanation>
  /** All that the principal may do where the options say. */
  permissionsOf(principal: Principal, options?: Circumstances & Freshness): Promise<Holdings<P | CustomPermission>>
  /** The fields that it may do this with: those with which `check` says yes. */
  fieldsOf(
    principal: Principal,
    permission: P | CustomPermission,
    options?: Circumstances & Freshness,
  ): Promise<AllowedFields>
  /**
   * Which of the host's rows the principal may act on: those for which `check` says yes, be they millions. `accessFilter`
   * of `freehold/postgres` makes it a part of a query.
   */
  filter(principal: Principal, permission: P | CustomPermission, options: FilterOptions & Freshness): Promise<Filter>
  /**
   * Whether there is any place, resource, circumstance or field in which it might: what decides whether a menu is shown,
   * and never whether something is done.
   */
  ever(principal: Principal, permission: P | CustomPermission, freshness?: Freshness): Promise<boolean>
  /**
   * Everyone for whom `check` with these options says yes, each named once: users first, then service accounts, oldest
   * first. As of each page; a page may be short, and only one without `next` is the last. @throws CURSOR_INVALID
   */
  whoCan(permission: P | CustomPermission, options?: Circumstances & PageRequest): Promise<Page<NamedPrincipal>>
  /**
   * How far the tenant's access has come, for `atLeast` in any process: roles, places, policies and assignments; of a
   * principal that is given also its status, attributes and memberships. Inside a transaction it is that of its commit.
   */
  revision(principal?: Principal): Promise<string>
  /**
   * The principal, loaded: its `can` answers at once, as of the versions it was loaded for. With the versions that a
   * session look-up told, what is remembered of exactly these is used and anything else is loaded; without, what is
   * remembered may be ten seconds old.
   */
  principal(principal: Principal, freshness?: AccessVersions | Freshness): Promise<PrincipalAccess<P>>
}

/** A principal's permissions as of one moment. Ask for it per request; it does not follow later changes. */
export interface PrincipalAccess<P extends string = string> {
  readonly principal: { readonly kind: 'user' | 'service_account'; readonly id: string }
  /** The versions of what it was loaded from. */
  readonly versions: AccessVersions
  /** The same, as `atLeast` takes it. */
  readonly revision: string
  /** All that can be asked about: what the code declares, and behind it what the tenant added. */
  readonly names: readonly (P | CustomPermission)[]
  /** As `check`, without a promise. @throws PERMISSION_UNKNOWN and its like */
  can(permission: P | CustomPermission, options?: CheckOptions): boolean
  /** @throws FORBIDDEN when it may not */
  demand(permission: P | CustomPermission, options?: CheckOptions): void
  explain(permission: P | CustomPermission, options?: CheckOptions): Explanation
  /** As `permissionsOf`. */
  permissions(options?: Circumstances): Holdings<P | CustomPermission>
  /** As `filter` of `access`. */
  filter(permission: P | CustomPermission, options: FilterOptions): Filter
  /** As `fieldsOf`. */
  fields(permission: P | CustomPermission, options?: Circumstances): AllowedFields
  ever(permission: P | CustomPermission): boolean
}
