// Who ends sessions: a user who proved lately who they are (ASVS 5.0, V7.5.2), and whoever changes a factor and wants the
// others gone (V7.4.3).

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { FactorId, SessionId, TenantHandle, User } from '../../src/index.ts'
import { logOf, PASSWORD, STORAGES } from '../audit/house.ts'
import { Authenticator } from '../passkeys/authenticator.ts'
import { refused } from '../setup/refusal.ts'
import { type FactorHouse, openFactorHouse } from './factor-house.ts'

const PAGE = { origin: 'https://app.example.test' }
const ELEVEN_MINUTES = 11 * 60 * 1000

describe.each(STORAGES)('sessions are ended on %s', (storage) => {
  let house: FactorHouse
  let acme: TenantHandle
  let ana: User
  beforeAll(async () => {
    house = await openFactorHouse(storage, { passkeys: { origins: [PAGE.origin] } })
  })
  afterAll(() => house.close())
  beforeEach(async () => {
    acme = await house.tenant()
    ana = await house.person(acme)
  })

  async function enter(handle = acme, user = ana) {
    const entered = await handle.signIn.password({ email: user.email, password: PASSWORD })
    if (!entered.ok) throw new Error(`nobody signed in: ${entered.reason}`)
    return entered.session.id
  }
  const age = (id: SessionId, handle = acme) =>
    house.rowsOf(handle).records.update('sessions', { id }, { authenticated_at: new Date(Date.now() - ELEVEN_MINUTES) })
  const mine = (session: SessionId, handle = acme) => handle.as({ type: 'user', id: ana.id, sessionId: session })
  const live = async () => (await acme.sessions.list(ana)).items.map(({ id }) => id).toReversed()

  describe('by their user', () => {
    it('after a fresh proof; one factor will do, since it takes nothing but reach', async () => {
      const [first, second, third] = [await enter(), await enter(), await enter()]
      const { sessions } = mine(third)
      await sessions.revoke(first)
      expect(await live()).toEqual([second, third])
      expect(await sessions.revokeOthers(ana, third)).toBe(1)
      await acme.factors.enrolTotp(ana, { name: 'App' })
      expect(await sessions.revokeAll(ana)).toBe(1)
    })

    it('not after ten minutes, but for the one they are in', async () => {
      const [other, here] = [await enter(), await enter()]
      await age(here)
      const { sessions, devices } = mine(here)
      for (const end of [
        () => sessions.revoke(other),
        () => sessions.revokeOthers(ana, here),
        () => sessions.revokeAll(ana),
        () => devices.revoke(ana, other as never),
      ]) {
        expect((await refused(end, 'STEP_UP_REQUIRED')).details).toEqual({ level: 1, maxAgeMs: 600_000 })
      }
      expect(await live()).toEqual([other, here])
      // signing out is always allowed
      await sessions.revoke(here)
      expect(await live()).toEqual([other])
    })

    it('not in somebody else’s session, nor in one that has ended', async () => {
      const [other, here] = [await enter(), await enter()]
      const stranger = await enter(acme, await house.person(acme))
      await refused(() => mine(stranger).sessions.revoke(other), 'STEP_UP_REQUIRED')
      await acme.sessions.revoke(here)
      await refused(() => mine(here).sessions.revokeAll(ana), 'STEP_UP_REQUIRED')
      expect(await live()).toEqual([other])
    })

    it('at any time where the host wants that', async () => {
      const lax = await openFactorHouse(storage, { accounts: { freshToEndSessions: false } })
      const handle = await lax.tenant()
      const bob = await lax.person(handle)
      const [other, here] = [await enter(handle, bob), await enter(handle, bob)]
      await lax
        .rowsOf(handle)
        .records.update('sessions', { id: here }, { authenticated_at: new Date(Date.now() - ELEVEN_MINUTES) })
      const his = handle.as({ type: 'user', id: bob.id, sessionId: here })
      await his.sessions.revoke(other)
      expect(await his.sessions.revokeAll(bob)).toBe(1)
      await lax.close()
    })
  })

  it('by operators and by the host’s own code without one', async () => {
    await enter()
    const operator = acme.as({ type: 'operator', id: '01890a5d-ac96-774b-bcce-b302099a8057' })
    expect(await operator.sessions.revokeAll(ana)).toBe(1)
  })

  describe('with a factor that changes, where that is asked for', () => {
    const code = async (secret: string, steps = 0) =>
      (await import('otplib')).generate({ secret, epoch: house.seconds() + steps * 30 })
    /** A session that showed the second factor, beside two that did not. */
    async function withFactor() {
      await enter()
      await enter()
      const { factor, secret } = await acme.factors.enrolTotp(ana, { name: 'App' })
      await acme.factors.confirm(ana, factor, { code: await code(secret, -1) })
      const { token } = await house.waiting(acme, ana)
      const entered = await acme.signIn.continue({ token, code: await code(secret) })
      if (!entered.ok) throw new Error('nobody signed in')
      return { factor: factor.id, here: entered.session.id }
    }
    const register = async (handle: TenantHandle, more = {}) => {
      const options = await handle.passkeys.registrationOptions(ana)
      return handle.passkeys.register(ana, { response: new Authenticator().create(options, PAGE), ...more })
    }

    const CHANGES: readonly (readonly [
      string,
      string,
      (handle: TenantHandle, factor: FactorId, more: object) => Promise<unknown>,
    ])[] = [
      ['a factor that is removed', 'mfa.removed', ({ factors }, factor, more) => factors.remove(ana, factor, more)],
      [
        'new recovery codes',
        'mfa.recovery_codes_renewed',
        ({ factors }, _, more) => factors.renewRecoveryCodes(ana, more),
      ],
      ['a new passkey', 'passkey.registered', (handle, _, more) => register(handle, more)],
      [
        'a passkey that is removed',
        'passkey.removed',
        async (handle, _, more) => handle.passkeys.remove(ana, await register(handle), more),
      ],
    ]

    it.each(CHANGES)('%s (ASVS V7.4.3)', async (_, action, work) => {
      const { factor, here } = await withFactor()
      await work(mine(here), factor, { endOtherSessions: true })
      expect(await live()).toEqual([here])
      const told = (await logOf(acme)).findLast((event) => event.action === action)
      expect(told?.details).toMatchObject({ sessionsEnded: 2 })
    })

    it.each(CHANGES)('and otherwise not: %s', async (_, action, work) => {
      const { factor, here } = await withFactor()
      await work(mine(here), factor, {})
      expect(await live()).toHaveLength(3)
      const told = (await logOf(acme)).findLast((event) => event.action === action)
      expect(told?.details).not.toHaveProperty('sessionsEnded')
    })

    it.each(CHANGES)('and nothing at all for what is not true or false: %s', async (_, __, work) => {
      const { factor, here } = await withFactor()
      await refused(() => work(mine(here), factor, { endOtherSessions: 'yes' }), 'INPUT_INVALID')
      await refused(() => work(mine(here), factor, { endOthers: true }), 'INPUT_INVALID')
      expect(await live()).toHaveLength(3)
    })
  })
})
