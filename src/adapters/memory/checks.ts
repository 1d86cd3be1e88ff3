// The CHECK constraints of the migrations, by name, as predicates. As in SQL, what is null passes.

import type { Row, TableName } from '../../core/storage/tables.ts'
import { billingChecks } from './billing-checks.ts'
import { between, characters, fits, given, isObject, list, object } from './predicates.ts'

export type Checks<T extends TableName> = { readonly [constraint: string]: (row: Row<T>) => boolean }

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
    users_status_check: ({ status }) => ['active', 'disabled', 'locked', 'deleted'].includes(status),
    users_password_hash_check: (row) => characters(row.password_hash, 0, 1024),
    users_metadata_check: ({ metadata }) => object(metadata),
    users_phone_check: ({ phone }) => characters(phone, 4, 16),
    users_lock_reason_check: (row) => characters(row.lock_reason, 0, 200),
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
    sessions_country_check: ({ country }) => characters(country, 2, 2),
    sessions_city_check: ({ city }) => characters(city, 0, 100),
    sessions_risk_score_check: (row) => between(row.risk_score, 0, 1),
    sessions_impersonation_reason_check: (row) => characters(row.impersonation_reason, 0, 500),
  },
  sign_in_attempts: {
    sign_in_attempts_pool_check: ({ pool }) => characters(pool, 1, 50),
    sign_in_attempts_subject_check: ({ subject }) => subject.length === 32,
  },
  security_events: {
    security_events_kind_check: ({ kind }) => characters(kind, 1, 100),
    security_events_details_check: ({ details }) => object(details),
    security_events_risk_score_check: (row) => between(row.risk_score, 0, 1),
    security_events_ip_check: ({ ip }) => characters(ip, 0, 64),
  },
  mfa_methods: {
    mfa_methods_type_check: ({ type }) => ['totp', 'hardware_token', 'sms', 'email', 'webauthn'].includes(type),
    mfa_methods_name_check: ({ name }) => characters(name, 1, 100),
    mfa_methods_secret_check: ({ secret }) => secret === null || secret.length <= 512,
    mfa_methods_target_check: ({ target }) => characters(target, 0, 320),
  },
  webauthn_credentials: {
    webauthn_credentials_credential_id_check: (row) => between(row.credential_id.length, 1, 1023),
    webauthn_credentials_public_key_check: (row) => between(row.public_key.length, 1, 2048),
    webauthn_credentials_rp_id_check: (row) => characters(row.rp_id, 1, 253),
    webauthn_credentials_aaguid_check: ({ aaguid }) => characters(aaguid, 0, 36),
  },
  recovery_codes: { recovery_codes_code_hash_check: (row) => row.code_hash.length === 32 },
  challenges: {
    challenges_purpose_check: ({ purpose }) => characters(purpose, 1, 50),
    challenges_secret_hash_check: (row) => row.secret_hash.length === 32,
    challenges_recipient_hash_check: (row) => row.recipient_hash === null || row.recipient_hash.length === 32,
    challenges_data_check: ({ data }) => object(data),
  },
  devices: {
    devices_secret_hash_check: (row) => row.secret_hash.length === 32,
    devices_fingerprint_check: ({ fingerprint }) => fingerprint === null || fingerprint.length === 32,
    devices_name_check: ({ name }) => characters(name, 0, 100),
    devices_user_agent_check: (row) => characters(row.user_agent, 0, 512),
    devices_ip_check: ({ ip }) => characters(ip, 0, 64),
    devices_country_check: ({ country }) => characters(country, 2, 2),
  },
  sign_in_profiles: {
    sign_in_profiles_last_country_check: (row) => characters(row.last_country, 2, 2),
    sign_in_profiles_countries_check: ({ countries }) => isObject(countries),
    sign_in_profiles_hours_check: ({ hours }) => isObject(hours),
  },
  failure_counts: {
    failure_counts_pool_check: ({ pool }) =>
      ['user', 'ip', 'network', 'tenant', 'ip-accounts', 'network-accounts', 'account-at'].includes(pool),
    failure_counts_subject_check: ({ subject }) => subject.length === 32,
  },
  tenant_secrets: {
    tenant_secrets_name_check: ({ name }) => characters(name, 1, 50),
    tenant_secrets_value_check: ({ value }) => value.length <= 512,
  },
  rate_limits: {
    rate_limits_name_check: ({ name }) => characters(name, 1, 100),
    rate_limits_subject_check: ({ subject }) => subject.length === 32,
    rate_limits_capacity_check: ({ capacity }) => capacity > 0,
    rate_limits_window_ms_check: (row) => row.window_ms > 0,
  },
  tenant_counters: { tenant_counters_name_check: ({ name }) => characters(name, 1, 100) },
  organizations: {
    organizations_key_check: ({ key }) => characters(key, 1, 63),
    organizations_name_check: ({ name }) => characters(name, 1, 200),
    organizations_metadata_check: ({ metadata }) => object(metadata),
  },
  service_accounts: {
    service_accounts_name_check: ({ name }) => characters(name, 1, 200),
    service_accounts_status_check: ({ status }) => ['active', 'disabled'].includes(status),
    service_accounts_metadata_check: ({ metadata }) => object(metadata),
  },
  api_keys: {
    api_keys_name_check: ({ name }) => characters(name, 1, 200),
    api_keys_prefix_check: ({ prefix }) => characters(prefix, 1, 32),
    api_keys_secret_hash_check: (row) => row.secret_hash.length === 32,
    api_keys_permissions_check: ({ permissions }) => permissions === null || list(permissions),
  },
  operator_stays: {
    operator_stays_kind_check: ({ kind }) => kind === 'impersonation' || kind === 'break-glass',
    operator_stays_reason_check: ({ reason }) => characters(reason, 1, 500),
    operator_stays_ip_check: ({ ip }) => characters(ip, 0, 64),
  },
  roles: {
    roles_key_check: ({ key }) => characters(key, 1, 100),
    roles_name_check: ({ name }) => characters(name, 1, 200),
    roles_description_check: ({ description }) => characters(description, 0, 1000),
    roles_permissions_check: ({ permissions }) => Array.isArray(permissions) && fits(permissions, 262_144),
    roles_parent_role_id_check: (row) => row.parent_role_id !== row.id,
  },
  role_assignments: {
    role_assignments_granted_by_type_check: (row) => characters(row.granted_by_type, 0, 50),
    role_assignments_reason_check: ({ reason }) => characters(reason, 0, 500),
    role_assignments_principal_check: (row) =>
      given(row.user_id, row.service_account_id, row.team_id) + Number(row.everyone) === 1,
    role_assignments_scope_check: (row) =>
      given(row.organization_id, row.scope_team_id, row.project_id, row.resource_id) <= 1,
    role_assignments_flow_check: ({ flow }) => ['descendants', 'self'].includes(flow),
    role_assignments_period_check: (row) => !row.starts_at || !row.expires_at || row.expires_at > row.starts_at,
  },
  teams: {
    teams_key_check: ({ key }) => characters(key, 1, 63),
    teams_name_check: ({ name }) => characters(name, 1, 200),
    teams_description_check: ({ description }) => characters(description, 0, 1000),
    teams_metadata_check: ({ metadata }) => object(metadata),
    teams_parent_team_id_check: (row) => row.parent_team_id !== row.id,
  },
  team_members: {
    team_members_permissions_check: (row) => list(row.permissions),
    team_members_principal_check: (row) => given(row.user_id, row.service_account_id) === 1,
  },
  projects: {
    projects_key_check: ({ key }) => characters(key, 1, 63),
    projects_name_check: ({ name }) => characters(name, 1, 200),
    projects_description_check: ({ description }) => characters(description, 0, 1000),
    projects_metadata_check: ({ metadata }) => object(metadata),
  },
  resources: {
    resources_type_check: ({ type }) => characters(type, 1, 63),
    resources_external_id_check: (row) => characters(row.external_id, 1, 200),
    resources_name_check: ({ name }) => characters(name, 1, 200),
    resources_metadata_check: ({ metadata }) => object(metadata),
    resources_container_check: (row) => given(row.organization_id, row.team_id, row.project_id) <= 1,
  },
  policies: {
    policies_key_check: ({ key }) => characters(key, 1, 63),
    policies_description_check: ({ description }) => characters(description, 0, 1000),
    policies_document_check: ({ document }) => object(document),
  },
  policy_versions: {
    policy_versions_document_check: ({ document }) => object(document),
    policy_versions_changed_by_type_check: (row) => characters(row.changed_by_type, 0, 50),
  },
  custom_permissions: {
    custom_permissions_resource_check: ({ resource }) => characters(resource, 1, 63),
    custom_permissions_action_check: ({ action }) => characters(action, 1, 63),
    custom_permissions_description_check: ({ description }) => characters(description, 0, 1000),
  },
  invitations: {
    invitations_email_check: ({ email }) => characters(email, 3, 320),
    invitations_email_norm_check: (row) => characters(row.email_norm, 3, 320),
    invitations_token_hash_check: (row) => row.token_hash.length === 32,
    invitations_role_ids_check: (row) => list(row.role_ids),
    invitations_status_check: ({ status }) =>
      ['pending', 'accepted', 'declined', 'revoked', 'expired'].includes(status),
    invitations_invited_by_type_check: (row) => characters(row.invited_by_type, 0, 50),
    invitations_place_check: (row) => given(row.organization_id, row.team_id) <= 1,
  },
  audit_events: {
    audit_events_action_check: ({ action }) => characters(action, 1, 100),
    audit_events_actor_type_check: (row) => characters(row.actor_type, 1, 50),
    audit_events_outcome_check: ({ outcome }) => ['success', 'failure', 'denied'].includes(outcome),
    audit_events_resource_type_check: (row) => characters(row.resource_type, 0, 100),
    audit_events_resource_id_check: (row) => characters(row.resource_id, 0, 200),
    audit_events_request_id_check: (row) => characters(row.request_id, 0, 200),
    audit_events_ip_check: ({ ip }) => characters(ip, 0, 64),
    audit_events_risk_score_check: (row) => between(row.risk_score, 0, 1),
    audit_events_body_check: ({ body }) => Buffer.byteLength(body) <= 65_536,
    audit_events_leaf_check: ({ leaf }) => leaf.length === 32,
  },
  audit_pending: { audit_pending_leaf_check: ({ leaf }) => leaf.length === 32 },
  ...billingChecks,
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
