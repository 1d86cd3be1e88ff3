// Setting up a first second factor while a sign-in waits for it: a rule asks for one, and the user has none. The token of
// such a sign-in is good for this alone, and what is set up ends the sign-in, in one transaction.

import { createHash } from 'node:crypto'
import { inRequestOf } from '../audit/actor.ts'
import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { checkKeys, checkText, invalid } from '../kernel/input.ts'
import { notify } from '../messages/notices.ts'
import type { ClientInfo } from '../sessions/session.ts'
import type { MfaMethodRow } from '../storage/authentication-tables.ts'
import { add, changeOne, hold, remove, type Step, told } from '../storage/steps.ts'
import { fromNow } from '../storage/tables.ts'
import type { Directory } from '../tenancy/directory.ts'
import type { Enrolling, SignInEngine } from './engine-contract.ts'
import { forgotten } from './entry.ts'
import type { CountedAttempt } from './factor.ts'
import { writeFactorEvent } from './factors/factor-log.ts'
import { TOTP_SECRET_BYTES } from './factors/factors.ts'
import { recoveryCodes } from './factors/recovery-codes.ts'
import { openSecret, sealSecret } from './factors/sealed-secret.ts'
import { type PasskeyCreationOptions, type PasskeyRegistration, refused } from './passkeys/ceremony.ts'
import { spendingCeremony } from './passkeys/challenge.ts'
import { creationOptions, readNewKey } from './passkeys/registration.ts'
import { createRelyingParties } from './passkeys/relying-party.ts'
import { checkClient } from './sign-in.ts'
import { writeFailed } from './sign-in-log.ts'
import type { SignedIn } from './signed-in.ts'

/** For the token of an answer that says `enrolment-required`. Each is over once the user has a factor, however they came by it. */
export interface SignInEnrolment {
  /**
   * Begins an authenticator app (RFC 6238). The secret is said here, once; asked for again, another takes its place.
   * @throws INPUT_INVALID, TOKEN_EXPIRED (the sign-in is over), TENANT_SUSPENDED, TENANT_DELETED, TENANT_MOVING, STORAGE_UNAVAILABLE
   */
  totp(asked: EnrolmentToken & { readonly name?: string }): Promise<NewTotp>
  /** Proves the app by a code, and ends the sign-in. @throws as `totp`, FACTOR_UNKNOWN (none was begun) */
  confirm(answer: ConfirmedEnrolment): Promise<EnrolledSignIn>
  /** What `navigator.credentials.create` wants. @throws as `totp` (`origin` may be no page of this tenant) */
  passkeyOptions(asked: EnrolmentToken & { readonly origin?: string }): Promise<PasskeyCreationOptions>
  /** Keeps the passkey that the browser made, and ends the sign-in. @throws as `totp`, PASSKEY_REFUSED, PASSKEY_TAKEN */
  register(answer: RegisteredEnrolment): Promise<EnrolledSignIn>
}

export interface EnrolmentToken {
  /** `next.token` of the answer that asked for it. */
  readonly token: string
}

export interface NewTotp {
  /** Base32, to be typed. */
  readonly secret: string
  /** `otpauth://totp/...`, to be scanned as a QR code. */
  readonly uri: string
}

interface EnrolmentAnswer extends EnrolmentToken {
  readonly client?: ClientInfo
  /** Make recovery codes with it. Default false. */
  readonly recoveryCodes?: boolean
}

export interface ConfirmedEnrolment extends EnrolmentAnswer {
  readonly code: string
}

export interface RegisteredEnrolment extends EnrolmentAnswer {
  /** `credential.toJSON()`. */
  readonly response: PasskeyRegistration
  /** 1 to 100 characters. Default `Passkey`. */
  readonly name?: string
}

export type EnrolledSignIn =
  | (Extract<SignedIn, { ok: true }> & {
      /** Where they were asked for: said here, once. */
      readonly recoveryCodes?: readonly string[]
    })
  | Exclude<SignedIn, { ok: true }>

const NAME = { maximum: 100 }
const APP = 'Authenticator app'
const ANSWER = ['token', 'client', 'recoveryCodes'] as const
const REFUSED: SignedIn = { ok: false, reason: 'bad-credentials' }
const EXPIRED: SignedIn = { ok: false, reason: 'expired' }

export function createSignInEnrolment(
  context: TenantContext,
  engine: Pick<SignInEngine, 'enrolling' | 'finish'>,
  directory: Pick<Directory, 'find'>,
): SignInEnrolment {
  const { scope, runtime, tenant, auditWriter } = context
  const places = createRelyingParties(context, directory)

  /** In the name of whoever has shown the first factor. */
  function acting({ user }: Enrolling, client?: ClientInfo): TenantContext {
    return { ...context, actor: inRequestOf(context.actor, { type: 'user', id: user.id }, client) }
  }

  async function demand({ token }: EnrolmentToken): Promise<Enrolling> {
    const waiting = await engine.enrolling(context, token)
    if (!waiting) throw new FreeholdError('TOKEN_EXPIRED')
    return waiting
  }

  /** The factor, recovery codes where they are asked for, and the session: all of them, or none. */
  async function finish(waiting: Enrolling, { client, recoveryCodes: wanted }: EnrolmentAnswer, made: Made) {
    const codes = wanted ? await recoveryCodes(acting(waiting, client), waiting.user.id) : undefined
    const spends = [...made.steps, ...(codes?.steps ?? [])]
    const proof = { methods: made.methods, assuranceLevel: 2, spends } as const
    const signedIn = await engine.finish(context, waiting, proof, client)
    if (!signedIn.ok) return signedIn
    const [kind, facts = {}] = made.letter
    notify(context, waiting.user, kind, facts)
    return { ...signedIn, ...(codes ? { recoveryCodes: codes.codes } : {}) }
  }

  return {
    async totp(asked) {
      checkKeys(asked, 'asked', ['token', 'name'])
      checkToken(asked)
      const name = checkText(asked.name ?? APP, 'name', NAME)
      const { encodeSecret, otpauthUrl } = await import('./factors/one-time-password.ts')
      const waiting = await demand(asked)
      const { user, request: id } = waiting
      const secret = { bytes: runtime.randomBytes(TOTP_SECRET_BYTES), digits: 6 } as const
      const method = { id, user_id: user.id, type: 'totp', name, secret: sealSecret(context, id, secret) } as const
      // what was begun before, here or at another sign-in, and never proven
      const before = { user_id: user.id, type: 'totp', confirmed_at: null } as const
      // held, so that of a page that asks twice at once each has its answer
      const steps: Step[] = [hold('users', { id: user.id }), remove('mfa_methods', before)]
      steps.push(add('mfa_methods', method))
      await writeFactorEvent({ ...acting(waiting), scope: told(steps) }, 'mfa.enrolled', user.id, method)
      await scope.atOnce(steps)
      return { secret: encodeSecret(secret.bytes), uri: otpauthUrl(tenant.name, user.email, secret) }
    },

    async confirm(answer) {
      checkKeys(answer, 'answer', [...ANSWER, 'code'])
      checkAnswer(answer)
      const { code, token, client } = answer
      if (typeof code !== 'string') throw invalid('code', 'it is not a text')
      const waiting = await engine.enrolling(context, token, client)
      if (!waiting) return EXPIRED
      const { user, request: id, first } = waiting
      const method = await scope.records.get('mfa_methods', { id })
      if (method?.user_id !== user.id || method.type !== 'totp') throw new FreeholdError('FACTOR_UNKNOWN')
      // counted before the code is looked at (M02)
      const counted = attemptOf(method)
      const attempt = await scope.verbs.takeAttempt({ ...counted, ...context.settings.attempts })
      if (!attempt.allowed) return { ok: false, reason: 'too-many-attempts', retryAfterMs: attempt.retryAfterMs }
      const { totpStep } = await import('./factors/one-time-password.ts')
      const step = await totpStep(openSecret(context, method), code, runtime.now(), method.moving_factor)
      if (step === undefined) {
        await writeFailed(context, { address: user.email_norm, user, methods: [...first.methods, 'otp'], client })
        return REFUSED
      }
      const steps: Step[] = [
        changeOne(
          'mfa_methods',
          { id, confirmed_at: null, moving_factor: { before: step + 1 } },
          { confirmed_at: fromNow(), moving_factor: step + 1, last_used_at: fromNow(), is_primary: true },
        ),
        ...forgotten([counted]),
      ]
      await writeFactorEvent({ ...acting(waiting, client), scope: told(steps) }, 'mfa.confirmed', user.id, method)
      return finish(waiting, answer, { methods: ['otp'], steps, letter: ['factor-added', { factor: 'totp' }] })
    },

    async passkeyOptions(asked) {
      checkKeys(asked, 'asked', ['token', 'origin'])
      checkToken(asked)
      const { user, request } = await demand(asked)
      const { rpId } = await places.choose(asked.origin)
      return creationOptions(context, user, rpId, request)
    },

    async register(answer) {
      checkKeys(answer, 'answer', [...ANSWER, 'response', 'name'])
      checkAnswer(answer)
      const { token, client } = answer
      const made = await readNewKey(context, places, answer)
      const waiting = await engine.enrolling(context, token, client)
      if (!waiting) return EXPIRED
      const { user, request: recipient } = waiting
      const spent = spendingCeremony(context, { ...made.ceremony, user, recipient })
      if (!spent) throw refused('challenge')
      const id = runtime.newId()
      const { method, credential } = made.rows(id, user.id)
      const steps: Step[] = [spent, add('mfa_methods', method), add('webauthn_credentials', credential)]
      await auditWriter.append(told(steps), acting(waiting, client).actor, {
        action: 'passkey.registered',
        targets: [
          { type: 'passkey', id },
          { type: 'user', id: user.id },
        ],
        details: made.details,
      })
      try {
        return await finish(waiting, answer, { methods: made.methods, steps, letter: ['passkey-added'] })
      } catch (error) {
        const taken = FreeholdError.is(error, 'DUPLICATE') && error.details.table === 'webauthn_credentials'
        throw taken ? new FreeholdError('PASSKEY_TAKEN') : error
      }
    },
  }
}

/** A factor that is there once its steps are done. */
interface Made {
  readonly methods: readonly string[]
  readonly steps: readonly Step[]
  readonly letter: readonly ['factor-added' | 'passkey-added', { readonly factor: 'totp' }?]
}

/** As for every factor that is being set up, apart from the pool of signing in. */
function attemptOf({ id, type }: Pick<MfaMethodRow, 'id' | 'type'>): CountedAttempt {
  const subject = createHash('sha256').update(`freehold/1/factor-setup/${id}`).digest()
  return { pool: `factor-setup:${type}`, subject }
}

/** @throws INPUT_INVALID */
function checkToken({ token }: EnrolmentToken): void {
  if (typeof token !== 'string') throw invalid('token', 'it is not a text')
}

/** @throws INPUT_INVALID */
function checkAnswer(answer: EnrolmentAnswer): void {
  checkToken(answer)
  checkClient(answer.client)
  const { recoveryCodes: wanted } = answer
  if (wanted !== undefined && typeof wanted !== 'boolean') throw invalid('recoveryCodes', 'it is not true or false')
}
