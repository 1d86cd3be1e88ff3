// Files that people write about access: YAML, of which JSON is a part, and modules that export permissions.

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  definePermissions,
  isOwnPermission,
  type PermissionCatalog,
  type Permissions,
} from '../../core/access/permissions.ts'
import { FreeholdError } from '../../core/kernel/errors.ts'
import { isPlainObject } from '../../core/kernel/input.ts'

/** @throws CONFIG_INVALID: it cannot be read, or is no YAML */
export async function readDocument(cwd: string, file: string): Promise<unknown> {
  const text = await readFile(resolve(cwd, file), 'utf8').catch((cause: unknown) => {
    throw wrong(file, 'it cannot be read', cause)
  })
  const { parse, YAMLParseError } = await import('yaml')
  try {
    return parse(text)
  } catch (error) {
    // the first line says what and where; the next ones show the text
    throw wrong(file, error instanceof YAMLParseError ? (error.message.split('\n')[0] ?? '') : 'it is not YAML', error)
  }
}

/**
 * What can be done: a module that exports `permissions` as `definePermissions` made it, or a document as
 * `{ note: [read, write] }`.
 * @throws CONFIG_INVALID
 */
export async function readPermissions(cwd: string, file: string): Promise<Permissions> {
  if (!/\.[cm]?[jt]s$/.test(file)) return permissionsOf(await readDocument(cwd, file), file)
  const loaded = (await import(pathToFileURL(resolve(cwd, file)).href).catch((cause: unknown) => {
    throw wrong(file, 'it cannot be loaded', cause)
  })) as { readonly permissions?: Permissions; readonly default?: Permissions }
  const permissions = loaded.permissions ?? loaded.default
  if (!(permissions?.ids instanceof Map)) throw wrong(file, 'it exports no `permissions` of definePermissions')
  return permissions
}

type SystemRoles = Readonly<Record<string, readonly string[] | '*'>>

/** `systemRoles`: what they hold, as a document tells it. @throws CONFIG_INVALID */
export function permissionsOf(catalog: unknown, option: string, systemRoles: SystemRoles = {}): Permissions {
  if (!isPlainObject(catalog)) throw wrong(option, 'it is an object: resource -> list of actions')
  const theirs = withoutOwn(catalog as PermissionCatalog)
  const roles: Record<string, readonly string[]> = {}
  for (const key of ['admin', 'member', 'viewer'] as const) {
    const held = systemRoles[key]
    if (!Array.isArray(held)) continue
    roles[key] = held.filter((name: string) => !isOwnPermission(name))
  }
  return definePermissions(theirs, { roles: roles as never }) as Permissions
}

/** A document names what is Freehold's own, too. */
function withoutOwn(catalog: PermissionCatalog): PermissionCatalog {
  const entries = Object.entries(catalog).map(([resource, actions]) => [
    resource,
    Array.isArray(actions) ? actions.filter((action) => !isOwnPermission(`${resource}:${action}`)) : actions,
  ])
  return Object.fromEntries(entries) as PermissionCatalog
}

export function wrong(option: string, problem: string, cause?: unknown): FreeholdError<'CONFIG_INVALID'> {
  return new FreeholdError('CONFIG_INVALID', { option, problem }, { cause })
}
