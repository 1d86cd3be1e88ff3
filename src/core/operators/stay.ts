// What an operator begins in another tenant: why, for how long, and the row of it. It is written in the transaction that
// opens whatever is opened, and told in both logs.

import type { Context } from '../context.ts'
import type { StayId, TenantId, UserId } from '../kernel/ids.ts'
import { checkInteger, checkText, storable } from '../kernel/input.ts'
import type { OperatorStayRow, StayKind } from '../storage/operator-tables.ts'
import type { TenantUnit } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'
import type { Operator } from './operator.ts'

/** An operator in another tenant. */
export interface Stay {
  /** Of an impersonation: its session's. */
  readonly id: StayId
  readonly kind: StayKind
  readonly operatorId: UserId
  /** The tenant that was entered. */
  readonly tenantId: TenantId
  /** Of an impersonation: who is acted as. */
  readonly userId: UserId | null
  readonly reason: string
  readonly createdAt: Date
  readonly expiresAt: Date
  /** When somebody ended it, or it was found that the operator may act no more. Null: it ends by itself. */
  readonly endedAt: Date | null
}

/** Why, and for how long. */
export interface NewStay {
  /** 1 to 500 characters, kept for good. Nothing personal. */
  readonly reason: string
  /** Default 30 min, at most 8 h. It ends sooner where the operator's permission does. */
  readonly lifetimeMs?: number
}

const MINUTE = 60_000
const DEFAULT_LIFETIME_MS = 30 * MINUTE
const LONGEST_MS = 480 * MINUTE
const REASON = { maximum: 500 }
const MAXIMUM_IP = 64

/** @throws INPUT_INVALID */
export function checkStay(stay: NewStay): Required<NewStay> {
  const { reason, lifetimeMs = DEFAULT_LIFETIME_MS } = stay
  return {
    reason: checkText(reason, 'reason', REASON),
    lifetimeMs: checkInteger(lifetimeMs, 'lifetimeMs', 1000, LONGEST_MS),
  }
}

/** Never longer than the operator may: a grant that ends takes with it what was begun under it. */
export function capped(lifetimeMs: number, { until }: Operator, now: number): number {
  return Math.max(0, Math.min(lifetimeMs, until - now))
}

export interface BegunStay {
  readonly id: string
  readonly kind: StayKind
  readonly operator: Operator
  readonly enteredTenantId: string
  readonly actedAsId?: string
  readonly reason: string
  readonly lifetimeMs: number
}

/** `platform` is the platform tenant's, in the transaction that opens what is begun. */
export async function writeStay(
  { actor }: Pick<Context, 'actor'>,
  platform: TenantUnit,
  begun: BegunStay,
): Promise<OperatorStayRow> {
  const { operator, reason, lifetimeMs } = begun
  const [row] = await platform.records.insert('operator_stays', [
    {
      id: begun.id,
      operator_id: operator.id,
      operator_epoch: operator.epoch,
      kind: begun.kind,
      entered_tenant_id: begun.enteredTenantId,
      acted_as_id: begun.actedAsId ?? null,
      reason,
      ip: storable(actor.ip, MAXIMUM_IP) ?? null,
      expires_at: fromNow(lifetimeMs),
    },
  ])
  return row!
}

export function stayFromRow(row: OperatorStayRow): Stay {
  return {
    id: row.id as StayId,
    kind: row.kind,
    operatorId: row.operator_id as UserId,
    tenantId: row.entered_tenant_id as TenantId,
    userId: row.acted_as_id as UserId | null,
    reason: row.reason,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    endedAt: row.ended_at,
  }
}
