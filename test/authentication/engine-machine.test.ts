// No sequence of calls, alone or all at once, opens a session without the factors that are required. The model knows one
// thing: a session is a pending sign-in that was not used, and a code whose step was not used.

import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { SignedIn, TenantHandle } from '../../src/index.ts'
import { PASSWORD } from '../audit/house.ts'
import { type AppOwner, type FactorHouse, openFactorHouse } from './factor-house.ts'

type Call =
  | { readonly kind: 'password'; readonly right: boolean }
  | { readonly kind: 'continue'; readonly pending: number; readonly code: 'right' | 'last' | 'wrong' }
  | { readonly kind: 'step-up'; readonly session: number; readonly password: boolean }
  | { readonly kind: 'sign-out'; readonly session: number }

const index = fc.nat(5)
const call: fc.Arbitrary<Call> = fc.oneof(
  fc.record({ kind: fc.constant('password' as const), right: fc.boolean() }),
  fc.record({
    kind: fc.constant('continue' as const),
    pending: index,
    code: fc.constantFrom('right' as const, 'right' as const, 'last' as const, 'wrong' as const),
  }),
  fc.record({ kind: fc.constant('step-up' as const), session: index, password: fc.boolean() }),
  fc.record({ kind: fc.constant('sign-out' as const), session: index }),
)
/** What is called at once, and how many steps of the clock pass after it. */
const rounds = fc.array(fc.record({ calls: fc.array(call, { minLength: 1, maxLength: 5 }), steps: fc.nat(2) }), {
  minLength: 3,
  maxLength: 12,
})

let house: FactorHouse
let acme: TenantHandle
beforeAll(async () => {
  house = await openFactorHouse('memory', { attempts: { free: 100 } })
  acme = await house.tenant()
})
afterAll(() => house.close())

interface Machine {
  readonly owner: AppOwner
  readonly pending: string[]
  readonly sessions: string[]
  /** Of the codes that opened a session. */
  readonly spent: Set<string>
  last: string
}

async function run(machine: Machine, made: Call, code: string): Promise<SignedIn | undefined> {
  const { owner, pending, sessions } = machine
  switch (made.kind) {
    case 'password':
      return acme.signIn.password({ email: owner.user.email, password: made.right ? PASSWORD : 'copper giraffe' })
    case 'continue': {
      const shown = { right: code, last: machine.last, wrong: '000000' }[made.code]
      return acme.signIn.continue({ token: pending[made.pending] ?? 'no token', code: shown })
    }
    case 'step-up': {
      const session = sessions[made.session]
      if (session === undefined) return undefined
      const again = { session: session as never, ...(made.password ? { password: PASSWORD } : {}) }
      return acme.signIn.stepUp(again).catch(() => undefined)
    }
    case 'sign-out': {
      const session = sessions[made.session]
      if (session !== undefined) await acme.sessions.revoke(session as never)
      return undefined
    }
  }
}

it('property: a session for each pending sign-in and each code, and no other', async () => {
  await fc.assert(
    fc.asyncProperty(rounds, async (all) => {
      const machine: Machine = {
        owner: await house.withApp(acme),
        pending: [],
        sessions: [],
        spent: new Set(),
        last: '',
      }
      const used = new Set<string>()
      for (const { calls, steps } of all) {
        const code = await machine.owner.code()
        const answers = await Promise.all(calls.map(async (made) => ({ made, answer: await run(machine, made, code) })))
        const opened = answers.filter(({ answer }) => answer?.ok)
        // a step is one session, whoever shows it and however often; so is a pending sign-in
        for (const { made, answer } of opened) {
          if (made.kind !== 'continue' || !answer?.ok) throw new Error(`${made.kind} opened a session`)
          expect(made.code).not.toBe('wrong')
          expect(answer.session).toMatchObject({ assuranceLevel: 2, authenticationMethods: ['pwd', 'otp', 'mfa'] })
          const token = machine.pending[made.pending]!
          const shown = made.code === 'right' ? code : machine.last
          expect(used.has(token)).toBe(false)
          expect(machine.spent.has(shown)).toBe(false)
          used.add(token)
          machine.spent.add(shown)
          machine.sessions.unshift(answer.session.id)
        }
        for (const { answer } of answers) {
          if (answer && !answer.ok && answer.reason === 'factor-required') machine.pending.unshift(answer.next.token)
        }
        machine.last = code
        house.turn(30 * steps)
      }
      const live = (await acme.sessions.list(machine.owner.user)).items
      expect(live.every(({ id, assuranceLevel }) => machine.sessions.includes(id) && assuranceLevel === 2)).toBe(true)
    }),
    { numRuns: 60 },
  )
})
