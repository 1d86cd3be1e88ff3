// What holds of every score: 0 to 1, never NaN, and no signal that grows makes it smaller.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { assess } from '../../../src/core/authentication/risk/assess.ts'
import { RISK_FLAGS } from '../../../src/core/authentication/risk/flags.ts'
import type { FailureCounts, RiskInputs } from '../../../src/core/authentication/risk/inputs.ts'
import { thresholdsFor, verdictOf } from '../../../src/core/authentication/risk/policy.ts'
import { defaultRiskSettings } from '../../../src/core/authentication/risk/settings.ts'
import type { GeoPlace } from '../../../src/core/ports/geo.ts'
import { DAY, NOW } from './inputs.ts'

const RUNS = { numRuns: 500 }
const score = (inputs: RiskInputs) => assess(inputs, defaultRiskSettings).score

/** Counts as they are, and as they must never be. */
const count = fc.oneof(
  fc.double({ min: 0, max: 5000, noNaN: true }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, Number.MAX_VALUE),
)
const anything = fc.double()
const place: fc.Arbitrary<GeoPlace | undefined> = fc.option(
  fc.record(
    {
      country: fc.constantFrom('MX', 'DE', 'toString', ''),
      latitude: fc.oneof(fc.double({ min: -90, max: 90, noNaN: true }), anything),
      longitude: fc.oneof(fc.double({ min: -180, max: 180, noNaN: true }), anything),
      accuracyKm: anything,
    },
    { requiredKeys: [] },
  ),
  { nil: undefined },
)
const failures: fc.Arbitrary<FailureCounts> = fc.record({
  user: count,
  ip: count,
  network: count,
  tenant: count,
  ipAccounts: count,
  networkAccounts: count,
})
const inputs: fc.Arbitrary<RiskInputs> = fc.record({
  at: fc.integer({ min: NOW - 1000 * DAY, max: NOW }),
  failures,
  deviceKnown: fc.constantFrom(true, false, undefined),
  place,
  profile: fc.option(
    fc.record({
      signIns: fc.nat(1000),
      lastAt: fc.option(fc.integer({ min: NOW - 1000 * DAY, max: NOW + DAY })),
      lastPlace: place.map((known) => known ?? {}),
      countries: fc.dictionary(fc.constantFrom('MX', 'DE', '__proto__'), fc.oneof(fc.integer(), anything)),
      hours: fc.dictionary(fc.integer({ min: -1, max: 24 }).map(String), fc.oneof(fc.nat(50), anything)),
    }),
    { nil: undefined },
  ),
  leakedPassword: fc.constantFrom(true, false, undefined),
  client: fc.record({
    userAgent: fc.oneof(fc.string(), fc.constantFrom(null, undefined, 'curl/8', 'Mozilla/5.0 (X11) Firefox/140.0')),
    acceptLanguage: fc.constantFrom('en', '', null, undefined),
    formMs: fc.oneof(fc.nat(5000), anything, fc.constant(undefined)),
  }),
})

it('a score is 0 to 1 and a number, and says the same of itself in flags, words and signals', () => {
  fc.assert(
    fc.property(inputs, (given) => {
      const { score: found, flags, reasons, signals } = assess(given, defaultRiskSettings)
      expect(found).toBeGreaterThanOrEqual(0)
      expect(found).toBeLessThanOrEqual(1)
      expect(flags).toEqual(signals.map(({ flag }) => flag))
      expect(reasons).toEqual(signals.map(({ reason }) => reason))
      expect(new Set(flags).size).toBe(flags.length)
      for (const { flag, strength, contribution, reason } of signals) {
        expect(RISK_FLAGS).toContain(flag)
        expect(strength > 0 && strength <= 1 && contribution > 0 && contribution <= found + 1e-12).toBe(true)
        expect(reason).not.toMatch(/NaN|undefined|null|Infinity.*Infinity/)
      }
      expect(found === 0).toBe(flags.length === 0)
    }),
    RUNS,
  )
})

it('is the same for the same inputs, which it leaves alone', () => {
  fc.assert(
    fc.property(inputs, (given) => {
      const before = structuredClone(given)
      expect(assess(given, defaultRiskSettings)).toEqual(assess(given, defaultRiskSettings))
      expect(given).toEqual(before)
    }),
    RUNS,
  )
})

const counts = Object.keys({
  user: 0,
  ip: 0,
  network: 0,
  tenant: 0,
  ipAccounts: 0,
  networkAccounts: 0,
} satisfies FailureCounts) as (keyof FailureCounts)[]

it.each(counts)('more failures (%s) never lower it', (which) => {
  const real = fc.double({ min: 0, max: 5000, noNaN: true })
  fc.assert(
    fc.property(inputs, real, real, (given, a, b) => {
      const at = (value: number) => score({ ...given, failures: { ...given.failures, [which]: value } })
      expect(at(Math.max(a, b))).toBeGreaterThanOrEqual(at(Math.min(a, b)))
    }),
    RUNS,
  )
})

const louder: readonly [string, quiet: (given: RiskInputs) => RiskInputs, loud: (given: RiskInputs) => RiskInputs][] = [
  ['a new device', (given) => ({ ...given, deviceKnown: true }), (given) => ({ ...given, deviceKnown: false })],
  [
    'a leaked password',
    (given) => ({ ...given, leakedPassword: false }),
    (given) => ({ ...given, leakedPassword: true }),
  ],
  [
    'a program',
    (given) => ({ ...given, client: { userAgent: 'AcmeMobile/4', acceptLanguage: null } }),
    (given) => ({ ...given, client: { userAgent: 'curl/8' } }),
  ],
  ['haste', (given) => filledIn(given, 3000), (given) => filledIn(given, 1)],
  [
    'a country that was seen less recently',
    (given) => seen(given, given.at - DAY),
    (given) => seen(given, given.at - 200 * DAY),
  ],
]

function filledIn(given: RiskInputs, formMs: number): RiskInputs {
  return { ...given, client: { ...given.client, formMs } }
}

function seen(given: RiskInputs, when: number): RiskInputs {
  if (!given.profile || given.place?.country === undefined) return given
  return { ...given, profile: { ...given.profile, countries: { [given.place.country]: when } } }
}

it.each(louder)('%s never lowers it', (_, quiet, loud) => {
  fc.assert(
    fc.property(inputs, (given) => {
      expect(score(loud(given))).toBeGreaterThanOrEqual(score(quiet(given)))
    }),
    RUNS,
  )
})

it('the same journey in less time never lowers it', () => {
  const minutes = fc.integer({ min: 1, max: 10_000 })
  fc.assert(
    fc.property(inputs, minutes, minutes, (given, a, b) => {
      if (!given.profile) return
      const { profile } = given
      const after = (ago: number) => score({ ...given, profile: { ...profile, lastAt: given.at - ago * 60_000 } })
      expect(after(Math.min(a, b))).toBeGreaterThanOrEqual(after(Math.max(a, b)))
    }),
    RUNS,
  )
})

it('a longer silence never lowers it, nor a rarer hour', () => {
  const days = fc.integer({ min: 1, max: 1000 })
  fc.assert(
    fc.property(inputs, days, days, fc.nat(100), fc.nat(100), (given, a, b, few, many) => {
      if (!given.profile) return
      const { profile } = given
      // without a last place: the longer the silence, the more possible the journey
      const silent = (ago: number) =>
        score({ ...given, profile: { ...profile, lastAt: given.at - ago * DAY, lastPlace: {} } })
      expect(silent(Math.max(a, b))).toBeGreaterThanOrEqual(silent(Math.min(a, b)))
      const hour = new Date(given.at).getUTCHours()
      const hours = (here: number) => ({ [hour]: here, [(hour + 12) % 24]: 200 - here })
      const rare = (here: number) => score({ ...given, profile: { ...profile, hours: hours(here) } })
      expect(rare(Math.min(few, many))).toBeGreaterThanOrEqual(rare(Math.max(few, many)))
    }),
    RUNS,
  )
})

it('a higher score never gets a milder verdict, whatever the tenant says', () => {
  const threshold = fc.option(fc.double({ min: 0, max: 1, noNaN: true }))
  const own = fc.record({ stepUpFrom: threshold, denyFrom: threshold }, { requiredKeys: [] })
  const unit = fc.double({ min: 0, max: 1, noNaN: true })
  const severity = { allow: 0, 'step-up': 1, deny: 2 }
  fc.assert(
    fc.property(own, unit, unit, (risk, a, b) => {
      const { stepUpFrom, denyFrom } = risk
      fc.pre(stepUpFrom == null || denyFrom == null || denyFrom >= stepUpFrom)
      const thresholds = thresholdsFor({ authentication: { risk } }, defaultRiskSettings)
      const verdict = (value: number) => severity[verdictOf(value, thresholds)]
      expect(verdict(Math.max(a, b))).toBeGreaterThanOrEqual(verdict(Math.min(a, b)))
      if (stepUpFrom !== undefined) expect(thresholds.stepUpFrom).toBe(stepUpFrom)
      if (denyFrom !== undefined) expect(thresholds.denyFrom).toBe(denyFrom)
    }),
    RUNS,
  )
})
