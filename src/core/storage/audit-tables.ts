// Tables of the audit log: what happened, and the leaves that no tree holds yet.

import type { Table } from './columns.ts'

export type AuditOutcome = 'success' | 'failure' | 'denied'

export interface AuditEventRow {
  id: string
  /** When it happened, as `body` has it; the partition key. */
  created_at: Date
  action: string
  actor_type: string
  actor_id: string | null
  /** The user the event is about, or the actor when that is a user. */
  user_id: string | null
  outcome: AuditOutcome
  /** The first target. */
  resource_type: string | null
  resource_id: string | null
  session_id: string | null
  request_id: string | null
  ip: string | null
  device_id: string | null
  risk_score: number | null
  compliance_flags: string[]
  /** RFC 8785 canonical JSON of the whole event. */
  body: string
  /** SHA-256 of 0x00 and the body (RFC 6962, section 2.1). */
  leaf: Uint8Array
}

export interface AuditPendingRow {
  event_id: string
  /** The transaction that wrote it, as text. */
  transaction_id: string
  position: number
  leaf: Uint8Array
  created_at: Date
}

export interface AuditTables {
  audit_events: AuditEventRow
  audit_pending: AuditPendingRow
}

export const auditTables = {
  audit_events: {
    key: ['id', 'created_at'],
    columns: {
      id: { type: 'uuid' },
      created_at: { type: 'time' },
      action: { type: 'text' },
      actor_type: { type: 'text' },
      actor_id: { type: 'uuid', nullable: true },
      user_id: { type: 'uuid', nullable: true },
      outcome: { type: 'text' },
      resource_type: { type: 'text', nullable: true },
      resource_id: { type: 'text', nullable: true },
      session_id: { type: 'uuid', nullable: true },
      request_id: { type: 'text', nullable: true },
      ip: { type: 'text', nullable: true, person: true },
      device_id: { type: 'uuid', nullable: true },
      risk_score: { type: 'double', nullable: true },
      compliance_flags: { type: 'text[]', generated: true },
      body: { type: 'text', person: true },
      leaf: { type: 'bytes' },
    },
  },
  audit_pending: {
    key: ['event_id'],
    columns: {
      event_id: { type: 'uuid' },
      transaction_id: { type: 'xid', generated: true },
      position: { type: 'bigint', generated: true },
      leaf: { type: 'bytes' },
      created_at: { type: 'time', generated: true },
    },
  },
} as const satisfies { readonly [T in keyof AuditTables]: Table<AuditTables[T]> }
