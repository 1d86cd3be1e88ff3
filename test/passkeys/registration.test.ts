// Registering a passkey: what the browser is asked for, what is kept of its answer, and everything that is refused.

import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { PasskeyRegistration } from '../../src/core/authentication/passkeys/ceremony.ts'
import type { User } from '../../src/core/identity/user.ts'
import { refusal } from '../identity/town.ts'
import { Authenticator, FLAGS, type Page } from './authenticator.ts'
import { BASE_DOMAIN, type House, openHouse } from './house.ts'
import { type Algorithm, keyOf } from './keys.ts'

const storage = memory()
let house: House
let ana: User
beforeEach(async () => {
  house = await openHouse(storage)
  ana = await house.town.person()
})

/** Answers a fresh challenge on another page, or with other data. */
async function answer(differently: Partial<Page> = {}, authenticator = new Authenticator()) {
  const options = await house.passkeys.registrationOptions(ana)
  return authenticator.create(options, { ...house.page, ...differently })
}

async function reasonOf(response: PasskeyRegistration): Promise<unknown> {
  const { code, details } = await refusal(house.passkeys.register(ana, { response }))
  expect(code).toBe('PASSKEY_REFUSED')
  return (details as { reason: string }).reason
}

/** Nothing was kept, and nothing was told as done. */
async function untouched(): Promise<void> {
  expect(await house.passkeys.list(ana)).toEqual([])
  expect(await house.context.scope.records.count('mfa_methods', {})).toBe(0)
  expect(await house.events()).toEqual([])
}

describe('what the browser is asked for', () => {
  it('names the tenant, its domain and the user, and asks for no attestation', async () => {
    const { slug } = house.context.tenant
    const named = await house.town.users.update(ana, { name: 'Ana' })
    const options = await house.passkeys.registrationOptions(named)
    expect(options).toMatchObject({
      rp: { id: `${slug}.${BASE_DOMAIN}`, name: 'Globex & Sons' },
      user: { name: ana.email, displayName: 'Ana' },
      pubKeyCredParams: [-8, -7, -257].map((alg) => ({ type: 'public-key', alg })),
      excludeCredentials: [],
      attestation: 'none',
    })
    // 16 bytes: the user's id, and neither address nor name
    expect(Buffer.from(options.user.id, 'base64url').toString('hex')).toBe(ana.id.replaceAll('-', ''))
    const again = await house.passkeys.registrationOptions(ana)
    expect(again.challenge).not.toBe(options.challenge)
  })

  it('leaves out authenticators that are registered', async () => {
    const { authenticator } = await house.equip(ana)
    const { excludeCredentials } = await house.passkeys.registrationOptions(ana)
    const id = Buffer.from(authenticator.credentialId).toString('base64url')
    expect(excludeCredentials).toEqual([{ type: 'public-key', id, transports: ['hybrid', 'internal'] }])
  })

  it('nobody is asked who cannot sign in', async () => {
    await house.town.users.disable(ana)
    expect((await refusal(house.passkeys.registrationOptions(ana))).code).toBe('USER_UNKNOWN')
    const response = new Authenticator().create(
      await house.passkeys.registrationOptions(await house.town.person()),
      house.page,
    )
    expect((await refusal(house.passkeys.register(ana, { response }))).code).toBe('USER_UNKNOWN')
  })
})

describe('what is kept', () => {
  it.each<Algorithm>(['ES256', 'RS256', 'EdDSA'])('an %s key, and the facts about it', async (algorithm) => {
    const authenticator = new Authenticator({ algorithm, counter: 4, backupState: false })
    const response = await answer({}, authenticator)
    const passkey = await house.passkeys.register(ana, { response, name: '  Laptop ' })
    expect(passkey).toMatchObject({
      userId: ana.id,
      name: 'Laptop',
      deviceType: 'multi-device',
      backedUp: false,
      transports: ['hybrid', 'internal'],
      aaguid: authenticator.traits.aaguid,
      rpId: `${house.context.tenant.slug}.${BASE_DOMAIN}`,
      createdAt: expect.any(Date),
      lastUsedAt: null,
      cloneSuspectedAt: null,
    })
    expect(await house.passkeys.list(ana)).toEqual([passkey])
    const row = (await house.row(passkey))!
    expect(Buffer.from(row.public_key)).toEqual(Buffer.from(authenticator.key.publicKey))
    expect(row.sign_count).toBe(4)
    const factor = await house.context.scope.records.get('mfa_methods', { id: passkey.id })
    expect(factor).toMatchObject({ type: 'webauthn', user_id: ana.id, confirmed_at: expect.any(Date) })
    const events = await house.events()
    expect(events).toMatchObject([{ action: 'passkey.registered', outcome: 'success' }])
    expect(events[0]!.body).not.toContain('Laptop')
  })

  it('a key that cannot be copied, and one that does not say what it is', async () => {
    const nothing = '00000000-0000-0000-0000-000000000000'
    const { passkey } = await house.equip(ana, { backupEligible: false, backupState: false, aaguid: nothing })
    expect(passkey).toMatchObject({ deviceType: 'single-device', backedUp: false, aaguid: null })
  })

  it('W05: whatever attestation comes along is neither believed nor read', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const forged = { alg: -7, sig: sign('sha256', randomBytes(8), privateKey), x5c: [randomBytes(300)] }
    for (const fmt of ['packed', 'tpm', 'apple', 'fido-u2f', 'made-up']) {
      const statement = new Map(Object.entries(forged))
      const passkey = await house.passkeys.register(ana, {
        response: await answer({ attestation: { fmt, statement } }),
      })
      expect(Object.keys(passkey).join()).not.toMatch(/attest|trust/i)
    }
  })
})

describe('what is refused', () => {
  it('W02: a second use of the same answer, and another answer to the same challenge', async () => {
    const options = await house.passkeys.registrationOptions(ana)
    const response = new Authenticator().create(options, house.page)
    await house.passkeys.register(ana, { response })
    expect(await reasonOf(response)).toBe('challenge')
    expect(await reasonOf(new Authenticator().create(options, house.page))).toBe('challenge')
    expect(await house.passkeys.list(ana)).toHaveLength(1)
  })

  it('a challenge that we did not make, of another user, purpose or tenant, or from before the sessions were ended', async () => {
    expect(await reasonOf(await answer({ challenge: randomBytes(32).toString('base64url') }))).toBe('challenge')
    const ben = await house.town.person()
    const others = new Authenticator().create(await house.passkeys.registrationOptions(ben), house.page)
    expect(await reasonOf(others)).toBe('challenge')
    const { challenge } = await house.signIn.options()
    expect(await reasonOf(await answer({ challenge }))).toBe('challenge')
    const elsewhere = await openHouse(storage)
    const foreign = await elsewhere.passkeys.registrationOptions(await elsewhere.town.person())
    expect(await reasonOf(await answer({ challenge: foreign.challenge }))).toBe('challenge')
    const early = await answer()
    await house.town.users.setPassword(ana, 'another tractor omelette')
    expect(await reasonOf(early)).toBe('challenge')
    await untouched()
  })

  it.each([
    [
      'W03: a page of ours in a frame of another site',
      { crossOrigin: true, topOrigin: 'https://evil.test' },
      'cross-origin',
    ],
    ['W03: a frame of which the browser does not say where', { crossOrigin: true }, 'cross-origin'],
    ['W03: a top page without a frame', { topOrigin: 'https://evil.test' }, 'cross-origin'],
    ['W03: a frame flag that is none', { crossOrigin: 'false' }, 'malformed'],
    ['U02: another site', { origin: 'https://evil.test' }, 'origin'],
    ['W06: copied, though it may not be', { set: FLAGS.backedUp, unset: FLAGS.eligible }, 'backup-flags'],
    ['nobody was there', { unset: FLAGS.present }, 'user-presence'],
    ['made for another domain', { rpId: 'evil.test' }, 'relying-party'],
    ['made for the domain above', { rpId: BASE_DOMAIN }, 'relying-party'],
    ['a sign-in for a registration', { type: 'webauthn.get' }, 'malformed'],
  ] satisfies [string, Partial<Page>, string][])('%s', async (_, differently, reason) => {
    expect(await reasonOf(await answer(differently))).toBe(reason)
    await untouched()
  })

  it.each([
    (own: string) => `${own}/`,
    (own: string) => `${own}:443`,
    (own: string) => `${own}.evil.test`,
    (own: string) => own.replace('https://', 'https://evil.'),
    (own: string) => own.replace('https://', 'http://'),
    (own: string) => own.replace('https://', 'https://evil.test@'),
    (own: string) => `https://evil.test/${own}`,
    (own: string) => own.toUpperCase(),
    (own: string) => own.replace('.example', '.xexample'),
    () => 'null',
    () => 'https://*.example.test',
    () => `https://${BASE_DOMAIN}`,
  ])('U02: an origin that only looks like ours (%#)', async (disguise) => {
    expect(await reasonOf(await answer({ origin: disguise(house.page.origin) }))).toBe('origin')
    await untouched()
  })

  it('an algorithm that was not asked for', async () => {
    expect(await reasonOf(await answer({}, new Authenticator({ algorithm: 'ES384' })))).toBe('algorithm')
    await untouched()
  })

  it('a key that ends early, is too short, or is no point of its curve', async () => {
    const good = await answer()
    const short = new Authenticator()
    const object = Buffer.from(good.response.attestationObject, 'base64url')
    const cut = object.subarray(0, -6)
    const off = Buffer.from(object)
    off[off.length - 1]! ^= 1
    for (const bytes of [cut, off]) {
      const response = { ...good.response, attestationObject: bytes.toString('base64url') }
      expect(await reasonOf({ ...good, response })).toBe('algorithm')
    }
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    Object.assign(short, { key: keyOf(privateKey) })
    expect(await reasonOf(await answer({}, short))).toBe('algorithm')
    await untouched()
  })

  it('a key that is registered, whosesoever it is', async () => {
    const { authenticator } = await house.equip(ana)
    const ben = await house.town.person()
    for (const user of [ana, ben]) {
      const response = authenticator.create(await house.passkeys.registrationOptions(user), house.page)
      expect((await refusal(house.passkeys.register(user, { response }))).code).toBe('PASSKEY_TAKEN')
    }
    expect(await house.passkeys.list(ben)).toEqual([])
  })

  it('more than a user may have', async () => {
    for (let i = 0; i < 20; i++) await house.equip(ana, { algorithm: 'EdDSA' })
    const { code } = await refusal(house.passkeys.register(ana, { response: await answer() }))
    expect(code).toBe('FACTOR_LIMIT')
    expect(await house.passkeys.list(ana)).toHaveLength(20)
  })

  it('what is no answer of a browser', async () => {
    const good = await answer()
    const { response } = good
    const broken: unknown[] = [
      null,
      'text',
      [],
      {},
      { ...good, id: 1 },
      { ...good, rawId: `${good.rawId}A` },
      { ...good, id: `${good.id}=`, rawId: `${good.id}=` },
      { ...good, type: 'password' },
      { ...good, response: undefined },
      { ...good, response: { ...response, clientDataJSON: 'e30' } },
      { ...good, response: { ...response, clientDataJSON: '****' } },
      { ...good, response: { ...response, clientDataJSON: 'A'.repeat(20_000) } },
      { ...good, response: { ...response, attestationObject: 'oA' } },
      { ...good, response: { ...response, attestationObject: '_____' } },
      { ...good, id: 'AAAA', rawId: 'AAAA' },
    ]
    for (const thing of broken) expect(await reasonOf(thing as PasskeyRegistration)).toBe('malformed')
    await untouched()
    // none of it used the challenge up
    await house.passkeys.register(ana, { response: good })
  })
})
