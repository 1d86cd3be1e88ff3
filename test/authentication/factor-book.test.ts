// The book of a user's factors: names, order, whose they are, and who may change them, on memory.

import { generate } from 'otplib'
import { describe, expect, it } from 'vitest'
import type { FactorId, SessionId, TenantHandle, User } from '../../src/index.ts'
import { PASSWORD } from '../audit/house.ts'
import { refusal } from '../identity/town.ts'
import { eachIn, type FactorHouse, hotp, next, openFactorHouse, SEED } from './factor-house.ts'

let house: FactorHouse
let acme: TenantHandle
eachIn(
  () => openFactorHouse('memory'),
  (...given) => {
    ;[house, acme] = given
  },
)

describe('the book of factors', () => {
  it('names them, orders them and forgets them', async () => {
    const { user, factor, code } = await house.withApp(acme)
    const token = await acme.factors.enrolHardwareToken(user, { name: 'Token', secret: SEED })
    expect(await refusal(acme.factors.setPrimary(user, token))).toMatchObject({ code: 'FACTOR_UNKNOWN' })
    await acme.factors.confirm(user, token, { code: await hotp(0) })
    expect((await acme.factors.list(user)).map(({ primary }) => primary)).toEqual([true, false])
    await acme.factors.setPrimary(user, token)
    expect(await acme.factors.rename(user, factor, 'Old phone')).toMatchObject({ name: 'Old phone', primary: false })
    expect((await house.waiting(acme, user)).factors.map(({ name }) => name)).toEqual(['Token', 'Old phone'])
    await acme.factors.remove(user, token)
    const { token: pending } = await house.waiting(acme, user)
    expect(await acme.signIn.continue({ token: pending, code: await code() })).toMatchObject({ ok: true })
  })

  it('W04, A09: shows and changes nobody else’s', async () => {
    const { factor } = await house.withApp(acme)
    const eve = await house.person(acme)
    const other = await house.tenant()
    const theirs = await house.person(other)
    for (const [handle, user] of [
      [acme, eve],
      [other, theirs],
    ] as const) {
      for (const work of [
        handle.factors.rename(user, factor, 'x'),
        handle.factors.setPrimary(user, factor),
        handle.factors.remove(user, factor),
        handle.factors.confirm(user, factor, { code: '123456' }),
        handle.factors.resync(user, factor, ['123456', '123456']),
        handle.factors.sendCode(user, factor),
      ]) {
        expect(await refusal(work)).toMatchObject({ code: 'FACTOR_UNKNOWN' })
      }
    }
    expect(await refusal(acme.factors.remove(eve, 'x' as FactorId))).toMatchObject({ code: 'ID_INVALID' })
  })

  it('has an end', async () => {
    const user = await house.person(acme)
    for (let i = 0; i < 20; i++) await acme.factors.enrolTotp(user, { name: `App ${i}` })
    expect(await refusal(acme.factors.enrolTotp(user, { name: 'One more' }))).toEqual({
      code: 'FACTOR_LIMIT',
      details: { maximum: 20 },
    })
  })

  it('keeps the last one where policy asks for it', async () => {
    const { user, factor } = await house.withApp(acme)
    await house.freehold.tenants.update(acme, { settings: { authentication: { requiredAssurance: 2 } } })
    const strict = await house.freehold.tenant(acme.id)
    expect(await refusal(strict.factors.remove(user, factor))).toMatchObject({ code: 'LAST_FACTOR' })
  })
})

describe('M09: in a user’s own name', () => {
  async function bound(user: User, signedIn: Awaited<ReturnType<TenantHandle['signIn']['password']>>) {
    if (!signedIn.ok) throw new Error('nobody signed in')
    return {
      mine: acme.as({ type: 'user', id: user.id, sessionId: signedIn.session.id }),
      session: signedIn.session.id,
    }
  }
  const age = (id: SessionId, ms: number) =>
    house.rowsOf(acme).records.update('sessions', { id }, { authenticated_at: new Date(Date.now() - ms) })

  it('a fresh session adds the first factor, and one without it changes nothing any more', async () => {
    const user = await house.person(acme)
    const { mine } = await bound(user, await acme.signIn.password({ email: user.email, password: PASSWORD }))
    const { factor, secret } = await mine.factors.enrolTotp(user, { name: 'App' })
    await mine.factors.confirm(user, factor, { code: await generate({ secret, epoch: house.seconds() - 30 }) })
    for (const work of [
      mine.factors.remove(user, factor),
      mine.factors.enrolTotp(user, { name: 'Another' }),
      mine.factors.renewRecoveryCodes(user),
      mine.factors.rename(user, factor, 'x'),
    ]) {
      expect(await refusal(work)).toEqual({ code: 'STEP_UP_REQUIRED', details: { level: 2, maxAgeMs: 600_000 } })
    }
    const { token } = await house.waiting(acme, user)
    const code = await generate({ secret, epoch: house.seconds() })
    const strong = await bound(user, await acme.signIn.continue({ token, code }))
    await strong.mine.factors.rename(user, factor, 'Mine')
    await age(strong.session, 11 * 60 * 1000)
    expect(await refusal(strong.mine.factors.remove(user, factor))).toMatchObject({ code: 'STEP_UP_REQUIRED' })
  })

  it('an old session adds none, nor one that has ended, nor an actor without one', async () => {
    const user = await house.person(acme)
    const { mine, session } = await bound(user, await acme.signIn.password({ email: user.email, password: PASSWORD }))
    await age(session, 2 * 60 * 60 * 1000)
    const refused = { code: 'STEP_UP_REQUIRED', details: { level: 1, maxAgeMs: 600_000 } }
    expect(await refusal(mine.factors.enrolTotp(user, { name: 'App' }))).toEqual(refused)
    await age(session, 0)
    await acme.sessions.revoke(session)
    expect(await refusal(mine.factors.enrolTotp(user, { name: 'App' }))).toEqual(refused)
    const without = acme.as({ type: 'user', id: user.id })
    expect(await refusal(without.factors.enrolTotp(user, { name: 'App' }))).toEqual(refused)
    expect(await acme.factors.list(user)).toEqual([])
  })

  it('the other sessions end where that is asked for', async () => {
    const user = await house.person(acme)
    const enter = () => acme.signIn.password({ email: user.email, password: PASSWORD })
    await enter()
    const { mine, session } = await bound(user, await enter())
    const { factor, secret } = await mine.factors.enrolTotp(user, { name: 'App' })
    const code = await generate({ secret, epoch: house.seconds() })
    await mine.factors.confirm(user, factor, { code, endOtherSessions: true })
    expect((await acme.sessions.list(user)).items.map(({ id }) => id)).toEqual([session])
  })

  it('recovery codes are made with the first factor where that is asked for, and those that are kept stay good', async () => {
    const user = await house.person(acme)
    const { mine } = await bound(user, await acme.signIn.password({ email: user.email, password: PASSWORD }))
    const { factor, secret } = await mine.factors.enrolTotp(user, { name: 'App' })
    const code = await generate({ secret, epoch: house.seconds() })
    const odd = { code, recoveryCodes: 'yes' as unknown as boolean }
    expect(await refusal(mine.factors.confirm(user, factor, odd))).toMatchObject({ code: 'INPUT_INVALID' })
    const refused = mine.factors.confirm(user, factor, { code: '000000', recoveryCodes: true })
    expect(await refusal(refused)).toMatchObject({ code: 'FACTOR_CODE_WRONG' })
    expect(await acme.factors.recoveryCodesLeft(user)).toBe(0)
    // one proof for both: the session that may add a factor need not step up for its codes
    const { recoveryCodes = [] } = await mine.factors.confirm(user, factor, { code, recoveryCodes: true })
    expect(new Set(recoveryCodes).size).toBe(10)
    const { items } = await acme.audit.list({ limit: 2 })
    expect(items.map(({ action }) => action)).toEqual(['mfa.recovery_codes_renewed', 'mfa.confirmed'])

    const token = await acme.factors.enrolHardwareToken(user, { name: 'Token', secret: SEED })
    const second = await acme.factors.confirm(user, token, { code: await hotp(0), recoveryCodes: true })
    expect(second).not.toHaveProperty('recoveryCodes')
    const { token: pending } = await house.waiting(acme, user)
    const shown = { token: pending, factor: 'recovery_code', code: recoveryCodes[9]! }
    expect(await acme.signIn.continue(shown)).toMatchObject({ ok: true })
  })
})

describe('M04: pools', () => {
  it('of password, codes and recovery codes are apart', async () => {
    const { user, code } = await house.withApp(acme)
    const [recovery] = await acme.factors.renewRecoveryCodes(user)
    const { token } = await house.waiting(acme, user)
    for (let i = 0; i < 6; i++) await acme.signIn.continue({ token, code: '000000' })
    expect(await acme.signIn.continue({ token, code: await code() })).toMatchObject({ reason: 'too-many-attempts' })
    next(await acme.signIn.password({ email: user.email, password: PASSWORD }))
    expect(await acme.signIn.continue({ token, factor: 'recovery_code', code: recovery! })).toMatchObject({ ok: true })
  })
})
