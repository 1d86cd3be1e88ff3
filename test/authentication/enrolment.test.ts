// A first second factor, set up while a sign-in waits for it: what the token is good for, and for nothing else.

import { generate } from 'otplib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FreeholdError, type NextEnrolment, type SignedIn, type TenantHandle, type User } from '../../src/index.ts'
import { actionsOf, PASSWORD, STORAGES } from '../audit/house.ts'
import { Authenticator } from '../passkeys/authenticator.ts'
import { type FactorHouse, next, openFactorHouse } from './factor-house.ts'

const page = { origin: 'https://app.example.test' }
const EXPIRED = { ok: false, reason: 'expired' }
const BAD = { ok: false, reason: 'bad-credentials' }

function enrolment(signedIn: SignedIn): NextEnrolment {
  if (signedIn.ok || signedIn.reason !== 'enrolment-required') throw new Error('no factor was to be set up')
  return signedIn.next
}

const codeOf = (error: unknown) => (FreeholdError.is(error) ? error.code : error)
const refused = (work: Promise<unknown>) => work.then(() => undefined, codeOf)

describe.each(STORAGES)('on %s', (storage) => {
  let house: FactorHouse
  let acme: TenantHandle
  let user: User
  beforeAll(async () => {
    house = await openFactorHouse(storage, { passkeys: { origins: [page.origin] } })
    const { id } = await house.tenant()
    await house.freehold.tenants.update(id, { settings: { authentication: { requiredAssurance: 2 } } })
    acme = await house.freehold.tenant(id)
  })
  afterAll(() => house.close())
  beforeEach(async () => {
    user = await house.person(acme)
  })

  const enter = () => acme.signIn.password({ email: user.email, password: PASSWORD })
  const waiting = async () => enrolment(await enter())
  const now = (secret: string, steps = 0) => generate({ secret, epoch: house.seconds() + steps * 30 })
  const live = async () => (await acme.sessions.list(user)).items

  it('an authenticator app that is asked for by many at once is one, and each of them is answered', async () => {
    for (let round = 0; round < 4; round++) {
      const { token } = await waiting()
      const apps = await Promise.all(Array.from({ length: 6 }, () => acme.signIn.enrolment.totp({ token })))
      expect(new Set(apps.map(({ secret }) => secret)).size).toBe(6)
      expect(await acme.factors.list(user)).toHaveLength(1)
    }
  })

  it('an authenticator app: its code ends the sign-in, at level 2, with recovery codes', async () => {
    const { token, factors } = await waiting()
    expect(factors).toEqual(['totp', 'passkey'])
    const { secret, uri } = await acme.signIn.enrolment.totp({ token, name: 'My app' })
    expect(uri).toContain(secret)
    expect(await live()).toEqual([])
    const code = await now(secret)
    const entered = await acme.signIn.enrolment.confirm({ token, code, recoveryCodes: true })
    expect(entered).toMatchObject({
      ok: true,
      user: { id: user.id },
      session: { assuranceLevel: 2, authenticationMethods: ['pwd', 'otp', 'mfa'] },
      tokens: { accessToken: expect.any(String) },
    })
    const codes = (entered.ok && entered.recoveryCodes) || []
    expect(codes).toHaveLength(10)
    expect(await acme.factors.list(user)).toMatchObject([
      { type: 'totp', name: 'My app', primary: true, confirmedAt: expect.any(Date) },
    ])
    expect((await actionsOf(acme)).slice(-6)).toEqual([
      'user.created',
      'sign_in.enrolment_required',
      'mfa.enrolled',
      'mfa.confirmed',
      'mfa.recovery_codes_renewed',
      'session.opened',
    ])
    // from now on it is asked for, and the code that was shown is used up (M01)
    const asked = next(await enter())
    expect(await acme.signIn.continue({ token: asked.token, code })).toEqual(BAD)
    const recovered = { token: asked.token, factor: 'recovery_code', code: codes[0]! }
    expect(await acme.signIn.continue(recovered)).toMatchObject({ ok: true })
  })

  it('a passkey: the browser’s answer ends the sign-in', async () => {
    const { token } = await waiting()
    const key = new Authenticator({ userVerified: false, backupEligible: false, backupState: false })
    const response = key.create(await acme.signIn.enrolment.passkeyOptions({ token }), page)
    const entered = await acme.signIn.enrolment.register({ token, response, name: 'Key' })
    expect(entered).toMatchObject({
      ok: true,
      session: { assuranceLevel: 2, authenticationMethods: ['pwd', 'hwk', 'user', 'mfa'] },
    })
    expect(await acme.passkeys.list(user)).toMatchObject([{ name: 'Key' }])
    const shown = key.get(await acme.signIn.passkey.options(), page)
    // touched only, it is one factor, and there is no other beside it
    expect(await acme.signIn.passkey.verify({ response: shown })).toMatchObject({ ok: false })
    expect(next(await enter())).toMatchObject({ factors: [{ type: 'webauthn' }] })
  })

  it('M09: whoever has a factor gets no other by the password, on any token that waits', async () => {
    const [first, second] = [await waiting(), await waiting()]
    const begun = await acme.signIn.enrolment.totp({ token: second.token })
    const options = await acme.signIn.enrolment.passkeyOptions({ token: second.token })
    const other = new Authenticator().create(options, page)
    const mine = await acme.signIn.enrolment.totp({ token: first.token })
    const entered = await acme.signIn.enrolment.confirm({ token: first.token, code: await now(mine.secret) })
    expect(entered).toMatchObject({ ok: true })
    for (const { token } of [first, second]) {
      expect(await refused(acme.signIn.enrolment.totp({ token }))).toBe('TOKEN_EXPIRED')
      expect(await refused(acme.signIn.enrolment.passkeyOptions({ token }))).toBe('TOKEN_EXPIRED')
      const code = await now(begun.secret)
      expect(await acme.signIn.enrolment.confirm({ token, code })).toEqual(EXPIRED)
      expect(await acme.signIn.enrolment.register({ token, response: other })).toEqual(EXPIRED)
    }
    expect(await acme.factors.list(user)).toHaveLength(1)
    expect(await live()).toHaveLength(1)
    expect(next(await enter()).factors).toHaveLength(1)
  })

  it('a wrong code, one of before, and one without an app: nothing is set up and nothing is opened', async () => {
    const { token } = await waiting()
    expect(await refused(acme.signIn.enrolment.confirm({ token, code: '000000' }))).toBe('FACTOR_UNKNOWN')
    const replaced = await acme.signIn.enrolment.totp({ token })
    const { secret } = await acme.signIn.enrolment.totp({ token })
    for (const code of ['000000', 'no code', await now(replaced.secret)]) {
      expect(await acme.signIn.enrolment.confirm({ token, code })).toEqual(BAD)
    }
    expect(await acme.factors.list(user)).toMatchObject([{ confirmedAt: null }])
    expect(await live()).toEqual([])
    expect(await acme.signIn.enrolment.confirm({ token, code: await now(secret) })).toMatchObject({ ok: true })
  })

  it('M02: guessing is slowed down', async () => {
    const { token } = await waiting()
    const { secret } = await acme.signIn.enrolment.totp({ token })
    for (let i = 0; i < 6; i++) expect(await acme.signIn.enrolment.confirm({ token, code: '000000' })).toEqual(BAD)
    const right = { token, code: await now(secret) }
    expect(await acme.signIn.enrolment.confirm(right)).toMatchObject({ reason: 'too-many-attempts' })
    expect(await live()).toEqual([])
  })

  it('the token is good for nothing else', async () => {
    const { token } = await waiting()
    await acme.signIn.enrolment.totp({ token })
    const { signIn, accounts } = acme
    expect(await signIn.continue({ token, code: '000000' })).toEqual(EXPIRED)
    expect(await refused(signIn.challenge({ token }))).toBe('TOKEN_EXPIRED')
    expect(await signIn.link({ token })).toEqual(BAD)
    expect(await refused(accounts.resetPassword({ token, password: `${PASSWORD} again` }))).toBe('CHALLENGE_REFUSED')
    expect(await refused(accounts.confirmEmail({ token }))).toBe('CHALLENGE_REFUSED')
    expect(await refused(accounts.acceptInvitation({ token }))).toBe('CHALLENGE_REFUSED')
    expect(await house.freehold.sessions.refresh(token)).toMatchObject({ ok: false })
    expect(await refused(house.freehold.sessions.verify(token))).toBe('TOKEN_INVALID')
    const elsewhere = await house.tenant()
    expect(await refused(elsewhere.signIn.enrolment.totp({ token }))).toBe('TOKEN_EXPIRED')
    expect(await live()).toEqual([])
  })

  it('and no other token is good for it', async () => {
    const other = await house.withApp(acme)
    const { token } = await house.waiting(acme, other.user)
    for (const shown of [token, '', 'x', `${(await waiting()).token}x`]) {
      expect(await refused(acme.signIn.enrolment.totp({ token: shown }))).toBe('TOKEN_EXPIRED')
      expect(await acme.signIn.enrolment.confirm({ token: shown, code: '000000' })).toEqual(EXPIRED)
    }
    expect(await refused(acme.signIn.enrolment.totp({ token: 7 as never }))).toBe('INPUT_INVALID')
    expect(await refused(acme.signIn.enrolment.totp({ token, name: '' }))).toBe('INPUT_INVALID')
    const more = { token, code: '000000', recoveryCodes: 'yes' }
    expect(await refused(acme.signIn.enrolment.confirm(more as never))).toBe('INPUT_INVALID')
  })

  it('a passkey ceremony of the settings, or of another sign-in, ends no sign-in, nor the reverse', async () => {
    const { token } = await waiting()
    const key = new Authenticator()
    const others = [
      await acme.passkeys.registrationOptions(user),
      await acme.signIn.enrolment.passkeyOptions({ token: (await waiting()).token }),
    ]
    for (const options of others) {
      expect(await acme.signIn.enrolment.register({ token, response: key.create(options, page) })).toEqual(BAD)
    }
    const mine = key.create(await acme.signIn.enrolment.passkeyOptions({ token }), page)
    expect(await refused(acme.passkeys.register(user, { response: mine }))).toBe('PASSKEY_REFUSED')
    expect(await acme.passkeys.list(user)).toEqual([])
    expect(await acme.signIn.enrolment.register({ token, response: mine })).toMatchObject({ ok: true })
    // a key that is somebody’s already
    user = await house.person(acme)
    const again = await waiting()
    const taken = key.create(await acme.signIn.enrolment.passkeyOptions({ token: again.token }), page)
    expect(await refused(acme.signIn.enrolment.register({ ...again, response: taken } as never))).toBe('INPUT_INVALID')
    const asked = { token: again.token, response: taken }
    expect(await refused(acme.signIn.enrolment.register(asked))).toBe('PASSKEY_TAKEN')
    expect(await live()).toEqual([])
  })

  it('a sign-out everywhere, and an end of the user, end it', async () => {
    const out = await waiting()
    await acme.sessions.revokeAll(user)
    expect(await refused(acme.signIn.enrolment.totp({ token: out.token }))).toBe('TOKEN_EXPIRED')
    const gone = await waiting()
    const { secret } = await acme.signIn.enrolment.totp({ token: gone.token })
    await acme.users.disable(user)
    expect(await acme.signIn.enrolment.confirm({ token: gone.token, code: await now(secret) })).toEqual(EXPIRED)
    expect(await live()).toEqual([])
  })

  it('what a risk asks for is not set up: whoever signs in may be another', async () => {
    const risky = await openFactorHouse(storage, {
      risk: { stepUpFrom: 0.01 },
    })
    try {
      const { id } = await risky.tenant()
      await risky.freehold.tenants.update(id, { settings: { authentication: { requiredAssurance: 2 } } })
      const strict = await risky.freehold.tenant(id)
      const { email } = await risky.person(strict)
      const client = { signals: { userAgent: 'curl/8', acceptLanguage: null, formMs: 5 } }
      expect(await strict.signIn.password({ email, password: PASSWORD, client })).toEqual({
        ok: false,
        reason: 'denied',
      })
    } finally {
      await risky.close()
    }
  })

  it('of many that would each set up the first factor, one does', async () => {
    const tokens = await Promise.all(Array.from({ length: 5 }, waiting))
    const prepared = []
    for (const { token } of tokens) {
      const options = await acme.signIn.enrolment.passkeyOptions({ token })
      prepared.push({ token, response: new Authenticator().create(options, page) })
    }
    const { secret } = await acme.signIn.enrolment.totp({ token: tokens[0]!.token })
    const code = await now(secret)
    const answers = await Promise.all([
      ...prepared.map((answer) => acme.signIn.enrolment.register(answer)),
      ...Array.from({ length: 5 }, () => acme.signIn.enrolment.confirm({ token: tokens[0]!.token, code })),
    ])
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
    const confirmed = (await acme.factors.list(user)).filter(({ confirmedAt }) => confirmedAt)
    expect(confirmed).toHaveLength(1)
    expect(await live()).toHaveLength(1)
  })
})
