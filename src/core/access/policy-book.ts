// The policies of one tenant that are in force, ready to be asked: whom each names, where it speaks, and what it says.

import type { PermissionEntry } from '../storage/access-tables.ts'
import type { TenantAccess } from '../storage/access-verbs.ts'
import type { PermissionIds } from './permission-ids.ts'
import type { Place, PlaceTree } from './place-tree.ts'
import type { PolicyDocument, PolicyPrincipal, PolicyResource } from './policy-document.ts'
import type { RoleBook } from './role-book.ts'
import { type Said, saidIn } from './rules.ts'

export interface BookPolicy {
  readonly id: string
  readonly key: string
  readonly version: number
  readonly document: PolicyDocument
  said(): Said
  /** Where it speaks, as far as it is still there. */
  places(): readonly PolicyPlace[]
}

export interface ResourceKey {
  readonly type: string
  readonly id: string
}

export interface PolicyPlace {
  readonly place: Place
  /** Undefined: the place and everything in it. */
  readonly resource: ResourceKey | undefined
}

export interface PolicyBook {
  readonly all: readonly BookPolicy[]
  /** Those that name everyone. */
  readonly ofEveryone: readonly BookPolicy[]
  /** Those that name this user, service account, team or role. Ids are of one kind only, so they need not say which. */
  naming(id: string): readonly BookPolicy[]
}

export type PolicySource = TenantAccess['policies'][number]

const NONE: readonly BookPolicy[] = []

/** In the order of their keys. */
export function createPolicyBook(source: readonly PolicySource[], book: RoleBook, places: () => PlaceTree): PolicyBook {
  const all: BookPolicy[] = []
  const ofEveryone: BookPolicy[] = []
  const named = new Map<string, BookPolicy[]>()
  for (const row of [...source].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    const policy = bookPolicy(row, book, places)
    all.push(policy)
    const principals = listed(policy.document.principals)
    // a denial that names nobody this code can read denies everybody
    const open = policy.document.effect !== 'allow' && !(principals.length > 0 && principals.every(isReadable))
    if (open || principals.includes('*')) ofEveryone.push(policy)
    for (const id of new Set(principals.filter(isReadable).map(idOf))) {
      const others = named.get(id)
      if (others) others.push(policy)
      else named.set(id, [policy])
    }
  }
  return { all, ofEveryone, naming: (id) => named.get(id) ?? NONE }
}

/** The permissions that an action of a policy stands for: itself, every action of a resource, or everything. */
export function permissionsOfAction(action: string, ids: PermissionIds): readonly string[] {
  if (action === '*') return ids.names
  if (action.endsWith(':*')) return ids.names.filter((name) => name.startsWith(action.slice(0, -1)))
  return ids.has(action) ? [action] : []
}

function bookPolicy({ id, key, version, document }: PolicySource, book: RoleBook, places: () => PlaceTree): BookPolicy {
  const read = document as unknown as PolicyDocument
  let said: Said | undefined
  let where: readonly PolicyPlace[] | undefined
  return {
    ...{ id, key, version, document: read },
    said() {
      said ??= compilePolicy(read, book)
      return said
    },
    places() {
      where ??= placesOf(read, places())
      return where
    },
  }
}

function compilePolicy({ effect, actions, conditions }: PolicyDocument, book: RoleBook): Said {
  const denies = effect !== 'allow'
  const readable = listed(actions).filter((action) => typeof action === 'string')
  const unreadable = denies && readable.length < Math.max(1, listed(actions).length)
  const names = new Set((unreadable ? ['*'] : readable).flatMap((one) => permissionsOfAction(one, book.permissions)))
  const entries = [...names].map((name): PermissionEntry => {
    const [resource = '', action = ''] = name.split(':')
    return {
      resource,
      actions: [action],
      effect: denies ? 'deny' : 'allow',
      ...(conditions === undefined ? {} : { conditions }),
    }
  })
  return saidIn(entries, book.permissions, book.newBits())
}

/** What is gone took its place in the policy along. A denial that this code cannot read speaks everywhere. */
function placesOf({ effect, resources }: PolicyDocument, tree: PlaceTree): readonly PolicyPlace[] {
  const found = listed(resources).map((resource) => placeOf(resource, tree))
  if (effect !== 'allow' && (found.length === 0 || found.includes(null))) return [everywhereIn(tree)]
  return found.filter((place) => place !== undefined && place !== null)
}

function everywhereIn(tree: PlaceTree): PolicyPlace {
  return { place: tree.tenant, resource: undefined }
}

/** Undefined: it is gone. Null: this code cannot read it. */
function placeOf(resource: PolicyResource, tree: PlaceTree): PolicyPlace | null | undefined {
  if (resource === '*') return everywhereIn(tree)
  if (typeof resource !== 'object' || resource === null) return null
  if ('type' in resource) return { place: tree.tenant, resource: { type: resource.type, id: resource.id } }
  for (const [kind, id] of Object.entries(resource)) {
    if (kind !== 'organization' && kind !== 'team' && kind !== 'project') return null
    const place = tree.find(kind, id)
    return place && { place, resource: undefined }
  }
  return null
}

function listed<Item>(list: readonly Item[]): readonly Item[] {
  return Array.isArray(list) ? list : []
}

const NAMING = ['user', 'serviceAccount', 'team', 'role'] as const

function isReadable(principal: PolicyPrincipal): boolean {
  if (principal === '*') return true
  return typeof principal === 'object' && principal !== null && NAMING.some((kind) => Object.hasOwn(principal, kind))
}

function idOf(principal: PolicyPrincipal): string {
  return typeof principal === 'object' ? (Object.values(principal)[0] as string) : principal
}
