// The resolver, as a table: which tenant a request is for, by each way.

import { beforeAll, describe, expect, it } from 'vitest'
import { createResolver, type ResolverOptions } from '../../src/core/tenancy/resolver.ts'
import { refused } from '../setup/refusal.ts'
import { all, base, type Case, installThree, itAnswers, request } from './resolving.ts'

let three: Awaited<ReturnType<typeof installThree>>
beforeAll(async () => {
  three = await installThree()
})

const path: ResolverOptions = { resolve: ['path', 'credential'] }

const cases: readonly Case[] = [
  // subdomains
  { what: 'subdomain', url: 'https://acme.example.com/notes?a=1', answer: ['acme', 'subdomain'], path: '/notes' },
  { what: 'subdomain in capitals, with port', url: 'http://ACME.Example.com:8080/', answer: ['acme', 'subdomain'] },
  {
    what: 'subdomain with a trailing dot',
    url: 'http://x/',
    headers: { host: 'acme.example.com.' },
    answer: ['acme', 'subdomain'],
  },
  { what: 'subdomain of localhost', url: 'http://acme.localhost:3000/', answer: ['acme', 'subdomain'] },
  { what: 'subdomain of the nearest base domain', url: 'http://acme.app.example.com/', answer: ['acme', 'subdomain'] },
  { what: 'a base domain itself', url: 'http://example.com/', answer: undefined },
  {
    what: 'a base domain itself, below another',
    url: 'http://app.example.com/',
    credential: 'acme',
    answer: ['acme', 'credential'],
  },
  { what: 'unknown subdomain', url: 'http://nobody.example.com/', answer: 'TENANT_UNKNOWN' },
  {
    what: 'unknown subdomain with a credential',
    url: 'http://nobody.example.com/',
    credential: 'acme',
    answer: 'TENANT_UNKNOWN',
  },
  { what: 'two labels below', url: 'http://a.acme.example.com/', answer: 'TENANT_UNKNOWN' },
  { what: 'a name that only ends like a base domain', url: 'http://acme.evilexample.com/', answer: undefined },
  { what: 'suspended', url: 'http://closed.example.com/', answer: 'TENANT_SUSPENDED' },
  { what: 'no base domains: no subdomains', url: 'http://acme.example.com/', options: {}, answer: undefined },
  // custom domains
  { what: 'proven domain', url: 'http://x/', headers: { host: 'BÜCHER.example:443' }, answer: ['acme', 'domain'] },
  { what: 'proven domain in ASCII', url: 'http://xn--bcher-kva.example/', answer: ['acme', 'domain'] },
  { what: 'O05: a domain that is claimed and not proven', url: 'http://globex.test/', answer: undefined },
  {
    what: 'O05: the same with a credential',
    url: 'http://globex.test/',
    credential: 'acme',
    answer: ['acme', 'credential'],
  },
  { what: 'below a proven domain', url: 'http://www.xn--bcher-kva.example/', answer: undefined },
  { what: 'an address', url: 'http://127.0.0.1:3000/', credential: 'globex', answer: ['globex', 'credential'] },
  { what: 'an IPv6 address', url: 'http://[::1]:3000/', answer: undefined },
  // the path
  { what: 'path', url: 'http://x/t/acme/notes/7', options: path, answer: ['acme', 'path'], path: '/notes/7' },
  {
    what: 'path that ends with the slug',
    url: 'http://x/t/acme?q',
    options: path,
    answer: ['acme', 'path'],
    path: '/',
  },
  {
    what: 'path of a server that gives no absolute URL',
    url: 'http://x/t/acme/',
    options: path,
    answer: ['acme', 'path'],
    path: '/',
  },
  { what: 'prefix alone', url: 'http://x/t/', options: path, answer: undefined },
  { what: 'another path', url: 'http://x/tea/acme', options: path, answer: undefined },
  { what: 'unknown slug in the path', url: 'http://x/t/nobody/', options: path, answer: 'TENANT_UNKNOWN' },
  { what: 'slug in capitals', url: 'http://x/t/ACME/', options: path, answer: 'TENANT_UNKNOWN' },
  {
    what: 'an id in the path',
    url: 'http://x/t/00000000-0000-7000-8000-000000000000/',
    options: path,
    answer: 'TENANT_UNKNOWN',
  },
  {
    what: 'own prefix',
    url: 'http://x/acme/a',
    options: { resolve: ['path'], pathPrefix: '/' },
    answer: ['acme', 'path'],
    path: '/a',
  },
  // the header
  {
    what: 'header with a slug',
    url: 'http://x/',
    headers: { 'x-tenant': 'acme' },
    options: all,
    answer: ['acme', 'header'],
  },
  { what: 'header unasked', url: 'http://x/', headers: { 'x-tenant': 'acme' }, answer: undefined },
  {
    what: 'own header',
    url: 'http://x/',
    headers: { org: 'acme' },
    options: { resolve: ['header'], header: 'org' },
    answer: ['acme', 'header'],
  },
  {
    what: 'header twice',
    url: 'http://x/',
    headers: { 'x-tenant': 'acme, globex' },
    options: all,
    answer: 'TENANT_UNKNOWN',
  },
  { what: 'empty header', url: 'http://x/', headers: { 'x-tenant': '' }, options: all, answer: 'TENANT_UNKNOWN' },
  {
    what: 'header with an unknown id',
    url: 'http://x/',
    headers: { 'x-tenant': '018f4e5a-1111-7222-8333-944445555666' },
    options: all,
    answer: 'TENANT_UNKNOWN',
  },
  { what: 'nothing at all', url: 'http://x/', options: all, answer: undefined },
  // hosts
  {
    what: 'host twice',
    url: 'http://x/',
    headers: { host: 'acme.example.com, globex.example.com' },
    answer: 'HOST_INVALID',
  },
  { what: 'host with userinfo', url: 'http://x/', headers: { host: 'a@acme.example.com' }, answer: 'HOST_INVALID' },
  {
    what: 'X-Forwarded-Host, untrusted',
    url: 'http://acme.example.com/',
    headers: { 'x-forwarded-host': 'globex.example.com' },
    answer: ['acme', 'subdomain'],
  },
  {
    what: 'X-Forwarded-Host, trusted',
    url: 'http://inner/',
    headers: { 'x-forwarded-host': 'globex.example.com' },
    options: { ...base, trustedProxies: 1 },
    answer: ['globex', 'subdomain'],
  },
  {
    what: 'X-Forwarded-Host with what the client wrote first: the nearest proxy has the last word',
    url: 'http://inner/',
    headers: { 'x-forwarded-host': 'globex.example.com, acme.example.com' },
    options: { ...base, trustedProxies: 1 },
    answer: ['acme', 'subdomain'],
  },
  {
    what: 'trusted proxy that forwards no host',
    url: 'http://acme.example.com/',
    options: { ...base, trustedProxies: 2 },
    answer: ['acme', 'subdomain'],
  },
]

describe('resolve', () => {
  itAnswers(cases, () => three)

  it('takes the id in the header, and the URL where there is no Host header', async () => {
    const resolver = createResolver(three.house.directory, all)
    const byId = await resolver.resolve(request('http://x/', { 'x-tenant': three.acme.id }), undefined)
    expect([byId?.tenant.slug, byId?.by]).toEqual(['acme', 'header'])
    const bare = { url: 'http://acme.example.com:1234/a', headers: new Headers() }
    expect((await resolver.resolve(bare, undefined))?.by).toBe('subdomain')
    await refused(() => resolver.host({ url: '/a', headers: new Headers() }), 'HOST_INVALID')
  })
})
