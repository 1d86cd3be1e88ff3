import { describe, expect, it } from 'vitest'
import { createOriginCheck, type OriginOptions } from '../../src/core/http/csrf.ts'
import { FreeholdError } from '../../src/core/kernel/errors.ts'

const SELF = 'https://acme.example.com'

function passes(headers: Record<string, string>, options: OriginOptions & { method?: string; url?: string } = {}) {
  const { method = 'POST', url = `${SELF}/auth/sign-out` } = options
  try {
    createOriginCheck(options).check(new Request(url, { method, headers }))
    return true
  } catch (error) {
    if (FreeholdError.is(error, 'CSRF_REFUSED')) return false
    throw error
  }
}

describe('requests of other sites', () => {
  it.each(['GET', 'HEAD', 'OPTIONS'])('lets %s pass from anywhere', (method) => {
    expect(passes({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }, { method })).toBe(true)
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'])('asks where %s comes from', (method) => {
    expect(passes({ 'sec-fetch-site': 'same-origin' }, { method })).toBe(true)
    expect(passes({ 'sec-fetch-site': 'cross-site', origin: SELF }, { method })).toBe(false)
  })

  it.each([
    ['same-origin', true],
    ['none', true],
    ['same-site', false],
    ['cross-site', false],
    ['Same-Origin', false],
    ['', false],
    ['same-origin, same-origin', false],
  ])('Sec-Fetch-Site %j: %s', (site, expected) => {
    expect(passes({ 'sec-fetch-site': site })).toBe(expected)
  })

  it('takes Origin where the browser sends no Sec-Fetch-Site, and refuses where it sends neither', () => {
    expect(passes({ origin: SELF })).toBe(true)
    expect(passes({ origin: 'https://evil.test' })).toBe(false)
    expect(passes({ origin: 'null' })).toBe(false)
    expect(passes({})).toBe(false)
  })

  it.each([
    'http://acme.example.com',
    'https://acme.example.com:8443',
    'https://acme.example.com.evil.test',
    'https://evil-acme.example.com',
    'https://acme.example.com/',
    'https://acme.example.com/path',
    'https://globex.example.com',
    'https://example.com',
    'HTTPS://ACME.EXAMPLE.COM',
    'https://acme.example.com@evil.test',
  ])('compares origins whole: %s is not ours (U02)', (origin) => {
    expect(passes({ origin })).toBe(false)
  })

  it('trusts the origins it is told, whole, also as another site', () => {
    const options = { trustedOrigins: ['https://app.example.net'] }
    expect(passes({ origin: 'https://app.example.net' }, options)).toBe(true)
    expect(passes({ origin: 'https://app.example.net', 'sec-fetch-site': 'cross-site' }, options)).toBe(true)
    expect(passes({ origin: 'https://evil.app.example.net', 'sec-fetch-site': 'cross-site' }, options)).toBe(false)
    expect(passes({ origin: 'https://app.example.net.evil.test' }, options)).toBe(false)
  })

  it.each(['*', 'https://*.example.com', 'example.com', 'https://example.com/', 'https://EXAMPLE.com', 'null', ''])(
    'refuses to start with %j as a trusted origin (U02)',
    (origin) => {
      expect(() => createOriginCheck({ trustedOrigins: [origin] })).toThrow(/CONFIG_INVALID/)
    },
  )

  it('believes X-Forwarded-* of its own proxies only', () => {
    const url = 'http://10.0.0.5:3000/auth/sign-out'
    const forwarded = { origin: SELF, 'x-forwarded-proto': 'https', 'x-forwarded-host': 'acme.example.com' }
    expect(passes(forwarded, { url })).toBe(false)
    expect(passes(forwarded, { url, trustedProxies: 1 })).toBe(true)
    expect(
      passes({ ...forwarded, 'x-forwarded-host': 'acme.example.com, other.test' }, { url, trustedProxies: 1 }),
    ).toBe(false)
    expect(passes({ ...forwarded, 'x-forwarded-proto': 'javascript' }, { url, trustedProxies: 1 })).toBe(false)
  })
})

it('tells a client that is no browser what to do, and a page of another site nothing', () => {
  const refusedWith = (headers: Record<string, string>) => {
    try {
      createOriginCheck().check(new Request(`${SELF}/auth/sign-in`, { method: 'POST', headers }))
    } catch (error) {
      if (FreeholdError.is(error, 'CSRF_REFUSED')) return error.toProblem().detail
    }
    throw new Error('it was not refused')
  }
  expect(refusedWith({})).toContain('"transport": "body"')
  expect(refusedWith({ origin: 'https://evil.test' })).toBeUndefined()
  expect(refusedWith({ 'sec-fetch-site': 'cross-site' })).toBeUndefined()
})
