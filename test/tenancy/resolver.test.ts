// The resolver, as a table: which tenant a request is for, by each way and in each order.

import { beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { ErrorCode } from '../../src/core/kernel/errors.ts'
import { createResolver, type RequestView, type ResolverOptions } from '../../src/core/tenancy/resolver.ts'
import type { Tenant } from '../../src/core/tenancy/tenant.ts'
import { refused } from '../setup/refusal.ts'
import { type Installation, install } from './installation.ts'

let house: Installation
let acme: Tenant
let globex: Tenant
let closed: Tenant

beforeAll(async () => {
  house = install(memory())
  acme = await house.tenant({ slug: 'acme' })
  globex = await house.tenant({ slug: 'globex' })
  closed = await house.tenant({ slug: 'closed' })
  await house.tenants.suspend(closed.id)
  const domains = house.domains(acme)
  const { id, proof } = await domains.add('Bücher.Example')
  house.dns.set(proof.record, [[proof.value]])
  await domains.verify(id)
  await house.domains(globex).add('globex.test')
})

/** A request as a server hands it on: a Host header, and a URL that says the same. */
function request(url: string, headers: Record<string, string> = {}): RequestView {
  const { host } = new URL(url)
  return { url, headers: new Headers({ host, ...headers }) }
}

interface Case {
  readonly what: string
  readonly url: string
  readonly headers?: Record<string, string>
  readonly options?: ResolverOptions
  /** Slug of the credential's tenant. */
  readonly credential?: 'acme' | 'globex' | 'closed'
  /** Slug and way, or undefined for no tenant, or the code of the refusal. */
  readonly answer: readonly ['acme' | 'globex', string] | undefined | ErrorCode
  readonly path?: string
}

const base: ResolverOptions = { baseDomains: ['example.com', 'app.example.com', 'localhost'] }
const all: ResolverOptions = { ...base, resolve: ['subdomain', 'domain', 'path', 'header', 'credential'] }
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
  // order and mismatch
  {
    what: 'the first way wins',
    url: 'http://acme.example.com/t/globex/',
    headers: { 'x-tenant': 'globex' },
    options: all,
    answer: ['acme', 'subdomain'],
  },
  {
    what: 'another order',
    url: 'http://acme.example.com/t/globex/',
    options: { ...all, resolve: ['path', 'subdomain'] },
    answer: ['globex', 'path'],
  },
  {
    what: 'T01: a credential that agrees',
    url: 'http://acme.example.com/',
    credential: 'acme',
    answer: ['acme', 'subdomain'],
  },
  {
    what: 'T01, R12: a credential of another tenant',
    url: 'http://acme.example.com/',
    credential: 'globex',
    answer: 'TENANT_MISMATCH',
  },
  {
    what: 'T01: the same, where no credential is asked',
    url: 'http://x/t/acme/',
    credential: 'globex',
    options: { resolve: ['path'] },
    answer: 'TENANT_MISMATCH',
  },
  {
    what: 'T01: the same, by header',
    url: 'http://x/',
    headers: { 'x-tenant': 'acme' },
    credential: 'globex',
    options: all,
    answer: 'TENANT_MISMATCH',
  },
  {
    what: 'T01: the same, at a suspended tenant',
    url: 'http://closed.example.com/',
    credential: 'acme',
    answer: 'TENANT_MISMATCH',
  },
  { what: 'credential of a suspended tenant', url: 'http://x/', credential: 'closed', answer: 'TENANT_SUSPENDED' },
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
  it.each(cases)('$what ($url)', async ({ url, headers, options = base, credential, answer, path }) => {
    const resolver = createResolver(house.directory, options)
    const credentialTenantId = credential && { acme, globex, closed }[credential].id
    const resolve = () => resolver.resolve(request(url, headers), credentialTenantId)
    if (typeof answer === 'string') {
      await refused(resolve, answer)
      return
    }
    const resolution = await resolve()
    expect(resolution && [resolution.tenant.slug, resolution.by]).toEqual(answer)
    if (path) expect(resolution?.path).toBe(path)
  })

  it('takes the id in the header, and the URL where there is no Host header', async () => {
    const resolver = createResolver(house.directory, all)
    const byId = await resolver.resolve(request('http://x/', { 'x-tenant': acme.id }), undefined)
    expect([byId?.tenant.slug, byId?.by]).toEqual(['acme', 'header'])
    const bare = { url: 'http://acme.example.com:1234/a', headers: new Headers() }
    expect((await resolver.resolve(bare, undefined))?.by).toBe('subdomain')
    await refused(() => resolver.host({ url: '/a', headers: new Headers() }), 'HOST_INVALID')
  })
})
