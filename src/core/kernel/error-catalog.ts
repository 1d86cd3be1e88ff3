// Every way in which Freehold says no: code -> HTTP status, title, and the shape of the details.
// docs/errors.md has an entry for each code (a test compares the two).

import { type AccessErrorDetails, accessErrors, type CatalogEntry } from './access-errors.ts'

/** What each code says beyond itself. `object` without keys: nothing. */
export interface ErrorDetails extends AccessErrorDetails {
  // tenancy
  TENANT_UNKNOWN: Nothing
  TENANT_SUSPENDED: Nothing
  TENANT_DELETED: Nothing
  TENANT_MOVING: Nothing
  TENANT_MISMATCH: Nothing
  TENANT_STATE: { status: string; allowed: readonly string[] }
  HOST_INVALID: Nothing
  SLUG_INVALID: { slug: string; reason: 'format' | 'reserved' }
  SLUG_TAKEN: { slug: string }
  DOMAIN_INVALID: { domain: string }
  DOMAIN_TAKEN: { domain: string }
  DOMAIN_UNKNOWN: Nothing
  DOMAIN_UNVERIFIED: { domain: string; record: string; expected: string }
  ISOLATION_UNAVAILABLE: { isolationLevel: string }
  // identity
  USER_UNKNOWN: Nothing
  EMAIL_INVALID: Nothing
  EMAIL_TAKEN: Nothing
  PHONE_INVALID: Nothing
  PASSWORD_REJECTED: {
    reason: 'too-short' | 'too-long' | 'common' | 'contextual' | 'leaked'
    minimum?: number
    maximum?: number
  }
  PASSWORD_WRONG: Nothing
  LEAK_LIST_UNAVAILABLE: Nothing
  SIGN_UP_CLOSED: Nothing
  INVITATION_UNKNOWN: Nothing
  INVITATION_TAKEN: Nothing
  INVITATION_ENDED: Nothing
  INVITATION_VOID: Nothing
  // audit
  AUDIT_UNKNOWN: Nothing
  AUDIT_ALTERED: { id: string }
  AUDIT_TOO_LARGE: { maximumBytes: number }
  // billing
  PLAN_UNKNOWN: { plan: string }
  PRICE_UNKNOWN: { price: string }
  PRICE_TAKEN: { price: string }
  PROVIDER_UNKNOWN: { provider: string }
  PROVIDER_FAILED: { provider: string; status?: number }
  CUSTOMER_TAKEN: Nothing
  CUSTOMER_UNKNOWN: Nothing
  WEBHOOK_REFUSED: { reason: string }
  WEBHOOK_UNKNOWN: Nothing
  ENTITLEMENT_MISSING: { feature: string }
  LIMIT_REACHED: { limit: string; maximum: number }
  // authentication and sessions
  BAD_CREDENTIALS: Said
  TOO_MANY_ATTEMPTS: { retryAfterMs: number }
  RATE_LIMITED: { policy: string; retryAfterMs: number }
  CHALLENGE_REFUSED: Nothing
  /** `level`: the assurance level that the session must have as well. */
  STEP_UP_REQUIRED: { maxAgeMs?: number; level?: number }
  IMPERSONATION_REFUSED: Nothing
  BREAK_GLASS_EXPIRED: Nothing
  STAY_UNKNOWN: Nothing
  MAILER_MISSING: Nothing
  TEXTER_MISSING: Nothing
  OVERLOADED: Nothing
  UNAUTHENTICATED: Nothing
  TOKEN_INVALID: Nothing
  TOKEN_EXPIRED: Nothing
  SESSION_ENDED: Nothing
  SESSION_UNKNOWN: Nothing
  DEVICE_UNKNOWN: Nothing
  DEVICE_TRUST_OFF: Nothing
  EMAIL_FACTOR_OFF: Nothing
  FACTOR_UNKNOWN: Nothing
  FACTOR_LIMIT: { maximum: number }
  FACTOR_CODE_WRONG: Nothing
  SIGN_IN_DENIED: Nothing
  REFRESH_REFUSED: { reason: 'superseded' | 'ahead' | 'ended' }
  REFRESH_REUSED: Nothing
  API_KEY_UNKNOWN: Nothing
  API_KEY_ENDED: Nothing
  PASSKEY_REFUSED: {
    reason:
      | 'malformed'
      | 'challenge'
      | 'origin'
      | 'cross-origin'
      | 'relying-party'
      | 'user-presence'
      | 'user-verification'
      | 'user-handle'
      | 'algorithm'
      | 'backup-flags'
      | 'signature'
  }
  PASSKEY_TAKEN: Nothing
  PASSKEY_UNKNOWN: Nothing
  LAST_FACTOR: Nothing
  // input
  INPUT_INVALID: { field: string; problem: string }
  ID_INVALID: { field: string }
  CURSOR_INVALID: Nothing
  // http
  ROUTE_UNKNOWN: Nothing
  METHOD_NOT_ALLOWED: { allow: readonly string[] }
  BODY_TOO_LARGE: { maximumBytes: number }
  BODY_INVALID: { problem: string }
  CSRF_REFUSED: Said
  // storage
  DUPLICATE: { table: string; constraint: string }
  REFERENCE_MISSING: { table: string; constraint: string }
  ROW_REFUSED: { table: string; constraint: string }
  CONFLICT: Nothing
  STORAGE_UNAVAILABLE: Nothing
  POOL_EXHAUSTED: Nothing
  TRANSACTION_LOST: Nothing
  STORAGE_FAILED: { sqlstate: string }
  // migrations
  MIGRATION_CHANGED: { migration: string; expected: string; found: string }
  MIGRATION_NEWER: { migration: string }
  /** `pid`: the server process that holds the lock. */
  MIGRATION_LOCKED: { schema: string; waitedMs: number; pid?: number }
  /** `line` in the file, `problem` as the server put it, `hint`: what was kept and what to do next. */
  MIGRATION_FAILED: { migration: string; sqlstate?: string; line?: number; problem?: string; hint?: string }
  MIGRATION_NEEDS_REPAIR: { migration: string; sqlstate?: string; line?: number; problem?: string; hint: string }
  MIGRATION_INVALID: { file: string; problem: string }
  MIGRATIONS_PENDING: { pending: readonly string[] }
  // start-up
  CONFIG_INVALID: { option: string; problem: string }
  FILE_INVALID: { file: string; problem: string }
  KEY_WEAK: { key: string; problem: string }
  KEYS_UNAVAILABLE: Nothing
  DECRYPTION_FAILED: Nothing
  UNSAFE_DATABASE: { findings: readonly { id: string; message: string }[] }
  PACKAGE_MISSING: { package: string; range: string; hint: string }
  CLOSED: Nothing
  INTERNAL: Nothing
}

type Nothing = Record<string, never>
/** RFC 9457: what is so in this case, for people. */
type Said = { detail?: string }

export const catalog: { readonly [C in keyof ErrorDetails]: CatalogEntry } = {
  ...accessErrors,
  TENANT_UNKNOWN: { status: 404, title: 'No such tenant' },
  TENANT_SUSPENDED: { status: 403, title: 'This tenant is suspended' },
  TENANT_DELETED: { status: 404, title: 'This tenant was deleted' },
  TENANT_MOVING: { status: 503, title: 'This tenant is being moved; try again shortly' },
  TENANT_MISMATCH: { status: 401, title: 'Parts of the request belong to different tenants' },
  TENANT_STATE: { status: 409, title: 'The tenant is not in a state that allows this' },
  HOST_INVALID: { status: 400, title: 'The host name of the request is malformed' },
  SLUG_INVALID: {
    status: 422,
    title: 'A slug is 2 to 63 lower-case letters, digits and inner hyphens, and not reserved',
  },
  SLUG_TAKEN: { status: 409, title: 'This slug is taken' },
  DOMAIN_INVALID: { status: 422, title: 'This is not a domain name' },
  DOMAIN_TAKEN: { status: 409, title: 'This domain is already in use' },
  DOMAIN_UNKNOWN: { status: 404, title: 'No such domain' },
  DOMAIN_UNVERIFIED: { status: 409, title: 'The DNS record that proves this domain was not found' },
  ISOLATION_UNAVAILABLE: { status: 501, title: 'This isolation level is not available yet' },
  USER_UNKNOWN: { status: 404, title: 'No such user' },
  EMAIL_INVALID: { status: 422, title: 'This is not an e-mail address' },
  EMAIL_TAKEN: { status: 409, title: 'This e-mail address is taken' },
  PHONE_INVALID: { status: 422, title: 'This is not a telephone number with its country' },
  PASSWORD_REJECTED: { status: 422, title: 'This password is not accepted' },
  PASSWORD_WRONG: { status: 422, title: 'The current password is wrong' },
  LEAK_LIST_UNAVAILABLE: { status: 503, title: 'The new password cannot be checked right now; try again shortly' },
  SIGN_UP_CLOSED: { status: 403, title: 'Sign-up is closed' },
  INVITATION_UNKNOWN: { status: 404, title: 'No such invitation' },
  INVITATION_TAKEN: { status: 409, title: 'This address is invited to this already' },
  INVITATION_ENDED: { status: 409, title: 'The invitation was answered or revoked, or has expired' },
  INVITATION_VOID: { status: 409, title: 'Whoever sent this invitation may not give what it gives any more' },
  AUDIT_UNKNOWN: { status: 404, title: 'No such audit event' },
  AUDIT_ALTERED: { status: 500, title: 'The stored event is not the one that was written' },
  AUDIT_TOO_LARGE: { status: 422, title: 'The audit event is too large' },
  PLAN_UNKNOWN: { status: 404, title: 'No such plan' },
  PRICE_UNKNOWN: { status: 404, title: 'No such price' },
  PRICE_TAKEN: { status: 409, title: 'This price belongs to another plan' },
  PROVIDER_UNKNOWN: { status: 404, title: 'No such payment provider is set up' },
  PROVIDER_FAILED: { status: 502, title: 'The payment provider did not answer as expected' },
  CUSTOMER_TAKEN: { status: 409, title: 'This customer belongs to another tenant' },
  CUSTOMER_UNKNOWN: { status: 404, title: 'The tenant has no customer at this provider' },
  WEBHOOK_REFUSED: { status: 400, title: 'The webhook was not accepted' },
  WEBHOOK_UNKNOWN: { status: 404, title: 'No such webhook was received' },
  ENTITLEMENT_MISSING: { status: 402, title: 'The plan does not include this' },
  LIMIT_REACHED: { status: 402, title: 'The limit of the plan is reached' },
  BAD_CREDENTIALS: { status: 401, title: 'The credentials are wrong' },
  TOO_MANY_ATTEMPTS: { status: 429, title: 'Too many attempts; wait before the next one' },
  RATE_LIMITED: { status: 429, title: 'Too many requests; wait before the next one' },
  STEP_UP_REQUIRED: { status: 401, title: 'Sign in again to do this' },
  IMPERSONATION_REFUSED: { status: 403, title: 'An operator who acts for a user may not do this' },
  BREAK_GLASS_EXPIRED: { status: 403, title: 'The tenant is no longer open to this operator' },
  STAY_UNKNOWN: { status: 404, title: 'No such impersonation or break-glass' },
  CHALLENGE_REFUSED: { status: 403, title: 'This link or code is wrong, was used, or has expired' },
  MAILER_MISSING: { status: 501, title: 'No e-mail can be sent here' },
  TEXTER_MISSING: { status: 501, title: 'No text message can be sent here' },
  OVERLOADED: { status: 503, title: 'Too many passwords are being checked at once; try again shortly' },
  UNAUTHENTICATED: { status: 401, title: 'Sign in first' },
  TOKEN_INVALID: { status: 401, title: 'The token is not valid' },
  TOKEN_EXPIRED: { status: 401, title: 'The token has expired' },
  SESSION_ENDED: { status: 401, title: 'The session has ended' },
  SESSION_UNKNOWN: { status: 404, title: 'No such session' },
  DEVICE_UNKNOWN: { status: 404, title: 'No such device' },
  DEVICE_TRUST_OFF: { status: 409, title: 'Devices are not trusted here' },
  EMAIL_FACTOR_OFF: { status: 409, title: 'Links and codes by e-mail are no way to sign in here' },
  FACTOR_UNKNOWN: { status: 404, title: 'No such factor' },
  FACTOR_LIMIT: { status: 409, title: 'The user has as many factors as there may be' },
  FACTOR_CODE_WRONG: { status: 422, title: 'The code is wrong, or was used before' },
  SIGN_IN_DENIED: { status: 403, title: 'This sign-in is not allowed' },
  REFRESH_REFUSED: { status: 401, title: 'The refresh token is not accepted' },
  REFRESH_REUSED: { status: 401, title: 'The refresh token was used before; the session has been ended' },
  API_KEY_UNKNOWN: { status: 404, title: 'No such API key' },
  API_KEY_ENDED: { status: 409, title: 'The API key was revoked, has expired or was rotated before' },
  PASSKEY_REFUSED: { status: 422, title: 'The passkey was not accepted' },
  PASSKEY_TAKEN: { status: 409, title: 'This passkey is registered already' },
  PASSKEY_UNKNOWN: { status: 404, title: 'No such passkey' },
  LAST_FACTOR: { status: 409, title: 'Without this factor the user could not sign in' },
  INPUT_INVALID: { status: 422, title: 'A field of the input is not valid' },
  ID_INVALID: { status: 400, title: 'An id is a UUID in lower case' },
  CURSOR_INVALID: { status: 400, title: 'The cursor is not one that a list call returned' },
  ROUTE_UNKNOWN: { status: 404, title: 'No such route' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The route does not answer this method' },
  BODY_TOO_LARGE: { status: 413, title: 'The request body is too large' },
  BODY_INVALID: { status: 400, title: 'The request body cannot be read' },
  CSRF_REFUSED: { status: 403, title: 'The request does not come from a page of this site' },
  DUPLICATE: { status: 409, title: 'A unique value is taken', exposed: false },
  REFERENCE_MISSING: { status: 409, title: 'A row refers to one that does not exist', exposed: false },
  ROW_REFUSED: { status: 422, title: 'The database refused the row', exposed: false },
  CONFLICT: { status: 409, title: 'Another transaction was in the way; it is safe to run this one again' },
  STORAGE_UNAVAILABLE: { status: 503, title: 'The database cannot be reached' },
  POOL_EXHAUSTED: { status: 503, title: 'No database connection became free in time' },
  TRANSACTION_LOST: { status: 503, title: 'The database did not commit the transaction' },
  STORAGE_FAILED: { status: 500, title: 'The database refused a statement', exposed: false },
  MIGRATION_CHANGED: { status: 500, title: 'A migration file was edited after it ran', exposed: false },
  MIGRATION_NEWER: { status: 500, title: 'The database is newer than this code', exposed: false },
  MIGRATION_LOCKED: { status: 503, title: 'Another process is migrating this schema', exposed: false },
  MIGRATION_FAILED: { status: 500, title: 'A migration failed and was rolled back', exposed: false },
  MIGRATION_NEEDS_REPAIR: { status: 500, title: 'A migration outside a transaction stopped halfway', exposed: false },
  MIGRATION_INVALID: { status: 500, title: 'A migration file is not usable', exposed: false },
  MIGRATIONS_PENDING: { status: 503, title: 'The database has pending migrations', exposed: false },
  CONFIG_INVALID: { status: 500, title: 'An option is not valid', exposed: false },
  FILE_INVALID: { status: 500, title: 'A file is not as it must be', exposed: false },
  KEY_WEAK: { status: 500, title: 'A key is too weak', exposed: false },
  KEYS_UNAVAILABLE: { status: 503, title: 'The root keys could not be loaded', exposed: false },
  DECRYPTION_FAILED: { status: 500, title: 'A sealed value cannot be opened', exposed: false },
  UNSAFE_DATABASE: { status: 500, title: 'The database is not safe to start on', exposed: false },
  PACKAGE_MISSING: { status: 500, title: 'An optional package is not installed', exposed: false },
  CLOSED: { status: 503, title: 'Freehold was closed' },
  INTERNAL: { status: 500, title: 'Something went wrong' },
}
