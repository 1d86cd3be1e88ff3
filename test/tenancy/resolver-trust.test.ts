// What the resolver does not believe: ambiguous paths, addresses a client wrote itself, options that make no sense.

import { beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { createResolver, type ResolverOptions } from '../../src/core/tenancy/resolver.ts'
import { refused } from '../setup/refusal.ts'
import { type Installation, install } from './installation.ts'

const path: ResolverOptions = { resolve: ['path', 'credential'] }
let house: Installation

beforeAll(async () => {
  house = install(memory())
  await house.tenant({ slug: 'acme' })
  await house.tenant({ slug: 'globex' })
})

describe('paths', () => {
  it.each([
    '//t/acme/notes',
    '/t//acme/notes',
    '/t/acme//notes',
    '/%74/acme/notes',
    '/t%2facme/notes',
    '/t/acme%2Fnotes',
    '/t/acme/..%2fglobex/notes',
    '/t/acme/%2e%2e/globex/notes',
    '/t/acme/.%2E/globex',
    '/t/acme/../globex/notes',
    '/t/acme/./notes',
    '/t/acme/..',
    '/x/../t/acme/notes',
    '/t/acme\\notes',
    '/t\\acme/notes',
    '/t/acme/%252e%252e/globex',
    '/t/acme/a%252fb',
    '/%2574/acme/notes',
    '/t/acme/%00',
    '/t/%61cme/notes',
    '/t/acme%20/notes',
  ])('U05: names no tenant by %s', async (url) => {
    const resolver = createResolver(house.directory, path)
    await refused(() => resolver.resolve({ url, headers: new Headers() }, undefined), 'TENANT_UNKNOWN')
  })

  it('leaves ordinary escapes in the path as they are', async () => {
    const resolver = createResolver(house.directory, path)
    const view = { url: '/t/acme/a%20b/%C3%A9?x=%2f#y', headers: new Headers() }
    expect((await resolver.resolve(view, undefined))?.path).toBe('/a%20b/%C3%A9')
  })
})

describe('clientAddress', () => {
  it.each<[number, string | undefined, string | undefined, string | undefined]>([
    [0, '1.2.3.4', '10.0.0.1', '10.0.0.1'],
    [0, undefined, '::ffff:10.0.0.1', '10.0.0.1'],
    [0, undefined, 'fe80::1%eth0', 'fe80::1'],
    [0, undefined, undefined, undefined],
    [1, '1.2.3.4', '10.0.0.1', '1.2.3.4'],
    [1, '6.6.6.6, 1.2.3.4', '10.0.0.1', '1.2.3.4'],
    [2, '6.6.6.6, 1.2.3.4, 10.0.0.2', '10.0.0.1', '1.2.3.4'],
    [2, '1.2.3.4', '10.0.0.1', '10.0.0.1'],
    [1, undefined, '10.0.0.1', '10.0.0.1'],
    [1, '6.6.6.6, unknown', '10.0.0.1', undefined],
    [1, '1.2.3.4:5678', '10.0.0.1', '1.2.3.4'],
    [1, '[2001:DB8::1]:5678', '10.0.0.1', '2001:db8::1'],
    [1, '2001:db8::1', '10.0.0.1', '2001:db8::1'],
    [1, 'x'.repeat(5000), '10.0.0.1', undefined],
  ])('A06: with %i trusted proxies, %j by %j is %j', (trustedProxies, forwardedFor, peerAddress, address) => {
    const { clientAddress } = createResolver(house.directory, { trustedProxies })
    const headers = new Headers(forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor })
    expect(clientAddress({ url: '/', headers, peerAddress })).toBe(address)
  })
})

describe('options', () => {
  it.each<[string, object]>([
    ['tenants.resolve', { resolve: [] }],
    ['tenants.resolve', { resolve: ['cookie'] }],
    ['tenants.resolve', { resolve: ['header', 'header'] }],
    ['tenants.baseDomains', { resolve: ['subdomain'] }],
    ['tenants.baseDomains', { baseDomains: ['example.com:80'] }],
    ['tenants.pathPrefix', { pathPrefix: 't/' }],
    ['tenants.pathPrefix', { pathPrefix: '/t' }],
    ['tenants.pathPrefix', { pathPrefix: '/t/../' }],
    ['tenants.header', { header: 'x tenant' }],
    ['tenants.trustedProxies', { trustedProxies: -1 }],
    ['tenants.trustedProxies', { trustedProxies: 1.5 }],
  ])('A08: refuse %s in %j', async (option, options) => {
    const error = await refused(() => createResolver(house.directory, options), 'CONFIG_INVALID')
    expect(error.details.option).toBe(option)
  })
})
