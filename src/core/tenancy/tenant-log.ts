// What happens to a tenant from outside is written into the tenant's own log, in the transaction that does it.

import { isDeepStrictEqual } from 'node:util'
import type { AuditEntry } from '../audit/audit.ts'
import type { OwnEntry } from '../audit/catalog.ts'
import type { Context } from '../context.ts'
import { PLATFORM_TENANT_ID } from '../kernel/ids.ts'
import type { SystemUnit } from '../storage/storage.ts'
import type { TenantRow } from '../storage/system-tables.ts'
import type { Directory } from './directory.ts'
import type { Tenant } from './tenant.ts'
import type { ChangedColumns } from './tenant-input.ts'

type TenancyAction =
  | 'tenant.created'
  | 'tenant.updated'
  | 'tenant.suspended'
  | 'tenant.resumed'
  | 'tenant.removed'
  | 'tenant.restored'
export type LogEntry = OwnEntry<TenancyAction | 'domain.added' | 'domain.verified' | 'domain.removed'>

export interface TenantLog {
  /** Into the log of the tenant itself. */
  write(unit: SystemUnit, tenant: Tenant, entry: LogEntry): Promise<void>
  /** A purged tenant has no log any more: into that of the platform tenant. */
  purged(unit: SystemUnit, tenant: Pick<TenantRow, 'id' | 'slug'>, rows: number): Promise<void>
}

export function createTenantLog(context: Context, directory: Directory): TenantLog {
  const { actor, auditWriter, storage } = context
  return {
    write: (unit, tenant, entry) => auditWriter.append(unit.tenant(directory.ref(tenant)), actor, entry),
    purged(unit, { id, slug }, rows) {
      const platform = unit.tenant({ id: PLATFORM_TENANT_ID, location: storage.sharedLocation })
      return auditWriter.append(platform, actor, {
        action: 'tenant.purged',
        targets: [{ type: 'tenant', id }],
        details: { slug, rows },
      })
    },
  }
}

export function tenantEntry(
  action: TenancyAction,
  id: string,
  more: Pick<AuditEntry, 'changes' | 'details'> = {},
): LogEntry {
  return { action, targets: [{ type: 'tenant', id }], ...more }
}

/** Names of settings that are told at most, and characters of each: an event has a limit. */
const SETTINGS = 40
const SETTING_NAME = 60

/** Settings by their names alone: what they hold may be a secret of the host's. */
export function updatedEntry(held: TenantRow, columns: ChangedColumns): LogEntry {
  const { name, slug, plan, settings, feature_flags: flags } = columns
  const flagsNow = flags && changedKeys(held.feature_flags, flags)
  return tenantEntry('tenant.updated', held.id, {
    changes: {
      ...(name === undefined ? {} : { name: { from: held.name, to: name } }),
      ...(slug === undefined ? {} : { slug: { from: held.slug, to: slug } }),
      ...(plan === undefined ? {} : { plan: { from: held.plan, to: plan } }),
      ...(settings ? { settings: {} } : {}),
      ...(flags && flagsNow
        ? { featureFlags: { from: only(held.feature_flags, flagsNow), to: only(flags, flagsNow) } }
        : {}),
    },
    details: settings ? { settings: changedKeys(held.settings, settings).slice(0, SETTINGS).map(short) } : {},
  })
}

function changedKeys(before: object, after: object): string[] {
  const [was, is] = [new Map(Object.entries(before)), new Map(Object.entries(after))]
  return [...new Set([...was.keys(), ...is.keys()])].filter((key) => !isDeepStrictEqual(was.get(key), is.get(key)))
}

function only(flags: Readonly<Record<string, boolean>>, names: readonly string[]): Record<string, boolean> {
  return Object.fromEntries(Object.entries(flags).filter(([name]) => names.includes(name)))
}

function short(name: string): string {
  const points = [...name]
  return points.length > SETTING_NAME ? `${points.slice(0, SETTING_NAME).join('')}...` : name
}
