// A new password for whoever has the old one: what is asked for, what ends, what is counted, and what is refused.

import { describe, expect, it } from 'vitest'
import type { TenantHandle, User } from '../../src/index.ts'
import { logOf, STORAGES } from '../audit/house.ts'
import { refused } from '../setup/refusal.ts'
import { eachInPost, enter, NEW_PASSWORD, openPost, PASSWORD, type Post, works } from './house.ts'

const WRONG = 'a lantern over the harbour'

describe.each(STORAGES)('changing the password on %s', (storage) => {
  let post: Post
  let acme: TenantHandle
  let ana: User
  eachInPost(storage, (...given) => {
    ;[post, acme, ana] = given
  })
  const change = (current = PASSWORD, next = NEW_PASSWORD, more = {}) =>
    acme.accounts.changePassword(ana, { current, next, ...more })

  it('wants the old one, keeps the session in which it is done, ends the others, and tells of it (ASVS V6.2.3)', async () => {
    const [here, elsewhere] = [await enter(acme, ana), await enter(acme, ana)]
    expect(await change(PASSWORD, NEW_PASSWORD, { session: here.session.id })).toBeUndefined()
    expect(await works(post, here.tokens.accessToken)).toBe(true)
    expect(await works(post, elsewhere.tokens.accessToken)).toBe(false)
    await enter(acme, ana, NEW_PASSWORD)
    expect(await acme.signIn.password({ email: ana.email, password: PASSWORD })).toMatchObject({ ok: false })
    const told = (await logOf(acme)).find(({ action }) => action === 'user.password_changed')
    expect(told).toMatchObject({
      actor: { type: 'user', id: ana.id, sessionId: here.session.id },
      details: { sessionsEnded: 1 },
    })
    await post.mailbox.last()
    expect(post.mailbox.all.map(({ kind }) => kind)).toEqual(['password-changed'])
  })

  it('without a session ends them all, and trusts no device any more', async () => {
    const { tokens } = await enter(acme, ana)
    await change()
    expect(await works(post, tokens.accessToken)).toBe(false)
  })

  it('A14: counts a wrong one with those at the door, and the reverse', async () => {
    for (let i = 0; i < 4; i++) await refused(() => change(WRONG), 'PASSWORD_WRONG')
    for (let i = 0; i < 2; i++) await acme.signIn.password({ email: ana.email, password: WRONG })
    await refused(() => change(), 'TOO_MANY_ATTEMPTS')
    expect(await acme.signIn.password({ email: ana.email, password: PASSWORD })).toMatchObject({
      reason: 'too-many-attempts',
    })
    const failed = (await logOf(acme)).filter(({ action }) => action === 'sign_in.failed')
    expect(failed).toHaveLength(6)
    expect(failed.every(({ targets }) => targets[0]?.id === ana.id)).toBe(true)
  })

  it('a right one makes the failures before it forgotten', async () => {
    for (let i = 0; i < 4; i++) await refused(() => change(WRONG), 'PASSWORD_WRONG')
    await change()
    for (let i = 0; i < 4; i++) await refused(() => change(WRONG), 'PASSWORD_WRONG')
    await change(NEW_PASSWORD, PASSWORD)
  })

  it('a new one that is not accepted counts nothing and changes nothing, whatever the old one', async () => {
    for (let i = 0; i < 8; i++) await refused(() => change(WRONG, 'short'), 'PASSWORD_REJECTED')
    await refused(() => change(PASSWORD, `${ana.email} ${ana.email}`), 'PASSWORD_REJECTED')
    await enter(acme, ana)
  })

  it('gives none to who has none: that is what a link is for', async () => {
    const bob = await acme.users.create({ email: 'bob@example.test', emailVerified: true })
    const asked = { current: PASSWORD, next: NEW_PASSWORD }
    await refused(() => acme.accounts.changePassword(bob, asked), 'PASSWORD_WRONG')
    await refused(() => acme.accounts.changePassword(bob, { ...asked, current: '' }), 'PASSWORD_WRONG')
    expect((await acme.users.get(bob)).hasPassword).toBe(false)
  })

  it('asks who has a second factor for a session that showed it lately; eight characters will do then', async () => {
    const early = await enter(acme, ana)
    const { factor, secret } = await acme.factors.enrolTotp(ana, { name: 'App' })
    const { generate } = await import('otplib')
    await acme.factors.confirm(ana, factor, { code: await generate({ secret, epoch: post.seconds() - 30 }) })
    const next = 'kq7 vzx m'
    await refused(() => change(PASSWORD, next, { session: early.session.id }), 'STEP_UP_REQUIRED')
    const { token } = await post.waiting(acme, ana)
    const entered = await acme.signIn.continue({ token, code: await generate({ secret, epoch: post.seconds() }) })
    if (!entered.ok) throw new Error('nobody signed in')
    await change(PASSWORD, next, { session: entered.session.id })
    expect(await works(post, entered.tokens.accessToken)).toBe(true)
  })

  it('A09: refuses the session of somebody else, and users who may not sign in', async () => {
    const other = await enter(acme, await post.person(acme))
    await refused(() => change(PASSWORD, NEW_PASSWORD, { session: other.session.id }), 'SESSION_UNKNOWN')
    await enter(acme, ana)
    await acme.users.lock(ana)
    await refused(() => change(), 'USER_UNKNOWN')
    const globex = await post.tenant()
    await refused(() => globex.accounts.changePassword(ana, { current: PASSWORD, next: NEW_PASSWORD }), 'USER_UNKNOWN')
  })

  it.each([
    [{ next: NEW_PASSWORD }, 'INPUT_INVALID'],
    [{ current: PASSWORD }, 'INPUT_INVALID'],
    [{ current: 7, next: NEW_PASSWORD }, 'INPUT_INVALID'],
    [{ current: PASSWORD, next: NEW_PASSWORD, session: 'x' }, 'ID_INVALID'],
    [{ current: PASSWORD, next: NEW_PASSWORD, force: true }, 'INPUT_INVALID'],
  ])('refuses %j', async (input, code) => {
    await refused(() => acme.accounts.changePassword(ana, input as never), code as 'INPUT_INVALID')
    await enter(acme, ana)
  })
})

describe('changing the password, by many at once', () => {
  it('is done by one of them, and leaves no session that the former one opened', async () => {
    const post = await openPost('postgres', { attempts: { free: 100 } })
    const acme = await post.tenant()
    const ana = await post.person(acme)
    await enter(acme, ana)
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) =>
        i % 2 === 0
          ? acme.accounts.changePassword(ana, { current: PASSWORD, next: `${NEW_PASSWORD} ${i}` })
          : acme.signIn.password({ email: ana.email, password: PASSWORD }),
      ),
    )
    const changes = answers.filter((_, i) => i % 2 === 0)
    const lost = changes.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason.code] : []))
    expect(lost).toEqual(Array.from({ length: 9 }, () => 'PASSWORD_WRONG'))
    expect((await acme.sessions.list(ana)).items).toEqual([])
    await post.mailbox.last()
    expect(post.mailbox.all.filter(({ kind }) => kind === 'password-changed')).toHaveLength(1)
    await post.close()
  })
})
