// What callers say about tenants, checked and turned into columns.

import { checkTenantThresholds } from '../authentication/risk/policy.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { checkInteger, checkJson, checkKeys, checkText, differing, invalid } from '../kernel/input.ts'
import type { IsolationLevel, TenantRow, TenantStatus } from '../storage/system-tables.ts'
import { checkSlug } from './slug.ts'
import type { NewTenant, TenantChange } from './tenants.ts'

const NAME = { maximum: 200 }
const PLAN = { maximum: 100 }
const FLAG_NAME = { maximum: 100 }

/** The columns of a new tenant; the others have defaults. */
export interface NewTenantColumns {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly plan: string | null
  readonly settings: Record<string, unknown>
  readonly feature_flags: Record<string, boolean>
}

/** @throws SLUG_INVALID, INPUT_INVALID, ISOLATION_UNAVAILABLE */
export function newRow(tenant: NewTenant, id: string): NewTenantColumns {
  checkKeys(tenant, 'tenant', ['slug', 'name', 'isolationLevel', 'plan', 'settings', 'featureFlags'])
  checkIsolation(tenant.isolationLevel ?? 'shared')
  return {
    id,
    slug: checkSlug(tenant.slug),
    name: checkText(tenant.name, 'name', NAME),
    plan: tenant.plan === undefined ? null : checkText(tenant.plan, 'plan', PLAN),
    settings: mergeSettings({}, tenant.settings ?? {}),
    feature_flags: mergeFlags({}, tenant.featureFlags ?? {}),
  }
}

/** Columns of a tenant that a change writes. */
export interface ChangedColumns {
  slug?: string
  name?: string
  plan?: string | null
  settings?: Record<string, unknown>
  feature_flags?: Record<string, boolean>
}

/** What differs after the change; nothing when it says what is so already. @throws SLUG_INVALID, INPUT_INVALID */
export function mergeChange(held: TenantRow, change: TenantChange): ChangedColumns {
  checkKeys(change, 'change', ['name', 'slug', 'plan', 'settings', 'featureFlags', 'version'])
  if (change.version !== undefined) checkInteger(change.version, 'version', 1)
  const columns: ChangedColumns = {}
  // its own slug is no news, even a reserved one
  if (change.slug !== undefined && change.slug !== held.slug) columns.slug = checkSlug(change.slug)
  if (change.name !== undefined) columns.name = checkText(change.name, 'name', NAME)
  if (change.plan !== undefined) columns.plan = change.plan === null ? null : checkText(change.plan, 'plan', PLAN)
  if (change.settings !== undefined) columns.settings = mergeSettings(held.settings, change.settings)
  if (change.featureFlags !== undefined) columns.feature_flags = mergeFlags(held.feature_flags, change.featureFlags)
  return differing(held, columns)
}

/** @throws INPUT_INVALID */
export function checkStatus(status: TenantStatus): TenantStatus {
  if (!STATUSES.includes(status)) throw invalid('status', `it is one of ${STATUSES.join(', ')}`)
  return status
}

/** Says in the caller's words what the database refused; anything else goes on as it is. */
export function refusedRow(error: unknown, slug?: string): never {
  if (FreeholdError.is(error, 'DUPLICATE') && error.details.constraint === 'tenants_slug_key' && slug) {
    throw new FreeholdError('SLUG_TAKEN', { slug }, { cause: error })
  }
  if (FreeholdError.is(error, 'ROW_REFUSED')) {
    // some JSON grows when PostgreSQL stores it
    if (error.details.constraint === 'tenants_settings_check') throw invalid('settings', 'it is too large')
    if (error.details.constraint === 'tenants_feature_flags_check') throw invalid('featureFlags', 'it is too large')
  }
  throw error
}

const STATUSES: readonly TenantStatus[] = ['active', 'suspended', 'moving', 'deleted', 'purging']
const LEVELS: readonly IsolationLevel[] = ['shared', 'semi-isolated', 'fully-isolated']

function checkIsolation(isolationLevel: IsolationLevel): void {
  if (!LEVELS.includes(isolationLevel)) throw invalid('isolationLevel', `it is one of ${LEVELS.join(', ')}`)
  if (isolationLevel !== 'shared') throw new FreeholdError('ISOLATION_UNAVAILABLE', { isolationLevel })
}

function mergeSettings(held: Readonly<Record<string, unknown>>, given: unknown): Record<string, unknown> {
  const settings = checkJson(merged(held, checkJson(given, 'settings')), 'settings')
  const risk = (settings.authentication as { readonly risk?: unknown } | null | undefined)?.risk
  if (risk !== undefined && risk !== null) checkTenantThresholds(risk, 'settings.authentication.risk')
  return settings
}

function mergeFlags(held: Readonly<Record<string, boolean>>, given: unknown): Record<string, boolean> {
  const flags = checkJson(given, 'featureFlags')
  for (const [name, value] of Object.entries(flags)) {
    if (checkText(name, 'featureFlags', FLAG_NAME) !== name) throw invalid('featureFlags', 'a name has outer spaces')
    if (typeof value !== 'boolean' && value !== null) throw invalid('featureFlags', 'a flag is true or false')
  }
  return checkJson(merged(held, flags), 'featureFlags') as Record<string, boolean>
}

/** Keys given replace theirs, null removes one. */
function merged(held: Readonly<Record<string, unknown>>, given: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries({ ...held, ...given }).filter(([, value]) => value !== null))
}
