// One row of every table behind the wall but the first ones, for a user that is there.

const UUID = 'gen_random_uuid()'

/** `$1` is the user, `$2` a name that the tenant has not used. Run in a tenant, one after the other. */
export const ROWS: readonly string[] = [
  `insert into freehold.mfa_methods (id, user_id, type, name) values ($1, $1, 'totp', $2)`,
  `insert into freehold.webauthn_credentials (id, user_id, credential_id, public_key, rp_id, backup_eligible, backup_state)
     values ($1, $1, convert_to($2, 'UTF8'), '\\x01', 'x', false, false)`,
  `insert into freehold.recovery_codes (id, user_id, code_hash) values ($1, $1, sha256(''))`,
  `insert into freehold.challenges (id, purpose, secret_hash, expires_at) values ($1, 'x', sha256(''), now())`,
  `insert into freehold.devices (id, user_id, secret_hash) values ($1, $1, sha256(''))`,
  `insert into freehold.sign_in_profiles (user_id) values ($1)`,
  `insert into freehold.failure_counts (pool, subject, failures) values ('user', sha256($2::bytea), 1)`,
  `insert into freehold.rate_limits (name, subject, capacity, window_ms, tokens) values ($2, sha256(''), 1, 1, 1)`,
  `insert into freehold.tenant_secrets (name, value) values ($2, '\\x01')`,
  'insert into freehold.tenant_counters (name) values ($2)',
  `insert into freehold.organizations (id, key, name) values ($1, $2, 'x')`,
  `insert into freehold.service_accounts (id, name) values ($1, $2)`,
  `insert into freehold.api_keys (id, service_account_id, name, prefix, secret_hash) values ($1, $1, 'x', 'x', sha256(''))`,
  `insert into freehold.operator_stays (id, operator_id, operator_epoch, kind, entered_tenant_id, reason, expires_at)
     values ($1, $1, 0, 'break-glass', $1, 'x', now())`,
  `insert into freehold.roles (id, key, name) values ($1, $2, 'x')`,
  `insert into freehold.teams (id, organization_id, key, name) values ($1, $1, $2, 'x')`,
  'insert into freehold.team_members (id, team_id, user_id) values ($1, $1, $1)',
  `insert into freehold.projects (id, organization_id, team_id, key, name) values ($1, $1, $1, $2, 'x')`,
  `insert into freehold.resources (id, type, external_id) values ($1, 'x', $2)`,
  `insert into freehold.role_assignments (id, user_id, role_id, organization_id) values (${UUID}, $1, $1, $1)`,
  `insert into freehold.policies (id, key, document) values ($1, $2, '{}')`,
  `insert into freehold.policy_versions (policy_id, version, document) values ($1, 1, '{}')`,
  `insert into freehold.custom_permissions (resource, action) values ('x', $2)`,
  `insert into freehold.invitations (id, email, email_norm, token_hash, expires_at) values ($1, $2::text, $2::text, sha256(convert_to($2::text, 'UTF8')), now())`,
  `insert into freehold.audit_events (id, created_at, action, actor_type, outcome, body, leaf)
     values ($1, clock_timestamp(), 'x', 'system', 'success', '{}', sha256(''))`,
  `insert into freehold.audit_pending (event_id, leaf) values ($1, sha256(''))`,
  `insert into freehold.payment_customers (id, livemode, stripe_customer_id) values ($1, false, $2)`,
  `insert into freehold.subscriptions (id, customer_id, provider, livemode, provider_subscription_id, status, status_since, provider_updated_at)
     values ($1, $1, 'x', false, $2, 'active', now(), now())`,
  `insert into freehold.subscription_items (id, subscription_id, provider_item_id, provider_price_id) values ($1, $1, $2, $2)`,
  `insert into freehold.invoices (id, customer_id, provider, livemode, provider_invoice_id, status, currency, amount_due, amount_paid, provider_updated_at)
     values ($1, $1, 'x', false, $2, 'open', 'usd', 1, 0, now())`,
]
