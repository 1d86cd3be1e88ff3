// Limits of our routes, over the whole handler: who is counted, what is told, and that nothing leads around.

import { afterEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { RateStore } from '../../src/core/ports/rate-store.ts'
import { createFreehold, type Freehold, type FreeholdOptions } from '../../src/index.ts'
import { quickHasher, testKeys } from '../setup/context.ts'

const PASSWORD = 'a kettle orbits quietly'
const MINUTE = 60_000

let freehold: Freehold
const told: unknown[] = []
afterEach(() => freehold.close())

async function open(
  rateLimits: NonNullable<FreeholdOptions<unknown>['http']>['rateLimits'],
  more: Partial<FreeholdOptions<unknown>> = {},
): Promise<void> {
  told.length = 0
  freehold = await createFreehold<unknown, string>({
    storage: memory(),
    keys: testKeys,
    passwordHasher: quickHasher,
    tenants: { baseDomains: ['example.test'] },
    http: { ...(rateLimits === undefined ? {} : { rateLimits }), signUp: 'open' },
    onError: (error) => told.push(error),
    attempts: { free: 100 },
    ...more,
  })
  for (const slug of ['acme', 'globex']) {
    const tenant = await freehold.tenants.create({ slug, name: slug })
    for (const name of ['ana', 'ben']) await tenant.users.create({ email: `${name}@example.test`, password: PASSWORD })
  }
}

interface Asking {
  readonly path?: string
  readonly host?: string
  readonly email?: string
  readonly password?: string
  readonly peerAddress?: string
  readonly headers?: Record<string, string>
}

async function signIn(asking: Asking = {}): Promise<Response> {
  const { path = '/auth/sign-in', host = 'acme', email = 'ana@example.test', password = PASSWORD } = asking
  const request = new Request(`http://${host}.example.test${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...asking.headers },
    body: JSON.stringify({ email, password, transport: 'body' }),
  })
  return freehold.handler(request, { peerAddress: asking.peerAddress ?? '192.0.2.1' })
}

const statuses = async (times: number, asking?: Asking): Promise<number[]> => {
  const seen: number[] = []
  for (let i = 0; i < times; i++) seen.push((await signIn(asking)).status)
  return seen
}

describe('rate limits', () => {
  it('count an address, tell what is left, and how long to wait', async () => {
    await open({ 'sign-in': { address: { limit: 2, windowMs: MINUTE } } })
    const first = await signIn()
    expect(first.status).toBe(200)
    expect(first.headers.get('ratelimit-policy')).toBe('"sign-in";q=2;w=60')
    expect(first.headers.get('ratelimit')).toMatch(/^"sign-in";r=1;t=30$/)
    expect((await signIn()).headers.get('ratelimit')).toMatch(/^"sign-in";r=0;t=60$/)
    const refused = await signIn()
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '30'])
    expect(await refused.json()).toMatchObject({ code: 'RATE_LIMITED', policy: 'sign-in' })
    expect((await signIn({ peerAddress: '192.0.2.2' })).status).toBe(200)
    expect((await signIn({ host: 'globex' })).status).toBe(200)
  })

  it('count an account whatever address asks, however the e-mail address is written', async () => {
    await open({ 'sign-in': { account: { limit: 2, windowMs: MINUTE } } })
    const ask = (email: string, last: number) => signIn({ email, peerAddress: `192.0.2.${last}` })
    expect((await ask('ana@example.test', 1)).status).toBe(200)
    expect((await ask('ANA@example.test', 2)).status).toBe(200)
    expect((await ask('ana@EXAMPLE.test', 3)).status).toBe(429)
    expect((await ask('ben@example.test', 3)).status).toBe(200)
  })

  it('count a tenant as a whole', async () => {
    await open({ 'sign-in': { tenant: { limit: 3, windowMs: MINUTE } } })
    expect(await statuses(4)).toEqual([200, 200, 200, 429])
    expect(await statuses(1, { host: 'globex' })).toEqual([200])
  })

  it('what one limit refuses costs the others nothing', async () => {
    await open({ 'sign-in': { address: { limit: 1, windowMs: MINUTE }, tenant: { limit: 3, windowMs: MINUTE } } })
    expect(await statuses(20)).toEqual([200, ...Array<number>(19).fill(429)])
    expect(await statuses(1, { peerAddress: '192.0.2.2' })).toEqual([200])
    expect(await statuses(1, { peerAddress: '192.0.2.3' })).toEqual([200])
    expect(await statuses(1, { peerAddress: '192.0.2.4' })).toEqual([429])
  })

  it('A06: no header moves a client to another address', async () => {
    await open({ 'sign-in': { address: { limit: 1, windowMs: MINUTE } } })
    expect(await statuses(1)).toEqual([200])
    for (const name of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'cf-connecting-ip', 'true-client-ip']) {
      expect(await statuses(1, { headers: { [name]: '198.51.100.7' } })).toEqual([429])
    }
  })

  it('A06: behind one proxy the hop that it wrote counts, and none in front of it', async () => {
    const tenants = { baseDomains: ['example.test'], trustedProxies: 1 }
    await open({ 'sign-in': { address: { limit: 1, windowMs: MINUTE } } }, { tenants })
    const from = (chain: string) => statuses(1, { headers: { 'x-forwarded-for': chain } })
    expect(await from('203.0.113.9')).toEqual([200])
    expect(await from('198.51.100.1, 203.0.113.9')).toEqual([429])
    expect(await from('203.0.113.10')).toEqual([200])
  })

  it('an IPv6 customer is one network of 64 bits', async () => {
    await open({ 'sign-in': { address: { limit: 1, windowMs: MINUTE } } })
    expect(await statuses(1, { peerAddress: '2001:db8:1:2::1' })).toEqual([200])
    expect(await statuses(1, { peerAddress: '2001:db8:1:2:ffff::9' })).toEqual([429])
    expect(await statuses(1, { peerAddress: '2001:db8:1:3::1' })).toEqual([200])
  })

  it('U05: no other spelling of a path leads around', async () => {
    await open({ 'sign-in': { address: { limit: 1, windowMs: MINUTE } } })
    expect(await statuses(1)).toEqual([200])
    for (const path of [
      '//auth/sign-in',
      '/auth//sign-in',
      '/auth/sign%2Din',
      '/auth/sign-in/',
      '/auth/./sign-in',
      '/AUTH/sign-in',
    ])
      expect([404, 429]).toContain((await signIn({ path })).status)
  })

  it('routes of a session count their account, when the host says so', async () => {
    await open({ session: { account: { limit: 2, windowMs: MINUTE } } })
    const { tokens } = (await (await signIn()).json()) as { tokens: { accessToken: string } }
    const me = async () => {
      const headers = { authorization: `Bearer ${tokens.accessToken}` }
      return (await freehold.handler(new Request('http://acme.example.test/auth/me', { headers }))).status
    }
    expect([await me(), await me(), await me()]).toEqual([200, 200, 429])
  })

  it('of 30 requests at once as many pass as the limit says', async () => {
    await open({ 'sign-in': { address: { limit: 7, windowMs: MINUTE } } })
    const all = await Promise.all(Array.from({ length: 30 }, () => signIn()))
    expect(all.filter(({ status }) => status === 200)).toHaveLength(7)
  })

  it('false lets everybody in, and tells nothing', async () => {
    await open(false)
    expect(await statuses(30)).toEqual(Array<number>(30).fill(200))
    expect((await signIn()).headers.has('ratelimit')).toBe(false)
  })

  it('S06: a store that fails is replaced by the storage, and the host is told', async () => {
    const broken: RateStore = { take: () => Promise.reject(new Error('gone')) }
    await open({ 'sign-in': { address: { limit: 2, windowMs: MINUTE } } }, { rateStore: broken })
    expect(await statuses(3)).toEqual([200, 200, 429])
    expect(told).toContainEqual(new Error('gone'))
  })

  it.each([
    [{ other: {} }, 'http.rateLimits.other'],
    [{ 'sign-in': { ip: { limit: 1, windowMs: 1 } } }, 'http.rateLimits.sign-in.ip'],
    [{ 'sign-in': { address: { limit: 0, windowMs: 1 } } }, 'http.rateLimits.sign-in.address.limit'],
    [{ 'sign-in': { address: { limit: 1, windowMs: Number.NaN } } }, 'http.rateLimits.sign-in.address.windowMs'],
  ])('refuse to start with %j', async (rateLimits, option) => {
    await open({})
    const start = createFreehold({
      storage: memory(),
      keys: testKeys,
      passwordHasher: quickHasher,
      http: { rateLimits: rateLimits as never },
    })
    await expect(start).rejects.toMatchObject({ code: 'CONFIG_INVALID', details: { option } })
  })
})
