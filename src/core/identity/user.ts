// A person in one tenant, as the host sees them: no hash, no epoch.

import type { UserId } from '../kernel/ids.ts'
import type { UserRow, UserStatus } from '../storage/tenant-tables.ts'

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
}

export function userFromRow(row: UserRow): User {
  return {
    id: row.id as UserId,
    email: row.email,
    emailVerifiedAt: row.email_verified_at,
    name: row.name,
    status: row.status,
    hasPassword: row.password_hash !== null,
    metadata: row.metadata,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    disabledAt: row.disabled_at,
    deletedAt: row.deleted_at,
  }
}
