// The catalog of what can be done: declared once in code, so that a misspelt permission does not compile.

import { FreeholdError } from '../kernel/errors.ts'
import { shown } from '../kernel/input.ts'

/** `{ note: ['read', 'write'] }`. Under the name of a resource of Freehold's own: actions beside ours. */
export type PermissionCatalog = Readonly<Record<string, readonly string[]>>

/** `'note:read' | 'note:write'` */
export type PermissionName<C extends PermissionCatalog> = {
  readonly [R in keyof C & string]: `${R}:${C[R] extends readonly (infer A extends string)[] ? A : never}`
}[keyof C & string]

export type SystemRole = 'owner' | 'admin' | 'member' | 'viewer'

/**
 * What Freehold itself asks before it lets somebody manage a tenant. `user:impersonate` and `tenant:break-glass` are asked of
 * operators, in the platform tenant alone: held in any other they give nothing.
 */
export const ownPermissions = {
  user: ['read', 'write', 'impersonate'],
  session: ['read', 'revoke'],
  organization: ['read', 'write'],
  team: ['read', 'write'],
  project: ['read', 'write'],
  resource: ['read', 'write'],
  invitation: ['read', 'write'],
  'service-account': ['read', 'write'],
  'api-key': ['read', 'write'],
  role: ['read', 'write'],
  policy: ['read', 'write'],
  assignment: ['read', 'write'],
  audit: ['read'],
  billing: ['read', 'write'],
  tenant: ['read', 'write', 'break-glass'],
} as const satisfies PermissionCatalog

export type OwnPermission = PermissionName<typeof ownPermissions>

declare const custom: unique symbol

/** A permission that a tenant added to those of the code, as `customPermission` makes it of its name. */
export type CustomPermission = string & { readonly [custom]: true }

export interface Permissions<P extends string = string> {
  /** Every permission as `resource:action`, ours among them. */
  readonly names: readonly P[]
  readonly catalog: PermissionCatalog
  /** What the system roles hold, by code: `'*'` is everything. */
  readonly systemRoles: Readonly<Record<SystemRole, readonly P[] | '*'>>
  /** Each permission's number, from 0 without gaps: its place in compiled tables. */
  readonly ids: ReadonlyMap<string, number>
  has(name: string): name is P
}

export interface PermissionOptions<P extends string> {
  /**
   * What `admin`, `member` and `viewer` hold of your own permissions. Default: `admin` everything, `member` every action that
   * you declare, `viewer` those called `read`. `owner` always holds everything.
   */
  readonly roles?: { readonly admin?: readonly P[]; readonly member?: readonly P[]; readonly viewer?: readonly P[] }
}

const NAME = /^[a-z][a-z0-9_-]{0,62}$/

/**
 * Declares the host's resources and actions. What Freehold manages itself (`project`, `team`, `user`, ...) can have actions
 * of the host's beside ours: `{ project: ['archive'] }` makes `project:archive`.
 * @throws CONFIG_INVALID: a name that is not 1 to 63 of a-z, 0-9, `-`, `_`, a permission that is Freehold's own, or an unknown permission in `roles`
 */
export function definePermissions<const C extends PermissionCatalog>(
  catalog: C,
  options: PermissionOptions<PermissionName<C>> = {},
): Permissions<PermissionName<C> | OwnPermission> {
  type P = PermissionName<C> | OwnPermission
  for (const [resource, actions] of Object.entries(catalog)) {
    if (!isPermissionPart(resource)) throw wrong(resource, 'a resource is 1 to 63 of a-z, 0-9, - and _')
    if (!Array.isArray(actions)) throw wrong(resource, 'its actions are a list')
    for (const action of actions) {
      if (!isPermissionPart(action)) throw wrong(`${resource}:${action}`, 'an action is 1 to 63 of a-z, 0-9, - and _')
      if (isOwnPermission(`${resource}:${action}`)) throw wrong(`${resource}:${action}`, "it is Freehold's own")
    }
  }
  const all = withOwn(catalog)
  const own = namesOf(catalog) as PermissionName<C>[]
  const names = interned(namesOf(all)) as P[]
  const known: ReadonlyMap<string, number> = new Map(names.map((name, id) => [name, id]))
  for (const name of Object.values(options.roles ?? {}).flat()) {
    if (!known.has(name)) throw wrong('roles', `there is no permission ${name}`)
  }
  return {
    names,
    catalog: all,
    systemRoles: {
      owner: '*',
      admin: options.roles?.admin ? [...(namesOf(ownPermissions) as P[]), ...options.roles.admin] : '*',
      member: options.roles?.member ?? own,
      viewer: options.roles?.viewer ?? own.filter((name) => name.endsWith(':read')),
    },
    ids: known,
    has: (name): name is P => known.has(name),
  }
}

/**
 * Names a permission that a tenant added at run time, as `note:print`. Those of the code need no such thing, so that
 * a misspelt one of them does not compile.
 * @throws PERMISSION_UNKNOWN when nothing could be called that
 */
export function customPermission(name: string): CustomPermission {
  const [resource = '', action = '', ...others] = typeof name === 'string' ? name.split(':') : []
  if (others.length > 0 || !isPermissionPart(resource) || !isPermissionPart(action)) {
    throw new FreeholdError('PERMISSION_UNKNOWN', { permission: shown(name) })
  }
  return name as CustomPermission
}

/** What a resource or an action may be called. */
export function isPermissionPart(name: unknown): name is string {
  return typeof name === 'string' && NAME.test(name)
}

const OWN_NAMES: ReadonlySet<string> = new Set(namesOf(ownPermissions))

/** Whether Freehold asks for it itself. */
export function isOwnPermission(name: string): name is OwnPermission {
  return OWN_NAMES.has(name)
}

/** Ours first, each resource once. */
function withOwn(catalog: PermissionCatalog): PermissionCatalog {
  const all = new Map<string, readonly string[]>(Object.entries(ownPermissions))
  for (const [resource, actions] of Object.entries(catalog)) {
    all.set(resource, [...(all.get(resource) ?? []), ...new Set(actions)])
  }
  return Object.fromEntries(all)
}

function namesOf(catalog: PermissionCatalog): string[] {
  return Object.entries(catalog).flatMap(([resource, actions]) =>
    [...new Set(actions)].map((action) => `${resource}:${action}`),
  )
}

/** As the names of properties texts are kept once, as those in source code are: then to find one compares no letters. */
function interned(names: readonly string[]): string[] {
  return Object.keys(Object.fromEntries(names.map((name) => [name, true])))
}

function wrong(name: string, problem: string): FreeholdError {
  return new FreeholdError('CONFIG_INVALID', { option: `permissions.${name}`, problem })
}
