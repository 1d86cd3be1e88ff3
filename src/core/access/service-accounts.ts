// The programs that act in one tenant: they hold roles as users do, and are nobody's.

import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { parseId, type ServiceAccountId } from '../kernel/ids.ts'
import { checkJson, checkKeys, checkText } from '../kernel/input.ts'
import { type Listing, type Page, type PageRequest, pageOf, pageQuery } from '../kernel/page.ts'
import type { ServiceAccountRow } from '../storage/access-tables.ts'
import type { Change } from '../storage/records.ts'
import type { TenantScope } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'

export interface ServiceAccount {
  /** So that the account itself can be named as a principal. */
  readonly kind: 'service_account'
  readonly id: ServiceAccountId
  readonly name: string
  readonly status: 'active' | 'disabled'
  readonly metadata: Readonly<Record<string, unknown>>
  readonly createdAt: Date
  readonly disabledAt: Date | null
}

export interface NewServiceAccount {
  /** Unique in the tenant: 1 to 200 characters. */
  readonly name: string
  /** Plain JSON, at most 16 KiB. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

export type ServiceAccountKey = ServiceAccountId | { readonly id: ServiceAccountId }

export interface ServiceAccounts {
  /** @throws INPUT_INVALID, SERVICE_ACCOUNT_TAKEN (the name) */
  create(account: NewServiceAccount): Promise<ServiceAccount>
  /** @throws PRINCIPAL_UNKNOWN, ID_INVALID */
  get(account: ServiceAccountKey): Promise<ServiceAccount>
  /** Oldest first. */
  list(page?: PageRequest): Promise<Page<ServiceAccount>>
  /** It holds nothing until it is enabled again. Doing it twice is not an error. @throws PRINCIPAL_UNKNOWN, ID_INVALID */
  disable(account: ServiceAccountKey): Promise<ServiceAccount>
  /** It holds what it held. Doing it twice is not an error. @throws PRINCIPAL_UNKNOWN, ID_INVALID */
  enable(account: ServiceAccountKey): Promise<ServiceAccount>
}

const LISTING: Listing<ServiceAccountRow> = { name: 'service-accounts', columns: { id: 'id' } }
const NAME = { maximum: 200 }

export function createServiceAccounts(context: TenantContext): ServiceAccounts {
  const { scope, runtime, tenant, actor, auditWriter } = context

  const become = (
    account: ServiceAccountKey,
    from: ServiceAccountRow['status'],
    change: Change<'service_accounts'>,
    action: 'service_account.disabled' | 'service_account.enabled',
  ): Promise<ServiceAccount> => {
    const id = accountId(account)
    return scope.transaction(async (unit) => {
      const [row] = await unit.records.update(
        'service_accounts',
        { id, status: from },
        { ...change, access_version: { add: 1 }, updated_at: fromNow() },
      )
      if (!row) return accountFromRow(await find(unit, id))
      await unit.verbs.publish({ kind: 'access', tenantId: tenant.id, principalId: id })
      await auditWriter.append(unit, actor, { action, targets: [{ type: 'service_account', id }] })
      return accountFromRow(row)
    })
  }

  return {
    async create(account) {
      checkKeys(account, 'account', ['name', 'metadata'])
      const name = checkText(account.name, 'name', NAME)
      const metadata = account.metadata === undefined ? {} : checkJson(account.metadata, 'metadata')
      return scope.transaction(async (unit) => {
        const row = { id: runtime.newId(), name, metadata }
        const [created] = await unit.records.insert('service_accounts', [row], { onConflict: 'ignore' })
        if (!created) throw new FreeholdError('SERVICE_ACCOUNT_TAKEN', { name })
        await auditWriter.append(unit, actor, {
          action: 'service_account.created',
          targets: [{ type: 'service_account', id: created.id }],
          changes: { name: { to: name } },
        })
        return accountFromRow(created)
      })
    },

    get: async (account) => accountFromRow(await find(scope, accountId(account))),

    async list(page = {}) {
      checkKeys(page, 'page', ['limit', 'cursor'])
      const query = pageQuery(LISTING, page)
      const rows = await scope.records.find('service_accounts', { ...query, order: [{ by: 'id' }] })
      return pageOf(LISTING, query, rows, accountFromRow)
    },

    disable: async (account) =>
      become(account, 'active', { status: 'disabled', disabled_at: fromNow() }, 'service_account.disabled'),
    enable: async (account) =>
      become(account, 'disabled', { status: 'active', disabled_at: null }, 'service_account.enabled'),
  }
}

async function find({ records }: Pick<TenantScope, 'records'>, id: string): Promise<ServiceAccountRow> {
  const row = await records.get('service_accounts', { id })
  if (!row) throw new FreeholdError('PRINCIPAL_UNKNOWN')
  return row
}

function accountId(account: ServiceAccountKey): ServiceAccountId {
  return parseId<ServiceAccountId>(typeof account === 'object' && account !== null ? account.id : account, 'account')
}

function accountFromRow(row: ServiceAccountRow): ServiceAccount {
  return {
    kind: 'service_account',
    id: row.id as ServiceAccountId,
    name: row.name,
    status: row.status,
    metadata: row.metadata,
    createdAt: row.created_at,
    disabledAt: row.disabled_at,
  }
}
