// The table of API keys.

import type { Table } from './columns.ts'

export interface ApiKeyRow {
  id: string
  service_account_id: string
  name: string
  /** The start of the key as text, to be recognised by. */
  prefix: string
  /** SHA-256 of the key. */
  secret_hash: Uint8Array
  /** Null: all that the account may. */
  permissions: string[] | null
  /** Addresses and networks; none: all. */
  allowed_ips: string[]
  expires_at: Date | null
  /** To the minute. */
  last_used_at: Date | null
  revoked_at: Date | null
  /** The key that it was rotated to. */
  successor_id: string | null
  created_at: Date
}

export interface ApiKeyTables {
  api_keys: ApiKeyRow
}

export const apiKeyTables = {
  api_keys: {
    key: ['id'],
    references: {
      api_keys_service_account_id_fkey: {
        columns: ['service_account_id'],
        table: 'service_accounts',
        onDelete: 'cascade',
      },
    },
    columns: {
      id: { type: 'uuid' },
      service_account_id: { type: 'uuid' },
      name: { type: 'text' },
      prefix: { type: 'text' },
      secret_hash: { type: 'bytes', secret: true },
      permissions: { type: 'json', nullable: true },
      allowed_ips: { type: 'text[]', generated: true },
      expires_at: { type: 'time', nullable: true },
      last_used_at: { type: 'time', nullable: true },
      revoked_at: { type: 'time', nullable: true },
      successor_id: { type: 'uuid', nullable: true },
      created_at: { type: 'time', generated: true },
    },
  },
} as const satisfies { readonly [T in keyof ApiKeyTables]: Table<ApiKeyTables[T]> }
