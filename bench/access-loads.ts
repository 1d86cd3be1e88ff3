// An instance to which the storage's answers are at hand: what a load costs the storage is measured elsewhere, and what
// is left of it is ours. They are read anew for each principal, as a driver would.

import { createFreehold, definePermissions, type TenantHandle, type UserId } from 'freehold'
import { memory } from 'freehold/memory'
import type { AccessLoad, TenantAccess } from '../src/core/storage/access-verbs.ts'
import { catalog, type World, type WorldRole } from './access-world.ts'

export const permissions = definePermissions(catalog)
export type Permission = (typeof permissions.names)[number]

export interface Loads {
  /** What differs from a tenant without anything. */
  readonly tenant: Partial<TenantAccess>
  /** What each user holds; whom nobody names holds what the next one of these does. */
  readonly users: readonly Held[]
}

export interface Held {
  readonly assignments: readonly object[]
  readonly resources?: readonly object[]
}

export interface LoadedHouse {
  readonly acme: TenantHandle<unknown, Permission>
  /** In the order of the loads. */
  readonly users: readonly UserId[]
  /** As the storage answers it to who knows nothing yet. */
  readonly tenant: TenantAccess
  /** Reads so many answers beforehand. */
  ready(loads: number): Promise<void>
  close(): Promise<void>
}

export async function houseOf({ tenant: differing, users: held }: Loads): Promise<LoadedHouse> {
  const storage = memory()
  const users = held.map(() => crypto.randomUUID() as string as UserId)
  const numbers = new Map(users.map((id, n) => [id as string, n]))
  const texts = held.map((one, n) => JSON.stringify(ownOf(one, n)))
  const waiting: unknown[] = []
  let next = 0
  let base: AccessLoad | undefined
  const read = () => parse(texts[next++ % texts.length]!)
  function answer(id: string, known: number | null): AccessLoad {
    const n = numbers.get(id)
    const own = n === undefined ? (waiting.pop() ?? read()) : parse(texts[n]!)
    const { version, writes, tenant } = base!
    return { version, writes, tenant: known === version ? null : tenant, ...(own as Owned) }
  }
  const freehold = await createFreehold({
    storage: {
      ...storage,
      system: storage.system,
      tenant: (ref) => {
        const scope = storage.tenant(ref)
        const loadAccess: typeof scope.verbs.loadAccess = async ({ principal, knownVersion }) =>
          answer(principal.id, knownVersion)
        return { ...scope, verbs: { ...scope.verbs, loadAccess } }
      },
    },
    keys: { current: 'k1', k1: Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + 11) % 256) },
    permissions,
    passwordHasher,
    runtime: { now: slowClock() },
  })
  const acme = await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
  const { verbs } = storage.tenant({ id: acme.id, location: storage.sharedLocation })
  const nobody = { kind: 'user', id: crypto.randomUUID() } as const
  const found = await verbs.loadAccess({ principal: nobody, knownVersion: null })
  base = { ...found, tenant: { ...found.tenant!, ...differing } }
  return {
    acme,
    users,
    tenant: base.tenant!,
    async ready(loads) {
      while (waiting.length < loads) waiting.push(read())
    },
    close: () => freehold.close(),
  }
}

type Owned = Pick<AccessLoad, 'principal' | 'assignments' | 'memberships' | 'resources'>

/** As a driver: its times are Dates. */
function parse(text: string): unknown {
  return JSON.parse(text, (key, value) => (key === 'expires_at' && value !== null ? new Date(value as number) : value))
}

function ownOf({ assignments, resources = [] }: Held, n: number): object {
  const attributes = { email: `user${n}@acme.test`, name: null, status: 'active', metadata: {} }
  return { principal: { version: 1, active: true, attributes }, assignments, memberships: [], resources }
}

/** Roles, and what users hold of them in the whole tenant. */
export function loadsOf({ roles, users }: Pick<World, 'roles' | 'users'>): Loads {
  return {
    tenant: { roles: rolesOf(roles) },
    users: users.map((held) => ({
      assignments: held.map((role) => ({ id: crypto.randomUUID(), role_id: idOf(role), ...WHOLE })),
    })),
  }
}

/** Of the whole tenant, for good. */
export const WHOLE = {
  organization_id: null,
  scope_team_id: null,
  project_id: null,
  resource_id: null,
  flow: 'descendants',
  starts_at: null,
  expires_at: null,
}

/** A role's id by its number. */
export function idOf(role: number): string {
  return `00000000-0000-7000-8000-${String(role).padStart(12, '0')}`
}

export function rolesOf(roles: readonly WorldRole[]) {
  return roles.map(({ key, parent, entries }, n) => ({
    id: idOf(n),
    key,
    name: null,
    parent_role_id: parent === undefined ? null : idOf(parent),
    system: false,
    permissions: entries.map(({ permission, own, deny }) => {
      const [resource = '', action = ''] = permissions.names[permission]!.split(':')
      return {
        ...{ resource, actions: [action] },
        ...(own ? { conditions: { 'resource.owner': { $ref: 'principal.id' } } } : {}),
        ...(deny ? { effect: 'deny' as const } : {}),
      }
    }),
  })) as unknown as TenantAccess['roles']
}

/** As costly as the machine's, and so slow that nothing is asked again for its age. */
export function slowClock(): () => number {
  const start = Date.now()
  return () => start + (Date.now() - start) / 1_000_000
}

/** Nobody signs in here. */
export const passwordHasher = {
  name: 'none',
  hash: () => Promise.reject(new Error('no passwords')),
  verify: () => Promise.resolve(false),
  needsRehash: () => false,
}
