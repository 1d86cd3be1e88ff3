// Whatever is good once is good once for any number of callers at once, and a connection that is cut leaves it either
// used, with all that follows, or unused.

import { describe, expect, it } from 'vitest'
import { type Mailbox, tokenIn } from '../../src/adapters/testing/index.ts'
import type { Freehold, MailKind, TenantHandle } from '../../src/index.ts'
import type { TestDatabase } from '../setup/database.ts'
import type { TestProxy } from '../setup/proxy.ts'
import { NEW_PASSWORD, PASSWORD } from './house.ts'
import { inRaceHouse } from './race-house.ts'

const CALLERS = 24
let mailbox: Mailbox
let database: TestDatabase
let proxy: TestProxy
let freehold: Freehold<unknown, string>
let cut: Freehold<unknown, string>
let acme: TenantHandle
let made = 0
inRaceHouse(CALLERS, (house, tenant) => {
  ;({ mailbox, database, proxy, freehold, cut } = house)
  acme = tenant
})

const person = (emailVerified = true) =>
  acme.users.create({ email: `r${++made}@example.test`, password: PASSWORD, emailVerified })
const mailed = async (kind: MailKind, to: string) => tokenIn(await mailbox.last({ kind, to })) ?? ''
/** How many of so many calls at once were answered, and how many were refused. */
async function race(call: () => Promise<unknown>) {
  const answers = await Promise.allSettled(Array.from({ length: CALLERS }, call))
  const won = answers.filter(
    (answer) => answer.status === 'fulfilled' && (answer.value as { ok?: boolean })?.ok !== false,
  )
  const lost = answers.filter((answer) => !won.includes(answer))
  for (const answer of lost) {
    const outcome = answer.status === 'rejected' ? answer.reason.code : (answer.value as { reason?: string }).reason
    expect(['CHALLENGE_REFUSED', 'bad-credentials', 'too-many-attempts']).toContain(outcome)
  }
  return won.length
}
const rows = async (sql: string) => {
  const [row] = await database.admin(`${sql} where tenant_id = $1`, [acme.id])
  return Number(row!.n)
}
const sessions = () => rows('select count(*) as n from freehold.sessions')
const users = () => rows('select count(*) as n from freehold.users')

describe(`of ${CALLERS} callers at once one`, () => {
  it('A03: signs in with a link, verified before or not', async () => {
    for (const verified of [true, false]) {
      const { email } = await person(verified)
      const before = await sessions()
      await acme.signIn.requestLink({ email })
      const token = await mailed('sign-in-link', email)
      expect(await race(() => acme.signIn.link({ token }))).toBe(1)
      expect((await sessions()) - before).toBe(1)
    }
  })

  it('signs in with a code', async () => {
    const { email } = await person()
    const { id } = await acme.signIn.requestCode({ email })
    const code = /\d{8}/.exec((await mailbox.last({ to: email }))!.text)![0]
    expect(await race(() => acme.signIn.code({ id, code }))).toBe(1)
    expect(await sessions()).toBe(1)
  })

  it('sets a new password', async () => {
    const user = await person()
    await acme.accounts.requestPasswordReset({ email: user.email })
    const token = await mailed('password-reset', user.email)
    let n = 0
    expect(await race(() => acme.accounts.resetPassword({ token, password: `${NEW_PASSWORD} ${++n}` }))).toBe(1)
  })

  it('T02, A02: accepts an invitation, and one user comes of it', async () => {
    const email = `guest${++made}@example.test`
    await acme.accounts.invite({ email })
    const token = await mailed('invitation', email)
    expect(await race(() => acme.accounts.acceptInvitation({ token, password: PASSWORD }))).toBe(1)
    expect([await users(), await sessions()]).toEqual([1, 1])
  })

  it('moves to a new address', async () => {
    const user = await person()
    const email = `moved${++made}@example.test`
    await acme.accounts.requestEmailChange(user, { email })
    const token = await mailed('email-change', email)
    expect(await race(() => acme.accounts.confirmEmailChange({ token }))).toBe(1)
  })

  it('A10: two ways of proving one address at once leave no session of whoever was there before', async () => {
    for (let round = 0; round < 5; round++) {
      const user = await person(false)
      const planted = await acme.signIn.password({ email: user.email, password: PASSWORD })
      if (!planted.ok) throw new Error(planted.reason)
      await acme.signIn.requestLink({ email: user.email })
      await acme.accounts.requestEmailVerification({ email: user.email })
      const [link, verification] = [
        await mailed('sign-in-link', user.email),
        await mailed('email-verification', user.email),
      ]
      await Promise.allSettled([
        acme.signIn.link({ token: link }),
        acme.accounts.confirmEmail({ token: verification }),
        acme.signIn.password({ email: user.email, password: PASSWORD }),
        freehold.sessions.refresh(planted.tokens.refreshToken),
      ])
      await expect(freehold.sessions.verify(planted.tokens.accessToken, { mode: 'database' })).rejects.toThrow()
      expect(await acme.users.get(user)).toMatchObject({ hasPassword: false, emailVerifiedAt: expect.any(Date) })
    }
  })
})

describe('a connection that is cut', () => {
  /** Cuts at every round trip of the call, one after the other, until one call gets through. */
  async function everywhere(
    prepare: () => Promise<() => Promise<unknown>>,
    look: (failed: boolean) => Promise<void>,
  ): Promise<void> {
    for (const kind of ['beforeSend', 'beforeAnswer'] as const) {
      for (let trip = 1; trip < 40; trip++) {
        const call = await prepare()
        proxy.cut({ [kind]: trip } as never)
        const failed = await call().then(
          () => false,
          () => true,
        )
        proxy.cut({ [kind]: 10_000 } as never)
        await look(failed)
        if (!failed) break
        if (trip === 39) throw new Error('no call got through')
      }
    }
  }

  it('leaves a reset done or not done, and the link used exactly when it is done', async () => {
    let user: Awaited<ReturnType<typeof person>>
    let token: string
    await everywhere(
      async () => {
        user = await person()
        await acme.accounts.requestPasswordReset({ email: user.email })
        token = await mailed('password-reset', user.email)
        const handle = await cut.tenant(acme.id)
        return () => handle.accounts.resetPassword({ token, password: NEW_PASSWORD })
      },
      async (failed) => {
        const changed = (await acme.signIn.password({ email: user.email, password: NEW_PASSWORD })).ok
        if (!failed) expect(changed).toBe(true)
        expect((await acme.signIn.password({ email: user.email, password: PASSWORD })).ok).toBe(!changed)
        const again = acme.accounts.resetPassword({ token, password: `${NEW_PASSWORD} again` })
        await again.then(
          () => expect(changed).toBe(false),
          (error) => expect([changed, error.code]).toEqual([true, 'CHALLENGE_REFUSED']),
        )
      },
    )
  }, 60_000)

  it('leaves a sign-up with its user and the link used, or with neither', async () => {
    let email: string
    let token: string
    await everywhere(
      async () => {
        email = `cut${++made}@example.test`
        await acme.accounts.requestSignUp({ email })
        token = await mailed('sign-up', email)
        const handle = await cut.tenant(acme.id)
        return () => handle.accounts.confirmSignUp({ token, password: PASSWORD })
      },
      async (failed) => {
        const user = await acme.users.findByEmail(email)
        if (!failed) expect(user).toBeDefined()
        const again = await acme.accounts.confirmSignUp({ token, password: PASSWORD }).then(
          (answer) => answer.ok,
          (error) => error.code,
        )
        expect(again).toBe(user ? 'CHALLENGE_REFUSED' : true)
        expect((await acme.signIn.password({ email, password: PASSWORD })).ok).toBe(true)
      },
    )
  }, 60_000)
})
