// Second factors from enrolment to removal, each through the engine, on memory.

import { generate } from 'otplib'
import { describe, expect, it } from 'vitest'
import { codeIn } from '../../src/adapters/testing/index.ts'
import type { TenantHandle } from '../../src/index.ts'
import { actionsOf, logOf, PASSWORD } from '../audit/house.ts'
import { refusal } from '../identity/town.ts'
import { eachIn, type FactorHouse, hotp, openFactorHouse, SEED } from './factor-house.ts'

const BAD = { ok: false, reason: 'bad-credentials' }

let house: FactorHouse
let acme: TenantHandle
eachIn(
  () => openFactorHouse('memory'),
  (...given) => {
    ;[house, acme] = given
  },
)

const wrong = (code: string) => code.replace(/^./, (digit) => String((Number(digit) + 1) % 10))

describe('an authenticator app', () => {
  it('counts once it was confirmed, and is then asked for', async () => {
    const user = await house.person(acme)
    const { factor, secret, uri } = await acme.factors.enrolTotp(user, { name: ' My phone ' })
    expect(factor).toMatchObject({ type: 'totp', name: 'My phone', confirmedAt: null, primary: false })
    expect(uri).toContain(`secret=${secret}`)
    expect(await acme.signIn.password({ email: user.email, password: PASSWORD })).toMatchObject({ ok: true })

    const code = await generate({ secret, epoch: house.seconds() })
    expect(await refusal(acme.factors.confirm(user, factor, { code: wrong(code) }))).toMatchObject({
      code: 'FACTOR_CODE_WRONG',
    })
    expect(await acme.factors.confirm(user, factor, { code })).toMatchObject({ primary: true })
    expect(await refusal(acme.factors.confirm(user, factor, { code }))).toMatchObject({ code: 'FACTOR_UNKNOWN' })
    const { token } = await house.waiting(acme, user)
    // the step that confirmed it is used up (M01)
    expect(await acme.signIn.continue({ token, code })).toEqual(BAD)
    const later = await generate({ secret, epoch: house.seconds() + 30 })
    expect(await acme.signIn.continue({ token, code: later })).toMatchObject({
      ok: true,
      session: { assuranceLevel: 2, authenticationMethods: ['pwd', 'otp', 'mfa'] },
    })
    expect(await actionsOf(acme)).toEqual([
      'tenant.created',
      'user.created',
      'mfa.enrolled',
      'session.opened',
      'mfa.failed',
      'mfa.confirmed',
      'sign_in.factor_required',
      'sign_in.failed',
      'session.opened',
    ])
  })

  it('M01: one code opens one session', async () => {
    const { user, code } = await house.withApp(acme)
    const [first, second] = [await house.waiting(acme, user), await house.waiting(acme, user)]
    const answer = await code()
    expect(await acme.signIn.continue({ token: first.token, code: answer })).toMatchObject({ ok: true })
    expect(await acme.signIn.continue({ token: second.token, code: answer })).toEqual(BAD)
    house.turn(30)
    expect(await acme.signIn.continue({ token: second.token, code: await code() })).toMatchObject({ ok: true })
  })

  it('M10: a secret that was moved to another row opens nothing', async () => {
    const [ana, bea] = [await house.withApp(acme), await house.withApp(acme)]
    const { records } = house.rowsOf(acme)
    const stolen = await records.get('mfa_methods', { id: ana.factor.id })
    await records.update('mfa_methods', { id: bea.factor.id }, { secret: stolen!.secret })
    const { token } = await house.waiting(acme, bea.user)
    expect(await refusal(acme.signIn.continue({ token, code: await ana.code() }))).toMatchObject({
      code: 'DECRYPTION_FAILED',
    })
  })

  it('is not in the answer of anything else, nor in the log', async () => {
    const { user, secret } = await house.withApp(acme)
    const bytes = Buffer.from(secret).toString('hex')
    const said = JSON.stringify([await acme.factors.list(user), await logOf(acme)])
    expect(said).not.toContain(secret)
    expect(said).not.toContain(bytes)
    expect(Object.keys((await acme.factors.list(user))[0]!)).not.toContain('secret')
  })
})

describe('a hardware token', () => {
  async function withToken(counter = 0, confirmedAt = 0) {
    const user = await house.person(acme)
    const factor = await acme.factors.enrolHardwareToken(user, { name: 'Token', secret: SEED, counter })
    await acme.factors.confirm(user, factor, { code: await hotp(confirmedAt) })
    return { user, factor }
  }

  it('M11: takes each counter once, looks ahead a little, and never goes back', async () => {
    const { user } = await withToken(0, 2)
    const answer = async (counter: number) =>
      acme.signIn.continue({ token: (await house.waiting(acme, user)).token, code: await hotp(counter) })
    expect(await answer(2)).toEqual(BAD)
    expect(await answer(1)).toEqual(BAD)
    expect(await answer(3)).toMatchObject({ ok: true })
    // pressed in vain ten times
    expect(await answer(14)).toMatchObject({ ok: true })
    expect(await answer(26)).toEqual(BAD)
    expect(await answer(14)).toEqual(BAD)
    expect(await answer(15)).toMatchObject({ ok: true })
  })

  it('that ran away is found by two codes in a row, ahead only', async () => {
    const { user, factor } = await withToken()
    const resync = async (first: number, second: number) =>
      acme.factors.resync(user, factor, [await hotp(first), await hotp(second)])
    expect(await refusal(resync(500, 502))).toMatchObject({ code: 'FACTOR_CODE_WRONG' })
    expect(await refusal(resync(0, 1))).toMatchObject({ code: 'FACTOR_CODE_WRONG' })
    expect(await resync(500, 501)).toMatchObject({ id: factor.id })
    expect(await refusal(resync(500, 501))).toMatchObject({ code: 'FACTOR_CODE_WRONG' })
    const { token } = await house.waiting(acme, user)
    expect(await acme.signIn.continue({ token, code: await hotp(501) })).toEqual(BAD)
    expect(await acme.signIn.continue({ token, code: await hotp(502) })).toMatchObject({ ok: true })
  })

  it.each([
    [{ secret: 'not base32!' }, 'secret'],
    [{ secret: Buffer.alloc(15) }, 'secret'],
    [{ secret: Buffer.alloc(65) }, 'secret'],
    [{ digits: 7 }, 'digits'],
    [{ counter: -1 }, 'counter'],
    [{ counter: 0.5 }, 'counter'],
    [{ name: '' }, 'name'],
    [{ userId: 'x' }, 'userId'],
  ])('%o is refused, and nothing is stored', async (more, field) => {
    const user = await house.person(acme)
    const token = { name: 'Token', secret: SEED, ...more }
    expect(await refusal(acme.factors.enrolHardwareToken(user, token as never))).toMatchObject({
      code: 'INPUT_INVALID',
      details: { field },
    })
    expect(await acme.factors.list(user)).toEqual([])
  })
})

describe.each(['sms', 'email'] as const)('a code by %s', (type) => {
  const newest = async () => codeIn(await (type === 'sms' ? house.phone : house.mailbox).last({ kind: 'factor-code' }))!
  const target = { sms: '+34600000042', email: 'second@example.test' }[type]

  async function withTarget() {
    const user = await house.person(acme)
    const { factor, sent } = await (type === 'sms'
      ? acme.factors.enrolSms(user, { name: 'Mine', phone: target })
      : acme.factors.enrolEmail(user, { name: 'Mine', email: target }))
    expect(sent.to).not.toContain('econd')
    await acme.factors.confirm(user, factor, { code: await newest() })
    return { user, factor }
  }

  it('proves the target, and then the user', async () => {
    const { user, factor } = await withTarget()
    const { token, factors } = await house.waiting(acme, user)
    expect(factors).toMatchObject([{ id: factor.id, type }])
    expect(JSON.stringify(factors)).not.toContain(target)
    expect(await acme.signIn.continue({ token, code: '000000' })).toEqual(BAD)
    const begun = await acme.signIn.challenge({ token })
    expect(begun).toMatchObject({ factor: factor.id, type, details: { expiresInMs: 600_000 } })
    const code = await newest()
    expect(JSON.stringify(begun)).not.toContain(code)
    expect(await acme.signIn.continue({ token, code })).toMatchObject({
      ok: true,
      session: { assuranceLevel: 2, authenticationMethods: ['pwd', type, 'mfa'] },
    })
  })

  it('M08: belongs to the request it was sent for, and to its user', async () => {
    const { user } = await withTarget()
    const other = await withTarget()
    const [one, two] = [await house.waiting(acme, user), await house.waiting(acme, user)]
    const strange = await house.waiting(acme, other.user)
    await acme.signIn.challenge({ token: one.token })
    const code = await newest()
    expect(await acme.signIn.continue({ token: two.token, code })).toEqual(BAD)
    expect(await acme.signIn.continue({ token: strange.token, code })).toEqual(BAD)
    expect(await acme.signIn.continue({ token: one.token, code })).toMatchObject({ ok: true })
  })

  it('takes the place of the one before, and is looked at five times', async () => {
    const { user } = await withTarget()
    const { token } = await house.waiting(acme, user)
    await acme.signIn.challenge({ token })
    const first = await newest()
    await acme.signIn.challenge({ token })
    const second = await newest()
    if (first !== second) expect(await acme.signIn.continue({ token, code: first })).toEqual(BAD)
    for (let i = 0; i < 4; i++) expect(await acme.signIn.continue({ token, code: wrong(second) })).toEqual(BAD)
    expect(await acme.signIn.continue({ token, code: second })).toEqual(BAD)
  })

  it('is sent as often as it comes back right', async () => {
    const { user } = await withTarget()
    for (let round = 0; round < 3; round++) {
      const { token } = await house.waiting(acme, user)
      for (let sends = 0; sends < 2; sends++) await acme.signIn.challenge({ token })
      expect(await acme.signIn.continue({ token, code: await newest() })).toMatchObject({ ok: true })
    }
  })

  it('is not sent without end', async () => {
    const { user } = await withTarget()
    const { token } = await house.waiting(acme, user)
    const codes = () => [...house.phone.all, ...house.mailbox.all].filter(({ kind }) => kind === 'factor-code').length
    const before = codes()
    const asked = await Promise.allSettled(Array.from({ length: 8 }, () => acme.signIn.challenge({ token })))
    await newest()
    const sent = codes() - before
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(sent)
    expect(sent).toBeLessThanOrEqual(3)
    expect(await refusal(acme.signIn.challenge({ token }))).toMatchObject({ code: 'TOO_MANY_ATTEMPTS' })
  })
})

it.each([
  ['number', 'sms', '+34600000043'],
  ['mailbox', 'email', 'third@example.test'],
] as const)(
  'a %s is sent so many codes and no more, whoever asks and whatever comes back right',
  async (_, type, to) => {
    const posted = type === 'sms' ? house.phone : house.mailbox
    const codes = () => posted.all.filter((one) => one.to === to && one.kind === 'factor-code').length
    const asked = async () => {
      const user = await house.person(acme)
      const { factor } = await (type === 'sms'
        ? acme.factors.enrolSms(user, { name: 'Mine', phone: to })
        : acme.factors.enrolEmail(user, { name: 'Mine', email: to }))
      await acme.factors.confirm(user, factor, { code: codeIn(await posted.last({ to, kind: 'factor-code' }))! })
    }
    for (let sends = 0; sends < 10; sends++) await asked()
    expect(codes()).toBe(10)
    expect(await refusal(asked())).toMatchObject({ code: 'TOO_MANY_ATTEMPTS' })
    expect(codes()).toBe(10)
  },
)

describe('recovery codes', () => {
  it('M07: are shown once, stored as hashes, and work once', async () => {
    const { user } = await house.withApp(acme)
    const codes = await acme.factors.renewRecoveryCodes(user)
    expect(new Set(codes).size).toBe(10)
    for (const code of codes) expect(code).toMatch(/^([0-9a-hjkmnp-tv-z]{5}-){4}[0-9a-hjkmnp-tv-z]{5}$/)
    const rows = await house.rowsOf(acme).records.find('recovery_codes', { limit: 20 })
    expect(JSON.stringify(rows)).not.toContain(codes[0])
    const answer = async (code: string) =>
      acme.signIn.continue({ token: (await house.waiting(acme, user)).token, factor: 'recovery_code', code })
    expect(await answer(codes[0]!.toUpperCase().replaceAll('-', ' '))).toMatchObject({
      ok: true,
      session: { assuranceLevel: 2, authenticationMethods: ['pwd', 'recovery', 'mfa'] },
    })
    expect(await answer(codes[0]!)).toEqual(BAD)
    expect(await acme.factors.recoveryCodesLeft(user)).toBe(9)
    expect(await answer('not a code')).toEqual(BAD)
  })

  it('of another user are none, and new ones void the old', async () => {
    const [ana, bea] = [await house.withApp(acme), await house.withApp(acme)]
    const [hers] = await acme.factors.renewRecoveryCodes(ana.user)
    await acme.factors.renewRecoveryCodes(bea.user)
    const { token } = await house.waiting(acme, bea.user)
    expect(await acme.signIn.continue({ token, factor: 'recovery_code', code: hers! })).toEqual(BAD)
    await acme.factors.renewRecoveryCodes(ana.user)
    const again = await house.waiting(acme, ana.user)
    expect(await acme.signIn.continue({ token: again.token, factor: 'recovery_code', code: hers! })).toEqual(BAD)
  })

  it('are for those who have a second factor, and go with the last one', async () => {
    const user = await house.person(acme)
    expect(await refusal(acme.factors.renewRecoveryCodes(user))).toMatchObject({ code: 'FACTOR_UNKNOWN' })
    const owner = await house.withApp(acme)
    await acme.factors.renewRecoveryCodes(owner.user)
    await acme.factors.remove(owner.user, owner.factor)
    expect(await acme.factors.recoveryCodesLeft(owner.user)).toBe(0)
    expect(await acme.signIn.password({ email: owner.user.email, password: PASSWORD })).toMatchObject({ ok: true })
  })
})
