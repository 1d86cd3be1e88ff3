// A person in one tenant, as the host sees them: no hash, no epoch.

import { parseId, type UserId } from '../kernel/ids.ts'
import type { UserView } from '../storage/session-view.ts'
import type { UserRow, UserStatus } from '../storage/tenant-tables.ts'

/** A user, or anything that carries the id of one. */
export type UserKey = UserId | { readonly id: UserId }

export interface User {
  readonly id: UserId
  readonly email: string
  readonly emailVerifiedAt: Date | null
  readonly name: string | null
  readonly status: UserStatus
  readonly hasPassword: boolean
  readonly metadata: Readonly<Record<string, unknown>>
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly disabledAt: Date | null
  readonly deletedAt: Date | null
  /** E.164. */
  readonly phone: string | null
  readonly phoneVerifiedAt: Date | null
  readonly lockedAt: Date | null
  readonly lockReason: string | null
}

/** @throws ID_INVALID */
export function userIdOf(key: UserKey): UserId {
  return parseId<UserId>(typeof key === 'object' && key !== null ? key.id : key, 'user')
}

export function userFromRow(row: UserRow | UserView): User {
  return {
    id: row.id as UserId,
    email: row.email,
    emailVerifiedAt: row.email_verified_at,
    name: row.name,
    status: row.status,
    hasPassword: 'has_password' in row ? row.has_password : row.password_hash !== null,
    metadata: row.metadata,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    disabledAt: row.disabled_at,
    deletedAt: row.deleted_at,
    phone: row.phone,
    phoneVerifiedAt: row.phone_verified_at,
    lockedAt: row.locked_at,
    lockReason: row.lock_reason,
  }
}
