// One-time passwords against the vectors of their RFCs, and what is no code at all.

import { describe, expect, it } from 'vitest'
import {
  decodeSecret,
  encodeSecret,
  hotpCounter,
  otpauthUrl,
  resynchronised,
  totpStep,
} from '../../src/core/authentication/factors/one-time-password.ts'

const bytes = Buffer.from('12345678901234567890')
const SIX = { bytes, digits: 6 } as const
const EIGHT = { bytes, digits: 8 } as const

/** RFC 4226, appendix D. */
const HOTP = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489']
/** RFC 6238, appendix B, SHA-1. */
const TOTP: readonly (readonly [number, string])[] = [
  [59, '94287082'],
  [1111111109, '07081804'],
  [1111111111, '14050471'],
  [1234567890, '89005924'],
  [2000000000, '69279037'],
  [20000000000, '65353130'],
]

describe('by counter (RFC 4226)', () => {
  it.each(HOTP.map((code, counter) => [counter, code] as const))('counter %i is %s', async (counter, code) => {
    expect(await hotpCounter(SIX, code, counter, 0)).toBe(counter)
  })

  it('M11: is found within the look-ahead, not beyond it, and never behind the counter', async () => {
    expect(await hotpCounter(SIX, HOTP[9]!, 0, 9)).toBe(9)
    expect(await hotpCounter(SIX, HOTP[9]!, 0, 8)).toBeUndefined()
    for (let used = 0; used < 9; used++) expect(await hotpCounter(SIX, HOTP[used]!, used + 1, 10)).toBeUndefined()
  })

  it('is found again by two in a row, and by no two others', async () => {
    expect(await resynchronised(SIX, [HOTP[7]!, HOTP[8]!], 0, 100)).toBe(8)
    expect(await resynchronised(SIX, [HOTP[7]!, HOTP[9]!], 0, 100)).toBeUndefined()
    expect(await resynchronised(SIX, [HOTP[8]!, HOTP[7]!], 0, 100)).toBeUndefined()
    expect(await resynchronised(SIX, [HOTP[1]!, HOTP[2]!], 2, 100)).toBeUndefined()
    expect(await resynchronised(SIX, [HOTP[7]!, HOTP[8]!], 0, 7)).toBeUndefined()
    expect(await resynchronised(SIX, [HOTP[7]!, 'x'], 0, 100)).toBeUndefined()
  })
})

describe('by time (RFC 6238)', () => {
  it.each(TOTP)('at %i s it is %s', async (seconds, code) => {
    expect(await totpStep(EIGHT, code, seconds * 1000, 0)).toBe(Math.floor(seconds / 30))
  })

  it('may be one step early or late, and not two', async () => {
    const [seconds, code] = TOTP[3]!
    const step = Math.floor(seconds / 30)
    const at = (offset: number) => totpStep(EIGHT, code, (step * 30 + offset) * 1000, 0)
    expect(await at(-30)).toBe(step)
    expect(await at(59)).toBe(step)
    expect(await at(-31)).toBeUndefined()
    expect(await at(60)).toBeUndefined()
  })

  it('M01: of a step that was used is none, nor of any before', async () => {
    const [seconds, code] = TOTP[3]!
    const step = Math.floor(seconds / 30)
    expect(await totpStep(EIGHT, code, seconds * 1000, step)).toBe(step)
    for (const firstUnused of [step + 1, step + 2, step + 1000]) {
      expect(await totpStep(EIGHT, code, seconds * 1000, firstUnused)).toBeUndefined()
    }
  })
})

describe('what is no code', () => {
  it.each([
    '',
    '1',
    '12345',
    '1234567',
    'abcdef',
    '12345a',
    '１２３４５６',
    '-12345',
    '1e5000',
    '0x1234',
    ' '.repeat(1e5),
  ])('%j', async (code) => {
    expect(await totpStep(SIX, code, 59_000, 0)).toBeUndefined()
    expect(await hotpCounter(SIX, code, 1, 10)).toBeUndefined()
  })

  it('but spaces between its groups do no harm', async () => {
    expect(await hotpCounter(SIX, ' 287 082', 1, 0)).toBe(1)
  })
})

describe('a secret', () => {
  it('is base32 without padding, and read as people type it', () => {
    expect(encodeSecret(bytes)).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
    expect(decodeSecret('gezd gnbv gy3t qojq gezd-gnbv gy3t qojq==')).toEqual(new Uint8Array(bytes))
    for (const text of ['', '=', '0189', 'GEZD!']) expect(decodeSecret(text)).toBeUndefined()
  })

  it('goes to an app as an otpauth URL', () => {
    const url = new URL(otpauthUrl('Globex & Sons', 'ana+1@acme.test', SIX))
    expect([url.protocol, url.host, decodeURIComponent(url.pathname)]).toEqual([
      'otpauth:',
      'totp',
      '/Globex & Sons:ana+1@acme.test',
    ])
    expect(Object.fromEntries(url.searchParams)).toEqual({
      secret: encodeSecret(bytes),
      issuer: 'Globex & Sons',
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    })
  })
})
