// No sequence of calls, alone or all at once, opens a session where a rule asks for two factors and the user began with one, but
// the one that sets the second one up, and those that then show it.

import fc from 'fast-check'
import { generate } from 'otplib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { SignedIn, TenantHandle, User } from '../../src/index.ts'
import { PASSWORD } from '../audit/house.ts'
import { Authenticator } from '../passkeys/authenticator.ts'
import { type FactorHouse, openFactorHouse } from './factor-house.ts'

const page = { origin: 'https://app.example.test' }

type Call =
  | { readonly kind: 'password'; readonly right: boolean }
  /** With a token of an enrolment, or of a sign-in that waits for a factor. */
  | { readonly kind: 'begin' | 'register'; readonly token: number; readonly waiting: boolean }
  | {
      readonly kind: 'confirm' | 'continue'
      readonly token: number
      readonly waiting: boolean
      readonly secret: number
    }

const index = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(3))
/** Most of the time the token is of the right kind. */
const waiting = (kind: boolean) => fc.oneof({ weight: 5, arbitrary: fc.constant(kind) }, fc.boolean())
const call: fc.Arbitrary<Call> = fc.oneof(
  fc.record({
    kind: fc.constant('password' as const),
    right: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
  }),
  fc.record({ kind: fc.constantFrom('begin' as const, 'register' as const), token: index, waiting: waiting(false) }),
  fc.record({ kind: fc.constant('confirm' as const), token: index, waiting: waiting(false), secret: index }),
  fc.record({ kind: fc.constant('continue' as const), token: index, waiting: waiting(true), secret: index }),
)
const rounds = fc.array(fc.array(call, { minLength: 1, maxLength: 5 }), { minLength: 6, maxLength: 14 })

let house: FactorHouse
let acme: TenantHandle
beforeAll(async () => {
  house = await openFactorHouse('memory', { attempts: { free: 100 }, passkeys: { origins: [page.origin] } })
  const { id } = await house.tenant()
  await house.freehold.tenants.update(id, { settings: { authentication: { requiredAssurance: 2 } } })
  acme = await house.freehold.tenant(id)
})
afterAll(() => house.close())

interface Machine {
  readonly user: User
  readonly tokens: Record<'enrolling' | 'waiting', string[]>
  readonly secrets: string[]
}

const code = (secret: string) => generate({ secret, epoch: house.seconds() })

async function run({ user, tokens, secrets }: Machine, made: Call): Promise<SignedIn | undefined> {
  const { signIn } = acme
  if (made.kind === 'password') return signIn.password({ email: user.email, password: made.right ? PASSWORD : 'guess' })
  const token = tokens[made.waiting ? 'waiting' : 'enrolling'][made.token] ?? 'no token'
  switch (made.kind) {
    case 'begin': {
      const begun = await signIn.enrolment.totp({ token }).catch(() => undefined)
      if (begun) secrets.unshift(begun.secret)
      return undefined
    }
    case 'register': {
      const options = await signIn.enrolment.passkeyOptions({ token }).catch(() => undefined)
      if (!options) return undefined
      const response = new Authenticator({ userVerified: false }).create(options, page)
      return signIn.enrolment.register({ token, response })
    }
    case 'confirm': {
      const answer = { token, code: await code(secrets[made.secret] ?? 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP') }
      return signIn.enrolment.confirm(answer).catch(() => undefined)
    }
    case 'continue':
      return signIn.continue({ token, code: await code(secrets[made.secret] ?? 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP') })
  }
}

it('property: one call sets up the factor and is let in; all others show it, or stay out', async () => {
  let enrolled = 0
  let continued = 0
  await fc.assert(
    fc.asyncProperty(rounds, async (all) => {
      const machine: Machine = { user: await house.person(acme), tokens: { enrolling: [], waiting: [] }, secrets: [] }
      let opened = 0
      let setUp = 0
      for (const calls of all) {
        house.turn(30)
        const answers = await Promise.all(calls.map(async (made) => ({ made, answer: await run(machine, made) })))
        for (const { made, answer } of answers) {
          if (!answer) continue
          if (answer.ok) {
            opened++
            if (made.kind === 'continue') continued++
            else setUp++
            expect(made.kind).not.toBe('password')
            expect(answer.session.assuranceLevel).toBe(2)
          } else if (answer.reason === 'enrolment-required') machine.tokens.enrolling.unshift(answer.next.token)
          else if (answer.reason === 'factor-required') machine.tokens.waiting.unshift(answer.next.token)
        }
        const confirmed = (await acme.factors.list(machine.user)).filter(({ confirmedAt }) => confirmedAt)
        expect(setUp).toBeLessThanOrEqual(1)
        expect(confirmed).toHaveLength(setUp)
        const live = (await acme.sessions.list(machine.user)).items
        expect(live).toHaveLength(opened)
        expect(live.every(({ assuranceLevel }) => assuranceLevel === 2)).toBe(true)
      }
      enrolled += setUp
    }),
    { numRuns: 80 },
  )
  // the walks came somewhere
  expect(enrolled).toBeGreaterThan(10)
  expect(continued).toBeGreaterThan(0)
})
