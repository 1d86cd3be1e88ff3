// The roles of one tenant as of one version, ready to be asked: what each says of each permission, with what it
// inherits. Nothing is computed for a role before somebody who holds it is checked.

import type { PermissionEntry } from '../storage/access-tables.ts'
import type { Row } from '../storage/tables.ts'
import { ALLOW, ALLOW_IF, addBits, type Bits, createSlabs, DENY, DENY_IF, joinBits } from './bits.ts'
import { type Condition, type Conditions, readConditions } from './conditions.ts'
import type { Permissions, SystemRole } from './permissions.ts'

/** One permission under conditions. */
export interface Rule {
  readonly permission: number
  readonly effect: 'allow' | 'deny'
  readonly conditions: Conditions
  readonly test: Condition
}

/** What a role says by itself. */
export interface OwnRules {
  readonly bits: Bits
  readonly rules: readonly Rule[]
}

/** What a role says with everything it inherits. */
export interface Closure {
  /** The role and its ancestors, nearest first. */
  readonly chain: readonly BookRole[]
  readonly bits: Bits
  readonly rules: readonly Rule[]
}

/** A role's row, without what only people read. */
export interface BookRole {
  readonly id: string
  readonly key: string
  readonly parentId: string | null
  readonly system: boolean
  readonly entries: readonly PermissionEntry[]
}

export interface RoleBook {
  /** The tenant's access version. */
  readonly version: number
  readonly permissions: Permissions
  readonly organizations: ReadonlySet<string>
  readonly size: number
  byId(id: string): BookRole | undefined
  byKey(key: string): BookRole | undefined
  /** Whether another role inherits from it. */
  isParent(id: string): boolean
  ownRules(role: BookRole): OwnRules
  closure(role: BookRole): Closure
  /** Bits that say nothing yet. */
  newBits(): Bits
}

export interface BookSource {
  readonly version: number
  readonly roles: readonly Pick<Row<'roles'>, 'id' | 'key' | 'parent_role_id' | 'system' | 'permissions'>[]
  readonly organizations: readonly string[]
}

export function createRoleBook(source: BookSource, permissions: Permissions): RoleBook {
  const ids = new Map<string, BookRole>()
  const keys = new Map<string, BookRole>()
  for (const { id, key, parent_role_id, system, permissions: entries } of source.roles) {
    const role: BookRole = { id, key, parentId: parent_role_id, system, entries }
    ids.set(id, role)
    keys.set(key, role)
  }
  const own = new Map<BookRole, OwnRules>()
  const closures = new Map<BookRole, Closure>()

  const book: RoleBook = {
    version: source.version,
    permissions,
    organizations: new Set(source.organizations),
    size: ids.size,
    newBits: createSlabs(permissions.names.length),
    byId: (id) => ids.get(id),
    byKey: (key) => keys.get(key),
    isParent(id) {
      for (const { parentId } of ids.values()) if (parentId === id) return true
      return false
    },
    ownRules(role) {
      return remembered(own, role, () => rulesOf(role, permissions, book.newBits()))
    },
    closure(role) {
      return remembered(closures, role, () => close(book, role))
    },
  }
  return book
}

/** The role and its ancestors, nearest first. Of any depth; a ring, which no write of ours makes, ends where it began. */
export function chainOf(book: Pick<RoleBook, 'byId'>, role: BookRole): BookRole[] {
  const chain = new Set<BookRole>()
  for (let at: BookRole | undefined = role; at && !chain.has(at); at = parentOf(book, at)) chain.add(at)
  return [...chain]
}

function remembered<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  let value = known.get(key)
  if (value === undefined) {
    value = make()
    known.set(key, value)
  }
  return value
}

function parentOf(book: Pick<RoleBook, 'byId'>, { parentId }: BookRole): BookRole | undefined {
  return parentId === null ? undefined : book.byId(parentId)
}

function close(book: RoleBook, role: BookRole): Closure {
  const chain = chainOf(book, role)
  const parts = chain.map((ancestor) => book.ownRules(ancestor))
  if (parts.length === 1) return { chain, ...parts[0]! }
  const bits = book.newBits()
  for (const part of parts) joinBits(bits, part.bits)
  return { chain, bits, rules: parts.flatMap((part) => part.rules) }
}

function rulesOf(role: BookRole, permissions: Permissions, bits: Bits): OwnRules {
  const rules: Rule[] = []
  if (role.system) giveByCode(bits, role.key, permissions)
  for (const entry of role.entries) {
    const effect = entry.effect === 'deny' ? 'deny' : 'allow'
    const { conditions } = entry
    const test = conditions === undefined ? undefined : readConditions(conditions)
    for (const action of entry.actions) {
      // what the code no longer declares cannot be asked for either
      const permission = permissions.ids.get(`${entry.resource}:${action}`)
      if (permission === undefined) continue
      if (conditions === undefined || !test) addBits(bits, permission, effect === 'deny' ? DENY : ALLOW)
      else {
        addBits(bits, permission, effect === 'deny' ? DENY_IF : ALLOW_IF)
        rules.push({ permission, effect, conditions, test })
      }
    }
  }
  return { bits, rules }
}

/** What a system role holds by code. */
function giveByCode(bits: Bits, key: string, permissions: Permissions): void {
  if (!Object.hasOwn(permissions.systemRoles, key)) return
  const held = permissions.systemRoles[key as SystemRole]
  for (const name of held === '*' ? permissions.names : held) addBits(bits, permissions.ids.get(name)!, ALLOW)
}
