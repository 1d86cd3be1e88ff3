// The people of one tenant. The same person in two tenants is two users.

import type { Passwords } from '../authentication/passwords.ts'
import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { parseId, type SessionId, type UserId } from '../kernel/ids.ts'
import { checkJson, checkKeys, checkText, invalid } from '../kernel/input.ts'
import { type Listing, type Page, type PageRequest, pageOf, pageQuery } from '../kernel/page.ts'
import { checkKept } from '../sessions/tenant-sessions.ts'
import type { Change } from '../storage/records.ts'
import type { TenantScope } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'
import type { RevokeReason, UserRow } from '../storage/tenant-tables.ts'
import { parseEmail } from './email.ts'
import { type User, type UserKey, userFromRow, userIdOf } from './user.ts'

export interface NewUser {
  readonly email: string
  /** 1 to 200 characters. */
  readonly name?: string
  /** Checked against the password policy; left out, the user cannot sign in with a password. */
  readonly password?: string
  /** True when the host has proof of the address. */
  readonly emailVerified?: boolean
  /** Plain JSON, at most 16 KiB. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

export interface UserChange {
  readonly name?: string | null
  /** Replaces the whole object. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

export type { UserKey }

export interface Users {
  /** @throws EMAIL_INVALID, EMAIL_TAKEN, PASSWORD_REJECTED, INPUT_INVALID, OVERLOADED */
  create(user: NewUser): Promise<User>
  /** Finds deleted users too: their `status` says so. @throws USER_UNKNOWN, ID_INVALID */
  get(user: UserKey): Promise<User>
  /** Undefined when there is none; deleted users are not found. @throws EMAIL_INVALID */
  findByEmail(email: string): Promise<User | undefined>
  /** Oldest first; deleted users only when asked for. @throws INPUT_INVALID, CURSOR_INVALID */
  list(page?: PageRequest & { readonly deleted?: boolean }): Promise<Page<User>>
  /** @throws USER_UNKNOWN (deleted, too), INPUT_INVALID */
  update(user: UserKey, change: UserChange): Promise<User>
  /**
   * Sets a new password and ends the user's sessions, but for `keep`; a sign-in with the old password that races this
   * call yields no session either.
   * @throws USER_UNKNOWN (deleted, too), SESSION_UNKNOWN (`keep` is none of this user's), PASSWORD_REJECTED, INPUT_INVALID, OVERLOADED
   */
  setPassword(user: UserKey, password: string, options?: { readonly keep?: SessionId }): Promise<void>
  /** The user can no longer sign in, and every session ends in the same transaction. Doing it twice is not an error. @throws USER_UNKNOWN (deleted, too) */
  disable(user: UserKey): Promise<User>
  /** Undoes `disable`; sessions do not come back. Doing it twice is not an error. @throws USER_UNKNOWN (deleted, too) */
  enable(user: UserKey): Promise<User>
  /** Soft delete: as `disable`, and the address is free again. Doing it twice is not an error. @throws USER_UNKNOWN */
  remove(user: UserKey): Promise<User>
}

/** Ids are UUIDv7: their order is that of creation. */
const LISTING: Listing<UserRow> = { name: 'users', columns: { id: 'id' } }
const NAME = { maximum: 200 }

export function createUsers(context: TenantContext, passwords: Passwords): Users {
  const { scope, tenant, runtime } = context

  const find = async (id: UserId, from: Pick<TenantScope, 'records'> = scope): Promise<UserRow> => {
    const row = await from.records.get('users', { id })
    if (!row) throw new FreeholdError('USER_UNKNOWN')
    return row
  }
  const hashNew = async (password: string, email: string): Promise<string> => {
    passwords.check(password, { tenant, email })
    return passwords.hash(password)
  }
  /** Changes who may sign in and ends the sessions in one transaction. A user whom `from` leaves out stays as they are. */
  const close = (key: UserKey, from: readonly UserRow['status'][], change: Change<'users'>): Promise<UserRow> => {
    const id = userIdOf(key)
    return scope.transaction(async (unit) => {
      const [row] = await unit.records.update(
        'users',
        { id, status: { in: from } },
        { ...change, updated_at: fromNow() },
      )
      if (!row) return find(id, unit)
      await endSessions(unit, tenant.id, id, 'user-disabled')
      return row
    })
  }

  return {
    async create(user) {
      checkKeys(user, 'user', ['email', 'name', 'password', 'emailVerified', 'metadata'])
      const { email, emailNorm } = parseEmail(user.email)
      const { emailVerified = false } = user
      if (typeof emailVerified !== 'boolean') throw invalid('emailVerified', 'it is not true or false')
      const name = user.name === undefined ? null : checkText(user.name, 'name', NAME)
      const metadata = user.metadata === undefined ? {} : checkJson(user.metadata, 'metadata')
      const hash = user.password === undefined ? null : await hashNew(user.password, emailNorm)
      // the unique key decides between any number of callers, and a taken address leaves a surrounding transaction alive
      const [row] = await scope.records
        .insert(
          'users',
          [
            {
              id: runtime.newId(),
              email,
              email_norm: emailNorm,
              email_verified_at: emailVerified ? fromNow() : null,
              name,
              password_hash: hash,
              password_changed_at: hash === null ? null : fromNow(),
              metadata,
            },
          ],
          { onConflict: 'ignore' },
        )
        .catch(refusedRow)
      if (!row) throw new FreeholdError('EMAIL_TAKEN')
      return userFromRow(row)
    },

    get: async (key) => userFromRow(await find(userIdOf(key))),

    async findByEmail(email) {
      const { emailNorm } = parseEmail(email)
      // said so that PostgreSQL proves it from the partial key: "is distinct from" would read the whole table
      const status = { in: ['active', 'disabled'] } as const
      const [row] = await scope.records.find('users', { where: { email_norm: emailNorm, status }, limit: 1 })
      return row && userFromRow(row)
    },

    async list(page = {}) {
      checkKeys(page, 'page', ['limit', 'cursor', 'deleted'])
      const query = pageQuery(LISTING, page)
      const where = page.deleted === true ? {} : { status: { not: 'deleted' as const } }
      return pageOf(LISTING, query, await scope.records.find('users', { ...query, where }), userFromRow)
    },

    async update(key, change) {
      const id = userIdOf(key)
      checkKeys(change, 'change', ['name', 'metadata'])
      const { name, metadata } = change
      const [row] = await scope.records
        .update(
          'users',
          { id, status: { not: 'deleted' } },
          {
            ...(name === undefined ? {} : { name: name === null ? null : checkText(name, 'name', NAME) }),
            ...(metadata === undefined ? {} : { metadata: checkJson(metadata, 'metadata') }),
            updated_at: fromNow(),
          },
        )
        .catch(refusedRow)
      if (!row) throw new FreeholdError('USER_UNKNOWN')
      return userFromRow(row)
    },

    async setPassword(key, password, options = {}) {
      const id = userIdOf(key)
      checkKeys(options, 'options', ['keep'])
      const keep = options.keep === undefined ? undefined : parseId<SessionId>(options.keep, 'keep')
      const before = await find(id)
      if (before.status === 'deleted') throw new FreeholdError('USER_UNKNOWN')
      const hash = await hashNew(password, before.email_norm)
      await scope.transaction(async (unit) => {
        const changed = await unit.records.update(
          'users',
          { id, status: { not: 'deleted' } },
          { password_hash: hash, password_changed_at: fromNow(), updated_at: fromNow() },
        )
        if (changed.length === 0) throw new FreeholdError('USER_UNKNOWN')
        if (keep !== undefined) await checkKept(unit, id, keep)
        await endSessions(unit, tenant.id, id, 'password-changed', keep)
      })
    },

    async disable(key) {
      const row = await close(key, ['active'], { status: 'disabled', disabled_at: fromNow() })
      if (row.status === 'deleted') throw new FreeholdError('USER_UNKNOWN')
      return userFromRow(row)
    },

    async enable(key) {
      const id = userIdOf(key)
      const [enabled] = await scope.records.update(
        'users',
        { id, status: 'disabled' },
        { status: 'active', disabled_at: null, updated_at: fromNow() },
      )
      const row = enabled ?? (await find(id))
      if (row.status === 'deleted') throw new FreeholdError('USER_UNKNOWN')
      return userFromRow(row)
    },

    remove: async (key) =>
      userFromRow(await close(key, ['active', 'disabled'], { status: 'deleted', deleted_at: fromNow() })),
  }
}

/** Ends a user's sessions, all but `keep`, and tells every process once this has committed: each asks again for what is left. */
async function endSessions(
  { verbs }: Pick<TenantScope, 'verbs'>,
  tenantId: string,
  userId: string,
  reason: RevokeReason,
  keep?: string,
): Promise<void> {
  await verbs.endSessions({ userId, reason, ...(keep === undefined ? {} : { except: keep }) })
  await verbs.publish({ kind: 'session', tenantId, userId })
}

/** Says in the caller's words what the database refused; anything else goes on as it is. */
function refusedRow(error: unknown): never {
  const large = FreeholdError.is(error, 'ROW_REFUSED') && error.details.constraint === 'users_metadata_check'
  throw large ? invalid('metadata', 'it is too large') : error
}
