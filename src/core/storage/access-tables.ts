// Tables of access: organizations, service accounts, roles, who holds which, and the counters they move.

import type { Table } from './columns.ts'

/** A number that only SQL moves: `access` (the tenant's access version), `access-writes` (how many writes of access there were) and `limit:<name>` (what is used up). */
export interface TenantCounterRow {
  name: string
  value: number
  updated_at: Date
}

export interface OrganizationRow {
  id: string
  key: string
  name: string
  metadata: Record<string, unknown>
  created_at: Date
  updated_at: Date
}

export interface ServiceAccountRow {
  id: string
  name: string
  status: 'active' | 'disabled'
  /** Moves on with every change of what it holds. */
  access_version: number
  metadata: Record<string, unknown>
  created_at: Date
  updated_at: Date
  disabled_at: Date | null
}

/** One permission of a role, as stored. */
export interface PermissionEntry {
  readonly resource: string
  readonly actions: readonly string[]
  /** Default `allow`; a deny wins over every allow, from any source. */
  readonly effect?: 'allow' | 'deny'
  readonly conditions?: Readonly<Record<string, unknown>>
  /** Fields of the resource that it is about. Left out: all of them. */
  readonly fields?: readonly string[]
}

export interface RoleRow {
  id: string
  key: string
  name: string
  description: string | null
  parent_role_id: string | null
  permissions: PermissionEntry[]
  /** owner, admin, member, viewer: their permissions come from code, and what is stored only adds. */
  system: boolean
  created_at: Date
  updated_at: Date
}

/**
 * Exactly one of `user_id`, `service_account_id`, `team_id` and `everyone` says who holds it, and at most one of
 * `organization_id`, `scope_team_id`, `project_id` and `resource_id` where; none: the whole tenant.
 */
export interface RoleAssignmentRow {
  id: string
  user_id: string | null
  service_account_id: string | null
  role_id: string
  organization_id: string | null
  starts_at: Date | null
  expires_at: Date | null
  granted_by_type: string | null
  granted_by_id: string | null
  reason: string | null
  created_at: Date
  /** A team whose members hold it, those of its sub-teams among them. */
  team_id: string | null
  everyone: boolean
  scope_team_id: string | null
  project_id: string | null
  resource_id: string | null
  /** Whether it counts below its scope too. */
  flow: 'descendants' | 'self'
}

export interface AccessTables {
  tenant_counters: TenantCounterRow
  organizations: OrganizationRow
  service_accounts: ServiceAccountRow
  roles: RoleRow
  role_assignments: RoleAssignmentRow
}

export const accessTables = {
  tenant_counters: {
    key: ['name'],
    columns: {
      name: { type: 'text' },
      value: { type: 'bigint', generated: true },
      updated_at: { type: 'time', generated: true },
    },
  },
  organizations: {
    key: ['id'],
    unique: { organizations_key_key: { columns: ['key'] } },
    columns: {
      id: { type: 'uuid' },
      key: { type: 'text' },
      name: { type: 'text' },
      metadata: { type: 'json', generated: true },
      created_at: { type: 'time', generated: true },
      updated_at: { type: 'time', generated: true },
    },
  },
  service_accounts: {
    key: ['id'],
    unique: { service_accounts_name_key: { columns: ['name'] } },
    columns: {
      id: { type: 'uuid' },
      name: { type: 'text' },
      status: { type: 'text', generated: true },
      access_version: { type: 'bigint', generated: true },
      metadata: { type: 'json', generated: true },
      created_at: { type: 'time', generated: true },
      updated_at: { type: 'time', generated: true },
      disabled_at: { type: 'time', nullable: true },
    },
  },
  roles: {
    key: ['id'],
    unique: { roles_key_key: { columns: ['key'] } },
    references: { roles_parent_role_id_fkey: { columns: ['parent_role_id'], table: 'roles', onDelete: 'restrict' } },
    columns: {
      id: { type: 'uuid' },
      key: { type: 'text' },
      name: { type: 'text' },
      description: { type: 'text', nullable: true },
      parent_role_id: { type: 'uuid', nullable: true },
      permissions: { type: 'json', generated: true },
      system: { type: 'boolean', generated: true },
      created_at: { type: 'time', generated: true },
      updated_at: { type: 'time', generated: true },
    },
  },
  role_assignments: {
    key: ['id'],
    unique: {
      role_assignments_once_key: {
        columns: [
          'user_id',
          'service_account_id',
          'team_id',
          'everyone',
          'role_id',
          'organization_id',
          'scope_team_id',
          'project_id',
          'resource_id',
        ],
        nullsEqual: true,
      },
    },
    references: {
      role_assignments_user_id_fkey: { columns: ['user_id'], table: 'users', onDelete: 'cascade' },
      role_assignments_service_account_id_fkey: {
        columns: ['service_account_id'],
        table: 'service_accounts',
        onDelete: 'cascade',
      },
      role_assignments_role_id_fkey: { columns: ['role_id'], table: 'roles', onDelete: 'restrict' },
      role_assignments_organization_id_fkey: {
        columns: ['organization_id'],
        table: 'organizations',
        onDelete: 'cascade',
      },
      role_assignments_team_id_fkey: { columns: ['team_id'], table: 'teams', onDelete: 'cascade' },
      role_assignments_scope_team_id_fkey: { columns: ['scope_team_id'], table: 'teams', onDelete: 'cascade' },
      role_assignments_project_id_fkey: { columns: ['project_id'], table: 'projects', onDelete: 'cascade' },
      role_assignments_resource_id_fkey: { columns: ['resource_id'], table: 'resources', onDelete: 'cascade' },
    },
    columns: {
      id: { type: 'uuid' },
      user_id: { type: 'uuid', nullable: true },
      service_account_id: { type: 'uuid', nullable: true },
      role_id: { type: 'uuid' },
      organization_id: { type: 'uuid', nullable: true },
      starts_at: { type: 'time', nullable: true },
      expires_at: { type: 'time', nullable: true },
      granted_by_type: { type: 'text', nullable: true },
      granted_by_id: { type: 'uuid', nullable: true },
      reason: { type: 'text', nullable: true },
      created_at: { type: 'time', generated: true },
      team_id: { type: 'uuid', nullable: true },
      everyone: { type: 'boolean', generated: true },
      scope_team_id: { type: 'uuid', nullable: true },
      project_id: { type: 'uuid', nullable: true },
      resource_id: { type: 'uuid', nullable: true },
      flow: { type: 'text', generated: true },
    },
  },
} as const satisfies { readonly [T in keyof AccessTables]: Table<AccessTables[T]> }
