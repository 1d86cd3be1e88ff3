// Tables of authentication: factors and passkeys, recovery codes, challenges, devices, and what is usual for a user.

import type { Table } from './columns.ts'

export type FactorType = 'totp' | 'hardware_token' | 'sms' | 'email' | 'webauthn'

/** One second factor. A passkey has its key in `webauthn_credentials`, under the same id. */
export interface MfaMethodRow {
  id: string
  user_id: string
  type: FactorType
  name: string
  is_primary: boolean
  /** Of totp and hardware_token: sealed. */
  secret: Uint8Array | null
  /** Where codes go: an E.164 number or an address. */
  target: string | null
  /** The first time step or counter that was not used yet. */
  moving_factor: number
  /** Null: not proven yet, and no factor. */
  confirmed_at: Date | null
  last_used_at: Date | null
  created_at: Date
}

export interface WebauthnCredentialRow {
  id: string
  user_id: string
  credential_id: Uint8Array
  /** COSE. */
  public_key: Uint8Array
  sign_count: number
  rp_id: string
  aaguid: string | null
  transports: string[]
  backup_eligible: boolean
  backup_state: boolean
  /** False: a second factor and no way in by itself. */
  signs_in: boolean
  clone_suspected_at: Date | null
  created_at: Date
}

export interface RecoveryCodeRow {
  id: string
  user_id: string
  code_hash: Uint8Array
  used_at: Date | null
  created_at: Date
}

/** Something that can be answered once, for one purpose, until it expires. */
export interface ChallengeRow {
  id: string
  purpose: string
  user_id: string | null
  secret_hash: Uint8Array
  recipient_hash: Uint8Array | null
  /** The user's epoch when it was made. */
  epoch: number | null
  data: Record<string, unknown>
  attempts: number
  expires_at: Date
  consumed_at: Date | null
  created_at: Date
}

export interface DeviceRow {
  id: string
  user_id: string
  secret_hash: Uint8Array
  fingerprint: Uint8Array | null
  name: string | null
  user_agent: string | null
  ip: string | null
  country: string | null
  first_seen_at: Date
  last_seen_at: Date
  trusted_until: Date | null
  revoked_at: Date | null
}

export interface SignInProfileRow {
  user_id: string
  sign_ins: number
  last_at: Date | null
  last_country: string | null
  last_latitude: number | null
  last_longitude: number | null
  last_accuracy_km: number | null
  /** Country to the time it was last seen, in milliseconds since 1970. */
  countries: Record<string, number>
  /** Sign-ins by hour of the day, UTC: `{ "9": 12 }`. */
  hours: Record<string, number>
  updated_at: Date
}

/** Failed sign-ins of late: what `failures` says at `updated_at` halves from then on. */
export interface FailureCountRow {
  pool: FailurePool
  /** SHA-256 of the account, the address, its network, or an account at one of these. */
  subject: Uint8Array
  failures: number
  updated_at: Date
}

/** `ip-accounts` and `network-accounts` count different accounts; an `account-at` row says that one was counted there. */
export type FailurePool = 'user' | 'ip' | 'network' | 'tenant' | 'ip-accounts' | 'network-accounts' | 'account-at'

/** A token bucket: what may still be asked for. */
export interface RateLimitRow {
  name: string
  /** SHA-256 of whose it is: an address, an account, the tenant. */
  subject: Uint8Array
  capacity: number
  window_ms: number
  tokens: number
  updated_at: Date
}

/** What a tenant keeps for itself under a name: made once, and never told. */
export interface TenantSecretRow {
  name: string
  value: Uint8Array
  created_at: Date
}

export interface AuthenticationTables {
  mfa_methods: MfaMethodRow
  webauthn_credentials: WebauthnCredentialRow
  recovery_codes: RecoveryCodeRow
  challenges: ChallengeRow
  devices: DeviceRow
  sign_in_profiles: SignInProfileRow
  failure_counts: FailureCountRow
  rate_limits: RateLimitRow
  tenant_secrets: TenantSecretRow
}

const ofUser = { columns: ['user_id'], table: 'users', onDelete: 'cascade' } as const

export const authenticationTables = {
  mfa_methods: {
    key: ['id'],
    references: { mfa_methods_user_id_fkey: ofUser },
    columns: {
      id: { type: 'uuid' },
      user_id: { type: 'uuid' },
      type: { type: 'text' },
      name: { type: 'text', person: true },
      is_primary: { type: 'boolean', generated: true },
      secret: { type: 'bytes', nullable: true, secret: true, sealed: true },
      target: { type: 'text', nullable: true, person: true },
      moving_factor: { type: 'bigint', generated: true },
      confirmed_at: { type: 'time', nullable: true },
      last_used_at: { type: 'time', nullable: true },
      created_at: { type: 'time', generated: true },
    },
  },
  webauthn_credentials: {
    key: ['id'],
    unique: { webauthn_credentials_credential_id_key: { columns: ['credential_id'] } },
    references: {
      webauthn_credentials_id_fkey: { columns: ['id'], table: 'mfa_methods', onDelete: 'cascade' },
      webauthn_credentials_user_id_fkey: ofUser,
    },
    columns: {
      id: { type: 'uuid' },
      user_id: { type: 'uuid' },
      credential_id: { type: 'bytes', person: true },
      public_key: { type: 'bytes' },
      sign_count: { type: 'bigint', generated: true },
      rp_id: { type: 'text' },
      aaguid: { type: 'text', nullable: true },
      transports: { type: 'text[]', generated: true },
      backup_eligible: { type: 'boolean' },
      backup_state: { type: 'boolean' },
      signs_in: { type: 'boolean', generated: true },
      clone_suspected_at: { type: 'time', nullable: true },
      created_at: { type: 'time', generated: true },
    },
  },
  recovery_codes: {
    key: ['id'],
    unique: { recovery_codes_code_hash_key: { columns: ['user_id', 'code_hash'] } },
    references: { recovery_codes_user_id_fkey: ofUser },
    columns: {
      id: { type: 'uuid' },
      user_id: { type: 'uuid' },
      code_hash: { type: 'bytes', secret: true },
      used_at: { type: 'time', nullable: true },
      created_at: { type: 'time', generated: true },
    },
  },
  challenges: {
    key: ['id'],
    references: { challenges_user_id_fkey: ofUser },
    columns: {
      id: { type: 'uuid' },
      purpose: { type: 'text' },
      user_id: { type: 'uuid', nullable: true },
      secret_hash: { type: 'bytes', secret: true },
      recipient_hash: { type: 'bytes', nullable: true, person: true },
      epoch: { type: 'integer', nullable: true },
      data: { type: 'json', generated: true, person: true },
      attempts: { type: 'integer', generated: true },
      expires_at: { type: 'time' },
      consumed_at: { type: 'time', nullable: true },
      created_at: { type: 'time', generated: true },
    },
  },
  devices: {
    key: ['id'],
    unique: { devices_secret_hash_key: { columns: ['user_id', 'secret_hash'] } },
    references: { devices_user_id_fkey: ofUser },
    columns: {
      id: { type: 'uuid' },
      user_id: { type: 'uuid' },
      secret_hash: { type: 'bytes', secret: true },
      fingerprint: { type: 'bytes', nullable: true, person: true },
      name: { type: 'text', nullable: true, person: true },
      user_agent: { type: 'text', nullable: true, person: true },
      ip: { type: 'text', nullable: true, person: true },
      country: { type: 'text', nullable: true, person: true },
      first_seen_at: { type: 'time', generated: true },
      last_seen_at: { type: 'time', generated: true },
      trusted_until: { type: 'time', nullable: true },
      revoked_at: { type: 'time', nullable: true },
    },
  },
  sign_in_profiles: {
    key: ['user_id'],
    references: { sign_in_profiles_user_id_fkey: ofUser },
    columns: {
      user_id: { type: 'uuid' },
      sign_ins: { type: 'bigint', generated: true },
      last_at: { type: 'time', nullable: true, person: true },
      last_country: { type: 'text', nullable: true, person: true },
      last_latitude: { type: 'double', nullable: true, person: true },
      last_longitude: { type: 'double', nullable: true, person: true },
      last_accuracy_km: { type: 'double', nullable: true, person: true },
      countries: { type: 'json', generated: true, person: true },
      hours: { type: 'json', generated: true, person: true },
      updated_at: { type: 'time', generated: true },
    },
  },
  failure_counts: {
    key: ['pool', 'subject'],
    columns: {
      pool: { type: 'text' },
      subject: { type: 'bytes', person: true },
      failures: { type: 'double' },
      updated_at: { type: 'time', generated: true },
    },
  },
  rate_limits: {
    key: ['name', 'subject'],
    columns: {
      name: { type: 'text' },
      subject: { type: 'bytes', person: true },
      capacity: { type: 'bigint' },
      window_ms: { type: 'bigint' },
      tokens: { type: 'double' },
      updated_at: { type: 'time', generated: true },
    },
  },
  tenant_secrets: {
    key: ['name'],
    columns: {
      name: { type: 'text' },
      value: { type: 'bytes', secret: true, sealed: true },
      created_at: { type: 'time', generated: true },
    },
  },
} as const satisfies { readonly [T in keyof AuthenticationTables]: Table<AuthenticationTables[T]> }
