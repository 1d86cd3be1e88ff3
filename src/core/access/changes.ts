// How roles and assignments are changed: in one transaction that holds the tenant's access lock, so that what is
// checked (cycles, the last owner, what the actor holds) is still so when it commits.

import type { Actor } from '../audit/audit.ts'
import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { isId } from '../kernel/ids.ts'
import { shown } from '../kernel/input.ts'
import type { TenantUnit } from '../storage/storage.ts'
import type { AccessLoad } from '../storage/verbs.ts'
import { type Authority, actingBy, boundActor, createAuthority } from './authority.ts'
import { OWNER } from './owners.ts'
import type { Permissions } from './permissions.ts'
import { NOBODY, type PrincipalKey } from './principals.ts'
import type { BookRole, RoleBook } from './role-book.ts'
import { seedAccess } from './seed.ts'
import { createTeamTree, type TeamTree } from './team-tree.ts'
import { type BookSource, createTenantBook, type TenantBook } from './tenant-book.ts'

export interface AccessWriting {
  readonly unit: TenantUnit
  /** Roles, places and policies as they are, and stay until this commits unless it changes them. */
  readonly book: TenantBook
  readonly source: BookSource
  readonly tree: TeamTree
  /** What the context's actor may hand out. */
  readonly authority: Authority
  /** The book as another source would make it, and what the actor could hand out then. */
  withSource(source: BookSource): { readonly book: TenantBook; readonly authority: Authority }
  /** Milliseconds since 1970. */
  readonly now: number
}

/** Runs `work` alone in its tenant. A tenant from before there were roles is given them first. */
export function changeAccess<R>(
  context: TenantContext,
  permissions: Permissions,
  work: (writing: AccessWriting) => Promise<R>,
): Promise<R> {
  return context.scope.transaction(async (unit) => {
    await unit.verbs.lockAccess()
    const now = context.runtime.now()
    const { load, book } = await readBook(context, permissions, unit, now)
    const { source } = book
    const part = await partOf(unit, context.actor)
    const acting = actingBy(context.actor, load)
    const authorityOf = (of: TenantBook) => createAuthority(context.actor, acting, of, part, now)
    const withSource = (other: BookSource) => {
      const coming = createTenantBook(other, permissions)
      return { book: coming, authority: authorityOf(coming) }
    }
    const tree = createTeamTree(source.teams)
    return work({ unit, source, tree, book, authority: authorityOf(book), withSource, now })
  })
}

/** With what the actor has of its own. The book itself is read where none of its version is remembered. */
async function readBook(
  { scope, tenant, books, actor, runtime }: TenantContext,
  permissions: Permissions,
  unit: TenantUnit,
  now: number,
): Promise<{ readonly load: AccessLoad; readonly book: TenantBook }> {
  const principal = boundActor(actor) ?? { kind: 'user' as const, id: NOBODY }
  const remembered = books?.book()
  const known = remembered?.declared === permissions ? remembered : undefined
  const load = await unit.verbs.loadAccess({ principal, knownVersion: known?.version ?? null })
  if (!load.tenant && known) return { load, book: known }
  if (!load.tenant?.roles.some(({ key }) => key === OWNER)) {
    await seedAccess(unit, runtime)
    await moveBook(unit, tenant.id)
    const seeded = await unit.verbs.loadAccess({ principal, knownVersion: null })
    return { load: seeded, book: createTenantBook(sourceOf(seeded), permissions) }
  }
  const book = createTenantBook(sourceOf(load), permissions)
  // as it was committed, and nobody else commits another before this ends; a part of a transaction sees what that has changed
  if ('db' in scope) books?.follow?.(book)
  else books?.keep(book, now)
  return { load, book }
}

/** What the key was made for that the actor showed; null: all that the actor holds. */
async function partOf({ records }: TenantUnit, { apiKeyId }: Actor): Promise<ReadonlySet<string> | null> {
  if (apiKeyId === undefined) return null
  const key = await records.get('api_keys', { id: apiKeyId })
  if (!key) return new Set()
  return key.permissions && new Set(key.permissions)
}

/** A role by key or id. @throws ROLE_UNKNOWN */
export function roleOf(book: RoleBook, name: string): BookRole {
  const role = isId(name) ? book.byId(name) : book.byKey(name)
  if (!role) throw unknownRole(name)
  return role
}

export function unknownRole(name: unknown): FreeholdError<'ROLE_UNKNOWN'> {
  return new FreeholdError('ROLE_UNKNOWN', { role: shown(name) })
}

/** What all principals are read with is another, and what is remembered of it no longer believed. Answers its version. */
export async function moveBook({ verbs }: Pick<TenantUnit, 'verbs'>, tenantId: string): Promise<number> {
  const version = await verbs.moveAccess()
  await verbs.publish({ kind: 'access', tenantId })
  return version
}

/**
 * What is remembered of this principal is no longer believed. Answers false when there is no such principal, or the
 * user was removed.
 */
export async function movePrincipal(unit: TenantUnit, tenantId: string, { kind, id }: PrincipalKey): Promise<boolean> {
  const change = { access_version: { add: 1 } }
  const moved =
    kind === 'user'
      ? await unit.records.update('users', { id, status: { not: 'deleted' } }, change)
      : await unit.records.update('service_accounts', { id }, change)
  await unit.verbs.publish({ kind: 'access', tenantId, principalId: id })
  return moved.length > 0
}

function sourceOf({ version, writes, tenant }: AccessLoad): BookSource {
  if (!tenant) throw new FreeholdError('INTERNAL')
  return { ...tenant, version, writes }
}
