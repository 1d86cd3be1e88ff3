// What a sign-in waits for: on a real PostgreSQL, with devices, places, risk and rules by role, every way in and every answer
// costs two round trips once the tenant is known. A connection that is cut at either of them leaves nothing half done.

import { createHash } from 'node:crypto'
import { generate } from 'otplib'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { createMailbox, testHasher, testKeys } from '../../src/adapters/testing/index.ts'
import {
  createFreehold,
  type Freehold,
  FreeholdError,
  type SignedIn,
  type TenantHandle,
  type User,
} from '../../src/index.ts'
import { Authenticator } from '../passkeys/authenticator.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { startProxy, type TestProxy } from '../setup/proxy.ts'
import { next } from './factor-house.ts'

const PASSWORD = 'a lantern under the harbour'
const suffixOf = (password: string) => createHash('sha1').update(password).digest('hex').toUpperCase().slice(5)
const mailbox = createMailbox()
const page = { origin: 'https://app.example.test' }
const places = { locate: () => ({ country: 'DE', latitude: 52.52, longitude: 13.4, accuracyKm: 20 }) }

let database: TestDatabase
let proxy: TestProxy
let pool: pg.Pool
let freehold: Freehold<unknown, string>
let acme: TenantHandle
let aheadMs = 0
let made = 0
let leaked: string[] = []
beforeAll(async () => {
  database = await createTestDatabase()
  proxy = await startProxy(database.appUrl)
  pool = new pg.Pool({ connectionString: proxy.url(database.appUrl), max: 4 })
  pool.on('error', () => undefined)
  freehold = await createFreehold<unknown, string>({
    storage: postgres({ pool, listen: false }),
    keys: testKeys(),
    passwordHasher: testHasher(),
    geo: places,
    leakedPasswords: { suffixes: async () => leaked.map(suffixOf) },
    mailer: mailbox,
    messages: { baseUrl: 'https://app.example.test' },
    passkeys: { origins: [page.origin] },
    attempts: { free: 100 },
    runtime: { now: () => Date.now() + aheadMs },
    onError: () => undefined,
    onWarning: () => undefined,
  })
  const settings = { authentication: { maximumSessions: 20, roles: { clerk: { maximumSessions: 10 } } } }
  acme = await freehold.tenants.create({ slug: 'acme', name: 'Acme', settings })
  await acme.roles.create({ key: 'clerk', permissions: [] })
})
afterAll(async () => {
  await freehold.close()
  await pool.end()
  await proxy.close()
  await database.close()
})

/** Somebody whose browser has a device, and who has signed in before, so that every statement is prepared. */
interface Somebody {
  readonly user: User
  client: { readonly ip: string; readonly userAgent: string; readonly device: { readonly token?: string } }
  secret: string
  /** The steps that were shown. */
  steps: number
}

async function somebody(): Promise<Somebody> {
  const user = await acme.users.create({ email: `p${++made}@example.test`, password: PASSWORD })
  await acme.assignments.grant({ principal: user, role: 'clerk' })
  const client = { ip: '192.0.2.7', userAgent: 'Firefox', device: {} }
  const one = { user, client, secret: '', steps: 0 }
  keepDevice(one, await enter(one))
  return one
}

function keepDevice(one: Somebody, signedIn: SignedIn): void {
  if (!signedIn.ok || !signedIn.device) throw new Error('there is no device')
  one.client = { ...one.client, device: { token: signedIn.device.token } }
}

const enter = (one: Somebody, password = PASSWORD) =>
  acme.signIn.password({ email: one.user.email, password, client: one.client })

async function withApp(): Promise<Somebody> {
  const one = await somebody()
  const { factor, secret } = await acme.factors.enrolTotp(one.user, { name: 'App' })
  one.secret = secret
  await acme.factors.confirm(one.user, factor, { code: await codeOf(one) })
  const { token } = next(await enter(one))
  keepDevice(one, await acme.signIn.continue({ token, code: await codeOf(one), client: one.client }))
  return one
}

/** A step has one use, and each code here is of a later one. */
async function codeOf(one: Somebody): Promise<string> {
  aheadMs += 30_000
  // what is known of the tenant has grown old meanwhile
  await acme.factors.recoveryCodesLeft(one.user)
  return generate({ secret: one.secret, epoch: Math.floor((Date.now() + aheadMs) / 1000) })
}

async function trips<R>(work: () => Promise<R>): Promise<{ answer: R; trips: number }> {
  proxy.reset()
  const answer = await work()
  return { answer, trips: proxy.roundTrips }
}

describe('round trips', () => {
  it('a password: two, for whoever is right, wrong, unknown, or new to the device', async () => {
    const one = await somebody()
    await enter(one, 'wrong')
    expect(await trips(() => enter(one))).toMatchObject({ answer: { ok: true, device: { isNew: false } }, trips: 2 })
    expect(await trips(() => enter(one, 'wrong'))).toMatchObject({ answer: { ok: false }, trips: 2 })
    const nobody = { ...one, user: { ...one.user, email: 'nobody@example.test' } }
    expect(await trips(() => enter(nobody))).toMatchObject({ answer: { ok: false }, trips: 2 })
    const elsewhere = { ...one, client: { ...one.client, device: {} } }
    expect(await trips(() => enter(elsewhere))).toMatchObject({ answer: { device: { isNew: true } }, trips: 2 })
  })

  it('a password that was leaked, of which a letter tells: two', async () => {
    const { email } = await acme.users.create({ email: 'leaked@example.test', emailVerified: true, password: PASSWORD })
    mailbox.clear()
    leaked = [PASSWORD]
    const risky = () => trips(() => acme.signIn.password({ email, password: PASSWORD }))
    expect(await risky()).toMatchObject({ answer: { ok: true }, trips: 2 })
    expect(await risky()).toMatchObject({ answer: { ok: true }, trips: 2 })
    leaked = []
    await mailbox.last()
    expect(mailbox.all.map(({ kind }) => kind)).toEqual(['sign-in-unusual'])
  })

  it('an attempt that comes too early: one', async () => {
    const globex = await freehold.tenants.create({ slug: 'globex', name: 'Globex' })
    const subject = { email: 'early@example.test', password: PASSWORD }
    for (let i = 0; i < 102; i++) await globex.signIn.password(subject)
    expect(await trips(() => globex.signIn.password(subject))).toMatchObject({
      answer: { reason: 'too-many-attempts' },
      trips: 1,
    })
  })

  it('a password and an authenticator app: two each, right or wrong; the code itself costs none', async () => {
    const one = await withApp()
    const asked = await trips(() => enter(one))
    expect(asked).toMatchObject({ answer: { reason: 'factor-required' }, trips: 2 })
    const { token } = next(asked.answer)
    const answer = (code: string) => acme.signIn.continue({ token, code, client: one.client })
    await answer('000000')
    expect(await trips(() => answer('000000'))).toMatchObject({ answer: { reason: 'bad-credentials' }, trips: 2 })
    const code = await codeOf(one)
    expect(await trips(() => answer(code))).toMatchObject({ answer: { ok: true }, trips: 2 })
    expect(await trips(() => answer(code))).toMatchObject({ answer: { reason: 'expired' }, trips: 1 })
  })

  it('a passkey: two, alone and as a second factor', async () => {
    const one = await somebody()
    const key = new Authenticator()
    const created = key.create(await acme.passkeys.registrationOptions(one.user), page)
    const passkey = await acme.passkeys.register(one.user, { response: created })
    const shown = async () => key.get(await acme.signIn.passkey.options(), page)
    await acme.signIn.passkey.verify({ response: await shown(), client: one.client })
    const response = await shown()
    const verify = () => acme.signIn.passkey.verify({ response, client: one.client })
    expect(await trips(verify)).toMatchObject({ answer: { ok: true, session: { assuranceLevel: 2 } }, trips: 2 })
    for (const counted of [false, true]) {
      const { token } = next(await enter(one))
      const begun = await acme.signIn.challenge({ token, factor: passkey.id })
      const assertion = { ...key.get(begun.details.options as never, page) }
      const answered = await trips(() => acme.signIn.continue({ token, assertion, client: one.client }))
      expect(answered.answer).toMatchObject({ ok: true })
      if (counted) expect(answered.trips).toBe(2)
    }
  })

  it('a step-up by password: three, of which one looks the session up', async () => {
    const one = await somebody()
    const again = async () => {
      const entered = await enter(one)
      if (!entered.ok) throw new Error(entered.reason)
      const { id: session } = entered.session
      return trips(() => acme.signIn.stepUp({ session, password: PASSWORD, client: one.client }))
    }
    await again()
    expect(await again()).toMatchObject({ answer: { ok: true }, trips: 3 })
  })

  it('a session too many: two, the oldest ends in them', async () => {
    const one = await somebody()
    for (let i = 0; i < 12; i++) await enter(one)
    const before = (await acme.sessions.list(one.user)).items
    expect(before).toHaveLength(10)
    expect(await trips(() => enter(one))).toMatchObject({ answer: { ok: true }, trips: 2 })
    const after = (await acme.sessions.list(one.user)).items
    expect(after).toHaveLength(10)
    expect(after.map(({ id }) => id)).not.toContain(before.at(-1)!.id)
  })
})

/** What there is of somebody, to be compared. */
async function stateOf({ user }: Somebody) {
  const [row] = await database.admin(
    `select
      (select count(*)::int from freehold.sessions where user_id = $1) as sessions,
      (select count(*)::int from freehold.sessions where user_id = $1 and revoked_at is null) as live,
      (select count(*)::int from freehold.challenges where user_id = $1) as challenges,
      (select count(*)::int from freehold.challenges where user_id = $1 and consumed_at is not null) as consumed,
      (select coalesce(sum(moving_factor), 0)::text from freehold.mfa_methods where user_id = $1) as steps,
      (select sign_ins::int from freehold.sign_in_profiles where user_id = $1) as learned,
      (select count(*)::int from freehold.audit_events where user_id = $1 and action = 'session.opened') as told,
      (select count(*)::int from freehold.audit_events where user_id = $1 and action = 'sign_in.factor_required') as asked`,
    [user.id],
  )
  return row as Record<string, number | string>
}

async function cut(moment: object, work: () => Promise<unknown>): Promise<void> {
  proxy.cut(moment as never)
  const failed = await work().then(
    () => undefined,
    (error: unknown) => (FreeholdError.is(error) ? error.code : error),
  )
  expect(['STORAGE_UNAVAILABLE', 'TRANSACTION_LOST']).toContain(failed)
}

const LOST = [{ beforeSend: 1 }, { beforeAnswer: 1 }, { beforeSend: 2 }]
const DONE = { beforeAnswer: 2 }

describe('the connection is cut', () => {
  it('at a sign-in with a password: there is no session, or all that belongs to one', async () => {
    const one = await somebody()
    const before = await stateOf(one)
    for (const moment of LOST) {
      await cut(moment, () => enter(one))
      expect(await stateOf(one)).toEqual(before)
    }
    await cut(DONE, () => enter(one))
    const opened = { sessions: 2, live: 2, learned: 2, told: 2 }
    expect(await stateOf(one)).toEqual({ ...before, ...opened })
    expect(await enter(one)).toMatchObject({ ok: true })
  })

  it('at a sign-in that is asked for more: it waits and was told of, or neither', async () => {
    const one = await withApp()
    const before = await stateOf(one)
    for (const moment of LOST) {
      await cut(moment, () => enter(one))
      expect(await stateOf(one)).toEqual(before)
    }
    await cut(DONE, () => enter(one))
    const { challenges, asked } = before as { challenges: number; asked: number }
    expect(await stateOf(one)).toEqual({ ...before, challenges: challenges + 1, asked: asked + 1 })
  })

  it('at an answer with a code: the code and the pending sign-in are spent with a session, or not at all', async () => {
    const one = await withApp()
    for (const moment of [...LOST, DONE]) {
      const { token } = next(await enter(one))
      const code = await codeOf(one)
      const answer = () => acme.signIn.continue({ token, code, client: one.client })
      const before = await stateOf(one)
      await cut(moment, answer)
      const after = await stateOf(one)
      if (moment !== DONE) {
        expect(after).toEqual(before)
        expect(await answer()).toMatchObject({ ok: true })
      } else {
        const { sessions, live, consumed, learned, told } = before as Record<string, number>
        expect(after).toEqual({
          ...before,
          sessions: sessions! + 1,
          live: live! + 1,
          consumed: consumed! + 1,
          learned: learned! + 1,
          told: told! + 1,
          steps: after.steps,
        })
        expect(Number(after.steps)).toBeGreaterThan(Number(before.steps))
        expect(await answer()).toEqual({ ok: false, reason: 'expired' })
      }
    }
  })

  it('at a sign-in with a passkey: the challenge and the counter are spent with a session, or not at all', async () => {
    const one = await somebody()
    const key = new Authenticator({ counter: 1 })
    const created = key.create(await acme.passkeys.registrationOptions(one.user), page)
    const { id } = await acme.passkeys.register(one.user, { response: created })
    const counter = async () => {
      const [row] = await database.admin(
        'select sign_count::int as n from freehold.webauthn_credentials where id = $1',
        [id],
      )
      return row!.n
    }
    for (const moment of [...LOST, DONE]) {
      const response = key.get(await acme.signIn.passkey.options(), page)
      const verify = () => acme.signIn.passkey.verify({ response, client: one.client })
      const [before, counted] = [await stateOf(one), await counter()]
      await cut(moment, verify)
      const { sessions } = before as Record<string, number>
      expect((await stateOf(one)).sessions).toBe(moment === DONE ? sessions! + 1 : sessions)
      expect(await counter()).toBe(moment === DONE ? key.counter : counted)
      expect(await verify()).toMatchObject({ ok: moment !== DONE })
    }
  })
})
