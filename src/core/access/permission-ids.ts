// The permissions of one tenant by number: those of the code, and behind them what the tenant added. So a number of the
// code's is the same in every tenant.

import { FreeholdError } from '../kernel/errors.ts'
import { shown } from '../kernel/input.ts'
import type { Row } from '../storage/tables.ts'
import type { Permissions } from './permissions.ts'

export interface PermissionIds {
  /** By number. */
  readonly names: readonly string[]
  has(name: string): boolean
  idOf(name: string): number | undefined
  /** Whether anything can be done with such a thing. */
  hasResource(type: string): boolean
}

export type CustomEntry = Pick<Row<'custom_permissions'>, 'resource' | 'action'>

export function createPermissionIds(permissions: Permissions, added: readonly CustomEntry[]): PermissionIds {
  const { catalog, ids } = permissions
  const inCode = (type: string): boolean => Object.hasOwn(catalog, type)
  if (added.length === 0) {
    return { names: permissions.names, has: permissions.has, idOf: (name) => ids.get(name), hasResource: inCode }
  }
  // what the code has come to declare itself is the code's
  const names = new Set(added.map(({ resource, action }) => `${resource}:${action}`).filter((name) => !ids.has(name)))
  const custom = new Map([...names].map((name, i) => [name, permissions.names.length + i] as const))
  const resources = new Set(added.map(({ resource }) => resource))
  return {
    names: [...permissions.names, ...names],
    has: (name) => ids.has(name) || custom.has(name),
    idOf: (name) => ids.get(name) ?? custom.get(name),
    hasResource: (type) => inCode(type) || resources.has(type),
  }
}

export function unknownPermission(name: unknown): FreeholdError<'PERMISSION_UNKNOWN'> {
  return new FreeholdError('PERMISSION_UNKNOWN', { permission: shown(name) })
}
