// A passkey or security key as the second factor, behind whatever was shown first.

import { beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { PasskeyRequestOptions } from '../../src/core/authentication/passkeys/ceremony.ts'
import type { NextFactor, SignedIn } from '../../src/core/authentication/signed-in.ts'
import type { User } from '../../src/core/identity/user.ts'
import { FLAGS, type Page } from './authenticator.ts'
import { type Equipped, type House, openHouse } from './house.ts'

const storage = memory()
const BAD = { ok: false, reason: 'bad-credentials' }
let house: House
let ana: User
let key: Equipped
beforeEach(async () => {
  house = await openHouse(storage)
  ana = await house.town.person()
  // a security key that only knows that somebody touched it
  key = await house.equip(ana, { userVerified: false, backupEligible: false, backupState: false, counter: 3 })
})

/** The password was right: what is asked for next. */
async function half(user = ana): Promise<NextFactor> {
  const row = await house.context.scope.records.get('users', { id: user.id })
  const first = { user: row!, methods: ['pwd'], assuranceLevel: 1, usedFactors: [] } as const
  const answer = await house.engine.conclude(house.context, first)
  if (answer.ok || answer.reason !== 'factor-required') throw new Error('no factor was asked for')
  return answer.next
}

async function begin(next: NextFactor, factor = key.passkey.id as string): Promise<PasskeyRequestOptions> {
  const begun = await house.engine.begin(house.context, { token: next.token, factor })
  return begun!.details.options as PasskeyRequestOptions
}

function finish(
  next: NextFactor,
  options: PasskeyRequestOptions,
  page: Partial<Page> = {},
  by = key,
): Promise<SignedIn> {
  const assertion = { ...by.authenticator.get(options, { ...house.page, ...page }) }
  return house.engine.resume(house.context, { token: next.token, factor: key.passkey.id }, { assertion })
}

describe('a security key after a password', () => {
  it('is asked for, and a touch of it is enough', async () => {
    const next = await half()
    expect(next.factors).toMatchObject([{ id: key.passkey.id, type: 'webauthn', name: 'Passkey' }])
    const options = await begin(next)
    const id = Buffer.from(key.authenticator.credentialId).toString('base64url')
    expect(options).toMatchObject({ allowCredentials: [{ id }], userVerification: 'preferred' })
    const entered = await finish(next, options, { userHandle: null })
    expect(entered).toMatchObject({ ok: true, user: { id: ana.id }, session: { assuranceLevel: 2 } })
    expect(entered.ok && entered.session.authenticationMethods).toEqual(expect.arrayContaining(['pwd', 'hwk', 'mfa']))
    expect(await house.row(key.passkey)).toMatchObject({ sign_count: 4 })
  })

  it('M08: answers the sign-in that asked for it, and no other', async () => {
    const [mine, other] = [await half(), await half()]
    const options = await begin(mine)
    await begin(other)
    expect(await finish(other, options)).toEqual(BAD)
    expect(await finish(mine, options)).toMatchObject({ ok: true })
  })

  it('W02: is answered once', async () => {
    const next = await half()
    const options = await begin(next)
    const assertion = { ...key.authenticator.get(options, house.page) }
    const resume = (token: string) =>
      house.engine.resume(house.context, { token, factor: key.passkey.id }, { assertion })
    expect(await resume(next.token)).toMatchObject({ ok: true })
    expect(await resume((await half()).token)).toEqual(BAD)
    expect(await house.town.alive(ana)).toHaveLength(1)
  })

  it('W07: another key of the same user, or of another, is not the one that was asked for', async () => {
    const second = await house.equip(ana)
    const bens = await house.equip(await house.town.person())
    for (const by of [second, bens]) {
      const next = await half()
      expect(await finish(next, await begin(next), {}, by)).toEqual(BAD)
    }
    expect(await house.town.alive(ana)).toEqual([])
  })

  it.each([
    ['W03', { crossOrigin: true }],
    ['U02', { origin: 'https://evil.test' }],
    ['W06', { set: FLAGS.eligible }],
    ['W07', { userHandle: Buffer.alloc(16) }],
    ['nobody was there', { unset: FLAGS.present }],
    ['another challenge', { challenge: 'AAAA' }],
  ] satisfies [string, Partial<Page>][])('%s: is refused as at sign-in', async (_, differently) => {
    const next = await half()
    expect(await finish(next, await begin(next), differently)).toEqual(BAD)
    expect(await house.town.alive(ana)).toEqual([])
  })

  it('W01: a copy of it is refused and told', async () => {
    const next = await half()
    const options = await begin(next)
    key.authenticator.counter = 2
    expect(await finish(next, options)).toEqual(BAD)
    expect(await house.row(key.passkey)).toMatchObject({ sign_count: 3, clone_suspected_at: expect.any(Date) })
    expect((await house.events()).map(({ action }) => action)).toContain('passkey.clone_suspected')
  })

  it('what is no answer of a browser is wrong, and no error', async () => {
    const next = await half()
    await begin(next)
    for (const answer of [{}, { code: '123456' }, { assertion: { id: 'x' } }]) {
      const asked = { token: next.token, factor: key.passkey.id }
      expect(await house.engine.resume(house.context, asked, answer)).toEqual(BAD)
    }
  })
})

describe('M06: a security key after a key', () => {
  /** As at the step-up of a session that a key began: what it began with stands. */
  async function after(...methods: string[]): Promise<NextFactor> {
    const row = await house.context.scope.records.get('users', { id: ana.id })
    const first = { user: row!, methods, assuranceLevel: 1, usedFactors: [] } as const
    const answer = await house.engine.conclude(house.context, first)
    if (answer.ok || answer.reason !== 'factor-required') throw new Error('no factor was asked for')
    return answer.next
  }

  it.each(['hwk', 'swk'])('%s: a touch is no second factor, and a PIN or a finger is', async (method) => {
    const next = await after(method, 'user')
    const options = await begin(next)
    expect(options.userVerification).toBe('required')
    expect(await finish(next, options)).toEqual(BAD)
    expect(await house.town.alive(ana)).toEqual([])
    expect(await finish(next, await begin(next), { set: FLAGS.verified })).toMatchObject({
      ok: true,
      session: { assuranceLevel: 2 },
    })
  })
})
