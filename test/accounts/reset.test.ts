// A forgotten password.

import { describe, expect, it } from 'vitest'
import type { TenantHandle, User } from '../../src/index.ts'
import { actionsOf, STORAGES } from '../audit/house.ts'
import { refused } from '../setup/refusal.ts'
import { eachInPost, enter, NEW_PASSWORD, PASSWORD, type Post, tampered, works } from './house.ts'

describe.each(STORAGES)('a password reset on %s', (storage) => {
  let post: Post
  let acme: TenantHandle
  let ana: User
  eachInPost(storage, (...given) => {
    ;[post, acme, ana] = given
  })
  const request = async (email = ana.email) => {
    await acme.accounts.requestPasswordReset({ email })
    return post.token('password-reset', email)
  }

  it('sends a link, takes it once, ends every session, and tells of it', async () => {
    const { tokens } = await enter(acme, ana)
    const token = await request()
    const letter = await post.mailbox.last()
    expect(letter).toMatchObject({ to: ana.email, kind: 'password-reset' })
    expect(letter!.text).toContain(`https://${acme.tenant.slug}.example.test/reset-password#token=fh_`)
    expect(await acme.accounts.resetPassword({ token, password: NEW_PASSWORD })).toMatchObject({ id: ana.id })
    expect(await works(post, tokens.accessToken)).toBe(false)
    expect(await acme.signIn.password({ email: ana.email, password: PASSWORD })).toMatchObject({ ok: false })
    await enter(acme, ana, NEW_PASSWORD)
    expect(await post.mailbox.last()).toMatchObject({ to: ana.email, kind: 'password-changed' })
    await refused(() => acme.accounts.resetPassword({ token, password: NEW_PASSWORD }), 'CHALLENGE_REFUSED')
    const actions = await actionsOf(acme)
    expect(actions.slice(-5)).toEqual([
      'session.opened',
      'user.challenge_requested',
      'user.password_reset',
      'sign_in.failed',
      'session.opened',
    ])
  })

  it('A05: does the same for an address that nobody has, and writes to nobody', async () => {
    const answers = [
      await acme.accounts.requestPasswordReset({ email: ana.email }),
      await acme.accounts.requestPasswordReset({ email: 'ghost@example.test' }),
    ]
    expect(answers).toEqual([undefined, undefined])
    await post.mailbox.last()
    expect(post.mailbox.all.map(({ to }) => to)).toEqual([ana.email])
    expect((await actionsOf(acme)).slice(-2)).toEqual(['user.challenge_requested', 'user.challenge_requested'])
  })

  it('A05: answers no differently when the mailer is broken, and tells the host', async () => {
    const before = post.told.length
    post.mailbox.failing = new Error('no route')
    try {
      expect(await acme.accounts.requestPasswordReset({ email: ana.email })).toBeUndefined()
      await post.mailbox.last()
    } finally {
      post.mailbox.failing = undefined
    }
    expect(post.told.slice(before)).toEqual([new Error('no route')])
  })

  it('is delayed after a few requests for one address, known or not', async () => {
    for (const email of [ana.email, 'ghost@example.test']) {
      for (let i = 0; i < 4; i++) await acme.accounts.requestPasswordReset({ email })
      const error = await refused(() => acme.accounts.requestPasswordReset({ email }), 'TOO_MANY_ATTEMPTS')
      expect(error.details).toMatchObject({ retryAfterMs: expect.any(Number) })
    }
    await acme.accounts.requestPasswordReset({ email: (await post.person(acme)).email })
  })

  it('a password that is not accepted does not use the link up', async () => {
    const token = await request()
    for (const password of ['short', 'qwertyuiop123456', `${ana.email}`])
      await refused(() => acme.accounts.resetPassword({ token, password }), 'PASSWORD_REJECTED')
    await acme.accounts.resetPassword({ token, password: NEW_PASSWORD })
  })

  it('A12: no link of another purpose, another tenant or another make is taken', async () => {
    const other = await post.tenant()
    const same = await other.users.create({ email: ana.email, password: PASSWORD, emailVerified: true })
    const token = await request()
    await acme.signIn.requestLink({ email: ana.email })
    const link = await post.token('sign-in-link')
    const wrong = [link, tampered(token), `${token} `, `${token}=`, token.slice(0, -1), '', 'fh_', 7, null, {}]
    for (const it of wrong)
      await refused(
        () => acme.accounts.resetPassword({ token: it as never, password: NEW_PASSWORD }),
        'CHALLENGE_REFUSED',
      )
    await refused(() => other.accounts.resetPassword({ token, password: NEW_PASSWORD }), 'CHALLENGE_REFUSED')
    await enter(other, same)
    await enter(acme, ana)
    await acme.accounts.resetPassword({ token, password: NEW_PASSWORD })
  })

  it('A13: a link is void once the user has another address, another password, or was signed out everywhere', async () => {
    const changes: (() => Promise<unknown>)[] = [
      () => acme.users.setPassword(ana, `${NEW_PASSWORD} too`),
      () => acme.sessions.revokeAll(ana),
      () => acme.users.disable(ana).then(() => acme.users.enable(ana)),
      async () => {
        await acme.accounts.requestEmailChange(ana, { email: `new-${ana.email}` })
        await acme.accounts.confirmEmailChange({ token: await post.token('email-change') })
      },
    ]
    for (const change of changes) {
      const token = await request((await acme.users.get(ana)).email)
      await change()
      await refused(() => acme.accounts.resetPassword({ token, password: NEW_PASSWORD }), 'CHALLENGE_REFUSED')
      await post.freehold.maintenance.run()
      ana = await post.person(acme)
    }
  })

  it('of two links the first that is used voids the other', async () => {
    const tokens = [await request(), await request()]
    await acme.accounts.resetPassword({ token: tokens[1]!, password: NEW_PASSWORD })
    await refused(() => acme.accounts.resetPassword({ token: tokens[0]!, password: PASSWORD }), 'CHALLENGE_REFUSED')
  })

  it('sends nothing to those who may not sign in', async () => {
    const people = [await post.person(acme), await post.person(acme), await post.person(acme)] as const
    await acme.users.disable(people[0])
    await acme.users.lock(people[1])
    await acme.users.remove(people[2])
    await post.quiet()
    for (const { email } of people) await acme.accounts.requestPasswordReset({ email })
    expect(await post.mailbox.last()).toBeUndefined()
  })

  it('proves the address, and gives a password to who had none', async () => {
    const bob = await acme.users.create({ email: 'bob@example.test' })
    const user = await acme.accounts.resetPassword({ token: await request(bob.email), password: NEW_PASSWORD })
    expect(user).toMatchObject({ hasPassword: true, emailVerifiedAt: expect.any(Date) })
  })

  it.each([
    [{}, 'EMAIL_INVALID'],
    [{ email: 'no address' }, 'EMAIL_INVALID'],
    // A01: normalised first, and then looked at
    [{ email: 'ana＠example.test@evil.test' }, 'EMAIL_INVALID'],
    // U01, U06: nobody names where a link leads
    [{ email: 'a@example.test', redirect: 'https://evil.test' }, 'INPUT_INVALID'],
    [{ email: 'a@example.test', callbackURL: '//evil.test' }, 'INPUT_INVALID'],
  ])('U01: refuses %j and sends nothing', async (input, code) => {
    await refused(() => acme.accounts.requestPasswordReset(input as never), code as 'EMAIL_INVALID')
    expect(await post.mailbox.last()).toBeUndefined()
  })
})
