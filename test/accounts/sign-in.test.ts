// Signing in by a link and by a code.

import { generate } from 'otplib'
import { describe, expect, it } from 'vitest'
import type { TenantHandle, User } from '../../src/index.ts'
import { actionsOf, STORAGES } from '../audit/house.ts'
import { next } from '../authentication/factor-house.ts'
import { refused } from '../setup/refusal.ts'
import { eachInPost, enter, NEW_PASSWORD, PASSWORD, type Post, tampered, works } from './house.ts'

const BAD = { ok: false, reason: 'bad-credentials' }
const NUMBER = '+4930901820'

describe.each(STORAGES)('a link or a code on %s', (storage) => {
  let post: Post
  let acme: TenantHandle
  let ana: User
  eachInPost(storage, (...given) => {
    ;[post, acme, ana] = given
  })
  const link = async ({ email } = ana) => {
    await acme.signIn.requestLink({ email })
    return post.token('sign-in-link', email)
  }
  const coded = async ({ email } = ana) => {
    const { id } = await acme.signIn.requestCode({ email })
    return { id, code: await post.code(email) }
  }
  const withPhone = async (user = ana, phone = NUMBER) => {
    const { id } = await acme.accounts.requestPhoneChange(user, { phone })
    return acme.accounts.confirmPhoneChange(user, { id, code: await post.code(phone) })
  }
  /** An authenticator app, and its next code. */
  const withApp = async (user = ana) => {
    const { factor, secret } = await acme.factors.enrolTotp(user, { name: 'App' })
    const epoch = Math.floor(Date.now() / 1000)
    await acme.factors.confirm(user, factor, { code: await generate({ secret, epoch: epoch - 30 }) })
    return () => generate({ secret, epoch: Math.floor(Date.now() / 1000) })
  }

  it('opens a session of one factor, once', async () => {
    const token = await link()
    const signedIn = await acme.signIn.link({ token, client: { ip: '192.0.2.7', userAgent: 'test' } })
    expect(signedIn).toMatchObject({
      ok: true,
      user: { id: ana.id },
      session: { assuranceLevel: 1, authenticationMethods: ['otp'], ip: '192.0.2.7' },
    })
    expect(await acme.signIn.link({ token })).toEqual(BAD)
    const answer = await coded()
    expect(await acme.signIn.code(answer)).toMatchObject({ ok: true, session: { authenticationMethods: ['otp'] } })
    expect(await acme.signIn.code(answer)).toEqual(BAD)
    await withPhone()
    const { id } = await acme.signIn.requestCode({ phone: '+49 30 901820' })
    const sms = await acme.signIn.code({ id, code: await post.code(NUMBER) })
    expect(sms).toMatchObject({ ok: true, session: { authenticationMethods: ['sms'] } })
  })

  it('M06: is one factor: whoever has a second one is asked for it', async () => {
    const code = await withApp()
    const token = await link()
    const waiting = await acme.signIn.link({ token })
    if (waiting.ok || waiting.reason !== 'factor-required') throw new Error('a session without the second factor')
    expect(waiting.next.factors).toMatchObject([{ type: 'totp' }])
    expect((await acme.sessions.list(ana)).items).toEqual([])
    expect(await acme.signIn.link({ token })).toEqual(BAD)
    const entered = await acme.signIn.continue({ token: waiting.next.token, code: await code() })
    expect(entered).toMatchObject({ ok: true, session: { assuranceLevel: 2 } })
    expect(await acme.signIn.code(await coded())).toMatchObject({ ok: false, reason: 'factor-required' })
  })

  it('M05: a password reset leaves the second factor to be asked for', async () => {
    await withApp()
    await acme.accounts.requestPasswordReset({ email: ana.email })
    await acme.accounts.resetPassword({ token: await post.token('password-reset'), password: NEW_PASSWORD })
    const signedIn = await acme.signIn.password({ email: ana.email, password: NEW_PASSWORD })
    expect(signedIn).toMatchObject({ ok: false, reason: 'factor-required' })
    expect((await acme.sessions.list(ana)).items).toEqual([])
  })

  it('M06: the mailbox is not two factors: it opens nothing for whom it is the only second one', async () => {
    const { factor } = await acme.factors.enrolEmail(ana, { name: 'Mail' })
    await acme.factors.confirm(ana, factor, { code: await post.code(ana.email) })
    expect(await acme.signIn.link({ token: await link() })).toEqual({ ok: false, reason: 'denied' })
    expect((await actionsOf(acme)).at(-1)).toBe('sign_in.denied')
    // beside another it is not offered again
    await withApp()
    const waiting = await acme.signIn.link({ token: await link() })
    expect(waiting).toMatchObject({ reason: 'factor-required', next: { factors: [{ type: 'totp' }] } })
  })

  it('M08: a code is good for its own request, user and tenant, and for ten minutes', async () => {
    const [first, second] = [await coded(), await coded()]
    expect(await acme.signIn.code({ id: second.id, code: first.code })).toEqual(BAD)
    expect(await acme.signIn.code({ id: first.id, code: second.code })).toEqual(BAD)
    const bob = await coded(await post.person(acme))
    expect(await acme.signIn.code({ id: bob.id, code: first.code })).toEqual(BAD)
    const other = await post.tenant()
    await post.person(other, { email: ana.email })
    expect(await other.signIn.code(first)).toEqual(BAD)
    if (post.database) {
      const old = await coded()
      await post.database.admin(
        "update freehold.challenges set expires_at = expires_at - interval '10 minutes' where id = $1",
        [old.id],
      )
      expect(await acme.signIn.code(old)).toEqual(BAD)
    }
    expect(await acme.signIn.code(first)).toMatchObject({ ok: true })
  })

  it('M02: of a code five guesses are looked at, however many come at once', async () => {
    const { id, code } = await coded()
    const wrong = code === '00000000' ? '00000001' : '00000000'
    const answers = await Promise.all(Array.from({ length: 12 }, () => acme.signIn.code({ id, code: wrong })))
    expect(answers.every(({ ok }) => !ok)).toBe(true)
    expect(answers.some((answer) => !answer.ok && answer.reason === 'too-many-attempts')).toBe(true)
    expect(await acme.signIn.code({ id, code })).toMatchObject({ ok: false })
    // M04: who guesses codes does not lock the password
    await enter(acme, ana)
  })

  it('A14: a right code forgets the wrong ones before it', async () => {
    for (let round = 0; round < 3; round++) {
      const { id, code } = await coded()
      const wrong = code === '00000000' ? '00000001' : '00000000'
      for (let i = 0; i < 3; i++) expect(await acme.signIn.code({ id, code: wrong })).toEqual(BAD)
      expect(await acme.signIn.code({ id, code })).toMatchObject({ ok: true })
    }
  })

  it('A05: unknown addresses and numbers are answered alike, and every answer to them is wrong', async () => {
    const asked = [
      await acme.signIn.requestCode({ email: ana.email }),
      await acme.signIn.requestCode({ email: 'ghost@example.test' }),
      await acme.signIn.requestCode({ phone: '+4930111111' }),
    ]
    for (const { id, expiresInMs } of asked) expect([id, expiresInMs]).toEqual([expect.any(String), 600_000])
    expect(await acme.signIn.requestLink({ email: 'ghost@example.test' })).toBeUndefined()
    expect(await acme.signIn.code({ id: asked[1]!.id, code: '12345678' })).toEqual(BAD)
    expect(await acme.signIn.code({ id: asked[2]!.id, code: '12345678' })).toEqual(BAD)
    expect(await acme.signIn.code({ id: 'no id', code: '12345678' })).toEqual(BAD)
    await post.mailbox.last()
    expect(post.mailbox.all.map(({ to }) => to)).toEqual([ana.email])
    expect(post.phone.all).toEqual([])
  })

  it('M06: a session that began in a mailbox is not stepped up by a code out of the same one', async () => {
    const signedIn = await acme.signIn.link({ token: await link() })
    if (!signedIn.ok) throw new Error(signedIn.reason)
    const stepUp = () => acme.signIn.stepUp({ session: signedIn.session.id })
    const { factor } = await acme.factors.enrolEmail(ana, { name: 'Mailbox' })
    await acme.factors.confirm(ana, factor, { code: await post.code(ana.email) })
    expect(await stepUp()).toEqual({ ok: false, reason: 'denied' })
    await withApp()
    expect(await stepUp()).toMatchObject({ reason: 'factor-required', next: { factors: [{ type: 'totp' }] } })
    // another mailbox is another factor
    const other = await acme.factors.enrolEmail(ana, { name: 'Other', email: `other-${ana.email}` })
    await acme.factors.confirm(ana, other.factor, { code: await post.code(`other-${ana.email}`) })
    const types = [{ type: 'totp' }, { type: 'email', name: 'Other' }]
    expect(await stepUp()).toMatchObject({ reason: 'factor-required', next: { factors: types } })
  })

  it('M06: a number is one factor, and another number another one', async () => {
    await withPhone()
    const confirmed = async (name: string, phone: string) => {
      const { factor } = await acme.factors.enrolSms(ana, { name, phone })
      await acme.factors.confirm(ana, factor, { code: await post.code(phone) })
    }
    const byCode = async () => {
      const { id } = await acme.signIn.requestCode({ phone: NUMBER })
      return acme.signIn.code({ id, code: await post.code(NUMBER) })
    }
    const opened = await byCode()
    if (!opened.ok) throw new Error(opened.reason)
    await confirmed('Same', NUMBER)
    expect(await byCode()).toEqual({ ok: false, reason: 'denied' })
    await confirmed('Other', '+4930901899')
    const waiting = await byCode()
    expect(waiting).toMatchObject({ reason: 'factor-required', next: { factors: [{ type: 'sms', name: 'Other' }] } })
    const { token } = next(waiting)
    await acme.signIn.challenge({ token })
    expect(await acme.signIn.continue({ token, code: await post.code('+4930901899') })).toMatchObject({
      ok: true,
      session: { assuranceLevel: 2 },
    })
    // which of the two opened an earlier session is not known any more
    expect(await acme.signIn.stepUp({ session: opened.session.id })).toEqual({ ok: false, reason: 'denied' })
  })

  it('M06: one mailbox is one factor, however its address is spelled', async () => {
    const eva = await acme.users.create({ email: 'Eva.Größe@bücher.test', emailVerified: true })
    const { factor } = await acme.factors.enrolEmail(eva, { name: 'Mailbox' })
    await acme.factors.confirm(eva, factor, { code: await post.code(eva.email) })
    expect(await acme.signIn.link({ token: await link(eva) })).toEqual({ ok: false, reason: 'denied' })
  })

  it('A10: whoever registered the address before its owner came has no way in afterwards', async () => {
    const victim = 'victim@example.test'
    const planted = await acme.users.create({ email: victim, password: PASSWORD })
    const attacker = await enter(acme, planted)
    const signedIn = await acme.signIn.link({ token: await link(planted) })
    if (!signedIn.ok) throw new Error(signedIn.reason)
    expect(signedIn.user).toMatchObject({ id: planted.id, hasPassword: false, emailVerifiedAt: expect.any(Date) })
    expect(await works(post, attacker.tokens.accessToken)).toBe(false)
    expect(await acme.signIn.password({ email: victim, password: PASSWORD })).toEqual(BAD)
    expect(await works(post, signedIn.tokens.accessToken)).toBe(true)
    // the owner's own password, later, is nobody's business
    await acme.users.setPassword(planted, NEW_PASSWORD)
    expect(await acme.signIn.link({ token: await link(planted) })).toMatchObject({ ok: true })
    await enter(acme, planted, NEW_PASSWORD)
  })

  it('A13: is void once the user has another address, was signed out everywhere, or may not sign in', async () => {
    const changes: ((user: User) => Promise<unknown>)[] = [
      (user) => acme.sessions.revokeAll(user),
      (user) => acme.users.lock(user),
      (user) => acme.users.setPassword(user, NEW_PASSWORD),
    ]
    for (const change of changes) {
      const user = await post.person(acme)
      const [token, code] = [await link(user), await coded(user)]
      await change(user)
      expect([await acme.signIn.link({ token }), await acme.signIn.code(code)]).toEqual([BAD, BAD])
    }
  })

  it('a number that two users have proven means neither', async () => {
    await withPhone()
    await withPhone(await post.person(acme))
    await post.quiet()
    await acme.signIn.requestCode({ phone: NUMBER })
    expect(await post.phone.last()).toBeUndefined()
  })

  it('A12: is taken for its own purpose alone', async () => {
    const token = await link()
    for (const call of [
      () => acme.accounts.confirmEmail({ token }),
      () => acme.accounts.confirmSignUp({ token }),
      () => acme.accounts.acceptInvitation({ token }),
      () => acme.accounts.confirmEmailChange({ token }),
      () => acme.accounts.resetPassword({ token, password: NEW_PASSWORD }),
    ])
      await refused(call, 'CHALLENGE_REFUSED')
    await refused(() => post.freehold.sessions.verify(token), 'TOKEN_INVALID')
    for (const it of [tampered(token), `${token}=`, token.slice(1), ''])
      expect(await acme.signIn.link({ token: it })).toEqual(BAD)
    expect(await acme.signIn.link({ token })).toMatchObject({ ok: true })
  })

  it.each([
    [() => acme.signIn.link({} as never), 'INPUT_INVALID'],
    [() => acme.signIn.link({ token: 1 } as never), 'INPUT_INVALID'],
    [() => acme.signIn.link({ token: 'x', client: { ip: 7 } } as never), 'INPUT_INVALID'],
    [() => acme.signIn.code({ id: 'x' } as never), 'INPUT_INVALID'],
    [() => acme.signIn.code({ id: 'x', code: 123456 } as never), 'INPUT_INVALID'],
    [() => acme.signIn.requestCode({} as never), 'EMAIL_INVALID'],
    [() => acme.signIn.requestCode({ phone: '030 901820' }), 'PHONE_INVALID'],
    [() => acme.signIn.requestCode({ phone: NUMBER, email: ana.email } as never), 'INPUT_INVALID'],
    [() => acme.signIn.requestLink({ email: 'x' }), 'EMAIL_INVALID'],
  ] as const)('bad input is one typed error: %s', async (call, code) => {
    await refused(call, code)
  })
})
