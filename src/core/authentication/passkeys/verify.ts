// The proofs themselves: is this key new and sound, did this key sign. What an authenticator says of its make is not
// asked for and not believed (attestation `none`), so a certificate that somebody sends is never even parsed (W05).

import { hash } from 'node:crypto'
import {
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import { decodeAttestationObject, isoCBOR } from '@simplewebauthn/server/helpers'
import { encodeBase64url } from '../../kernel/encoding.ts'
import { FreeholdError } from '../../kernel/errors.ts'
import { ALGORITHMS, type ReadAssertion, type ReadRegistration, refused } from './ceremony.ts'
import type { ClientData } from './client-data.ts'
import { isSignedBy, readPublicKey } from './public-key.ts'

/** A page and the relying party that it belongs to, both known to be this tenant's. */
export interface Place {
  readonly origin: string
  readonly rpId: string
}

/** A key that was made for us just now. */
export interface NewKey {
  readonly credentialId: Uint8Array
  /** COSE. */
  readonly publicKey: Uint8Array
  readonly signCount: number
  /** What the authenticator says that it is; anybody could say so. Null: it says nothing. */
  readonly aaguid: string | null
  readonly userVerified: boolean
  readonly backupEligible: boolean
  readonly backupState: boolean
}

/** A key as it is stored. */
export interface KnownKey {
  readonly publicKey: Uint8Array
  readonly backupEligible: boolean
}

/** What a right signature says. The counter is still to be compared, where it can be moved in the same statement. */
export interface Proof {
  readonly signCount: number
  readonly userVerified: boolean
  readonly backupState: boolean
}

/** Of authenticator data (section 6.1). */
const FLAGS_AT = 32
const COUNTER_AT = 33
const USER_PRESENT = 0x01
const USER_VERIFIED = 0x04
const BACKUP_ELIGIBLE = 0x08
const BACKUP_STATE = 0x10
const SHORTEST = 37
const NO_AAGUID = '00000000-0000-0000-0000-000000000000'

/**
 * Section 7.1, but for the challenge, which its consumer knows.
 * @throws PASSKEY_REFUSED
 */
export async function verifyRegistration(
  registration: ReadRegistration,
  client: ClientData,
  place: Place,
  requireUserVerification: boolean,
): Promise<NewKey> {
  const { authenticatorData, unattested } = withoutAttestation(registration.attestationObject)
  const flags = readFlags(authenticatorData, place, requireUserVerification)
  const response: RegistrationResponseJSON = {
    id: registration.id,
    rawId: registration.id,
    type: 'public-key',
    clientExtensionResults: {},
    response: {
      clientDataJSON: encodeBase64url(registration.clientData),
      attestationObject: encodeBase64url(unattested),
    },
  }
  const { verified, registrationInfo } = await asked(() =>
    verifyRegistrationResponse({
      response,
      expectedChallenge: client.challenge,
      expectedOrigin: place.origin,
      expectedRPID: place.rpId,
      requireUserVerification,
      supportedAlgorithmIDs: [...ALGORITHMS],
    }),
  )
  if (!verified) throw refused('malformed')
  const { credential, aaguid } = registrationInfo
  readPublicKey(credential.publicKey)
  // the id in the data that the authenticator made is the one that counts
  if (credential.id !== registration.id) throw refused('malformed')
  return {
    credentialId: registration.credentialId,
    publicKey: credential.publicKey,
    signCount: credential.counter,
    aaguid: aaguid === NO_AAGUID ? null : aaguid,
    ...flags,
  }
}

/**
 * Section 7.2, but for the challenge, the user handle and the counter, which their consumers know.
 * @throws PASSKEY_REFUSED
 */
export async function verifyAssertion(
  assertion: ReadAssertion,
  client: ClientData,
  place: Place,
  key: KnownKey,
  requireUserVerification: boolean,
): Promise<Proof> {
  const { authenticatorData } = assertion
  const flags = readFlags(authenticatorData, place, requireUserVerification)
  // a key that could not be copied when it was made cannot be later, nor the reverse (W06)
  if (flags.backupEligible !== key.backupEligible) throw refused('backup-flags')
  const response: AuthenticationResponseJSON = {
    id: assertion.id,
    rawId: assertion.id,
    type: 'public-key',
    clientExtensionResults: {},
    response: {
      clientDataJSON: encodeBase64url(assertion.clientData),
      authenticatorData: encodeBase64url(authenticatorData),
      signature: encodeBase64url(assertion.signature),
    },
  }
  const { verified } = await asked(() =>
    verifyAuthenticationResponse({
      response,
      expectedChallenge: client.challenge,
      expectedOrigin: place.origin,
      expectedRPID: place.rpId,
      expectedTopOrigin: client.topOrigin ?? [],
      requireUserVerification,
      // never ahead of what comes: the counter is compared in the statement that moves it
      credential: { id: assertion.id, publicKey: new Uint8Array(key.publicKey), counter: 0 },
    }),
  )
  const signed = Buffer.concat([authenticatorData, hash('sha256', assertion.clientData, 'buffer')])
  if (!verified || !isSignedBy(readPublicKey(key.publicKey), signed, assertion.signature)) throw refused('signature')
  return {
    signCount: new DataView(authenticatorData.buffer, authenticatorData.byteOffset).getUint32(COUNTER_AT),
    userVerified: flags.userVerified,
    backupState: flags.backupState,
  }
}

/** @throws PASSKEY_REFUSED */
function readFlags(authenticatorData: Uint8Array, place: Place, requireUserVerification: boolean) {
  if (authenticatorData.length < SHORTEST) throw refused('malformed')
  const rpIdHash = Buffer.from(authenticatorData.subarray(0, FLAGS_AT))
  if (!rpIdHash.equals(hash('sha256', place.rpId, 'buffer'))) throw refused('relying-party')
  const flags = authenticatorData[FLAGS_AT]!
  const has = (flag: number): boolean => (flags & flag) !== 0
  if (!has(USER_PRESENT)) throw refused('user-presence')
  if (requireUserVerification && !has(USER_VERIFIED)) throw refused('user-verification')
  // what may not be copied has not been (W06)
  if (has(BACKUP_STATE) && !has(BACKUP_ELIGIBLE)) throw refused('backup-flags')
  return {
    userVerified: has(USER_VERIFIED),
    backupEligible: has(BACKUP_ELIGIBLE),
    backupState: has(BACKUP_STATE),
  }
}

/** The same attestation object with format `none`: the authenticator's data, and nobody's word for it. */
function withoutAttestation(attestationObject: Uint8Array) {
  try {
    const authenticatorData: unknown = decodeAttestationObject(new Uint8Array(attestationObject)).get('authData')
    if (!(authenticatorData instanceof Uint8Array)) throw refused('malformed')
    const none = new Map<string, string | Uint8Array | Map<string, string>>()
      .set('fmt', 'none')
      .set('attStmt', new Map<string, string>())
      .set('authData', authenticatorData)
    return { authenticatorData, unattested: isoCBOR.encode(none) }
  } catch (cause) {
    throw FreeholdError.is(cause) ? cause : refused('malformed', cause)
  }
}

/** The library refuses with plain errors, whose texts quote what was sent; ours names the kind of fault. */
async function asked<R>(question: () => Promise<R>): Promise<R> {
  try {
    return await question()
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : ''
    throw refused(text.includes('public key alg') ? 'algorithm' : 'malformed', cause)
  }
}
