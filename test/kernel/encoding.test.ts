// base64url in one form only (S04: what is truncated or dressed up is no token).

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBase64url, encodeBase64url } from '../../src/core/kernel/encoding.ts'

describe('base64url', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(new Uint8Array(decodeBase64url(encodeBase64url(bytes))!)).toEqual(bytes)
      }),
    )
  })

  it('is encoded from a part of a buffer without its neighbours', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4, 5).subarray(1, 4)
    expect(encodeBase64url(bytes)).toBe('AgME')
  })

  it('S04, S05: has one text for each sequence of bytes', () => {
    const unit = fc.constantFrom(...'ABCwxyz019-_+/= \n\0é')
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
        const bytes = decodeBase64url(text)
        if (bytes) expect(encodeBase64url(bytes)).toBe(text)
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    'AA=',
    'AA==',
    'A',
    'AAAAA',
    'AB',
    'AAB',
    ' AA',
    'AA ',
    'A A',
    'AA\n',
    '+A',
    '/A',
    'AÀ',
    'AA\0',
    undefined,
    null,
    7,
    ['AA'],
  ])('S04, S05: is not %j', (text) => {
    expect(decodeBase64url(text)).toBeUndefined()
  })

  it('may be empty', () => {
    expect(decodeBase64url('')).toHaveLength(0)
  })
})
