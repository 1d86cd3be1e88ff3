// Where a question is asked: one tenant's scope, with ids and rows to work on. Every tenant that is asked gets the
// same ids, so that an answer that comes from another tenant's row is noticed.

import { createHash, randomBytes } from 'node:crypto'
import type { Storage, SystemScope, TenantRef, TenantScope } from '../../core/storage/storage.ts'
import type { NewRow, Row } from '../../core/storage/tables.ts'
import type { RotationStep, SessionOpening } from '../../core/storage/verbs.ts'
import type { ExamHarness } from './harness.ts'

export interface Room {
  readonly storage: Storage
  readonly tenant: TenantRef
  readonly scope: TenantScope
  readonly system: SystemScope
  /** The next id of this room, each greater than the one before. */
  id(): string
  /** A lower-case name that nobody else has: for the system tables, which all tenants share. */
  unique(prefix: string): string
  /** Another tenant's scope, nobody used it before. */
  stranger(): Promise<TenantScope>
  /** Another tenant's room, with the same ids. */
  neighbour(): Promise<Room>
  elapse(ms: number): Promise<void>
  user(values?: Partial<NewRow<'users'>>): Promise<Row<'users'>>
  /** A session at generation 0 of a user, or of a new one. Its token is `token(id, 0)`. */
  session(opening?: Partial<SessionOpening>): Promise<Row<'sessions'>>
}

const HOUR = 3_600_000

export function createRoom(harness: ExamHarness, storage: Storage, tenant: TenantRef): Room {
  const scope = storage.tenant(tenant)
  let ids = 0
  const room: Room = {
    storage,
    tenant,
    scope,
    system: storage.system,
    id: () => `01900000-0000-7000-8000-${(++ids).toString(16).padStart(12, '0')}`,
    unique: (prefix) => `${prefix}-${randomBytes(6).toString('hex')}`,
    stranger: async () => storage.tenant(await harness.tenant()),
    neighbour: async () => createRoom(harness, storage, await harness.tenant()),
    elapse: (ms) => harness.elapse(ms),
    async user(values = {}) {
      const id = room.id()
      const email = `u${id.slice(-4)}@exam.test`
      const [row] = await scope.records.insert('users', [{ id, email, email_norm: email, ...values }])
      return row!
    },
    async session(opening = {}) {
      const userId = opening.userId ?? (await room.user()).id
      const row = await scope.verbs.openSession(sessionOpening({ id: room.id(), userId, ...opening }))
      if (!row) throw new Error('openSession refused an active user')
      return row
    },
  }
  return room
}

/** Everything openSession wants, at generation 0. */
export function sessionOpening(opening: Partial<SessionOpening> & { id: string; userId: string }): SessionOpening {
  return {
    epoch: 0,
    currentHash: token(opening.id, 0),
    nonce: nonce(opening.id, 0),
    keyId: 1,
    assuranceLevel: 1,
    authenticationMethods: ['pwd'],
    ip: null,
    userAgent: null,
    idleTimeoutMs: HOUR,
    absoluteTimeoutMs: 24 * HOUR,
    ...opening,
  }
}

/** The token of a generation is presented, and the one of the next would be installed. */
export function rotation(
  sessionId: string,
  generation: number,
  change: Partial<RotationStep> & Pick<RotationStep, 'eventId'>,
): RotationStep {
  return {
    sessionId,
    presentedHash: token(sessionId, generation),
    generation,
    childHash: token(sessionId, generation + 1),
    nonce: nonce(sessionId, generation + 1),
    keyId: 2,
    graceMs: 10_000,
    idleTimeoutMs: HOUR,
    retryCap: 100,
    ...change,
  }
}

/** The hash of a session's token of one generation. */
export function token(sessionId: string, generation: number): Uint8Array {
  return hash(`token ${sessionId} ${generation}`)
}

export function nonce(sessionId: string, generation: number): Uint8Array {
  return hash(`nonce ${sessionId} ${generation}`).subarray(0, 16)
}

/** 32 bytes, the same for the same text. */
export function hash(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest())
}

/** An event as the audit log stores one: of these bytes, and with the leaf that belongs to them. */
export function auditEvent(id: string, values: Partial<Row<'audit_events'>> = {}): Row<'audit_events'> {
  const body = values.body ?? JSON.stringify({ id })
  return {
    id,
    created_at: new Date(),
    action: 'exam.asked',
    actor_type: 'system',
    actor_id: null,
    user_id: null,
    outcome: 'success',
    resource_type: null,
    resource_id: null,
    session_id: null,
    request_id: null,
    ip: null,
    device_id: null,
    risk_score: null,
    compliance_flags: [],
    body,
    leaf: hash(`\0${body}`),
    ...values,
  }
}
