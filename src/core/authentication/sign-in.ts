// Signing in. An answer, right or wrong, is a value; only what should not happen throws.

import { createHash } from 'node:crypto'
import type { TenantContext } from '../context.ts'
import { readEmail } from '../identity/email.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { parseId, type SessionId } from '../kernel/ids.ts'
import { checkKeys, invalid, isPlainObject } from '../kernel/input.ts'
import type { ClientInfo } from '../sessions/session.ts'
import type { MfaMethodRow } from '../storage/authentication-tables.ts'
import { change, type Step } from '../storage/steps.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import type { AttemptAnswer } from '../storage/verbs.ts'
import type { DeviceClaim } from './devices/device.ts'
import type { BegunFactor, FactorChoice, SignInEngine } from './engine-contract.ts'
import { askEntry, type EntryQuestion } from './entry-question.ts'
import type { CountedAttempt, FirstFactor } from './factor.ts'
import { ownMailbox } from './factor-offer.ts'
import type { Passwords } from './passwords.ts'
import type { ClientSignals } from './risk/inputs.ts'
import { writeFailed } from './sign-in-log.ts'
import type { SignedIn } from './signed-in.ts'
import { tellOfGuessing } from './suspicion.ts'

export interface PasswordSignIn {
  readonly email: string
  readonly password: string
  readonly client?: ClientInfo
}

export interface SignIn {
  /** @throws INPUT_INVALID (not of this shape; a malformed address is bad credentials), TENANT_SUSPENDED, TENANT_DELETED, TENANT_MOVING, OVERLOADED, STORAGE_UNAVAILABLE */
  password(credentials: PasswordSignIn): Promise<SignedIn>
  /**
   * Begins a factor that was asked for (`factor-required`): sends its code, or answers what the client needs to show it.
   * Not needed where there is nothing to begin (an authenticator app, a hardware token, a recovery code).
   * @throws INPUT_INVALID, TOKEN_EXPIRED (the pending sign-in is over), FACTOR_UNKNOWN, STORAGE_UNAVAILABLE
   */
  challenge(asked: FactorChoice): Promise<BegunFactor>
  /** Answers a pending sign-in with another factor. @throws INPUT_INVALID, TENANT_SUSPENDED, TENANT_DELETED, TENANT_MOVING, STORAGE_UNAVAILABLE */
  continue(answer: SignInAnswer): Promise<SignedIn>
  /**
   * Proves again who holds a session: by the password, by a second factor (without `password`: the answer asks for one), or
   * both. It ends in a new session under a new id, and the old one dies (S01). `denied` for who has no second factor and
   * shows no password.
   * @throws INPUT_INVALID, ID_INVALID, SESSION_ENDED, TENANT_SUSPENDED, TENANT_DELETED, TENANT_MOVING, OVERLOADED, STORAGE_UNAVAILABLE
   */
  stepUp(again: StepUp): Promise<SignedIn>
}

export interface StepUp {
  readonly session: SessionId
  readonly password?: string
  readonly client?: ClientInfo
}

export interface SignInAnswer extends FactorChoice {
  /** Digits, or a recovery code (with `factor: 'recovery_code'`). */
  readonly code?: string
  /** WebAuthn's answer as JSON. */
  readonly assertion?: Readonly<Record<string, unknown>>
  readonly client?: ClientInfo
  /**
   * From now on, for `sessions.deviceTrustMs`, this device stands in for the second factor, unless policy or risk ask for one.
   * Needs `client.device`.
   */
  readonly trustDevice?: boolean
}

/** A pool of its own for each factor: who guesses codes does not lock the password, nor the reverse. */
const POOL = 'password'
const REFUSED: SignedIn = { ok: false, reason: 'bad-credentials' }
const METHODS = ['pwd'] as const
/** What identifies an address that is none; more of it says nothing more. */
const MAXIMUM_SUBJECT = 1024
const CHOICE = ['token', 'factor'] as const

export function createSignIn(context: TenantContext, passwords: Passwords, engine: SignInEngine): SignIn {
  const { scope } = context

  /** Counts the attempt, reads whose it is, and checks the password; where the attempt is refused, no more than that. */
  const looked = (question: EntryQuestion, password: unknown) =>
    passwords.inTurn(async () => {
      const load = await askEntry(context, question)
      const refused = load.attempt?.allowed === false
      return { load, right: !refused && (await passwords.verify(load.user?.password_hash, password)) }
    })

  return {
    async password(credentials) {
      checkKeys(credentials, 'credentials', ['email', 'password', 'client'])
      const { email, password, client } = credentials
      checkClient(client)
      const emailNorm = readEmail(email)?.emailNorm
      const attempt = { pool: POOL, subject: subjectOf(emailNorm, email) }

      // Counted before anything is looked at, so that of any number of parallel guesses only as many as the schedule allows
      // see a hash (M02), and a flood costs one statement each. What is no address is nobody's. The user is read before
      // the password is checked: the epoch in this row is the one the session has to be opened under. A user who is disabled
      // is as unknown: their right password must not be told from a wrong one.
      const who = { kind: 'email', emailNorm: emailNorm ?? '' } as const
      const { load, right } = await looked({ who, client, attempt }, password)
      if (load.attempt?.allowed === false) return tooMany(load.attempt)
      const found = load.user
      if (!found || !right) {
        await writeFailed(context, { address: emailNorm, user: found, methods: METHODS, client })
        if (found) tellOfGuessing(context, found, load.attempt?.failures)
        return REFUSED
      }
      // hashing takes longer than everything else: not while rows are locked
      const [rehashed, leakedPassword] = await Promise.all([
        passwords.needsRehash(found.password_hash!) ? passwords.hash(password) : undefined,
        context.riskSources.isLeaked(password),
      ])
      return engine.conclude(context, {
        ...passwordProof(found, client),
        load,
        ...(leakedPassword === undefined ? {} : { leakedPassword }),
        attempt,
        ...(rehashed === undefined ? {} : { spends: [strengthened(found, rehashed)] }),
      })
    },

    async stepUp(again) {
      checkKeys(again, 'again', ['session', 'password', 'client'])
      const { password, client } = again
      const session = parseId<SessionId>(again.session, 'session')
      checkClient(client)
      if (password !== undefined && typeof password !== 'string') throw invalid('password', 'it is not a text')
      const live = await scope.verbs.lookUpSession(session)
      if (!live) throw new FreeholdError('SESSION_ENDED')
      // an operator who acts for the user is not the user
      if (live.session.impersonator_id !== null) return { ok: false, reason: 'denied' }
      const who = { kind: 'user', userId: live.user.id } as const
      const attempt = passwordAttempt(live.user)
      const question = { who, client, ...(password === undefined ? {} : { attempt }) }
      const { load, right } =
        password === undefined
          ? { load: await askEntry(context, question), right: false }
          : await looked(question, password)
      if (load.attempt?.allowed === false) return tooMany(load.attempt)
      const { user } = load
      if (!user) throw new FreeholdError('SESSION_ENDED')
      const proof = { ...passwordProof(user, client), load }
      if (password === undefined) {
        // how it was begun still stands; what was shown beside it must be shown again
        const methods = live.session.authentication_methods.slice(0, 1)
        const usedFactors = methods[0] === 'otp' ? ownMailbox(load.methods, user) : everyNumber(methods, load.methods)
        return engine.conclude(context, { ...proof, methods, usedFactors, former: { session, shown: false } })
      }
      if (!right) {
        await writeFailed(context, { address: user.email_norm, user, methods: METHODS, client })
        tellOfGuessing(context, user, load.attempt?.failures)
        return REFUSED
      }
      return engine.conclude(context, { ...proof, attempt, former: { session, shown: true } })
    },

    async challenge(asked) {
      checkKeys(asked, 'asked', CHOICE)
      checkChoice(asked)
      return engine.begin(context, asked)
    },

    async continue(answer) {
      checkKeys(answer, 'answer', [...CHOICE, 'code', 'assertion', 'client', 'trustDevice'])
      checkChoice(answer)
      const { code, assertion, client, trustDevice } = answer
      checkClient(client)
      if (trustDevice !== undefined && typeof trustDevice !== 'boolean')
        throw invalid('trustDevice', 'it is true or false')
      if (trustDevice && !client?.device) throw invalid('trustDevice', 'nothing is known of the device: client.device')
      if (code !== undefined && typeof code !== 'string') throw invalid('code', 'it is not a text')
      if (assertion !== undefined && !isPlainObject(assertion)) throw invalid('assertion', 'it is not an object')
      return engine.resume(context, answer, answer)
    },
  }
}

/** Of a session that a code to a telephone opened: which one it was, nobody knows any more. */
function everyNumber(shown: readonly string[], factors: readonly MfaMethodRow[]): string[] {
  return shown[0] === 'sms' ? factors.filter(({ type }) => type === 'sms').map(({ id }) => id) : []
}

/** Guesses at a user's password, wherever it is asked for. */
export function passwordAttempt({
  email,
  email_norm: emailNorm,
}: Pick<UserRow, 'email' | 'email_norm'>): CountedAttempt {
  return { pool: POOL, subject: subjectOf(emailNorm, email) }
}

/** What a right password proves: one factor (NIST SP 800-63B-4). */
export function passwordProof(user: UserRow, client: ClientInfo | undefined): FirstFactor {
  return { user, methods: METHODS, assuranceLevel: 1, usedFactors: [], ...(client ? { client } : {}) }
}

/** A password that changed meanwhile stays, and whoever changed it has moved the epoch as well. */
function strengthened({ id, password_hash }: UserRow, rehashed: string): Step {
  return change('users', { id, password_hash }, { password_hash: rehashed })
}

function tooMany({ retryAfterMs }: Extract<AttemptAnswer, { allowed: false }>): SignedIn {
  return { ok: false, reason: 'too-many-attempts', retryAfterMs }
}

/** @throws INPUT_INVALID */
function checkChoice({ token, factor }: FactorChoice): void {
  if (typeof token !== 'string') throw invalid('token', 'it is not a text')
  if (factor !== undefined && typeof factor !== 'string') throw invalid('factor', 'it is not a text')
}

/** Before anything is counted. @throws INPUT_INVALID */
export function checkClient(client: ClientInfo | undefined): void {
  if (client === undefined) return
  checkKeys(client, 'client', ['ip', 'userAgent', 'signals', 'device'])
  const { signals, device, ...texts } = client
  for (const [field, value] of Object.entries(texts)) {
    if (value !== undefined && typeof value !== 'string') throw invalid(`client.${field}`, 'it is not a text')
  }
  if (signals !== undefined) checkSignals(signals)
  if (device !== undefined) checkDevice(device)
}

function checkDevice(device: DeviceClaim): void {
  checkKeys(device, 'client.device', ['token', 'acceptLanguage', 'platform'])
  for (const [field, value] of Object.entries(device)) {
    const sound = value === undefined || value === null || typeof value === 'string'
    if (!sound) throw invalid(`client.device.${field}`, 'it is not a text')
  }
}

function checkSignals(signals: ClientSignals): void {
  checkKeys(signals, 'client.signals', ['userAgent', 'acceptLanguage', 'formMs'])
  const { formMs, ...texts } = signals
  for (const [field, value] of Object.entries(texts)) {
    const sound = value === undefined || value === null || typeof value === 'string'
    if (!sound) throw invalid(`client.signals.${field}`, 'it is not a text')
  }
  if (formMs !== undefined && !(typeof formMs === 'number' && formMs >= 0)) {
    throw invalid('client.signals.formMs', 'it is not a number of milliseconds')
  }
}

/** What failures are counted by: the same for known and unknown addresses, and for what is no address at all. */
function subjectOf(emailNorm: string | undefined, given: unknown): Uint8Array {
  const text = emailNorm ?? (typeof given === 'string' ? given.slice(0, MAXIMUM_SUBJECT) : '')
  return createHash('sha256')
    .update(`freehold/1/sign-in/${emailNorm === undefined ? 'malformed' : 'email'}\0${text}`)
    .digest()
}
