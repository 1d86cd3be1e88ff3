// The audit log as the host sees it. An event is written once, and never changed.

import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { type AuditEventId, parseId } from '../kernel/ids.ts'
import { checkKeys, invalid } from '../kernel/input.ts'
import { type Listing, type Page, type PageQuery, type PageRequest, pageOf, pageQuery } from '../kernel/page.ts'
import type { AuditEventRow, AuditOutcome } from '../storage/audit-tables.ts'
import type { Where } from '../storage/records.ts'
import { name } from './actor.ts'
import { checkOutcome } from './entry.ts'
import { checkRow, eventFromRow } from './event.ts'

/** Who acted. `system`: the host's own code, without a person behind it. */
export interface Actor {
  readonly type: 'user' | 'service_account' | 'operator' | 'system' | 'provider'
  /** A UUID of who has a row (the first three); of the others a name, as `nightly-job`. */
  readonly id?: string
  /** Set by request contexts; all of it optional. */
  readonly sessionId?: string
  /** Of a user's: the operator who acted as them. */
  readonly impersonatorId?: string
  /** Of a service account's: the API key that was shown. It may be for a part of what the account holds. */
  readonly apiKeyId?: string
  readonly requestId?: string
  readonly ip?: string
  readonly userAgent?: string
  readonly deviceId?: string
  /** 0 to 1. */
  readonly riskScore?: number
}

export interface AuditTarget {
  readonly type: string
  readonly id?: string
}

/**
 * What is written. Values must be JSON: no NaN, no BigInt, no Date, no cycle, no lone surrogate, no whole number
 * beyond 2^53 - 1. The whole event, actor and all, has 48 KiB of canonical JSON at most.
 */
export interface AuditEntry<A extends string = string> {
  /** A noun and a verb. Ours are in the catalog (`user.created`); the host's own start with any other word: `note.archived`. */
  readonly action: A
  /** What it was done to, the one that counts first. At most 100. */
  readonly targets?: readonly AuditTarget[]
  /** Default `success`. */
  readonly outcome?: AuditOutcome
  /** Field -> before and after; a field without either says that it changed. Never a secret, and nothing personal: nobody can take it out again. */
  readonly changes?: Readonly<Record<string, { readonly from?: unknown; readonly to?: unknown }>>
  readonly details?: Readonly<Record<string, unknown>>
  /** As `gdpr`, `pci`, `sox`. */
  readonly complianceFlags?: readonly string[]
}

export interface AuditEvent {
  readonly id: AuditEventId
  readonly at: Date
  readonly action: string
  readonly actor: Actor
  readonly targets: readonly AuditTarget[]
  readonly outcome: AuditOutcome
  readonly changes: Readonly<Record<string, { readonly from?: unknown; readonly to?: unknown }>>
  readonly details: Readonly<Record<string, unknown>>
  readonly complianceFlags: readonly string[]
  /** SHA-256 of 0x00 and the canonical bytes, hex. */
  readonly leaf: string
}

/** All of it must hold. */
export interface AuditFilter extends PageRequest {
  readonly action?: string
  readonly actorId?: string
  /** The user an event is about, or who acted. */
  readonly userId?: string
  /** Of the first target. */
  readonly resourceType?: string
  readonly resourceId?: string
  readonly outcome?: AuditOutcome
  /** Not before this. */
  readonly from?: Date
  readonly before?: Date
}

export interface Audit {
  /** Writes an event of the host's own; in a transaction, with it. @throws INPUT_INVALID, AUDIT_TOO_LARGE */
  record(entry: AuditEntry): Promise<void>
  /** Newest first. @throws INPUT_INVALID, ID_INVALID, CURSOR_INVALID */
  list(filter?: AuditFilter): Promise<Page<AuditEvent>>
  /** Compares the stored leaf with the stored bytes, and these with what they are found by. @throws AUDIT_UNKNOWN, AUDIT_ALTERED, ID_INVALID */
  get(id: AuditEventId): Promise<AuditEvent>
}

// An event's time is its own, and two of one millisecond are told apart by their ids.
const listing: Listing<AuditEventRow> = { name: 'audit', columns: { created_at: 'time', id: 'id' } }
const FILTER = [
  'limit',
  'cursor',
  'action',
  'actorId',
  'userId',
  'resourceType',
  'resourceId',
  'outcome',
  'from',
  'before',
] as const
const LOWEST_ID = '00000000-0000-0000-0000-000000000000'

export function createAudit(context: TenantContext): Audit {
  const { scope, actor, auditWriter } = context
  return {
    record: (entry) => auditWriter.record(scope, actor, entry),

    async list(filter = {}) {
      checkKeys(filter, 'filter', FILTER)
      const query = startingBefore(pageQuery(listing, filter), filter.before)
      const rows = await scope.records.find('audit_events', {
        ...query,
        where: whereOf(filter),
        order: [
          { by: 'created_at', descending: true },
          { by: 'id', descending: true },
        ],
      })
      return pageOf(listing, query, rows, eventFromRow)
    },

    async get(id) {
      const row = await scope.records.get('audit_events', { id: parseId<AuditEventId>(id, 'id') })
      if (!row) throw new FreeholdError('AUDIT_UNKNOWN')
      checkRow(row)
      return eventFromRow(row)
    },
  }
}

function whereOf(filter: AuditFilter): Where<'audit_events'> {
  const { action, actorId, userId, resourceType, resourceId, outcome, from } = filter
  return {
    ...(action === undefined ? {} : { action: name(action, 'action') }),
    ...(actorId === undefined ? {} : { actor_id: parseId<string>(actorId, 'actorId') }),
    ...(userId === undefined ? {} : { user_id: parseId<string>(userId, 'userId') }),
    ...(resourceType === undefined ? {} : { resource_type: name(resourceType, 'resourceType') }),
    ...(resourceId === undefined ? {} : { resource_id: name(resourceId, 'resourceId') }),
    ...(outcome === undefined ? {} : { outcome: checkOutcome(outcome) }),
    ...(from === undefined ? {} : { created_at: { from: moment(from, 'from') } }),
  }
}

/** "Before" is where the list starts, as a cursor is: of the two, the older. */
function startingBefore(query: PageQuery<AuditEventRow>, before: Date | undefined): PageQuery<AuditEventRow> {
  if (before === undefined) return query
  const start = moment(before, 'before')
  const { after } = query
  if (after?.created_at && after.created_at < start) return query
  return { ...query, after: { created_at: start, id: LOWEST_ID } }
}

function moment(value: unknown, field: string): Date {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value
  throw invalid(field, 'it is not a date')
}
