// What is filled in when an insert leaves a generated column out: the DEFAULTs of the migrations.

import { fromNow, type TableName } from '../../core/storage/tables.ts'

/** Filled in with the number of the transaction under way, and with one that grows and is never given twice. */
export const PRESENT_TRANSACTION = Symbol('the present transaction')
export const NEXT_POSITION = Symbol('the next position')

/** Values by column, in the form that an insert takes. */
export const defaults: { readonly [T in TableName]: Readonly<Record<string, unknown>> } = {
  tenants: {
    status: 'active',
    isolation_level: 'shared',
    settings: {},
    feature_flags: {},
    version: 1,
    created_at: fromNow(),
    updated_at: fromNow(),
  },
  tenant_domains: { created_at: fromNow() },
  users: {
    status: 'active',
    session_epoch: 0,
    access_version: 1,
    metadata: {},
    created_at: fromNow(),
    updated_at: fromNow(),
  },
  sessions: {
    generation: 0,
    rotated_at: fromNow(),
    retries: 0,
    assurance_level: 1,
    authentication_methods: [],
    authenticated_at: fromNow(),
    created_at: fromNow(),
    risk_flags: [],
  },
  sign_in_attempts: { failures: 0, blocked_until: new Date(0), updated_at: fromNow() },
  security_events: { details: {}, created_at: fromNow(), risk_flags: [] },
  mfa_methods: { is_primary: false, moving_factor: 0, created_at: fromNow() },
  webauthn_credentials: { sign_count: 0, transports: [], created_at: fromNow() },
  recovery_codes: { created_at: fromNow() },
  challenges: { data: {}, attempts: 0, created_at: fromNow() },
  devices: { first_seen_at: fromNow(), last_seen_at: fromNow() },
  sign_in_profiles: { sign_ins: 0, countries: {}, hours: {}, updated_at: fromNow() },
  failure_counts: { updated_at: fromNow() },
  rate_limits: { updated_at: fromNow() },
  tenant_counters: { value: 0, updated_at: fromNow() },
  organizations: { metadata: {}, created_at: fromNow(), updated_at: fromNow() },
  service_accounts: {
    status: 'active',
    access_version: 1,
    metadata: {},
    created_at: fromNow(),
    updated_at: fromNow(),
  },
  api_keys: { allowed_ips: [], created_at: fromNow() },
  operator_stays: { created_at: fromNow() },
  roles: { permissions: [], system: false, created_at: fromNow(), updated_at: fromNow() },
  role_assignments: { created_at: fromNow() },
  audit_events: { compliance_flags: [] },
  audit_pending: { transaction_id: PRESENT_TRANSACTION, position: NEXT_POSITION, created_at: fromNow() },
  plans: { features: {}, limits: {}, rank: 0, created_at: fromNow(), updated_at: fromNow() },
  prices: { interval_count: 1, created_at: fromNow() },
  billing_routes: { account: '', created_at: fromNow() },
  webhook_inbox: { account: '', state: 'pending', attempts: 0, available_at: fromNow(), received_at: fromNow() },
  payment_customers: { created_at: fromNow(), updated_at: fromNow() },
  subscriptions: {
    account: '',
    version: 1,
    cancel_at_period_end: false,
    status_seen_at: fromNow(),
    created_at: fromNow(),
    updated_at: fromNow(),
  },
  subscription_items: {},
  invoices: { account: '', version: 1, created_at: fromNow(), updated_at: fromNow() },
}
