// A second factor as the host sees it.

import { type FactorId, parseId, type UserId } from '../../kernel/ids.ts'
import type { FactorType, MfaMethodRow } from '../../storage/authentication-tables.ts'

export interface Factor {
  readonly id: FactorId
  readonly userId: UserId
  readonly type: FactorType
  readonly name: string
  /** Asked for first. */
  readonly primary: boolean
  /** Null: not proven yet, and never asked for. */
  readonly confirmedAt: Date | null
  /** Where codes go, whole: an E.164 number or an address. */
  readonly target: string | null
  readonly lastUsedAt: Date | null
  readonly createdAt: Date
}

/** A factor, or anything that carries the id of one. */
export type FactorKey = FactorId | { readonly id: FactorId }

export function factorFromRow(row: MfaMethodRow): Factor {
  return {
    id: row.id as FactorId,
    userId: row.user_id as UserId,
    type: row.type,
    name: row.name,
    primary: row.is_primary,
    confirmedAt: row.confirmed_at,
    target: row.target,
    lastUsedAt: row.last_used_at,
    createdAt: row.created_at,
  }
}

/** @throws ID_INVALID */
export function factorIdOf(key: FactorKey): FactorId {
  return parseId<FactorId>(typeof key === 'object' && key !== null ? key.id : key, 'factor')
}
