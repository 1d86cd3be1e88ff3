// The people of a tenant, each with what they hold: for questions about all of them, or about those who may be meant.

import type { PrincipalKind, PrincipalLoad, PrincipalsQuestion } from '../storage/access-verbs.ts'
import { everyRow } from '../storage/every-row.ts'
import type { TenantScope } from '../storage/storage.ts'
import { grantsOf, membershipsOf, resourcesById } from './grants.ts'
import type { Permissions } from './permissions.ts'
import type { Place } from './place-tree.ts'
import { KnownPrincipal, NOBODY, type PrincipalKey } from './principals.ts'
import type { BookRole } from './role-book.ts'
import { type Holder, type Source, sourcesOf } from './sources.ts'
import { createTenantBook, type TenantBook } from './tenant-book.ts'

/** How far a walk has come: after this one. */
export interface Stand {
  readonly kind: PrincipalKind
  readonly id: string | null
}

/** Who may be meant; null: everyone. */
export type Among = PrincipalsQuestion['among']

const CHUNK = 200

/** Users first, then service accounts, by id, each once, in chunks of one moment each; who is active. */
export async function* chunksOf(
  { verbs }: Pick<TenantScope, 'verbs'>,
  among: Among,
  { kind, id }: Stand,
): AsyncGenerator<{ readonly kind: PrincipalKind; readonly loads: readonly PrincipalLoad[] }> {
  for (let after = id; ; ) {
    const loads = await verbs.loadPrincipals({ kind, after, limit: CHUNK, among })
    if (loads.length > 0) yield { kind, loads }
    if (loads.length < CHUNK) break
    after = loads.at(-1)!.id
  }
  if (kind === 'user') yield* chunksOf({ verbs }, among, { kind: 'service_account', id: null })
}

/** The book as it is now. Whoever reads people with it reads it after them: an older one may not know what they hold. */
export async function currentBook(
  { verbs }: Pick<TenantScope, 'verbs'>,
  permissions: Permissions,
  known: TenantBook | undefined,
): Promise<TenantBook> {
  const base = known?.declared === permissions ? known : undefined
  const principal = { kind: 'user', id: NOBODY } as const
  const { version, writes, tenant } = await verbs.loadAccess({ principal, knownVersion: base?.version ?? null })
  return tenant || !base ? createTenantBook({ ...tenant!, version, writes }, permissions) : base
}

/** As of `now`, in milliseconds. */
export function read(kind: PrincipalKind, load: PrincipalLoad, book: TenantBook, now: number): KnownPrincipal {
  return new KnownPrincipal(
    { kind, id: load.id },
    { ...load, version: book.version, writes: book.writes },
    load.principal,
    book,
    now,
  )
}

/** What is looked for: sources of this sort, which come with roles of this sort, in memberships at these places, or by name. */
export interface Meant {
  bySource(source: Source): boolean
  byRole(role: BookRole): boolean
  readonly places: readonly Place[]
  readonly ids: readonly string[]
}

/** All to whom one such source may speak, and maybe others. Those that are over or still to come count. */
export function whoIsMeant(book: TenantBook, { bySource, byRole, places, ids }: Meant): Among {
  const isReached = (memberships: Holder['memberships']) =>
    sourcesOf(book, { kind: 'user', id: NOBODY, grants: [], memberships }).some(bySource)
  if (isReached([])) return null
  const teams = book.places.within(book.places.tenant).filter(({ kind }) => kind === 'team')
  const reached = teams.filter(
    (team) => places.includes(team) || isReached([{ id: '', team: team.id, roleId: null, entries: [] }]),
  )
  const roles = [...book.all()].filter(byRole)
  return { roles: roles.map(({ id }) => id), teams: reached.map(({ id }) => id), ids }
}

/** What one has of its own, and its memberships, read row by row. */
export async function holderOf({ records }: Pick<TenantScope, 'records'>, { kind, id }: PrincipalKey): Promise<Holder> {
  const where = kind === 'user' ? { user_id: id } : { service_account_id: id }
  const assignments = await everyRow(records, 'role_assignments', { where })
  const memberships = await everyRow(records, 'team_members', { where })
  const on = assignments.flatMap(({ resource_id }) => (resource_id === null ? [] : [resource_id]))
  const resources = on.length > 0 ? await everyRow(records, 'resources', { where: { id: { in: on } } }) : []
  return { kind, id, grants: grantsOf(assignments, resourcesById(resources)), memberships: membershipsOf(memberships) }
}
