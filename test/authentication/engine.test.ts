// The one way to a session: what a first factor opens, what it does not, and what a pending sign-in is good for.

import { beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { FactorVerifier, FirstFactor } from '../../src/core/authentication/factor.ts'
import { passwordProof } from '../../src/core/authentication/sign-in.ts'
import type { User } from '../../src/core/identity/user.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import { change, changeOne, type Step } from '../../src/core/storage/steps.ts'
import type { NewRow } from '../../src/core/storage/tables.ts'
import { fromNow } from '../../src/core/storage/tables.ts'
import { makeTown, PASSWORD, refusal, type Town } from '../identity/town.ts'

const storage = memory()
const { newId } = systemRuntime()
const BAD = { ok: false, reason: 'bad-credentials' }
const EXPIRED = { ok: false, reason: 'expired' }
const RIGHT = '123456'

/** Right is one code, for whichever method. */
const stub = (type: FactorVerifier['type'], more: Partial<FactorVerifier> = {}): FactorVerifier => ({
  type,
  methods: ['otp'],
  assuranceLevel: 2,
  verify: async (_, __, { code }) => (code === RIGHT ? { methods: ['otp'], assuranceLevel: 2 } : undefined),
  ...more,
})
const VERIFIERS = [
  stub('totp'),
  stub('sms', { methods: ['sms'], begin: async (_, { request }) => ({ sent: request.length }) }),
  stub('email'),
  stub('recovery_code'),
]

let town: Town
beforeEach(async () => {
  town = await makeTown(storage, {}, VERIFIERS)
})

async function factor(user: User, row: Partial<NewRow<'mfa_methods'>> = {}): Promise<string> {
  const id = newId()
  await town.context.scope.records.insert('mfa_methods', [
    { id, user_id: user.id, type: 'totp', name: 'App', confirmed_at: fromNow(), ...row },
  ])
  return id
}

/** A user with an authenticator app, and a sign-in of theirs that waits for it. */
async function waiting() {
  const user = await town.person()
  const id = await factor(user)
  const entered = await town.enter(user)
  if (entered.ok || entered.reason !== 'factor-required') throw new Error('no factor was asked for')
  return { user, id, next: entered.next }
}

const rowOf = async (user: User) => (await town.context.scope.records.get('users', { id: user.id }))!
const withRule = (authentication: unknown): Town['context'] => ({
  ...town.context,
  tenant: { ...town.context.tenant, settings: { authentication } },
})

describe('a user with a second factor', () => {
  it('S03: gets no session for the password alone, on any way in', async () => {
    const { user, id, next } = await waiting()
    expect(next).toMatchObject({ factors: [{ id, type: 'totp', name: 'App', hint: null, primary: false }] })
    expect(await town.context.scope.records.count('sessions')).toBe(0)
    const proofs: Partial<FirstFactor>[] = [{}, { methods: ['email'] }, { methods: ['swk'] }, { methods: ['fed'] }]
    for (const proof of proofs) {
      const found = passwordProof(await rowOf(user), undefined)
      expect(await town.engine.conclude(town.context, { ...found, ...proof })).toMatchObject({
        reason: 'factor-required',
      })
    }
    expect(await town.alive(user)).toEqual([])
  })

  it('gets one for both, of the level and with the methods of both', async () => {
    const { user, next } = await waiting()
    const entered = await town.signIn.continue({ token: next.token, code: RIGHT })
    expect(entered).toMatchObject({
      ok: true,
      session: { assuranceLevel: 2, authenticationMethods: ['pwd', 'otp', 'mfa'] },
    })
    expect(await town.alive(user)).toHaveLength(1)
  })

  it('is not asked for a factor that was not confirmed', async () => {
    const user = await town.person()
    await factor(user, { confirmed_at: null })
    expect(await town.enter(user)).toMatchObject({ ok: true })
  })

  it('is asked for no second factor out of the same mailbox, nor for the one that was the first', async () => {
    const user = await town.person()
    const email = await factor(user, { type: 'email', target: 'ana@acme.test' })
    const row = await rowOf(user)
    const proof = { ...passwordProof(row, undefined), methods: ['otp'], usedFactors: [email] }
    const app = await factor(user)
    const asked = await town.engine.conclude(town.context, proof)
    if (asked.ok || asked.reason !== 'factor-required') throw new Error('no factor was asked for')
    expect(asked.next.factors.map(({ id }) => id)).toEqual([app])
  })

  it('with one that is two in itself needs no other', async () => {
    const user = await town.person()
    const key = await factor(user, { type: 'webauthn' })
    const proof = { ...passwordProof(await rowOf(user), undefined), methods: ['hwk'], assuranceLevel: 2 as const }
    expect(await town.engine.conclude(town.context, { ...proof, usedFactors: [key] })).toMatchObject({
      ok: true,
      session: { assuranceLevel: 2 },
    })
  })

  it('chooses among several: the primary one first, recovery codes last', async () => {
    const user = await town.person()
    const app = await factor(user)
    const phone = await factor(user, { type: 'sms', target: '+34600000042', is_primary: true })
    await town.context.scope.records.insert('recovery_codes', [
      { id: newId(), user_id: user.id, code_hash: new Uint8Array(32) },
    ])
    const entered = await town.enter(user)
    const next = entered.ok || entered.reason !== 'factor-required' ? undefined : entered.next
    expect(next?.factors.map(({ id, hint }) => [id, hint])).toEqual([
      [phone, '•••42'],
      [app, null],
      ['recovery_code', null],
    ])
    const token = next!.token
    expect(await town.signIn.challenge({ token })).toMatchObject({ factor: phone, type: 'sms', details: { sent: 36 } })
    expect(await refusal(town.signIn.challenge({ token, factor: newId() }))).toMatchObject({ code: 'FACTOR_UNKNOWN' })
    expect(await town.signIn.continue({ token, factor: app, code: RIGHT })).toMatchObject({ ok: true })
    expect(await refusal(town.signIn.challenge({ token }))).toMatchObject({ code: 'TOKEN_EXPIRED' })
  })
})

describe('a pending sign-in', () => {
  it('is good for one session', async () => {
    const { next, user } = await waiting()
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => town.signIn.continue({ token: next.token, code: RIGHT })),
    )
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
    expect(await town.alive(user)).toHaveLength(1)
    expect(await town.signIn.continue({ token: next.token, code: RIGHT })).toEqual(EXPIRED)
  })

  it('survives a wrong code, and counts it in a pool of its own (M04)', async () => {
    const { next, user } = await waiting()
    const wrong = () => town.signIn.continue({ token: next.token, code: '000000' })
    for (let i = 0; i < 6; i++) expect(await wrong()).toEqual(BAD)
    expect(await wrong()).toMatchObject({ reason: 'too-many-attempts' })
    // the password is not locked, and the codes stay locked when it is shown again
    const again = await town.enter(user)
    expect(again).toMatchObject({ reason: 'factor-required' })
    expect(await town.signIn.continue({ token: next.token, code: RIGHT })).toMatchObject({
      reason: 'too-many-attempts',
    })
  })

  it('ends with the epoch under which it began, and with the user', async () => {
    for (const end of ['setPassword', 'disable'] as const) {
      const { next, user } = await waiting()
      if (end === 'disable') await town.users.disable(user)
      else await town.users.setPassword(user, 'copper giraffe lullaby')
      expect(await town.signIn.continue({ token: next.token, code: RIGHT })).toEqual(EXPIRED)
    }
  })

  it('J02: its token is no other, and no other is it', async () => {
    const { next } = await waiting()
    const { token } = next
    expect(token).toMatch(/^fh_ch_[A-Za-z0-9_-]{108}$/)
    const spoiled = [`${token}=`, ` ${token}`, token.slice(0, -1), `${token.slice(0, -1)}A`, token.toUpperCase(), '']
    for (const text of spoiled) {
      if (text !== token) expect(await town.signIn.continue({ token: text, code: RIGHT })).toEqual(EXPIRED)
    }
    const other = await makeTown(storage, {}, VERIFIERS)
    expect(await other.signIn.continue({ token, code: RIGHT })).toEqual(EXPIRED)
    expect(await town.signIn.continue({ token, code: RIGHT })).toMatchObject({ ok: true })
  })

  it.each([
    [{ token: 1 }, 'token'],
    [{ token: 'x', code: 1 }, 'code'],
    [{ token: 'x', factor: {} }, 'factor'],
    [{ token: 'x', assertion: [] }, 'assertion'],
    [{ token: 'x', userId: 'me' }, 'userId'],
  ])('%o is refused', async (answer, field) => {
    expect(await refusal(town.signIn.continue(answer as never))).toMatchObject({
      code: 'INPUT_INVALID',
      details: { field },
    })
  })
})

describe('policy', () => {
  it('asks a user without a factor to set one up, or denies them: nothing is opened', async () => {
    const user = await town.person()
    const proof = passwordProof(await rowOf(user), undefined)
    const asked = (rule: object) => town.engine.conclude(withRule(rule), proof)
    expect(await asked({ requiredAssurance: 2 })).toEqual({
      ok: false,
      reason: 'enrolment-required',
      next: { token: expect.stringMatching(/^fh_ch_/), expiresInMs: 600_000, factors: ['totp', 'passkey'] },
    })
    const denied = { ok: false, reason: 'denied' }
    expect(await asked({ requiredAssurance: 2, enrolAtSignIn: false })).toEqual(denied)
    // what could be set up reaches level 2
    expect(await asked({ requiredAssurance: 3 })).toEqual(denied)
    expect(await town.alive(user)).toEqual([])
  })

  it('asks more of those who hold a role', async () => {
    const user = await town.person()
    const { records } = town.context.scope
    const [role] = await records.insert('roles', [{ id: newId(), key: 'auditor', name: 'Auditor' }])
    const context = withRule({ roles: { auditor: { requiredAssurance: 2 } } })
    const proof = passwordProof(await rowOf(user), undefined)
    expect(await town.engine.conclude(context, proof)).toMatchObject({ ok: true })
    await records.insert('role_assignments', [{ id: newId(), user_id: user.id, role_id: role!.id }])
    expect(await town.engine.conclude(context, proof)).toMatchObject({ reason: 'enrolment-required' })
  })

  it.each([
    1,
    'strict',
    { requiredAssurance: 4 },
    { requiredAssurance: '2' },
    { enrolAtSignIn: 'no' },
    { maximumSessions: 0 },
    { roles: { a: { maximumSessions: '3' } } },
    { roles: [] },
    { roles: { a: 2 } },
  ])('A08: %o cannot be read, and refuses everybody', async (rule) => {
    const user = await town.person()
    const work = town.engine.conclude(withRule(rule), passwordProof(await rowOf(user), undefined))
    expect(await refusal(work)).toMatchObject({ code: 'CONFIG_INVALID' })
    expect(await town.alive(user)).toEqual([])
  })
})

describe('a proof', () => {
  const spent = () => changeOne('users', { name: 'nobody' }, { name: 'spent' })

  it('that somebody else has spent meanwhile opens nothing, and is told', async () => {
    const user = await town.person()
    const overtakes: Step[] = []
    const proof = {
      ...passwordProof(await rowOf(user), undefined),
      overtaken: async (lost: Step) => void overtakes.push(lost),
    }
    const spends = [change('users', { id: user.id }, { name: 'spent' }), spent()]
    expect(await town.engine.conclude(town.context, { ...proof, spends })).toEqual(BAD)
    await factor(user)
    expect(await town.engine.conclude(town.context, { ...proof, spends })).toEqual(BAD)
    expect(await town.context.scope.records.count('challenges')).toBe(0)
    expect((await rowOf(user)).name).toBeNull()
    expect(overtakes).toEqual([spends[1], spends[1]])
  })

  it('is spent in the transaction that opens the session', async () => {
    const user = await town.person()
    const row = await rowOf(user)
    await town.users.setPassword(user, PASSWORD)
    const spends = [change('users', { id: user.id }, { name: 'spent' })]
    expect(await town.engine.conclude(town.context, { ...passwordProof(row, undefined), spends })).toEqual(BAD)
    expect((await rowOf(user)).name).toBeNull()
    expect(
      await town.engine.conclude(town.context, { ...passwordProof(await rowOf(user), undefined), spends }),
    ).toMatchObject({ ok: true })
    expect((await rowOf(user)).name).toBe('spent')
  })

  it('of somebody who is not active any more opens nothing, whatever was read before', async () => {
    const user = await town.person()
    const proof = passwordProof(await rowOf(user), undefined)
    await factor(user)
    await town.context.scope.records.update('users', { id: user.id }, { status: 'disabled' })
    expect(await town.engine.conclude(town.context, proof)).toEqual(BAD)
    expect(await town.context.scope.records.count('challenges')).toBe(0)
  })
})
