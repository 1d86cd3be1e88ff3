// Signals of what is not usual for a user: a device, an hour of the day, a sign-in after a long silence. Whoever was
// never learned from has no habits to break (X01).

import type { RiskInputs, SignInProfile } from './inputs.ts'
import { beyond, type Finding, figure } from './signals.ts'

export interface HabitRules {
  /** Sign-ins to learn from before an hour can be unusual. */
  readonly minimumHistory: number
  /** How long an account is silent before it counts as dormant. */
  readonly dormantAfterMs: number
}

const DAY = 24 * 3_600_000
/** From this share of a user's sign-ins on, the hours around it are usual. */
const USUAL_SHARE = 0.05

export function habitFindings(inputs: RiskInputs, rules: HabitRules): Finding[] {
  const { profile } = inputs
  if (!profile || !(profile.signIns > 0)) return []
  return [newDevice(inputs), unusualHour(inputs.at, profile, rules), dormant(inputs.at, profile, rules)]
}

function newDevice({ deviceKnown }: RiskInputs): Finding {
  return { flag: 'new-device', strength: deviceKnown === false ? 1 : 0, reason: 'the device is new to this account' }
}

/** By hours of UTC and their neighbours, so that summer time moves nobody out of their habits. */
function unusualHour(at: number, { hours }: SignInProfile, { minimumHistory }: HabitRules): Finding {
  const hour = hourOf(at)
  const counted = (of: number): number => Math.max(0, hours[String((of + 24) % 24)] ?? 0)
  let all = 0
  for (let of = 0; of < 24; of++) all += counted(of)
  const around = counted(hour - 1) + counted(hour) + counted(hour + 1)
  const strength = all >= minimumHistory ? Math.max(0, 1 - around / all / USUAL_SHARE) : 0
  const reason = `${around} of ${all} earlier sign-ins were around ${String(hour).padStart(2, '0')}:00 UTC`
  return { flag: 'unusual-hour', strength, reason }
}

function dormant(at: number, { lastAt }: SignInProfile, { dormantAfterMs }: HabitRules): Finding {
  const silentMs = lastAt === null ? 0 : at - lastAt
  const reason = `nobody signed in to this account for ${figure(silentMs / DAY)} days`
  return { flag: 'dormant-account', strength: beyond(silentMs, dormantAfterMs, 4), reason }
}

/** 0 to 23, UTC. */
export function hourOf(at: number): number {
  return new Date(at).getUTCHours()
}
