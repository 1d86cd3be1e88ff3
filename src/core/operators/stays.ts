// Operators in other tenants, from the platform's side: who is where, why and until when, and the end of it.

import type { Context } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { parseId, type SessionId, type StayId, type TenantId, type UserId } from '../kernel/ids.ts'
import { checkKeys, invalid } from '../kernel/input.ts'
import { type Listing, type Page, type PageRequest, pageOf, pageQuery } from '../kernel/page.ts'
import type { OperatorStayRow, StayKind } from '../storage/operator-tables.ts'
import type { Where } from '../storage/records.ts'
import { fromNow } from '../storage/tables.ts'
import type { Directory } from '../tenancy/directory.ts'
import type { TenantHandle } from '../tenancy/handle.ts'
import type { TenantName } from '../tenancy/tenant-name.ts'
import { endStay } from './ending.ts'
import { kindsOf, mayGoOn, type OperatorBook, platformScope } from './operator.ts'
import { type NewStay, type Stay, stayFromRow } from './stay.ts'

/** Of an impersonation its session will do. */
export type StayKey = StayId | SessionId | { readonly id: StayId | SessionId }

/**
 * Impersonations, and glass that was broken. Bound to an operator (`freehold.as({ type: 'operator', id })`) these are the stays
 * of all operators, of the kinds that they may begin themselves: colleagues see and end each other's. Bound to nobody, all.
 */
export interface Stays<Db = unknown, P extends string = string> {
  /** As `breakGlass`, for who enters later, or in another process: `enter` opens the handle. @throws as FreeholdRooms.breakGlass */
  open(tenant: TenantName, stay: NewStay): Promise<Stay>
  /** The tenant that was opened, for the operator who opened it. @throws STAY_UNKNOWN, FORBIDDEN (another's), BREAK_GLASS_EXPIRED, TENANT_UNKNOWN, TENANT_DELETED, TENANT_MOVING, ID_INVALID, CLOSED */
  enter(stay: StayKey): Promise<TenantHandle<Db, P>>
  /** Newest first. @throws FORBIDDEN (no operator who may begin any), INPUT_INVALID, ID_INVALID, CURSOR_INVALID */
  list(filter?: StayFilter): Promise<Page<Stay>>
  /** @throws STAY_UNKNOWN, FORBIDDEN, ID_INVALID */
  get(stay: StayKey): Promise<Stay>
  /** Ends it: the session, or what the handle opens. Doing it twice is not an error. @throws STAY_UNKNOWN, FORBIDDEN, ID_INVALID */
  end(stay: StayKey): Promise<Stay>
  /** Whether it goes on at this moment: what a request in it would be told. @throws STAY_UNKNOWN, FORBIDDEN, ID_INVALID */
  goesOn(stay: StayKey): Promise<boolean>
}

export interface StayFilter extends PageRequest {
  readonly kind?: StayKind
  readonly operator?: UserId | { readonly id: UserId }
  readonly tenant?: TenantId | { readonly id: TenantId }
  /** Those that nobody has ended and whose time is not over: by `goesOn` one of them may have ended with its operator or user. */
  readonly open?: boolean
}

/** How a tenant is opened and entered: as break-glass.ts knows it. */
export type Entry<Db, P extends string> = Pick<Stays<Db, P>, 'open'> & {
  enter(stay: OperatorStayRow): Promise<TenantHandle<Db, P>>
}

const LISTING: Listing<OperatorStayRow> = { name: 'stays', columns: { id: 'id' } }
const KINDS: readonly StayKind[] = ['impersonation', 'break-glass']

export function createStays<Db, P extends string>(
  context: Context,
  book: OperatorBook,
  directory: Directory,
  { open, enter }: Entry<Db, P>,
): Stays<Db, P> {
  const { actor } = context

  /** @throws FORBIDDEN */
  async function seen(): Promise<readonly StayKind[]> {
    if (actor.type === 'system') return KINDS
    const kinds = await kindsOf(context, book)
    if (kinds.length === 0) throw new FreeholdError('FORBIDDEN', { permission: 'user:impersonate' })
    return kinds
  }

  async function find(key: StayKey): Promise<OperatorStayRow> {
    const id = parseId<StayId>(typeof key === 'object' && key !== null ? key.id : key, 'stay')
    const kinds = await seen()
    const row = await platformScope(context).records.get('operator_stays', { id })
    if (!row || !kinds.includes(row.kind)) throw new FreeholdError('STAY_UNKNOWN')
    return row
  }

  return {
    open,

    async enter(key) {
      const row = await find(key)
      if (row.kind !== 'break-glass') throw new FreeholdError('STAY_UNKNOWN')
      if (actor.type !== 'operator' || actor.id !== row.operator_id) {
        throw new FreeholdError('FORBIDDEN', { permission: 'tenant:break-glass' })
      }
      return enter(row)
    },

    async list(filter = {}) {
      checkKeys(filter, 'filter', ['limit', 'cursor', 'kind', 'operator', 'tenant', 'open'])
      const query = pageQuery(LISTING, filter)
      const where = whereOf(filter)
      const kinds = await seen()
      const rows = await platformScope(context).records.find('operator_stays', {
        ...query,
        where: { kind: { in: kinds.filter((kind) => (filter.kind ?? kind) === kind) }, ...where },
        order: [{ by: 'id', descending: true }],
      })
      return pageOf(LISTING, query, rows, stayFromRow)
    },

    get: async (key) => stayFromRow(await find(key)),

    async end(key) {
      const row = await find(key)
      await endStay(context, directory, row.id, { actor, reason: 'signed-out' })
      return stayFromRow(await find(key))
    },

    async goesOn(key) {
      const { id, kind, operator_id: operatorId, entered_tenant_id } = await find(key)
      if (!(await mayGoOn(context, book, { id, kind, operatorId }))) return false
      const tenant = await directory.find({ id: entered_tenant_id })
      if (kind === 'break-glass') return tenant !== undefined
      // the user may have ended it, or may be shut out
      return tenant?.status === 'active' && (await directory.scope(tenant).verbs.lookUpSession(id)) !== undefined
    },
  }
}

/** @throws INPUT_INVALID, ID_INVALID */
function whereOf({ kind, operator, tenant, open }: StayFilter): Where<'operator_stays'> {
  if (kind !== undefined && !KINDS.includes(kind)) throw invalid('kind', `it is ${KINDS.join(' or ')}`)
  if (open !== undefined && typeof open !== 'boolean') throw invalid('open', 'it is true or false')
  return {
    ...(operator === undefined ? {} : { operator_id: idOf(operator, 'operator') }),
    ...(tenant === undefined ? {} : { entered_tenant_id: idOf(tenant, 'tenant') }),
    ...(open ? { ended_at: null, expires_at: { from: fromNow() } } : {}),
  }
}

function idOf(key: string | { readonly id: string }, field: string): string {
  return parseId<string>(typeof key === 'object' && key !== null ? key.id : key, field)
}
