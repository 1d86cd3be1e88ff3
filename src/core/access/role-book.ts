// The roles of one tenant, ready to be asked: what each says of each permission, with what it inherits. Nothing is
// computed for a role before somebody who holds it is checked.

import type { PermissionEntry } from '../storage/access-tables.ts'
import type { Row } from '../storage/tables.ts'
import { ALLOW, type BitRow, type Bits, createSlabs } from './bits.ts'
import type { PermissionIds } from './permission-ids.ts'
import type { Permissions, SystemRole } from './permissions.ts'
import { type Rule, Said, saidIn } from './rules.ts'

/** What a role says with everything it inherits. */
export class Closure extends Said {
  /** The role and its ancestors, nearest first. */
  readonly chain: readonly BookRole[]

  constructor(chain: readonly BookRole[], bits: Bits, rules: readonly Rule[]) {
    super(bits, rules)
    this.chain = chain
  }
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
  readonly permissions: PermissionIds
  /** How many. */
  readonly size: number
  all(): Iterable<BookRole>
  byId(id: string): BookRole | undefined
  byKey(key: string): BookRole | undefined
  /** Whether another role inherits from it. */
  isParent(id: string): boolean
  ownRules(role: BookRole): Said
  /** Of a role that is planned, too: by the roles there are. */
  closure(role: BookRole): Closure
  /** Keys of roles that allow this by themselves, without conditions and for every field; ten at most. */
  allowing(permission: number): readonly string[]
  /** Bits that say nothing yet. */
  newBits(): BitRow
}

export type RoleSource = Pick<Row<'roles'>, 'id' | 'key' | 'parent_role_id' | 'system' | 'permissions'>

/** `byCode` is what the system roles hold whatever is stored. */
export function createRoleBook(
  source: readonly RoleSource[],
  permissions: PermissionIds,
  byCode: Permissions['systemRoles'],
): RoleBook {
  const ids = new Map<string, BookRole>()
  const keys = new Map<string, BookRole>()
  for (const row of source) {
    const role = bookRole(row)
    ids.set(role.id, role)
    keys.set(role.key, role)
  }
  const own = new Map<BookRole, Said>()
  const closures = new Map<BookRole, Closure>()
  const allowing = new Map<number, readonly string[]>()

  // what is only planned is not remembered
  const isHere = (role: BookRole): boolean => ids.get(role.id) === role
  const compile = (role: BookRole): Said => {
    const bits = book.newBits()
    if (role.system) giveByCode(bits, role.key, permissions, byCode)
    return saidIn(role.entries, permissions, bits)
  }

  const book: RoleBook = {
    permissions,
    size: ids.size,
    newBits: createSlabs(permissions.names.length),
    all: () => ids.values(),
    byId: (id) => ids.get(id),
    byKey: (key) => keys.get(key),
    isParent(id) {
      for (const { parentId } of ids.values()) if (parentId === id) return true
      return false
    },
    ownRules: (role) => (isHere(role) ? remembered(own, role, () => compile(role)) : compile(role)),
    closure: (role) => (isHere(role) ? remembered(closures, role, () => close(book, role)) : close(book, role)),
    allowing: (permission) => remembered(allowing, permission, () => rolesAllowing(book, permission, byCode)),
  }
  return book
}

export function bookRole({ id, key, parent_role_id, system, permissions: entries }: RoleSource): BookRole {
  return { id, key, parentId: parent_role_id, system, entries }
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
  if (parts.length === 1) return new Closure(chain, parts[0]!.bits, parts[0]!.rules)
  const bits = book.newBits()
  for (const part of parts) bits.join(part.bits)
  return new Closure(
    chain,
    bits,
    parts.flatMap((part) => part.rules),
  )
}

/** What a system role holds by code. Who holds everything holds what the tenant added too. */
function giveByCode(bits: BitRow, key: string, ids: PermissionIds, byCode: Permissions['systemRoles']): void {
  if (!Object.hasOwn(byCode, key)) return
  const held = byCode[key as SystemRole]
  for (const name of held === '*' ? ids.names : held) bits.add(ids.idOf(name)!, ALLOW)
}

const ENOUGH_ROLES = 10

/** From what is stored, so that nothing is compiled for it. */
function rolesAllowing(book: RoleBook, permission: number, byCode: Permissions['systemRoles']): readonly string[] {
  const name = book.permissions.names[permission]!
  const [resource = '', action = ''] = name.split(':')
  const found: string[] = []
  for (const { key, system, entries } of book.all()) {
    const held = system && Object.hasOwn(byCode, key) ? byCode[key as SystemRole] : []
    const stored = entries.some(
      (entry) =>
        entry.resource === resource &&
        entry.effect !== 'deny' &&
        !entry.conditions &&
        !entry.fields &&
        entry.actions.includes(action),
    )
    if (stored || held === '*' || held.includes(name)) found.push(key)
    if (found.length === ENOUGH_ROLES) break
  }
  return found
}
