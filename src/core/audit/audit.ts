// The audit log as the host sees it.

import type { AuditEventId } from '../kernel/ids.ts'
import type { Page, PageRequest } from '../kernel/page.ts'
import type { AuditOutcome } from '../storage/audit-tables.ts'

/** Who acted. `system`: the host's own code, without a person behind it. */
export interface Actor {
  readonly type: 'user' | 'service_account' | 'operator' | 'system' | 'provider'
  readonly id?: string
  /** Set by request contexts; all of it optional. */
  readonly sessionId?: string
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

/** What is written. Values must be JSON: no NaN, no BigInt, no cycle, no lone surrogate; 48 KiB at most. */
export interface AuditEntry<A extends string = string> {
  /** Ours are in the catalog (`user.created`); the host's own start with anything else than ours. */
  readonly action: A
  readonly targets?: readonly AuditTarget[]
  readonly outcome?: AuditOutcome
  /** Field -> before and after. Never a secret. */
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

export interface AuditFilter extends PageRequest {
  readonly action?: string
  readonly actorId?: string
  readonly userId?: string
  readonly resourceType?: string
  readonly resourceId?: string
  readonly outcome?: AuditOutcome
  readonly from?: Date
  readonly before?: Date
}

export interface Audit {
  /** Writes an event of the host's own; in a transaction, with it. @throws INPUT_INVALID, AUDIT_TOO_LARGE */
  record(entry: AuditEntry): Promise<void>
  /** Newest first. */
  list(filter?: AuditFilter): Promise<Page<AuditEvent>>
  /** Compares the stored leaf with the stored bytes. @throws AUDIT_UNKNOWN, AUDIT_ALTERED */
  get(id: AuditEventId): Promise<AuditEvent>
}
