// What the engine gathers before it opens a session, and the transaction in which all of it happens, or nothing.

import type { TenantContext } from '../context.ts'
import type { SessionId } from '../kernel/ids.ts'
import type { OpenedSession, PreparedSession } from '../sessions/issue.ts'
import type { ClientInfo } from '../sessions/session.ts'
import { endOldestSessions, limitSteps } from '../sessions/session-limit.ts'
import { SESSIONS_AT_MOST } from '../storage/sign-in-verbs.ts'
import { type Done, endSession, type Outcome, publish, remove, type Step } from '../storage/steps.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import type { SignInDevice } from './devices/device.ts'
import { type DeviceSteps, deviceSteps, type FoundDevice, signedInOn } from './devices/recognition.ts'
import type { AssuranceLevel, CountedAttempt } from './factor.ts'
import { wholeOrNothing } from './lost-race.ts'
import { type Judgement, learnFrom, riskEvent } from './risk/judge.ts'

/** What a session is opened for. */
export interface Entry {
  readonly user: UserRow
  readonly epoch: number
  readonly client: ClientInfo | undefined
  readonly assuranceLevel: AssuranceLevel
  readonly methods: readonly string[]
  /** What makes the proofs good for this session only. */
  readonly spends: readonly Step[]
  /** The sign-in that waited for another factor. */
  readonly pending?: Step
  /** Forgotten once the session is open. */
  readonly attempts: readonly CountedAttempt[]
  readonly risk: Judgement
  /** Ends when the new session opens. */
  readonly former: SessionId | undefined
  readonly found: FoundDevice | undefined
  /** The device is what stands in for the second factor. */
  readonly stoodIn: boolean
  readonly trustDevice: boolean
  /** Of this user, by the rules; undefined: there is no limit. */
  readonly maximumSessions: number | undefined
  /** Ids of the live ones when the sign-in began. */
  readonly sessions: readonly string[]
  /** What else is done with it. */
  readonly also: readonly Step[]
}

export type Opened = OpenedSession & { readonly device?: SignInDevice }

/** Who was let in; or what somebody else was first at. */
export type Entered = { readonly opened: Opened; readonly outcome: Done } | { readonly lost: Step }

export async function enter(context: TenantContext, entry: Entry, prepared: PreparedSession): Promise<Entered> {
  const { user, found, maximumSessions } = entry
  const device = found && (await deviceSteps(context, user.id, found, useOf(context, entry)))
  const { before, after } = stepsOf(context, entry, device)
  const steps = [...before, prepared.step, ...prepared.told, ...after]
  const outcome =
    maximumSessions === undefined
      ? await context.scope.atOnce(steps)
      : await enterWithin(context, entry, prepared, steps, maximumSessions)
  if (!outcome.done) return { lost: outcome.lost }
  const session = prepared.finish(outcome.row(prepared.step))
  const opened = device && found ? { ...session, device: signedInOn(outcome.row(device.kept), found) } : session
  return { opened, outcome }
}

/** In one round trip where the sessions are still those that were counted; else they are counted while the user is held. */
async function enterWithin(
  context: TenantContext,
  { user, former, sessions }: Entry,
  { id }: PreparedSession,
  steps: readonly Step[],
  maximum: number,
): Promise<Outcome> {
  if (sessions.length < SESSIONS_AT_MOST) {
    const live = sessions.filter((session) => session !== former)
    const limit = await limitSteps(context, user, id, maximum, live)
    const outcome = await context.scope.atOnce([...limit.before, ...steps, ...limit.after])
    if (outcome.done || !limit.after.includes(outcome.lost)) return outcome
  }
  return wholeOrNothing(context, async (unit, check) => {
    await unit.records.lock('users', { id: user.id })
    const outcome = await unit.atOnce(steps)
    check(outcome)
    await endOldestSessions({ ...context, scope: unit }, user, id, maximum)
    return outcome
  })
}

function useOf({ settings }: TenantContext, { stoodIn, trustDevice, risk }: Entry) {
  const { deviceTrustMs } = settings.sessions
  const trustForMs = trustDevice && deviceTrustMs > 0 ? deviceTrustMs : undefined
  return { stoodIn, trustForMs, country: risk.place?.country }
}

/** What happens before the session is open, and after. */
function stepsOf(context: TenantContext, entry: Entry, device: DeviceSteps | undefined) {
  const { user, spends, pending, former, risk, attempts, also } = entry
  const ended = former && [
    // S01: the session that was stepped up dies with its tokens
    endSession({ userId: user.id, reason: 'stepped-up', only: former }),
    publish({ kind: 'session', tenantId: context.tenant.id, userId: user.id, sessionId: former }),
  ]
  return {
    before: [...spends, ...(pending ? [pending] : []), ...(ended ?? []), ...(device?.before ?? [])],
    after: [
      ...(device?.after ?? []),
      ...learnFrom(user.id, risk),
      // what waited for another factor was told of when it began to wait
      ...(pending ? [] : riskEvent(context, entry, risk)),
      ...forgotten(attempts),
      ...also,
    ],
  }
}

export function forgotten(attempts: readonly CountedAttempt[]): Step[] {
  return attempts.map(({ pool, subject }) => remove('sign_in_attempts', { pool, subject }))
}
