// Who may do this here? Everyone for whom a check says yes, page by page.

import type { TenantContext } from '../context.ts'
import { type Listing, type Page, type PageRequest, pageQuery, writeCursor } from '../kernel/page.ts'
import type { PrincipalKind } from '../storage/access-verbs.ts'
import type { NamedPrincipal } from './access.ts'
import { type Asked, askedOf, demandOptions } from './asked.ts'
import { ALLOW, ALLOW_IF, bitsOf } from './bits.ts'
import type { AccessCache } from './cache.ts'
import type { Circumstances } from './check-options.ts'
import { decide } from './evaluator.ts'
import type { Permissions } from './permissions.ts'
import { placesAbove } from './place-tree.ts'
import { permissionId } from './principal-access.ts'
import { type Among, chunksOf, currentBook, read, whoIsMeant } from './roster.ts'
import type { Said } from './rules.ts'
import type { TenantBook } from './tenant-book.ts'
import { countsAt } from './voices.ts'

interface PersonRow {
  readonly kind: PrincipalKind
  readonly id: string
}

export type WhoCanOptions = Circumstances & PageRequest

const LISTING: Listing<PersonRow> = { name: 'who-can', columns: { kind: 'text', id: 'id' } }
/** People that one page looks at, at most. */
const LOOKED_AT = 2000

/** @throws PERMISSION_UNKNOWN, CURSOR_INVALID, INPUT_INVALID, and as askedOf */
export async function whoCan(
  { scope, runtime: { now }, tenant }: TenantContext,
  cache: AccessCache,
  permissions: Permissions,
  permission: string,
  options: WhoCanOptions = {},
): Promise<Page<NamedPrincipal>> {
  demandOptions(options)
  const { limit, cursor, ...circumstances } = options
  const query = pageQuery(LISTING, {
    ...(limit === undefined ? {} : { limit }),
    ...(cursor === undefined ? {} : { cursor }),
  })
  let book = await currentBook(scope, permissions, cache.tenant(tenant.id)?.book)
  const id = permissionId(book, permission)
  const among = candidates(book, id, askedOf(book, circumstances))
  const items: NamedPrincipal[] = []
  let lookedAt = 0
  for await (const { kind, loads } of chunksOf(scope, among, standOf(query.after))) {
    book = await currentBook(scope, permissions, book)
    const at = now()
    for (const load of loads) {
      const person = read(kind, load, book, at)
      if (decide(person.row(at), id, person.facts, circumstances, now)) items.push(named(person))
      lookedAt++
      if (items.length === query.limit - 1 || lookedAt === LOOKED_AT)
        return { items, next: writeCursor(LISTING, person) }
    }
  }
  return { items, next: null }
}

function candidates(book: TenantBook, permission: number, asked: Asked): Among {
  const allows = ({ bits }: Said) => (bitsOf(bits, permission) & (ALLOW | ALLOW_IF)) !== 0
  const allowing = book.policies.all.filter((policy) => allows(policy.said()))
  const byPolicy = new Set(allowing.flatMap(({ document }) => document.principals).flatMap(idsNamed))
  return whoIsMeant(book, {
    bySource: (source) => allows(source.said) && countsAt(source, asked),
    byRole: (role) => {
      const closure = book.closure(role)
      return allows(closure) || closure.chain.some(({ id }) => byPolicy.has(id))
    },
    // what somebody holds as a member counts in the team
    places: asked.places.flatMap(placesAbove),
    ids: [...byPolicy],
  })
}

function idsNamed(principal: unknown): string[] {
  return typeof principal === 'object' && principal !== null ? (Object.values(principal) as string[]) : []
}

function standOf(after: Partial<PersonRow> | undefined) {
  return { kind: after?.kind === 'service_account' ? after.kind : ('user' as const), id: after?.id ?? null }
}

function named({ kind, id }: PersonRow): NamedPrincipal {
  return { kind, id } as NamedPrincipal
}
