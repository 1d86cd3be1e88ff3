// API keys: what a service account shows instead of a session. A key is told once, and may do no more than its account.

import { changeAccess } from '../access/changes.ts'
import type { Permissions } from '../access/permissions.ts'
import { holderOf } from '../access/roster.ts'
import { demandFresh } from '../authentication/step-up-guard.ts'
import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { type ApiKeyId, parseId, type ServiceAccountId } from '../kernel/ids.ts'
import { checkInteger, checkKeys, checkText, invalid, shown } from '../kernel/input.ts'
import { type Listing, type Page, type PageRequest, pageOf, pageQuery } from '../kernel/page.ts'
import type { ApiKeyRow } from '../storage/api-key-tables.ts'
import type { TenantUnit } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'
import { checkAllowedIps } from './allowed-ips.ts'
import { hashApiKey, shownPrefix, writeApiKey } from './api-key-token.ts'

export interface ApiKey {
  readonly id: ApiKeyId
  readonly serviceAccountId: ServiceAccountId
  readonly name: string
  /** To be recognised by: no part of the secret. */
  readonly prefix: string
  /** Null: all that the account may. */
  readonly permissions: readonly string[] | null
  /** Addresses and networks that it may come from; none: all. */
  readonly allowedIps: readonly string[]
  readonly expiresAt: Date | null
  /** To the minute. */
  readonly lastUsedAt: Date | null
  readonly revokedAt: Date | null
  /** The key that it was rotated to. */
  readonly successorId: ApiKeyId | null
  readonly createdAt: Date
}

export interface NewApiKey {
  readonly serviceAccount: ServiceAccountId | { readonly id: ServiceAccountId }
  /** 1 to 200 characters. */
  readonly name: string
  /** A part of what the account may; left out: all of it, also what it is given later. */
  readonly permissions?: readonly string[]
  /** As `['192.0.2.0/24', '2001:db8::1']`. */
  readonly allowedIps?: readonly string[]
  /** In milliseconds from now; left out: it does not expire. At most ten years. */
  readonly lifetimeMs?: number
}

/** A key, and the text that is told this once. */
export interface IssuedApiKey {
  readonly apiKey: ApiKey
  readonly secret: string
}

export type ApiKeyKey = ApiKeyId | { readonly id: ApiKeyId }

export interface ApiKeys {
  /**
   * Whoever it is made by must hold what the account holds, and a user must have signed in a short while ago: a key
   * outlives every session.
   * @throws PRINCIPAL_UNKNOWN (or disabled), PERMISSION_UNKNOWN, GRANT_REFUSED, STEP_UP_REQUIRED, IMPERSONATION_REFUSED, INPUT_INVALID
   */
  create(key: NewApiKey): Promise<IssuedApiKey>
  /** @throws API_KEY_UNKNOWN, ID_INVALID */
  get(key: ApiKeyKey): Promise<ApiKey>
  /** Oldest first, revoked ones too. @throws INPUT_INVALID, CURSOR_INVALID */
  list(filter?: ApiKeyFilter): Promise<Page<ApiKey>>
  /**
   * A new key in place of a live one, under the same terms. The old one works for `overlapMs` more (default a day, 0: no
   * more). Of any number of concurrent calls one makes the successor. Asks what making one asks.
   * @throws API_KEY_UNKNOWN, API_KEY_ENDED (revoked, expired, or rotated before), PRINCIPAL_UNKNOWN (its account is disabled), GRANT_REFUSED, STEP_UP_REQUIRED, IMPERSONATION_REFUSED, INPUT_INVALID
   */
  rotate(key: ApiKeyKey, options?: { readonly overlapMs?: number }): Promise<IssuedApiKey>
  /** Refused from the next request on. Doing it twice is not an error. @throws API_KEY_UNKNOWN, ID_INVALID */
  revoke(key: ApiKeyKey): Promise<ApiKey>
}

export interface ApiKeyFilter extends PageRequest {
  readonly serviceAccount?: NewApiKey['serviceAccount']
}

const LISTING: Listing<ApiKeyRow> = { name: 'api-keys', columns: { id: 'id' } }
const DAY = 86_400_000
const LONGEST_MS = 3653 * DAY
const LONGEST_OVERLAP_MS = 30 * DAY
const SECRET_LENGTH = 32

export function createApiKeys(context: TenantContext, permissions: Permissions): ApiKeys {
  const { scope, runtime, tenant, actor, auditWriter } = context

  /** Under the access lock: what the account holds, the actor must hold too, wherever and as long as it does. */
  function withAuthority<R>(
    accountOf: (unit: TenantUnit) => Promise<string>,
    work: (unit: TenantUnit, accountId: string) => Promise<R>,
  ): Promise<R> {
    return changeAccess(context, permissions, async ({ unit, authority }) => {
      await demandFresh(context, unit)
      const accountId = await accountOf(unit)
      const account = await unit.records.get('service_accounts', { id: accountId, status: 'active' })
      if (!account) throw new FreeholdError('PRINCIPAL_UNKNOWN')
      authority.demandHoldings(await holderOf(unit, { kind: 'service_account', id: accountId }))
      return work(unit, accountId)
    })
  }

  async function issue(
    unit: TenantUnit,
    terms: Pick<ApiKeyRow, 'service_account_id' | 'name' | 'permissions' | 'allowed_ips'>,
    expires_at: Date | ReturnType<typeof fromNow> | null,
  ): Promise<IssuedApiKey> {
    const id = runtime.newId() as ApiKeyId
    const secret = writeApiKey({ tenantId: tenant.id, id, secret: runtime.randomBytes(SECRET_LENGTH) })
    const row = { ...terms, id, prefix: shownPrefix(id), secret_hash: hashApiKey(secret), expires_at }
    const [created] = await unit.records.insert('api_keys', [row])
    return { apiKey: apiKeyFromRow(created!), secret }
  }

  return {
    async create(given) {
      checkKeys(given, 'key', ['serviceAccount', 'name', 'permissions', 'allowedIps', 'lifetimeMs'])
      const accountId = accountIdOf(given.serviceAccount)
      const name = checkText(given.name, 'name', { maximum: 200 })
      const scoped = given.permissions === undefined ? null : knownPermissions(permissions, given.permissions)
      const allowed_ips = given.allowedIps === undefined ? [] : checkAllowedIps(given.allowedIps, 'allowedIps')
      const expires_at =
        given.lifetimeMs === undefined ? null : fromNow(checkInteger(given.lifetimeMs, 'lifetimeMs', 1000, LONGEST_MS))
      return withAuthority(
        async () => accountId,
        async (unit) => {
          const terms = { service_account_id: accountId, name, permissions: scoped, allowed_ips }
          const issued = await issue(unit, terms, expires_at)
          await auditWriter.append(unit, actor, {
            action: 'api_key.created',
            targets: targetsOf(issued.apiKey),
            changes: { name: { to: name } },
            details: {
              permissions: scoped,
              allowedIps: allowed_ips,
              expiresAt: issued.apiKey.expiresAt?.toISOString() ?? null,
            },
          })
          return issued
        },
      )
    },

    get: async (key) => apiKeyFromRow(await find(scope, apiKeyIdOf(key))),

    async list(filter = {}) {
      checkKeys(filter, 'filter', ['limit', 'cursor', 'serviceAccount'])
      const query = pageQuery(LISTING, filter)
      const { serviceAccount } = filter
      const where = serviceAccount === undefined ? {} : { service_account_id: accountIdOf(serviceAccount) }
      const rows = await scope.records.find('api_keys', { ...query, where, order: [{ by: 'id' }] })
      return pageOf(LISTING, query, rows, apiKeyFromRow)
    },

    async rotate(key, options = {}) {
      checkKeys(options, 'options', ['overlapMs'])
      const overlapMs = checkInteger(options.overlapMs ?? DAY, 'overlapMs', 0, LONGEST_OVERLAP_MS)
      const id = apiKeyIdOf(key)
      return withAuthority(
        async (unit) => (await find(unit, id)).service_account_id,
        async (unit) => {
          const claim = (expires_at: null | { readonly from: ReturnType<typeof fromNow> }) =>
            unit.records.update(
              'api_keys',
              { id, successor_id: null, revoked_at: null, expires_at },
              { successor_id: id },
            )
          const [former] = [...(await claim(null)), ...(await claim({ from: fromNow(1) }))]
          if (!former) throw new FreeholdError('API_KEY_ENDED')
          const { service_account_id, name, permissions: scoped, allowed_ips } = former
          // as long a life as the former had, from now on
          const lifetimeMs = former.expires_at && former.expires_at.getTime() - former.created_at.getTime()
          const terms = { service_account_id, name, permissions: scoped, allowed_ips }
          const issued = await issue(unit, terms, lifetimeMs === null ? null : fromNow(lifetimeMs))
          await unit.records.update('api_keys', { id }, { successor_id: issued.apiKey.id })
          // never a longer life than it had
          const sooner = { expires_at: fromNow(overlapMs) }
          const [ending] = await unit.records.update('api_keys', { id, expires_at: null }, sooner)
          if (!ending) await unit.records.update('api_keys', { id, expires_at: { from: fromNow(overlapMs) } }, sooner)
          await auditWriter.append(unit, actor, {
            action: 'api_key.rotated',
            targets: [...targetsOf(issued.apiKey), { type: 'api_key', id }],
            details: { overlapMs },
          })
          return issued
        },
      )
    },

    async revoke(key) {
      const id = apiKeyIdOf(key)
      return scope.transaction(async (unit) => {
        const [revoked] = await unit.records.update('api_keys', { id, revoked_at: null }, { revoked_at: fromNow() })
        if (!revoked) return apiKeyFromRow(await find(unit, id))
        const apiKey = apiKeyFromRow(revoked)
        await auditWriter.append(unit, actor, { action: 'api_key.revoked', targets: targetsOf(apiKey) })
        return apiKey
      })
    },
  }
}

async function find({ records }: Pick<TenantUnit, 'records'>, id: string): Promise<ApiKeyRow> {
  const row = await records.get('api_keys', { id })
  if (!row) throw new FreeholdError('API_KEY_UNKNOWN')
  return row
}

function targetsOf(key: ApiKey): readonly [{ type: 'api_key'; id: string }, { type: string; id: string }] {
  return [
    { type: 'api_key', id: key.id },
    { type: 'service_account', id: key.serviceAccountId },
  ]
}

function knownPermissions(permissions: Permissions, given: unknown): string[] {
  if (!Array.isArray(given)) throw invalid('permissions', 'it is a list of permissions')
  for (const permission of given) {
    if (typeof permission !== 'string' || !permissions.ids.has(permission))
      throw new FreeholdError('PERMISSION_UNKNOWN', { permission: shown(permission) })
  }
  return [...new Set(given)]
}

function accountIdOf(account: NewApiKey['serviceAccount']): ServiceAccountId {
  return parseId<ServiceAccountId>(
    typeof account === 'object' && account !== null ? account.id : account,
    'serviceAccount',
  )
}

function apiKeyIdOf(key: ApiKeyKey): ApiKeyId {
  return parseId<ApiKeyId>(typeof key === 'object' && key !== null ? key.id : key, 'key')
}

function apiKeyFromRow(row: ApiKeyRow): ApiKey {
  return {
    id: row.id as ApiKeyId,
    serviceAccountId: row.service_account_id as ServiceAccountId,
    name: row.name,
    prefix: row.prefix,
    permissions: row.permissions,
    allowedIps: row.allowed_ips,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
    successorId: row.successor_id as ApiKeyId | null,
    createdAt: row.created_at,
  }
}
