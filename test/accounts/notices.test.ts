// What the owner of an account is told when it changes, whoever changed it and by which door (ASVS 5.0, V6.3.7).

import { describe, expect, it } from 'vitest'
import type { Actor, MailKind, TenantHandle, User } from '../../src/index.ts'
import { STORAGES } from '../audit/house.ts'
import { next } from '../authentication/factor-house.ts'
import { Authenticator } from '../passkeys/authenticator.ts'
import { refused } from '../setup/refusal.ts'
import { eachInPost, enter, NEW_PASSWORD, openPost, type Post } from './house.ts'

const PAGE = { origin: 'https://app.example.test' }
const OPERATOR: Actor = { type: 'operator', id: '01890a5d-ac96-774b-bcce-b302099a8057' }

describe.each(STORAGES)('notices on %s', (storage) => {
  let post: Post
  let acme: TenantHandle
  let ana: User
  const ready = (...given: [Post, TenantHandle, User]) => {
    ;[post, acme, ana] = given
  }
  eachInPost(storage, ready, { passkeys: { origins: [PAGE.origin] } })

  /** What has arrived since the last `quiet`, as `kind to`. */
  async function arrived(): Promise<string[]> {
    await post.mailbox.last()
    return post.mailbox.all.map(({ kind, to }) => `${kind} ${to}`)
  }
  const to = (...kinds: MailKind[]) => kinds.map((kind) => `${kind} ${ana.email}`)
  const withApp = async () => {
    const { factor, secret } = await acme.factors.enrolTotp(ana, { name: '<b>App</b>' })
    const { generate } = await import('otplib')
    const confirmed = await acme.factors.confirm(ana, factor, { code: await generate({ secret }) })
    return { factor: confirmed, secret }
  }
  const register = async (handle: Pick<TenantHandle, 'passkeys'> = acme) => {
    const options = await handle.passkeys.registrationOptions(ana)
    return handle.passkeys.register(ana, { response: new Authenticator().create(options, PAGE) })
  }

  it('M09: tell of a factor once it counts, of another one that is asked for first, and of one that is gone', async () => {
    const enrolled = await acme.factors.enrolTotp(ana, { name: 'App' })
    await acme.factors.remove(ana, enrolled.factor)
    expect(await arrived()).toEqual([])
    const { factor } = await withApp()
    const passkey = await register()
    await acme.factors.setPrimary(ana, passkey.id as never)
    await acme.factors.setPrimary(ana, passkey.id as never)
    await acme.factors.remove(ana, factor)
    expect(await arrived()).toEqual(to('factor-added', 'passkey-added', 'factor-primary', 'factor-removed'))
    const [added, , primary] = post.mailbox.all
    expect(added?.text).toContain('An authenticator app was added to your account at Acme.')
    expect(primary?.text).toContain('a passkey is asked for first')
    // what its owner, or somebody who was signed in as them, calls it is no part of a letter
    expect(JSON.stringify(post.mailbox.all)).not.toContain('App</b>')
  })

  it('tell of passkeys, whoever acts, and name nobody else’s', async () => {
    const passkey = await register(acme.as(OPERATOR))
    await acme.as(OPERATOR).passkeys.rename(ana, passkey, 'Phone')
    await acme.as(OPERATOR).passkeys.remove(ana, passkey)
    expect(await arrived()).toEqual(to('passkey-added', 'passkey-removed'))
  })

  it('tell of new recovery codes, and of each that is used', async () => {
    await withApp()
    const codes = await acme.factors.renewRecoveryCodes(ana)
    await post.quiet()
    await acme.factors.renewRecoveryCodes(ana)
    const [code] = await acme.factors.renewRecoveryCodes(ana)
    const recover = async (answer: string) => {
      const { token } = await post.waiting(acme, ana)
      return acme.signIn.continue({ token, factor: 'recovery_code', code: answer })
    }
    expect(await recover(codes[0]!)).toMatchObject({ ok: false })
    expect(await arrived()).toEqual(to('recovery-codes-renewed', 'recovery-codes-renewed'))
    expect(await recover(code!)).toMatchObject({ ok: true })
    expect(await recover(code!)).toMatchObject({ ok: false })
    expect(await arrived()).toEqual(to('recovery-codes-renewed', 'recovery-codes-renewed', 'recovery-code-used'))
  })

  it('tell of a password that the host sets, and of one that a link sets', async () => {
    await acme.users.setPassword(ana, NEW_PASSWORD)
    await acme.accounts.requestPasswordReset({ email: ana.email })
    await acme.accounts.resetPassword({ token: await post.token('password-reset'), password: NEW_PASSWORD })
    expect(await arrived()).toEqual(to('password-changed', 'password-reset', 'password-changed'))
  })

  it('tell of another number, and of one that is gone', async () => {
    const asked = await acme.accounts.requestPhoneChange(ana, { phone: '+4930901820' })
    await acme.accounts.confirmPhoneChange(ana, { id: asked.id, code: await post.code('+4930901820') })
    await acme.accounts.removePhone(ana)
    await acme.accounts.removePhone(ana)
    expect(await arrived()).toEqual(to('phone-changed', 'phone-changed'))
    expect(post.mailbox.all.map(({ text }) => text)).toEqual([
      expect.stringContaining('ends in 820 now'),
      expect.stringContaining('was removed'),
    ])
  })

  it('tell of an account that is locked, or given up, once', async () => {
    await acme.users.lock(ana, { reason: 'a reason for those who unlock' })
    await acme.users.lock(ana)
    await acme.users.unlock(ana)
    await acme.accounts.deactivate(ana)
    await acme.accounts.deactivate(ana)
    expect(await arrived()).toEqual(to('account-locked', 'account-deactivated'))
    expect(post.mailbox.all[0]?.text).not.toContain('a reason')
  })

  it('go to proven addresses alone', async () => {
    ana = await post.person(acme, { emailVerified: false })
    const { factor } = await withApp()
    await register()
    await acme.factors.renewRecoveryCodes(ana)
    await acme.factors.remove(ana, factor)
    await acme.users.setPassword(ana, NEW_PASSWORD)
    await acme.users.lock(ana)
    await acme.users.unlock(ana)
    await acme.accounts.requestEmailChange(ana, { email: 'new@example.test' })
    // nobody has proven to have the old one
    expect(await arrived()).toEqual(['email-change new@example.test'])
    await acme.accounts.confirmEmailChange({ token: await post.token('email-change') })
    expect(await arrived()).toEqual(['email-change new@example.test', 'email-changed new@example.test'])
  })

  it('tell both addresses when one takes the place of the other', async () => {
    await acme.accounts.requestEmailChange(ana, { email: 'new@example.test' })
    await acme.accounts.confirmEmailChange({ token: await post.token('email-change') })
    expect(await arrived()).toEqual([
      ...to('email-change-requested'),
      'email-change new@example.test',
      ...to('email-changed'),
      'email-changed new@example.test',
    ])
  })

  it('of a transaction are posted when it has committed, and never when it has not', async () => {
    await acme.transaction(async (tx) => {
      await tx.users.setPassword(ana, NEW_PASSWORD)
      await tx.transaction((part) => part.users.lock(ana))
      const undone = tx.transaction(async (part) => {
        await part.users.unlock(ana)
        await part.users.lock(ana)
        throw new Error('a part that is taken back')
      })
      await expect(undone).rejects.toThrow('taken back')
      expect(await arrived()).toEqual([])
    })
    expect(await arrived()).toEqual(to('password-changed', 'account-locked'))
    await post.quiet()
    const whole = acme.transaction(async (tx) => {
      await tx.users.unlock(ana)
      await register(tx)
      throw new Error('all of it is taken back')
    })
    await expect(whole).rejects.toThrow('taken back')
    expect(await arrived()).toEqual([])
  })

  it('of what is refused are none', async () => {
    const { factor } = await withApp()
    await post.quiet()
    const { session } = await enter(acme, await post.person(acme))
    const another = acme.as({ type: 'user', id: session.userId, sessionId: session.id })
    await refused(() => another.factors.remove(session.userId, factor), 'FACTOR_UNKNOWN')
    await refused(() => acme.users.setPassword(ana, 'short'), 'PASSWORD_REJECTED')
    await refused(() => acme.factors.remove(ana, ana.id as never), 'FACTOR_UNKNOWN')
    expect(await arrived()).toEqual([])
  })

  it('that cannot be posted change nothing, and the host is told', async () => {
    post.mailbox.failing = new Error('the relay is down')
    await acme.users.setPassword(ana, NEW_PASSWORD)
    await arrived()
    expect(post.told).toEqual([post.mailbox.failing])
    post.mailbox.failing = undefined
    await enter(acme, ana, NEW_PASSWORD)
  })

  it('are worded by the host where it wants to', async () => {
    const own = await openPost('memory', {
      messages: {
        baseUrl: 'https://example.test',
        mails: {
          'factor-removed': ({ tenant, factor }) => ({ subject: `${tenant.slug}!`, text: `${factor} is gone` }),
        },
      },
    })
    const handle = await own.tenant()
    const { user, factor } = await own.withApp(handle)
    await handle.factors.remove(user, factor)
    expect(await own.mailbox.last()).toMatchObject({ kind: 'factor-removed', text: 'totp is gone' })
    await own.close()
  })

  describe('of a sign-in that is not like the owner', () => {
    const wrong = (email = ana.email) => acme.signIn.password({ email, password: 'copper giraffe lullaby' })

    it('tell of ten wrong passwords, once', async () => {
      const free = await openPost(storage, { attempts: { free: 100 } })
      const handle = await free.tenant()
      const { email } = await free.person(handle)
      for (let i = 0; i < 12; i++) await handle.signIn.password({ email, password: NEW_PASSWORD })
      await free.mailbox.last()
      expect(free.mailbox.all.map(({ kind, to }) => [kind, to])).toEqual([['sign-in-guessed', email]])
      expect(free.mailbox.all[0]?.text).toContain('wrong passwords')
      await free.close()
    })

    it('tell of whoever knows the password and guesses at the second factor', async () => {
      await withApp()
      await post.quiet()
      const { token } = await post.waiting(acme, ana)
      for (let i = 0; i < 4; i++) await acme.signIn.continue({ token, code: '000000' })
      expect(await arrived()).toEqual(to('sign-in-guessed'))
      expect(post.mailbox.all[0]?.text).toContain('got past the first step')
    })

    it('tell of one that comes after many failures, and of the next within the hour nothing', async () => {
      await enter(acme, ana)
      for (let i = 0; i < 5; i++) await wrong()
      await post.quiet()
      await enter(acme, ana)
      for (let i = 0; i < 5; i++) await wrong()
      await enter(acme, ana)
      expect(await arrived()).toEqual(to('sign-in-unusual'))
      expect(post.mailbox.all[0]?.text).toContain('wrong passwords came before')
    })

    it('tell of one that is refused for its risk, and ask nobody who has not shown the password', async () => {
      await post.freehold.tenants.update(acme, {
        settings: { authentication: { risk: { stepUpFrom: 0.1, denyFrom: 0.1 } } },
      })
      const strict = await post.freehold.tenant(acme.id)
      for (let i = 0; i < 5; i++) await wrong()
      expect(await strict.signIn.password({ email: ana.email, password: 'a lantern under the harbour' })).toMatchObject(
        {
          reason: 'denied',
        },
      )
      expect(await arrived()).toEqual(to('sign-in-refused'))
    })

    it('are none of a sign-in as every day', async () => {
      await withApp()
      await post.quiet()
      post.turn(30)
      next(await acme.signIn.password({ email: ana.email, password: 'a lantern under the harbour' }))
      await acme.signIn.password({ email: ana.email, password: NEW_PASSWORD })
      expect(await arrived()).toEqual([])
    })
  })
})
