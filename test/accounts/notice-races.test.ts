// One change is told once, however many do it at the same time, on a real PostgreSQL with many connections.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { MailKind, TenantHandle, User } from '../../src/index.ts'
import { NEW_PASSWORD, openPost, PASSWORD, type Post } from './house.ts'

const CALLERS = 10

describe(`what ${CALLERS} do at once`, () => {
  let post: Post
  let acme: TenantHandle
  let ana: User
  beforeAll(async () => {
    post = await openPost('postgres', { attempts: { free: 100 } })
  })
  afterAll(() => post.close())
  beforeEach(async () => {
    acme = await post.tenant()
    ana = await post.person(acme)
  })
  const atOnce = (work: (i: number) => Promise<unknown>) =>
    Promise.allSettled(Array.from({ length: CALLERS }, (_, i) => work(i)))
  const letters = async (kind: MailKind, { email }: Pick<User, 'email'> = ana) => {
    await post.mailbox.last()
    return post.mailbox.all.filter((mail) => mail.kind === kind && mail.to === email).length
  }

  it('is one letter: a factor that is proven, and removed', async () => {
    const { generate } = await import('otplib')
    const { factor, secret } = await acme.factors.enrolTotp(ana, { name: 'App' })
    const code = await generate({ secret })
    await atOnce(() => acme.factors.confirm(ana, factor, { code }))
    expect(await letters('factor-added')).toBe(1)
    await atOnce(() => acme.factors.remove(ana, factor))
    expect(await letters('factor-removed')).toBe(1)
  })

  it('is one letter: a password that a link sets, and an account that is locked', async () => {
    await acme.accounts.requestPasswordReset({ email: ana.email })
    const token = await post.token('password-reset', ana.email)
    await atOnce((i) => acme.accounts.resetPassword({ token, password: `${NEW_PASSWORD} ${i}` }))
    expect(await letters('password-changed')).toBe(1)
    await atOnce(() => acme.users.lock(ana))
    expect(await letters('account-locked')).toBe(1)
  })

  it('is one letter: a recovery code, shown in many sign-ins', async () => {
    const { user } = await post.withApp(acme)
    const [code] = await acme.factors.renewRecoveryCodes(user)
    const pending = await Promise.all(Array.from({ length: CALLERS }, () => post.waiting(acme, user)))
    await atOnce((i) => acme.signIn.continue({ token: pending[i]!.token, factor: 'recovery_code', code: code! }))
    expect(await letters('recovery-code-used', user)).toBe(1)
  })

  it('is one letter: wrong passwords past the count, and unusual sign-ins after them', async () => {
    await acme.signIn.password({ email: ana.email, password: PASSWORD })
    for (let i = 0; i < 2; i++) await atOnce(() => acme.signIn.password({ email: ana.email, password: NEW_PASSWORD }))
    expect(await letters('sign-in-guessed')).toBe(1)
    await atOnce(() => acme.signIn.password({ email: ana.email, password: PASSWORD }))
    expect(await letters('sign-in-unusual')).toBe(1)
  })
})
