// The tenants of an installation: created, read, listed, changed. Their states are in lifecycle.ts.

import { seedAccess } from '../access/seed.ts'
import type { Context } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { PLATFORM_TENANT_ID } from '../kernel/ids.ts'
import { checkKeys, shown } from '../kernel/input.ts'
import { type Listing, type Page, type PageRequest, pageOf, pageQuery } from '../kernel/page.ts'
import type { SystemScope } from '../storage/storage.ts'
import type { IsolationLevel, TenantRow, TenantStatus } from '../storage/system-tables.ts'
import { fromNow } from '../storage/tables.ts'
import type { Directory } from './directory.ts'
import type { TenantHandle } from './handle.ts'
import { createLifecycle, platformRefusal } from './lifecycle.ts'
import { type Tenant, tenantFromRow } from './tenant.ts'
import { type ChangedColumns, checkStatus, mergeChange, newRow, refusedRow } from './tenant-input.ts'
import { createTenantLog, tenantEntry, updatedEntry } from './tenant-log.ts'
import { keyOf, type TenantName } from './tenant-name.ts'

export interface NewTenant {
  /** 2 to 63 characters: a-z, 0-9, inner hyphens. */
  readonly slug: string
  readonly name: string
  /** Default `shared`. @throws ISOLATION_UNAVAILABLE for the other two */
  readonly isolationLevel?: IsolationLevel
  /** Key of a plan. */
  readonly plan?: string
  readonly settings?: Readonly<Record<string, unknown>>
  readonly featureFlags?: Readonly<Record<string, boolean>>
}

export interface TenantChange {
  readonly name?: string
  readonly slug?: string
  /** Key of a plan; null: none of its own. */
  readonly plan?: string | null
  /** Keys given replace theirs, `null` removes one; the others stay. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** As `settings`. */
  readonly featureFlags?: Readonly<Record<string, boolean | null>>
  /** Refuse with CONFLICT when the tenant has moved on from this version. */
  readonly version?: number
}

export interface Tenants<Db = unknown, P extends string = string> {
  /** @throws SLUG_INVALID, SLUG_TAKEN, PLAN_UNKNOWN, INPUT_INVALID, ISOLATION_UNAVAILABLE */
  create(tenant: NewTenant): Promise<TenantHandle<Db, P>>
  /** In any state but purged. @throws TENANT_UNKNOWN */
  get(tenant: TenantName): Promise<Tenant>
  /** Oldest first. */
  list(page?: PageRequest & { readonly status?: TenantStatus }): Promise<Page<Tenant>>
  /**
   * All of it or nothing. Concurrent merges into settings and flags all take effect; with `version`, one of them.
   * @throws TENANT_UNKNOWN, SLUG_TAKEN, SLUG_INVALID, PLAN_UNKNOWN, INPUT_INVALID, CONFLICT, TENANT_STATE (being purged, or the platform tenant's slug)
   */
  update(tenant: TenantName, change: TenantChange): Promise<Tenant>
  /** An active tenant: nobody signs in, refreshes or passes a check until `resume`. @throws TENANT_UNKNOWN, TENANT_STATE */
  suspend(tenant: TenantName, options?: { readonly reason?: string }): Promise<Tenant>
  /** A suspended tenant. @throws TENANT_UNKNOWN, TENANT_STATE */
  resume(tenant: TenantName): Promise<Tenant>
  /** Soft delete: as gone for everyone, restorable until purged; the slug stays taken. @throws TENANT_UNKNOWN, TENANT_STATE */
  remove(tenant: TenantName): Promise<Tenant>
  /** Back to the state in which it was removed. @throws TENANT_UNKNOWN, TENANT_STATE */
  restore(tenant: TenantName): Promise<Tenant>
  /**
   * Erases a deleted tenant for good: every row of it, the host's own behind the wall too. If it is interrupted, call it again.
   * @throws TENANT_UNKNOWN, TENANT_STATE (only a deleted tenant is purged)
   */
  purge(tenant: TenantName): Promise<{ readonly removed: Readonly<Record<string, number>> }>
}

export type { TenantName }

const listing: Listing<TenantRow> = { name: 'tenants', columns: { id: 'id' } }

/** `open` makes the handle of a tenant that was just created. */
export function createTenants<Db, P extends string = string>(
  context: Context<Db>,
  directory: Directory,
  open: (tenant: Tenant) => TenantHandle<Db, P>,
): Tenants<Db, P> {
  const { system } = context.storage
  const log = createTenantLog(context, directory)

  return {
    async create(tenant) {
      const row = newRow(tenant, context.runtime.newId())
      const created = await system.transaction(async (unit) => {
        await demandPlan(unit, row.plan)
        const [inserted] = await unit.records.insert('tenants', [row], { onConflict: 'ignore' }).catch(refusedRow)
        if (!inserted) return undefined
        // others may remember that no tenant has this slug
        await unit.verbs.publish({ kind: 'tenant', tenantId: inserted.id })
        const fresh = tenantFromRow(inserted)
        await seedAccess(unit.tenant(directory.ref(fresh)), context.runtime)
        const { id, slug, name, plan } = fresh
        await log.write(unit, fresh, tenantEntry('tenant.created', id, { details: { slug, name, plan } }))
        return inserted
      })
      if (!created) throw new FreeholdError('SLUG_TAKEN', { slug: row.slug })
      directory.forget(created.id)
      return open(tenantFromRow(created))
    },

    async get(name) {
      const row = await system.verbs.findTenant(keyOf(name))
      if (!row) throw new FreeholdError('TENANT_UNKNOWN')
      return tenantFromRow(row)
    },

    async list(page = {}) {
      checkKeys(page, 'page', ['limit', 'cursor', 'status'])
      const query = pageQuery(listing, page)
      const where = page.status === undefined ? {} : { status: checkStatus(page.status) }
      const rows = await system.records.find('tenants', { ...query, where, order: [{ by: 'id' }] })
      return pageOf(listing, query, rows, tenantFromRow)
    },

    async update(name, change) {
      const key = keyOf(name)
      const row = await system.transaction(async (unit) => {
        // held until commit: merges that come at the same time wait, and build on what this one leaves
        const held = await unit.records.lock('tenants', key)
        if (!held) throw new FreeholdError('TENANT_UNKNOWN')
        const columns = changedColumns(held, change)
        if (Object.keys(columns).length === 0) return held
        await demandPlan(unit, columns.plan)
        const [changed] = await unit.records
          .update(
            'tenants',
            { id: held.id, version: held.version },
            { ...columns, version: { add: 1 }, updated_at: fromNow() },
          )
          .catch((error: unknown) => refusedRow(error, columns.slug))
        if (!changed) throw new FreeholdError('CONFLICT')
        await unit.verbs.publish({ kind: 'tenant', tenantId: changed.id })
        await log.write(unit, tenantFromRow(changed), updatedEntry(held, columns))
        return changed
      })
      directory.forget(row.id)
      return tenantFromRow(row)
    },

    ...createLifecycle(context, directory),
  }
}

/** A plan is never removed: what is there now is there when this commits. @throws PLAN_UNKNOWN */
async function demandPlan({ records }: Pick<SystemScope, 'records'>, plan: string | null | undefined): Promise<void> {
  if (plan === null || plan === undefined) return
  if (!(await records.get('plans', { key: plan }))) throw new FreeholdError('PLAN_UNKNOWN', { plan: shown(plan) })
}

function changedColumns(held: TenantRow, change: TenantChange): ChangedColumns {
  const columns = mergeChange(held, change)
  if (change.version !== undefined && change.version !== held.version) throw new FreeholdError('CONFLICT')
  if (held.status === 'purging') {
    throw new FreeholdError('TENANT_STATE', { status: held.status, allowed: ['active', 'suspended', 'deleted'] })
  }
  if (columns.slug !== undefined && held.id === PLATFORM_TENANT_ID) throw platformRefusal(held.status)
  return columns
}
