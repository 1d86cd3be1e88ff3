// Tables of policies and their history, and of the permissions that a tenant adds to those of the code.

import type { Table } from './columns.ts'

export interface PolicyRow {
  id: string
  key: string
  description: string | null
  /** Moves on with every document that is saved. */
  version: number
  document: Record<string, unknown>
  enabled: boolean
  created_at: Date
  updated_at: Date
}

/** A document that a policy has or had. */
export interface PolicyVersionRow {
  policy_id: string
  version: number
  document: Record<string, unknown>
  changed_by_type: string | null
  changed_by_id: string | null
  created_at: Date
}

export interface CustomPermissionRow {
  resource: string
  action: string
  description: string | null
  created_at: Date
}

export interface PolicyTables {
  policies: PolicyRow
  policy_versions: PolicyVersionRow
  custom_permissions: CustomPermissionRow
}

export const policyTables = {
  policies: {
    key: ['id'],
    unique: { policies_key_key: { columns: ['key'] } },
    columns: {
      id: { type: 'uuid' },
      key: { type: 'text' },
      description: { type: 'text', nullable: true },
      version: { type: 'integer', generated: true },
      document: { type: 'json' },
      enabled: { type: 'boolean', generated: true },
      created_at: { type: 'time', generated: true },
      updated_at: { type: 'time', generated: true },
    },
  },
  policy_versions: {
    key: ['policy_id', 'version'],
    references: {
      policy_versions_policy_id_fkey: { columns: ['policy_id'], table: 'policies', onDelete: 'cascade' },
    },
    columns: {
      policy_id: { type: 'uuid' },
      version: { type: 'integer' },
      document: { type: 'json' },
      changed_by_type: { type: 'text', nullable: true },
      changed_by_id: { type: 'uuid', nullable: true },
      created_at: { type: 'time', generated: true },
    },
  },
  custom_permissions: {
    key: ['resource', 'action'],
    columns: {
      resource: { type: 'text' },
      action: { type: 'text' },
      description: { type: 'text', nullable: true },
      created_at: { type: 'time', generated: true },
    },
  },
} as const satisfies { readonly [T in keyof PolicyTables]: Table<PolicyTables[T]> }
