// The W3C's own vectors: registration and authentication with ES256, RS256 and Ed25519, with and without attestation.

import { verifyRegistrationResponse } from '@simplewebauthn/server'
import { describe, expect, it } from 'vitest'
import {
  type PasskeyAssertion,
  type PasskeyRegistration,
  readAssertion,
  readRegistration,
} from '../../src/core/authentication/passkeys/ceremony.ts'
import { readClientData } from '../../src/core/authentication/passkeys/client-data.ts'
import { type NewKey, verifyAssertion, verifyRegistration } from '../../src/core/authentication/passkeys/verify.ts'
import { FLAGS } from './authenticator.ts'
import { challengesAsPrinted, ORIGIN, RP_ID, TOP_ORIGIN, vectors } from './vectors.ts'

const place = { origin: ORIGIN, rpId: RP_ID }

async function register(registration: PasskeyRegistration, topOrigins: readonly string[] = []): Promise<NewKey> {
  const read = readRegistration(registration)
  return verifyRegistration(read, readClientData(read.clientData, 'webauthn.create', topOrigins), place, false)
}

async function assert(assertion: PasskeyAssertion, key: NewKey, topOrigins: readonly string[] = []) {
  const read = readAssertion(assertion)
  return verifyAssertion(read, readClientData(read.clientData, 'webauthn.get', topOrigins), place, key, false)
}

const inFrames = vectors.filter(({ name }) => /crossOrigin|topOrigin/.test(name))

describe('the vectors of WebAuthn Level 3', () => {
  it('are derived as the section prints them', () => {
    expect(Object.fromEntries(vectors.map(({ name, challenges }) => [name, challenges]))).toEqual(challengesAsPrinted)
    expect(vectors).toHaveLength(8)
  })

  it.each(vectors.filter((vector) => !inFrames.includes(vector)))('$name registers and signs in', async (vector) => {
    const key = await register(vector.registration)
    expect(key).toMatchObject({
      userVerified: (vector.flags & FLAGS.verified) !== 0,
      backupEligible: (vector.flags & FLAGS.eligible) !== 0,
      backupState: (vector.flags & FLAGS.backedUp) !== 0,
      signCount: 0,
    })
    expect(await assert(vector.assertion, key)).toMatchObject({ signCount: 0 })
  })

  it.each(vectors.filter(({ name }) => !name.endsWith('crossOrigin')))(
    '$name: not with a single bit of its signature or data changed',
    async ({ registration, assertion }) => {
      const key = await register(registration, [TOP_ORIGIN]).catch(() => undefined)
      if (!key) return
      const flip = (field: 'signature' | 'authenticatorData', at: number) => {
        const bytes = Buffer.from(assertion.response[field], 'base64url')
        bytes[at]! ^= 1
        return { ...assertion, response: { ...assertion.response, [field]: bytes.toString('base64url') } }
      }
      const { length } = Buffer.from(assertion.response.signature, 'base64url')
      await expect(assert(flip('signature', length - 1), key, [TOP_ORIGIN])).rejects.toMatchObject({
        code: 'PASSKEY_REFUSED',
      })
      // the last byte of the counter
      await expect(assert(flip('authenticatorData', 36), key, [TOP_ORIGIN])).rejects.toMatchObject({
        code: 'PASSKEY_REFUSED',
      })
    },
  )

  it('W03: those of a frame in another site are refused, at registration and at sign-in', async () => {
    expect(inFrames.map(({ name }) => name)).toEqual(['none.ES256.crossOrigin', 'none.ES256.topOrigin'])
    for (const { registration, assertion } of inFrames) {
      const refusal = { code: 'PASSKEY_REFUSED', details: { reason: 'cross-origin' } }
      await expect(register(registration)).rejects.toMatchObject(refusal)
      expect(() => readClientData(readAssertion(assertion).clientData, 'webauthn.get', [])).toThrowError(
        expect.objectContaining(refusal),
      )
    }
  })

  it('W03: a frame in a page that the host allows is accepted where the browser names that page', async () => {
    const [unnamed, named] = inFrames
    await expect(register(unnamed!.registration, [TOP_ORIGIN])).rejects.toMatchObject({
      details: { reason: 'cross-origin' },
    })
    const key = await register(named!.registration, [TOP_ORIGIN])
    expect(await assert(named!.assertion, key, [TOP_ORIGIN])).toMatchObject({ signCount: 0 })
  })

  it('W05: the attestations are sound, and make no difference', async () => {
    const attested = vectors.filter(({ name }) => name.startsWith('packed'))
    expect(attested).toHaveLength(4)
    for (const { registration, challenges } of attested) {
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        response: {
          ...registration,
          type: 'public-key',
          clientExtensionResults: {},
          response: { ...registration.response, transports: [] },
        },
        expectedChallenge: Buffer.from(challenges[0], 'hex').toString('base64url'),
        expectedOrigin: ORIGIN,
        expectedRPID: RP_ID,
        requireUserVerification: false,
      })
      expect(verified).toBe(true)
      const key = await register(registration)
      expect(registrationInfo?.credential.publicKey).toEqual(key.publicKey)
      expect(Object.keys(key)).not.toContain('attestation')
    }
  })
})
