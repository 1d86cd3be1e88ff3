// The connection is cut at either round trip of a sign-in, before the server hears of it or before it is heard: nothing is
// ever half done.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FreeholdError, type TenantHandle } from '../../src/index.ts'
import { Authenticator } from '../passkeys/authenticator.ts'
import { type CountedHouse, openCountedHouse, page, type Somebody } from './counted-house.ts'
import { next } from './factor-house.ts'

let house: CountedHouse
let acme: TenantHandle
beforeAll(async () => {
  house = await openCountedHouse()
  acme = house.acme
})
afterAll(() => house.close())

/** What there is of somebody, to be compared. */
async function stateOf({ user }: Somebody) {
  const [row] = await house.database.admin(
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
  house.proxy.cut(moment as never)
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
    const one = await house.somebody()
    const before = await stateOf(one)
    for (const moment of LOST) {
      await cut(moment, () => house.enter(one))
      expect(await stateOf(one)).toEqual(before)
    }
    await cut(DONE, () => house.enter(one))
    const opened = { sessions: 2, live: 2, learned: 2, told: 2 }
    expect(await stateOf(one)).toEqual({ ...before, ...opened })
    expect(await house.enter(one)).toMatchObject({ ok: true })
  })

  it('at a sign-in that is asked for more: it waits and was told of, or neither', async () => {
    const one = await house.withApp()
    const before = await stateOf(one)
    for (const moment of LOST) {
      await cut(moment, () => house.enter(one))
      expect(await stateOf(one)).toEqual(before)
    }
    await cut(DONE, () => house.enter(one))
    const { challenges, asked } = before as { challenges: number; asked: number }
    expect(await stateOf(one)).toEqual({ ...before, challenges: challenges + 1, asked: asked + 1 })
  })

  it('at an answer with a code: the code and the pending sign-in are spent with a session, or not at all', async () => {
    const one = await house.withApp()
    for (const moment of [...LOST, DONE]) {
      const { token } = next(await house.enter(one))
      const code = await house.codeOf(one)
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
    const one = await house.somebody()
    const key = new Authenticator({ counter: 1 })
    const created = key.create(await acme.passkeys.registrationOptions(one.user), page)
    const { id } = await acme.passkeys.register(one.user, { response: created })
    const counter = async () => {
      const [row] = await house.database.admin(
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
