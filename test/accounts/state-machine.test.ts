// Whatever somebody does with an account in whatever order, a link opens a session exactly while it stands for what is:
// unused, to the address that the user has, in the epoch in which it was sent, for a user who may sign in.

import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { TenantHandle, User } from '../../src/index.ts'
import { openPost, PASSWORD, type Post } from './house.ts'

let post: Post
let acme: TenantHandle
let made = 0
beforeAll(async () => {
  post = await openPost('memory', { attempts: { free: 100 } })
})
afterAll(() => post.close())

/** What a link was sent for. */
interface Sent {
  readonly kind: 'link' | 'reset'
  readonly token: string
  readonly epoch: number
  readonly email: string
  used: boolean
}

interface Model {
  readonly user: User
  email: string
  epoch: number
  status: 'active' | 'locked'
  verified: boolean
  password: string | null
  readonly sent: Sent[]
}

type Step = (model: Model) => Promise<void>

const ask =
  (kind: Sent['kind']): Step =>
  async (model) => {
    await post.quiet()
    // a tenant of its own per run and few requests: none is throttled
    if (kind === 'link') await acme.signIn.requestLink({ email: model.email })
    else await acme.accounts.requestPasswordReset({ email: model.email })
    const letter = await post.mailbox.last({ to: model.email })
    expect(letter === undefined).toBe(model.status !== 'active')
    if (!letter) return
    const token = await post.token(kind === 'link' ? 'sign-in-link' : 'password-reset')
    model.sent.push({ kind, token, epoch: model.epoch, email: model.email, used: false })
  }

const bring =
  (which: number): Step =>
  async (model) => {
    const sent = model.sent[which % Math.max(1, model.sent.length)]
    if (!sent) return
    const good = !sent.used && model.status === 'active' && sent.epoch === model.epoch && sent.email === model.email
    if (sent.kind === 'link') {
      const signedIn = await acme.signIn.link({ token: sent.token })
      expect(signedIn.ok).toBe(good)
      if (!good) return
      sent.used = true
      if (model.verified) return
      model.verified = true
      model.epoch++
      model.password = null
    } else {
      const password = `${PASSWORD} number ${++made}`
      const reset = acme.accounts.resetPassword({ token: sent.token, password })
      if (!good) {
        await expect(reset).rejects.toMatchObject({ code: 'CHALLENGE_REFUSED' })
        return
      }
      await reset
      sent.used = true
      Object.assign(model, { verified: true, epoch: model.epoch + 1, password })
    }
  }

const others: Readonly<Record<string, Step>> = {
  async signOutEverywhere(model) {
    await acme.sessions.revokeAll(model.user)
    model.epoch++
  },
  async lock(model) {
    const before = model.status
    await acme.users.lock(model.user)
    if (before === 'active') Object.assign(model, { status: 'locked', epoch: model.epoch + 1 })
  },
  async unlock(model) {
    await acme.users.unlock(model.user)
    model.status = 'active'
  },
  async move(model) {
    if (model.status !== 'active') return
    const email = `moved${++made}@example.test`
    await acme.accounts.requestEmailChange(model.user, { email })
    await acme.accounts.confirmEmailChange({ token: await post.token('email-change', email) })
    Object.assign(model, { email, verified: true })
  },
  async enter(model) {
    const { email, password, status } = model
    const signedIn = await acme.signIn.password({ email, password: password ?? PASSWORD })
    expect(signedIn.ok).toBe(password !== null && status === 'active')
  },
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom(ask('link'), ask('reset')),
  fc.nat({ max: 7 }).map(bring),
  fc.nat({ max: 7 }).map(bring),
  fc.constantFrom(...Object.values(others)),
)

it('a link is good exactly while it stands for what is, in whatever order things happen', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), fc.boolean(), async (steps, emailVerified) => {
      acme = await post.tenant()
      const user = await post.person(acme, { emailVerified })
      const model: Model = {
        user,
        email: user.email,
        epoch: 0,
        status: 'active',
        verified: emailVerified,
        password: PASSWORD,
        sent: [],
      }
      for (const go of steps) {
        await go(model).catch((error: unknown) => {
          // asked for too often: nothing has happened
          if ((error as { code?: string }).code !== 'TOO_MANY_ATTEMPTS') throw error
        })
      }
      const now = await acme.users.get(user)
      expect([now.email, now.status, now.hasPassword]).toEqual([model.email, model.status, model.password !== null])
      expect(now.emailVerifiedAt !== null).toBe(model.verified)
    }),
    { numRuns: 60 },
  )
}, 120_000)
