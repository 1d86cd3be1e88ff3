// The part of the tour that proves who somebody is: every kind of second factor, recovery codes, passkeys, devices.

import { randomBytes } from 'node:crypto'
import { generate } from 'otplib'
import { expect } from 'vitest'
import { codeIn, testKeys } from '../../src/adapters/testing/index.ts'
import { createEnvelope } from '../../src/core/kernel/envelope.ts'
import { createKeyring } from '../../src/core/kernel/keyring.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import { Authenticator } from '../passkeys/authenticator.ts'
import { PASSWORD, type Steps } from './tour.ts'

export const FACTOR_STEPS: Steps = {
  async 'second factors'({ acme, mailbox, phone, secrets }) {
    const user = await acme.users.create({ email: 'una@acme.test', password: PASSWORD })
    const { factor, secret, uri } = await acme.factors.enrolTotp(user, { name: 'App' })
    secrets.keep('the secret of a TOTP', secret)
    expect(uri).toContain(secret)
    const code = await generate({ secret })
    secrets.keepCode('a code of a TOTP', code)
    await acme.factors.confirm(user, factor, { code })
    const hardware = randomBytes(20)
    secrets.keep('the secret of a hardware token', hardware)
    const token = await acme.factors.enrolHardwareToken(user, { name: 'Token', secret: hardware })
    const hotp = (counter: number) => generate({ strategy: 'hotp', secret: hardware, counter })
    for (const counter of [0, 1, 2]) secrets.keepCode(`code ${counter} of a hardware token`, await hotp(counter))
    await acme.factors.confirm(user, token, { code: await hotp(0) })
    const sms = await acme.factors.enrolSms(user, { name: 'Phone', phone: '+4915112345679' })
    const smsCode = codeIn(await phone.last({ to: '+4915112345679' }))!
    secrets.keepCode('a code by SMS', smsCode)
    await acme.factors.confirm(user, sms.factor, { code: smsCode })
    const mailed = await acme.factors.enrolEmail(user, { name: 'Mailbox' })
    const mailCode = codeIn(await mailbox.last({ to: user.email }))!
    secrets.keepCode('a code by mail', mailCode)
    await acme.factors.confirm(user, mailed.factor, { code: mailCode })
    const codes = await acme.factors.renewRecoveryCodes(user)
    for (const [i, one] of codes.entries()) {
      secrets.keep(`recovery code ${i}`, one)
      secrets.keep(`recovery code ${i} as it is compared`, one.replaceAll('-', ''))
    }
    const answer = await acme.signIn.password({ email: user.email, password: PASSWORD })
    if (answer.ok || answer.reason !== 'factor-required') throw new Error('no factor was asked for')
    secrets.keep('the token of a pending sign-in', answer.next.token)
    const inside = await acme.signIn.continue({ token: answer.next.token, factor: 'recovery_code', code: codes[0]! })
    if (!inside.ok) throw new Error(inside.reason)
    secrets.keep('a refresh token behind a second factor', inside.tokens.refreshToken)
  },
  async 'a code for a pending sign-in, and a step-up'({ acme, mailbox, secrets }) {
    const user = await acme.users.create({ email: 'sia@acme.test', password: PASSWORD })
    const { factor, secret } = await acme.factors.enrolTotp(user, { name: 'App' })
    secrets.keep('the secret of another TOTP', secret)
    const now = Math.floor(Date.now() / 1000)
    await acme.factors.confirm(user, factor, { code: await generate({ secret, epoch: now - 30 }) })
    const mailed = await acme.factors.enrolEmail(user, { name: 'Mailbox', email: 'sia@other.test' })
    await acme.factors.confirm(user, mailed.factor, { code: codeIn(await mailbox.last({ to: 'sia@other.test' }))! })
    mailbox.clear()
    const asked = await acme.signIn.password({ email: user.email, password: PASSWORD })
    if (asked.ok || asked.reason !== 'factor-required') throw new Error('no factor was asked for')
    await acme.signIn.challenge({ token: asked.next.token, factor: mailed.factor.id })
    const code = codeIn(await mailbox.last({ to: 'sia@other.test' }))!
    secrets.keepCode('a code by mail for a pending sign-in', code)
    const inside = await acme.signIn.continue({ token: asked.next.token, factor: mailed.factor.id, code })
    if (!inside.ok) throw new Error(inside.reason)
    const again = await acme.signIn.stepUp({ session: inside.session.id })
    if (again.ok || again.reason !== 'factor-required') throw new Error('no factor was asked for')
    secrets.keep('the token of a step-up', again.next.token)
    const up = await acme.signIn.continue({
      token: again.next.token,
      factor: factor.id,
      code: await generate({ secret }),
    })
    if (!up.ok) throw new Error(up.reason)
    secrets.keep('a refresh token after a step-up', up.tokens.refreshToken)
  },
  async 'passkeys, and the made-up ones of who has none'({ acme, storage, secrets }) {
    const page = { origin: PAGE }
    const user = await acme.users.create({ email: 'pia@acme.test', password: PASSWORD })
    const key = new Authenticator()
    const creation = await acme.passkeys.registrationOptions(user, page)
    secrets.keep('the challenge of a registration', creation.challenge)
    await acme.passkeys.register(user, { response: key.create(creation, page), name: 'Key' })
    const request = await acme.signIn.passkey.options(page)
    secrets.keep('the challenge of a sign-in', request.challenge)
    const inside = await acme.signIn.passkey.verify({ response: key.get(request, page) })
    if (!inside.ok) throw new Error(inside.reason)
    secrets.keep('a refresh token by passkey', inside.tokens.refreshToken)
    const asked = await acme.signIn.password({ email: user.email, password: PASSWORD })
    if (asked.ok || asked.reason !== 'factor-required') throw new Error('no factor was asked for')
    const begun = await acme.signIn.challenge({ token: asked.next.token })
    secrets.keep(
      'the challenge of a security key',
      (begun.details as { options: { challenge: string } }).options.challenge,
    )
    await acme.signIn.passkey.options({ ...page, email: 'nobody@acme.test' })
    const place = { tenantId: acme.id, table: 'tenant_secrets', column: 'value', row: 'passkey-decoys' }
    const scope = storage.tenant({ id: acme.id, location: storage.sharedLocation })
    const sealed = (await scope.records.get('tenant_secrets', { name: place.row }))!.value
    secrets.keep(
      'the secret of made-up passkeys',
      createEnvelope(createKeyring(testKeys()), systemRuntime()).open(sealed, place),
    )
  },
}

/** Where passkeys are used. */
export const PAGE = 'https://acme.example.test'
