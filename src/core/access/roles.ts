// The roles of one tenant. Each inherits from one other at most, to any depth.

import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { isId, type RoleId } from '../kernel/ids.ts'
import { checkKeys, checkText, differing, isPlainText } from '../kernel/input.ts'
import { type Listing, type Page, type PageRequest, pageOf, pageQuery } from '../kernel/page.ts'
import type { PermissionEntry, RoleRow } from '../storage/access-tables.ts'
import type { TenantScope } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'
import { forGood } from './authority.ts'
import { type AccessWriting, changeAccess, moveBook, roleOf, unknownRole } from './changes.ts'
import { checkKey } from './key.ts'
import { checkEntries, entriesInShort } from './permission-entries.ts'
import type { Permissions } from './permissions.ts'
import type { BookPolicy } from './policy-book.ts'
import { demandDocument } from './policy-references.ts'
import { type BookRole, bookRole, type Closure, chainOf, type RoleBook } from './role-book.ts'
import { isSystemRole } from './seed.ts'
import { type BookSource, createTenantBook, type TenantBook } from './tenant-book.ts'

export interface Role {
  readonly id: RoleId
  readonly key: string
  readonly name: string
  readonly description: string | null
  readonly parentRoleId: RoleId | null
  /** What the role adds to its parent (and, for a system role, to what code gives it). */
  readonly permissions: readonly PermissionEntry[]
  readonly system: boolean
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface NewRole {
  /** Unique in the tenant: 1 to 63 of a-z, 0-9, `-`, `_`, and no UUID. */
  readonly key: string
  /** 1 to 200 characters. Default: the key. */
  readonly name?: string
  /** At most 1,000 characters. */
  readonly description?: string
  /** Key or id of the role it inherits from. */
  readonly parent?: RoleName
  /** At most 1,000 entries and 128 KiB of JSON. */
  readonly permissions?: readonly PermissionEntry[]
}

export interface RoleChange {
  readonly name?: string
  readonly description?: string | null
  readonly parent?: RoleName | null
  /** Replaces the whole list. */
  readonly permissions?: readonly PermissionEntry[]
}

/** A role's key or id. */
export type RoleName = string

export interface Roles {
  /**
   * Bound to an actor (`acme.as(...)`), the actor must hold everything that the role says, in the whole tenant.
   * @throws ROLE_TAKEN, ROLE_UNKNOWN (parent), PERMISSION_UNKNOWN, CONDITION_INVALID, GRANT_REFUSED, INPUT_INVALID
   */
  create(role: NewRole): Promise<Role>
  /** @throws ROLE_UNKNOWN */
  get(role: RoleName): Promise<Role>
  /** Oldest first. */
  list(page?: PageRequest): Promise<Page<Role>>
  /**
   * A system role keeps its parent and what code gives it: nothing is denied in it. Bound to an actor, the actor must
   * hold everything that the role says otherwise afterwards, in the whole tenant.
   * @throws ROLE_UNKNOWN, ROLE_CYCLE, PERMISSION_UNKNOWN, CONDITION_INVALID, ROLE_SYSTEM, GRANT_REFUSED, INPUT_INVALID
   */
  update(role: RoleName, change: RoleChange): Promise<Role>
  /**
   * Bound to an actor, the actor must hold everything that the role says, in the whole tenant.
   * @throws ROLE_UNKNOWN, ROLE_SYSTEM, ROLE_IN_USE (assigned, or a parent), GRANT_REFUSED
   */
  remove(role: RoleName): Promise<void>
}

const LISTING: Listing<RoleRow> = { name: 'roles', columns: { id: 'id' } }
const NAME = { maximum: 200 }
const DESCRIPTION = { minimum: 0, maximum: 1000 }

export function createRoles(context: TenantContext, permissions: Permissions): Roles {
  const { scope, runtime, tenant, actor, auditWriter } = context

  async function changed({ unit, source }: AccessWriting, roles: BookSource['roles']): Promise<void> {
    const version = await moveBook(unit, tenant.id)
    context.books?.follow?.(createTenantBook({ ...source, version, roles }, permissions))
  }

  return {
    async create(role) {
      checkKeys(role, 'role', ['key', 'name', 'description', 'parent', 'permissions'])
      const key = checkKey(role.key)
      const name = role.name === undefined ? key : checkText(role.name, 'name', NAME)
      const description =
        role.description === undefined ? null : checkText(role.description, 'description', DESCRIPTION)
      if (isSystemRole(key)) throw new FreeholdError('ROLE_TAKEN', { key })
      return changeAccess(context, permissions, async (writing) => {
        const { unit, book, source, authority, now } = writing
        const entries = checkEntries(role.permissions ?? [], book.permissions)
        const parent = role.parent === undefined ? null : roleOf(book, checkRoleName(role.parent))
        const parent_role_id = parent?.id ?? null
        const row = { id: runtime.newId(), key, name, description, parent_role_id, permissions: entries }
        authority.demandRole(book.closure(bookRole({ ...row, system: false })), forGood(now))
        const [created] = await unit.records.insert('roles', [row], { onConflict: 'ignore' })
        if (!created) throw new FreeholdError('ROLE_TAKEN', { key })
        await changed(writing, [...source.roles, created])
        await auditWriter.append(unit, actor, {
          action: 'role.created',
          targets: [{ type: 'role', id: created.id }],
          changes: {
            key: { to: key },
            name: { to: name },
            parentRoleId: { to: parent_role_id },
            permissions: { to: entriesInShort(entries) },
          },
        })
        return roleFromRow(created)
      })
    },

    get: async (role) => roleFromRow(await findRole(scope, role)),

    async list(page = {}) {
      checkKeys(page, 'page', ['limit', 'cursor'])
      const query = pageQuery(LISTING, page)
      const rows = await scope.records.find('roles', { ...query, order: [{ by: 'id' }] })
      return pageOf(LISTING, query, rows, roleFromRow)
    },

    async update(role, change) {
      checkKeys(change, 'change', ['name', 'description', 'parent', 'permissions'])
      const described = {
        ...(change.name === undefined ? {} : { name: checkText(change.name, 'name', NAME) }),
        ...(change.description === undefined
          ? {}
          : { description: change.description && checkText(change.description, 'description', DESCRIPTION) }),
      }
      const name = checkRoleName(role)
      const parentName = change.parent === undefined || change.parent === null ? null : checkRoleName(change.parent)
      return changeAccess(context, permissions, async (writing) => {
        const { unit, book, source, authority, now } = writing
        const wanted = {
          ...described,
          ...(change.permissions === undefined
            ? {}
            : { permissions: checkEntries(change.permissions, book.permissions) }),
        }
        const held = roleOf(book, name)
        const parentId =
          change.parent === undefined ? held.parentId : parentName === null ? null : roleOf(book, parentName).id
        refuseOfSystem(held, parentId, wanted.permissions)
        refuseCycle(book, held, parentId)
        const before = (await unit.records.get('roles', { id: held.id }))!
        const columns = { ...wanted, parent_role_id: parentId }
        const planned = bookRole({ ...before, ...columns })
        const [old, young] = [book.closure(held), book.closure(planned)]
        authority.demandDifference(old, young, forGood(now))
        for (const { document } of policiesBetween(book, old, young)) demandDocument(authority, book, document, now)
        if (Object.keys(differing(before, columns)).length === 0) return roleFromRow(before)
        const [after] = await unit.records.update('roles', { id: held.id }, { ...columns, updated_at: fromNow() })
        await changed(
          writing,
          source.roles.map((row) => (row.id === held.id ? after! : row)),
        )
        await auditWriter.append(unit, actor, {
          action: 'role.updated',
          targets: [{ type: 'role', id: held.id }],
          changes: differences(before, after!),
        })
        return roleFromRow(after!)
      })
    },

    async remove(role) {
      const name = checkRoleName(role)
      await changeAccess(context, permissions, async (writing) => {
        const { unit, book, source, authority, now } = writing
        const gone = roleOf(book, name)
        const { id, key, system } = gone
        if (system) throw new FreeholdError('ROLE_SYSTEM', { key })
        authority.demandRole(book.closure(gone), forGood(now))
        const assigned = await unit.records.count('role_assignments', { role_id: id })
        const held = assigned + (await unit.records.count('team_members', { role_id: id }))
        if (held > 0 || book.isParent(id)) throw new FreeholdError('ROLE_IN_USE', { key })
        await unit.records.remove('roles', { id })
        await changed(
          writing,
          source.roles.filter((row) => row.id !== id),
        )
        await auditWriter.append(unit, actor, {
          action: 'role.removed',
          targets: [{ type: 'role', id }],
          changes: { key: { from: key } },
        })
      })
    },
  }
}

/** @throws ROLE_UNKNOWN */
export async function findRole({ records }: Pick<TenantScope, 'records'>, role: RoleName): Promise<RoleRow> {
  const name = checkRoleName(role)
  const row = await records.get('roles', isId(name) ? { id: name } : { key: name })
  if (!row) throw unknownRole(name)
  return row
}

/** @throws ROLE_UNKNOWN for what is no text, or none that a database holds */
export function checkRoleName(name: unknown): string {
  if (typeof name !== 'string' || !isPlainText(name)) throw unknownRole(name)
  return name
}

function roleFromRow(row: RoleRow): Role {
  return {
    id: row.id as RoleId,
    key: row.key,
    name: row.name,
    description: row.description,
    parentRoleId: row.parent_role_id as RoleId | null,
    permissions: row.permissions,
    system: row.system,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

/** @throws ROLE_SYSTEM */
function refuseOfSystem(role: BookRole, parentId: string | null, entries: readonly PermissionEntry[] = []): void {
  if (!role.system) return
  const denies = entries.some(({ effect }) => effect === 'deny')
  if (denies || parentId !== role.parentId) throw new FreeholdError('ROLE_SYSTEM', { key: role.key })
}

/** @throws ROLE_CYCLE with the keys along it */
function refuseCycle(book: RoleBook, role: BookRole, parentId: string | null): void {
  const parent = parentId === null ? undefined : book.byId(parentId)
  if (!parent) return
  const chain = chainOf(book, parent)
  const met = chain.indexOf(role)
  if (met < 0) return
  throw new FreeholdError('ROLE_CYCLE', { roles: [role, ...chain.slice(0, met + 1)].map(({ key }) => key) })
}

/** Those that name a role which is in one of the two only: they begin or end to speak about who holds it. */
function policiesBetween({ policies }: TenantBook, one: Closure, other: Closure): readonly BookPolicy[] {
  const [ones, others] = [one, other].map(({ chain }) => chain.map(({ id }) => id))
  const changed = [...ones!.filter((id) => !others!.includes(id)), ...others!.filter((id) => !ones!.includes(id))]
  return changed.flatMap((id) => policies.naming(id))
}

function differences(before: RoleRow, after: RoleRow): Record<string, { from: unknown; to: unknown }> {
  const seen = (row: RoleRow) => ({
    name: row.name,
    description: row.description,
    parentRoleId: row.parent_role_id,
    permissions: entriesInShort(row.permissions),
  })
  const [old, young] = [seen(before), seen(after)]
  const fields = (Object.keys(old) as (keyof typeof old)[]).filter(
    (field) => JSON.stringify(old[field]) !== JSON.stringify(young[field]),
  )
  return Object.fromEntries(fields.map((field) => [field, { from: old[field], to: young[field] }]))
}
