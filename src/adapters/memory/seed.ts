// What every tenant begins with, for the one that is there from the start; the migrations do the same.

import { systemRuntime } from '../../core/kernel/runtime.ts'
import type { Statements } from './statements.ts'

const ROLES = [
  { key: 'owner', name: 'Owner', description: 'Holds everything. A tenant keeps at least one owner.' },
  { key: 'admin', name: 'Admin', description: 'Manages the tenant.' },
  { key: 'member', name: 'Member', description: 'Works with what the product offers.' },
  { key: 'viewer', name: 'Viewer', description: 'Looks, and changes nothing.' },
]

/** The access version, the organization `main`, and the four system roles. */
export function seedAccess(statements: Statements): void {
  const { newId } = systemRuntime({ now: () => statements.now() })
  statements.insert('tenant_counters', [{ name: 'access' }])
  statements.insert('organizations', [{ id: newId(), key: 'main', name: 'Main' }])
  const ids = ROLES.map(() => newId()).sort()
  statements.insert(
    'roles',
    ROLES.map((role, i) => ({ id: ids[i]!, ...role, system: true })),
  )
}
