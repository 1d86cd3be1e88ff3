// Devices and limits of sessions on a real PostgreSQL, while somebody revokes, trusts or signs in at the same moment.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Device, SignedIn, TenantHandle, User } from '../../src/index.ts'
import { PASSWORD } from '../audit/house.ts'
import type { TestDatabase } from '../setup/database.ts'
import { untilWaiting, whileHeld } from '../setup/held.ts'
import { type FactorHouse, next, openFactorHouse } from './factor-house.ts'

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0'

let house: FactorHouse
let database: TestDatabase
let acme: TenantHandle
beforeAll(async () => {
  house = await openFactorHouse('postgres', {
    attempts: { free: 100 },
    // who loses a race counts as a failure, and enough of them ask for a second factor
    risk: { stepUpFrom: null, denyFrom: null },
  })
  database = house.database!
  acme = await house.tenant()
})
afterAll(() => house.close())

const times = <R>(count: number, work: (i: number) => Promise<R>) => Array.from({ length: count }, (_, i) => work(i))
const client = (token?: string) => ({
  ip: '192.0.2.1',
  userAgent: FIREFOX,
  device: token === undefined ? {} : { token },
})
const signIn = (user: Pick<User, 'email'>, token?: string, handle = acme) =>
  handle.signIn.password({ email: user.email, password: PASSWORD, client: client(token) })
const isAlive = async (answer: SignedIn) => {
  if (!answer.ok) return false
  const { accessToken } = answer.tokens
  return house.freehold.sessions.verify(accessToken, { mode: 'database' }).then(
    () => true,
    ({ code }) => {
      expect(code).toBe('SESSION_ENDED')
      return false
    },
  )
}

/** A user whose one device is known; with an app, it is trusted. */
async function known(trusted: boolean): Promise<{ user: User; device: Device; token: string }> {
  if (!trusted) {
    const user = await house.person(acme)
    const answer = await signIn(user)
    if (!answer.ok || !answer.device) throw new Error('nobody signed in on a device')
    return { user, device: answer.device.device, token: answer.device.token }
  }
  const { user, code } = await house.withApp(acme)
  const { token } = next(await signIn(user))
  const answer = await acme.signIn.continue({ token, code: await code(), client: client(), trustDevice: true })
  if (!answer.ok || !answer.device) throw new Error('nobody signed in on a device')
  return { user, device: answer.device.device, token: answer.device.token }
}

describe.each([
  ['a device', false],
  ['a trusted device', true],
] as const)('%s', (_, trusted) => {
  /** What opened on the revoked device is dead; and where it stood in for the second factor, nothing lives at all. */
  async function nothingLives(device: Device, answers: readonly SignedIn[]) {
    for (const answer of answers) {
      if (trusted || (answer.ok && answer.session.deviceId === device.id)) expect(await isAlive(answer)).toBe(false)
      else if (!answer.ok) expect(answer.reason).toBe('bad-credentials')
    }
  }

  it('revoked while sign-ins on it are under way: none of them is left on it', async () => {
    for (let turn = 0; turn < 5; turn++) {
      const { user, device, token } = await known(trusted)
      const [answers, revoked] = await Promise.all([
        Promise.all(times(5, () => signIn(user, token))),
        Promise.allSettled(times(3, () => acme.devices.revoke(user, device))),
      ])
      expect(revoked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const answer of answers) {
        if (answer.ok && answer.session.deviceId === device.id) expect(await isAlive(answer)).toBe(false)
        // not trusted any more: asked for the second factor, or told to try again
        if (trusted && answer.ok) expect(answer.session.deviceId).toBe(device.id)
      }
      const late = await signIn(user, token)
      if (trusted) next(late)
      else expect(late).toMatchObject({ ok: true, device: { isNew: true } })
    }
  })

  it('a sign-in that touches the device first: the revocation ends its session', async () => {
    const { user, device, token } = await known(trusted)
    const held = { tenantId: acme.id, table: 'devices', id: device.id }
    const answers = await whileHeld(database, held, async () => {
      const entering = signIn(user, token)
      await untilWaiting(database, 1)
      const revoking = acme.devices.revoke(user, device)
      await untilWaiting(database, 2)
      return { running: Promise.all([entering, revoking]) }
    })
    await nothingLives(device, [answers[0]])
    expect((await acme.devices.list(user)).items.map(({ id }) => id)).not.toContain(device.id)
  })

  it('a revocation that comes first: the sign-in finds the device gone, and opens nothing on it', async () => {
    const { user, device, token } = await known(trusted)
    const held = { tenantId: acme.id, table: 'users', id: user.id }
    const answers = await whileHeld(database, held, async () => {
      const revoking = acme.devices.revoke(user, device)
      await untilWaiting(database, 1)
      const entering = signIn(user, token)
      await untilWaiting(database, 2)
      return { running: Promise.all([entering, revoking]) }
    })
    await nothingLives(device, [answers[0]])
  })

  it('named, trusted and signed in on by many at once: it stays one device', async () => {
    const { user, device, token } = await known(trusted)
    await Promise.all([
      ...times(4, () => signIn(user, token)),
      ...times(3, (i) => acme.devices.rename(user, device, `Name ${i}`)),
      ...times(3, () => acme.devices.trust(user, device)),
    ])
    expect((await acme.devices.list(user)).items.map(({ id }) => id)).toEqual([device.id])
  })
})

it('trust that is taken back while sign-ins lean on it: none that comes after it opens', async () => {
  for (let turn = 0; turn < 4; turn++) {
    const { user, device, token } = await known(true)
    const [answers] = await Promise.all([
      Promise.all(times(5, () => signIn(user, token))),
      acme.devices.revokeTrust(user, device),
    ])
    for (const answer of answers) if (!answer.ok) expect(answer.reason).toMatch(/^(factor-required|bad-credentials)$/)
    next(await signIn(user, token))
  }
})

it.each([
  ['trust that is taken back', 'trusted_until = null'],
  ['trust whose time comes', "trusted_until = now() - interval '1 second'"],
  ['a device that is revoked', 'revoked_at = now()'],
])('%s while a sign-in that leans on it waits: it opens nothing, and the next one is asked', async (_, set) => {
  const { user, device, token } = await known(true)
  const before = (await acme.sessions.list(user)).items.length
  const held = { tenantId: acme.id, table: 'devices', id: device.id, set }
  const answer = await whileHeld(database, held, async () => {
    const entering = signIn(user, token)
    await untilWaiting(database, 1)
    return { running: entering }
  })
  expect(answer).toEqual({ ok: false, reason: 'bad-credentials' })
  expect((await acme.sessions.list(user)).items).toHaveLength(before)
  next(await signIn(user, token))
})

describe('a limit of sessions', () => {
  async function limited(authentication: object) {
    const made = await house.tenant()
    await house.freehold.tenants.update(made, { settings: { authentication } })
    return house.freehold.tenant({ id: made.id })
  }
  const open = async (handle: TenantHandle, user: User) => (await handle.sessions.list(user)).items.length

  it('of a role counts for those who hold it, and the least counts of several', async () => {
    const roles = { viewer: { maximumSessions: 3 }, member: { maximumSessions: 2 } }
    const handle = await limited({ maximumSessions: 5, roles })
    const enter = async (user: User, count: number) => {
      for (let i = 0; i < count; i++) expect(await signIn(user, undefined, handle)).toMatchObject({ ok: true })
    }
    const [plain, viewer, both] = [await house.person(handle), await house.person(handle), await house.person(handle)]
    await handle.assignments.grant({ principal: viewer, role: 'viewer' })
    for (const role of ['viewer', 'member']) await handle.assignments.grant({ principal: both, role })
    for (const [user, most] of [
      [plain, 5],
      [viewer, 3],
      [both, 2],
    ] as const) {
      await enter(user, 7)
      expect(await open(handle, user)).toBe(most)
    }
    // taken back, it counts no more
    const { items } = await handle.assignments.list({ principal: both })
    for (const one of items) await handle.assignments.revoke(one)
    await enter(both, 7)
    expect(await open(handle, both)).toBe(5)
  })

  it('holds where all wait for the user at once, and go on in any order', async () => {
    const handle = await limited({ roles: { member: { maximumSessions: 2 } } })
    for (let turn = 0; turn < 3; turn++) {
      const user = await house.person(handle)
      await handle.assignments.grant({ principal: user, role: 'member' })
      const held = { tenantId: handle.id, table: 'users', id: user.id }
      const answers = await whileHeld(database, held, async () => {
        const entering = times(6, () => signIn(user, undefined, handle))
        await untilWaiting(database, 6)
        return { running: Promise.all(entering) }
      })
      expect(answers.map(({ ok }) => ok)).toEqual(Array(6).fill(true))
      expect(await open(handle, user)).toBe(2)
      const alive = await Promise.all(answers.map(isAlive))
      expect(alive.filter(Boolean)).toHaveLength(2)
    }
  })

  it('of one: the session that opened last lives, and no other', async () => {
    const handle = await limited({ maximumSessions: 1 })
    const user = await house.person(handle)
    const answers = await Promise.all(times(8, () => signIn(user, undefined, handle)))
    const alive = await Promise.all(answers.map(isAlive))
    expect(alive.filter(Boolean)).toHaveLength(1)
    expect(await open(handle, user)).toBe(1)
  })
})
