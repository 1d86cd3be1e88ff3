// Signing in. An answer, right or wrong, is a value; only what should not happen throws.

import { createHash } from 'node:crypto'
import { inRequestOf } from '../audit/actor.ts'
import type { TenantContext } from '../context.ts'
import { readEmail } from '../identity/email.ts'
import { type User, userFromRow } from '../identity/user.ts'
import type { UserId } from '../kernel/ids.ts'
import { checkKeys, invalid } from '../kernel/input.ts'
import type { OpenedSession, SessionIssuer } from '../sessions/issue.ts'
import type { ClientInfo, Session, Tokens } from '../sessions/session.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import { createAddressMark } from './address-mark.ts'
import type { Passwords } from './passwords.ts'

export interface PasswordSignIn {
  readonly email: string
  readonly password: string
  readonly client?: ClientInfo
}

export type SignedIn =
  | { readonly ok: true; readonly user: User; readonly session: Session; readonly tokens: Tokens }
  /** The same answer, after the same work, for an unknown address, a wrong password, a user without one, and a disabled user. */
  | { readonly ok: false; readonly reason: 'bad-credentials' }
  | { readonly ok: false; readonly reason: 'too-many-attempts'; readonly retryAfterMs: number }

export interface SignIn {
  /** @throws INPUT_INVALID (not of this shape; a malformed address is bad credentials), TENANT_SUSPENDED, TENANT_DELETED, TENANT_MOVING, OVERLOADED, STORAGE_UNAVAILABLE */
  password(credentials: PasswordSignIn): Promise<SignedIn>
}

/** What a password proves: one factor (NIST SP 800-63B-4; RFC 8176). */
export const PASSWORD_ASSURANCE = { assuranceLevel: 1, authenticationMethods: ['pwd'] } as const
/** The epoch of a user whose sessions were never ended. */
export const NEW_USER_EPOCH = 0

/** A pool of its own for each factor: who guesses codes does not lock the password, nor the reverse. */
const POOL = 'password'
const REFUSED: SignedIn = { ok: false, reason: 'bad-credentials' }
/** What identifies an address that is none; more of it says nothing more. */
const MAXIMUM_SUBJECT = 1024

export function createSignIn(context: TenantContext, passwords: Passwords, issuer: SessionIssuer): SignIn {
  const { scope, settings, actor, auditWriter } = context
  const markOf = createAddressMark(context)

  /** Who failed to sign in is nobody yet; whom they meant is told by id where there is such a user, by a mark in any case. */
  async function refuse(
    address: string | undefined,
    found: UserRow | undefined,
    client: ClientInfo | undefined,
  ): Promise<SignedIn> {
    await auditWriter.append(scope, inRequestOf(actor, { type: 'user' }, client), {
      action: 'sign_in.failed',
      outcome: 'failure',
      details: {
        authenticationMethods: ['pwd'],
        ...(address === undefined ? {} : { address: markOf(address) }),
      },
      ...(found ? { targets: [{ type: 'user', id: found.id }] } : {}),
    })
    return REFUSED
  }

  return {
    async password(credentials) {
      checkKeys(credentials, 'credentials', ['email', 'password', 'client'])
      const { email, password, client } = credentials
      checkClient(client)
      const emailNorm = readEmail(email)?.emailNorm
      const subject = subjectOf(emailNorm, email)

      // One after the other, though both could go at once: counted before anything is looked at, so that of any number
      // of parallel guesses only as many as the schedule allows see a hash (M02), and a flood costs one statement each.
      const attempt = await scope.verbs.takeAttempt({ pool: POOL, subject, ...settings.attempts })
      if (!attempt.allowed) return { ok: false, reason: 'too-many-attempts', retryAfterMs: attempt.retryAfterMs }

      // read before the password is checked: the epoch in this row is the one the session has to be opened under
      const found = emailNorm === undefined ? undefined : await findActive(context, emailNorm)
      const right = await passwords.verify(found?.password_hash, password)
      if (!found || !right) return refuse(emailNorm, found, client)

      // hashing takes longer than everything else: not while rows are locked
      const rehashed = passwords.needsRehash(found.password_hash!) ? await passwords.hash(password) : undefined
      const opened = await open(context, issuer, { found, subject, client, rehashed })
      return opened ? { ok: true, user: userFromRow(found), ...opened } : refuse(found.email_norm, found, client)
    },
  }
}

interface Entry {
  readonly found: UserRow
  readonly subject: Uint8Array
  readonly client: ClientInfo | undefined
  readonly rehashed: string | undefined
}

/**
 * The session, the forgotten failures and the stronger hash, or none of them. Undefined when the user was disabled,
 * deleted, signed out everywhere or given another password since `found` was read: each of these moves the epoch or
 * the status, and the session is opened under those that were read (R15).
 */
function open(context: TenantContext, issuer: SessionIssuer, entry: Entry): Promise<OpenedSession | undefined> {
  const { found, subject, client, rehashed } = entry
  return context.scope.transaction(async (unit) => {
    const opened = await issuer.open(
      { ...context, scope: unit },
      {
        userId: found.id as UserId,
        epoch: found.session_epoch,
        ...PASSWORD_ASSURANCE,
        ...(client ? { client } : {}),
      },
    )
    if (!opened) return undefined
    await unit.records.remove('sign_in_attempts', { pool: POOL, subject })
    if (rehashed !== undefined)
      await unit.records.update(
        'users',
        { id: found.id, password_hash: found.password_hash },
        { password_hash: rehashed },
      )
    return opened
  })
}

/** Before anything is counted. @throws INPUT_INVALID */
function checkClient(client: ClientInfo | undefined): void {
  if (client === undefined) return
  checkKeys(client, 'client', ['ip', 'userAgent'])
  for (const [field, value] of Object.entries(client)) {
    if (value !== undefined && typeof value !== 'string') throw invalid(`client.${field}`, 'it is not a text')
  }
}

/** Disabled users are as unknown: their right password must not be told from a wrong one. */
async function findActive({ scope }: TenantContext, emailNorm: string): Promise<UserRow | undefined> {
  const [row] = await scope.records.find('users', { where: { email_norm: emailNorm, status: 'active' }, limit: 1 })
  return row
}

/** What failures are counted by: the same for known and unknown addresses, and for what is no address at all. */
function subjectOf(emailNorm: string | undefined, given: unknown): Uint8Array {
  const text = emailNorm ?? (typeof given === 'string' ? given.slice(0, MAXIMUM_SUBJECT) : '')
  return createHash('sha256')
    .update(`freehold/1/sign-in/${emailNorm === undefined ? 'malformed' : 'email'}\0${text}`)
    .digest()
}
