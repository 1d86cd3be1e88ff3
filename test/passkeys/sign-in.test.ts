// Signing in with a passkey: the right key opens a session at the level that it has shown, and everything else is one
// and the same refusal.

import { beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { PasskeyAssertion } from '../../src/core/authentication/passkeys/ceremony.ts'
import type { User } from '../../src/core/identity/user.ts'
import { idBytes } from '../../src/core/kernel/ids.ts'
import { Authenticator, FLAGS, type Page } from './authenticator.ts'
import { BASE_DOMAIN, type Equipped, type House, openHouse } from './house.ts'
import type { Algorithm } from './keys.ts'

const storage = memory()
const BAD = { ok: false, reason: 'bad-credentials' }
let house: House
let ana: User
let key: Equipped
beforeEach(async () => {
  house = await openHouse(storage)
  ana = await house.town.person()
  key = await house.equip(ana)
})

const sessions = () => house.town.alive(ana)
const suspicions = () => house.context.scope.records.find('security_events', { limit: 100 })

describe('the right key', () => {
  it.each<[Algorithm, boolean, string]>([
    ['ES256', true, 'swk'],
    ['RS256', false, 'hwk'],
    ['EdDSA', false, 'hwk'],
  ])('%s opens a session of two factors without a name being said', async (algorithm, backupEligible, method) => {
    const { authenticator, passkey } = await house.equip(ana, { algorithm, backupEligible, backupState: false })
    const entered = await house.enter(authenticator)
    expect(entered).toMatchObject({
      ok: true,
      user: { id: ana.id },
      session: { userId: ana.id, assuranceLevel: 2, authenticationMethods: [method, 'user', 'mfa'] },
      tokens: { accessToken: expect.any(String) },
    })
    const [seen] = (await house.passkeys.list(ana)).filter(({ id }) => id === passkey.id)
    expect(seen!.lastUsedAt).toEqual(expect.any(Date))
  })

  it('S01: opens another session each time', async () => {
    const first = await house.enter(key.authenticator)
    const second = await house.enter(key.authenticator)
    expect(first.ok && second.ok && first.session.id !== second.session.id).toBe(true)
    expect(await sessions()).toHaveLength(2)
  })

  it('W01: without a counter signs in again and again; its copies are remembered', async () => {
    const { authenticator, passkey } = await house.equip(ana, { backupState: false })
    expect(passkey.backedUp).toBe(false)
    for (let i = 0; i < 3; i++) expect(await house.enter(authenticator)).toMatchObject({ ok: true })
    await house.enter(authenticator, { set: FLAGS.backedUp })
    expect(await house.row(passkey)).toMatchObject({ sign_count: 0, backup_state: true })
    await house.enter(authenticator)
    expect(await house.row(passkey)).toMatchObject({ backup_state: false })
    expect(await suspicions()).toEqual([])
  })

  it('moves its counter', async () => {
    const { authenticator, passkey } = await house.equip(ana, { counter: 7 })
    expect(await house.enter(authenticator)).toMatchObject({ ok: true })
    authenticator.counter = 4_294_967_294
    expect(await house.enter(authenticator)).toMatchObject({ ok: true })
    expect(await house.row(passkey)).toMatchObject({ sign_count: 4_294_967_295, clone_suspected_at: null })
  })

  it('M06: without user verification is one factor, and the other one is asked for', async () => {
    const asks = { settings: { passkeys: { userVerification: 'preferred' as const } } }
    const lax = await openHouse(storage, asks)
    const ben = await lax.town.person()
    const touched = await lax.equip(ben, { userVerified: false })
    expect(await lax.enter(touched.authenticator)).toMatchObject({ ok: true, session: { assuranceLevel: 1 } })
    const other = await lax.equip(ben)
    const entered = await lax.enter(touched.authenticator)
    expect(entered).toMatchObject({
      ok: false,
      reason: 'factor-required',
      next: { factors: [{ id: other.passkey.id, type: 'webauthn' }] },
    })
    expect(await lax.town.alive(ben)).toHaveLength(1)
    expect(await lax.enter(other.authenticator)).toMatchObject({ ok: true, session: { assuranceLevel: 2 } })
  })

  it('M06: with user verification satisfies a tenant that wants two factors', async () => {
    Object.assign(house.context.tenant, { settings: { authentication: { requiredAssurance: 2 } } })
    expect(await house.enter(key.authenticator)).toMatchObject({ ok: true, session: { assuranceLevel: 2 } })
  })
})

describe('with a user named', () => {
  it('names their keys, and takes an answer that does not name its user', async () => {
    const options = await house.signIn.options({ email: ` ${ana.email.toUpperCase()}` })
    const id = Buffer.from(key.authenticator.credentialId).toString('base64url')
    expect(options.allowCredentials).toEqual([{ type: 'public-key', id, transports: ['hybrid', 'internal'] }])
    const response = key.authenticator.get(options, { ...house.page, userHandle: null })
    expect(await house.signIn.verify({ response })).toMatchObject({ ok: true })
  })

  it('A05: answers in the same form for an address that nobody has, and the same each time', async () => {
    const ask = async (email: string) => (await house.signIn.options({ email })).allowCredentials
    const ben = await house.town.person()
    for (const email of ['ghost@example.test', ben.email, 'no address']) {
      const named = await ask(email)
      expect(named).toEqual([
        { type: 'public-key', id: expect.stringMatching(/^[\w-]{22,}$/), transports: expect.any(Array) },
      ])
      expect(await ask(email)).toEqual(named)
    }
    const [one, two] = [await ask('ghost@example.test'), await ask('spirit@example.test')]
    expect(one).not.toEqual(two)
  })
})

describe('everything else', () => {
  /** Refused alike, no session, nothing moved. */
  async function refusedAlike(response: unknown): Promise<void> {
    const before = await house.row(key.passkey)
    expect(await house.signIn.verify({ response: response as PasskeyAssertion })).toEqual(BAD)
    expect(await sessions()).toEqual([])
    expect(await house.row(key.passkey)).toEqual(before)
    expect(await suspicions()).toEqual([])
  }

  it('W02: a replayed answer opens no second session and is no sign of a copy', async () => {
    const counting = await house.equip(ana, { counter: 1 })
    for (const { authenticator } of [key, counting]) {
      const response = authenticator.get(await house.signIn.options(), house.page)
      const first = await house.signIn.verify({ response })
      expect(first).toMatchObject({ ok: true })
      expect(await house.signIn.verify({ response })).toEqual(BAD)
    }
    expect(await sessions()).toHaveLength(2)
    expect(await suspicions()).toEqual([])
    expect(await house.row(counting.passkey)).toMatchObject({ clone_suspected_at: null })
  })

  it.each([
    ['W03: a frame in another site', { crossOrigin: true, topOrigin: 'https://evil.test' }],
    ['W03: a frame of which the browser does not say where', { crossOrigin: true }],
    ['W03: a top page without a frame', { topOrigin: 'https://evil.test' }],
    ['U02: another site', { origin: 'https://evil.test' }],
    ['U02: the domain above', { origin: `https://${BASE_DOMAIN}` }],
    ['W06: a key that can no longer be copied', { unset: FLAGS.eligible | FLAGS.backedUp }],
    ['W06: copied, though it may not be', { unset: FLAGS.eligible }],
    ['nobody was there', { unset: FLAGS.present }],
    ['nobody was verified', { unset: FLAGS.verified }],
    ['signed for another domain', { rpId: 'evil.test' }],
    ['W07: a handle of nobody', { userHandle: idBytes('01890a5d-ac96-774b-bcce-b302099a8057') }],
    ['W07: no handle, where nobody was named', { userHandle: null }],
    ['a registration for a sign-in', { type: 'webauthn.create' }],
    ['a challenge that we did not make', { challenge: 'AAAAAAAAAAAAAAAAAAAAAA' }],
  ] satisfies [string, Partial<Page>][])('%s', async (_, differently) => {
    await refusedAlike(key.authenticator.get(await house.signIn.options(), { ...house.page, ...differently }))
  })

  it('W06: a key that cannot be copied and later says that it can', async () => {
    const { authenticator } = await house.equip(ana, { backupEligible: false, backupState: false })
    expect(await house.enter(authenticator, { set: FLAGS.eligible })).toEqual(BAD)
    expect(await house.enter(authenticator)).toMatchObject({ ok: true })
  })

  it('W07: the handle of another user, here or in another tenant', async () => {
    const ben = await house.town.person()
    await house.equip(ben)
    const elsewhere = await openHouse(storage)
    const eve = await elsewhere.town.person()
    await elsewhere.equip(eve)
    for (const { id } of [ben, eve]) {
      await refusedAlike(
        key.authenticator.get(await house.signIn.options(), { ...house.page, userHandle: idBytes(id) }),
      )
    }
  })

  it('W07: a key of another tenant, on either page', async () => {
    const elsewhere = await openHouse(storage)
    const { authenticator } = await elsewhere.equip(await elsewhere.town.person())
    for (const { origin } of [house.page, elsewhere.page]) {
      const rpId = origin.slice('https://'.length)
      await refusedAlike(authenticator.get(await house.signIn.options(), { origin, rpId }))
      await refusedAlike(authenticator.get(await elsewhere.signIn.options(), { origin, rpId }))
    }
  })

  it('another key under this id, another signature, other data', async () => {
    const options = await house.signIn.options()
    const thief = new Authenticator()
    thief.userHandle = key.authenticator.userHandle
    const { id, rawId } = key.authenticator.get(options, house.page)
    await refusedAlike({ ...thief.get(options, house.page), id, rawId })
    const right = key.authenticator.get(options, house.page)
    const other = key.authenticator.get(options, { ...house.page, unset: FLAGS.verified })
    const { authenticatorData } = right.response
    await refusedAlike({ ...right, response: { ...other.response, authenticatorData } })
    // and the challenge was not used up by any of it
    expect(await house.signIn.verify({ response: right })).toMatchObject({ ok: true })
  })

  it('a challenge of a registration, of another tenant, or for another domain of this one', async () => {
    const { challenge } = await house.passkeys.registrationOptions(ana)
    await refusedAlike(key.authenticator.get(await house.signIn.options(), { ...house.page, challenge }))
    const elsewhere = await openHouse(storage)
    await refusedAlike(
      key.authenticator.get(await elsewhere.signIn.options(), { ...house.page, rpId: house.page.origin.slice(8) }),
    )
  })

  it('a user who was disabled, and one who was signed out everywhere while they answered', async () => {
    const response = key.authenticator.get(await house.signIn.options(), house.page)
    await house.town.users.disable(ana)
    expect(await house.signIn.verify({ response })).toEqual(BAD)
    await house.town.users.enable(ana)
    expect(await house.signIn.verify({ response })).toMatchObject({ ok: true })
  })

  it('what is no answer of a browser is refused before anything is looked up, and not told', async () => {
    const before = await house.events()
    const good = key.authenticator.get(await house.signIn.options(), house.page)
    const { response } = good
    for (const broken of [
      undefined,
      'text',
      { ...good, id: 'AAAA' },
      { ...good, response: { ...response, signature: '' } },
      { ...good, response: { ...response, authenticatorData: 'AAAA'.repeat(3000) } },
      { ...good, response: { ...response, userHandle: 'A'.repeat(200) } },
      { ...good, response: { ...response, clientDataJSON: 'bm8ganNvbg' } },
      new Authenticator().get(await house.signIn.options(), house.page),
    ]) {
      await refusedAlike(broken)
    }
    expect(await house.events()).toEqual(before)
  })

  it('a wrong answer with a real key is told, with whose it is and without what was shown', async () => {
    await house.enter(key.authenticator, { unset: FLAGS.verified })
    const [, failed, ...rest] = await house.events()
    expect(rest).toEqual([])
    expect(failed).toMatchObject({ action: 'sign_in.failed', outcome: 'failure' })
    expect(failed!.body).toContain(ana.id)
    expect(failed!.body).not.toContain(Buffer.from(key.authenticator.credentialId).toString('base64url'))
  })
})

describe('a copied key', () => {
  it('W01: a counter that goes backwards is refused and told; the original goes on', async () => {
    const { authenticator, passkey } = await house.equip(ana, { counter: 10 })
    expect(await house.enter(authenticator)).toMatchObject({ ok: true })
    const told = await house.events()
    for (const counter of [10, 4, 0]) {
      const here = authenticator.counter
      authenticator.counter = counter
      expect(await house.enter(authenticator)).toEqual(BAD)
      authenticator.counter = here
    }
    expect(await sessions()).toHaveLength(1)
    expect(await house.row(passkey)).toMatchObject({ sign_count: 11, clone_suspected_at: expect.any(Date) })
    const [listed] = (await house.passkeys.list(ana)).filter(({ id }) => id === passkey.id)
    expect(listed!.cloneSuspectedAt).toEqual(expect.any(Date))
    expect(await suspicions()).toMatchObject(
      [11, 5, 0].map((counter) => ({
        kind: 'passkey.clone_suspected',
        user_id: ana.id,
        details: { passkeyId: passkey.id, counter, storedCounter: 11 },
      })),
    )
    const events = (await house.events()).slice(told.length)
    expect(events.map(({ action, outcome }) => [action, outcome])).toEqual(
      Array.from({ length: 3 }, () => ['passkey.clone_suspected', 'denied']),
    )
    expect(await house.enter(authenticator)).toMatchObject({ ok: true })
  })
})
