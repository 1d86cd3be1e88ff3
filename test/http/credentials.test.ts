import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCookies } from '../../src/core/http/cookies.ts'
import { readCredential } from '../../src/core/http/credentials.ts'

const cookies = createCookies()
const read = (headers: Record<string, string>) => readCredential(new Headers(headers), cookies)

describe('the credential of a request', () => {
  it('is a bearer token or the access cookie', () => {
    expect(read({})).toEqual({ kind: 'none' })
    expect(read({ authorization: 'Bearer abc.def-_' })).toEqual({ kind: 'bearer', token: 'abc.def-_' })
    expect(read({ authorization: 'bEARER   abc' })).toEqual({ kind: 'bearer', token: 'abc' })
    expect(read({ cookie: '__Host-fh-access=abc; other=1' })).toEqual({ kind: 'cookie', token: 'abc' })
    expect(read({ cookie: '__Host-fh-refresh=abc; fh-access=x' })).toEqual({ kind: 'none' })
    expect(read({ cookie: '__Host-fh-access=' })).toEqual({ kind: 'none' })
  })

  it('is the bearer token where both are there, and never falls back to the cookie from a broken one', () => {
    const cookie = '__Host-fh-access=abc'
    expect(read({ authorization: 'Bearer xyz', cookie })).toEqual({ kind: 'bearer', token: 'xyz' })
    expect(read({ authorization: 'Bearer x y', cookie })).toEqual({ kind: 'malformed' })
    expect(read({ authorization: '', cookie })).toEqual({ kind: 'malformed' })
  })

  it('leaves other schemes to others', () => {
    expect(read({ authorization: 'Basic dTpw', cookie: '__Host-fh-access=abc' })).toEqual({
      kind: 'cookie',
      token: 'abc',
    })
  })

  it.each([
    'Bearer',
    'Bearer ',
    'Bearer a, Bearer b',
    'Bearer a b',
    'Bearer "a"',
    'Bearer a\tb',
    'Bearer =',
    `Bearer ${'a'.repeat(8193)}`,
    ', Bearer a',
    'Bearer a; b',
    'Bearer tök',
  ])('finds %j malformed (J05)', (authorization) => {
    expect(read({ authorization })).toEqual({ kind: 'malformed' })
  })

  it('answers any header at all without an exception (J05)', () => {
    const latin1 = fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)) })
    const header = fc.oneof(
      latin1,
      latin1.map((rest) => `Bearer ${rest}`),
      fc.tuple(fc.constantFrom('bearer', 'Bearer', 'BEARER'), latin1, latin1).map((parts) => parts.join(' ')),
    )
    fc.assert(
      fc.property(header, latin1, (authorization, cookie) => {
        const credential = read({ authorization, cookie })
        if (credential.kind !== 'bearer') return true
        return credential.token.length > 0 && authorization.trim().endsWith(credential.token)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('cookies', () => {
  const tokens = {
    accessToken: 'eyJ.a-_b',
    accessTokenExpiresInMs: 600_500,
    refreshToken: 'fh_rt_x',
    refreshTokenExpiresInMs: 1_209_600_000,
  }

  it('belong to one host, are out of reach of scripts, and live as long as their tokens', () => {
    const headers = new Headers()
    cookies.set(headers, tokens)
    expect(headers.getSetCookie()).toEqual([
      '__Host-fh-access=eyJ.a-_b; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=Lax',
      '__Host-fh-refresh=fh_rt_x; Max-Age=1209600; Path=/; HttpOnly; Secure; SameSite=Lax',
    ])
  })

  it('are removed under the same attributes', () => {
    const headers = new Headers()
    createCookies({ prefix: 'app', sameSite: 'strict' }).clear(headers)
    expect(headers.getSetCookie()).toEqual([
      '__Host-app-access=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict',
      '__Host-app-refresh=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict',
    ])
  })

  it('carry no prefix they could not keep over plain http', () => {
    const headers = new Headers()
    createCookies({ secure: false }).set(headers, tokens)
    expect(headers.getSetCookie()[0]).toBe('fh-access=eyJ.a-_b; Max-Age=600; Path=/; HttpOnly; SameSite=Lax')
  })

  it('are read as sent, so that a token has one spelling', () => {
    expect(cookies.access(new Headers({ cookie: '__Host-fh-access=a%2Eb' }))).toBe('a%2Eb')
  })

  it.each(['', 'a b', 'a;b', 'x'.repeat(33), 'ü'])('refuse to start with %j as a prefix', (prefix) => {
    expect(() => createCookies({ prefix })).toThrow(/CONFIG_INVALID/)
  })
})
