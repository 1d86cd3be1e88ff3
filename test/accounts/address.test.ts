// A user's address and number: proven, changed, removed; and the account given up.

import { describe, expect, it } from 'vitest'
import type { TenantHandle, User } from '../../src/index.ts'
import { actionsOf, STORAGES } from '../audit/house.ts'
import { refused } from '../setup/refusal.ts'
import { eachInPost, enter, PASSWORD, type Post, works } from './house.ts'

const NUMBER = '+4930901820'

describe.each(STORAGES)('an account on %s', (storage) => {
  let post: Post
  let acme: TenantHandle
  let ana: User
  eachInPost(storage, (...given) => {
    ;[post, acme, ana] = given
  })
  const change = async (email: string, user = ana) => {
    await acme.accounts.requestEmailChange(user, { email })
    return post.token('email-change', email)
  }

  describe('proving the address', () => {
    const verify = async ({ email }: User) => {
      await acme.accounts.requestEmailVerification({ email })
      return post.token('email-verification', email)
    }

    it('keeps password and sessions when it is done in a session of the user', async () => {
      const bob = await post.person(acme, { emailVerified: false })
      const { session, tokens } = await enter(acme, bob)
      const confirmed = await acme.accounts.confirmEmail({ token: await verify(bob), session: session.id })
      expect(confirmed).toMatchObject({ passwordRemoved: false, user: { emailVerifiedAt: expect.any(Date) } })
      expect(await works(post, tokens.accessToken)).toBe(true)
      await enter(acme, bob)
    })

    it('A10: removes them when it is not: nobody knows who chose the password', async () => {
      const bob = await post.person(acme, { emailVerified: false })
      const { tokens } = await enter(acme, bob)
      const strangers = await enter(acme, ana)
      const token = await verify(bob)
      const confirmed = await acme.accounts.confirmEmail({ token, session: strangers.session.id })
      expect(confirmed).toMatchObject({ passwordRemoved: true, user: { hasPassword: false } })
      expect(await works(post, tokens.accessToken)).toBe(false)
      expect(await works(post, strangers.tokens.accessToken)).toBe(true)
      expect(await acme.signIn.password({ email: bob.email, password: PASSWORD })).toMatchObject({ ok: false })
      await refused(() => acme.accounts.confirmEmail({ token }), 'CHALLENGE_REFUSED')
    })

    it('A04: is nothing that an update can do', async () => {
      const bob = await post.person(acme, { emailVerified: false })
      await refused(() => acme.users.update(bob, { emailVerified: true } as never), 'INPUT_INVALID')
      await refused(() => acme.users.update(bob, { emailVerifiedAt: new Date() } as never), 'INPUT_INVALID')
      expect((await acme.users.get(bob)).emailVerifiedAt).toBeNull()
    })

    it('sends nothing where there is nothing to prove, and answers the same', async () => {
      expect(await acme.accounts.requestEmailVerification({ email: ana.email })).toBeUndefined()
      expect(await post.mailbox.last()).toBeUndefined()
    })
  })

  describe('changing the address', () => {
    it('happens when the new one is confirmed; both are told, before and after', async () => {
      const email = 'Ana.New@example.test'
      const token = await change(email)
      expect((await post.mailbox.last({ to: ana.email }))?.text).toContain(email)
      expect((await acme.users.get(ana)).email).toBe(ana.email)
      await enter(acme, ana)
      const user = await acme.accounts.confirmEmailChange({ token })
      expect(user).toMatchObject({ email, emailVerifiedAt: expect.any(Date) })
      for (const to of [ana.email, email])
        expect(await post.mailbox.last({ to })).toMatchObject({ kind: 'email-changed' })
      await enter(acme, user)
      await refused(() => acme.accounts.confirmEmailChange({ token }), 'CHALLENGE_REFUSED')
      expect((await actionsOf(acme)).filter((action) => action.startsWith('user.'))).toEqual([
        'user.created',
        'user.challenge_requested',
        'user.email_changed',
      ])
    })

    it('ASVS V7.5.1: asks for a sign-in a short while ago, in a live session of that very user', async () => {
      const { session } = await enter(acme, ana)
      const other = await enter(acme, await post.person(acme))
      const asked = (id: string) =>
        acme.accounts.requestEmailChange(ana, { email: 'n@example.test', session: id as never })
      await refused(() => asked(other.session.id), 'STEP_UP_REQUIRED')
      if (post.database) {
        const late =
          "update freehold.sessions set authenticated_at = authenticated_at - interval '11 minutes' where id = $1"
        await post.database.admin(late, [session.id])
        expect((await refused(() => asked(session.id), 'STEP_UP_REQUIRED')).details).toMatchObject({
          maxAgeMs: 600_000,
        })
      }
      const fresh = await enter(acme, ana)
      await asked(fresh.session.id)
      await acme.sessions.revoke(fresh.session.id)
      await refused(() => asked(fresh.session.id), 'STEP_UP_REQUIRED')
    })

    it('ASVS V7.5.1: in a user’s own name it is the session of that name that is asked for', async () => {
      const { session } = await enter(acme, ana)
      const phone = '+4930901821'
      const own = (sessionId?: string) =>
        acme.as({ type: 'user', id: ana.id, ...(sessionId === undefined ? {} : { sessionId }) }).accounts
      const asks: ((accounts: typeof acme.accounts) => Promise<unknown>)[] = [
        (accounts) => accounts.requestEmailChange(ana, { email: 'own@example.test' }),
        (accounts) => accounts.requestPhoneChange(ana, { phone }),
        (accounts) => accounts.removePhone(ana),
        (accounts) => accounts.deactivate(ana),
      ]
      const { id } = await acme.accounts.requestPhoneChange(ana, { phone })
      await acme.accounts.confirmPhoneChange(ana, { id, code: await post.code(phone) })
      const other = await enter(acme, await post.person(acme))
      for (const ask of asks) {
        await refused(() => ask(own()), 'STEP_UP_REQUIRED')
        await refused(() => ask(own(other.session.id)), 'STEP_UP_REQUIRED')
        await ask(own(session.id))
      }
    })

    it('asks for the second factor of whoever has one, and never lets an impersonator', async () => {
      if (!post.database) return
      const { session } = await enter(acme, ana)
      const asked = () => acme.accounts.requestEmailChange(ana, { email: 'm@example.test', session: session.id })
      const set = (column: string, value: string) =>
        post.database!.admin(`update freehold.sessions set ${column} = ${value} where id = $1`, [session.id])
      await set('impersonator_id', 'gen_random_uuid()')
      await refused(asked, 'STEP_UP_REQUIRED')
      await set('impersonator_id', 'null')
      const { factor } = await acme.factors.enrolEmail(ana, { name: 'Mail' })
      await acme.factors.confirm(ana, factor, { code: await post.code(ana.email) })
      expect((await refused(asked, 'STEP_UP_REQUIRED')).details).toEqual({ level: 2, maxAgeMs: 600_000 })
      await set('assurance_level', '2')
      await asked()
    })

    it('A05: an address that somebody has is answered the same and gets no link', async () => {
      const bob = await post.person(acme)
      expect(await acme.accounts.requestEmailChange(ana, { email: bob.email })).toBeUndefined()
      await post.mailbox.last()
      expect(post.mailbox.all.map(({ to, kind }) => [to, kind])).toEqual([[ana.email, 'email-change-requested']])
    })

    it('is void after a sign-out everywhere: what the old address is told to do helps', async () => {
      const token = await change('thief@example.test')
      await acme.sessions.revokeAll(ana)
      await refused(() => acme.accounts.confirmEmailChange({ token }), 'CHALLENGE_REFUSED')
      expect((await acme.users.get(ana)).email).toBe(ana.email)
    })

    it('is refused when somebody took the address meanwhile, and uses nothing up', async () => {
      const token = await change('wanted@example.test')
      const taker = await acme.users.create({ email: 'wanted@example.test' })
      await refused(() => acme.accounts.confirmEmailChange({ token }), 'EMAIL_TAKEN')
      await acme.users.remove(taker)
      expect(await acme.accounts.confirmEmailChange({ token })).toMatchObject({ email: 'wanted@example.test' })
    })
  })

  describe('a number', () => {
    it('is set by its code, for the user who asked, and removed', async () => {
      const bob = await post.person(acme)
      const asked = await acme.accounts.requestPhoneChange(ana, { phone: NUMBER })
      const code = await post.code(NUMBER)
      // M08
      await refused(() => acme.accounts.confirmPhoneChange(bob, { id: asked.id, code }), 'CHALLENGE_REFUSED')
      expect(await acme.accounts.confirmPhoneChange(ana, { id: asked.id, code })).toMatchObject({ phone: NUMBER })
      const notice = await post.mailbox.last({ to: ana.email })
      expect([notice?.kind, notice?.text.includes('820'), notice?.text.includes(NUMBER)]).toEqual([
        'phone-changed',
        true,
        false,
      ])
      await refused(() => acme.accounts.confirmPhoneChange(ana, { id: asked.id, code }), 'CHALLENGE_REFUSED')
      expect(await acme.accounts.removePhone(ana)).toMatchObject({ phone: null, phoneVerifiedAt: null })
      expect(await acme.accounts.removePhone(ana)).toMatchObject({ phone: null })
    })

    it('is not set after five wrong codes, whatever comes then', async () => {
      const { id } = await acme.accounts.requestPhoneChange(ana, { phone: NUMBER })
      const code = await post.code(NUMBER)
      for (const wrong of ['', '1', code === '000000' ? '111111' : '000000', `${code}0`, ` ${code}`])
        await refused(() => acme.accounts.confirmPhoneChange(ana, { id, code: wrong }), 'CHALLENGE_REFUSED')
      await refused(() => acme.accounts.confirmPhoneChange(ana, { id, code }), 'CHALLENGE_REFUSED')
      expect((await acme.users.get(ana)).phone).toBeNull()
    })

    it('is sent few messages, whoever asks', async () => {
      for (let i = 0; i < 4; i++) await acme.accounts.requestPhoneChange(await post.person(acme), { phone: NUMBER })
      const bob = await post.person(acme)
      await refused(() => acme.accounts.requestPhoneChange(bob, { phone: NUMBER }), 'TOO_MANY_ATTEMPTS')
      for (let i = 0; i < 4; i++) await acme.accounts.requestPhoneChange(ana, { phone: `+493090183${i}` })
      await refused(() => acme.accounts.requestPhoneChange(ana, { phone: '+4930901829' }), 'TOO_MANY_ATTEMPTS')
    })

    it.each(['030 901820', '+49', '+0301234567', '+49 30 abc', '+1234567890123456', '', 7, null])(
      '%s is none',
      async (phone) => {
        await refused(() => acme.accounts.requestPhoneChange(ana, { phone: phone as string }), 'PHONE_INVALID')
      },
    )
  })

  describe('giving the account up', () => {
    it('ends every session, and only an operator undoes it', async () => {
      const { session, tokens } = await enter(acme, ana)
      expect(await acme.accounts.deactivate(ana, { session: session.id })).toMatchObject({ status: 'disabled' })
      expect(await works(post, tokens.accessToken)).toBe(false)
      expect(await acme.signIn.password({ email: ana.email, password: PASSWORD })).toMatchObject({ ok: false })
      await acme.users.enable(ana)
      await enter(acme, ana)
    })

    it('asks for a fresh session, and leaves the last owner', async () => {
      const other = await enter(acme, await post.person(acme))
      await refused(() => acme.accounts.deactivate(ana, { session: other.session.id }), 'STEP_UP_REQUIRED')
      await acme.assignments.grant({ principal: ana, role: 'owner' })
      await refused(() => acme.accounts.deactivate(ana), 'LAST_OWNER')
      expect((await acme.users.get(ana)).status).toBe('active')
    })
  })

  it('A09: another tenant’s user is nobody', async () => {
    const other = await post.tenant()
    for (const call of [
      () => other.accounts.requestEmailChange(ana, { email: 'x@example.test' }),
      () => other.accounts.requestPhoneChange(ana, { phone: NUMBER }),
      () => other.accounts.removePhone(ana),
      () => other.accounts.deactivate(ana),
      () => other.users.lock(ana),
    ])
      await refused(call, 'USER_UNKNOWN')
    await enter(acme, ana)
  })
})
