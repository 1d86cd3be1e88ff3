import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FRAMEWORKS, openWorld, PASSWORD, type World } from './world.ts'

const ACCESS = '__Host-fh-access'
const REFRESH = '__Host-fh-refresh'

describe.each(FRAMEWORKS)('getting in and out on %s', (framework) => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(framework)
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it('signs in with cookies: the body holds lifetimes and no token', async () => {
    const user = await world.user(world.acme)
    const browser = world.browser('acme')
    const answer = await browser.signIn(user.email, PASSWORD)
    expect(answer.status).toBe(200)
    expect(answer.json).toMatchObject({
      user: { id: user.id, email: user.email, name: null },
      session: { current: true, assuranceLevel: 1, ip: '127.0.0.1', userAgent: 'contract test' },
      tokens: { accessTokenExpiresInMs: 600_000 },
    })
    expect(answer.setCookies).toHaveLength(3)
    for (const cookie of answer.setCookies)
      expect(cookie).toMatch(/^__Host-fh-.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    for (const token of browser.cookies.values()) expect(answer.text).not.toContain(token)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
    expect(answer.headers['content-security-policy']).toBe("default-src 'none'; frame-ancestors 'none'")
    expect((await browser.get('/auth/me')).json).toMatchObject({
      tenant: { slug: 'acme', name: 'Acme' },
      user: { id: user.id },
      session: { id: answer.json.session.id, current: true },
    })
    expect((await browser.get('/private')).json).toMatchObject({
      tenant: 'acme',
      user: user.id,
      resolvedBy: 'subdomain',
    })
  })

  it('tells no column of the user that nobody named', async () => {
    const user = await world.acme.users.create({
      email: 'secretive@example.test',
      password: PASSWORD,
      metadata: { creditLimit: 7 },
    })
    const browser = world.browser('acme')
    const { text, json } = await browser.signIn(user.email, PASSWORD)
    expect(Object.keys(json.user).sort()).toEqual([
      'createdAt',
      'email',
      'emailVerifiedAt',
      'id',
      'name',
      'phone',
      'phoneVerifiedAt',
    ])
    expect(text).not.toContain('creditLimit')
  })

  it('signs in with tokens in the body for who asks: no cookie is set, and no origin is asked for', async () => {
    const user = await world.user(world.acme)
    const client = world.browser('acme')
    const foreign = { headers: { 'sec-fetch-site': 'cross-site' } }
    const credentials = { email: user.email, password: PASSWORD, transport: 'body' }
    const { json, setCookies } = await client.post('/auth/sign-in', credentials, foreign)
    expect(setCookies).toEqual([])
    const bearer = { headers: { authorization: `Bearer ${json.tokens.accessToken}` } }
    expect((await client.get('/auth/me', bearer)).json.user.id).toBe(user.id)
    expect((await client.get('/private', bearer)).status).toBe(200)

    const next = await client.post('/auth/refresh', { refreshToken: json.tokens.refreshToken }, foreign)
    expect(next.status).toBe(200)
    expect(next.setCookies).toEqual([])
    expect(next.json.tokens.refreshToken).not.toBe(json.tokens.refreshToken)
    expect(next.json.session.id).toBe(json.session.id)

    expect((await client.post('/auth/sign-out', undefined, bearer)).status).toBe(204)
    expect((await client.get('/auth/me', bearer)).json.code).toBe('SESSION_ENDED')
    const late = await client.post('/auth/refresh', { refreshToken: next.json.tokens.refreshToken })
    expect(late.json).toMatchObject({ code: 'REFRESH_REFUSED', reason: 'ended' })
  })

  it('answers a wrong password and an unknown address alike (A05)', async () => {
    const user = await world.user(world.acme)
    const wrong = await world.browser('acme').signIn(user.email, 'another kettle entirely')
    const unknown = await world.browser('acme').signIn('nobody@example.test', PASSWORD)
    expect(wrong.status).toBe(401)
    expect(wrong.text).toBe(unknown.text)
    expect(Object.keys(wrong.headers)).toEqual(Object.keys(unknown.headers))
    expect(wrong.setCookies).toEqual([])
  })

  it('tells how long to wait after too many attempts', async () => {
    const user = await world.user(world.acme)
    const browser = world.browser('acme')
    for (let i = 0; i < 6; i++) await browser.signIn(user.email, 'wrong wrong wrong wrong')
    const answer = await browser.signIn(user.email, PASSWORD)
    expect(answer.status).toBe(429)
    expect(answer.json.retryAfterMs).toBeGreaterThan(0)
    expect(Number(answer.headers['retry-after'])).toBe(Math.ceil(answer.json.retryAfterMs / 1000))
  })

  it('gives a new session at each sign-in and ends the one the browser had (S01)', async () => {
    const user = await world.user(world.acme)
    const browser = world.browser('acme')
    const first = await browser.signIn(user.email, PASSWORD)
    const former = new Map(browser.cookies)
    const second = await browser.signIn(user.email, PASSWORD)
    expect(second.json.session.id).not.toBe(first.json.session.id)
    const old = world.browser('acme')
    for (const [name, value] of former) old.cookies.set(name, value)
    expect((await old.get('/auth/me')).json.code).toBe('SESSION_ENDED')
    expect((await browser.get('/auth/me')).status).toBe(200)
  })

  it('refreshes by cookie, into the cookies again and never into the body', async () => {
    const user = await world.user(world.acme)
    const browser = world.browser('acme')
    await browser.signIn(user.email, PASSWORD)
    const before = browser.cookies.get(REFRESH)
    const answer = await browser.post('/auth/refresh')
    expect(answer.status).toBe(200)
    expect(browser.cookies.get(REFRESH)).not.toBe(before)
    for (const token of browser.cookies.values()) expect(answer.text).not.toContain(token)
    expect((await browser.post('/auth/refresh', { transport: 'body' })).json.code).toBe('INPUT_INVALID')
    expect((await browser.get('/auth/me')).status).toBe(200)
  })

  it('lets two tabs refresh at once and both go on (R07)', async () => {
    const user = await world.user(world.acme)
    const browser = world.browser('acme')
    await browser.signIn(user.email, PASSWORD)
    const tabs = await Promise.all([browser.post('/auth/refresh'), browser.post('/auth/refresh')])
    expect(tabs.map((tab) => tab.status)).toEqual([200, 200])
    const children = tabs.map((tab) => tab.setCookies.find((cookie) => cookie.startsWith(REFRESH))?.split(';')[0])
    expect(children[0]).toBe(children[1])
    expect((await browser.post('/auth/refresh')).status).toBe(200)
    expect((await browser.get('/auth/me')).status).toBe(200)
  })

  it('clears cookies on a refused refresh only when the session is over (R14)', async () => {
    const user = await world.user(world.acme)
    const browser = world.browser('acme')
    const { json } = await browser.signIn(user.email, PASSWORD)
    const garbage = world.browser('acme')
    garbage.cookies.set(REFRESH, `${browser.cookies.get(REFRESH)?.slice(0, -1)}!`)
    const refused = await garbage.post('/auth/refresh')
    expect(refused.json.code).toBe('TOKEN_INVALID')
    expect(refused.setCookies).toEqual([])

    await world.acme.sessions.revoke(json.session.id)
    const ended = await browser.post('/auth/refresh')
    expect(ended.json).toMatchObject({ code: 'REFRESH_REFUSED', reason: 'ended' })
    expect(ended.setCookies).toHaveLength(2)
    expect(browser.sessionCookies).toBe(0)
  })

  it('signs out: the session is over at once, the cookies go, and doing it again is no error', async () => {
    const user = await world.user(world.acme)
    const browser = world.browser('acme')
    await browser.signIn(user.email, PASSWORD)
    const access = browser.cookies.get(ACCESS) ?? ''
    const answer = await browser.post('/auth/sign-out')
    expect(answer.status).toBe(204)
    expect(browser.sessionCookies).toBe(0)
    const stolen = await browser.get('/auth/me', { headers: { authorization: `Bearer ${access}` } })
    expect(stolen.json.code).toBe('SESSION_ENDED')
    expect((await browser.post('/auth/sign-out')).status).toBe(204)
  })

  it('signs out with the access cookie alone', async () => {
    const user = await world.user(world.acme)
    const browser = world.browser('acme')
    const { json } = await browser.signIn(user.email, PASSWORD)
    browser.cookies.delete(REFRESH)
    expect((await browser.post('/auth/sign-out')).status).toBe(204)
    expect((await world.acme.sessions.get(json.session.id)).revokedAt).not.toBeNull()
  })

  it('shows a page to a stranger whose cookie is dead, and refuses where a session is needed', async () => {
    const user = await world.user(world.acme)
    const browser = world.browser('acme')
    const { json } = await browser.signIn(user.email, PASSWORD)
    await world.acme.sessions.revoke(json.session.id)
    expect((await browser.get('/public')).json).toMatchObject({ user: null, refused: 'SESSION_ENDED' })
    const refused = await browser.get('/private')
    expect(refused.json.code).toBe('SESSION_ENDED')
    expect(refused.headers['www-authenticate']).toBe('Bearer error="invalid_token"')
    expect((await world.browser('acme').get('/private')).json.code).toBe('UNAUTHENTICATED')
  })
})

describe.each(FRAMEWORKS)('signing up on %s', (framework) => {
  it('is closed unless opened', async () => {
    await using world = await openWorld(framework)
    const answer = await world.browser('acme').post('/auth/sign-up', { email: 'eve@example.test', password: PASSWORD })
    expect(answer.json.code).toBe('SIGN_UP_CLOSED')
  })

  it('creates a user and signs them in, tells a taken address, and is limited per client address', async () => {
    await using world = await openWorld(framework, { http: { signUp: 'open' } })
    const browser = world.browser('acme')
    const eve = { email: 'eve@example.test', password: PASSWORD, name: 'Eve' }
    const answer = await browser.post('/auth/sign-up', eve)
    expect(answer.status).toBe(201)
    expect(answer.json.user).toMatchObject({ email: 'eve@example.test', name: 'Eve' })
    expect((await browser.get('/auth/me')).json.user.email).toBe('eve@example.test')
    expect((await browser.post('/auth/sign-up', eve)).json.code).toBe('EMAIL_TAKEN')
    expect((await browser.post('/auth/sign-up', { ...eve, password: 'short' })).json.code).toBe('PASSWORD_REJECTED')
    // the same address is free in another tenant
    expect((await world.browser('globex').post('/auth/sign-up', eve)).status).toBe(201)

    const answers = []
    for (let i = 0; i < 24; i++)
      answers.push(await browser.post('/auth/sign-up', { ...eve, email: `x${i}@example.test` }))
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(0)
    expect(answers.at(-1)?.json).toMatchObject({ code: 'TOO_MANY_ATTEMPTS' })
  })
})
