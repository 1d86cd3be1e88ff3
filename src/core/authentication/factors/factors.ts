// The second factors of a tenant's users: set up, proven, named, ordered, removed. A factor counts once it was proven,
// and whoever changes one in their own name has proven shortly before who they are.

import type { TenantContext } from '../../context.ts'
import { parseEmail } from '../../identity/email.ts'
import { type UserKey, userIdOf } from '../../identity/user.ts'
import { FreeholdError } from '../../kernel/errors.ts'
import type { FactorId, UserId } from '../../kernel/ids.ts'
import { checkInteger, checkKeys, checkText, invalid } from '../../kernel/input.ts'
import { notify, posting } from '../../messages/notices.ts'
import type { FactorType, MfaMethodRow } from '../../storage/authentication-tables.ts'
import { FACTORS_AT_MOST } from '../../storage/sign-in-verbs.ts'
import type { TenantUnit } from '../../storage/storage.ts'
import type { NewRow } from '../../storage/tables.ts'
import type { UserRow } from '../../storage/tenant-tables.ts'
import { type EndingOthers, endOthers, endsOthers } from '../other-sessions.ts'
import { demandEmailFactor, emailIsFactor, policyOf, requiredLevel } from '../sign-in-policy.ts'
import { loadStanding } from '../standing.ts'
import { demandFresh } from '../step-up-guard.ts'
import { type ConfirmedFactor, type ConfirmOptions, confirmFactor, resynchronise, type Tell } from './confirmation.ts'
import { type FactorAction, writeFactorEvent } from './factor-log.ts'
import { type Factor, type FactorKey, factorFromRow, factorIdOf } from './factor-view.ts'
import type { OtpSecret } from './one-time-password.ts'
import { makeRecoveryCodes } from './recovery-codes.ts'
import { sealSecret } from './sealed-secret.ts'
import { type Sent, sendCode } from './sent-code.ts'

export interface Factors {
  /** Oldest first, those that were not confirmed too. */
  list(user: UserKey): Promise<readonly Factor[]>
  /** An authenticator app (RFC 6238). The secret is said here, once. @throws as `confirm`, FACTOR_LIMIT, INPUT_INVALID */
  enrolTotp(user: UserKey, factor: { readonly name: string }): Promise<EnrolledTotp>
  /** A hardware token (OATH HOTP, RFC 4226) by the secret that came with it. @throws as `enrolTotp` */
  enrolHardwareToken(user: UserKey, token: NewHardwareToken): Promise<Factor>
  /** A telephone; a code is sent to it. @throws as `enrolTotp`, TEXTER_MISSING, TOO_MANY_ATTEMPTS */
  enrolSms(user: UserKey, factor: { readonly name: string; readonly phone: string }): Promise<EnrolledTarget>
  /** A mailbox, the user's own unless another is given; a code is sent to it. @throws as `enrolTotp`, EMAIL_INVALID, EMAIL_FACTOR_OFF, MAILER_MISSING, TOO_MANY_ATTEMPTS */
  enrolEmail(user: UserKey, factor: { readonly name: string; readonly email?: string }): Promise<EnrolledTarget>
  /** Sends another code to a telephone or mailbox that is not confirmed yet. @throws FACTOR_UNKNOWN, TOO_MANY_ATTEMPTS */
  sendCode(user: UserKey, factor: FactorKey): Promise<Sent>
  /**
   * The code is right: the factor counts from now on. With `endOtherSessions`, the user's sessions end, but for the one
   * in whose name this is done. With `recoveryCodes`, a user who has none gets ten with it, said here, once.
   * @throws FACTOR_UNKNOWN, FACTOR_CODE_WRONG, TOO_MANY_ATTEMPTS, STEP_UP_REQUIRED (a user acts whose session is not fresh)
   */
  confirm(user: UserKey, factor: FactorKey, answer: ConfirmOptions): Promise<ConfirmedFactor>
  /** Finds a hardware token that has run ahead, by two codes in a row (RFC 4226, section 7.4). @throws as `confirm` */
  resync(user: UserKey, factor: FactorKey, codes: readonly [string, string]): Promise<Factor>
  rename(user: UserKey, factor: FactorKey, name: string): Promise<Factor>
  /** This one is asked for first. @throws FACTOR_UNKNOWN (or not confirmed) */
  setPrimary(user: UserKey, factor: FactorKey): Promise<Factor>
  /** Not a passkey: `passkeys.remove`. @throws FACTOR_UNKNOWN, LAST_FACTOR (policy asks for one), STEP_UP_REQUIRED, INPUT_INVALID */
  remove(user: UserKey, factor: FactorKey, options?: EndingOthers): Promise<void>
  /** Ten new recovery codes, said here, once; the old ones are void. @throws FACTOR_UNKNOWN (the user has no second factor), STEP_UP_REQUIRED */
  renewRecoveryCodes(user: UserKey, options?: EndingOthers): Promise<readonly string[]>
  recoveryCodesLeft(user: UserKey): Promise<number>
}

export interface EnrolledTotp {
  readonly factor: Factor
  /** Base32, to be typed. */
  readonly secret: string
  /** `otpauth://totp/...`, to be scanned as a QR code. */
  readonly uri: string
}

export interface EnrolledTarget {
  readonly factor: Factor
  readonly sent: Sent
}

export interface NewHardwareToken {
  readonly name: string
  /** 16 to 64 bytes, or their base32. */
  readonly secret: string | Uint8Array
  /** Default 6. */
  readonly digits?: 6 | 8
  /** The token's counter as it is delivered. Default 0. */
  readonly counter?: number
}

const NAME = { maximum: 100 }
export const TOTP_SECRET_BYTES = 20
const E164 = /^\+[1-9]\d{6,14}$/

export function createFactors(context: TenantContext): Factors {
  const { scope, runtime, tenant } = context

  /** One change of one user's factors: the user's row is held, so that they come one after the other. */
  function change<R>(key: UserKey, work: (unit: TenantUnit, user: UserRow, tell: Tell) => Promise<R>): Promise<R> {
    const id = userIdOf(key)
    return posting(context, async (inside) => {
      const unit = inside.scope
      await demandFresh(context, unit)
      const user = await unit.records.lock('users', { id })
      if (!user || user.status === 'deleted') throw new FreeholdError('USER_UNKNOWN')
      return work(unit, user, (kind, type) => notify(inside, user, kind, type ? { factor: type } : {}))
    })
  }

  const log = (unit: TenantUnit, action: FactorAction, user: UserRow, method?: MfaMethodRow, details = {}) =>
    writeFactorEvent({ ...context, scope: unit }, action, user.id, method, details)

  async function methodOf(
    { records }: Pick<TenantUnit, 'records'>,
    userId: UserId | string,
    id: FactorId,
  ): Promise<MfaMethodRow> {
    const row = await records.get('mfa_methods', { id })
    // somebody else's factor does not exist for this user (W04)
    if (row?.user_id !== userId) throw new FreeholdError('FACTOR_UNKNOWN')
    return row
  }

  type Enrolment = Pick<NewRow<'mfa_methods'>, 'target' | 'moving_factor'> & { readonly secret?: OtpSecret }

  function enrol(key: UserKey, type: FactorType, name: string, make: (user: UserRow) => Enrolment) {
    const named = checkText(name, 'name', NAME)
    return change(key, async (unit, user) => {
      if ((await unit.records.count('mfa_methods', { user_id: user.id })) >= FACTORS_AT_MOST) {
        throw new FreeholdError('FACTOR_LIMIT', { maximum: FACTORS_AT_MOST })
      }
      const id = runtime.newId()
      const { secret, ...columns } = make(user)
      const sealed = secret ? { secret: sealSecret(context, id, secret) } : {}
      const row = { id, user_id: user.id, type, name: named, ...columns, ...sealed }
      const [method] = await unit.records.insert('mfa_methods', [row])
      await log(unit, 'mfa.enrolled', user, method)
      return { user, method: method! }
    })
  }

  async function enrolTarget(key: UserKey, type: 'sms' | 'email', name: string, target: (user: UserRow) => string) {
    if (type === 'email') demandEmailFactor(context)
    if (type === 'email') context.post.requireMailer()
    else context.post.requireTexter()
    const { user, method } = await enrol(key, type, name, (row) => ({ target: target(row) }))
    const sent = await sendCode(context, { purpose: 'factor-enrolment', user, method, request: method.id })
    return { factor: factorFromRow(method), sent }
  }

  return {
    async list(key) {
      const where = { user_id: userIdOf(key) }
      const rows = await scope.records.find('mfa_methods', { where, limit: FACTORS_AT_MOST })
      return rows.map(factorFromRow)
    },

    async enrolTotp(key, factor) {
      checkKeys(factor, 'factor', ['name'])
      const secret = { bytes: runtime.randomBytes(TOTP_SECRET_BYTES), digits: 6 } as const
      const { encodeSecret, otpauthUrl } = await import('./one-time-password.ts')
      const { user, method } = await enrol(key, 'totp', factor.name, () => ({ secret }))
      return {
        factor: factorFromRow(method),
        secret: encodeSecret(secret.bytes),
        uri: otpauthUrl(tenant.name, user.email, secret),
      }
    },

    async enrolHardwareToken(key, token) {
      checkKeys(token, 'token', ['name', 'secret', 'digits', 'counter'])
      const counter = checkInteger(token.counter ?? 0, 'counter', 0)
      const secret = await secretOf(token)
      const { method } = await enrol(key, 'hardware_token', token.name, () => ({ secret, moving_factor: counter }))
      return factorFromRow(method)
    },

    async enrolSms(key, factor) {
      checkKeys(factor, 'factor', ['name', 'phone'])
      const { phone } = factor
      if (typeof phone !== 'string' || !E164.test(phone)) throw invalid('phone', 'it is no number as +34600000042')
      return enrolTarget(key, 'sms', factor.name, () => phone)
    },

    async enrolEmail(key, factor) {
      checkKeys(factor, 'factor', ['name', 'email'])
      const given = factor.email === undefined ? undefined : parseEmail(factor.email).email
      return enrolTarget(key, 'email', factor.name, (user) => given ?? user.email)
    },

    async sendCode(key, factorKey) {
      const id = userIdOf(key)
      const method = await methodOf(scope, id, factorIdOf(factorKey))
      const user = await scope.records.get('users', { id })
      const sent = method.type === 'sms' || method.type === 'email'
      if (!user || !sent || method.confirmed_at) throw new FreeholdError('FACTOR_UNKNOWN')
      return sendCode(context, { purpose: 'factor-enrolment', user, method, request: method.id })
    },

    async confirm(key, factorKey, answer) {
      return confirmFactor(context, change, userIdOf(key), factorIdOf(factorKey), answer)
    },

    async resync(key, factorKey, codes) {
      return factorFromRow(await resynchronise(context, change, userIdOf(key), factorIdOf(factorKey), codes))
    },

    async rename(key, factorKey, name) {
      const id = factorIdOf(factorKey)
      const named = checkText(name, 'name', NAME)
      return change(key, async (unit, user) => {
        const method = await methodOf(unit, user.id, id)
        if (method.name === named) return factorFromRow(method)
        const [row] = await unit.records.update('mfa_methods', { id }, { name: named })
        await log(unit, 'mfa.renamed', user, row)
        return factorFromRow(row!)
      })
    },

    async setPrimary(key, factorKey) {
      const id = factorIdOf(factorKey)
      return change(key, async (unit, user, tell) => {
        const method = await methodOf(unit, user.id, id)
        if (!method.confirmed_at) throw new FreeholdError('FACTOR_UNKNOWN')
        if (method.is_primary) return factorFromRow(method)
        await unit.records.update('mfa_methods', { user_id: user.id, is_primary: true }, { is_primary: false })
        const [row] = await unit.records.update('mfa_methods', { id }, { is_primary: true })
        await log(unit, 'mfa.primary_changed', user, row)
        tell('factor-primary', row!.type)
        return factorFromRow(row!)
      })
    },

    async remove(key, factorKey, options = {}) {
      const id = factorIdOf(factorKey)
      const asked = endsOthers(options, 'options')
      await change(key, async (unit, user, tell) => {
        const method = await methodOf(unit, user.id, id)
        if (method.type === 'webauthn') throw new FreeholdError('FACTOR_UNKNOWN')
        const policy = policyOf(tenant)
        const { methods, roleKeys } = await loadStanding({ scope: unit }, user, policy)
        const left = methods.some((other) => other.id !== id)
        const enough = methods.some(
          ({ id: other, type }) => other !== id && (type !== 'email' || emailIsFactor(context)),
        )
        if (method.confirmed_at && !enough && requiredLevel(policy, roleKeys) > 1)
          throw new FreeholdError('LAST_FACTOR')
        await unit.records.remove('mfa_methods', { id })
        // codes for the recovery of a factor that is no more would be the only one left
        if (!left) await unit.records.remove('recovery_codes', { user_id: user.id })
        await log(unit, 'mfa.removed', user, method, await endOthers(context, unit, user.id, asked))
        if (method.confirmed_at) tell('factor-removed', method.type)
      })
    },

    async renewRecoveryCodes(key, options = {}) {
      const asked = endsOthers(options, 'options')
      return change(key, async (unit, user, tell) => {
        const confirmed = { user_id: user.id, confirmed_at: { not: null } }
        if ((await unit.records.count('mfa_methods', confirmed)) === 0) throw new FreeholdError('FACTOR_UNKNOWN')
        tell('recovery-codes-renewed')
        return makeRecoveryCodes(context, unit, user.id, await endOthers(context, unit, user.id, asked))
      })
    },

    async recoveryCodesLeft(key) {
      return scope.records.count('recovery_codes', { user_id: userIdOf(key), used_at: null })
    },
  }
}

/** @throws INPUT_INVALID */
async function secretOf({ secret, digits = 6 }: NewHardwareToken): Promise<OtpSecret> {
  const { decodeSecret, SECRET_MAXIMUM, SECRET_MINIMUM } = await import('./one-time-password.ts')
  if (digits !== 6 && digits !== 8) throw invalid('digits', 'it is 6 or 8')
  const bytes = typeof secret === 'string' ? decodeSecret(secret) : secret
  if (!(bytes instanceof Uint8Array)) throw invalid('secret', 'it is neither base32 nor bytes')
  if (bytes.length < SECRET_MINIMUM || bytes.length > SECRET_MAXIMUM) {
    throw invalid('secret', `it has ${SECRET_MINIMUM} to ${SECRET_MAXIMUM} bytes`)
  }
  return { bytes, digits }
}
