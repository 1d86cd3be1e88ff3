import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testKeys } from '../../src/adapters/testing/keys.ts'
import { createEnvelope, type Place, sealedWith } from '../../src/core/kernel/envelope.ts'
import { FreeholdError } from '../../src/core/kernel/errors.ts'
import { createKeyring, type Keys } from '../../src/core/kernel/keyring.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'

const runtime = systemRuntime()
const envelopeOf = (keys: Keys) => createEnvelope(createKeyring(keys), runtime)
const envelope = envelopeOf(testKeys(1))
const place: Place = {
  tenantId: '01890000-0000-7000-8000-000000000001',
  table: 'mfa_methods',
  column: 'secret',
  row: '01890000-0000-7000-8000-000000000002',
}
const secret = Buffer.from('JBSWY3DPEHPK3PXP')

/** Every refusal as it is seen: code, message, details and cause. */
function refusal(open: () => Uint8Array): string {
  try {
    open()
    return 'opened'
  } catch (error) {
    if (!FreeholdError.is(error)) return String(error)
    return JSON.stringify([error.code, error.message, error.details, error.cause ?? null])
  }
}
const REFUSED = JSON.stringify(['DECRYPTION_FAILED', 'DECRYPTION_FAILED: A sealed value cannot be opened.', {}, null])

describe('a sealed value', () => {
  it('opens where it was sealed, of any length', () => {
    for (const length of [0, 1, 15, 16, 17, 64, 100_000]) {
      const plain = randomBytes(length)
      const sealed = envelope.seal(plain, place)
      expect(sealed).toHaveLength(length + 30)
      expect(Buffer.from(envelope.open(sealed, place)).equals(plain)).toBe(true)
    }
  })

  it('never looks the same twice, and shows nothing of what is in it', () => {
    const all = Array.from({ length: 50 }, () => Buffer.from(envelope.seal(secret, place)))
    expect(new Set(all.map((sealed) => sealed.subarray(2, 14).toString('hex'))).size).toBe(50)
    expect(all.some((sealed) => sealed.includes(secret))).toBe(false)
  })

  it('M10: opens in no other tenant, table, column or row', () => {
    const sealed = envelope.seal(secret, place)
    for (const part of ['tenantId', 'table', 'column', 'row'] as const) {
      const elsewhere = { ...place, [part]: part === 'row' ? '01890000-0000-7000-8000-000000000003' : 'other' }
      expect(refusal(() => envelope.open(sealed, elsewhere))).toBe(REFUSED)
    }
  })

  it('M10: no two places read the same, however their parts are cut', () => {
    const part = fc.oneof(
      fc.constantFrom('', '"', ',', '","', '\\', '\0', 'a', 'ab', 'b'),
      fc.string({ unit: 'binary' }),
    )
    const anyPlace = fc.record({ tenantId: part, table: part, column: part, row: part })
    fc.assert(
      fc.property(anyPlace, anyPlace, (one, other) => {
        const sealed = envelope.seal(secret, one)
        const same = Object.keys(one).every((key) => one[key as keyof Place] === other[key as keyof Place])
        expect(refusal(() => envelope.open(sealed, other))).toBe(same ? 'opened' : REFUSED)
        expect(refusal(() => envelope.open(sealed, one))).toBe('opened')
      }),
      { numRuns: 500 },
    )
  })

  it('does not open when any bit of it changed, nor shortened, nor lengthened; the answer is always the same', () => {
    const sealed = envelope.seal(secret, place)
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Uint8Array.from(sealed)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(refusal(() => envelope.open(changed, place))).toBe(REFUSED)
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(refusal(() => envelope.open(sealed.subarray(0, length), place))).toBe(REFUSED)
    }
    expect(refusal(() => envelope.open(Buffer.concat([sealed, Buffer.alloc(1)]), place))).toBe(REFUSED)
    expect(refusal(() => envelope.open(randomBytes(200), place))).toBe(REFUSED)
  })
})

describe('keys', () => {
  it('an old key opens what it sealed; new values are sealed with the current one', () => {
    const old = envelope.seal(secret, place)
    const both = envelopeOf(testKeys(2))
    expect(Buffer.from(both.open(old, place))).toEqual(secret)
    expect([sealedWith(old), sealedWith(both.seal(secret, place))]).toEqual([1, 2])
  })

  it('without the key that sealed it nothing opens, with the same answer', () => {
    const sealed = envelopeOf(testKeys(2)).seal(secret, place)
    expect(refusal(() => envelope.open(sealed, place))).toBe(REFUSED)
  })

  it('another key under the same number opens nothing', () => {
    const sealed = envelope.seal(secret, place)
    const other = envelopeOf({ current: 'k1', k1: randomBytes(32) })
    expect(refusal(() => other.open(sealed, place))).toBe(REFUSED)
  })

  it('M10: a value that is dressed up as of another key does not open', () => {
    const { k1 } = testKeys(1)
    // both numbers hold the same root: only what is authenticated tells them apart
    const twins = envelopeOf({ current: 'k1', k1: k1!, k2: k1! })
    const sealed = Uint8Array.from(twins.seal(secret, place))
    sealed[1] = 2
    expect(refusal(() => twins.open(sealed, place))).toBe(REFUSED)
  })

  it('tells the key of a value, and of nothing else', () => {
    expect(sealedWith(new Uint8Array(0))).toBeUndefined()
    expect(sealedWith(new Uint8Array(29))).toBeUndefined()
    expect(sealedWith(Uint8Array.from({ length: 30 }, () => 2))).toBeUndefined()
  })
})
