// A recorded history, scored in order: to see what other weights and thresholds would have said of it.

import { checkKeys, invalid, isPlainObject } from '../../kernel/input.ts'
import type { GeoPlace, GeoProvider } from '../../ports/geo.ts'
import { assess, type RiskAssessment } from './assess.ts'
import { createFailureMemory } from './failure-memory.ts'
import type { SignInProfile } from './inputs.ts'
import { type RiskVerdict, verdictOf } from './policy.ts'
import { learned, teaches } from './profile.ts'
import type { RiskSettings } from './settings.ts'

/** One attempt to sign in, as it was recorded. */
export interface RecordedSignIn {
  /** When, as RFC 3339, or in milliseconds since 1970. */
  readonly at: string | number
  /** Whatever tells accounts apart: an id, an address. */
  readonly user: string
  /** True: the credential was right. Default true. */
  readonly ok?: boolean
  readonly ip?: string
  /** Whatever tells devices apart. */
  readonly device?: string
  readonly userAgent?: string | null
  readonly acceptLanguage?: string | null
  readonly leakedPassword?: boolean
  /** Default: what the geo provider says of `ip`, where there is one. */
  readonly place?: GeoPlace
}

export interface ReplayedSignIn extends RiskAssessment {
  /** Of the history, from 1. */
  readonly number: number
  readonly at: Date
  readonly user: string
  readonly ok: boolean
  /** What would have been done. A wrong credential is refused whatever the verdict. */
  readonly verdict: RiskVerdict
}

export type RecordedHistory = Iterable<RecordedSignIn> | AsyncIterable<RecordedSignIn>

const FIELDS = [
  'at',
  'user',
  'ok',
  'ip',
  'device',
  'userAgent',
  'acceptLanguage',
  'leakedPassword',
  'place',
] as const satisfies readonly (keyof RecordedSignIn)[]
const PLACE = ['country', 'city', 'latitude', 'longitude', 'accuracyKm'] as const satisfies readonly (keyof GeoPlace)[]

/**
 * Scores one after the other, with nothing known before the first. It asks no database and changes nothing.
 * @throws INPUT_INVALID for a record of another shape, or one that is older than the one before; what was scored until then stands
 */
export async function* replay(
  history: RecordedHistory,
  settings: RiskSettings,
  geo?: Pick<GeoProvider, 'locate'>,
): AsyncGenerator<ReplayedSignIn, void, undefined> {
  const failures = createFailureMemory(settings.halfLifeMs)
  const profiles = new Map<string, SignInProfile>()
  const devices = new Map<string, Set<string>>()
  let number = 0
  let last = Number.NEGATIVE_INFINITY
  for await (const recorded of history) {
    number++
    const { user, ip, device, userAgent, acceptLanguage, leakedPassword, ok = true } = checkRecord(recorded, number)
    const at = moment(recorded.at, number)
    if (at < last) throw invalid(`history.${number}.at`, 'it is before the one before it')
    last = at
    const place = recorded.place ?? (ip === undefined ? undefined : await geo?.locate(ip))
    const known = devices.get(user) ?? new Set()
    const profile = profiles.get(user)
    const assessment = assess(
      {
        at,
        failures: failures.countsFor({ account: user, ip }, at),
        deviceKnown: device === undefined ? undefined : known.has(device),
        place,
        profile,
        leakedPassword,
        client: { userAgent, acceptLanguage },
      },
      settings,
    )
    const verdict = verdictOf(assessment.score, settings)
    if (ok && teaches(verdict)) profiles.set(user, learned(profile, at, place))
    // a device is known once somebody got in on it, challenged or not
    if (ok && verdict !== 'deny' && device !== undefined) devices.set(user, known.add(device))
    if (!ok) failures.record({ account: user, ip }, at)
    yield { number, at: new Date(at), user, ok, verdict, ...assessment }
  }
}

function checkRecord(recorded: RecordedSignIn, number: number): RecordedSignIn {
  const field = `history.${number}`
  checkKeys(recorded, field, FIELDS)
  const wrong = (name: keyof RecordedSignIn, problem: string) => invalid(`${field}.${name}`, problem)
  if (typeof recorded.user !== 'string' || recorded.user === '') throw wrong('user', 'it is not a text')
  for (const name of ['ip', 'device'] as const) {
    if (!isOptional(recorded[name], 'string')) throw wrong(name, 'it is not a text')
  }
  for (const name of ['userAgent', 'acceptLanguage'] as const) {
    if (recorded[name] !== null && !isOptional(recorded[name], 'string')) throw wrong(name, 'it is not a text')
  }
  for (const name of ['ok', 'leakedPassword'] as const) {
    if (!isOptional(recorded[name], 'boolean')) throw wrong(name, 'it is not true or false')
  }
  const { place } = recorded
  if (place === undefined) return recorded
  if (!isPlainObject(place)) throw wrong('place', 'it is not an object')
  checkKeys<GeoPlace>(place, `${field}.place`, PLACE)
  for (const name of PLACE) {
    const type = name === 'country' || name === 'city' ? 'string' : 'number'
    if (!isOptional(place[name], type)) throw wrong('place', `${name} is not a ${type}`)
  }
  return recorded
}

function isOptional(value: unknown, type: 'string' | 'number' | 'boolean'): boolean {
  return value === undefined || (typeof value === type && !Number.isNaN(value))
}

function moment(at: unknown, number: number): number {
  const value = typeof at === 'string' ? Date.parse(at) : at
  // what a Date can hold (ECMA-262, 21.4.1.1)
  if (typeof value === 'number' && Math.abs(value) <= 8.64e15) return value
  throw invalid(`history.${number}.at`, 'it is not a moment: RFC 3339, or milliseconds since 1970')
}
