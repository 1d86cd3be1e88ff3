// Files that people write about access: YAML, of which JSON is a part, and modules that export permissions.

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
import { contentOf, faulty } from './files.ts'

/** @throws FILE_INVALID: it cannot be read, or is no YAML */
export async function readDocument(cwd: string, file: string): Promise<unknown> {
  const text = (await contentOf(cwd, file)).toString()
  const { parse, YAMLParseError } = await import('yaml')
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw faulty(file, 'it is not YAML', error)
    // the first line says what and where; the next ones show the text
    const [what = ''] = error.message.split('\n')
    const place = error.linePos?.[0]
    throw faulty(
      place ? `${file}, line ${place.line}` : file,
      what.replace(/ at line \d+, column (\d+):$/, ' (column $1)'),
      error,
    )
  }
}

/**
 * What can be done: a module that exports `permissions` as `definePermissions` made it, or a document as
 * `{ note: [read, write] }`.
 * @throws FILE_INVALID
 */
export async function readPermissions(cwd: string, file: string): Promise<Permissions> {
  if (!/\.[cm]?[jt]s$/.test(file)) return permissionsOf(await readDocument(cwd, file), file)
  const loaded = (await import(pathToFileURL(resolve(cwd, file)).href).catch((cause: unknown) => {
    throw faulty(file, `it cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, cause)
  })) as { readonly permissions?: Permissions; readonly default?: Permissions }
  const permissions = loaded.permissions ?? loaded.default
  if (!(permissions?.ids instanceof Map)) {
    throw faulty(file, 'it exports no `permissions` that definePermissions made')
  }
  return permissions
}

type SystemRoles = Readonly<Record<string, readonly string[] | '*'>>

/** `systemRoles`: what they hold, as a document tells it. `at`: the file, and where in it. @throws FILE_INVALID */
export function permissionsOf(catalog: unknown, at: string, systemRoles: SystemRoles = {}): Permissions {
  if (!isPlainObject(catalog)) throw faulty(at, 'it lists actions by resource, as `note: [read, write]`')
  const theirs = withoutOwn(catalog as PermissionCatalog)
  const roles: Record<string, readonly string[]> = {}
  for (const key of ['admin', 'member', 'viewer'] as const) {
    const held = systemRoles[key]
    if (!Array.isArray(held)) continue
    roles[key] = held.filter((name: string) => !isOwnPermission(name))
  }
  try {
    return definePermissions(theirs, { roles: roles as never }) as Permissions
  } catch (error) {
    if (!FreeholdError.is(error) || error.code !== 'CONFIG_INVALID') throw error
    throw faulty(`${at}: ${error.details.option}`, error.details.problem, error)
  }
}

/** A document names what is Freehold's own, too. */
function withoutOwn(catalog: PermissionCatalog): PermissionCatalog {
  const entries = Object.entries(catalog).map(([resource, actions]) => [
    resource,
    Array.isArray(actions) ? actions.filter((action) => !isOwnPermission(`${resource}:${action}`)) : actions,
  ])
  return Object.fromEntries(entries) as PermissionCatalog
}
