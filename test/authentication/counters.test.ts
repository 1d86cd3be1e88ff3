// Whatever counts is a number wherever it is read, and is added to where it is stored. A bigint that comes back from
// PostgreSQL as text makes 101 of 10 and 1, and a limit of it that is never reached, or always.

import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TenantHandle, User } from '../../src/index.ts'
import { PASSWORD, STORAGES } from '../audit/house.ts'
import { Authenticator } from '../passkeys/authenticator.ts'
import { type FactorHouse, hotp, openFactorHouse, SEED } from './factor-house.ts'

const PAGE = { origin: 'https://app.example.test' }
/** Past what 32 bits hold. */
const FAR = 2 ** 33
const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1)

describe.each(STORAGES)('counters on %s', (storage) => {
  let house: FactorHouse
  let acme: TenantHandle
  let ana: User
  beforeAll(async () => {
    house = await openFactorHouse(storage, { attempts: { free: 100 }, passkeys: { origins: [PAGE.origin] } })
  })
  afterAll(() => house.close())
  beforeEach(async () => {
    acme = await house.tenant()
    ana = await house.person(acme)
  })
  const scope = () => house.rowsOf(acme)

  it('M03: of attempts: 11 comes after 10, as a number, and is what is stored', async () => {
    const attempt = { pool: 'password', subject: createHash('sha256').update('ana').digest() }
    const schedule = { free: 100, baseDelayMs: 1000, maxDelayMs: 1000, forgetAfterMs: 60_000 }
    const counted = []
    for (let i = 0; i < 12; i++) counted.push((await scope().verbs.takeAttempt({ ...attempt, ...schedule })).failures)
    expect(counted).toEqual(upTo(12))
    expect(await scope().records.get('sign_in_attempts', attempt)).toMatchObject({ failures: 12 })
  })

  it('M03: of attempts at a limit: the eleventh waits where ten are free, and the second does not', async () => {
    const attempt = { pool: 'password', subject: createHash('sha256').update('bob').digest() }
    const schedule = { free: 10, baseDelayMs: 60_000, maxDelayMs: 60_000, forgetAfterMs: 3_600_000 }
    const allowed = []
    for (let i = 0; i < 13; i++) allowed.push((await scope().verbs.takeAttempt({ ...attempt, ...schedule })).allowed)
    expect(allowed).toEqual([...upTo(11).map(() => true), false, false])
  })

  it.each([9, FAR])('M03: of a hardware token from %i on: each code moves it by one', async (counter) => {
    const factor = await acme.factors.enrolHardwareToken(ana, { name: 'Token', secret: SEED, counter })
    await acme.factors.confirm(ana, factor, { code: await hotp(counter) })
    for (const next of [counter + 1, counter + 2, counter + 3]) {
      const { token } = await house.waiting(acme, ana)
      expect(await acme.signIn.continue({ token, code: await hotp(next) })).toMatchObject({ ok: true })
      expect(await scope().records.get('mfa_methods', { id: factor.id })).toMatchObject({ moving_factor: next + 1 })
    }
  })

  it('M03: of a passkey: the tenth use is no step back from the ninth', async () => {
    const authenticator = new Authenticator({ counter: 1 })
    const options = await acme.passkeys.registrationOptions(ana)
    const { id } = await acme.passkeys.register(ana, { response: authenticator.create(options, PAGE) })
    for (const used of upTo(12)) {
      const response = authenticator.get(await acme.signIn.passkey.options(), PAGE)
      expect(await acme.signIn.passkey.verify({ response }), `use ${used}`).toMatchObject({ ok: true })
    }
    const credential = await scope().records.get('webauthn_credentials', { id })
    expect(credential?.sign_count).toBe(13)
  })

  it('M03: of epochs: eleven sign-outs everywhere are eleven', async () => {
    for (let i = 0; i < 11; i++) await acme.sessions.revokeAll(ana)
    expect(await scope().records.get('users', { id: ana.id })).toMatchObject({ session_epoch: 11 })
    expect(await acme.signIn.password({ email: ana.email, password: PASSWORD })).toMatchObject({ ok: true })
  })

  it('M03: of looks at a code: the sixth is none, though the fifth was counted', async () => {
    const { id } = await acme.signIn.requestCode({ email: ana.email })
    for (let i = 0; i < 7; i++) await acme.signIn.code({ id, code: '00000000' })
    expect(await scope().records.get('challenges', { id })).toMatchObject({ attempts: 5 })
  })
})
