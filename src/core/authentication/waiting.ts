// A sign-in that waits: what was shown is right, and not enough. It is a challenge, and there is no session yet.

import type { TenantContext } from '../context.ts'
import type { SignInLoad } from '../storage/sign-in-verbs.ts'
import { type ChallengePurpose, createChallenges } from './challenges.ts'
import { forgotten } from './entry.ts'
import type { AssuranceLevel, FirstFactor } from './factor.ts'
import { pendingOf } from './pending.ts'
import type { Judgement } from './risk/judge.ts'
import { pendingEvents } from './sign-in-log.ts'
import type { Telling } from './suspicion.ts'

/** How long a sign-in waits (ASVS 5.0, V6.5.5). */
const LIFETIME_MS = 10 * 60 * 1000
/** For another factor. */
export const FACTOR = 'sign-in' satisfies ChallengePurpose
/** For a first one to be set up. */
export const ENROLMENT = 'sign-in-enrolment' satisfies ChallengePurpose
/** What can be set up before there is a session. */
export const ENROLLED = ['totp', 'passkey'] as const

/** What a sign-in waits for, and what is told of it. */
interface Awaited {
  readonly purpose: typeof FACTOR | typeof ENROLMENT
  readonly level: AssuranceLevel
  readonly risk: Judgement
  readonly telling: Telling
  /** Id of the factor that is meant where an answer names none. */
  readonly factor: string
}

/** All of it in one transaction; undefined, and nothing has happened, where the proof was spent by somebody else. */
export async function wait(
  context: TenantContext,
  proof: FirstFactor,
  { purpose, level, risk, telling, factor }: Awaited,
): Promise<{ readonly token: string; readonly expiresInMs: number } | undefined> {
  const { user, methods, client } = proof
  const opened = createChallenges(context).prepare({
    purpose,
    userId: user.id,
    epoch: user.session_epoch,
    data: pendingOf(proof, level, risk, factor),
    lifetimeMs: LIFETIME_MS,
    kind: 'link',
  })
  const action = purpose === ENROLMENT ? 'sign_in.enrolment_required' : 'sign_in.factor_required'
  const outcome = await context.scope.atOnce([
    ...(proof.spends ?? []),
    opened.step,
    ...forgotten(proof.attempt ? [proof.attempt] : []),
    ...(await pendingEvents(context, action, { user, methods, client, risk })),
    ...telling.steps,
  ])
  if (outcome.done) {
    telling.tell(outcome)
    return { token: opened.secret, expiresInMs: LIFETIME_MS }
  }
  await proof.overtaken?.(outcome.lost)
  return undefined
}

/**
 * A rule asks for a second factor of somebody who has none. Not where the risk speaks against them, who may be another; nor
 * where a session is stepped up, in which a factor can be set up.
 */
export function mayEnrol(
  { methods }: SignInLoad,
  { former, assuranceLevel }: FirstFactor,
  risk: Judgement,
  level: AssuranceLevel,
): boolean {
  return (
    methods.length === 0 && risk.verdict === 'allow' && former === undefined && assuranceLevel < level && level === 2
  )
}
