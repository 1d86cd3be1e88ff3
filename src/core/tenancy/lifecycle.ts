// The states of a tenant: active and suspended, deleted and restored, purged. Each step is one guarded update, so
// that of two callers at once one makes it, and the other is told the state it found.
//
//   active <-> suspended      active, suspended -> deleted -> active, suspended      deleted -> purging -> gone

import type { Context } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { PLATFORM_TENANT_ID } from '../kernel/ids.ts'
import { checkKeys, checkText } from '../kernel/input.ts'
import type { Change, Where } from '../storage/records.ts'
import type { TenantRow, TenantStatus } from '../storage/system-tables.ts'
import { fromNow } from '../storage/tables.ts'
import type { Directory } from './directory.ts'
import { type Tenant, tenantFromRow } from './tenant.ts'
import { createTenantLog, type LogEntry, tenantEntry } from './tenant-log.ts'
import { keyOf, type TenantName } from './tenant-name.ts'
import type { Tenants } from './tenants.ts'

/** A step from one state to another; the first whose guard holds is made. */
interface Step {
  readonly guard: Where<'tenants'>
  readonly change: Change<'tenants'>
}

interface Transition {
  /** What the tenant's log says of it; a purge is told when it is done. */
  readonly told?: (row: TenantRow) => LogEntry
  readonly allowed: readonly TenantStatus[]
  readonly steps: readonly Step[]
}

const REASON = { maximum: 500 }
/** Rows that requests already under way bring in while a purge runs are swept up after it, this many times at most. */
const SWEEPS = 5

export type Lifecycle = Pick<Tenants, 'suspend' | 'resume' | 'remove' | 'restore' | 'purge'>

export function createLifecycle(context: Context, directory: Directory): Lifecycle {
  const { storage } = context
  const log = createTenantLog(context, directory)

  async function make(name: TenantName, transition: Transition): Promise<TenantRow> {
    const key = keyOf(name)
    const row = await storage.system.transaction(async (unit) => {
      for (const { guard, change } of transition.steps) {
        const [moved] = await unit.records.update('tenants', guarded(key, guard), {
          ...change,
          version: { add: 1 },
          updated_at: fromNow(),
        })
        if (!moved) continue
        if (moved.id === PLATFORM_TENANT_ID) throw platformRefusal('active')
        await unit.verbs.publish({ kind: 'tenant', tenantId: moved.id })
        if (transition.told) await log.write(unit, tenantFromRow(moved), transition.told(moved))
        return moved
      }
      const found = await unit.verbs.findTenant(key)
      if (!found) throw new FreeholdError('TENANT_UNKNOWN')
      if (found.id === PLATFORM_TENANT_ID) throw platformRefusal(found.status)
      throw new FreeholdError('TENANT_STATE', { status: found.status, allowed: transition.allowed })
    })
    directory.forget(row.id)
    return row
  }

  /** Every row behind the tenant's wall, until none is left. */
  async function sweep(tenant: Tenant): Promise<Record<string, number>> {
    const scope = storage.tenant(directory.ref(tenant))
    const total: Record<string, number> = {}
    for (let i = 0; i < SWEEPS; i++) {
      let rows = 0
      for (const [table, removed] of Object.entries(await scope.verbs.purge())) {
        total[table] = (total[table] ?? 0) + removed
        rows += removed
      }
      if (rows === 0) break
    }
    return total
  }

  const lifecycle: Lifecycle = {
    async suspend(name, options = {}) {
      checkKeys(options, 'options', ['reason'])
      const reason = options.reason === undefined ? null : checkText(options.reason, 'reason', REASON)
      return tenantFromRow(await make(name, suspending(reason)))
    },
    resume: async (name) => tenantFromRow(await make(name, resuming)),
    remove: async (name) => tenantFromRow(await make(name, removing)),
    restore: async (name) => tenantFromRow(await make(name, restoring)),

    async purge(name) {
      const row = await make(name, purging)
      const { id } = row
      const swept = await sweep(tenantFromRow(row))
      const own = await storage.system.transaction(async (unit) => {
        const domains = await unit.records.remove('tenant_domains', { tenant_id: id })
        const tenants = await unit.records.remove('tenants', { id, status: 'purging' })
        await unit.verbs.publish({ kind: 'tenant', tenantId: id })
        // of two purges at once one took the row, and tells
        const rows = Object.values(swept).reduce((sum, count) => sum + count, domains)
        if (tenants > 0) await log.purged(unit, row, rows)
        return { tenant_domains: domains, tenants }
      })
      directory.forget(id)
      return { removed: { ...swept, ...own } }
    },
  }
  return lifecycle
}

/** The tenant that the host itself is stays what it is. */
export function platformRefusal(status: TenantStatus): FreeholdError<'TENANT_STATE'> {
  return new FreeholdError('TENANT_STATE', { status, allowed: [] })
}

const suspending = (reason: string | null): Transition => ({
  told: ({ id }) => tenantEntry('tenant.suspended', id, { details: reason === null ? {} : { reason } }),
  allowed: ['active'],
  steps: [
    {
      guard: { status: 'active' },
      change: { status: 'suspended', suspended_at: fromNow(), suspended_reason: reason },
    },
  ],
})

const resuming: Transition = {
  told: ({ id }) => tenantEntry('tenant.resumed', id),
  allowed: ['suspended'],
  steps: [{ guard: { status: 'suspended' }, change: { status: 'active', suspended_at: null, suspended_reason: null } }],
}

const removing: Transition = {
  told: ({ id }) => tenantEntry('tenant.removed', id),
  allowed: ['active', 'suspended'],
  steps: [{ guard: { status: { in: ['active', 'suspended'] } }, change: { status: 'deleted', deleted_at: fromNow() } }],
}

/** Deletion is no way out of a suspension. */
const restoring: Transition = {
  told: ({ id, status }) => tenantEntry('tenant.restored', id, { details: { status } }),
  allowed: ['deleted'],
  steps: [
    { guard: { status: 'deleted', suspended_at: null }, change: { status: 'active', deleted_at: null } },
    { guard: { status: 'deleted', suspended_at: { not: null } }, change: { status: 'suspended', deleted_at: null } },
  ],
}

/** A purge that was interrupted is taken up again. */
const purging: Transition = {
  allowed: ['deleted', 'purging'],
  steps: [{ guard: { status: { in: ['deleted', 'purging'] } }, change: { status: 'purging' } }],
}

function guarded(key: { readonly id: string } | { readonly slug: string }, guard: Where<'tenants'>): Where<'tenants'> {
  return { ...key, ...guard }
}
