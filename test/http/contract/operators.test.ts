// Operators over HTTP, on every framework: who acts as a user, what that session may never do, and how it ends.

import { decodeJwt } from 'jose'
import { generate } from 'otplib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { User } from '../../../src/core/identity/user.ts'
import { PLATFORM_TENANT_ID, type TenantHandle } from '../../../src/index.ts'
import type { Browser } from './browser.ts'
import type { Permission } from './host.ts'
import { FRAMEWORKS, openWorld, PASSWORD, type World } from './world.ts'

const REASON = 'ticket 4715: the report is empty'
const NOBODY = '01890000-0000-7000-8000-000000000000'

describe.each(FRAMEWORKS)('on %s', (framework) => {
  let world: World
  let platform: TenantHandle<unknown, Permission>
  let operator: { user: User; browser: Browser }
  beforeAll(async () => {
    world = await openWorld(framework, { http: { rateLimits: false } })
    platform = await world.freehold.tenant(PLATFORM_TENANT_ID)
    await hired('owner')
    operator = await hired('admin')
  })
  afterAll(() => world[Symbol.asyncDispose]())

  async function hired(role?: string) {
    const user = await world.user(platform)
    if (role) await platform.assignments.grant({ principal: user, role })
    const browser = world.browser('platform')
    expect((await browser.signIn(user.email, PASSWORD)).status).toBe(200)
    return { user, browser }
  }
  const begin = (browser: Browser, more: object) =>
    browser.post('/auth/operators/impersonations', { tenant: 'acme', reason: REASON, ...more })
  const acting = async (user?: User) => {
    const one = user ?? (await world.user(world.acme))
    const { json } = await begin(operator.browser, { userId: one.id })
    const { accessToken, refreshToken } = json.tokens as { accessToken: string; refreshToken: string }
    const headers = { authorization: `Bearer ${accessToken}` }
    return {
      user: one,
      stay: json.stay,
      accessToken,
      refreshToken,
      bearer: { headers },
      browser: world.browser('acme'),
    }
  }
  const outcome = async (answer: ReturnType<Browser['get']>) => {
    const { status, json } = await answer
    return json?.code ? `${status} ${json.code}` : status
  }

  it('a session is begun: the token names the operator, no cookie is set, and the user’s pages open', async () => {
    const user = await world.user(world.acme)
    const begun = await begin(operator.browser, { email: user.email, lifetimeMs: 60_000 })
    expect([begun.status, begun.setCookies]).toEqual([201, []])
    expect(begun.headers['cache-control']).toContain('no-store')
    expect(begun.json).toMatchObject({
      stay: {
        kind: 'impersonation',
        operatorId: operator.user.id,
        userId: user.id,
        tenantId: world.acme.id,
        reason: REASON,
      },
      user: { id: user.id },
      session: { impersonatorId: operator.user.id, assuranceLevel: 1, authenticationMethods: ['imp'] },
    })
    const { accessToken, refreshToken } = begun.json.tokens
    expect(decodeJwt(accessToken)).toMatchObject({ sub: user.id, tid: world.acme.id, act: { sub: operator.user.id } })
    const browser = world.browser('acme')
    const bearer = { headers: { authorization: `Bearer ${accessToken}` } }
    expect((await browser.get('/auth/me', bearer)).json).toMatchObject({
      user: { id: user.id },
      session: { impersonatorId: operator.user.id },
    })
    expect(await outcome(browser.get('/private', bearer))).toBe(200)
    expect(await outcome(browser.get('/vault', bearer))).toBe('403 IMPERSONATION_REFUSED')
    const refreshed = await browser.post('/auth/refresh', { refreshToken })
    expect(decodeJwt(refreshed.json.tokens.accessToken)).toMatchObject({ act: { sub: operator.user.id } })
    const [event] = (await world.acme.audit.list({ action: 'impersonation.started', limit: 1 })).items
    expect(event!.actor).toMatchObject({
      type: 'operator',
      id: operator.user.id,
      ip: '127.0.0.1',
      requestId: expect.any(String),
    })
  })

  it('M05, M09, K01: it changes no factor, passkey, password, address, number, device or key, and proves nothing', async () => {
    const user = await world.user(world.acme)
    await world.acme.assignments.grant({ principal: user, role: 'admin' })
    const robot = await world.acme.serviceAccounts.create({ name: `robot ${framework}` })
    const { apiKey } = await world.acme.apiKeys.create({ serviceAccount: robot, name: 'ci' })
    const { browser, bearer } = await acting(user)
    const refused: [string, string, unknown?][] = [
      ['POST', 'factors/totp', { name: 'App' }],
      ['POST', 'factors/hardware-token', { name: 'Token', secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' }],
      ['POST', 'factors/sms', { name: 'Phone', phone: '+34600000042' }],
      ['POST', 'factors/email', { name: 'Mail' }],
      ['POST', `factors/${NOBODY}/send-code`, {}],
      ['POST', `factors/${NOBODY}/confirm`, { code: '000000' }],
      ['POST', `factors/${NOBODY}/resync`, { first: '000000', second: '000000' }],
      ['POST', `factors/${NOBODY}/rename`, { name: 'x' }],
      ['POST', `factors/${NOBODY}/primary`, {}],
      ['DELETE', `factors/${NOBODY}`],
      ['POST', 'recovery-codes', {}],
      ['POST', 'passkeys/options', { origin: 'http://acme.example.test' }],
      ['POST', 'passkeys', { response: {} }],
      ['POST', `passkeys/${NOBODY}`, { name: 'x' }],
      ['DELETE', `passkeys/${NOBODY}`],
      ['DELETE', `devices/${NOBODY}`],
      ['POST', `devices/${NOBODY}/rename`, { name: 'x' }],
      ['POST', `devices/${NOBODY}/trust`, {}],
      ['DELETE', `devices/${NOBODY}/trust`],
      ['POST', 'password', { current: PASSWORD, next: 'another lantern at sea' }],
      ['POST', 'email-change/request', { email: 'other@example.test' }],
      ['POST', 'phone/request', { phone: '+34600000042' }],
      ['POST', 'phone', { id: NOBODY, code: '000000' }],
      ['DELETE', 'phone'],
      ['POST', 'account/deactivate', {}],
      ['POST', 'service-accounts', { name: 'x' }],
      ['POST', `service-accounts/${robot.id}/disable`, {}],
      ['POST', `service-accounts/${robot.id}/enable`, {}],
      ['POST', 'api-keys', { serviceAccountId: robot.id, name: 'x' }],
      ['POST', `api-keys/${apiKey.id}/rotate`, {}],
      ['POST', `api-keys/${apiKey.id}/revoke`, {}],
    ]
    const before = (await world.acme.audit.list({ limit: 200 })).items.length
    for (const [method, path, json] of refused) {
      const answer = browser.send(method, `/auth/${path}`, { ...bearer, ...(json === undefined ? {} : { json }) })
      expect([path, await outcome(answer)]).toEqual([path, '403 IMPERSONATION_REFUSED'])
    }
    for (const body of [{}, { password: PASSWORD }]) {
      expect(await outcome(browser.post('/auth/step-up', body, bearer))).toBe('403 SIGN_IN_DENIED')
    }
    expect((await world.acme.audit.list({ limit: 200 })).items.length).toBe(before)
    for (const path of ['factors', 'passkeys', 'devices', 'api-keys', 'service-accounts']) {
      expect([path, await outcome(browser.get(`/auth/${path}`, bearer))]).toEqual([path, 200])
    }
  })

  it('it opens no further impersonation: who is acted as is no operator, whatever they hold in their tenant', async () => {
    const owner = await world.user(world.acme)
    await world.acme.assignments.grant({ principal: owner, role: 'owner' })
    const { browser, bearer } = await acting(owner)
    const more = { tenant: 'globex', userId: (await world.user(world.globex)).id, reason: REASON }
    const own = world.browser('acme')
    await own.signIn(owner.email, PASSWORD)
    for (const [one, sending] of [
      [browser, bearer],
      [own, {}],
    ] as const) {
      expect(await outcome(one.post('/auth/operators/impersonations', more, sending))).toBe('403 FORBIDDEN')
      const glass = { tenant: 'globex', reason: REASON }
      expect(await outcome(one.post('/auth/operators/break-glass', glass, sending))).toBe('403 FORBIDDEN')
      expect(await outcome(one.get('/auth/operators/stays', sending))).toBe('403 FORBIDDEN')
    }
    const colleague = await world.user(platform)
    expect(await outcome(begin(operator.browser, { tenant: 'platform', userId: colleague.id }))).toBe(
      '403 IMPERSONATION_REFUSED',
    )
  })

  it('who may not begins none: strangers, operators without the permission, and without the second factor that they have', async () => {
    const { id: userId } = await world.user(world.acme)
    const both = async (browser: Browser) => [
      await outcome(begin(browser, { userId })),
      await outcome(browser.post('/auth/operators/break-glass', { tenant: 'acme', reason: REASON })),
    ]
    expect(await both(world.browser('platform'))).toEqual(['401 UNAUTHENTICATED', '401 UNAUTHENTICATED'])
    expect(await both((await hired('viewer')).browser)).toEqual(['403 FORBIDDEN', '403 FORBIDDEN'])
    const { browser, user } = await hired('admin')
    const { factor, secret } = (await browser.post('/auth/factors/totp', { name: 'App' })).json
    const code = (steps = 0) => generate({ secret, epoch: Math.floor(Date.now() / 1000) + steps * 30 })
    await browser.post(`/auth/factors/${factor.id}/confirm`, { code: await code(-1) })
    expect(await both(browser)).toEqual(['401 STEP_UP_REQUIRED', '401 STEP_UP_REQUIRED'])
    const asked = await begin(browser, { userId })
    expect(asked.headers['www-authenticate']).toContain('acr_values="aal2", max_age="600"')
    const { next } = (await browser.post('/auth/step-up', {})).json
    await browser.post('/auth/sign-in/continue', { token: next.token, code: await code() })
    expect(await both(browser)).toEqual([201, 201])
    expect((await platform.audit.list({ actorId: user.id, action: 'break_glass.opened' })).items).toHaveLength(1)
  })

  it('it is listed, told and ended, by a colleague too, and then nothing works', async () => {
    const { stay, browser, bearer, refreshToken } = await acting()
    const { browser: colleague } = await hired('admin')
    const listed = await colleague.get(`/auth/operators/stays?operatorId=${operator.user.id}&open=true&limit=1`)
    expect(listed.json.items).toEqual([stay])
    const path = `/auth/operators/stays/${stay.id}`
    expect((await colleague.get(path)).json.stay).toEqual({ ...stay, goesOn: true })
    const ended = await colleague.post(`${path}/end`)
    expect([ended.status, ended.json.stay.endedAt]).toEqual([200, expect.any(String)])
    expect(await outcome(browser.get('/auth/me', bearer))).toBe('401 SESSION_ENDED')
    expect(await outcome(browser.get('/private', bearer))).toBe('401 SESSION_ENDED')
    expect(await outcome(browser.post('/auth/refresh', { refreshToken }))).toBe('401 REFRESH_REFUSED')
    expect((await colleague.get(path)).json.stay.goesOn).toBe(false)
    expect(await outcome(colleague.post(`${path}/end`))).toBe(200)
    expect(await outcome(colleague.post(`/auth/operators/stays/${NOBODY}/end`))).toBe('404 STAY_UNKNOWN')
    expect(await outcome((await hired('viewer')).browser.get(path))).toBe('403 FORBIDDEN')
  })

  it('signing out of it ends it, by either token, in a suspended tenant too', async () => {
    for (const by of ['access', 'refresh', 'suspended'] as const) {
      const tenant = await world.freehold.tenants.create({ slug: `${by}-${framework}`, name: 'Soon' })
      const { id: userId } = await world.user(tenant)
      const { json } = await begin(operator.browser, { tenant: tenant.tenant.slug, userId })
      if (by === 'suspended') await world.freehold.tenants.suspend(tenant)
      const { accessToken, refreshToken } = json.tokens
      const bearer = { headers: { authorization: `Bearer ${accessToken}` } }
      const browser = world.browser(tenant.tenant.slug)
      const out =
        by === 'refresh' ? browser.post('/auth/sign-out', { refreshToken }) : browser.post('/auth/sign-out', {}, bearer)
      expect(await outcome(out)).toBe(204)
      expect((await operator.browser.get(`/auth/operators/stays/${json.stay.id}`)).json.stay.endedAt).not.toBeNull()
      const [event] = (await platform.audit.list({ action: 'impersonation.ended', limit: 1 })).items
      expect(event!.actor).toMatchObject({ type: 'user', id: userId, impersonatorId: operator.user.id })
      if (by !== 'suspended') expect(await outcome(browser.get('/auth/me', bearer))).toBe('401 SESSION_ENDED')
    }
  })

  it('it ends with the operator: signed out everywhere, or without the role, at the next request', async () => {
    for (const loss of ['everywhere', 'role'] as const) {
      const one = await hired('admin')
      const { id: userId } = await world.user(world.acme)
      const { tokens } = (await begin(one.browser, { userId })).json
      const bearer = { headers: { authorization: `Bearer ${tokens.accessToken}` } }
      const browser = world.browser('acme')
      expect(await outcome(browser.get('/auth/me', bearer))).toBe(200)
      if (loss === 'everywhere') await one.browser.post('/auth/sessions/revoke-all')
      else
        for (const { id } of (await platform.assignments.list({ principal: one.user })).items)
          await platform.assignments.revoke(id)
      expect(await outcome(browser.get('/auth/me', bearer))).toBe('401 SESSION_ENDED')
      expect(await outcome(browser.post('/auth/refresh', { refreshToken: tokens.refreshToken }))).toBe(
        '401 REFRESH_REFUSED',
      )
    }
  })

  it('a suspended tenant is opened, and the host enters it in the operator’s name', async () => {
    const tenant = await world.freehold.tenants.create({ slug: `shut-${framework}`, name: 'Shut' })
    await world.freehold.tenants.suspend(tenant)
    const slug = { tenant: tenant.tenant.slug, reason: REASON }
    const opened = await operator.browser.post('/auth/operators/break-glass', slug)
    expect([opened.status, opened.json.stay]).toMatchObject([
      201,
      { kind: 'break-glass', userId: null, tenantId: tenant.id },
    ])
    const rooms = world.freehold.as({ type: 'operator', id: operator.user.id })
    const handle = await rooms.stays.enter(opened.json.stay.id)
    expect((await handle.audit.list({ limit: 1 })).items[0]).toMatchObject({ action: 'break_glass.opened' })
    await operator.browser.post(`/auth/operators/stays/${opened.json.stay.id}/end`)
    await expect(handle.audit.list()).rejects.toMatchObject({ code: 'BREAK_GLASS_EXPIRED' })
    const nobody = begin(operator.browser, { tenant: slug.tenant, userId: NOBODY })
    expect(await outcome(nobody)).toBe('403 TENANT_SUSPENDED')
  })

  it('what is bad is told by one code, and begins nothing', async () => {
    const { id: userId, email } = await world.user(world.acme)
    const count = async () => (await platform.audit.list({ actorId: operator.user.id, limit: 200 })).items.length
    const before = await count()
    for (const [body, expected] of [
      [{}, '422 INPUT_INVALID'],
      [{ userId, email }, '422 INPUT_INVALID'],
      [{ userId, reason: '' }, '422 INPUT_INVALID'],
      [{ userId, reason: undefined }, '422 INPUT_INVALID'],
      [{ userId, lifetimeMs: '60000' }, '422 INPUT_INVALID'],
      [{ userId, lifetimeMs: 28_800_001 }, '422 INPUT_INVALID'],
      [{ userId, transport: 'cookies' }, '422 INPUT_INVALID'],
      [{ userId: 'x' }, '400 ID_INVALID'],
      [{ userId: NOBODY }, '404 USER_UNKNOWN'],
      [{ email: 'nobody@example.test' }, '404 USER_UNKNOWN'],
      [{ userId, tenant: 'no-such-tenant' }, '404 TENANT_UNKNOWN'],
      [{ userId, tenant: 'globex' }, '404 USER_UNKNOWN'],
    ] as const) {
      expect([body, await outcome(begin(operator.browser, body))]).toEqual([body, expected])
    }
    expect(await outcome(operator.browser.get('/auth/operators/stays?open=yes'))).toBe('422 INPUT_INVALID')
    expect(await outcome(operator.browser.get('/auth/operators/stays?kind=visit'))).toBe('422 INPUT_INVALID')
    expect(await outcome(operator.browser.get('/auth/operators/stays/x'))).toBe('400 ID_INVALID')
    expect(await count()).toBe(before)
  })
})
