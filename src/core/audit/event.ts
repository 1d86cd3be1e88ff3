// An event in its three shapes: as it is told, as its row (canonical body, leaf, and columns to find it by), and as
// the host reads it. The body is the event; the columns are derived from it and can be derived again.

import { createHash } from 'node:crypto'
import { FreeholdError } from '../kernel/errors.ts'
import { type AuditEventId, isId } from '../kernel/ids.ts'
import type { AuditEventRow, AuditOutcome } from '../storage/audit-tables.ts'
import type { Actor, AuditEntry, AuditEvent, AuditTarget } from './audit.ts'
import { canonicalJson } from './canonical.ts'
import type { Instant } from './event-clock.ts'

/** UTF-8 bytes of a body at most, all of the event in it: 48 KiB. */
export const MAXIMUM_BODY_BYTES = 49_152
/** Of the shape below. */
const VERSION = 1
/** RFC 6962, section 2.1: a leaf is never taken for a node of the tree. */
const LEAF_PREFIX = Uint8Array.of(0)

/** What is hashed. A part that is empty is left out. */
interface Body {
  readonly version: typeof VERSION
  readonly id: string
  /** RFC 3339, UTC, milliseconds. */
  readonly at: string
  readonly action: string
  readonly actor: Actor
  readonly targets?: readonly AuditTarget[]
  readonly outcome: AuditOutcome
  readonly changes?: AuditEvent['changes']
  readonly details?: AuditEvent['details']
  readonly complianceFlags?: readonly string[]
}

/** @throws INPUT_INVALID, AUDIT_TOO_LARGE */
export function eventRow({ id, at }: Instant, actor: Actor, entry: AuditEntry): AuditEventRow {
  const body: Body = {
    version: VERSION,
    id,
    at: new Date(at).toISOString(),
    action: entry.action,
    actor,
    outcome: entry.outcome ?? 'success',
    ...(entry.targets?.length ? { targets: entry.targets } : {}),
    ...(entry.changes && Object.keys(entry.changes).length > 0 ? { changes: entry.changes } : {}),
    ...(entry.details && Object.keys(entry.details).length > 0 ? { details: entry.details } : {}),
    ...(entry.complianceFlags?.length ? { complianceFlags: entry.complianceFlags } : {}),
  }
  const text = canonicalJson(body, MAXIMUM_BODY_BYTES)
  return { ...columnsOf(body), body: text, leaf: leafOf(text) }
}

/** SHA-256 of 0x00 and the bytes. */
export function leafOf(body: string): Uint8Array {
  return createHash('sha256').update(LEAF_PREFIX).update(body).digest()
}

/** What the body says in columns. The first target is the resource; ids that are no UUIDs are in the body alone. */
function columnsOf(body: Body): Omit<AuditEventRow, 'body' | 'leaf'> {
  const { actor, targets = [] } = body
  const [resource] = targets
  const actorId = isId(actor.id) ? actor.id : null
  const user = targets.find(({ type, id }) => type === 'user' && isId(id))
  return {
    id: body.id,
    created_at: new Date(body.at),
    action: body.action,
    actor_type: actor.type,
    actor_id: actorId,
    user_id: user?.id ?? (actor.type === 'user' ? actorId : null),
    outcome: body.outcome,
    resource_type: resource?.type ?? null,
    resource_id: resource?.id ?? null,
    session_id: actor.sessionId ?? null,
    request_id: actor.requestId ?? null,
    ip: actor.ip ?? null,
    device_id: actor.deviceId ?? null,
    risk_score: actor.riskScore ?? null,
    compliance_flags: [...(body.complianceFlags ?? [])],
  }
}

/** @throws AUDIT_ALTERED when the body is none */
export function eventFromRow(row: AuditEventRow): AuditEvent {
  const body = parse(row)
  return {
    id: body.id as AuditEventId,
    at: new Date(body.at),
    action: body.action,
    actor: body.actor,
    targets: body.targets ?? [],
    outcome: body.outcome,
    changes: body.changes ?? {},
    details: body.details ?? {},
    complianceFlags: body.complianceFlags ?? [],
    leaf: Buffer.from(row.leaf).toString('hex'),
  }
}

/**
 * The stored leaf must be that of the stored bytes, and the columns those that the bytes say: an event that is found
 * by what it does not say was altered too.
 * @throws AUDIT_ALTERED
 */
export function checkRow(row: AuditEventRow): void {
  const derived = columnsOf(parse(row))
  const same =
    Buffer.from(leafOf(row.body)).equals(row.leaf) &&
    (Object.keys(derived) as (keyof typeof derived)[]).every((column) => equal(derived[column], row[column]))
  if (!same) throw altered(row)
}

type ColumnValue = string | number | Date | string[] | null

function equal(a: ColumnValue, b: ColumnValue): boolean {
  if (a instanceof Date || b instanceof Date) return Number(a) === Number(b)
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => item === b[i])
  return a === b
}

function parse(row: AuditEventRow): Body {
  let body: unknown
  try {
    body = JSON.parse(row.body)
  } catch {
    throw altered(row)
  }
  if (!isBody(body)) throw altered(row)
  return body
}

/** Of our shape, as far as reading it needs. */
function isBody(body: unknown): body is Body {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return false
  const { version, at, actor, targets } = body as Partial<Record<keyof Body, unknown>>
  return (
    version === VERSION &&
    typeof at === 'string' &&
    !Number.isNaN(Date.parse(at)) &&
    typeof actor === 'object' &&
    actor !== null &&
    (targets === undefined || Array.isArray(targets))
  )
}

function altered({ id }: AuditEventRow): FreeholdError<'AUDIT_ALTERED'> {
  return new FreeholdError('AUDIT_ALTERED', { id })
}
