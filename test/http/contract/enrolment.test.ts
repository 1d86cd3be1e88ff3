// A factor set up at the sign-in that a rule asks it of, on every framework: over HTTP its token opens nothing else.

import { generate } from 'otplib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Authenticator } from '../../passkeys/authenticator.ts'
import { FRAMEWORKS, openWorld, PASSWORD, type World } from './world.ts'

const page = { origin: 'https://acme.example.test' }
const atPage = { headers: { origin: page.origin } }
const codeOf = (secret: string) => generate({ secret, epoch: Math.floor(Date.now() / 1000) })
const ENROLMENT = '/auth/sign-in/enrolment'

describe.each(FRAMEWORKS)('on %s', (framework) => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(framework)
    const settings = { authentication: { requiredAssurance: 2 } }
    await world.freehold.tenants.update(world.acme, { settings })
  })
  afterAll(() => world[Symbol.asyncDispose]())

  async function asked() {
    const { email } = await world.user(world.acme)
    const browser = world.browser('acme')
    const answer = await browser.post('/auth/sign-in', { email, password: PASSWORD })
    expect([answer.status, answer.setCookies]).toEqual([202, []])
    expect(answer.json).toEqual({
      enrolment: { token: expect.any(String), expiresInMs: 600_000, factors: ['totp', 'passkey'] },
    })
    return { email, browser, token: answer.json.enrolment.token as string }
  }

  it('an authenticator app: 202 and no cookie, then a secret, then a session with recovery codes', async () => {
    const { email, browser, token } = await asked()
    const begun = await browser.post(`${ENROLMENT}/totp`, { token, name: 'App' })
    expect([begun.status, begun.setCookies]).toEqual([201, []])
    const wrong = await browser.post(`${ENROLMENT}/totp/confirm`, { token, code: '000000' })
    expect([wrong.status, wrong.json.code, wrong.setCookies]).toEqual([401, 'BAD_CREDENTIALS', []])
    const code = await codeOf(begun.json.secret)
    const entered = await browser.post(`${ENROLMENT}/totp/confirm`, { token, code, recoveryCodes: true })
    expect(entered).toMatchObject({ status: 200, json: { session: { assuranceLevel: 2 }, user: { email } } })
    expect(entered.json.recoveryCodes).toHaveLength(10)
    expect(entered.json.tokens.refreshToken).toBeUndefined()
    expect((await browser.get('/private')).status).toBe(200)
    const again = await browser.post(`${ENROLMENT}/totp/confirm`, { token, code })
    expect([again.status, again.json.code]).toEqual([401, 'TOKEN_EXPIRED'])
    const later = await world.browser('acme').post('/auth/sign-in', { email, password: PASSWORD })
    expect(later).toMatchObject({
      status: 202,
      json: { next: { factors: [{ type: 'totp' }, { type: 'recovery_code' }] } },
    })
  })

  it('a passkey, and tokens in the body', async () => {
    const { browser, token } = await asked()
    const options = await browser.post(`${ENROLMENT}/passkey/options`, { token }, atPage)
    expect(options).toMatchObject({ status: 200, json: { rp: { id: 'acme.example.test' } } })
    const response = new Authenticator().create(options.json, page)
    const entered = await browser.post(`${ENROLMENT}/passkey`, { token, response, name: 'Key', transport: 'body' })
    expect(entered).toMatchObject({
      status: 200,
      json: { session: { assuranceLevel: 2 }, tokens: { accessToken: expect.any(String) } },
    })
    expect(entered.setCookies).toEqual([])
    const bearer = { headers: { authorization: `Bearer ${entered.json.tokens.accessToken}` } }
    expect((await browser.get('/auth/passkeys', bearer)).json).toMatchObject({ passkeys: [{ name: 'Key' }] })
  })

  it('S03: the token is no session, in no header, cookie or body', async () => {
    const { email, browser, token } = await asked()
    const shown = { headers: { authorization: `Bearer ${token}` } }
    for (const path of ['/private', '/auth/me', '/auth/factors', '/auth/passkeys', '/auth/sessions', '/auth/devices']) {
      expect((await browser.get(path)).status).toBe(401)
      expect((await browser.get(path, shown)).status).toBe(401)
    }
    for (const path of ['/auth/factors/totp', '/auth/passkeys/options', '/auth/recovery-codes', '/auth/step-up']) {
      expect((await browser.post(path, {}, shown)).status).toBe(401)
    }
    for (const [path, body] of [
      ['/auth/refresh', { refreshToken: token }],
      ['/auth/sign-in/continue', { token, code: '000000' }],
      ['/auth/sign-in/challenge', { token }],
    ] as const) {
      expect((await browser.post(path, body)).status).toBe(401)
    }
    const cookies = await world.browser('acme')
    for (const name of ['__Host-freehold-access', '__Host-freehold-refresh', 'freehold-access', 'freehold-refresh']) {
      cookies.cookies.set(name, token)
    }
    expect((await cookies.get('/private')).status).toBe(401)
    // another tenant's page does not take it
    const globex = await world.browser('globex').post(`${ENROLMENT}/totp`, { token })
    expect([globex.status, globex.json.code]).toEqual([401, 'TOKEN_EXPIRED'])
    const [user] = (await world.acme.users.list()).items.filter((one) => one.email === email)
    expect((await world.acme.sessions.list(user!)).items).toEqual([])
  })

  it('refuses what is no answer', async () => {
    const { browser, token } = await asked()
    for (const [path, body] of [
      ['totp', {}],
      ['totp', { token, secret: 'JBSWY3DPEHPK3PXP' }],
      ['totp/confirm', { token }],
      ['totp/confirm', { token, code: '000000', recoveryCodes: 1 }],
      ['passkey', { token, response: {}, name: 7 }],
    ] as const) {
      expect((await browser.post(`${ENROLMENT}/${path}`, body)).status).toBe(422)
    }
    const strange = await browser.post(`${ENROLMENT}/totp`, { token }, { headers: { 'sec-fetch-site': 'cross-site' } })
    expect(strange.setCookies).toEqual([])
  })
})
