// E-mail as a factor, turned off by a tenant or by the host (ASVS 5.0, V6.3.6): neither offered nor taken, on any way in.

import { describe, expect, it } from 'vitest'
import type { TenantHandle, User } from '../../src/index.ts'
import { PASSWORD, STORAGES } from '../audit/house.ts'
import { next } from '../authentication/factor-house.ts'
import { refused } from '../setup/refusal.ts'
import { eachInPost, enter, NEW_PASSWORD, openPost, type Post } from './house.ts'

const NUMBER = '+4930901820'

describe.each(STORAGES)('where a mailbox is no factor, on %s', (storage) => {
  let post: Post
  /** Before it was turned off, and after. */
  let before: TenantHandle
  let acme: TenantHandle
  let ana: User
  eachInPost(storage, async (...given) => {
    ;[post, before, ana] = given
    await turn({ emailFactor: false })
  })
  async function turn(authentication: object) {
    await post.freehold.tenants.update(before, { settings: { authentication } })
    acme = await post.freehold.tenant(before.id)
  }

  it('no link and no code is sent, to whomever, and those from before are worth nothing', async () => {
    await before.signIn.requestLink({ email: ana.email })
    const token = await post.token('sign-in-link')
    const { id } = await before.signIn.requestCode({ email: ana.email })
    const code = await post.code(ana.email)
    await post.quiet()
    for (const email of [ana.email, 'nobody@example.test']) {
      await refused(() => acme.signIn.requestLink({ email }), 'EMAIL_FACTOR_OFF')
      await refused(() => acme.signIn.requestCode({ email }), 'EMAIL_FACTOR_OFF')
    }
    await refused(() => acme.signIn.link({ token }), 'EMAIL_FACTOR_OFF')
    await refused(() => acme.signIn.code({ id, code }), 'EMAIL_FACTOR_OFF')
    expect(await post.mailbox.last()).toBeUndefined()
    expect((await acme.sessions.list(ana)).items).toEqual([])
    // what was not looked at was not used up
    await turn({})
    expect(await acme.signIn.link({ token })).toMatchObject({ ok: true })
  })

  it('codes by text message go on', async () => {
    const asked = await acme.accounts.requestPhoneChange(ana, { phone: NUMBER })
    await acme.accounts.confirmPhoneChange(ana, { id: asked.id, code: await post.code(NUMBER) })
    const { id } = await acme.signIn.requestCode({ phone: NUMBER })
    expect(await acme.signIn.code({ id, code: await post.code(NUMBER) })).toMatchObject({ ok: true })
  })

  it('no mailbox becomes a second factor', async () => {
    await refused(() => acme.factors.enrolEmail(ana, { name: 'Mail' }), 'EMAIL_FACTOR_OFF')
    const { factor } = await before.factors.enrolEmail(ana, { name: 'Mail' })
    const code = await post.code(ana.email)
    await refused(() => acme.factors.sendCode(ana, factor), 'EMAIL_FACTOR_OFF')
    await refused(() => acme.factors.confirm(ana, factor, { code }), 'EMAIL_FACTOR_OFF')
    expect(await acme.factors.list(ana)).toMatchObject([{ confirmedAt: null }])
  })

  it('one that is there is not asked for: another one is, or nobody is let in', async () => {
    const { factor } = await before.factors.enrolEmail(ana, { name: 'Mail' })
    await before.factors.confirm(ana, factor, { code: await post.code(ana.email) })
    const waiting = await post.waiting(before, ana)
    await before.signIn.challenge({ token: waiting.token })
    const code = await post.code(ana.email)
    // a sign-in that was begun while it was a factor
    expect(await acme.signIn.continue({ token: waiting.token, code })).toMatchObject({ ok: false })
    expect(await acme.signIn.password({ email: ana.email, password: PASSWORD })).toEqual({
      ok: false,
      reason: 'denied',
    })
    await acme.factors.renewRecoveryCodes(ana)
    const { factors } = next(await acme.signIn.password({ email: ana.email, password: PASSWORD }))
    expect(factors.map(({ type }) => type)).toEqual(['recovery_code'])
    await turn({})
    expect((await post.waiting(acme, ana)).factors.map(({ type }) => type)).toEqual(['email', 'recovery_code'])
  })

  it('it is not enough to be left where two factors are demanded', async () => {
    const { factor } = await before.factors.enrolEmail(ana, { name: 'Mail' })
    await before.factors.confirm(ana, factor, { code: await post.code(ana.email) })
    const { factor: app, secret } = await before.factors.enrolTotp(ana, { name: 'App' })
    const { generate } = await import('otplib')
    await before.factors.confirm(ana, app, { code: await generate({ secret }) })
    await turn({ emailFactor: false, requiredAssurance: 2 })
    await refused(() => acme.factors.remove(ana, app), 'LAST_FACTOR')
    await acme.factors.remove(ana, factor)
    await turn({ requiredAssurance: 2 })
    await refused(() => acme.factors.remove(ana, app), 'LAST_FACTOR')
  })

  it('addresses are proven and passwords reset all the same', async () => {
    await acme.accounts.requestPasswordReset({ email: ana.email })
    await acme.accounts.resetPassword({ token: await post.token('password-reset'), password: NEW_PASSWORD })
    await enter(acme, ana, NEW_PASSWORD)
  })

  it('whoever joins chooses a password, and it is what signs them in', async () => {
    await acme.accounts.invite({ email: 'guest@example.test' })
    const token = await post.token('invitation')
    await refused(() => acme.accounts.acceptInvitation({ token }), 'INPUT_INVALID')
    const joined = await acme.accounts.acceptInvitation({ token, password: NEW_PASSWORD })
    expect(joined).toMatchObject({ ok: true, session: { authenticationMethods: ['pwd'] } })
  })

  it('A08: a setting that cannot be read refuses everybody', async () => {
    await turn({ emailFactor: 'no' })
    await refused(() => acme.signIn.password({ email: ana.email, password: PASSWORD }), 'CONFIG_INVALID')
    await refused(() => acme.signIn.requestLink({ email: ana.email }), 'CONFIG_INVALID')
  })
})

it('the host turns it off for all, and no tenant turns it on again', async () => {
  const strict = await openPost('memory', { accounts: { emailFactor: false } })
  const acme = await strict.tenant()
  await strict.freehold.tenants.update(acme, { settings: { authentication: { emailFactor: true } } })
  const reopened = await strict.freehold.tenant(acme.id)
  const { email } = await strict.person(acme)
  await refused(() => reopened.signIn.requestLink({ email }), 'EMAIL_FACTOR_OFF')
  await strict.close()
})
