// What every tenant begins with, for the one that is there from the start; the migrations do the same.

import { systemRuntime } from '../../core/kernel/runtime.ts'
import type { Statements } from './statements.ts'

const ROLES = ['Owner', 'Admin', 'Member', 'Viewer']

/** The access version, the organization `main`, and the four system roles. */
export function seedAccess(statements: Statements): void {
  const { newId } = systemRuntime({ now: () => statements.now() })
  statements.insert('tenant_counters', [{ name: 'access', value: 1 }])
  statements.insert('organizations', [{ id: newId(), key: 'main', name: 'Main' }])
  statements.insert(
    'roles',
    ROLES.map((name) => ({ id: newId(), key: name.toLowerCase(), name, system: true })),
  )
}
