// Passkeys over HTTP, on every framework: registered by who is signed in, signed in with by who is not.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { User } from '../../../src/core/identity/user.ts'
import { Authenticator } from '../../passkeys/authenticator.ts'
import type { Browser } from './browser.ts'
import { FRAMEWORKS, openWorld, PASSWORD, type World } from './world.ts'

const page = { origin: 'https://acme.example.test' }
const atPage = { headers: { origin: page.origin } }

describe.each(FRAMEWORKS)('passkeys on %s', (framework) => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(framework)
  })
  afterAll(() => world[Symbol.asyncDispose]())

  /** A user who is signed in and has a passkey. */
  async function equipped() {
    const user: User = await world.user(world.acme)
    const browser = world.browser('acme')
    expect((await browser.signIn(user.email, PASSWORD)).status).toBe(200)
    const authenticator = new Authenticator()
    const options = await browser.post('/auth/passkeys/options', {}, atPage)
    expect(options).toMatchObject({ status: 200, json: { rp: { id: 'acme.example.test' } } })
    const response = authenticator.create(options.json, page)
    const registered = await browser.post('/auth/passkeys', { response, name: 'Key' })
    expect(registered.status).toBe(201)
    return { user, browser, authenticator, passkey: registered.json.passkey as { readonly id: string } }
  }

  async function answer(browser: Browser, authenticator: Authenticator, more: object = {}) {
    const options = await browser.post('/auth/sign-in/passkey/options', more, atPage)
    expect(options.status).toBe(200)
    return authenticator.get(options.json, page)
  }

  async function enter(browser: Browser, authenticator: Authenticator) {
    const response = await answer(browser, authenticator)
    expect((await browser.post('/auth/sign-in/passkey/verify', { response })).status).toBe(200)
  }

  it('asks for the second factor before another is added or one is removed (ASVS V7.5.1)', async () => {
    const { browser, authenticator, passkey } = await equipped()
    const path = `/auth/passkeys/${passkey.id}`
    // the session is the password's, and by now there is more to show
    for (const refused of [
      await browser.post('/auth/passkeys/options', {}, atPage),
      await browser.post(path, { name: 'Mine' }),
      await browser.send('DELETE', path),
    ]) {
      expect(refused).toMatchObject({ status: 401, json: { code: 'STEP_UP_REQUIRED', level: 2 } })
    }
    await enter(browser, authenticator)
    const second = new Authenticator()
    const options = await browser.post('/auth/passkeys/options', {}, atPage)
    const response = second.create(options.json, page)
    expect((await browser.post('/auth/passkeys', { response })).status).toBe(201)
    expect((await browser.send('DELETE', path)).status).toBe(204)
  })

  it('S01: signs in under a new session, and the one that the browser had is over', async () => {
    const { user, browser, authenticator } = await equipped()
    const former = (await browser.get('/auth/me')).json.session.id
    const response = await answer(browser, authenticator)
    const entered = await browser.post('/auth/sign-in/passkey/verify', { response })
    expect(entered).toMatchObject({
      status: 200,
      json: { user: { id: user.id }, session: { current: true, assuranceLevel: 2, userAgent: 'contract test' } },
    })
    expect(entered.setCookies).toHaveLength(3)
    const now = await browser.get('/auth/me')
    expect(now.json.session.id).toBe(entered.json.session.id)
    expect(now.json.session.id).not.toBe(former)
    expect((await world.acme.sessions.get(former)).revokedAt).not.toBeNull()
  })

  it('signs in an app that has no cookies, with the address and the origin told', async () => {
    const { user, authenticator } = await equipped()
    const app = world.browser('acme')
    const options = await app.post('/auth/sign-in/passkey/options', { email: user.email, ...page })
    expect(options.json.allowCredentials).toHaveLength(1)
    const response = authenticator.get(options.json, page)
    const entered = await app.post('/auth/sign-in/passkey/verify', { response, transport: 'body' })
    expect(entered).toMatchObject({ status: 200, json: { tokens: { accessToken: expect.any(String) } } })
    expect(entered.setCookies).toEqual([])
  })

  it('refuses alike what is wrong, replayed (W02), or of another tenant', async () => {
    const { browser, authenticator } = await equipped()
    const stranger = world.browser('acme')
    const response = await answer(stranger, authenticator)
    expect((await stranger.post('/auth/sign-in/passkey/verify', { response })).status).toBe(200)
    const refused = []
    for (const wrong of [response, await answer(stranger, new Authenticator()), { id: 'x' }, null, 7]) {
      const { status, json } = await world.browser('acme').post('/auth/sign-in/passkey/verify', { response: wrong })
      refused.push({ status, json })
    }
    const elsewhere = await world.browser('globex').post('/auth/sign-in/passkey/verify', {
      response: await answer(browser, authenticator),
    })
    refused.push({ status: elsewhere.status, json: elsewhere.json })
    for (const each of refused) expect(each).toEqual(refused[0])
    expect(refused[0]).toMatchObject({
      status: 401,
      json: { code: 'BAD_CREDENTIALS', detail: expect.stringMatching(/^This passkey/) },
    })
  })

  it('U02: offers nothing to a page of another site, nor to one that only looks like ours', async () => {
    const browser = world.browser('acme')
    for (const origin of ['https://evil.test', 'https://acme.example.test.evil.test', 'null']) {
      const asked = await browser.post('/auth/sign-in/passkey/options', {}, { headers: { origin } })
      expect(asked).toMatchObject({ status: 422, json: { code: 'INPUT_INVALID', field: 'origin' } })
    }
    const { browser: signedIn } = await equipped()
    const foreign = { headers: { 'sec-fetch-site': 'cross-site' } }
    expect((await signedIn.post('/auth/passkeys/options', {}, foreign)).json.code).toBe('CSRF_REFUSED')
    const login = await signedIn.post('/auth/sign-in/passkey/verify', { response: {} }, foreign)
    expect(login.json.code).toBe('CSRF_REFUSED')
  })

  it('is for who is signed in: listing, naming and removing', async () => {
    const { browser, passkey, authenticator } = await equipped()
    await enter(browser, authenticator)
    const nobody = world.browser('acme')
    expect((await nobody.get('/auth/passkeys')).status).toBe(401)
    expect((await nobody.post('/auth/passkeys/options', {})).status).toBe(401)
    expect((await nobody.post('/auth/passkeys', {})).status).toBe(401)
    expect((await nobody.send('DELETE', `/auth/passkeys/${passkey.id}`)).status).toBe(401)

    const listed = await browser.get('/auth/passkeys')
    expect(listed.json.passkeys).toMatchObject([{ id: passkey.id, name: 'Key', signsIn: true, cloneSuspectedAt: null }])
    expect(Object.keys(listed.json.passkeys[0]).join()).not.toMatch(/publicKey|credentialId|count/i)
    expect((await browser.post(`/auth/passkeys/${passkey.id}`, { name: 'Blue' })).json.passkey.name).toBe('Blue')
    expect((await browser.post(`/auth/passkeys/${passkey.id}`, {})).json.code).toBe('INPUT_INVALID')
  })

  it("W04: another user's passkey is not found", async () => {
    const { passkey, user } = await equipped()
    const { browser: other, authenticator } = await equipped()
    await enter(other, authenticator)
    const path = `/auth/passkeys/${passkey.id}`
    expect(await other.post(path, { name: 'Mine' })).toMatchObject({ status: 404, json: { code: 'PASSKEY_UNKNOWN' } })
    expect(await other.send('DELETE', path)).toMatchObject({ status: 404, json: { code: 'PASSKEY_UNKNOWN' } })
    expect(await world.acme.passkeys.list(user)).toMatchObject([{ id: passkey.id, name: 'Key' }])
    expect((await other.send('DELETE', '/auth/passkeys/no-id')).json.code).toBe('ID_INVALID')
  })
})
