// Telling the owner of an account of sign-ins that are not like theirs, whether or not they came to anything (ASVS 5.0,
// V6.3.5). What is told is known already; telling it decides nothing.

import { createHash } from 'node:crypto'
import type { TenantContext } from '../context.ts'
import { notify } from '../messages/notices.ts'
import { type Done, type Step, takeAttempt } from '../storage/steps.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import { tellOfDevice } from './devices/recognition.ts'
import type { Entry } from './entry.ts'
import type { VerifiedFactorType } from './factor.ts'
import type { RiskFlag } from './risk/flags.ts'
import type { Judgement } from './risk/judge.ts'

/** Signals that are told of, though the sign-in was risky enough for nothing else. A new device has a letter of its own. */
const TELLING: ReadonlySet<RiskFlag> = new Set([
  'user-velocity',
  'leaked-password',
  'new-country',
  'impossible-travel',
  'dormant-account',
])
/** One letter of a kind in so long: whoever has the password could have thousands sent. */
const PAUSE_MS = 60 * 60 * 1000
/** Failures in a row at which it is told, once: more of the first step, at which people mistype; fewer behind it. */
const GUESSES = { first: 10, second: 3 } as const

/** What is told of, and what is done for it in the transaction that it tells of. */
export interface Telling {
  readonly steps: readonly Step[]
  /** Once they are done. */
  tell(outcome: Done): void
}

export const NOTHING_TO_TELL: Telling = { steps: [], tell: () => undefined }

/** Of a session that was opened. */
export function tellOfDone(
  context: TenantContext,
  { user, found, methods, pending }: Pick<Entry, 'user' | 'found' | 'methods' | 'pending'>,
): void {
  tellOfDevice(context, user, found)
  // its risk was told of when the first factor was shown
  if (pending && methods.includes('recovery')) notify(context, user, 'recovery-code-used')
}

/** Of a sign-in whose first factor was right, with what becomes of it. */
export function tellingOfRisk(context: TenantContext, user: UserRow, { verdict, flags: reasons }: Judgement): Telling {
  const unusual = verdict !== 'allow' || reasons.some((flag) => TELLING.has(flag))
  if (!unusual || !context.post.mails || user.email_verified_at === null) return NOTHING_TO_TELL
  const kind = verdict === 'deny' ? 'sign-in-refused' : 'sign-in-unusual'
  const subject = createHash('sha256').update(`freehold/1/notice/${user.id}`).digest()
  const pause = { free: 0, baseDelayMs: PAUSE_MS, maxDelayMs: PAUSE_MS, forgetAfterMs: PAUSE_MS }
  const counted = takeAttempt({ pool: `notice:${kind}`, subject, ...pause })
  return {
    steps: [counted],
    tell: (outcome) => {
      if (outcome.row(counted).allowed) notify(context, user, kind, { reasons })
    },
  }
}

/**
 * Of wrong answers, one after the other. The count is the attempt's own, so that of any number at once exactly one tells.
 * @param factor what was asked for behind a right first factor; undefined: the password was wrong
 */
export function tellOfGuessing(
  context: TenantContext,
  user: UserRow,
  failures: number | undefined,
  factor?: VerifiedFactorType,
): void {
  if (failures === (factor ? GUESSES.second : GUESSES.first)) {
    notify(context, user, 'sign-in-guessed', factor ? { factor } : {})
  }
}
