// Service accounts and API keys over HTTP, on every framework.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { User } from '../../../src/core/identity/user.ts'
import type { Browser } from './browser.ts'
import { FRAMEWORKS, openWorld, PASSWORD, type World } from './world.ts'

const NOBODY = '01890000-0000-7000-8000-000000000000'

describe.each(FRAMEWORKS)('on %s', (framework) => {
  let world: World
  let admin: Browser
  beforeAll(async () => {
    world = await openWorld(framework)
    admin = (await signedIn('admin')).browser
  })
  afterAll(() => world[Symbol.asyncDispose]())

  async function signedIn(role?: string, slug: 'acme' | 'globex' = 'acme'): Promise<{ user: User; browser: Browser }> {
    const user = await world.user(world[slug])
    if (role) await world[slug].assignments.grant({ principal: user, role })
    const browser = world.browser(slug)
    expect((await browser.signIn(user.email, PASSWORD)).status).toBe(200)
    return { user, browser }
  }
  let names = 0
  const robot = async (role?: string) => {
    const { json } = await admin.post('/auth/service-accounts', { name: `robot ${++names}` })
    if (role)
      await world.acme.assignments.grant({ principal: { kind: 'service_account', id: json.serviceAccount.id }, role })
    return json.serviceAccount as { readonly id: string; readonly name: string }
  }
  const keyFor = async (serviceAccountId: string, more = {}) =>
    (await admin.post('/auth/api-keys', { serviceAccountId, name: 'ci', ...more })).json
  const using = (secret: string) =>
    world.browser('acme').get('/notes', { headers: { authorization: `Bearer ${secret}` } })
  const outcome = async (answer: ReturnType<Browser['get']>) => {
    const { status, json } = await answer
    return json?.code ? `${status} ${json.code}` : status
  }

  it('service accounts are made, told, listed, disabled and enabled', async () => {
    const made = await admin.post('/auth/service-accounts', { name: `deployer ${framework}`, metadata: { team: 'a' } })
    const { serviceAccount } = made.json
    expect([made.status, serviceAccount]).toEqual([
      201,
      {
        id: expect.any(String),
        name: `deployer ${framework}`,
        status: 'active',
        metadata: { team: 'a' },
        createdAt: expect.any(String),
        disabledAt: null,
      },
    ])
    const path = `/auth/service-accounts/${serviceAccount.id}`
    expect((await admin.get(path)).json).toEqual({ serviceAccount })
    expect((await admin.get('/auth/service-accounts?limit=100')).json.items).toContainEqual(serviceAccount)
    expect((await admin.post(`${path}/disable`)).json.serviceAccount).toMatchObject({ status: 'disabled' })
    expect((await admin.post(`${path}/disable`)).status).toBe(200)
    expect((await admin.post(`${path}/enable`)).json.serviceAccount).toMatchObject({ status: 'active' })
    const again = { name: `deployer ${framework}` }
    expect(await outcome(admin.post('/auth/service-accounts', again))).toBe('409 SERVICE_ACCOUNT_TAKEN')
  })

  it('a key is made, used, listed without its secret, and revoked at once', async () => {
    const { id } = await robot('viewer')
    const made = await admin.post('/auth/api-keys', { serviceAccountId: id, name: 'ci', lifetimeMs: 3_600_000 })
    const { secret, apiKey } = made.json
    expect(made.status).toBe(201)
    expect(made.headers['cache-control']).toContain('no-store')
    expect(Object.keys(apiKey).sort()).toEqual([
      'allowedIps',
      'createdAt',
      'expiresAt',
      'id',
      'lastUsedAt',
      'name',
      'permissions',
      'prefix',
      'revokedAt',
      'serviceAccountId',
      'successorId',
    ])
    expect(await outcome(using(secret))).toBe(200)
    const listed = await admin.get(`/auth/api-keys?serviceAccountId=${id}&limit=10`)
    expect(listed.json.items.map((item: { id: string }) => item.id)).toEqual([apiKey.id])
    const told = await admin.get(`/auth/api-keys/${apiKey.id}`)
    expect(told.json.apiKey).toMatchObject({ id: apiKey.id, lastUsedAt: expect.any(String) })
    expect(listed.text + told.text).not.toContain(secret.slice(-40))
    const revoked = await admin.post(`/auth/api-keys/${apiKey.id}/revoke`)
    expect([revoked.status, revoked.json.apiKey.revokedAt]).toEqual([200, expect.any(String)])
    expect(await outcome(using(secret))).toBe('401 TOKEN_INVALID')
    expect((await admin.post(`/auth/api-keys/${apiKey.id}/revoke`)).status).toBe(200)
    expect(await outcome(admin.post(`/auth/api-keys/${apiKey.id}/rotate`, {}))).toBe('409 API_KEY_ENDED')
  })

  it('K02: a disabled account’s keys are refused at once, and work again when it is enabled', async () => {
    const { id } = await robot('viewer')
    const { secret } = await keyFor(id)
    expect(await outcome(using(secret))).toBe(200)
    await admin.post(`/auth/service-accounts/${id}/disable`)
    expect(await outcome(using(secret))).toBe('401 TOKEN_INVALID')
    expect(await outcome(admin.post('/auth/api-keys', { serviceAccountId: id, name: 'x' }))).toBe(
      '404 PRINCIPAL_UNKNOWN',
    )
    await admin.post(`/auth/service-accounts/${id}/enable`)
    expect(await outcome(using(secret))).toBe(200)
  })

  it('a rotation answers another secret, and both work until the overlap is over', async () => {
    const { id } = await robot('viewer')
    const first = await keyFor(id)
    const next = await admin.post(`/auth/api-keys/${first.apiKey.id}/rotate`, { overlapMs: 60_000 })
    expect(next.status).toBe(201)
    expect([await outcome(using(first.secret)), await outcome(using(next.json.secret))]).toEqual([200, 200])
    const last = await admin.post(`/auth/api-keys/${next.json.apiKey.id}/rotate`, { overlapMs: 0 })
    expect(await outcome(using(next.json.secret))).toBe('401 TOKEN_INVALID')
    expect(await outcome(using(last.json.secret))).toBe(200)
    expect(await outcome(admin.post(`/auth/api-keys/${first.apiKey.id}/rotate`, {}))).toBe('409 API_KEY_ENDED')
  })

  it('who may not is refused: a stranger, a member, who may only read, and a key itself (K01)', async () => {
    const { id } = await robot('admin')
    const { secret, apiKey } = await keyFor(id)
    const key = `reader-${framework}`
    const reading = ['service-account', 'api-key'].map((resource) => ({ resource, actions: ['read'] }))
    await world.acme.roles.create({ key, permissions: reading })
    const [stranger, member] = [world.browser('acme'), (await signedIn('member')).browser]
    const { browser: reader } = await signedIn(key)
    const shown = { headers: { authorization: `Bearer ${secret}` } }
    const reads = ['service-accounts', `service-accounts/${id}`, 'api-keys', `api-keys/${apiKey.id}`]
    const writes: [string, unknown][] = [
      ['service-accounts', { name: 'x' }],
      [`service-accounts/${id}/disable`, undefined],
      [`service-accounts/${id}/enable`, undefined],
      ['api-keys', { serviceAccountId: id, name: 'x' }],
      [`api-keys/${apiKey.id}/rotate`, {}],
      [`api-keys/${apiKey.id}/revoke`, undefined],
    ]
    for (const path of reads) {
      expect(await outcome(stranger.get(`/auth/${path}`))).toBe('401 UNAUTHENTICATED')
      expect(await outcome(stranger.get(`/auth/${path}`, shown))).toBe('401 UNAUTHENTICATED')
      expect(await outcome(member.get(`/auth/${path}`))).toBe('403 FORBIDDEN')
      expect(await outcome(reader.get(`/auth/${path}`))).toBe(200)
    }
    for (const [path, body] of writes) {
      expect(await outcome(stranger.post(`/auth/${path}`, body))).toBe('401 UNAUTHENTICATED')
      expect(await outcome(stranger.post(`/auth/${path}`, body, shown))).toBe('401 UNAUTHENTICATED')
      for (const browser of [member, reader]) {
        expect(await outcome(browser.post(`/auth/${path}`, body))).toBe('403 FORBIDDEN')
      }
    }
    expect((await admin.get(`/auth/api-keys/${apiKey.id}`)).json.apiKey).toMatchObject({ revokedAt: null })
  })

  it('nobody makes a key that may more than they do', async () => {
    const { id } = await robot('owner')
    const made = await admin.post('/auth/api-keys', { serviceAccountId: id, name: 'x' })
    expect([made.status, made.json.code]).toEqual([403, 'GRANT_REFUSED'])
    const { items } = (await admin.get(`/auth/api-keys?serviceAccountId=${id}`)).json
    expect(items).toEqual([])
  })

  it('a key asks for a fresh proof, with the second factor of who has one (M09)', async () => {
    const { user, browser } = await signedIn('admin')
    const { id } = await robot()
    const { apiKey } = await keyFor(id)
    const { factor, secret } = (await browser.post('/auth/factors/totp', { name: 'App' })).json
    const { generate } = await import('otplib')
    const code = await generate({ secret, epoch: Math.floor(Date.now() / 1000) })
    expect((await browser.post(`/auth/factors/${factor.id}/confirm`, { code })).status).toBe(200)
    const asked = await browser.post('/auth/api-keys', { serviceAccountId: id, name: 'x' })
    expect([asked.status, asked.json]).toMatchObject([401, { code: 'STEP_UP_REQUIRED', level: 2, maxAgeMs: 600_000 }])
    expect(asked.headers['www-authenticate']).toContain('acr_values="aal2"')
    expect(await outcome(browser.post(`/auth/api-keys/${apiKey.id}/rotate`, {}))).toBe('401 STEP_UP_REQUIRED')
    // what hands nothing out asks for none
    expect(await outcome(browser.post(`/auth/api-keys/${apiKey.id}/revoke`))).toBe(200)
    expect((await world.acme.audit.list({ actorId: user.id, action: 'api_key.created' })).items).toEqual([])
  })

  it('A09: ids of another tenant and of nobody are answered alike, and nothing happens', async () => {
    const { id } = await robot()
    const { apiKey } = await keyFor(id)
    const { browser: stranger } = await signedIn('owner', 'globex')
    for (const [path, code] of [
      [`service-accounts/${id}`, 'PRINCIPAL_UNKNOWN'],
      [`service-accounts/${NOBODY}`, 'PRINCIPAL_UNKNOWN'],
      [`api-keys/${apiKey.id}`, 'API_KEY_UNKNOWN'],
      [`api-keys/${NOBODY}`, 'API_KEY_UNKNOWN'],
    ]) {
      const ways = path!.startsWith('api') ? ['rotate', 'revoke'] : ['disable', 'enable']
      expect(await outcome(stranger.get(`/auth/${path}`))).toBe(`404 ${code}`)
      for (const way of ways) expect(await outcome(stranger.post(`/auth/${path}/${way}`, {}))).toBe(`404 ${code}`)
    }
    expect(await outcome(stranger.post('/auth/api-keys', { serviceAccountId: id, name: 'x' }))).toBe(
      '404 PRINCIPAL_UNKNOWN',
    )
    expect((await stranger.get(`/auth/api-keys?serviceAccountId=${id}`)).json.items).toEqual([])
    expect(await outcome(stranger.get('/auth/api-keys/x'))).toBe('400 ID_INVALID')
  })

  it('no more than so many are made in ten minutes, by one user', async () => {
    const { id } = await robot()
    const { browser } = await signedIn('admin')
    for (let i = 0; i < 20; i++) {
      expect(await outcome(browser.post('/auth/api-keys', { serviceAccountId: id, name: `${i}` }))).toBe(201)
    }
    const refused = await browser.post('/auth/api-keys', { serviceAccountId: id, name: 'x' })
    expect([refused.status, refused.json]).toMatchObject([429, { code: 'RATE_LIMITED', policy: 'credentials' }])
    expect(refused.headers['ratelimit-policy']).toBe('"credentials";q=20;w=600')
    expect((await browser.get('/auth/api-keys')).status).toBe(200)
  })

  it('what is bad is told by one code, and makes nothing', async () => {
    const { id } = await robot()
    const { browser: admin } = await signedIn('admin')
    const key = { serviceAccountId: id, name: 'x' }
    for (const [body, code] of [
      [{ name: 'x' }, '400 ID_INVALID'],
      [{ serviceAccountId: id }, '422 INPUT_INVALID'],
      [{ ...key, userId: id }, '422 INPUT_INVALID'],
      [{ ...key, permissions: ['note:raed'] }, '422 INPUT_INVALID'],
      [{ ...key, permissions: 'note:read' }, '422 INPUT_INVALID'],
      [{ ...key, allowedIps: ['300.0.0.1'] }, '422 INPUT_INVALID'],
      [{ ...key, lifetimeMs: '1000' }, '422 INPUT_INVALID'],
    ] as const) {
      expect(await outcome(admin.post('/auth/api-keys', body))).toBe(code)
    }
    expect((await admin.get(`/auth/api-keys?serviceAccountId=${id}`)).json.items).toEqual([])
    const { apiKey } = await keyFor(id)
    const overlap = admin.post(`/auth/api-keys/${apiKey.id}/rotate`, { overlapMs: -1 })
    expect(await outcome(overlap)).toBe('422 INPUT_INVALID')
    expect(await outcome(admin.post('/auth/service-accounts', { name: 5 }))).toBe('422 INPUT_INVALID')
    expect(await outcome(admin.post('/auth/service-accounts', { name: 'x', metadata: [] }))).toBe('422 INPUT_INVALID')
    expect(await outcome(admin.get('/auth/service-accounts?limit=0'))).toBe('422 INPUT_INVALID')
    expect(await outcome(admin.get('/auth/api-keys?account=x'))).toBe('422 INPUT_INVALID')
  })
})
