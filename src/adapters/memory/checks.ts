// The CHECK constraints of the migrations, by name, as predicates. As in SQL, what is null passes.

import type { Row, TableName } from '../../core/storage/tables.ts'

type Checks<T extends TableName> = { readonly [constraint: string]: (row: Row<T>) => boolean }

const MEMBERS_AT_MOST = 65_536

const checks: { readonly [T in TableName]: Checks<T> } = {
  tenants: {
    tenants_slug_check: ({ slug }) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])$/.test(slug),
    tenants_name_check: ({ name }) => characters(name, 1, 200),
    tenants_status_check: ({ status }) => ['active', 'suspended', 'moving', 'deleted', 'purging'].includes(status),
    tenants_isolation_level_check: (row) => ['shared', 'semi-isolated', 'fully-isolated'].includes(row.isolation_level),
    tenants_database_host_check: (row) => characters(row.database_host, 0, 255),
    tenants_database_port_check: (row) => between(row.database_port, 1, 65_535),
    tenants_database_name_check: (row) => characters(row.database_name, 0, 63),
    tenants_database_schema_check: (row) => characters(row.database_schema, 0, 63),
    tenants_plan_check: ({ plan }) => characters(plan, 0, 100),
    tenants_settings_check: ({ settings }) => object(settings),
    tenants_feature_flags_check: (row) => object(row.feature_flags),
    tenants_suspended_reason_check: (row) => characters(row.suspended_reason, 0, 500),
  },
  tenant_domains: {
    tenant_domains_domain_check: ({ domain }) => characters(domain, 3, 253) && domain === domain.toLowerCase(),
    tenant_domains_verification_token_check: (row) => characters(row.verification_token, 0, 100),
  },
  users: {
    users_email_check: ({ email }) => characters(email, 3, 320),
    users_email_norm_check: (row) => characters(row.email_norm, 3, 320),
    users_name_check: ({ name }) => characters(name, 1, 200),
    users_status_check: ({ status }) => ['active', 'disabled', 'deleted'].includes(status),
    users_password_hash_check: (row) => characters(row.password_hash, 0, 1024),
    users_metadata_check: ({ metadata }) => object(metadata),
  },
  sessions: {
    sessions_current_hash_check: (row) => row.current_hash.length === 32,
    sessions_previous_hash_check: (row) => row.previous_hash === null || row.previous_hash.length === 32,
    sessions_nonce_check: ({ nonce }) => between(nonce.length, 16, 32),
    sessions_key_id_check: (row) => between(row.key_id, 1, 255),
    sessions_assurance_level_check: (row) => between(row.assurance_level, 1, 3),
    sessions_ip_check: ({ ip }) => characters(ip, 0, 64),
    sessions_user_agent_check: (row) => characters(row.user_agent, 0, 512),
    sessions_revoke_reason_check: (row) => characters(row.revoke_reason, 0, 100),
  },
  sign_in_attempts: {
    sign_in_attempts_pool_check: ({ pool }) => characters(pool, 1, 50),
    sign_in_attempts_subject_check: ({ subject }) => subject.length === 32,
  },
  security_events: {
    security_events_kind_check: ({ kind }) => characters(kind, 1, 100),
    security_events_details_check: ({ details }) => object(details),
  },
}

/** The names of a table's checks. */
export function checkNames(table: TableName): string[] {
  return Object.keys(checks[table])
}

/** The name of the first check that a row fails, or undefined. */
export function failedCheck<T extends TableName>(table: T, row: Row<T>): string | undefined {
  const named: Checks<T> = checks[table]
  return Object.keys(named).find((name) => !named[name]!(row))
}

function characters(text: string | null, least: number, most: number): boolean {
  return text === null || between([...text].length, least, most)
}

function between(value: number | null, least: number, most: number): boolean {
  return value === null || (value >= least && value <= most)
}

/** An object of at most 64 KiB. */
function object(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Buffer.byteLength(JSON.stringify(value)) <= MEMBERS_AT_MOST
}
