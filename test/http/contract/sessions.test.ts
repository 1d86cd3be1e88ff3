import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { User } from '../../../src/core/identity/user.ts'
import type { Browser } from './browser.ts'
import { FRAMEWORKS, openWorld, PASSWORD, type World } from './world.ts'

describe.each(FRAMEWORKS)('sessions on %s', (framework) => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(framework)
  })
  afterAll(() => world[Symbol.asyncDispose]())

  async function signedIn(slug: 'acme' | 'globex', user: User): Promise<{ browser: Browser; id: string }> {
    const browser = world.browser(slug)
    const { json } = await browser.signIn(user.email, PASSWORD)
    return { browser, id: json.session.id }
  }

  it('lists the live ones, newest first, this one marked', async () => {
    const user = await world.user(world.acme)
    const first = await signedIn('acme', user)
    const second = await signedIn('acme', user)
    const { json, text } = await second.browser.get('/auth/sessions')
    expect(json.items.map((item: { id: string; current: boolean }) => [item.id, item.current])).toEqual([
      [second.id, true],
      [first.id, false],
    ])
    expect(json.next).toBeNull()
    expect(Object.keys(json.items[0]).sort()).toEqual([
      'absoluteExpiresAt',
      'assuranceLevel',
      'authenticatedAt',
      'authenticationMethods',
      'city',
      'country',
      'createdAt',
      'current',
      'deviceId',
      'id',
      'idleExpiresAt',
      'impersonatorId',
      'ip',
      'lastUsedAt',
      'userAgent',
    ])
    expect(text).not.toMatch(/hash|nonce|epoch/i)
  })

  it('pages through them', async () => {
    const user = await world.user(world.acme)
    const opened: string[] = []
    let browser = world.browser('acme')
    for (let i = 0; i < 3; i++) {
      const next = await signedIn('acme', user)
      opened.unshift(next.id)
      browser = next.browser
    }
    const seen: string[] = []
    let next: string | null = ''
    while (next !== null) {
      const { json } = await browser.get(`/auth/sessions?limit=2${next ? `&cursor=${next}` : ''}`)
      expect(json.items.length).toBeLessThanOrEqual(2)
      seen.push(...json.items.map((item: { id: string }) => item.id))
      next = json.next
    }
    expect(seen).toEqual(opened)
    expect((await browser.get('/auth/sessions?limit=0')).json.code).toBe('INPUT_INVALID')
    expect((await browser.get('/auth/sessions?limit=x')).json.code).toBe('INPUT_INVALID')
    expect((await browser.get('/auth/sessions?cursor=x')).json.code).toBe('CURSOR_INVALID')
  })

  it('ends one: another at once, or this one and its cookies', async () => {
    const user = await world.user(world.acme)
    const phone = await signedIn('acme', user)
    const desk = await signedIn('acme', user)
    expect((await desk.browser.send('DELETE', `/auth/sessions/${phone.id}`)).status).toBe(204)
    expect((await phone.browser.get('/auth/me')).json.code).toBe('SESSION_ENDED')
    expect(desk.browser.sessionCookies).toBe(2)
    expect((await desk.browser.send('DELETE', `/auth/sessions/${desk.id}`)).status).toBe(204)
    expect(desk.browser.sessionCookies).toBe(0)
  })

  it('ends the others, or all', async () => {
    const user = await world.user(world.acme)
    const one = await signedIn('acme', user)
    const two = await signedIn('acme', user)
    const three = await signedIn('acme', user)
    expect((await three.browser.post('/auth/sessions/revoke-others')).json).toEqual({ ended: 2 })
    expect((await one.browser.get('/auth/me')).status).toBe(401)
    expect((await two.browser.post('/auth/refresh')).status).toBe(401)
    expect((await three.browser.get('/auth/me')).status).toBe(200)
    expect((await three.browser.post('/auth/refresh')).status).toBe(200)

    const four = await signedIn('acme', user)
    expect((await four.browser.post('/auth/sessions/revoke-all')).json).toEqual({ ended: 2 })
    expect(four.browser.sessionCookies).toBe(0)
    expect((await three.browser.post('/auth/refresh')).json.code).toBe('REFRESH_REFUSED')
  })

  it('ends others only for whoever proved lately who they are (ASVS V7.5.2)', async () => {
    await using late = await openWorld(framework, { accounts: { freshnessMs: 1000 } })
    const { email } = await late.user(late.acme)
    const [phone, desk] = [late.browser('acme'), late.browser('acme')]
    const { session } = (await phone.signIn(email, PASSWORD)).json
    await desk.signIn(email, PASSWORD)
    await setTimeout(1100)
    const asked = [
      await desk.send('DELETE', `/auth/sessions/${session.id}`),
      await desk.post('/auth/sessions/revoke-others'),
      await desk.post('/auth/sessions/revoke-all'),
    ]
    for (const { status, json } of asked) {
      expect([status, json]).toEqual([401, expect.objectContaining({ code: 'STEP_UP_REQUIRED', level: 1 })])
    }
    expect((await desk.post('/auth/step-up', { password: PASSWORD })).status).toBe(200)
    expect((await desk.post('/auth/sessions/revoke-others')).json).toEqual({ ended: 1 })
    await setTimeout(1100)
    expect((await desk.post('/auth/sign-out')).status).toBe(204)
  })

  it('answers an id of another user, of another tenant and of nobody alike, and ends nothing (A09)', async () => {
    const me = await signedIn('acme', await world.user(world.acme))
    const colleague = await signedIn('acme', await world.user(world.acme))
    const stranger = await signedIn('globex', await world.user(world.globex))
    const nobody = '01890000-0000-7000-8000-000000000000'
    const answers = []
    for (const id of [colleague.id, stranger.id, nobody]) {
      answers.push(await me.browser.send('DELETE', `/auth/sessions/${id}`))
    }
    for (const answer of answers) {
      expect(answer.status).toBe(404)
      expect(answer.json.code).toBe('SESSION_UNKNOWN')
      expect(answer.text).toBe(answers[0]?.text)
    }
    expect((await colleague.browser.get('/auth/me')).status).toBe(200)
    expect((await stranger.browser.get('/auth/me')).status).toBe(200)
    expect((await me.browser.send('DELETE', '/auth/sessions/not-a-uuid')).json.code).toBe('ID_INVALID')
  })

  it("refuses acme's token on globex's host, as bearer, as cookie and as refresh token (R12)", async () => {
    const user = await world.user(world.acme)
    const atAcme = await signedIn('acme', user)
    const atGlobex = world.browser('globex')
    const [access = '', refresh = ''] = [...atAcme.browser.cookies.values()]
    const bearer = { headers: { authorization: `Bearer ${access}` } }
    for (const path of ['/auth/me', '/auth/sessions', '/public', '/private']) {
      const answer = await atGlobex.get(path, bearer)
      expect([path, answer.status, answer.json.code]).toEqual([path, 401, 'TENANT_MISMATCH'])
    }
    for (const [name, value] of atAcme.browser.cookies) atGlobex.cookies.set(name, value)
    expect((await atGlobex.get('/auth/me')).json.code).toBe('TENANT_MISMATCH')
    expect((await atGlobex.get('/private')).json.code).toBe('TENANT_MISMATCH')
    expect((await atGlobex.send('DELETE', `/auth/sessions/${atAcme.id}`)).json.code).toBe('TENANT_MISMATCH')
    expect((await atGlobex.post('/auth/refresh')).json.code).toBe('TOKEN_INVALID')
    expect((await atGlobex.post('/auth/refresh', { refreshToken: refresh })).json.code).toBe('TOKEN_INVALID')
    // and acme's family was not touched by any of it
    expect((await atAcme.browser.post('/auth/refresh')).status).toBe(200)
    expect((await atAcme.browser.get('/auth/me')).status).toBe(200)
  })

  it('tells the tenant by the credential where the host names none', async () => {
    const user = await world.user(world.acme)
    const { browser } = await signedIn('acme', user)
    const [access = '', refresh = ''] = [...browser.cookies.values()]
    const bare = world.browser('acme')
    const bearer = { headers: { host: 'example.test', authorization: `Bearer ${access}` } }
    expect((await bare.get('/auth/me', bearer)).json.tenant.slug).toBe('acme')
    expect((await bare.get('/private', bearer)).json).toMatchObject({ tenant: 'acme', resolvedBy: 'credential' })
    const base = { headers: { host: 'example.test' } }
    expect((await bare.post('/auth/refresh', { refreshToken: refresh }, base)).json.user.id).toBe(user.id)
    expect((await bare.get('/public', base)).json.code).toBe('TENANT_UNKNOWN')
    expect((await bare.post('/auth/sign-in', { email: user.email, password: PASSWORD }, base)).json.code).toBe(
      'TENANT_UNKNOWN',
    )
  })

  it('lets nobody into a suspended tenant, and everybody again once it is resumed', async () => {
    const tenant = await world.freehold.tenants.create({ slug: `soon-${framework}`, name: 'Soon' })
    const user = await world.user(tenant)
    const browser = world.browser(`soon-${framework}`)
    await browser.signIn(user.email, PASSWORD)
    await world.freehold.tenants.suspend(tenant)
    for (const answer of [
      await browser.get('/auth/me'),
      await browser.get('/private'),
      await browser.get('/public'),
      await browser.post('/auth/refresh'),
      await browser.signIn(user.email, PASSWORD),
    ]) {
      expect([answer.status, answer.json.code, answer.setCookies]).toEqual([403, 'TENANT_SUSPENDED', []])
    }
    await world.freehold.tenants.resume(tenant)
    expect((await browser.post('/auth/refresh')).status).toBe(200)
    await world.freehold.tenants.suspend(tenant)
    expect((await browser.post('/auth/sign-out')).status).toBe(204)
    await world.freehold.tenants.resume(tenant)
    expect((await browser.get('/auth/me')).json.code).toBe('UNAUTHENTICATED')
    await world.freehold.tenants.remove(tenant)
    expect((await browser.get('/public')).status).toBe(404)
  })
})
