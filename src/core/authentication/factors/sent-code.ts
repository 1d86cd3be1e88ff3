// Codes that are sent, by text message or e-mail: six digits for one request and one factor, good for ten minutes and
// five attempts. A new one takes the place of the one before.

import { createHash } from 'node:crypto'
import type { TenantContext } from '../../context.ts'
import { readEmail } from '../../identity/email.ts'
import { FreeholdError } from '../../kernel/errors.ts'
import type { ChallengeRow, MfaMethodRow } from '../../storage/authentication-tables.ts'
import type { UserRow } from '../../storage/tenant-tables.ts'
import { type ChallengePurpose, createChallenges } from '../challenges.ts'
import { forgotten } from '../entry.ts'
import type { CountedAttempt, FactorVerifier } from '../factor.ts'
import { masked } from '../factor-offer.ts'
import { attemptOf } from '../pending.ts'
import { demandEmailFactor, emailIsFactor } from '../sign-in-policy.ts'
import { writeFactorEvent } from './factor-log.ts'

/** ASVS 5.0, V6.5.5. */
const LIFETIME_MS = 10 * 60 * 1000
/** Codes that may be asked for at once; then each waits, and the wait doubles. A right code forgets them. */
const SENDS_AT_ONCE = 3
/**
 * The same of codes to one number or mailbox, whoever asks and for which factor. These nothing forgets but time: a text message
 * costs money, and whose mailbox it is has not always asked.
 */
const SENDS_TO_ONE = 10
const SEND_DELAY_MS = 30_000

type SentType = 'sms' | 'email'

export interface Sent {
  /** Masked. */
  readonly to: string
  readonly expiresInMs: number
}

/** What a code is for: a second factor of one request, or the proof that a number or an address is theirs. */
interface SentFor {
  readonly purpose: Extract<ChallengePurpose, 'factor-code' | 'factor-enrolment'>
  readonly user: UserRow
  readonly method: MfaMethodRow
  readonly request: string
}

export function createSentCodeVerifier(type: SentType): FactorVerifier {
  const methods = [type]
  return {
    type,
    methods,
    assuranceLevel: 2,
    async begin(context, { user, method, request }) {
      if (!method) return {}
      return { ...(await sendCode(context, { purpose: 'factor-code', user, method, request })) }
    },
    async verify(context, { user, method, request }, { code }) {
      if (!method || code === undefined || (type === 'email' && !emailIsFactor(context))) return undefined
      const right = await checkCode(context, { purpose: 'factor-code', user, method, request }, code)
      return right ? { methods, assuranceLevel: 2, spends: forgotten([sendsOf(user, method)]) } : undefined
    },
  }
}

/** @throws TOO_MANY_ATTEMPTS (asked for too often), MAILER_MISSING, TEXTER_MISSING */
export async function sendCode(context: TenantContext, wanted: SentFor): Promise<Sent> {
  const { method, user } = wanted
  const { post, scope, settings } = context
  if (method.type === 'email') demandEmailFactor(context)
  if (method.type === 'email') post.requireMailer()
  else post.requireTexter()
  const counted = [
    { ...sendsOf(user, method), free: SENDS_AT_ONCE - 1 },
    { ...sendsTo(method), free: SENDS_TO_ONE - 1 },
  ]
  for (const one of counted) {
    const allowed = await scope.verbs.takeAttempt({ ...settings.attempts, baseDelayMs: SEND_DELAY_MS, ...one })
    if (!allowed.allowed) throw new FreeholdError('TOO_MANY_ATTEMPTS', { retryAfterMs: allowed.retryAfterMs })
  }

  const recipient = recipientOf(wanted)
  const { secret: code } = await scope.transaction(async (unit) => {
    const inside = { ...context, scope: unit }
    const challenges = createChallenges(inside)
    await challenges.withdraw(unit, { purpose: wanted.purpose, recipient })
    const { purpose } = wanted
    const opened = await challenges.open({ purpose, userId: user.id, recipient, lifetimeMs: LIFETIME_MS, kind: 'code' })
    await writeFactorEvent(inside, 'mfa.code_sent', user.id, method)
    return opened
  })
  const facts = { tenant: context.tenant, code, expiresInMs: LIFETIME_MS }
  if (method.type === 'email') post.mail('factor-code', method.target!, facts)
  else post.text('factor-code', method.target!, facts)
  return { to: masked(method.target!), expiresInMs: LIFETIME_MS }
}

/** Spent with the answer. Outside a transaction: the attempt must be counted. */
export async function checkCode(
  context: TenantContext,
  sentFor: SentFor,
  code: string,
): Promise<ChallengeRow | undefined> {
  const challenges = createChallenges(context)
  const { purpose } = sentFor
  const recipient = recipientOf(sentFor)
  const open = await challenges.latest({ purpose, recipient })
  return open && challenges.attempt(context.scope, { purpose, recipient, id: open.id, code: code.replaceAll(' ', '') })
}

/** Codes sent for this factor. */
export function sendsOf(user: Pick<UserRow, 'id'>, method: Pick<MfaMethodRow, 'id' | 'type'>): CountedAttempt {
  return { pool: `send:${method.type}`, subject: attemptOf(method.type, user, method).subject }
}

function sendsTo({ type, target }: Pick<MfaMethodRow, 'type' | 'target'>): CountedAttempt {
  const named = type === 'email' ? (readEmail(target)?.emailNorm ?? target) : target
  return { pool: `send-to:${type}`, subject: createHash('sha256').update(`freehold/send-to\0${named}`).digest() }
}

/** What a code is bound to (M08): another request, factor, target or user has another. */
function recipientOf({ user, method, request }: SentFor): string {
  return JSON.stringify([user.id, method.id, method.target, request])
}
