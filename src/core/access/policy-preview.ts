// What a policy would grant and take away, for whom, before it is saved.

import type { TenantContext } from '../context.ts'
import { type Listing, type Page, type PageRequest, pageQuery, writeCursor } from '../kernel/page.ts'
import type { PrincipalKind } from '../storage/access-verbs.ts'
import type { NamedPrincipal } from './access.ts'
import type { Scope } from './grants.ts'
import { placeOfScope } from './grants.ts'
import { factsToCome, type Standing, standingOf } from './holdings.ts'
import type { Permissions } from './permissions.ts'
import { permissionsOfAction } from './policy-book.ts'
import type { PolicyDocument } from './policy-document.ts'
import { scopeOf } from './policy-references.ts'
import type { KnownPrincipal } from './principals.ts'
import { type Among, chunksOf, read, whoIsMeant } from './roster.ts'
import type { BookSource, TenantBook } from './tenant-book.ts'
import { createTenantBook } from './tenant-book.ts'

/** What would be otherwise for one principal, at the places that the documents name. */
export interface PolicyEffect {
  readonly principal: NamedPrincipal
  readonly changes: readonly {
    readonly scope: Scope
    readonly permission: string
    readonly before: Standing
    readonly after: Standing
  }[]
}

interface PersonRow {
  readonly kind: PrincipalKind
  readonly id: string
}

/** The tenant as it is, and as it would be. */
export interface Comparison {
  readonly before: BookSource
  readonly after: BookSource
  /** The policy's id. */
  readonly id: string
  /** The documents that are compared. */
  readonly documents: readonly PolicyDocument[]
}

const LISTING: Listing<PersonRow> = { name: 'policy-preview', columns: { kind: 'text', id: 'id' } }
/** People that one page looks at, at most. */
const LOOKED_AT = 2000

/** @throws CURSOR_INVALID, INPUT_INVALID */
export async function previewPolicy(
  { scope, runtime: { now } }: Pick<TenantContext, 'scope' | 'runtime'>,
  permissions: Permissions,
  { before, after, id, documents }: Comparison,
  page: PageRequest,
): Promise<Page<PolicyEffect>> {
  const query = pageQuery(LISTING, page)
  const books = [createTenantBook(before, permissions), createTenantBook(after, permissions)] as const
  const among = joined(books.map((book) => reached(book, id, documents)))
  const kind = query.after?.kind === 'service_account' ? 'service_account' : 'user'
  const items: PolicyEffect[] = []
  let lookedAt = 0
  const at = now()
  for await (const chunk of chunksOf(scope, among, { kind, id: query.after?.id ?? null })) {
    for (const load of chunk.loads) {
      const [old, young] = [read(chunk.kind, load, books[0], at), read(chunk.kind, load, books[1], at)]
      const changes = changesOf(old, young, documents, at)
      if (changes.length > 0) items.push({ principal: { kind: chunk.kind, id: load.id } as NamedPrincipal, changes })
      lookedAt++
      if (items.length === query.limit - 1 || lookedAt === LOOKED_AT) return { items, next: writeCursor(LISTING, old) }
    }
  }
  return { items, next: null }
}

function changesOf(
  old: KnownPrincipal,
  young: KnownPrincipal,
  documents: readonly PolicyDocument[],
  at: number,
): PolicyEffect['changes'] {
  const { permissions, places } = old.book
  const scopes = new Map(
    documents.flatMap(({ resources }) => resources).map((one) => [JSON.stringify(one), scopeOf(one)]),
  )
  const names = new Set(
    documents.flatMap(({ actions }) => actions).flatMap((action) => permissionsOfAction(action, permissions)),
  )
  const found: PolicyEffect['changes'][number][] = []
  for (const scope of scopes.values()) {
    const place = placeOfScope(scope, places)
    if (!place) continue
    const asked = {
      places: place.kind === 'tenant' ? [] : [place],
      resource: scope.kind === 'resource' ? { type: scope.type, id: scope.id } : undefined,
    }
    for (const permission of names) {
      const id = permissions.idOf(permission)!
      const standing = (one: KnownPrincipal) => standingOf(one.row(at).at(asked), id, factsToCome(one.facts))
      const [before, after] = [standing(old), standing(young)]
      if (before !== after) found.push({ scope, permission, before, after })
    }
  }
  return found
}

/** To whom the policy speaks by this book. */
function reached(book: TenantBook, id: string, documents: readonly PolicyDocument[]): Among {
  const named = documents
    .flatMap(({ principals }) => principals)
    .flatMap((who) => (typeof who === 'object' ? Object.values(who) : []))
  return whoIsMeant(book, {
    bySource: ({ origin }) => origin.kind === 'policy' && origin.id === id,
    byRole: (role) => book.closure(role).chain.some(({ id: of }) => named.includes(of)),
    places: [],
    ids: named,
  })
}

function joined(all: readonly Among[]): Among {
  const among = all.flatMap((one) => one ?? [])
  if (among.length < all.length) return null
  return {
    roles: among.flatMap(({ roles }) => roles),
    teams: among.flatMap(({ teams }) => teams),
    ids: among.flatMap(({ ids }) => ids),
  }
}
