// What a sign-in waits for: on a real PostgreSQL, with devices, places, risk and rules by role, every way in and every answer
// costs two round trips once the tenant is known.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TenantHandle } from '../../src/index.ts'
import { Authenticator } from '../passkeys/authenticator.ts'
import { type CountedHouse, openCountedHouse, PASSWORD, page } from './counted-house.ts'
import { next } from './factor-house.ts'

let house: CountedHouse
let acme: TenantHandle
beforeAll(async () => {
  house = await openCountedHouse()
  acme = house.acme
})
afterAll(() => house.close())

async function trips<R>(work: () => Promise<R>): Promise<{ answer: R; trips: number }> {
  house.proxy.reset()
  const answer = await work()
  return { answer, trips: house.proxy.roundTrips }
}

describe('round trips', () => {
  it('a password: two, for whoever is right, wrong, unknown, or new to the device', async () => {
    const one = await house.somebody()
    await house.enter(one, 'wrong')
    expect(await trips(() => house.enter(one))).toMatchObject({
      answer: { ok: true, device: { isNew: false } },
      trips: 2,
    })
    expect(await trips(() => house.enter(one, 'wrong'))).toMatchObject({ answer: { ok: false }, trips: 2 })
    const nobody = { ...one, user: { ...one.user, email: 'nobody@example.test' } }
    expect(await trips(() => house.enter(nobody))).toMatchObject({ answer: { ok: false }, trips: 2 })
    const elsewhere = { ...one, client: { ...one.client, device: {} } }
    expect(await trips(() => house.enter(elsewhere))).toMatchObject({ answer: { device: { isNew: true } }, trips: 2 })
  })

  it('a password that was leaked, of which a letter tells: two', async () => {
    const { email } = await acme.users.create({ email: 'leaked@example.test', emailVerified: true, password: PASSWORD })
    house.mailbox.clear()
    house.leaked = [PASSWORD]
    const risky = () => trips(() => acme.signIn.password({ email, password: PASSWORD }))
    expect(await risky()).toMatchObject({ answer: { ok: true }, trips: 2 })
    expect(await risky()).toMatchObject({ answer: { ok: true }, trips: 2 })
    house.leaked = []
    await house.mailbox.last()
    expect(house.mailbox.all.map(({ kind }) => kind)).toEqual(['sign-in-unusual'])
  })

  it('an attempt that comes too early: one', async () => {
    const globex = await house.freehold.tenants.create({ slug: 'globex', name: 'Globex' })
    const subject = { email: 'early@example.test', password: PASSWORD }
    for (let i = 0; i < 102; i++) await globex.signIn.password(subject)
    expect(await trips(() => globex.signIn.password(subject))).toMatchObject({
      answer: { reason: 'too-many-attempts' },
      trips: 1,
    })
  })

  it('a password and an authenticator app: two each, right or wrong; the code itself costs none', async () => {
    const one = await house.withApp()
    const asked = await trips(() => house.enter(one))
    expect(asked).toMatchObject({ answer: { reason: 'factor-required' }, trips: 2 })
    const { token } = next(asked.answer)
    const answer = (code: string) => acme.signIn.continue({ token, code, client: one.client })
    await answer('000000')
    expect(await trips(() => answer('000000'))).toMatchObject({ answer: { reason: 'bad-credentials' }, trips: 2 })
    const code = await house.codeOf(one)
    expect(await trips(() => answer(code))).toMatchObject({ answer: { ok: true }, trips: 2 })
    expect(await trips(() => answer(code))).toMatchObject({ answer: { reason: 'expired' }, trips: 1 })
  })

  it('a passkey: two, alone and as a second factor', async () => {
    const one = await house.somebody()
    const key = new Authenticator()
    const created = key.create(await acme.passkeys.registrationOptions(one.user), page)
    const passkey = await acme.passkeys.register(one.user, { response: created })
    const shown = async () => key.get(await acme.signIn.passkey.options(), page)
    await acme.signIn.passkey.verify({ response: await shown(), client: one.client })
    const response = await shown()
    const verify = () => acme.signIn.passkey.verify({ response, client: one.client })
    expect(await trips(verify)).toMatchObject({ answer: { ok: true, session: { assuranceLevel: 2 } }, trips: 2 })
    for (const counted of [false, true]) {
      const { token } = next(await house.enter(one))
      const begun = await acme.signIn.challenge({ token, factor: passkey.id })
      const assertion = { ...key.get(begun.details.options as never, page) }
      const answered = await trips(() => acme.signIn.continue({ token, assertion, client: one.client }))
      expect(answered.answer).toMatchObject({ ok: true })
      if (counted) expect(answered.trips).toBe(2)
    }
  })

  it('a step-up by password: three, of which one looks the session up', async () => {
    const one = await house.somebody()
    const again = async () => {
      const entered = await house.enter(one)
      if (!entered.ok) throw new Error(entered.reason)
      const { id: session } = entered.session
      return trips(() => acme.signIn.stepUp({ session, password: PASSWORD, client: one.client }))
    }
    await again()
    expect(await again()).toMatchObject({ answer: { ok: true }, trips: 3 })
  })

  it('a session too many: two, the oldest ends in them', async () => {
    const one = await house.somebody()
    for (let i = 0; i < 12; i++) await house.enter(one)
    const before = (await acme.sessions.list(one.user)).items
    expect(before).toHaveLength(10)
    expect(await trips(() => house.enter(one))).toMatchObject({ answer: { ok: true }, trips: 2 })
    const after = (await acme.sessions.list(one.user)).items
    expect(after).toHaveLength(10)
    expect(after.map(({ id }) => id)).not.toContain(before.at(-1)!.id)
  })
})
