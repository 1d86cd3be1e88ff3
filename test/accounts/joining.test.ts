// Signing up by the mailbox, and being invited.

import { describe, expect, it } from 'vitest'
import type { TenantHandle } from '../../src/index.ts'
import { actionsOf, logOf, STORAGES } from '../audit/house.ts'
import { refused } from '../setup/refusal.ts'
import { eachInPost, enter, PASSWORD, type Post } from './house.ts'

const EMAIL = 'Nia@example.test'

describe.each(STORAGES)('joining on %s', (storage) => {
  let post: Post
  let acme: TenantHandle
  eachInPost(storage, (...given) => {
    ;[post, acme] = given
  })
  const ways = {
    async 'sign-up'(email: string) {
      await acme.accounts.requestSignUp({ email })
      return post.token('sign-up', email)
    },
    async invitation(email: string) {
      await acme.accounts.invite({ email })
      return post.token('invitation', email)
    },
  }
  const join = (way: keyof typeof ways, proof: { token: string; password?: string; name?: string }) =>
    way === 'sign-up' ? acme.accounts.confirmSignUp(proof) : acme.accounts.acceptInvitation(proof)

  describe.each(['sign-up', 'invitation'] as const)('by %s', (way) => {
    it('creates the user when the link comes back, proven, and signs them in', async () => {
      const token = await ways[way](EMAIL)
      expect(await acme.users.findByEmail(EMAIL)).toBeUndefined()
      const joined = await join(way, { token, password: PASSWORD, name: ' Nia ' })
      expect(joined).toMatchObject({
        ok: true,
        user: { email: EMAIL, name: 'Nia', emailVerifiedAt: expect.any(Date) },
        session: { assuranceLevel: 1, authenticationMethods: ['otp'] },
      })
      await enter(acme, { email: EMAIL })
      await refused(() => join(way, { token, password: PASSWORD }), 'CHALLENGE_REFUSED')
      expect((await actionsOf(acme)).slice(way === 'sign-up' ? -4 : -5)).toEqual([
        way === 'sign-up' ? 'user.challenge_requested' : 'invitation.sent',
        'user.created',
        ...(way === 'sign-up' ? [] : ['invitation.accepted']),
        'session.opened',
        'session.opened',
      ])
      expect(JSON.stringify(await logOf(acme))).not.toMatch(/nia@/i)
    })

    it('a password that is not accepted, or a name, does not use the link up', async () => {
      const token = await ways[way](EMAIL)
      await refused(() => join(way, { token, password: 'short' }), 'PASSWORD_REJECTED')
      await refused(() => join(way, { token, name: 'x'.repeat(201) }), 'INPUT_INVALID')
      expect(await join(way, { token })).toMatchObject({ ok: true, user: { hasPassword: false } })
    })

    it('A02: is for the address that the link was sent to, and for this tenant', async () => {
      const token = await ways[way](EMAIL)
      await refused(() => join(way, { token, email: 'eve@example.test' } as never), 'INPUT_INVALID')
      const other = await post.tenant()
      await refused(() => other.accounts.confirmSignUp({ token }), 'CHALLENGE_REFUSED')
      await refused(() => other.accounts.acceptInvitation({ token }), 'CHALLENGE_REFUSED')
      const crossed = way === 'sign-up' ? 'invitation' : 'sign-up'
      await refused(() => join(crossed, { token }), 'CHALLENGE_REFUSED')
      expect(await join(way, { token })).toMatchObject({ user: { email: EMAIL } })
    })

    it('an address that was taken meanwhile stays its owner’s', async () => {
      const token = await ways[way](EMAIL)
      const owner = await post.person(acme, { email: EMAIL })
      await refused(() => join(way, { token, password: 'another password of mine' }), 'EMAIL_TAKEN')
      await enter(acme, owner)
    })
  })

  it('A05: sign-up answers the same for every address, and tells only its owner', async () => {
    const people = [await post.person(acme), await post.person(acme), await post.person(acme)]
    await acme.users.lock(people[1]!)
    await acme.users.remove(people[2]!)
    await post.quiet()
    for (const { email } of people) expect(await acme.accounts.requestSignUp({ email })).toBeUndefined()
    await post.mailbox.last()
    expect(post.mailbox.all.map(({ to, kind }) => [to, kind])).toEqual([
      [people[0]!.email, 'sign-up-known'],
      [people[2]!.email, 'sign-up'],
    ])
  })

  it('an operator is told that the address has a user', async () => {
    const { email } = await post.person(acme)
    await refused(() => acme.accounts.invite({ email }), 'EMAIL_TAKEN')
    expect(await post.mailbox.last()).toBeUndefined()
  })

  it('A01: an address in another form is the same address', async () => {
    const token = await ways.invitation('ana@EXAMPLE.test')
    await acme.accounts.acceptInvitation({ token })
    await refused(() => acme.accounts.invite({ email: 'ANA@example.test' }), 'EMAIL_TAKEN')
    await refused(() => acme.accounts.invite({ email: 'ana＠example.test' }), 'EMAIL_INVALID')
  })
})
