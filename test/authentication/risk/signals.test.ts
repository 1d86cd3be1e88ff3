// Each signal: when it speaks, how loudly, in which words, and when it keeps silent.

import { describe, expect, it } from 'vitest'
import { assess } from '../../../src/core/authentication/risk/assess.ts'
import type { FailureCounts, RiskInputs, SignInProfile } from '../../../src/core/authentication/risk/inputs.ts'
import { NO_FAILURES } from '../../../src/core/authentication/risk/inputs.ts'
import { certainDistanceKm } from '../../../src/core/authentication/risk/places.ts'
import { defaultRiskSettings } from '../../../src/core/authentication/risk/settings.ts'
import type { GeoPlace } from '../../../src/core/ports/geo.ts'
import { BERLIN, CUERNAVACA, DAY, HOUR, MEXICO_CITY, NOW, QUIET, SETTLED } from './inputs.ts'

const assessed = (change: Partial<RiskInputs>) => assess({ ...QUIET, ...change }, defaultRiskSettings)
const withProfile = (change: Partial<SignInProfile>) => ({ profile: { ...SETTLED, ...change } })

it('nothing speaks against a usual sign-in', () => {
  expect(assessed({})).toEqual({ score: 0, flags: [], reasons: [], signals: [] })
})

describe('failed attempts', () => {
  const cases: readonly [keyof FailureCounts, string, quiet: number, loud: number, weight: number, words: string][] = [
    ['user', 'user-velocity', 3, 10, 0.4, 'about 10 failed attempts for this account of late'],
    ['ip', 'ip-velocity', 10, 50, 0.4, 'about 50 failed attempts from this address of late'],
    ['network', 'network-velocity', 30, 200, 0.25, "about 200 failed attempts from this address's network of late"],
    ['tenant', 'tenant-velocity', 200, 2000, 0.2, 'about 2,000 failed attempts in this tenant of late'],
    [
      'ipAccounts',
      'credential-stuffing',
      3,
      10,
      0.75,
      'about 10 different accounts were tried from this address of late, and failed',
    ],
    [
      'networkAccounts',
      'credential-stuffing',
      10,
      50,
      0.75,
      "about 50 different accounts were tried from this address's network of late, and failed",
    ],
  ]
  it.each(cases)('%s', (count, flag, quiet, loud, weight, words) => {
    const at = (value: number) => assessed({ failures: { ...NO_FAILURES, [count]: value } })
    expect(at(quiet).flags).toEqual([])
    const full = at(loud)
    expect(full.flags).toEqual([flag])
    expect(full.score).toBeCloseTo(weight, 12)
    expect(full.reasons).toEqual([words])
    const half = at((quiet + loud) / 2)
    expect(half.score).toBeCloseTo(weight / 2, 12)
    expect(at(loud * 1000).score).toBe(full.score)
  })
})

describe('the device', () => {
  it('is new to somebody who has signed in before', () => {
    expect(assessed({ deviceKnown: false })).toMatchObject({
      flags: ['new-device'],
      reasons: ['the device is new to this account'],
    })
  })
  it('X01: is nothing new at the first sign-in, nor where nothing is known of devices', () => {
    expect(assessed({ deviceKnown: false, profile: undefined }).flags).toEqual([])
    expect(assessed({ deviceKnown: undefined }).flags).toEqual([])
  })
})

describe('the country', () => {
  const slowly = { lastPlace: {} }
  it('is new when it was not seen, and new again after 180 days', () => {
    expect(assessed({ place: BERLIN, ...withProfile(slowly) })).toMatchObject({
      flags: ['new-country'],
      reasons: ['the country DE was not seen within 180 days'],
    })
    const seen = (days: number) => withProfile({ ...slowly, countries: { MX: NOW, DE: NOW - days * DAY } })
    expect(assessed({ place: BERLIN, ...seen(180) }).flags).toEqual([])
    expect(assessed({ place: BERLIN, ...seen(180.01) }).flags).toEqual(['new-country'])
  })
  it.each([
    ['first sign-in', { profile: undefined }],
    ['no country learned yet', withProfile({ ...slowly, countries: {} })],
    ['no country known', { place: { latitude: 52.52, longitude: 13.4 }, ...withProfile(slowly) }],
    ['no place known', { place: undefined }],
  ] satisfies [string, Partial<RiskInputs>][])('X01: no alarm: %s', (_, change) => {
    expect(assessed({ place: BERLIN, ...change }).flags).toEqual([])
  })
  it('takes no name of an object for a country', () => {
    expect(assessed({ place: { country: 'constructor' }, ...withProfile(slowly) }).flags).toEqual(['new-country'])
  })
})

describe('the journey', () => {
  const travelled = (hours: number, from: GeoPlace, to: GeoPlace) =>
    assessed({ place: { ...to, country: 'MX' }, ...withProfile({ lastAt: NOW - hours * HOUR, lastPlace: from }) })

  it('is impossible faster than an aircraft', () => {
    // 9,700 km
    expect(travelled(9, MEXICO_CITY, BERLIN)).toMatchObject({
      flags: ['impossible-travel'],
      reasons: [expect.stringMatching(/^at least 9,\d\d\d km from the last sign-in 9 h before$/)],
    })
    expect(travelled(9, MEXICO_CITY, BERLIN).score).toBeGreaterThan(0.35)
    expect(travelled(1, MEXICO_CITY, BERLIN).score).toBeCloseTo(0.7, 12)
    expect(travelled(11, MEXICO_CITY, BERLIN).flags).toEqual([])
    expect(travelled(0.001, MEXICO_CITY, BERLIN).reasons[0]).toMatch(/ 4 s before$/)
    expect(travelled(0.5, MEXICO_CITY, BERLIN).reasons[0]).toMatch(/ 30 min before$/)
  })

  it('X02: is not impossible between two gateways of one mobile network, 3 s and 30 km apart', () => {
    const near = { latitude: 19.43, longitude: -98.84 }
    expect(travelled(3 / 3600, MEXICO_CITY, near).flags).toEqual([])
    expect(travelled(3 / 3600, { ...MEXICO_CITY, accuracyKm: 0 }, { ...near, accuracyKm: 0 }).flags).toEqual([])
    expect(travelled(3 / 3600, MEXICO_CITY, CUERNAVACA).flags).toEqual([])
  })

  it('X02: counts what is left of the distance beyond both radii and the minimum', () => {
    const [a, b] = [
      { latitude: 0, longitude: 0 },
      { latitude: 0, longitude: 5 },
    ] // 556 km
    const apart = (accuracyKm: number) => travelled(0.01, { ...a, accuracyKm }, { ...b, accuracyKm }).flags
    expect(apart(100)).toEqual(['impossible-travel'])
    expect(apart(177)).toEqual(['impossible-travel'])
    expect(apart(178)).toEqual([])
    // without a radius of its own a place has 100 km
    expect(certainDistanceKm(a, b, 100)).toBeCloseTo(certainDistanceKm({ ...a, accuracyKm: 100 }, b, 100)!, 9)
  })

  it.each([
    ['no time has passed', { lastAt: NOW }],
    ['the clock went back', { lastAt: NOW + HOUR }],
    ['no last place', { lastAt: NOW - 1, lastPlace: {} }],
    ['half a last place', { lastAt: NOW - 1, lastPlace: { latitude: 52.52 } }],
    ['no last time', { lastAt: null, lastPlace: BERLIN }],
    ['coordinates that are none', { lastAt: NOW - 1, lastPlace: { latitude: Number.NaN, longitude: 13 } }],
    ['coordinates off the globe', { lastAt: NOW - 1, lastPlace: { latitude: 91, longitude: 13 } }],
  ] satisfies [string, Partial<SignInProfile>][])('X01: no alarm and no NaN: %s', (_, change) => {
    const profile = withProfile({ lastPlace: BERLIN, ...change })
    expect(assessed({ ...profile })).toMatchObject({ score: 0, flags: [] })
  })

  it('X01: no alarm at the first sign-in, or without coordinates', () => {
    expect(assessed({ place: BERLIN, profile: undefined }).score).toBe(0)
    expect(assessed({ place: { country: 'MX' }, ...withProfile({ lastAt: NOW - 1 }) }).score).toBe(0)
  })

  it('measures the great circle, over the date line and to the other side of the earth', () => {
    const km = (a: GeoPlace, b: GeoPlace) => certainDistanceKm(a, b, 0)!
    expect(km({ latitude: 0, longitude: 179.5 }, { latitude: 0, longitude: -179.5 })).toBeCloseTo(111.19, 1)
    expect(km({ latitude: 90, longitude: 0 }, { latitude: -90, longitude: 77 })).toBeCloseTo(20015.1, 0)
    expect(km({ latitude: 36.12, longitude: -86.67 }, { latitude: 33.94, longitude: -118.4 })).toBeCloseTo(2886.4, 0)
    expect(km({ latitude: 1, longitude: 1 }, { latitude: 1, longitude: 1 })).toBe(0)
  })
})

describe('the hour', () => {
  const at = (hour: number) => NOW - 10 * HOUR + hour * HOUR
  it('is unusual once enough is known, and not beside a usual one', () => {
    const night = assessed({ at: at(3) })
    expect(night.flags).toEqual(['unusual-hour'])
    expect(night.reasons).toEqual(['0 of 40 earlier sign-ins were around 03:00 UTC'])
    for (const hour of [8, 9, 10, 11, 12]) expect(assessed({ at: at(hour) }).flags).toEqual([])
  })
  it('is not judged before 20 sign-ins', () => {
    expect(assessed({ at: at(3), ...withProfile({ hours: { '9': 19 } }) }).flags).toEqual([])
    expect(assessed({ at: at(3), ...withProfile({ hours: { '9': 20 } }) }).flags).toEqual(['unusual-hour'])
  })
  it('knows that 23:00 and 00:00 are neighbours', () => {
    expect(assessed({ at: at(23), ...withProfile({ hours: { '0': 30 } }) }).flags).toEqual([])
    expect(assessed({ at: at(0), ...withProfile({ hours: { '23': 30 } }) }).flags).toEqual([])
  })
  it('is half as unusual where a few sign-ins were', () => {
    const few = assessed({ at: at(3), ...withProfile({ hours: { '9': 39, '3': 1 } }) })
    expect(few.score).toBeCloseTo(0.1, 12)
  })
})

describe('a dormant account', () => {
  const silent = (days: number) => assessed(withProfile({ lastAt: NOW - days * DAY }))
  it('wakes up after 90 days', () => {
    expect(silent(90).flags).toEqual([])
    expect(silent(91)).toMatchObject({
      flags: ['dormant-account'],
      reasons: ['nobody signed in to this account for 91 days'],
    })
    expect(silent(360).score).toBeCloseTo(0.3, 12)
  })
  it('X01: is not one that nobody ever signed in to', () => {
    expect(assessed(withProfile({ signIns: 0, lastAt: null })).flags).toEqual([])
  })
})

it('a leaked password', () => {
  expect(assessed({ leakedPassword: true })).toMatchObject({
    score: 0.5,
    flags: ['leaked-password'],
    reasons: ['the password is on a list of leaked passwords'],
  })
  expect(assessed({ leakedPassword: undefined }).flags).toEqual([])
})

describe('a program that is not a person', () => {
  const BROWSER = QUIET.client!.userAgent!
  const loud: readonly [string, RiskInputs['client'], string][] = [
    ['curl', { userAgent: 'curl/8.16.0' }, 'the client calls itself curl'],
    ['requests', { userAgent: 'python-requests/2.32.5' }, 'the client calls itself python-requests'],
    ['node', { userAgent: 'node' }, ''],
    ['headless', { userAgent: 'Mozilla/5.0 (X11) HeadlessChrome/140.0' }, 'the client calls itself headless'],
    ['go', { userAgent: 'Go-http-client/2.0' }, 'the client calls itself go-http-client'],
    ['crawler', { userAgent: 'Mozilla/5.0 (compatible; ExampleBot/2.1)' }, 'the client calls itself examplebot'],
    ['nothing said', { userAgent: null }, 'the client does not say what program it is'],
    ['blank', { userAgent: ' ' }, 'the client does not say what program it is'],
    [
      'half a browser',
      { userAgent: BROWSER, acceptLanguage: null },
      'the client calls itself a browser and lacks the headers of one',
    ],
    ['haste', { userAgent: BROWSER, formMs: 40 }, 'the form was filled in within 500 ms'],
  ]
  it.each(loud)('%s', (_, client, words) => {
    expect(assessed({ client }).reasons).toEqual(words ? [words] : [])
  })

  it.each([
    'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    'Mozilla/5.0 (Linux; Android 10; CUBOT X30) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36',
    'AcmeMobile/4.2 (iOS 19.0)',
  ])('%s is a person', (userAgent) => {
    expect(assessed({ client: { userAgent, acceptLanguage: 'en' } }).flags).toEqual([])
  })

  it('is not looked for where nobody looked at the request', () => {
    expect(assessed({ client: undefined }).flags).toEqual([])
    expect(assessed({ client: {} }).flags).toEqual([])
    // an application of the host's own has no languages
    expect(assessed({ client: { userAgent: 'AcmeMobile/4.2', acceptLanguage: null } }).flags).toEqual([])
  })

  it('is not looked for in more than a line', () => {
    const userAgent = `${'a'.repeat(600)} curl/8`
    expect(assessed({ client: { userAgent } }).flags).toEqual([])
  })
})

describe('several together', () => {
  it('add up without passing 1, the heaviest first', () => {
    const found = assessed({ place: BERLIN, deviceKnown: false, ...withProfile({ lastPlace: {} }) })
    expect(found.flags).toEqual(['new-country', 'new-device'])
    expect(found.score).toBeCloseTo(1 - 0.6 * 0.7, 12)
    expect(found.signals.map(({ contribution }) => contribution)).toEqual([0.4, 0.3])
  })
  it('a weight of 0 turns a signal off', () => {
    const weights = { ...defaultRiskSettings.weights, 'new-device': 0 }
    expect(assess({ ...QUIET, deviceKnown: false }, { ...defaultRiskSettings, weights }).flags).toEqual([])
  })
})
