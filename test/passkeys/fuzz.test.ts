// Whatever a stranger sends where a browser's answer belongs is refused: it is no error of ours, opens nothing, and
// keeps nothing.

import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { PasskeyAssertion, PasskeyRegistration } from '../../src/core/authentication/passkeys/ceremony.ts'
import type { User } from '../../src/core/identity/user.ts'
import { FreeholdError } from '../../src/index.ts'
import { Authenticator } from './authenticator.ts'
import { type Equipped, type House, openHouse } from './house.ts'

let house: House
let ana: User
let key: Equipped
beforeAll(async () => {
  house = await openHouse(memory())
  ana = await house.town.person()
  key = await house.equip(ana, { counter: 1 })
})

const RUNS = { numRuns: 200 }
const registered = (response: unknown) => house.passkeys.register(ana, { response: response as PasskeyRegistration })
const entered = (response: unknown) => house.signIn.verify({ response: response as PasskeyAssertion })

/** One field of the inner answer with some of its bytes changed, cut off, or doubled. */
const damage = (fields: readonly string[]) =>
  fc.record({
    field: fc.constantFrom(...fields),
    at: fc.nat(2_000),
    flip: fc.integer({ min: 1, max: 255 }),
    way: fc.constantFrom('flip', 'cut', 'double'),
  })

interface Damage {
  readonly field: string
  readonly at: number
  readonly flip: number
  readonly way: string
}

function damaged<R extends { readonly response: object }>(answer: R, { field, at, flip, way }: Damage): R {
  const inner = answer.response as Record<string, unknown>
  const bytes = Buffer.from(String(inner[field]), 'base64url')
  const place = at % bytes.length
  if (way === 'flip') bytes[place]! ^= flip
  const changed = way === 'cut' ? bytes.subarray(0, place) : way === 'double' ? Buffer.concat([bytes, bytes]) : bytes
  return { ...answer, response: { ...inner, [field]: changed.toString('base64url') } }
}

it('anything at all', async () => {
  await fc.assert(
    fc.asyncProperty(fc.anything({ maxDepth: 3 }), async (thing) => {
      expect(await entered(thing)).toEqual({ ok: false, reason: 'bad-credentials' })
      const error = await registered(thing).catch((cause: unknown) => cause)
      expect(FreeholdError.is(error, 'PASSKEY_REFUSED')).toBe(true)
    }),
    RUNS,
  )
  expect(await house.passkeys.list(ana)).toHaveLength(1)
})

it('a right assertion that was damaged on the way', async () => {
  const options = await house.signIn.options()
  const right = key.authenticator.get(options, house.page)
  await fc.assert(
    fc.asyncProperty(damage(['clientDataJSON', 'authenticatorData', 'signature', 'userHandle']), async (how) => {
      expect(await entered(damaged(right, how))).toEqual({ ok: false, reason: 'bad-credentials' })
    }),
    RUNS,
  )
  expect(await house.town.alive(ana)).toEqual([])
  expect(await house.row(key.passkey)).toMatchObject({ sign_count: 1, clone_suspected_at: null })
  // none of it used the challenge up
  expect(await entered(right)).toMatchObject({ ok: true })
})

it('a right registration that was damaged on the way registers nothing but a key that works', async () => {
  await fc.assert(
    fc.asyncProperty(damage(['clientDataJSON', 'attestationObject']), async (how) => {
      const ben = await house.town.person()
      const authenticator = new Authenticator({ algorithm: 'EdDSA' })
      const right = authenticator.create(await house.passkeys.registrationOptions(ben), house.page)
      const response = damaged(right, how)
      const made = await house.passkeys.register(ben, { response }).catch((cause: unknown) => cause)
      if (FreeholdError.is(made, 'PASSKEY_REFUSED')) expect(await house.passkeys.list(ben)).toEqual([])
      // what an authenticator says of its make and its flags is signed by nobody
      else expect(await house.passkeys.list(ben)).toEqual([made])
    }),
    RUNS,
  )
})
