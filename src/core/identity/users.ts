// The people of one tenant. The same person in two tenants is two users.

import type { AuditEntry } from '../audit/audit.ts'
import type { AuditScope } from '../audit/writer.ts'
import type { Passwords } from '../authentication/passwords.ts'
import type { Members } from '../billing/members.ts'
import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { parseId, type SessionId } from '../kernel/ids.ts'
import { checkJson, checkKeys, checkText, differing, invalid } from '../kernel/input.ts'
import { type Listing, type Page, type PageRequest, pageOf, pageQuery } from '../kernel/page.ts'
import { notify, posting } from '../messages/notices.ts'
import { checkKept } from '../sessions/tenant-sessions.ts'
import { fromNow } from '../storage/tables.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import { parseEmail } from './email.ts'
import { changeUser, createStanding, endSessions, findUser, type UserStanding } from './standing.ts'
import { type User, type UserKey, userFromRow, userIdOf } from './user.ts'
import { createUserImport, type UserImport } from './user-import.ts'

export interface NewUser {
  readonly email: string
  /** 1 to 200 characters. */
  readonly name?: string
  /** Checked against the password policy; left out, the user cannot sign in with a password. */
  readonly password?: string
  /**
   * Instead of a password its hash, as another system made it: argon2i and argon2id as PHC strings, and what `legacyHashes` of
   * `createFreehold` takes. It is replaced by one of today's when the user first signs in.
   */
  readonly passwordHash?: string
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

export interface Users extends UserStanding, UserImport {
  /** @throws EMAIL_INVALID, EMAIL_TAKEN, PASSWORD_REJECTED, INPUT_INVALID, OVERLOADED, LEAK_LIST_UNAVAILABLE, LIMIT_REACHED (`members`), PACKAGE_MISSING (`passwordHash`) */
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
   * For the host's own code: sets a new password without asking for the old one (`accounts.changePassword` asks) and ends the
   * user's sessions, but for `keep`; a sign-in with the old password that races this call yields no session either. The
   * user is told by letter.
   * @throws USER_UNKNOWN (deleted, too), SESSION_UNKNOWN (`keep` is none of this user's), PASSWORD_REJECTED, INPUT_INVALID, OVERLOADED, LEAK_LIST_UNAVAILABLE
   */
  setPassword(user: UserKey, password: string, options?: { readonly keep?: SessionId }): Promise<void>
}

/** Ids are UUIDv7: their order is that of creation. */
const LISTING: Listing<UserRow> = { name: 'users', columns: { id: 'id' } }
const NAME = { maximum: 200 }

type UserAction = 'user.created' | 'user.updated' | 'user.password_changed'

/** @param members who counts them against the plan's limit */
export function createUsers(context: TenantContext, passwords: Passwords, members: Members): Users {
  const { scope, tenant, runtime, actor, auditWriter } = context

  /** Of what is personal the log says only that it changed: nobody can take it out again. */
  const audit = (
    unit: AuditScope,
    action: UserAction,
    id: string,
    more: Pick<AuditEntry, 'changes' | 'details'> = {},
  ): Promise<void> => auditWriter.append(unit, actor, { action, targets: [{ type: 'user', id }], ...more })
  const hashNew = async (password: string, email: string): Promise<string> => {
    await passwords.accept(password, { tenant, email })
    return passwords.hash(password)
  }
  const hashOf = async ({ password, passwordHash }: NewUser, email: string): Promise<string | null> => {
    if (passwordHash === undefined) return password === undefined ? null : hashNew(password, email)
    if (password !== undefined) throw invalid('passwordHash', 'a password is given too')
    await passwords.checkHash(passwordHash)
    return passwordHash
  }

  const columnsOf = async (user: NewUser) => {
    checkKeys(user, 'user', ['email', 'name', 'password', 'passwordHash', 'emailVerified', 'metadata'])
    const { email, emailNorm } = parseEmail(user.email)
    const { emailVerified = false } = user
    if (typeof emailVerified !== 'boolean') throw invalid('emailVerified', 'it is not true or false')
    const name = user.name === undefined ? null : checkText(user.name, 'name', NAME)
    const metadata = user.metadata === undefined ? {} : checkJson(user.metadata, 'metadata')
    const hash = await hashOf(user, emailNorm)
    return {
      id: runtime.newId(),
      email,
      email_norm: emailNorm,
      email_verified_at: emailVerified ? fromNow() : null,
      name,
      password_hash: hash,
      // when an imported one was chosen is not known
      password_changed_at: user.password === undefined ? null : fromNow(),
      metadata,
    }
  }

  return {
    async create(user) {
      const columns = await columnsOf(user)
      const row = await scope.transaction(async (unit) => {
        // the unique key decides between any number of callers, and a taken address leaves a surrounding transaction alive
        const [inserted] = await unit.records.insert('users', [columns], { onConflict: 'ignore' }).catch(refusedRow)
        if (!inserted) return undefined
        await members.joined(unit)
        const emailVerified = inserted.email_verified_at !== null
        await audit(unit, 'user.created', inserted.id, { details: { emailVerified } })
        return inserted
      })
      if (!row) throw new FreeholdError('EMAIL_TAKEN')
      return userFromRow(row)
    },

    get: async (key) => userFromRow(await findUser(scope, userIdOf(key))),

    async findByEmail(email) {
      const { emailNorm } = parseEmail(email)
      // said so that PostgreSQL proves it from the partial key: "is distinct from" would read the whole table
      const status = { in: ['active', 'disabled', 'locked'] } as const
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
      const given = {
        ...(name === undefined ? {} : { name: name === null ? null : checkText(name, 'name', NAME) }),
        ...(metadata === undefined ? {} : { metadata: checkJson(metadata, 'metadata') }),
      }
      return scope.transaction(async (unit) => {
        // held, so that what the log says changed is what this call changed
        const held = await unit.records.lock('users', { id })
        if (!held || held.status === 'deleted') throw new FreeholdError('USER_UNKNOWN')
        const columns = differing(held, given)
        const fields = Object.keys(columns)
        if (fields.length === 0) return userFromRow(held)
        const [row] = await changeUser({ ...context, scope: unit }, { id }, columns).catch(refusedRow)
        await audit(unit, 'user.updated', id, { changes: Object.fromEntries(fields.map((field) => [field, {}])) })
        return userFromRow(row ?? held)
      })
    },

    async setPassword(key, password, options = {}) {
      const id = userIdOf(key)
      checkKeys(options, 'options', ['keep'])
      const keep = options.keep === undefined ? undefined : parseId<SessionId>(options.keep, 'keep')
      const before = await findUser(scope, id)
      if (before.status === 'deleted') throw new FreeholdError('USER_UNKNOWN')
      const hash = await hashNew(password, before.email_norm)
      await posting(context, async (inside) => {
        const unit = inside.scope
        const [changed] = await unit.records.update(
          'users',
          { id, status: { not: 'deleted' } },
          { password_hash: hash, password_changed_at: fromNow(), updated_at: fromNow() },
        )
        if (!changed) throw new FreeholdError('USER_UNKNOWN')
        if (keep !== undefined) await checkKept(unit, id, keep)
        // what was trusted was trusted beside the former password
        await unit.records.update('devices', { user_id: id, trusted_until: { not: null } }, { trusted_until: null })
        const sessionsEnded = await endSessions(unit, tenant.id, id, 'password-changed', keep)
        await audit(unit, 'user.password_changed', id, { details: { sessionsEnded } })
        notify(inside, changed, 'password-changed')
      })
    },

    ...createUserImport(context, members, columnsOf),
    ...createStanding(context, members),
  }
}

/** Says in the caller's words what the database refused; anything else goes on as it is. */
function refusedRow(error: unknown): never {
  const large = FreeholdError.is(error, 'ROW_REFUSED') && error.details.constraint === 'users_metadata_check'
  throw large ? invalid('metadata', 'it is too large') : error
}
