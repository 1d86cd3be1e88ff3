// What is filled in when an insert leaves a generated column out: the DEFAULTs of the migrations.

import { fromNow, type TableName } from '../../core/storage/tables.ts'

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
  users: { status: 'active', session_epoch: 0, metadata: {}, created_at: fromNow(), updated_at: fromNow() },
  sessions: {
    generation: 0,
    rotated_at: fromNow(),
    retries: 0,
    assurance_level: 1,
    authentication_methods: [],
    authenticated_at: fromNow(),
    created_at: fromNow(),
  },
  sign_in_attempts: { failures: 0, blocked_until: new Date(0), updated_at: fromNow() },
  security_events: { details: {}, created_at: fromNow() },
}
