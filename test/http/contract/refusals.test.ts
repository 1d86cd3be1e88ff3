import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Browser } from './browser.ts'
import { FRAMEWORKS, openWorld, PASSWORD, type World } from './world.ts'

describe.each(FRAMEWORKS)('refusals on %s', (framework) => {
  let world: World
  let browser: Browser
  let email: string
  beforeAll(async () => {
    world = await openWorld(framework, { http: { maximumBodyBytes: 4096 } })
    const user = await world.user(world.acme)
    email = user.email
    browser = world.browser('acme')
    await browser.signIn(email, PASSWORD)
  })
  afterAll(() => world[Symbol.asyncDispose]())

  /** Whatever was refused, the session it was tried on is as it was. */
  const unharmed = async () => expect((await browser.get('/auth/me')).status).toBe(200)

  it('refuses cookie-authenticated requests of other sites, and signing in from them', async () => {
    const foreign = { headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' } }
    const sibling = { headers: { 'sec-fetch-site': 'same-site', origin: 'http://globex.example.test' } }
    const old = { headers: { 'sec-fetch-site': '', origin: 'https://evil.test' } }
    const neither = { headers: { 'sec-fetch-site': '' } }
    for (const from of [foreign, sibling, old, neither]) {
      const answers = [
        await browser.post('/auth/sign-in', { email, password: PASSWORD }, from),
        await browser.post('/auth/refresh', undefined, from),
        await browser.post('/auth/sign-out', undefined, from),
        await browser.post('/auth/sessions/revoke-all', undefined, from),
        await browser.send('DELETE', '/auth/sessions/01890000-0000-7000-8000-000000000000', from),
        await browser.post('/public', undefined, from),
      ]
      for (const answer of answers) {
        expect([answer.status, answer.json.code, answer.setCookies]).toEqual([403, 'CSRF_REFUSED', []])
      }
    }
    expect((await browser.get('/auth/me', foreign)).status).toBe(200)
    await unharmed()
  })

  it("takes an old browser's Origin when it is the request's own", async () => {
    const own = { headers: { 'sec-fetch-site': '', origin: `http://acme.example.test` } }
    expect((await browser.post('/auth/refresh', undefined, own)).status).toBe(200)
    const otherPort = { headers: { 'sec-fetch-site': '', origin: `http://acme.example.test:8080` } }
    expect((await browser.post('/auth/refresh', undefined, otherPort)).json.code).toBe('CSRF_REFUSED')
  })

  it('reads no token from a query string (K03)', async () => {
    const [access = '', refresh = ''] = [...browser.cookies.values()]
    const stranger = world.browser('acme')
    for (const name of ['access_token', 'token', 'authorization', '__Host-fh-access']) {
      expect((await stranger.get(`/auth/me?${name}=${access}`)).json.code).toBe('UNAUTHENTICATED')
    }
    expect((await stranger.post(`/auth/refresh?refreshToken=${refresh}`)).json.code).toBe('UNAUTHENTICATED')
  })

  it.each([
    'Bearer',
    'Bearer a b',
    'Bearer \u00ff',
    'Bearer e30.e30.e30',
    `Bearer ${'a'.repeat(6000)}`,
    ', ,',
    'Bearer a,Bearer b',
  ])('answers the Authorization header %j with 401 (J05)', async (authorization) => {
    for (const path of ['/auth/me', '/private', '/public']) {
      const answer = await browser.get(path, { headers: { authorization } })
      expect([answer.status, answer.json.code]).toEqual([401, 'TOKEN_INVALID'])
    }
  })

  it('refuses oversized bodies, announced or not, with an answer', async () => {
    const json = { email, password: 'x'.repeat(5000) }
    expect((await browser.post('/auth/sign-in', json)).json).toMatchObject({
      code: 'BODY_TOO_LARGE',
      maximumBytes: 4096,
    })
    const unannounced = { headers: { 'content-length': '', 'transfer-encoding': 'chunked' } }
    expect((await browser.post('/auth/sign-in', json, unannounced)).status).toBe(413)
    const huge = { body: new Uint8Array(3_000_000).fill(0x20), headers: { 'content-type': 'application/json' } }
    expect((await browser.post('/auth/sign-in', undefined, huge)).status).toBe(413)
    await unharmed()
  })

  it.each([
    ['{', 'BODY_INVALID'],
    ['[]', 'BODY_INVALID'],
    ['{"email":1,"password":"x"}', 'INPUT_INVALID'],
    ['{"email":"a@b.test"}', 'INPUT_INVALID'],
    ['{"email":"a@b.test","password":"x","__proto__":{"admin":1}}', 'BODY_INVALID'],
    ['{"email":"a@b.test","password":"x","userId":"1"}', 'INPUT_INVALID'],
    ['{"email":"a@b.test","password":"x","transport":"query"}', 'INPUT_INVALID'],
  ])('refuses the body %s', async (body, code) => {
    const sending = { body, headers: { 'content-type': 'application/json' } }
    const answer = await browser.post('/auth/sign-in', undefined, sending)
    expect(answer.json.code).toBe(code)
    expect(answer.headers['content-type']).toBe('application/problem+json')
  })

  it('refuses what a form of another site could send', async () => {
    const form = { body: `{"email":"${email}","password":"${PASSWORD}"}`, headers: { 'content-type': 'text/plain' } }
    expect((await browser.post('/auth/sign-in', undefined, form)).json.code).toBe('BODY_INVALID')
  })

  it.each(['/auth//me', '/auth/me/', '/auth/%6de', '/auth/sessions%2frevoke-all', '/auth/nothing', '/auth', '/auth/'])(
    'has no route %s (U05)',
    async (path) => {
      for (const method of ['GET', 'POST']) {
        expect((await browser.send(method, path)).json.code).toBe('ROUTE_UNKNOWN')
      }
    },
  )

  it('tells the methods of a route, and answers HEAD and OPTIONS', async () => {
    const wrong = await browser.send('PUT', '/auth/me')
    expect([wrong.status, wrong.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS'])
    const head = await browser.send('HEAD', '/auth/me')
    expect([head.status, head.text]).toEqual([200, ''])
    const fetched = await world.freehold.handler(new Request('http://acme.example.test/auth/me', { method: 'HEAD' }))
    expect([fetched.status, fetched.body]).toEqual([401, null])
    const options = await browser.send('OPTIONS', '/auth/sign-in')
    expect([options.status, options.headers.allow]).toEqual([204, 'OPTIONS, POST'])
    expect(options.headers['access-control-allow-origin']).toBeUndefined()
  })

  it('shows the public keys on any host, and no private one', async () => {
    for (const path of ['/auth/jwks.json', '/auth/.well-known/jwks.json']) {
      const answer = await browser.get(path, { headers: { host: 'elsewhere.test' } })
      expect(answer.status).toBe(200)
      expect(answer.headers['cache-control']).toBe('public, max-age=300')
      for (const key of answer.json.keys) expect(Object.keys(key)).not.toContain('d')
    }
  })

  it('refuses hosts that are none, and tenants that are none', async () => {
    const at = (host: string) => browser.get('/auth/me', { headers: { host, cookie: '' } })
    expect((await at('nobody.example.test')).json.code).toBe('TENANT_UNKNOWN')
    expect((await at('a b.example.test')).status).toBe(400)
    expect((await at('acme.example.test@evil.test')).status).toBe(400)
    expect((await at('acme.example.test/../x')).status).toBe(400)
    expect((await at('ACME.example.test.:80')).json.code).toBe('UNAUTHENTICATED')
  })

  it("maps the host's own errors, and tells it those that nobody expected", async () => {
    expect((await browser.get('/refused')).json.code).toBe('USER_UNKNOWN')
    const before = world.told.length
    const broken = await browser.get('/broken')
    expect([broken.status, broken.json.code]).toEqual([500, 'INTERNAL'])
    expect(broken.text).not.toContain('hunter2')
    expect(world.told.slice(before)).toMatchObject([{ message: 'password=hunter2' }])
  })

  it("leaves the body of the host's own routes to the host", async () => {
    const sending = { body: 'x'.repeat(20_000), headers: { 'content-type': 'text/plain' } }
    expect((await browser.post('/echo', undefined, sending)).json).toEqual({ length: 20_000 })
  })

  it('goes on after a client that hung up in the middle of its body', async () => {
    const socket = connect(world.port, '127.0.0.1')
    socket.write(
      'POST /auth/sign-in HTTP/1.1\r\nHost: acme.example.test\r\nSec-Fetch-Site: same-origin\r\n' +
        'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"email":',
    )
    await new Promise((resolve) => setTimeout(resolve, 50))
    socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
    await unharmed()
    expect(world.told.filter((error) => String(error).includes('hung'))).toEqual([])
  })
})
