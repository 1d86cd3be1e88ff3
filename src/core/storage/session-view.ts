// A session and its user as they are looked at: what nobody needs who does not rotate or check a password stays in the
// database, and off the wire.

import type { SessionRow, UserRow } from './tenant-tables.ts'

/** What only a rotation looks at. */
export const ROTATION_COLUMNS = [
  'current_hash',
  'previous_hash',
  'nonce',
  'key_id',
  'previous_rotated_at',
  'retries',
] as const satisfies readonly (keyof SessionRow)[]

export type SessionView = Omit<SessionRow, (typeof ROTATION_COLUMNS)[number]>

/** Whether there is a password, instead of its hash. */
export type UserView = Omit<UserRow, 'password_hash'> & { readonly has_password: boolean }

export function viewOfSession(row: SessionRow): SessionView {
  const view: Partial<SessionRow> = { ...row }
  for (const column of ROTATION_COLUMNS) delete view[column]
  return view as SessionView
}

export function viewOfUser({ password_hash, ...row }: UserRow): UserView {
  return { ...row, has_password: password_hash !== null }
}
