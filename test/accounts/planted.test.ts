// An account that somebody else made for an address before its owner came: of what they left there nothing is a way in
// once the owner has proven the mailbox, by whichever link.

import { describe, expect, it } from 'vitest'
import type { TenantHandle, User } from '../../src/index.ts'
import { PAGE } from '../audit/api/parts.ts'
import { STORAGES } from '../audit/house.ts'
import { Authenticator } from '../passkeys/authenticator.ts'
import { refused } from '../setup/refusal.ts'
import { eachInPost, NEW_PASSWORD, PASSWORD, type Post } from './house.ts'

const BAD = { ok: false, reason: 'bad-credentials' }

describe.each(STORAGES)('A10: an account that was planted on %s', (storage) => {
  let post: Post
  let acme: TenantHandle
  let planted: User
  let key: Authenticator
  let number: string
  let numbers = 0
  const ready = async (...given: [Post, TenantHandle, User]) => {
    ;[post, acme] = given
    planted = await acme.users.create({ email: `victim-${++numbers}@example.test`, password: PASSWORD })
    number = `+49309018${1000 + numbers}`
    const { id } = await acme.accounts.requestPhoneChange(planted, { phone: number })
    await acme.accounts.confirmPhoneChange(planted, { id, code: await post.code(number) })
    key = new Authenticator()
    const options = await acme.passkeys.registrationOptions(planted, { origin: PAGE.origin })
    await acme.passkeys.register(planted, { response: key.create(options, PAGE) })
    // both are ways in until the owner comes
    expect(await byPasskey()).toMatchObject({ ok: true })
    expect(await byNumber()).toMatchObject({ reason: 'factor-required' })
  }
  eachInPost(storage, ready, { passkeys: { origins: [PAGE.origin] } })

  const byPasskey = async () =>
    acme.signIn.passkey.verify({
      response: key.get(await acme.signIn.passkey.options({ origin: PAGE.origin }), PAGE),
    })
  /** Undefined: no code is sent to the number. */
  const byNumber = async () => {
    await post.quiet()
    const { id } = await acme.signIn.requestCode({ phone: number })
    const sent = await post.phone.last({ to: number })
    return sent && acme.signIn.code({ id, code: await post.code(number) })
  }

  const WAYS: [string, () => Promise<unknown>][] = [
    [
      'a sign-in link',
      async () => {
        await acme.signIn.requestLink({ email: planted.email })
        return acme.signIn.link({ token: await post.token('sign-in-link', planted.email) })
      },
    ],
    [
      'the confirmation of the address',
      async () => {
        await acme.accounts.requestEmailVerification({ email: planted.email })
        return acme.accounts.confirmEmail({ token: await post.token('email-verification', planted.email) })
      },
    ],
    [
      'a new password',
      async () => {
        await acme.accounts.requestPasswordReset({ email: planted.email })
        const token = await post.token('password-reset', planted.email)
        return acme.accounts.resetPassword({ token, password: NEW_PASSWORD })
      },
    ],
  ]

  it.each(WAYS)('by %s its passkeys and its number stop opening it', async (_, arrive) => {
    await arrive()
    expect(await acme.users.get(planted.id)).toMatchObject({ phone: null, emailVerifiedAt: expect.any(Date) })
    expect(await byPasskey()).toEqual(BAD)
    expect(await byNumber()).toBeUndefined()
    expect(await acme.signIn.password({ email: planted.email, password: PASSWORD })).toEqual(BAD)
    // M05: a mailbox removes no second factor, so the passkey is still asked for beside the new password
    await acme.users.setPassword(planted, NEW_PASSWORD)
    const first = await acme.signIn.password({ email: planted.email, password: NEW_PASSWORD })
    expect(first).toMatchObject({ reason: 'factor-required', next: { factors: [{ type: 'webauthn' }] } })
  })

  it('its passkey is shown as what it is, counts as no way in, and can go', async () => {
    await WAYS[0]![1]()
    const [old] = await acme.passkeys.list(planted)
    expect(old).toMatchObject({ signsIn: false })
    const own = new Authenticator()
    const options = await acme.passkeys.registrationOptions(planted, { origin: PAGE.origin })
    const made = await acme.passkeys.register(planted, { response: own.create(options, PAGE) })
    expect(made).toMatchObject({ signsIn: true })
    await refused(() => acme.passkeys.remove(planted, made), 'LAST_FACTOR')
    await acme.passkeys.remove(planted, old!)
    await acme.users.setPassword(planted, NEW_PASSWORD)
    await acme.passkeys.remove(planted, made)
    expect(await acme.passkeys.list(planted)).toEqual([])
  })

  it('of an owner who confirms where they are signed in everything stays', async () => {
    const signedIn = await byPasskey()
    if (!('session' in signedIn)) throw new Error('nobody signed in')
    await acme.accounts.requestEmailVerification({ email: planted.email })
    const token = await post.token('email-verification', planted.email)
    await acme.accounts.confirmEmail({ token, session: signedIn.session.id })
    expect(await byPasskey()).toMatchObject({ ok: true })
    expect(await acme.users.get(planted.id)).toMatchObject({ phone: number })
  })
})
