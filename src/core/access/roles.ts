// Roles of one tenant, and who holds them.

import type { OrganizationId, RoleAssignmentId, RoleId, ServiceAccountId } from '../kernel/ids.ts'
import type { Page, PageRequest } from '../kernel/page.ts'
import type { PermissionEntry } from '../storage/access-tables.ts'
import type { Principal } from './access.ts'

export interface Role {
  readonly id: RoleId
  readonly key: string
  readonly name: string
  readonly description: string | null
  readonly parentRoleId: RoleId | null
  /** What the role adds to its parent (and, for a system role, to what code gives it). */
  readonly permissions: readonly PermissionEntry[]
  readonly system: boolean
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface NewRole {
  /** Unique in the tenant: 1 to 63 of a-z, 0-9, `-`, `_`. */
  readonly key: string
  readonly name?: string
  readonly description?: string
  /** Key or id of the role it inherits from. */
  readonly parent?: string
  readonly permissions?: readonly PermissionEntry[]
}

export interface RoleChange {
  readonly name?: string
  readonly description?: string | null
  readonly parent?: string | null
  readonly permissions?: readonly PermissionEntry[]
}

/** A role's key or id. */
export type RoleName = string

export interface Roles {
  /** @throws ROLE_TAKEN, ROLE_UNKNOWN (parent), ROLE_CYCLE, PERMISSION_UNKNOWN, CONDITION_INVALID, INPUT_INVALID */
  create(role: NewRole): Promise<Role>
  /** @throws ROLE_UNKNOWN */
  get(role: RoleName): Promise<Role>
  list(page?: PageRequest): Promise<Page<Role>>
  /** A system role keeps its key and parent, and what code gives it. @throws ROLE_UNKNOWN, ROLE_CYCLE, PERMISSION_UNKNOWN, CONDITION_INVALID, ROLE_SYSTEM */
  update(role: RoleName, change: RoleChange): Promise<Role>
  /** @throws ROLE_UNKNOWN, ROLE_SYSTEM, ROLE_IN_USE (assigned, or a parent) */
  remove(role: RoleName): Promise<void>
}

export interface Assignment {
  readonly id: RoleAssignmentId
  readonly principal: { readonly kind: 'user' | 'service_account'; readonly id: string }
  readonly roleId: RoleId
  readonly scope: { readonly kind: 'tenant' } | { readonly kind: 'organization'; readonly id: OrganizationId }
  readonly startsAt: Date | null
  readonly expiresAt: Date | null
  readonly grantedBy: { readonly type: string; readonly id: string | null } | null
  readonly reason: string | null
  readonly createdAt: Date
}

export interface NewAssignment {
  readonly principal: Principal
  readonly role: RoleName
  /** Left out: the whole tenant. */
  readonly scope?: { readonly organization: OrganizationId | { readonly id: OrganizationId } }
  readonly startsAt?: Date
  readonly expiresAt?: Date
  readonly reason?: string
}

export interface Assignments {
  /**
   * Gives a role. Bound to an actor (`acme.as(...)`), the actor must hold every permission of the role there. Granting the same again renews its times.
   * @throws ROLE_UNKNOWN, PRINCIPAL_UNKNOWN, ORGANIZATION_UNKNOWN, GRANT_REFUSED (more than the actor holds), LAST_OWNER (a renewal that would end the last owner), INPUT_INVALID
   */
  grant(assignment: NewAssignment): Promise<Assignment>
  /** Takes it back; twice is not an error. @throws LAST_OWNER, GRANT_REFUSED */
  revoke(assignment: RoleAssignmentId | { readonly id: RoleAssignmentId }): Promise<void>
  list(filter?: PageRequest & { readonly principal?: Principal; readonly role?: RoleName }): Promise<Page<Assignment>>
}

export interface Organization {
  readonly id: OrganizationId
  readonly key: string
  readonly name: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface Organizations {
  /** @throws ORGANIZATION_TAKEN, INPUT_INVALID */
  create(organization: {
    readonly key: string
    readonly name: string
    readonly metadata?: Readonly<Record<string, unknown>>
  }): Promise<Organization>
  /** By key or id. @throws ORGANIZATION_UNKNOWN */
  get(organization: string): Promise<Organization>
  list(page?: PageRequest): Promise<Page<Organization>>
  update(
    organization: string,
    change: { readonly name?: string; readonly metadata?: Readonly<Record<string, unknown>> },
  ): Promise<Organization>
  /** Its assignments go with it. A tenant keeps at least one. @throws ORGANIZATION_UNKNOWN, LAST_ORGANIZATION */
  remove(organization: string): Promise<void>
}

export interface ServiceAccount {
  readonly id: ServiceAccountId
  readonly name: string
  readonly status: 'active' | 'disabled'
  readonly metadata: Readonly<Record<string, unknown>>
  readonly createdAt: Date
  readonly disabledAt: Date | null
}

export interface ServiceAccounts {
  /** @throws INPUT_INVALID, SERVICE_ACCOUNT_TAKEN (the name) */
  create(account: {
    readonly name: string
    readonly metadata?: Readonly<Record<string, unknown>>
  }): Promise<ServiceAccount>
  /** @throws PRINCIPAL_UNKNOWN */
  get(account: ServiceAccountId | { readonly id: ServiceAccountId }): Promise<ServiceAccount>
  list(page?: PageRequest): Promise<Page<ServiceAccount>>
  disable(account: ServiceAccountId | { readonly id: ServiceAccountId }): Promise<ServiceAccount>
  enable(account: ServiceAccountId | { readonly id: ServiceAccountId }): Promise<ServiceAccount>
}
