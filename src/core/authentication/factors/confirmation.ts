// Proving a factor that was set up, and finding a hardware token that ran ahead. Attempts are counted outside the
// transaction that a wrong code rolls back.

import { createHash } from 'node:crypto'
import type { TenantContext } from '../../context.ts'
import { FreeholdError } from '../../kernel/errors.ts'
import type { FactorId, UserId } from '../../kernel/ids.ts'
import { invalid } from '../../kernel/input.ts'
import type { NoticeKind } from '../../ports/mailer.ts'
import type { FactorType, MfaMethodRow } from '../../storage/authentication-tables.ts'
import type { TenantUnit } from '../../storage/storage.ts'
import { fromNow } from '../../storage/tables.ts'
import type { UserRow } from '../../storage/tenant-tables.ts'
import { type EndingOthers, endOthers, endsOthers } from '../other-sessions.ts'
import { demandEmailFactor } from '../sign-in-policy.ts'
import { demandFresh } from '../step-up-guard.ts'
import { writeFactorEvent } from './factor-log.ts'
import { type Factor, factorFromRow } from './factor-view.ts'
import { LOOK_AHEAD } from './otp-verifiers.ts'
import { makeRecoveryCodes } from './recovery-codes.ts'
import { openSecret } from './sealed-secret.ts'
import { checkCode, sendsOf } from './sent-code.ts'

export interface ConfirmOptions extends EndingOthers {
  readonly code: string
  /** Make recovery codes with it, for a user who has none that are unused. Default false. */
  readonly recoveryCodes?: boolean
}

export interface ConfirmedFactor extends Factor {
  /** Where they were asked for and made: said here, once. */
  readonly recoveryCodes?: readonly string[]
}

/** Tells the user by letter, once the change has committed. */
export type Tell = (kind: NoticeKind, factor?: FactorType) => void

/** Runs while the user's row is held. */
type Change = <R>(user: UserId, work: (unit: TenantUnit, user: UserRow, tell: Tell) => Promise<R>) => Promise<R>

/** How far a token may have run ahead for two codes in a row to bring it back. */
const RESYNC_AHEAD = 1000

export async function confirmFactor(
  context: TenantContext,
  change: Change,
  userId: UserId,
  id: FactorId,
  answer: ConfirmOptions,
): Promise<ConfirmedFactor> {
  const endOtherSessions = endsOthers(answer, 'answer', ['code', 'recoveryCodes'])
  const { code, recoveryCodes = false } = answer
  if (typeof code !== 'string') throw invalid('code', 'it is not a text')
  if (typeof recoveryCodes !== 'boolean') throw invalid('recoveryCodes', 'it is not true or false')
  const { user, method } = await unconfirmed(context, userId, id)
  if (method.type === 'email') demandEmailFactor(context)
  const counted = await count(context, method)
  const used = await usedBy(context, user, method, code)
  if (used === undefined) throw await wrong(context, user, method)
  return change(userId, async (unit, _, tell) => {
    const { records } = unit
    const first = (await records.count('mfa_methods', { user_id: userId, is_primary: true })) === 0
    const guard = { id, confirmed_at: null, moving_factor: { before: used + 1 } }
    const spent = { confirmed_at: fromNow(), moving_factor: used + 1, last_used_at: fromNow(), is_primary: first }
    const [row] = await records.update('mfa_methods', guard, spent)
    if (!row) throw new FreeholdError('FACTOR_UNKNOWN')
    await records.remove('sign_in_attempts', counted)
    await records.remove('sign_in_attempts', sendsOf(user, row))
    const ended = await endOthers(context, unit, userId, endOtherSessions)
    await writeFactorEvent({ ...context, scope: unit }, 'mfa.confirmed', userId, row, ended)
    tell('factor-added', row.type)
    const made = recoveryCodes && (await withoutCodes(unit, userId)) && (await makeRecoveryCodes(context, unit, userId))
    return { ...factorFromRow(row), ...(made ? { recoveryCodes: made } : {}) }
  })
}

export async function resynchronise(
  context: TenantContext,
  change: Change,
  userId: UserId,
  id: FactorId,
  codes: readonly [string, string],
): Promise<MfaMethodRow> {
  if (!Array.isArray(codes) || codes.length !== 2 || !codes.every((code) => typeof code === 'string')) {
    throw invalid('codes', 'it is two codes, one after the other')
  }
  const method = await context.scope.records.get('mfa_methods', { id })
  const user = await context.scope.records.get('users', { id: userId })
  if (!user || method?.user_id !== userId || method.type !== 'hardware_token') throw new FreeholdError('FACTOR_UNKNOWN')
  await demandFresh(context, context.scope)
  const counted = await count(context, method)
  const { resynchronised } = await import('./one-time-password.ts')
  const second = await resynchronised(openSecret(context, method), codes, method.moving_factor, RESYNC_AHEAD)
  if (second === undefined) throw await wrong(context, user, method)
  return change(userId, async (unit) => {
    // forward only (M11)
    const guard = { id, moving_factor: { before: second + 1 } }
    const [row] = await unit.records.update('mfa_methods', guard, { moving_factor: second + 1 })
    if (!row) throw new FreeholdError('FACTOR_CODE_WRONG')
    await unit.records.remove('sign_in_attempts', counted)
    await writeFactorEvent({ ...context, scope: unit }, 'mfa.resynchronised', userId, row)
    return row
  })
}

async function unconfirmed(context: TenantContext, userId: UserId, id: FactorId) {
  const { records } = context.scope
  const [method, user] = [await records.get('mfa_methods', { id }), await records.get('users', { id: userId })]
  const open = method?.user_id === userId && method.confirmed_at === null && method.type !== 'webauthn'
  if (!user || !open) throw new FreeholdError('FACTOR_UNKNOWN')
  await demandFresh(context, context.scope)
  return { user, method }
}

/** Codes that were kept stay good: whoever adds a factor has not asked for others. */
async function withoutCodes({ records }: TenantUnit, userId: UserId): Promise<boolean> {
  return (await records.count('recovery_codes', { user_id: userId, used_at: null })) === 0
}

/** The step or counter that a right code uses up, 0 for one that was sent; undefined for a wrong one. */
async function usedBy(
  context: TenantContext,
  user: UserRow,
  method: MfaMethodRow,
  code: string,
): Promise<number | undefined> {
  switch (method.type) {
    case 'totp':
      return (await import('./one-time-password.ts')).totpStep(
        openSecret(context, method),
        code,
        context.runtime.now(),
        method.moving_factor,
      )
    case 'hardware_token':
      return (await import('./one-time-password.ts')).hotpCounter(
        openSecret(context, method),
        code,
        method.moving_factor,
        LOOK_AHEAD,
      )
    default: {
      const sentFor = { purpose: 'factor-enrolment', user, method, request: method.id } as const
      return (await checkCode(context, sentFor, code)) && 0
    }
  }
}

/** In a pool apart from that of signing in. @throws TOO_MANY_ATTEMPTS */
async function count({ scope, settings }: TenantContext, { id, type }: MfaMethodRow) {
  const counted = {
    pool: `factor-setup:${type}`,
    subject: createHash('sha256').update(`freehold/1/factor-setup/${id}`).digest(),
  }
  const attempt = await scope.verbs.takeAttempt({ ...counted, ...settings.attempts })
  if (!attempt.allowed) throw new FreeholdError('TOO_MANY_ATTEMPTS', { retryAfterMs: attempt.retryAfterMs })
  return counted
}

/** Written in a transaction of its own: nothing else happened. */
async function wrong(context: TenantContext, user: UserRow, method: MfaMethodRow): Promise<FreeholdError> {
  await writeFactorEvent(context, 'mfa.failed', user.id, method)
  return new FreeholdError('FACTOR_CODE_WRONG')
}
