import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { Freehold, FreeholdOptions } from '../../src/core/api.ts'
import { network } from '../../src/core/http/sign-up-limit.ts'
import { createFreehold, FreeholdError } from '../../src/index.ts'
import { quickHasher, testKeys } from '../setup/context.ts'

const PASSWORD = 'a kettle orbits quietly'

async function open(options: Partial<FreeholdOptions<unknown>>): Promise<Freehold> {
  const freehold = await createFreehold<unknown, string>({
    storage: memory(),
    keys: testKeys,
    passwordHasher: quickHasher,
    onError: () => undefined,
    ...options,
  })
  for (const slug of ['acme', 'globex']) {
    const tenant = await freehold.tenants.create({ slug, name: slug })
    await tenant.users.create({ email: 'ana@example.test', password: PASSWORD })
  }
  return freehold
}

function signIn(url: string, headers: Record<string, string> = {}, password = PASSWORD): Request {
  return new Request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ email: 'ana@example.test', password, transport: 'body' }),
  })
}

describe('a credential that is asked first', () => {
  it('opens its own tenant, and not at the host name of another (T01, R12)', async () => {
    const tenants = { resolve: ['credential', 'subdomain'], baseDomains: ['example.com'] } as const
    await using freehold = await open({ tenants })
    const answer = await freehold.handler(signIn('http://globex.example.com/auth/sign-in'))
    const { tokens } = (await answer.json()) as { tokens: { accessToken: string } }
    const headers = { authorization: `Bearer ${tokens.accessToken}` }
    for (const host of ['globex.example.com', 'api.example.com', 'elsewhere.test']) {
      const { tenant } = await freehold.authenticate(new Request(`http://${host}/notes`, { headers }))
      expect([host, tenant.tenant.slug]).toEqual([host, 'globex'])
    }
    const atAcme = new Request('http://acme.example.com/notes', { headers })
    await expect(freehold.authenticate(atAcme)).rejects.toMatchObject({ code: 'TENANT_MISMATCH' })
    const me = await freehold.handler(new Request('http://acme.example.com/auth/me', { headers }))
    expect([me.status, await me.json()]).toMatchObject([401, { code: 'TENANT_MISMATCH' }])
  })
})

describe('tenants in the path', () => {
  let freehold: Freehold
  beforeAll(async () => {
    freehold = await open({ tenants: { resolve: ['path'] } })
  })
  afterAll(() => freehold.close())

  it('have their routes below the slug', async () => {
    expect(freehold.handles('/t/acme/auth/sign-in')).toBe(true)
    expect(freehold.handles('/t/acme/notes')).toBe(false)
    expect(freehold.handles('/t/acme')).toBe(false)
    const answer = await freehold.handler(signIn('http://app.test/t/acme/auth/sign-in'))
    expect(answer.status).toBe(200)
    const { tokens } = (await answer.json()) as { tokens: { accessToken: string; refreshToken: string } }
    const headers = { authorization: `Bearer ${tokens.accessToken}` }
    const me = await freehold.handler(new Request('http://app.test/t/acme/auth/me', { headers }))
    expect(await me.json()).toMatchObject({ tenant: { slug: 'acme' } })
    const other = await freehold.handler(new Request('http://app.test/t/globex/auth/me', { headers }))
    expect(await other.json()).toMatchObject({ code: 'TENANT_MISMATCH' })
    const context = await freehold.authenticate(new Request('http://app.test/t/acme/notes?x=1', { headers }))
    expect([context.tenant.tenant.slug, context.path, context.resolvedBy]).toEqual(['acme', '/notes', 'path'])
    // no way but the path is declared, so a token cannot name its tenant by itself
    const alone = new Request('http://app.test/auth/refresh', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refreshToken: tokens.refreshToken }),
    })
    expect(await (await freehold.handler(alone)).json()).toMatchObject({ code: 'TENANT_UNKNOWN' })
  })

  it.each(['/t/acme//auth/sign-in', '/t/acme/auth//sign-in', '/t/acme/%61uth/sign-in', '/t/acme/auth/sign-in/'])(
    'have one spelling: %s is none (U05)',
    async (path) => {
      const answer = await freehold.handler(signIn(`http://app.test${path}`))
      expect(await answer.json()).toMatchObject({ code: 'ROUTE_UNKNOWN' })
    },
  )
})

describe('the handler', () => {
  let freehold: Freehold
  beforeAll(async () => {
    freehold = await open({
      tenants: { baseDomains: ['example.test'], trustedProxies: 1 },
      http: { basePath: '/id/v1' },
    })
  })
  afterAll(() => freehold.close())

  it('answers under the base path it was given, and nowhere else', async () => {
    expect(freehold.handles('/id/v1/me')).toBe(true)
    expect(freehold.handles('/auth/me')).toBe(false)
    expect((await freehold.handler(signIn('http://acme.example.test/id/v1/sign-in'))).status).toBe(200)
    const elsewhere = await freehold.handler(signIn('http://acme.example.test/auth/sign-in'))
    expect(await elsewhere.json()).toMatchObject({ code: 'ROUTE_UNKNOWN' })
  })

  it('believes its own proxy on host, scheme and client address, and nobody further out', async () => {
    const forwarded = {
      'x-forwarded-for': '6.6.6.6, 203.0.113.9',
      'x-forwarded-host': 'acme.example.test',
      'x-forwarded-proto': 'https',
    }
    const request = signIn('http://10.0.0.5:3000/id/v1/sign-in', forwarded)
    const answer = await freehold.handler(request, { peerAddress: '10.0.0.1' })
    expect(await answer.json()).toMatchObject({ session: { ip: '203.0.113.9' } })
  })

  it('tells the tenant of a request without minding its credential', async () => {
    const headers = { authorization: 'Bearer broken', host: 'acme.example.test' }
    const resolution = await freehold.resolve(new Request('http://acme.example.test/notes', { headers }))
    expect([resolution?.tenant.slug, resolution?.by, resolution?.path]).toEqual(['acme', 'subdomain', '/notes'])
    expect(await freehold.resolve(new Request('http://example.test/notes'))).toBeUndefined()
  })

  it('never rejects: what fails behind it is a problem, and is told', async () => {
    const told: unknown[] = []
    const storage = memory()
    const broken = await open({
      storage,
      tenants: { baseDomains: ['example.test'] },
      onError: (error) => told.push(error),
    })
    await broken.close()
    const answer = await broken.handler(signIn('http://acme.example.test/auth/sign-in'))
    expect(answer.status).toBeGreaterThanOrEqual(500)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(told).toHaveLength(1)
  })

  it.each([
    [{ basePath: '/auth/' }],
    [{ basePath: '' }],
    [{ maximumBodyBytes: 0 }],
    [{ maximumBodyBytes: Number.NaN }],
    [{ signUp: 'yes' as 'open' }],
    [{ verification: 'none' as 'cached' }],
    [{ trustedOrigins: ['https://*.example.test'] }],
    [{ cookies: { sameSite: 'none' as 'lax' } }],
  ])('does not start with the options %j (A08)', async (http) => {
    await expect(open({ http })).rejects.toSatisfy((error) => FreeholdError.is(error, 'CONFIG_INVALID'))
  })
})

describe('whom sign-ups are counted for', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002:ffff::', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
    ['not an address', 'not an address'],
    [undefined, 'unknown'],
  ])('%s is one of %s', (address, expected) => {
    expect(network(address)).toBe(expected)
  })
})
