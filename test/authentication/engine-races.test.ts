// Factors and pending sign-ins on a real PostgreSQL, with many connections at once.

import { generate } from 'otplib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TenantHandle, User } from '../../src/index.ts'
import { PASSWORD } from '../audit/house.ts'
import { type FactorHouse, hotp, openFactorHouse, SEED } from './factor-house.ts'

const times = <R>(count: number, work: (i: number) => Promise<R>) =>
  Promise.all(Array.from({ length: count }, (_, i) => work(i)))

let house: FactorHouse
let acme: TenantHandle
beforeAll(async () => {
  house = await openFactorHouse('postgres', { attempts: { free: 100 } })
  acme = await house.tenant()
})
afterAll(() => house.close())

const live = async (user: User) => (await acme.sessions.list(user)).items.length

describe('one code, many callers', () => {
  it('M01: one TOTP opens one session, whatever the number of pending sign-ins', async () => {
    const { user, code } = await house.withApp(acme)
    const pending = await times(8, () => house.waiting(acme, user))
    const answer = await code()
    const answers = await Promise.all(pending.map(({ token }) => acme.signIn.continue({ token, code: answer })))
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
    expect(await live(user)).toBe(1)
  })

  it('M11: one HOTP opens one session, and the counter moves once', async () => {
    const user = await house.person(acme)
    const factor = await acme.factors.enrolHardwareToken(user, { name: 'Token', secret: SEED })
    await acme.factors.confirm(user, factor, { code: await hotp(0) })
    const pending = await times(8, () => house.waiting(acme, user))
    const codes = await times(8, (i) => hotp(1 + (i % 2)))
    const answers = await Promise.all(pending.map(({ token }, i) => acme.signIn.continue({ token, code: codes[i]! })))
    // counter 1 and counter 2, or counter 2 alone where it came first
    const entered = answers.filter(({ ok }) => ok).length
    expect([1, 2]).toContain(entered)
    expect(await live(user)).toBe(entered)
  })

  it('a recovery code opens one session', async () => {
    const { user } = await house.withApp(acme)
    const [code] = await acme.factors.renewRecoveryCodes(user)
    const pending = await times(8, () => house.waiting(acme, user))
    const answers = await Promise.all(
      pending.map(({ token }) => acme.signIn.continue({ token, factor: 'recovery_code', code: code! })),
    )
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
    expect(await acme.factors.recoveryCodesLeft(user)).toBe(9)
  })

  it('one pending sign-in opens one session, whatever codes it is shown', async () => {
    const { user, code } = await house.withApp(acme)
    const recovery = await acme.factors.renewRecoveryCodes(user)
    const { token } = await house.waiting(acme, user)
    const totp = await code()
    const answers = await times(8, (i) =>
      i % 2 === 0
        ? acme.signIn.continue({ token, code: totp })
        : acme.signIn.continue({ token, factor: 'recovery_code', code: recovery[i]! }),
    )
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
    expect(await live(user)).toBe(1)
    // whoever lost has spent nothing
    const used = 10 - (await acme.factors.recoveryCodesLeft(user))
    expect(used).toBeLessThanOrEqual(1)
  })

  it('a factor is confirmed once', async () => {
    const user = await house.person(acme)
    const { factor, secret } = await acme.factors.enrolTotp(user, { name: 'App' })
    const code = await generate({ secret, epoch: house.seconds() })
    const answers = await Promise.allSettled(
      Array.from({ length: 8 }, () => acme.factors.confirm(user, factor, { code })),
    )
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})

it('M02: of 100 parallel wrong codes no more are looked at than the schedule allows', async () => {
  const strict = await openFactorHouse('postgres')
  try {
    const tenant = await strict.tenant()
    const { user } = await strict.withApp(tenant)
    const { token } = await strict.waiting(tenant, user)
    const started = performance.now()
    const answers = await times(100, () => tenant.signIn.continue({ token, code: '000000' }))
    const allowed = 6 + Math.floor(Math.log2(1 + (performance.now() - started) / 1000))
    const seen = answers.filter((answer) => !answer.ok && answer.reason === 'bad-credentials').length
    expect(seen).toBeGreaterThanOrEqual(6)
    expect(seen).toBeLessThanOrEqual(allowed)
  } finally {
    await strict.close()
  }
})

describe('R15: no session outlives what ends them, between the two factors', () => {
  const endings: Record<string, (user: User) => Promise<unknown>> = {
    'the user is disabled': (user) => acme.users.disable(user),
    'the user signs out everywhere': (user) => acme.sessions.revokeAll(user),
    'the password changes': (user) => acme.users.setPassword(user, `${PASSWORD} again`),
  }
  it.each(Object.entries(endings))('%s', async (_, end) => {
    const owners = await times(6, () => house.withApp(acme))
    await Promise.all(
      owners.map(async ({ user, code }) => {
        const { token } = await house.waiting(acme, user)
        const answer = await code()
        await Promise.all([acme.signIn.continue({ token, code: answer }), end(user)])
        expect(await live(user)).toBe(0)
      }),
    )
  })

  it('a factor that is removed while it is shown opens nothing after that', async () => {
    const owners = await times(6, () => house.withApp(acme))
    await Promise.all(
      owners.map(async ({ user, factor, code }) => {
        const { token } = await house.waiting(acme, user)
        await acme.factors.remove(user, factor)
        expect(await acme.signIn.continue({ token, code: await code() })).toMatchObject({ ok: false })
        expect(await live(user)).toBe(0)
      }),
    )
  })
})

it('S01: a session that is stepped up by many at once becomes one', async () => {
  const user = await house.person(acme)
  const entered = await acme.signIn.password({ email: user.email, password: PASSWORD })
  const session = entered.ok ? entered.session.id : undefined
  // whoever comes after the winner finds the session ended already
  const answers = await times(8, () =>
    acme.signIn.stepUp({ session: session!, password: PASSWORD }).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'SESSION_ENDED' })
      return { ok: false }
    }),
  )
  expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
  expect(await live(user)).toBe(1)
})
