// What people do, step by step, with the secrets that each step gives out or takes: for who looks for them afterwards. A new
// feature adds its own, here or in the parts beside it.

import { expect } from 'vitest'
import { codeIn, type Mailbox, type Phone, testHasher, tokenIn } from '../../src/adapters/testing/index.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import type { Freehold, TenantHandle } from '../../src/index.ts'
import type { Secrets } from './dump.ts'

export const PASSWORD = 'a kettle orbits quietly'

export interface Tour {
  readonly freehold: Freehold
  readonly storage: Storage
  readonly acme: TenantHandle
  readonly mailbox: Mailbox
  readonly phone: Phone
  readonly secrets: Secrets
}

export type Steps = Readonly<Record<string, (tour: Tour) => Promise<void>>>

export const STEPS: Steps = {
  async 'signing up and in over HTTP'({ freehold, mailbox, secrets }) {
    const post = (path: string, body: object) =>
      freehold.handler(
        new Request(`http://acme.localhost${freehold.basePath}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-tenant': 'acme', 'sec-fetch-site': 'same-origin' },
          body: JSON.stringify(body),
        }),
      )
    const password = 'the marmot paints at noon'
    secrets.keep('a password at the sign-up', password)
    const email = 'http@acme.test'
    expect((await post('/sign-up', { email })).status).toBeLessThan(300)
    const token = tokenIn(await mailbox.last({ to: email }))!
    secrets.keep('the link of a sign-up over HTTP', token)
    mailbox.clear()
    for (const [path, given] of [
      ['/sign-up/confirm', { token, password, transport: 'cookies' }],
      ['/sign-in', { email, password, transport: 'cookies' }],
      ['/sign-in', { email, password, transport: 'body' }],
    ] as const) {
      const response = await post(path, given)
      const body = await response.text()
      expect([path, response.status], body).toEqual([path, expect.toSatisfy((status: number) => status < 300)])
      for (const [name, value] of Object.entries(JSON.parse(body).tokens ?? {})) {
        if (typeof value === 'string') secrets.keep(`${name} of ${path}`, value)
      }
      for (const cookie of response.headers.getSetCookie()) {
        const [name, value = ''] = cookie.split(';')[0]!.split('=')
        if (value.length > 20) secrets.keep(`the cookie ${name} of ${path}`, decodeURIComponent(value))
      }
    }
  },
  async 'passwords, right, wrong and new'({ acme, secrets }) {
    const [first, second, wrong] = [PASSWORD, `${PASSWORD} again`, `${PASSWORD} mistyped`]
    for (const one of [first, second, wrong]) secrets.keep(`the password ${one.length}`, one)
    const user = await acme.users.create({ email: 'ana@acme.test', password: first, name: 'Ana' })
    await acme.signIn.password({ email: user.email, password: wrong })
    await acme.users.setPassword(user, second)
    await acme.signIn.password({ email: user.email, password: second, client: { ip: '192.0.2.1', userAgent: 'Test' } })
  },
  async 'a device that is trusted'({ acme, secrets }) {
    const user = await acme.users.create({ email: 'dev@acme.test', password: PASSWORD })
    const client = { userAgent: 'Test', device: { acceptLanguage: 'es', platform: '"Linux"' } }
    const answer = await acme.signIn.password({ email: user.email, password: PASSWORD, client })
    if (!answer.ok || !answer.device) throw new Error('no device was recorded')
    secrets.keep('the token of a device', answer.device.token)
    await acme.devices.trust(user, answer.device.device)
  },
  async 'sessions and their refreshes'({ freehold, acme, secrets }) {
    const user = await acme.users.create({ email: 'bea@acme.test', password: PASSWORD })
    const answer = await acme.signIn.password({ email: user.email, password: PASSWORD })
    if (!answer.ok) throw new Error(answer.reason)
    let { tokens } = answer
    for (let i = 0; i < 3; i++) {
      secrets.keep(`access token ${i}`, tokens.accessToken)
      secrets.keep(`refresh token ${i}`, tokens.refreshToken)
      const next = await freehold.sessions.refresh(tokens.refreshToken)
      if (!next.ok) throw new Error(next.reason)
      tokens = next.tokens
    }
    await freehold.sessions.refresh(answer.tokens.refreshToken)
  },
  async 'a user of another system'({ acme, secrets }) {
    secrets.keep('a password behind an imported hash', 'a lantern under the pier')
    const passwordHash = await testHasher().hash('a lantern under the pier')
    await acme.users.create({ email: 'eve@acme.test', password: 'a lantern under the pier' })
    expect(passwordHash).not.toContain('lantern')
  },
  async 'links and codes that are sent'({ acme, mailbox, phone, secrets }) {
    const user = await acme.users.create({ email: 'ina@acme.test', password: PASSWORD })
    const { email } = user
    const sent = async (to: string): Promise<string> => {
      const message = (await mailbox.last({ to })) ?? (await phone.last({ to }))
      const [token, code] = [tokenIn(message), codeIn(message)]
      if (token !== undefined) secrets.keep(`the link of ${message!.kind}`, token)
      else secrets.keepCode(`the code of ${message!.kind}`, code!)
      mailbox.clear()
      phone.clear()
      return token ?? code!
    }
    await acme.accounts.requestEmailVerification({ email })
    await acme.accounts.confirmEmail({ token: await sent(email) })
    await acme.accounts.requestPasswordReset({ email })
    const password = 'the heron counts its steps'
    secrets.keep('a password after a reset', password)
    await acme.accounts.resetPassword({ token: await sent(email), password })
    await acme.accounts.requestPhoneChange(user, { phone: '+4915112345678' })
    await sent('+4915112345678')
    await acme.accounts.requestEmailChange(user, { email: 'ines@acme.test' })
    await sent('ines@acme.test')
    await acme.signIn.requestLink({ email })
    const answer = await acme.signIn.link({ token: await sent(email) })
    if (answer.ok) secrets.keep('a refresh token by link', answer.tokens.refreshToken)
    await acme.signIn.requestCode({ email })
    await sent(email)
    await acme.accounts.requestSignUp({ email: 'new@acme.test' })
    await sent('new@acme.test')
    await acme.accounts.invite({ email: 'guest@acme.test' })
    await sent('guest@acme.test')
  },
}
