// The tenant tables: every row belongs to one tenant and stands behind its wall. `tenant_id` is in every one of
// them and in no row type: who holds a tenant's scope cannot name another.

import type { Table } from './columns.ts'

export type UserStatus = 'active' | 'disabled' | 'locked' | 'deleted'

export interface UserRow {
  id: string
  email: string
  /** The address as it is compared: NFKC, lower case. Unique in the tenant among users that are not deleted. */
  email_norm: string
  email_verified_at: Date | null
  name: string | null
  status: UserStatus
  /** PHC string; null: this user has no password. */
  password_hash: string | null
  password_changed_at: Date | null
  /** Sessions opened under an older epoch are dead. */
  session_epoch: number
  /** Moves on with every change of what this user holds. */
  access_version: number
  metadata: Record<string, unknown>
  created_at: Date
  updated_at: Date
  disabled_at: Date | null
  deleted_at: Date | null
  /** E.164. */
  phone: string | null
  phone_verified_at: Date | null
  locked_at: Date | null
  lock_reason: string | null
}

export type RevokeReason =
  | 'signed-out'
  | 'signed-out-everywhere'
  | 'refresh-reuse'
  | 'forked'
  | 'user-disabled'
  | 'password-changed'
  | 'revoked'
  /** Another session of a higher or newer assurance took its place. */
  | 'stepped-up'
  /** The operator who acted in it may act no more. */
  | 'operator-ended'
  /** There were as many as the tenant, or a role, lets a user have, and another opened. */
  | 'session-limit'

/** A session is one refresh-token family: hashes, nonces and counters, never a token. */
export interface SessionRow {
  id: string
  user_id: string
  generation: number
  /** SHA-256 of the current and of the previous refresh token. */
  current_hash: Uint8Array
  previous_hash: Uint8Array | null
  /** From it, the parent and a key the child is derived again, so a retry gets the same one. */
  nonce: Uint8Array
  /** Number of the root key that derived the current token. */
  key_id: number
  rotated_at: Date
  previous_rotated_at: Date | null
  /** Times the parent came again since the last rotation. */
  retries: number
  epoch: number
  /** Authenticator assurance level, 1 to 3 (NIST SP 800-63B). */
  assurance_level: number
  /** RFC 8176 method references, as in `["pwd"]`. */
  authentication_methods: string[]
  authenticated_at: Date
  ip: string | null
  user_agent: string | null
  idle_expires_at: Date
  absolute_expires_at: Date
  revoked_at: Date | null
  revoke_reason: RevokeReason | null
  created_at: Date
  device_id: string | null
  /** ISO 3166-1 alpha-2. */
  country: string | null
  city: string | null
  /** 0 to 1. */
  risk_score: number | null
  risk_flags: string[]
  /** An operator who is signed in as this user, and why. */
  impersonator_id: string | null
  impersonation_reason: string | null
}

/** Failures in a row, per pool (password, later one per factor) and subject. */
export interface SignInAttemptRow {
  pool: string
  /** SHA-256 of what is tried, as the normalised address: the same for known and unknown users. */
  subject: Uint8Array
  failures: number
  blocked_until: Date
  updated_at: Date
}

export interface SecurityEventRow {
  id: string
  kind: string
  user_id: string | null
  session_id: string | null
  details: Record<string, unknown>
  created_at: Date
  /** 0 to 1. */
  risk_score: number | null
  risk_flags: string[]
  ip: string | null
}

export interface TenantTables {
  users: UserRow
  sessions: SessionRow
  sign_in_attempts: SignInAttemptRow
  security_events: SecurityEventRow
}

/** In this order rows can be inserted; in the reverse, removed. */
export const tenantTables = {
  users: {
    key: ['id'],
    unique: {
      users_email_norm_key: { columns: ['email_norm'], where: { column: 'status', not: ['deleted'] } },
    },
    columns: {
      id: { type: 'uuid' },
      email: { type: 'text', person: true },
      email_norm: { type: 'text', person: true },
      email_verified_at: { type: 'time', nullable: true },
      name: { type: 'text', nullable: true, person: true },
      status: { type: 'text', generated: true },
      password_hash: { type: 'text', nullable: true, secret: true },
      password_changed_at: { type: 'time', nullable: true },
      session_epoch: { type: 'integer', generated: true },
      metadata: { type: 'json', generated: true, person: true },
      created_at: { type: 'time', generated: true },
      updated_at: { type: 'time', generated: true },
      disabled_at: { type: 'time', nullable: true },
      deleted_at: { type: 'time', nullable: true },
      access_version: { type: 'bigint', generated: true },
      phone: { type: 'text', nullable: true, person: true },
      phone_verified_at: { type: 'time', nullable: true },
      locked_at: { type: 'time', nullable: true },
      lock_reason: { type: 'text', nullable: true },
    },
  },
  sessions: {
    key: ['id'],
    references: {
      sessions_user_id_fkey: { columns: ['user_id'], table: 'users', onDelete: 'cascade' },
      sessions_device_id_fkey: { columns: ['device_id'], table: 'devices', onDelete: 'cascade' },
    },
    columns: {
      id: { type: 'uuid' },
      user_id: { type: 'uuid' },
      generation: { type: 'integer', generated: true },
      current_hash: { type: 'bytes', secret: true },
      previous_hash: { type: 'bytes', nullable: true, secret: true },
      nonce: { type: 'bytes', secret: true },
      key_id: { type: 'integer' },
      rotated_at: { type: 'time', generated: true },
      previous_rotated_at: { type: 'time', nullable: true },
      retries: { type: 'integer', generated: true },
      epoch: { type: 'integer' },
      assurance_level: { type: 'integer', generated: true },
      authentication_methods: { type: 'text[]', generated: true },
      authenticated_at: { type: 'time', generated: true },
      ip: { type: 'text', nullable: true, person: true },
      user_agent: { type: 'text', nullable: true, person: true },
      idle_expires_at: { type: 'time' },
      absolute_expires_at: { type: 'time' },
      revoked_at: { type: 'time', nullable: true },
      revoke_reason: { type: 'text', nullable: true },
      created_at: { type: 'time', generated: true },
      device_id: { type: 'uuid', nullable: true },
      country: { type: 'text', nullable: true, person: true },
      city: { type: 'text', nullable: true, person: true },
      risk_score: { type: 'double', nullable: true },
      risk_flags: { type: 'text[]', generated: true },
      impersonator_id: { type: 'uuid', nullable: true },
      impersonation_reason: { type: 'text', nullable: true },
    },
  },
  sign_in_attempts: {
    key: ['pool', 'subject'],
    columns: {
      pool: { type: 'text' },
      subject: { type: 'bytes', person: true },
      failures: { type: 'bigint', generated: true },
      blocked_until: { type: 'time', generated: true },
      updated_at: { type: 'time', generated: true },
    },
  },
  security_events: {
    key: ['id'],
    columns: {
      id: { type: 'uuid' },
      kind: { type: 'text' },
      user_id: { type: 'uuid', nullable: true },
      session_id: { type: 'uuid', nullable: true },
      details: { type: 'json', generated: true, person: true },
      created_at: { type: 'time', generated: true },
      risk_score: { type: 'double', nullable: true },
      risk_flags: { type: 'text[]', generated: true },
      ip: { type: 'text', nullable: true, person: true },
    },
  },
} as const satisfies { readonly [T in keyof TenantTables]: Table<TenantTables[T]> }
