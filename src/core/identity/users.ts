// The people of one tenant. The same person in two tenants is two users.

import type { UserId } from '../kernel/ids.ts'
import type { Page, PageRequest } from '../kernel/page.ts'
import type { User } from './user.ts'

export interface NewUser {
  readonly email: string
  readonly name?: string
  /** Checked against the password policy; left out, the user cannot sign in with a password. */
  readonly password?: string
  /** True when the host has proof of the address. */
  readonly emailVerified?: boolean
  readonly metadata?: Readonly<Record<string, unknown>>
}

export interface UserChange {
  readonly name?: string | null
  /** Replaces the whole object. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

export type UserKey = UserId | { readonly id: UserId }

export interface Users {
  /** @throws EMAIL_INVALID, EMAIL_TAKEN, PASSWORD_REJECTED, INPUT_INVALID */
  create(user: NewUser): Promise<User>
  /** @throws USER_UNKNOWN, ID_INVALID */
  get(user: UserKey): Promise<User>
  /** Undefined when there is none; deleted users are not found. @throws EMAIL_INVALID */
  findByEmail(email: string): Promise<User | undefined>
  /** Oldest first; deleted users only when asked for. */
  list(page?: PageRequest & { readonly deleted?: boolean }): Promise<Page<User>>
  /** @throws USER_UNKNOWN, INPUT_INVALID */
  update(user: UserKey, change: UserChange): Promise<User>
  /** Sets a new password and ends the user's sessions, but for `keep`. @throws USER_UNKNOWN, PASSWORD_REJECTED */
  setPassword(user: UserKey, password: string, options?: { readonly keep?: string }): Promise<void>
  /** The user can no longer sign in, and every session ends in the same transaction. Doing it twice is not an error. @throws USER_UNKNOWN */
  disable(user: UserKey): Promise<User>
  /** @throws USER_UNKNOWN */
  enable(user: UserKey): Promise<User>
  /** Soft delete: as `disable`, and the address is free again. @throws USER_UNKNOWN */
  remove(user: UserKey): Promise<User>
}
