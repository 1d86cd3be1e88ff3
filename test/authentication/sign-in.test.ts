// Signing in with a password: the right answer, one wrong answer for everything else, and equal work for it.

import { beforeEach, describe, expect, it } from 'vitest'
import { argon2 } from '../../src/adapters/argon2/index.ts'
import { memory } from '../../src/adapters/memory/index.ts'
import { nodeRsArgon2 } from '../../src/adapters/node-rs-argon2/index.ts'
import { createSignIn } from '../../src/core/authentication/sign-in.ts'
import { makeTown, PASSWORD, type Town } from '../identity/town.ts'
import { quickHasher } from '../setup/context.ts'

const storage = memory()
const WRONG = 'copper giraffe lullaby'
const BAD = { ok: false, reason: 'bad-credentials' }
let town: Town
beforeEach(async () => {
  town = await makeTown(storage)
})

const attempts = () => town.context.scope.records.find('sign_in_attempts', { limit: 200 })

describe('the right password', () => {
  it('opens a session and answers its tokens', async () => {
    const user = await town.person()
    const client = { ip: '192.0.2.7', userAgent: 'Test/1.0 \0\ud800' }
    const entered = await town.signIn.password({ email: ` ${user.email.toUpperCase()}`, password: PASSWORD, client })
    expect(entered).toMatchObject({
      ok: true,
      user,
      session: { userId: user.id, assuranceLevel: 1, authenticationMethods: ['pwd'], ip: '192.0.2.7', revokedAt: null },
      tokens: { accessToken: expect.any(String), refreshToken: expect.any(String) },
    })
    expect(await town.alive(user)).toEqual([entered.ok && entered.session.id])
    expect(JSON.stringify(entered)).not.toContain(PASSWORD)
    expect(JSON.stringify(entered)).not.toMatch(/password_|Hash|epoch/)
  })

  it('opens another session each time (S01)', async () => {
    const user = await town.person()
    const first = await town.enter(user)
    const second = await town.enter(user)
    expect(first.ok && second.ok && first.session.id !== second.session.id).toBe(true)
    expect(await town.alive(user)).toHaveLength(2)
  })

  it('does not grow old (ASVS V6.2.10)', async () => {
    const user = await town.person()
    const longAgo = { password_changed_at: new Date('2001-02-03T04:05:06Z') }
    await town.context.scope.records.update('users', { id: user.id }, longAgo)
    expect(await town.enter(user)).toMatchObject({ ok: true })
  })

  it('forgets the failures before it', async () => {
    const user = await town.person()
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 4; i++) expect(await town.enter(user, WRONG)).toEqual(BAD)
      expect(await town.enter(user)).toMatchObject({ ok: true })
      expect(await attempts()).toEqual([])
    }
  })

  it('gets a stronger hash when the costs have risen, and the old one works until then', async () => {
    const cheap = { memoryKiB: 64, iterations: 1 }
    const before = await makeTown(storage, { passwordHasher: argon2(cheap) })
    const user = await before.person()
    const hashOf = async () => (await before.context.scope.records.get('users', { id: user.id }))!
    const weak = await hashOf()

    // the same tenant, after an upgrade to the other package and twice the memory
    const hasher = nodeRsArgon2({ ...cheap, memoryKiB: 128 })
    const after = await makeTown(storage, { passwordHasher: hasher })
    const signIn = createSignIn({ ...before.context, passwordHasher: hasher }, after.passwords, before.engine)
    expect(await signIn.password({ email: user.email, password: WRONG })).toEqual(BAD)
    expect((await hashOf()).password_hash).toBe(weak.password_hash)

    expect(await signIn.password({ email: user.email, password: PASSWORD })).toMatchObject({ ok: true })
    const strong = await hashOf()
    expect(strong.password_hash).toContain('$m=128,t=1,p=1$')
    expect(strong.password_changed_at).toEqual(weak.password_changed_at)
    expect(await signIn.password({ email: user.email, password: PASSWORD })).toMatchObject({ ok: true })
    expect((await hashOf()).password_hash).toBe(strong.password_hash)
  })
})

describe('everything else', () => {
  it('A05: answers the same after the same work: unknown, wrong, without a password, disabled, removed', async () => {
    const [known, disabled, removed] = [await town.person(), await town.person(), await town.person()]
    await town.users.disable(disabled)
    await town.users.remove(removed)
    const without = await town.users.create({ email: 'without@acme.test' })
    // the substitute hash is made at the first check, whoever it is for
    await town.enter(known, WRONG)

    for (const [email, password] of [
      ['nobody@acme.test', PASSWORD],
      [known.email, WRONG],
      [without.email, PASSWORD],
      [disabled.email, PASSWORD],
      [disabled.email, WRONG],
      [removed.email, PASSWORD],
      ['not an address', PASSWORD],
      ['ana＠acme.test', PASSWORD],
      ['nobody\0@acme.test', PASSWORD],
      ['\ud800@acme.test', PASSWORD],
    ] as const) {
      const before = { ...town.work }
      expect(await town.signIn.password({ email, password }), email).toEqual(BAD)
      const { verifications, transactions } = before
      expect(town.work, email).toEqual({ ...before, verifications: verifications + 1, transactions: transactions + 1 })
    }
  })

  it('A05: an over-long or malformed password looks the same and costs no hash', async () => {
    const patient = await makeTown(storage, { settings: { attempts: { free: 100 } } })
    const user = await patient.person()
    expect(await patient.enter(user, WRONG)).toEqual(BAD)
    const before = { ...patient.work }
    for (const password of [
      'x'.repeat(257),
      'x'.repeat(10_000_000),
      `${PASSWORD}\0`,
      `${PASSWORD}\udc00`,
      undefined,
      { a: 1 },
    ])
      for (const email of [user.email, 'nobody@acme.test', `${'a'.repeat(10_000_000)}@acme.test`])
        expect(await patient.signIn.password({ email, password: password as string })).toEqual(BAD)
    // each refusal is told and counted, and no more
    expect(patient.work).toEqual({ ...before, transactions: before.transactions + 18 })
  })

  it('stores no address with the failures, and no session', async () => {
    const user = await town.person()
    await town.enter(user, WRONG)
    const rows = await attempts()
    expect(rows).toMatchObject([{ pool: 'password', failures: 1 }])
    expect(rows[0]!.subject).toHaveLength(32)
    expect(Buffer.from(rows[0]!.subject).toString()).not.toContain(user.email.slice(0, 8))
    expect(await town.alive(user)).toEqual([])
  })

  it('says nothing secret in what it throws', async () => {
    const broken = await makeTown(storage, {
      passwordHasher: { ...quickHasher, verify: () => Promise.reject(new Error('cannot allocate memory')) },
    })
    const user = await broken.person()
    const error = await broken.enter(user).catch((thrown: Error) => thrown)
    expect(error).toBeInstanceOf(Error)
    expect(`${error} ${(error as Error).stack} ${JSON.stringify(error)}`).not.toMatch(/velvet|\$quick/)
  })
})

describe('too many failures', () => {
  it('are answered with a wait, for known and unknown addresses alike, without work (A05, A14)', async () => {
    const user = await town.person()
    for (const email of [user.email, 'nobody@acme.test', 'not an address']) {
      for (let i = 0; i < 6; i++) expect(await town.enter({ email }, WRONG), `${i}`).toEqual(BAD)
      const before = { ...town.work }
      const refused = await town.enter({ email })
      expect(refused).toEqual({ ok: false, reason: 'too-many-attempts', retryAfterMs: expect.any(Number) })
      const wait = 'retryAfterMs' in refused ? refused.retryAfterMs : 0
      expect(wait).toBeGreaterThan(0)
      expect(wait).toBeLessThanOrEqual(1000)
      expect(town.work).toEqual(before)
    }
    expect(await town.alive(user)).toEqual([])
  })

  it('of one address are not those of another, in whatever form it is written', async () => {
    const [ana, bob] = [await town.person(), await town.person()]
    const forms = [ana.email, ana.email.toUpperCase(), ` ${ana.email}`, ana.email.replace('.', '．')]
    for (let i = 0; i < 6; i++) await town.enter({ email: forms[i % forms.length]! }, WRONG)
    for (const email of forms) expect(await town.enter({ email })).toMatchObject({ reason: 'too-many-attempts' })
    expect(await town.enter(bob)).toMatchObject({ ok: true })
    expect(await (await makeTown(storage)).enter(ana)).toEqual(BAD)
  })

  it('M04: in another pool do not lock the password', async () => {
    const user = await town.person()
    await town.enter(user, WRONG)
    const { subject } = (await attempts())[0]!
    for (let i = 0; i < 10; i++)
      await town.context.scope.verbs.takeAttempt({ pool: 'totp', subject, ...town.context.settings.attempts })
    expect(await town.enter(user)).toMatchObject({ ok: true })
    expect(await attempts()).toMatchObject([{ pool: 'totp' }])
  })

  it('end when their time has come', async () => {
    const patient = await makeTown(storage, { settings: { attempts: { free: 0, baseDelayMs: 40, maxDelayMs: 40 } } })
    const user = await patient.person()
    expect(await patient.enter(user, WRONG)).toEqual(BAD)
    expect(await patient.enter(user)).toMatchObject({ reason: 'too-many-attempts' })
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(await patient.enter(user)).toMatchObject({ ok: true })
  })
})
