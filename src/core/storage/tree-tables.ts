// Tables of the tree below an organization: teams and who is in them, projects, and what the host registers.

import type { PermissionEntry } from './access-tables.ts'
import type { Table } from './columns.ts'

export interface TeamRow {
  id: string
  organization_id: string
  /** Of the same organization. Null: directly below it. */
  parent_team_id: string | null
  key: string
  name: string
  description: string | null
  metadata: Record<string, unknown>
  created_at: Date
  updated_at: Date
}

/** Exactly one of `user_id` and `service_account_id` is set. */
export interface TeamMemberRow {
  id: string
  team_id: string
  user_id: string | null
  service_account_id: string | null
  /** Held in the team and below it. */
  role_id: string | null
  /** Held there too. */
  permissions: PermissionEntry[]
  created_at: Date
  updated_at: Date
}

export interface ProjectRow {
  id: string
  organization_id: string
  /** Of the same organization. Null: directly below it. */
  team_id: string | null
  key: string
  name: string
  description: string | null
  metadata: Record<string, unknown>
  created_at: Date
  updated_at: Date
}

/** At most one of `organization_id`, `team_id` and `project_id` is set; none: directly below the tenant. */
export interface ResourceRow {
  id: string
  type: string
  /** What the host calls it. */
  external_id: string
  name: string | null
  organization_id: string | null
  team_id: string | null
  project_id: string | null
  metadata: Record<string, unknown>
  created_at: Date
  updated_at: Date
}

export interface TreeTables {
  teams: TeamRow
  team_members: TeamMemberRow
  projects: ProjectRow
  resources: ResourceRow
}

const organization = { columns: ['organization_id'], table: 'organizations', onDelete: 'cascade' } as const

export const treeTables = {
  teams: {
    key: ['id'],
    unique: {
      teams_key_key: { columns: ['organization_id', 'key'] },
      teams_organization_key: { columns: ['organization_id', 'id'] },
    },
    references: {
      teams_organization_id_fkey: organization,
      teams_parent_team_id_fkey: {
        columns: ['organization_id', 'parent_team_id'],
        table: 'teams',
        parents: ['organization_id', 'id'],
        onDelete: 'restrict',
      },
    },
    columns: {
      id: { type: 'uuid' },
      organization_id: { type: 'uuid' },
      parent_team_id: { type: 'uuid', nullable: true },
      key: { type: 'text' },
      name: { type: 'text' },
      description: { type: 'text', nullable: true },
      metadata: { type: 'json', generated: true },
      created_at: { type: 'time', generated: true },
      updated_at: { type: 'time', generated: true },
    },
  },
  team_members: {
    key: ['id'],
    unique: {
      team_members_once_key: { columns: ['team_id', 'user_id', 'service_account_id'], nullsEqual: true },
    },
    references: {
      team_members_team_id_fkey: { columns: ['team_id'], table: 'teams', onDelete: 'cascade' },
      team_members_user_id_fkey: { columns: ['user_id'], table: 'users', onDelete: 'cascade' },
      team_members_service_account_id_fkey: {
        columns: ['service_account_id'],
        table: 'service_accounts',
        onDelete: 'cascade',
      },
      team_members_role_id_fkey: { columns: ['role_id'], table: 'roles', onDelete: 'restrict' },
    },
    columns: {
      id: { type: 'uuid' },
      team_id: { type: 'uuid' },
      user_id: { type: 'uuid', nullable: true },
      service_account_id: { type: 'uuid', nullable: true },
      role_id: { type: 'uuid', nullable: true },
      permissions: { type: 'json', generated: true },
      created_at: { type: 'time', generated: true },
      updated_at: { type: 'time', generated: true },
    },
  },
  projects: {
    key: ['id'],
    unique: { projects_key_key: { columns: ['organization_id', 'key'] } },
    references: {
      projects_organization_id_fkey: organization,
      projects_team_id_fkey: {
        columns: ['organization_id', 'team_id'],
        table: 'teams',
        parents: ['organization_id', 'id'],
        onDelete: 'restrict',
      },
    },
    columns: {
      id: { type: 'uuid' },
      organization_id: { type: 'uuid' },
      team_id: { type: 'uuid', nullable: true },
      key: { type: 'text' },
      name: { type: 'text' },
      description: { type: 'text', nullable: true },
      metadata: { type: 'json', generated: true },
      created_at: { type: 'time', generated: true },
      updated_at: { type: 'time', generated: true },
    },
  },
  resources: {
    key: ['id'],
    unique: { resources_external_id_key: { columns: ['type', 'external_id'] } },
    references: {
      resources_organization_id_fkey: organization,
      resources_team_id_fkey: { columns: ['team_id'], table: 'teams', onDelete: 'cascade' },
      resources_project_id_fkey: { columns: ['project_id'], table: 'projects', onDelete: 'cascade' },
    },
    columns: {
      id: { type: 'uuid' },
      type: { type: 'text' },
      external_id: { type: 'text' },
      name: { type: 'text', nullable: true },
      organization_id: { type: 'uuid', nullable: true },
      team_id: { type: 'uuid', nullable: true },
      project_id: { type: 'uuid', nullable: true },
      metadata: { type: 'json', generated: true },
      created_at: { type: 'time', generated: true },
      updated_at: { type: 'time', generated: true },
    },
  },
} as const satisfies { readonly [T in keyof TreeTables]: Table<TreeTables[T]> }
