// What every tenant begins with: its access version, one organization, and the four system roles.

import type { Runtime } from '../kernel/runtime.ts'
import type { TenantScope } from '../storage/storage.ts'
import type { SystemRole } from './permissions.ts'

const roles: Readonly<Record<SystemRole, { readonly name: string; readonly description: string }>> = {
  owner: { name: 'Owner', description: 'Holds everything. A tenant keeps at least one owner.' },
  admin: { name: 'Admin', description: 'Manages the tenant.' },
  member: { name: 'Member', description: 'Works with what the product offers.' },
  viewer: { name: 'Viewer', description: 'Looks, and changes nothing.' },
}

export function isSystemRole(key: string): key is SystemRole {
  return Object.hasOwn(roles, key)
}

/** Writes what is not there yet; in the transaction that creates the tenant, so that both appear or neither. */
export async function seedAccess(unit: Pick<TenantScope, 'records'>, runtime: Pick<Runtime, 'newId'>): Promise<void> {
  const ignore = { onConflict: 'ignore' } as const
  await unit.records.insert('tenant_counters', [{ name: 'access' }], ignore)
  await unit.records.insert('organizations', [{ id: runtime.newId(), key: 'main', name: 'Main' }], ignore)
  // sorted, so that a list, which goes by id, has them in this order
  const ids = Object.keys(roles)
    .map(() => runtime.newId())
    .sort()
  const rows = Object.entries(roles).map(([key, role], i) => ({ id: ids[i]!, key, ...role, system: true }))
  await unit.records.insert('roles', rows, ignore)
}
