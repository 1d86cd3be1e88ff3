// The table of invitations.

import type { Table } from './columns.ts'

/** At most one of `organization_id` and `team_id` is set; neither: to the tenant. */
export interface InvitationRow {
  id: string
  email: string
  email_norm: string
  /** SHA-256 of the secret in the link that was sent last. */
  token_hash: Uint8Array
  organization_id: string | null
  team_id: string | null
  role_ids: string[]
  /** `expired` is written when another takes its place; one that nobody replaced is pending beyond its time. */
  status: 'pending' | 'accepted' | 'declined' | 'revoked' | 'expired'
  expires_at: Date
  invited_by_type: string | null
  invited_by_id: string | null
  accepted_by_user_id: string | null
  ended_at: Date | null
  sent_count: number
  last_sent_at: Date
  created_at: Date
  updated_at: Date
}

export interface InvitationTables {
  invitations: InvitationRow
}

export const invitationTables = {
  invitations: {
    key: ['id'],
    unique: {
      invitations_token_hash_key: { columns: ['token_hash'] },
      invitations_pending_key: {
        columns: ['email_norm', 'organization_id', 'team_id'],
        where: { column: 'status', is: 'pending' },
        nullsEqual: true,
      },
    },
    references: {
      invitations_organization_id_fkey: { columns: ['organization_id'], table: 'organizations', onDelete: 'cascade' },
      invitations_team_id_fkey: { columns: ['team_id'], table: 'teams', onDelete: 'cascade' },
      invitations_accepted_by_user_id_fkey: { columns: ['accepted_by_user_id'], table: 'users', onDelete: 'cascade' },
    },
    columns: {
      id: { type: 'uuid' },
      email: { type: 'text', person: true },
      email_norm: { type: 'text', person: true },
      token_hash: { type: 'bytes', secret: true },
      organization_id: { type: 'uuid', nullable: true },
      team_id: { type: 'uuid', nullable: true },
      role_ids: { type: 'json', generated: true },
      status: { type: 'text', generated: true },
      expires_at: { type: 'time' },
      invited_by_type: { type: 'text', nullable: true },
      invited_by_id: { type: 'uuid', nullable: true },
      accepted_by_user_id: { type: 'uuid', nullable: true },
      ended_at: { type: 'time', nullable: true },
      sent_count: { type: 'integer', generated: true },
      last_sent_at: { type: 'time', generated: true },
      created_at: { type: 'time', generated: true },
      updated_at: { type: 'time', generated: true },
    },
  },
} as const satisfies { readonly [T in keyof InvitationTables]: Table<InvitationTables[T]> }
