// Second factors over HTTP, on every framework: set up, asked for, shown, stepped up with, taken away.

import { generate } from 'otplib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeIn, createPhone } from '../../../src/adapters/testing/index.ts'
import { FRAMEWORKS, openWorld, PASSWORD, type World } from './world.ts'

const codeOf = (secret: string, steps = 0) => generate({ secret, epoch: Math.floor(Date.now() / 1000) + steps * 30 })

describe.each(FRAMEWORKS)('on %s', (framework) => {
  const phone = createPhone()
  let world: World
  beforeAll(async () => {
    world = await openWorld(framework, { texter: phone })
  })
  afterAll(() => world[Symbol.asyncDispose]())

  /** A browser whose user has a confirmed authenticator app, and which signed in before it had. */
  async function withApp() {
    const { email } = await world.user(world.acme)
    const browser = world.browser('acme')
    await browser.post('/auth/sign-in', { email, password: PASSWORD })
    const { factor, secret } = (await browser.post('/auth/factors/totp', { name: 'App' })).json
    const confirmed = await browser.post(`/auth/factors/${factor.id}/confirm`, { code: await codeOf(secret, -1) })
    expect(confirmed.status).toBe(200)
    return { email, browser, secret, factor }
  }

  it('S03: a right password answers 202 and no cookie, and nothing works before the code', async () => {
    const { email, secret } = await withApp()
    const browser = world.browser('acme')
    const asked = await browser.post('/auth/sign-in', { email, password: PASSWORD })
    expect([asked.status, asked.setCookies]).toEqual([202, []])
    const { next } = asked.json
    expect(next).toMatchObject({ factors: [{ type: 'totp', name: 'App' }] })
    expect((await browser.get('/private')).status).toBe(401)
    const bearer = { headers: { authorization: `Bearer ${next.token}` } }
    expect((await browser.get('/private', bearer)).status).toBe(401)
    const wrong = await browser.post('/auth/sign-in/continue', { token: next.token, code: '000000' })
    expect([wrong.status, wrong.json.code]).toEqual([401, 'BAD_CREDENTIALS'])
    expect(wrong.json).toMatchObject({ title: 'The credentials are wrong', detail: expect.stringMatching(/^The code/) })
    const code = await codeOf(secret)
    const entered = await browser.post('/auth/sign-in/continue', { token: next.token, code })
    expect(entered.json).toMatchObject({ session: { assuranceLevel: 2 } })
    expect((await browser.get('/private')).status).toBe(200)
    const again = await browser.post('/auth/sign-in/continue', { token: next.token, code })
    expect([again.status, again.json.code]).toEqual([401, 'TOKEN_EXPIRED'])
  })

  it('S01: a vault asks for more, and stepping up opens it under a new session', async () => {
    const { browser, secret } = await withApp()
    const refused = await browser.get('/vault')
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([
      401,
      'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="300"',
    ])
    expect(refused.json).toMatchObject({ code: 'STEP_UP_REQUIRED', level: 2, maxAgeMs: 300_000 })
    const before = (await browser.get('/auth/me')).json.session.id
    const asked = await browser.post('/auth/step-up', {})
    expect(asked.status).toBe(202)
    const { next } = asked.json
    const entered = await browser.post('/auth/sign-in/continue', { token: next.token, code: await codeOf(secret) })
    const { session } = entered.json
    expect(session).toMatchObject({ assuranceLevel: 2 })
    expect(session.id).not.toBe(before)
    expect((await browser.get('/vault')).status).toBe(200)
    const live = (await browser.get('/auth/sessions')).json
    expect(live.items.map(({ id }: { id: string }) => id)).toEqual([session.id])
  })

  it('M09: a session that was opened without the factor cannot take it away', async () => {
    const { browser, factor } = await withApp()
    const refused = await browser.send('DELETE', `/auth/factors/${factor.id}`)
    expect([refused.status, refused.json.code]).toEqual([401, 'STEP_UP_REQUIRED'])
    expect((await browser.post('/auth/recovery-codes', {})).status).toBe(401)
    const listed = (await browser.get('/auth/factors')).json
    expect(listed).toMatchObject({ items: [{ id: factor.id, primary: true }], recoveryCodesLeft: 0 })
    expect(JSON.stringify(listed)).not.toContain('secret')
  })

  it('W04: no route reaches the factor of somebody else', async () => {
    const { factor } = await withApp()
    const { email } = await world.user(world.acme)
    const eve = world.browser('acme')
    await eve.post('/auth/sign-in', { email, password: PASSWORD })
    for (const [path, body] of [
      ['confirm', { code: '000000' }],
      ['rename', { name: 'x' }],
      ['primary', {}],
      ['send-code', {}],
      ['resync', { first: '000000', second: '000000' }],
    ] as const) {
      const refused = await eve.post(`/auth/factors/${factor.id}/${path}`, body)
      expect([refused.status, refused.json.code]).toEqual([404, 'FACTOR_UNKNOWN'])
    }
    expect((await eve.send('DELETE', `/auth/factors/${factor.id}`)).status).toBe(404)
  })

  it('the first factor brings recovery codes where that is asked for, once', async () => {
    const { email } = await world.user(world.acme)
    const browser = world.browser('acme')
    await browser.post('/auth/sign-in', { email, password: PASSWORD })
    const { factor, secret } = (await browser.post('/auth/factors/totp', { name: 'App' })).json
    const answer = { code: await codeOf(secret), recoveryCodes: true }
    const confirmed = await browser.post(`/auth/factors/${factor.id}/confirm`, answer)
    expect(confirmed.json).toMatchObject({ factor: { id: factor.id }, recoveryCodes: expect.any(Array) })
    expect((await browser.get('/auth/factors')).json).toMatchObject({ recoveryCodesLeft: 10 })
    const [code] = confirmed.json.recoveryCodes
    const other = world.browser('acme')
    const { next } = (await other.post('/auth/sign-in', { email, password: PASSWORD })).json
    const entered = await other.post('/auth/sign-in/continue', { token: next.token, factor: 'recovery_code', code })
    expect(entered.json).toMatchObject({ session: { assuranceLevel: 2 } })
  })

  it('codes go to a telephone, and recovery codes replace it', async () => {
    const { email } = await world.user(world.acme)
    const browser = world.browser('acme')
    await browser.post('/auth/sign-in', { email, password: PASSWORD })
    const enrolled = await browser.post('/auth/factors/sms', { name: 'Phone', phone: '+34600000042' })
    const { factor, sent } = enrolled.json
    expect(sent).toEqual({ to: '•••42', expiresInMs: 600_000 })
    const newest = async () => codeIn(await phone.last())
    await browser.post(`/auth/factors/${factor.id}/confirm`, { code: await newest() })
    const { next } = (await browser.post('/auth/sign-in', { email, password: PASSWORD })).json
    expect((await browser.post('/auth/sign-in/challenge', { token: next.token })).status).toBe(200)
    await browser.post('/auth/sign-in/continue', { token: next.token, code: await newest() })
    const { codes } = (await browser.post('/auth/recovery-codes', {})).json
    const other = world.browser('acme')
    const asked = (await other.post('/auth/sign-in', { email, password: PASSWORD })).json
    const answer = { token: asked.next.token, factor: 'recovery_code', code: codes[3] }
    expect((await other.post('/auth/sign-in/continue', answer)).status).toBe(200)
    expect((await browser.get('/auth/me')).status).toBe(200)
    const removed = await other.send('DELETE', `/auth/factors/${factor.id}`, { json: { endOtherSessions: true } })
    expect(removed.status).toBe(204)
    expect((await browser.get('/auth/me')).status).toBe(401)
    expect((await other.get('/auth/me')).status).toBe(200)
  })

  it.each([
    ['/auth/factors/totp', {}, 'name'],
    ['/auth/factors/totp', { name: 'x', userId: 'y' }, 'userId'],
    ['/auth/factors/sms', { name: 'x', phone: '0600' }, 'phone'],
    ['/auth/factors/hardware-token', { name: 'x', secret: 'AAAA' }, 'secret'],
    ['/auth/step-up', { password: 1 }, 'password'],
    ['/auth/sign-in/continue', { token: 'x', assertion: 'y' }, 'assertion'],
    ['/auth/sign-in/challenge', { factor: 'x' }, 'token'],
  ])('%s refuses %o', async (path, body, field) => {
    const { email } = await world.user(world.acme)
    const browser = world.browser('acme')
    await browser.post('/auth/sign-in', { email, password: PASSWORD })
    const refused = await browser.post(path, body)
    expect([refused.status, refused.json.field]).toEqual([422, field])
  })
})
