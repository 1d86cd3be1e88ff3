// Stepping up: a session proves itself again, and a new one takes its place.

import { describe, expect, it } from 'vitest'
import type { SessionId, SignedIn, TenantHandle, User } from '../../src/index.ts'
import { PASSWORD } from '../audit/house.ts'
import { refusal } from '../identity/town.ts'
import { type AppOwner, eachIn, type FactorHouse, next, openFactorHouse } from './factor-house.ts'

let house: FactorHouse
let acme: TenantHandle
eachIn(
  () => openFactorHouse('memory'),
  (...given) => {
    ;[house, acme] = given
  },
)

const live = async (user: User) => (await acme.sessions.list(user)).items.map(({ id }) => id)
const opened = (signedIn: SignedIn): SessionId => {
  if (!signedIn.ok) throw new Error(`nobody signed in: ${signedIn.reason}`)
  return signedIn.session.id
}
const enter = async (user: User) => opened(await acme.signIn.password({ email: user.email, password: PASSWORD }))
async function enterWithApp({ user, code }: AppOwner): Promise<SessionId> {
  const { token } = await house.waiting(acme, user)
  const session = opened(await acme.signIn.continue({ token, code: await code() }))
  house.turn(30)
  return session
}

describe('with a password', () => {
  it('S01: opens a new session, and the old one is dead', async () => {
    const user = await house.person(acme)
    const session = await enter(user)
    const fresh = opened(await acme.signIn.stepUp({ session, password: PASSWORD }))
    expect(fresh).not.toBe(session)
    expect(await live(user)).toEqual([fresh])
    expect(await acme.sessions.get(session)).toMatchObject({ revokeReason: 'stepped-up' })
  })

  it('that is wrong changes nothing, and is counted', async () => {
    const user = await house.person(acme)
    const session = await enter(user)
    for (let i = 0; i < 6; i++) {
      expect(await acme.signIn.stepUp({ session, password: 'copper giraffe' })).toMatchObject({ ok: false })
    }
    expect(await acme.signIn.stepUp({ session, password: PASSWORD })).toMatchObject({ reason: 'too-many-attempts' })
    expect(await live(user)).toEqual([session])
  })

  it('is not enough for who has a second factor', async () => {
    const owner = await house.withApp(acme)
    const session = await enterWithApp(owner)
    const { token } = next(await acme.signIn.stepUp({ session, password: PASSWORD }))
    expect(await live(owner.user)).toEqual([session])
    const fresh = opened(await acme.signIn.continue({ token, code: await owner.code() }))
    expect(await live(owner.user)).toEqual([fresh])
  })
})

describe('with a factor', () => {
  it('is asked for even of a session that was opened with it', async () => {
    const owner = await house.withApp(acme)
    const session = await enterWithApp(owner)
    const { token, factors } = next(await acme.signIn.stepUp({ session }))
    expect(factors).toMatchObject([{ type: 'totp' }])
    expect(await acme.signIn.continue({ token, code: '000000' })).toMatchObject({ ok: false })
    expect(await live(owner.user)).toEqual([session])
    expect(await acme.signIn.continue({ token, code: await owner.code() })).toMatchObject({
      ok: true,
      session: { assuranceLevel: 2, authenticationMethods: ['pwd', 'otp', 'mfa'] },
    })
    expect(await live(owner.user)).not.toContain(session)
  })

  it('is denied to who has none: a session alone proves nothing', async () => {
    const user = await house.person(acme)
    const session = await enter(user)
    expect(await acme.signIn.stepUp({ session })).toEqual({ ok: false, reason: 'denied' })
    expect(await live(user)).toEqual([session])
  })

  it('opens nothing once the session has ended', async () => {
    const owner = await house.withApp(acme)
    const session = await enterWithApp(owner)
    const { token } = next(await acme.signIn.stepUp({ session }))
    await acme.sessions.revoke(session)
    expect(await acme.signIn.continue({ token, code: await owner.code() })).toMatchObject({ ok: false })
    expect(await live(owner.user)).toEqual([])
    expect(await refusal(acme.signIn.stepUp({ session }))).toMatchObject({ code: 'SESSION_ENDED' })
  })

  it('of two that step up one session, one does', async () => {
    const owner = await house.withApp(acme)
    const session = await enterWithApp(owner)
    const [one, two] = [next(await acme.signIn.stepUp({ session })), next(await acme.signIn.stepUp({ session }))]
    opened(await acme.signIn.continue({ token: one.token, code: await owner.code() }))
    house.turn(30)
    expect(await acme.signIn.continue({ token: two.token, code: await owner.code() })).toMatchObject({ ok: false })
    expect(await live(owner.user)).toHaveLength(1)
  })
})

it.each([
  [{ session: 'x' }, 'ID_INVALID'],
  [{ session: '01890a5d-ac96-774b-bcce-b302099a8057' }, 'SESSION_ENDED'],
  [{ session: '01890a5d-ac96-774b-bcce-b302099a8057', password: 1 }, 'INPUT_INVALID'],
  [{ session: '01890a5d-ac96-774b-bcce-b302099a8057', userId: 'x' }, 'INPUT_INVALID'],
])('%o is refused', async (again, code) => {
  expect(await refusal(acme.signIn.stepUp(again as never))).toMatchObject({ code })
})
