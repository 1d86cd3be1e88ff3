import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { codeIn, createMailbox, createPhone, tokenIn } from '../../../src/adapters/testing/index.ts'
import type { MailKind } from '../../../src/index.ts'
import type { Answer } from './browser.ts'
import { FRAMEWORKS, openWorld, PASSWORD, type World } from './world.ts'

const NEW_PASSWORD = 'copper giraffe lullaby'
const [mailbox, phone] = [createMailbox(), createPhone()]
const OPTIONS = {
  http: { signUp: 'open', rateLimits: false },
  mailer: mailbox,
  texter: phone,
  messages: { baseUrl: 'https://{slug}.example.test' },
} as const

describe.each(FRAMEWORKS)('accounts on %s', (framework) => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(framework, OPTIONS)
  })
  afterAll(() => world[Symbol.asyncDispose]())
  beforeEach(async () => {
    await mailbox.last()
    mailbox.clear()
    phone.clear()
  })
  const mailed = async (kind: MailKind) => tokenIn(await mailbox.last({ kind })) ?? ''
  const seen = ({ status, json, setCookies, headers }: Answer) => ({
    status,
    json,
    setCookies,
    names: Object.keys(headers).sort(),
  })

  it('A05: ask for an address in the same words, known or not, and write to the known alone', async () => {
    const { email } = await world.user(world.acme)
    for (const path of ['sign-in/link', 'password-reset', 'email-verification', 'sign-in/code']) {
      const browser = world.browser('acme')
      const known = await browser.post(`/auth/${path}/request`, { email })
      const unknown = await browser.post(`/auth/${path}/request`, { email: 'ghost@example.test' })
      expect(known.status).toBe(202)
      if (path === 'sign-in/code') {
        expect(Object.keys(unknown.json)).toEqual(Object.keys(known.json))
        expect(unknown.status).toBe(202)
      } else expect(seen(unknown)).toEqual(seen(known))
    }
    await mailbox.last()
    expect(new Set(mailbox.all.map(({ to }) => to))).toEqual(new Set([email]))
  })

  it('A03: a link is used up by its POST and by nothing else', async () => {
    const { email } = await world.user(world.acme)
    const browser = world.browser('acme')
    await browser.post('/auth/sign-in/link/request', { email })
    const token = await mailed('sign-in-link')
    for (const method of ['GET', 'HEAD']) {
      for (const path of [`/auth/sign-in/link?token=${token}`, '/auth/sign-in/link']) {
        const opened = await browser.send(method, path)
        expect([opened.status, opened.setCookies]).toEqual([405, []])
      }
    }
    const entered = await browser.post('/auth/sign-in/link', { token })
    expect([entered.status, entered.json.user?.email, entered.setCookies.length]).toEqual([200, email, 3])
    expect((await browser.get('/auth/me')).json.session.authenticationMethods).toEqual(['otp'])
    const again = await world.browser('acme').post('/auth/sign-in/link', { token })
    expect([again.status, again.json.code, again.setCookies]).toEqual([403, 'CHALLENGE_REFUSED', []])
  })

  it('a link of one tenant opens nothing in another, and cookies are for our own pages', async () => {
    const { email } = await world.user(world.acme)
    await world.user(world.globex)
    const browser = world.browser('acme')
    await browser.post('/auth/sign-in/link/request', { email })
    const token = await mailed('sign-in-link')
    expect((await world.browser('globex').post('/auth/sign-in/link', { token })).json.code).toBe('CHALLENGE_REFUSED')
    const foreign = { headers: { 'sec-fetch-site': 'cross-site' } }
    expect((await browser.post('/auth/sign-in/link', { token }, foreign)).json.code).toBe('CSRF_REFUSED')
    const bearer = await browser.post('/auth/sign-in/link', { token, transport: 'body' }, foreign)
    expect([bearer.status, bearer.setCookies, typeof bearer.json.tokens.accessToken]).toEqual([200, [], 'string'])
  })

  it('sign in with a code', async () => {
    const { email } = await world.user(world.acme)
    const browser = world.browser('acme')
    const { json } = await browser.post('/auth/sign-in/code/request', { email })
    expect(json).toEqual({ id: expect.any(String), expiresInMs: 600_000 })
    const code = codeIn(await mailbox.last())!
    const wrong = await browser.post('/auth/sign-in/code', {
      id: json.id,
      code: code === '00000000' ? '1' : '00000000',
    })
    expect([wrong.status, wrong.json.code]).toEqual([403, 'CHALLENGE_REFUSED'])
    expect((await browser.post('/auth/sign-in/code', { id: json.id, code })).status).toBe(200)
  })

  it('choose a new password with a link: every session ends, and none begins', async () => {
    const { email } = await world.user(world.acme)
    const browser = world.browser('acme')
    await browser.signIn(email, PASSWORD)
    await browser.post('/auth/password-reset/request', { email })
    const token = await mailed('password-reset')
    const weak = await browser.post('/auth/password-reset', { token, password: 'short' })
    expect(weak.json).toMatchObject({ code: 'PASSWORD_REJECTED', reason: 'too-short' })
    const done = await browser.post('/auth/password-reset', { token, password: NEW_PASSWORD })
    expect([done.status, done.setCookies]).toEqual([204, []])
    expect((await browser.get('/auth/me')).status).toBe(401)
    expect((await world.browser('acme').signIn(email, NEW_PASSWORD)).status).toBe(200)
  })

  it('A05, A10: sign up by the mailbox: the same answer for every address, and no user before the link comes back', async () => {
    const email = `new-${framework}@example.test`
    const { email: taken } = await world.user(world.acme)
    const browser = world.browser('acme')
    const smuggled = await browser.post('/auth/sign-up', { email, password: PASSWORD })
    expect(smuggled.json).toMatchObject({ code: 'INPUT_INVALID', field: 'password' })
    const answers = [
      await browser.post('/auth/sign-up', { email }),
      await browser.post('/auth/sign-up', { email: taken }),
    ]
    expect(seen(answers[1]!)).toEqual(seen(answers[0]!))
    expect([answers[0]!.status, answers[0]!.json, answers[0]!.setCookies]).toEqual([202, { sent: true }, []])
    expect(await mailbox.last({ to: taken })).toMatchObject({ kind: 'sign-up-known' })
    expect(await world.acme.users.findByEmail(email)).toBeUndefined()

    const proof = { token: await mailed('sign-up'), password: PASSWORD, name: 'Nia' }
    const entered = await browser.post('/auth/sign-up/confirm', proof)
    expect([entered.status, entered.json.user]).toEqual([
      201,
      expect.objectContaining({ email, name: 'Nia', emailVerifiedAt: expect.any(String) }),
    ])
    expect((await browser.get('/auth/me')).status).toBe(200)
    expect((await browser.post('/auth/sign-up/confirm', proof)).json.code).toBe('CHALLENGE_REFUSED')
  })

  it('prove an address, in the session or out of it (A10)', async () => {
    const [ana, bob] = [await world.user(world.acme), await world.user(world.acme)]
    const browser = world.browser('acme')
    await browser.signIn(ana.email, PASSWORD)
    await browser.post('/auth/email-verification/request', { email: ana.email })
    const own = await browser.post('/auth/email-verification', { token: await mailed('email-verification') })
    expect([own.status, own.json]).toEqual([200, { passwordRemoved: false }])
    expect((await browser.get('/auth/me')).json.user.emailVerifiedAt).not.toBeNull()
    // somebody else is signed in here
    await browser.post('/auth/email-verification/request', { email: bob.email })
    const other = await browser.post('/auth/email-verification', { token: await mailed('email-verification') })
    expect(other.json).toEqual({ passwordRemoved: true })
    expect((await world.browser('acme').signIn(bob.email, PASSWORD)).status).toBe(401)
    expect((await browser.get('/auth/me')).status).toBe(200)
  })

  it('change the password for whoever has the old one, in their own session', async () => {
    const { email } = await world.user(world.acme)
    const [browser, elsewhere] = [world.browser('acme'), world.browser('acme')]
    expect((await browser.post('/auth/password', { current: PASSWORD, next: NEW_PASSWORD })).status).toBe(401)
    await browser.signIn(email, PASSWORD)
    await elsewhere.signIn(email, PASSWORD)
    const wrong = await browser.post('/auth/password', { current: NEW_PASSWORD, next: NEW_PASSWORD })
    expect([wrong.status, wrong.json.code]).toEqual([422, 'PASSWORD_WRONG'])
    const weak = await browser.post('/auth/password', { current: PASSWORD, next: 'short' })
    expect(weak.json).toMatchObject({ code: 'PASSWORD_REJECTED', reason: 'too-short' })
    // whose it is says the session, and nothing in the body
    const another = await browser.post('/auth/password', { current: PASSWORD, next: NEW_PASSWORD, user: 'x' })
    expect([another.status, another.json.code]).toEqual([422, 'INPUT_INVALID'])
    expect((await browser.post('/auth/password', { current: PASSWORD, next: NEW_PASSWORD })).status).toBe(204)
    expect((await browser.get('/auth/me')).status).toBe(200)
    expect((await elsewhere.get('/auth/me')).status).toBe(401)
    expect((await world.browser('acme').signIn(email, NEW_PASSWORD)).status).toBe(200)
  })

  it('change address and number, and give the account up', async () => {
    const owner = { email: `owner-${framework}@example.test`, password: PASSWORD, emailVerified: true }
    const { email } = await world.acme.users.create(owner)
    const browser = world.browser('acme')
    await browser.signIn(email, PASSWORD)
    expect((await world.browser('acme').post('/auth/email-change/request', { email: 'x@example.test' })).status).toBe(
      401,
    )
    const next = `next-${framework}@example.test`
    expect((await browser.post('/auth/email-change/request', { email: next })).status).toBe(202)
    expect((await mailbox.last({ to: email }))?.text).toContain(next)
    const token = await mailed('email-change')
    expect((await browser.post('/auth/email-change', { token })).json.user.email).toBe(next)

    const number = '+4930901820'
    const { json } = await browser.post('/auth/phone/request', { phone: '+49 (30) 90 18-20' })
    const code = codeIn(await phone.last({ to: number }))!
    const set = await browser.post('/auth/phone', { id: json.id, code })
    expect(set.json.user).toMatchObject({ phone: number, phoneVerifiedAt: expect.any(String) })
    const sms = world.browser('acme')
    const asked = await sms.post('/auth/sign-in/code/request', { phone: number })
    const entered = await sms.post('/auth/sign-in/code', { id: asked.json.id, code: codeIn(await phone.last()) })
    expect(entered.json.session?.authenticationMethods).toEqual(['sms'])
    expect((await browser.send('DELETE', '/auth/phone')).json.user.phone).toBeNull()

    const gone = await browser.post('/auth/account/deactivate', {})
    expect([gone.status, browser.sessionCookies]).toEqual([204, 0])
    expect((await world.browser('acme').signIn(next, PASSWORD)).status).toBe(401)
  })

  it('inviting asks for the right to write invitations, lock and unlock for that to write users', async () => {
    const [operator, target] = [await world.user(world.acme), await world.user(world.acme)]
    const browser = world.browser('acme')
    await browser.signIn(operator.email, PASSWORD)
    const email = `guest-${framework}@example.test`
    const tries = [
      () => browser.post('/auth/invitations', { email }),
      () => browser.post(`/auth/users/${target.id}/lock`, { reason: 'lost phone' }),
      () => browser.post(`/auth/users/${target.id}/unlock`, {}),
    ]
    for (const [i, permission] of ['invitation:write', 'user:write', 'user:write'].entries()) {
      expect((await tries[i]!()).json).toMatchObject({ code: 'FORBIDDEN', permission })
    }
    await world.acme.assignments.grant({ principal: operator, role: 'admin' })
    expect((await tries[0]!()).status).toBe(202)
    expect((await tries[1]!()).json.user.status).toBe('locked')
    expect((await world.browser('acme').signIn(target.email, PASSWORD)).json.code).toBe('BAD_CREDENTIALS')
    expect((await tries[2]!()).json.user.status).toBe('active')

    const guest = world.browser('acme')
    const proof = { token: await mailed('invitation'), name: 'Gus' }
    const accepted = await guest.post('/auth/invitations/accept', proof)
    expect([accepted.status, accepted.json.user.email]).toEqual([201, email])
    expect((await guest.post('/auth/invitations/accept', proof)).json.code).toBe('CHALLENGE_REFUSED')
    // A09: another tenant's users are nobody here
    const stranger = await world.user(world.globex)
    expect((await browser.post(`/auth/users/${stranger.id}/lock`, {})).json.code).toBe('USER_UNKNOWN')
  })

  it('U01: name no place to go on to', async () => {
    const { email } = await world.user(world.acme)
    for (const extra of [{ callbackURL: 'https://evil.test' }, { redirect: '//evil.test' }, { next: '/' }]) {
      const answer = await world.browser('acme').post('/auth/password-reset/request', { email, ...extra })
      expect([answer.status, answer.json.code]).toEqual([422, 'INPUT_INVALID'])
    }
    expect(await mailbox.last()).toBeUndefined()
  })

  it('U06: lead where the configuration says, whatever host the request names', async () => {
    const { email } = await world.user(world.acme)
    const headers = { 'x-forwarded-host': 'evil.test', origin: 'https://evil.test', forwarded: 'host=evil.test' }
    await world.browser('acme').post('/auth/password-reset/request', { email }, { headers })
    const letter = await mailbox.last()
    expect(letter?.text).toContain('https://acme.example.test/reset-password#token=')
    expect(letter?.text).not.toContain('evil')
  })
})

it('without mailer and texter say so, the same for everybody', async () => {
  await using world = await openWorld('hono')
  const { email } = await world.user(world.acme)
  for (const who of [email, 'ghost@example.test']) {
    const answer = await world.browser('acme').post('/auth/password-reset/request', { email: who })
    expect([answer.status, answer.json.code]).toEqual([501, 'MAILER_MISSING'])
  }
  const texted = await world.browser('acme').post('/auth/sign-in/code/request', { phone: '+4930901820' })
  expect([texted.status, texted.json.code]).toEqual([501, 'TEXTER_MISSING'])
})
