// Devices on both storages: recognised, told of, trusted, revoked; and as many sessions as a rule allows.

import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromNow } from '../../src/core/storage/tables.ts'
import type { DeviceClaim, SignedIn, TenantHandle, User } from '../../src/index.ts'
import { PASSWORD } from '../audit/house.ts'
import { type AppOwner, type FactorHouse, next, openFactorHouse } from './factor-house.ts'

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0'
const CHROME = 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36'

function entered(answer: SignedIn) {
  if (!answer.ok || !answer.device) throw new Error('nobody signed in on a device')
  return { ...answer, device: answer.device }
}

describe.each(['memory', 'postgres'] as const)('on %s', (storage) => {
  let house: FactorHouse
  let acme: TenantHandle
  beforeAll(async () => {
    house = await openFactorHouse(storage, { attempts: { free: 100 } })
    acme = await house.tenant()
  })
  afterAll(() => house.close())

  const clientOf = (device: DeviceClaim, userAgent = FIREFOX) => ({ ip: '192.0.2.1', userAgent, device })
  const signIn = (user: Pick<User, 'email'>, token?: string, userAgent?: string, handle = acme) =>
    handle.signIn.password({
      email: user.email,
      password: PASSWORD,
      client: clientOf(token === undefined ? {} : { token }, userAgent),
    })

  /** Signs in with the authenticator app, and trusts the device. */
  async function trusting({ user, code }: AppOwner, handle = acme) {
    const { token } = next(await signIn(user, undefined, undefined, handle))
    return entered(await handle.signIn.continue({ token, code: await code(), client: clientOf({}), trustDevice: true }))
  }

  it('a device is new once, and known by its token after', async () => {
    const user = await house.person(acme)
    const first = entered(await signIn(user))
    expect(first).toMatchObject({ device: { isNew: true, device: { kind: 'Firefox on Linux', trustedUntil: null } } })
    expect(first.session.deviceId).toBe(first.device.device.id)
    const second = entered(await signIn(user, first.device.token))
    expect(second.device).toMatchObject({ isNew: false, token: first.device.token })
    expect(second.session.deviceId).toBe(first.device.device.id)
    expect((await acme.devices.list(user)).items.map(({ id }) => id)).toEqual([first.device.device.id])
  })

  it('a token that is malformed, of another user or of another tenant makes a new device with a token of its own', async () => {
    const [user, eve] = [await house.person(acme), await house.person(acme)]
    const { token } = entered(await signIn(eve)).device
    for (const shown of [token, '', 'x', 'a'.repeat(43), 'a'.repeat(5000), '\0']) {
      const answer = entered(await signIn(user, shown))
      expect(answer.device.isNew).toBe(true)
      const [own] = answer.device.token.split('.')
      expect(own).toMatch(/^[\w-]{43}$/)
      expect(shown).not.toContain(own)
    }
    expect((await acme.devices.list(eve)).items).toHaveLength(1)
  })

  it('users who share a browser keep what they are known by, each their own', async () => {
    const [ana, ben] = [await house.person(acme), await house.person(acme)]
    let token: string | undefined
    const enter = async (user: User) => {
      const { device } = entered(await signIn(user, token))
      token = device.token
      return device
    }
    const [hers, his] = [await enter(ana), await enter(ben)]
    expect([hers.isNew, his.isNew]).toEqual([true, true])
    expect(his.device.id).not.toBe(hers.device.id)
    for (let turn = 0; turn < 3; turn++) {
      expect(await enter(ana)).toMatchObject({ isNew: false, device: { id: hers.device.id } })
      expect(await enter(ben)).toMatchObject({ isNew: false, device: { id: his.device.id } })
    }
    for (const user of [ana, ben]) expect((await acme.devices.list(user)).items).toHaveLength(1)
    // who is revoked is new again, and the other is not
    await acme.devices.revoke(ana, hers.device)
    expect((await enter(ana)).isNew).toBe(true)
    expect((await enter(ben)).isNew).toBe(false)
  })

  it('a browser knows eight users, and forgets who came longest ago', async () => {
    const users = await Promise.all(Array.from({ length: 9 }, () => house.person(acme)))
    let token: string | undefined
    const enter = async (user: User) => {
      const { device } = entered(await signIn(user, token))
      token = device.token
      return device.isNew
    }
    for (const user of users) expect(await enter(user)).toBe(true)
    expect(token!.split('.')).toHaveLength(8)
    for (const user of users.slice(1)) expect(await enter(user)).toBe(false)
    expect(await enter(users[0]!)).toBe(true)
    // what is beyond them is not looked at
    const many = [...Array.from({ length: 8 }, (_, i) => String(i).repeat(43)), token].join('.')
    expect(entered(await signIn(users[0]!, many)).device.isNew).toBe(true)
  })

  it('a letter tells of a second device, and not of the first or of one that is known', async () => {
    const user = await house.person(acme)
    house.mailbox.clear()
    const { token } = entered(await signIn(user)).device
    entered(await signIn(user, token))
    entered(await signIn(user, undefined, CHROME))
    const mail = await house.mailbox.last({ to: user.email })
    expect(mail).toMatchObject({ kind: 'new-device' })
    expect(mail?.text).toContain('Chrome on Windows')
    expect(house.mailbox.all.filter(({ to }) => to === user.email)).toHaveLength(1)
  })

  it('without a claim nothing is recorded', async () => {
    const user = await house.person(acme)
    const answer = await acme.signIn.password({ email: user.email, password: PASSWORD, client: { ip: '192.0.2.1' } })
    expect(answer).toMatchObject({ ok: true, session: { deviceId: null } })
    expect((await acme.devices.list(user)).items).toEqual([])
  })

  it.each([
    [{ device: 'x' }],
    [{ device: { token: 1 } }],
    [{ device: { secret: 'x' } }],
    [{ device: { platform: 1 } }],
  ])('refuses the client %o', async (client) => {
    const user = await house.person(acme)
    const asked = acme.signIn.password({ email: user.email, password: PASSWORD, client: client as never })
    await expect(asked).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    expect((await acme.devices.list(user)).items).toEqual([])
  })

  describe('trust', () => {
    it('M05: a trusted device stands in for the second factor, and the session has level 1', async () => {
      const owner = await house.withApp(acme)
      const { device } = await trusting(owner)
      expect(device.device.trustedUntil).toBeInstanceOf(Date)
      const again = entered(await signIn(owner.user, device.token))
      expect(again.session).toMatchObject({ assuranceLevel: 1, authenticationMethods: ['pwd'] })
    })

    it('M05: it is of the user who gave it, and of nobody else in the same browser', async () => {
      const [ana, ben] = [await house.withApp(acme), await house.withApp(acme)]
      const hers = await trusting(ana)
      const asked = next(await signIn(ben.user, hers.device.token))
      const client = clientOf({ token: hers.device.token })
      const his = entered(await acme.signIn.continue({ token: asked.token, code: await ben.code(), client }))
      expect(his.device.isNew).toBe(true)
      // he did not trust it, and hers is not his
      next(await signIn(ben.user, his.device.token))
      const again = entered(await signIn(ana.user, his.device.token))
      expect(again.session).toMatchObject({ assuranceLevel: 1, deviceId: hers.device.device.id })
      // a token that somebody plants in a browser opens nothing for who is asked there later
      const planted = entered(await signIn(ana.user, hers.device.token)).device.token
      next(await signIn(ben.user, planted))
    })

    it('M05: not without its token, not in another browser, and not after its time', async () => {
      const owner = await house.withApp(acme)
      const { device } = await trusting(owner)
      next(await signIn(owner.user))
      next(await signIn(owner.user, device.token, CHROME))
      await acme.devices.revokeTrust(owner.user, device.device)
      next(await signIn(owner.user, device.token))
    })

    it('M05: it ends by itself, for who has the token still, and being used does not prolong it', async () => {
      const owner = await house.withApp(acme)
      const { device } = await trusting(owner)
      const month = 30 * 86_400_000
      const left = device.device.trustedUntil!.getTime() - device.device.lastSeenAt.getTime()
      expect(left).toBe(month)
      const { records } = house.storage.tenant({ id: acme.id, location: house.storage.sharedLocation })
      const [row] = await records.update('devices', { id: device.device.id }, { trusted_until: fromNow(1500) })
      const used = entered(await signIn(owner.user, device.token))
      expect(used.device.device.trustedUntil).toEqual(row!.trusted_until)
      await setTimeout(1600)
      next(await signIn(owner.user, device.token))
    })

    it('M05: a rule that asks for level 2 asks for it there too, and so does stepping up', async () => {
      const strict = await house.tenant()
      const owner = await house.withApp(strict)
      const { device, session } = await trusting(owner, strict)
      const known = clientOf({ token: device.token })
      next(await strict.signIn.stepUp({ session: session.id, password: PASSWORD, client: known }))
      await house.freehold.tenants.update(strict, { settings: { authentication: { requiredAssurance: 2 } } })
      const now = await house.freehold.tenant({ id: strict.id })
      next(await signIn(owner.user, device.token, undefined, now))
    })

    it('M05: a new password takes trust away', async () => {
      const owner = await house.withApp(acme)
      const { device } = await trusting(owner)
      await acme.users.setPassword(owner.user, PASSWORD)
      next(await signIn(owner.user, device.token))
    })

    it('M09: who trusts a device has shown the second factor lately', async () => {
      const owner = await house.withApp(acme)
      const { device } = await trusting(owner)
      const low = entered(await signIn(owner.user, device.token))
      const mine = acme.as({ type: 'user', id: owner.user.id, sessionId: low.session.id })
      await expect(mine.devices.trust(owner.user, device.device)).rejects.toMatchObject({ code: 'STEP_UP_REQUIRED' })
    })

    it('needs a device, and a true or false', async () => {
      const { user, code } = await house.withApp(acme)
      const { token } = next(await signIn(user))
      const answer = { token, code: await code(), trustDevice: true }
      await expect(acme.signIn.continue(answer)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
      const odd = acme.signIn.continue({ ...answer, trustDevice: 'yes' as never, client: clientOf({}) })
      await expect(odd).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    })
  })

  it('a device that is revoked is gone: its sessions end, and its token makes a new one', async () => {
    const user = await house.person(acme)
    const [kept, lost] = [entered(await signIn(user)), entered(await signIn(user))]
    const answers = await Promise.allSettled([1, 2, 3].map(() => acme.devices.revoke(user, lost.device.device)))
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await acme.sessions.list(user)).items.map(({ id }) => id)).toEqual([kept.session.id])
    expect((await acme.devices.list(user)).items.map(({ id }) => id)).toEqual([kept.device.device.id])
    expect(entered(await signIn(user, lost.device.token)).device.isNew).toBe(true)
  })

  it('A09, W04: the device of another user or tenant does not exist', async () => {
    const other = await house.tenant()
    const [owner, eve, far] = [await house.person(acme), await house.person(acme), await house.person(other)]
    const { device } = entered(await signIn(owner)).device
    for (const [handle, user] of [
      [acme, eve],
      [other, far],
      [other, owner],
    ] as const) {
      const { rename, trust, revokeTrust, revoke } = handle.devices
      const deeds = [rename(user, device, 'x'), trust(user, device), revokeTrust(user, device), revoke(user, device)]
      for (const answer of await Promise.allSettled(deeds)) {
        expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'DEVICE_UNKNOWN' } })
      }
    }
    expect((await acme.devices.list(owner)).items).toEqual([device])
  })

  it('is named by its owner', async () => {
    const user = await house.person(acme)
    const { device } = entered(await signIn(user)).device
    expect(await acme.devices.rename(user, device, 'Kitchen')).toEqual({ ...device, name: 'Kitchen' })
    await expect(acme.devices.rename(user, device, '')).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  it('as many sessions as the rule allows: the oldest end, of any number that open at once', async () => {
    const settings = { authentication: { maximumSessions: 3 } }
    const made = await house.tenant()
    await house.freehold.tenants.update(made, { settings })
    const limited = await house.freehold.tenant({ id: made.id })
    const user = await house.person(limited)
    const open = async () => entered(await signIn(user, undefined, undefined, limited)).session.id
    const [first, second, third] = [await open(), await open(), await open()]
    const fourth = await open()
    expect((await limited.sessions.list(user)).items.map(({ id }) => id).sort()).toEqual([second, third, fourth].sort())
    expect(await limited.sessions.get(first)).toMatchObject({ revokeReason: 'session-limit' })
    await Promise.all(Array.from({ length: 12 }, open))
    expect((await limited.sessions.list(user)).items).toHaveLength(3)
  }, 30_000)
})
