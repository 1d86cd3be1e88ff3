// Host names and slugs: one form for each, and nothing that two parsers could read differently.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FreeholdError } from '../../src/core/kernel/errors.ts'
import { isAddress, isBelow, parseDomain, parseHost } from '../../src/core/tenancy/host-name.ts'
import { checkSlug, isSlug } from '../../src/core/tenancy/slug.ts'
import { refused } from '../setup/refusal.ts'

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/).filter((text) => !/^..--/.test(text))
const name = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 3 }), fc.constantFrom('com', 'example', 'localhost'))
  .map(([labels, top]) => [...labels, top].join('.'))

describe('parseHost', () => {
  it.each([
    ['example.com', 'example.com'],
    ['EXAMPLE.com', 'example.com'],
    ['example.com:443', 'example.com'],
    ['example.com:', 'example.com'],
    ['example.com.', 'example.com'],
    ['Bücher.Example.:8080', 'xn--bcher-kva.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['faß.example', 'xn--fa-hia.example'],
    ['acme。example。com', 'acme.example.com'],
    ['ＡＣＭＥ.example.com', 'acme.example.com'],
    ['localhost:3000', 'localhost'],
    ['my_service:80', 'my_service'],
    ['127.0.0.1:80', '127.0.0.1'],
    ['[::1]:80', '[::1]'],
    ['[0:0:0:0:0:0:0:1]', '[::1]'],
    [`${'a'.repeat(63)}.com`, `${'a'.repeat(63)}.com`],
  ])('reads %j as %j', (host, normalised) => {
    expect(parseHost(host)).toBe(normalised)
  })

  it.each([
    '',
    '.',
    'example.com..',
    '.example.com',
    'a..b',
    '-a.com',
    'a-.com',
    `${'a'.repeat(64)}.com`,
    `${'a.'.repeat(127)}com`,
    'x'.repeat(10_000),
    'a b',
    ' a',
    'a\t',
    'a\r\nb',
    'a\0b',
    'user@example.com',
    'user:password@example.com',
    'example.com/path',
    'example.com\\path',
    'example.com?query',
    'example.com#fragment',
    'ex%61mple.com',
    'a.com,b.com',
    '*.example.com',
    'a.com:80:80',
    'a.com:port',
    'a.com:65536',
    'a.com:-1',
    '127.1',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '2130706433',
    '１２７.0.0.1',
    'example.123',
    '::1',
    '[::1',
    '[::1]x',
    '[fe80::1%25eth0]',
    '[127.0.0.1]',
  ])('refuses %j', async (host) => {
    await refused(() => parseHost(host), 'HOST_INVALID')
  })

  it('is blind to case, port and one trailing dot', () => {
    fc.assert(
      fc.property(name, fc.nat(65_535), fc.boolean(), fc.boolean(), (host, port, dot, upper) => {
        const dressed = `${upper ? host.toUpperCase() : host}${dot ? '.' : ''}:${port}`
        expect(parseHost(dressed)).toBe(host)
      }),
    )
  })

  it('answers what it would answer again, or HOST_INVALID, whatever it is given', () => {
    const junk = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string(),
      fc.string({ unit: fc.constantFrom('a', '.', ':', '-', '[', ']', 'é', '。', '%', '1', 'X', '_') }),
    )
    fc.assert(
      fc.property(junk, (text) => {
        let host: string
        try {
          host = parseHost(text)
        } catch (error) {
          expect(FreeholdError.is(error, 'HOST_INVALID')).toBe(true)
          return
        }
        expect(parseHost(host)).toBe(host)
        expect(host).toMatch(/^(\[[0-9a-f:]+\]|[a-z0-9_.-]+)$/)
        expect(host.length).toBeLessThanOrEqual(253)
      }),
      { numRuns: 500 },
    )
  })
})

describe('parseDomain', () => {
  it('is as parseHost for a name, so that a claim and a request meet', () => {
    fc.assert(
      fc.property(name, (host) => {
        expect(parseDomain(host.toUpperCase())).toBe(parseHost(`${host}:80`))
      }),
    )
  })

  it.each(['1.2.3.4', '[::1]', 'example.com:80', 'my_service.example.com', '', 'a b', 7, null])(
    'knows no %j',
    (text) => {
      expect(parseDomain(text)).toBeUndefined()
    },
  )

  it('tells addresses, and what is below a domain', () => {
    expect([isAddress('1.2.3.4'), isAddress('[::1]'), isAddress('a.com')]).toEqual([true, true, false])
    expect(isBelow('a.example.com', 'example.com')).toBe(true)
    expect(isBelow('example.com', 'example.com')).toBe(false)
    expect(isBelow('badexample.com', 'example.com')).toBe(false)
    expect(isBelow('.example.com', 'example.com')).toBe(false)
  })
})

describe('slugs', () => {
  it('are one label of a host name, so that each works as a subdomain', () => {
    fc.assert(
      fc.property(fc.oneof(label, fc.string(), fc.stringMatching(/^[a-z0-9-]{1,70}$/)), (text) => {
        const plain = /^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/.test(text) && text.slice(2, 4) !== '--'
        const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
        expect(isSlug(text)).toBe(plain && !uuid)
        if (isSlug(text)) expect(parseHost(`${text}.example.com`)).toBe(`${text}.example.com`)
      }),
    )
  })

  it.each(['a', '', 'Acme', 'acme-', '-acme', 'ac me', 'acme.', 'xn--acme', 'ab--c', 'é1', 'a'.repeat(64), 7, null])(
    'refuse the format of %j',
    async (text) => {
      const error = await refused(() => checkSlug(text), 'SLUG_INVALID')
      expect(error.details.reason).toBe('format')
    },
  )

  it('refuse what could be taken for an id', async () => {
    await refused(() => checkSlug('018f4e5a-1111-7222-8333-944445555666'), 'SLUG_INVALID')
  })

  it.each(['www', 'api', 'admin', 'app', 'auth', 'mail', 'platform', 'static', 'postmaster', 'wpad', 'localhost'])(
    'keep %s for the host',
    async (text) => {
      const error = await refused(() => checkSlug(text), 'SLUG_INVALID')
      expect(error.details.reason).toBe('reserved')
      expect(isSlug(text)).toBe(true)
    },
  )
})
