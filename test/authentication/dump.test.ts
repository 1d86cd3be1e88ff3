// S08, M07: whoever reads the whole database learns no secret. A tour through all that people do leaves its secrets behind;
// then every value of every table is searched for them. A new feature adds its own step to the tour.

import { createHash, randomBytes } from 'node:crypto'
import { generate } from 'otplib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import {
  codeIn,
  createMailbox,
  createPhone,
  type Mailbox,
  type Phone,
  testHasher,
  testKeys,
  tokenIn,
} from '../../src/adapters/testing/index.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import { createFreehold, type Freehold, type TenantHandle } from '../../src/index.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { createSecrets, dumpOf, leaksIn, type Secrets, unvisited } from './dump.ts'

const PASSWORD = 'a kettle orbits quietly'

interface Tour {
  readonly freehold: Freehold
  readonly acme: TenantHandle
  readonly mailbox: Mailbox
  readonly phone: Phone
  readonly secrets: Secrets
}

/** What people do, each with the secrets that it gives out or takes. */
const STEPS: Readonly<Record<string, (tour: Tour) => Promise<void>>> = {
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
  async 'api keys'({ acme, secrets }) {
    const serviceAccount = await acme.serviceAccounts.create({ name: 'Robot' })
    const { apiKey, secret } = await acme.apiKeys.create({ serviceAccount, name: 'ci' })
    secrets.keep('an api key', secret)
    const rotated = await acme.apiKeys.rotate(apiKey)
    secrets.keep('the api key after it', rotated.secret)
    await acme.apiKeys.revoke(rotated.apiKey)
  },
  async 'second factors'({ acme, mailbox, phone, secrets }) {
    const user = await acme.users.create({ email: 'una@acme.test', password: PASSWORD })
    const { factor, secret, uri } = await acme.factors.enrolTotp(user, { name: 'App' })
    secrets.keep('the secret of a TOTP', secret)
    expect(uri).toContain(secret)
    const code = await generate({ secret })
    secrets.keepCode('a code of a TOTP', code)
    await acme.factors.confirm(user, factor, { code })
    const hardware = randomBytes(20)
    secrets.keep('the secret of a hardware token', hardware)
    await acme.factors.enrolHardwareToken(user, { name: 'Token', secret: hardware })
    const sms = await acme.factors.enrolSms(user, { name: 'Phone', phone: '+4915112345679' })
    const smsCode = codeIn(await phone.last({ to: '+4915112345679' }))!
    secrets.keepCode('a code by SMS', smsCode)
    await acme.factors.confirm(user, sms.factor, { code: smsCode })
    await acme.factors.enrolEmail(user, { name: 'Mailbox' })
    secrets.keepCode('a code by mail', codeIn(await mailbox.last({ to: user.email }))!)
    const codes = await acme.factors.renewRecoveryCodes(user)
    for (const [i, one] of codes.entries()) {
      secrets.keep(`recovery code ${i}`, one)
      secrets.keep(`recovery code ${i} as it is compared`, one.replaceAll('-', ''))
    }
    const answer = await acme.signIn.password({ email: user.email, password: PASSWORD })
    if (answer.ok || answer.reason !== 'factor-required') throw new Error('no factor was asked for')
    secrets.keep('the token of a pending sign-in', answer.next.token)
    const inside = await acme.signIn.continue({ token: answer.next.token, factor: 'recovery_code', code: codes[0]! })
    if (!inside.ok) throw new Error(inside.reason)
    secrets.keep('a refresh token behind a second factor', inside.tokens.refreshToken)
  },
}

/** Tables of features that have no step yet. */
const NOT_YET = ['devices']

let database: TestDatabase
let storage: Storage
let freehold: Freehold
const secrets = createSecrets()
const [mailbox, phone] = [createMailbox(), createPhone()]
beforeAll(async () => {
  database = await createTestDatabase()
  storage = postgres({ pool: database.appPool, listen: false })
  freehold = await createFreehold<unknown>({
    storage,
    keys: testKeys(),
    passwordHasher: testHasher(),
    tenants: { resolve: ['header'] },
    http: { signUp: 'open' },
    mailer: mailbox,
    texter: phone,
    messages: { baseUrl: 'https://{slug}.example.test' },
    onWarning: () => undefined,
  })
  const acme = await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
  for (const [id, key] of Object.entries(testKeys())) {
    if (id !== 'current') secrets.keep(`the root key ${id}`, key as Uint8Array)
  }
  for (const step of Object.values(STEPS)) await step({ freehold, acme, mailbox, phone, secrets })
})
afterAll(async () => {
  await freehold.close()
  await database.close()
})

describe('a raw dump', () => {
  it('S08, M07: holds no secret of the tour, in no table and in no form', async () => {
    const dump = await dumpOf(database)
    expect(dump.size).toBeGreaterThan(20)
    expect(secrets.all.length).toBeGreaterThan(15)
    expect(leaksIn(dump, secrets)).toEqual([])
  })

  it('has rows in every table with a secret column that a feature writes', async () => {
    const empty = unvisited(await dumpOf(database))
    expect(empty.filter((name) => !NOT_YET.includes(name))).toEqual([])
  })

  it('a secret that is written down is found, whatever it was written as', async () => {
    const planted = createSecrets()
    const secret = 'a planted secret, ünïcode'
    planted.keep('planted', secret)
    const bytes = Buffer.from(secret)
    const forms = [
      secret,
      bytes.toString('hex'),
      bytes.toString('hex').toUpperCase(),
      bytes.toString('base64'),
      bytes.toString('base64url'),
    ]
    await database.admin('create table public.planted (text text, bytes bytea, json jsonb)')
    const inserts: [string, unknown][] = [
      ...forms.map((form): [string, unknown] => ['insert into public.planted (text) values ($1)', `x${form}y`]),
      ...forms.map((form): [string, unknown] => [
        'insert into public.planted (json) values ($1)',
        JSON.stringify({ a: [form] }),
      ]),
      ['insert into public.planted (bytes) values ($1)', Buffer.concat([Buffer.of(1, 2), bytes, Buffer.of(3)])],
    ]
    for (const [sql, value] of inserts) {
      await database.admin('truncate public.planted')
      await database.admin(sql, [value])
      expect([sql, value, leaksIn(await dumpOf(database), planted)]).toEqual([sql, value, ['public.planted: planted']])
    }
    await database.admin('drop table public.planted')
  })

  it('a code is found as a word and as its plain hash, and not in a time or an id', async () => {
    const codes = createSecrets()
    codes.keepCode('code', '123456')
    const seen = (text: string) => leaksIn(new Map([['t', text]]), codes).length > 0
    const hash = createHash('sha256').update('123456').digest('hex')
    expect(['code 123456', '{"code":"123456"}', '123456', hash].map(seen)).toEqual([true, true, true, true])
    const others = ['2026-01-01T10:00:00.123456+00:00', '0a-123456', '71234561', 'a123456', '1234567']
    expect(others.map(seen)).toEqual([false, false, false, false, false])
  })

  it('what a secret encodes is looked for too: the bytes of a TOTP in base32, of a token in base64url', async () => {
    const found = createSecrets()
    found.keep('base32', 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP')
    found.keep('token', `fh_rt_${Buffer.from('sixteen bytes of it').toString('base64url')}`)
    const dump = new Map([
      ['one', Buffer.from('48656c6c6f21deadbeef48656c6c6f21deadbeef', 'hex').toString('latin1')],
      ['two', 'xx sixteen bytes of it xx'],
    ])
    expect(leaksIn(dump, found)).toEqual(['one: base32', 'two: token'])
  })
})
