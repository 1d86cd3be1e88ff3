// What goes to the browser and what comes back: the JSON forms of WebAuthn Level 3, section 5.1. A response is read
// once, strictly: everything that is used is canonical base64url of a bounded length; what is not used is not looked at.

import { decodeBase64url } from '../../kernel/encoding.ts'
import type { ErrorDetails } from '../../kernel/error-catalog.ts'
import { FreeholdError } from '../../kernel/errors.ts'
import { isPlainObject } from '../../kernel/input.ts'

/** For `PublicKeyCredential.parseCreationOptionsFromJSON`. */
export interface PasskeyCreationOptions {
  readonly rp: { readonly id: string; readonly name: string }
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string }
  /** Good for one answer. */
  readonly challenge: string
  readonly pubKeyCredParams: readonly { readonly type: 'public-key'; readonly alg: number }[]
  /** Milliseconds. */
  readonly timeout: number
  readonly excludeCredentials: readonly PasskeyDescriptor[]
  readonly authenticatorSelection: {
    readonly residentKey: 'preferred'
    readonly requireResidentKey: false
    readonly userVerification: 'required' | 'preferred'
  }
  readonly attestation: 'none'
  readonly extensions: { readonly credProps: true }
}

/** For `PublicKeyCredential.parseRequestOptionsFromJSON`. */
export interface PasskeyRequestOptions {
  readonly rpId: string
  /** Good for one answer. */
  readonly challenge: string
  /** Milliseconds. */
  readonly timeout: number
  /** Empty: whichever passkey the person chooses. */
  readonly allowCredentials: readonly PasskeyDescriptor[]
  readonly userVerification: 'required' | 'preferred'
}

export interface PasskeyDescriptor {
  readonly type: 'public-key'
  /** base64url. */
  readonly id: string
  readonly transports?: readonly string[]
}

/** `credential.toJSON()` of what `navigator.credentials.create` answered. Further fields are not looked at. */
export interface PasskeyRegistration {
  readonly id: string
  readonly rawId: string
  readonly type: string
  readonly response: {
    readonly clientDataJSON: string
    readonly attestationObject: string
    readonly transports?: readonly string[]
  }
}

/** `credential.toJSON()` of what `navigator.credentials.get` answered. Further fields are not looked at. */
export interface PasskeyAssertion {
  readonly id: string
  readonly rawId: string
  readonly type: string
  readonly response: {
    readonly clientDataJSON: string
    readonly authenticatorData: string
    readonly signature: string
    readonly userHandle?: string | null
  }
}

/** A registration whose fields are what they should be; nothing is verified yet. */
export interface ReadRegistration {
  readonly id: string
  readonly credentialId: Uint8Array
  readonly clientData: Uint8Array
  readonly attestationObject: Uint8Array
  readonly transports: readonly string[]
}

/** An assertion whose fields are what they should be; nothing is verified yet. */
export interface ReadAssertion {
  readonly id: string
  readonly credentialId: Uint8Array
  readonly clientData: Uint8Array
  readonly authenticatorData: Uint8Array
  readonly signature: Uint8Array
  readonly userHandle: Uint8Array | undefined
}

/** Ed25519, ES256, RS256 (COSE): what can be registered can also sign in. */
export const ALGORITHMS: readonly number[] = [-8, -7, -257]

/** WebAuthn Level 3, section 5.8.4. Others are told by nobody and would only come back to the browser. */
const TRANSPORTS: ReadonlySet<string> = new Set(['ble', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'])
const MAXIMUM_CREDENTIAL_ID = 1023
const MAXIMUM_CLIENT_DATA = 8_192
const MAXIMUM_ATTESTATION = 32_768
const MAXIMUM_AUTHENTICATOR_DATA = 4_096
const MAXIMUM_SIGNATURE = 2_048
const MAXIMUM_USER_HANDLE = 64

type PasskeyFault = ErrorDetails['PASSKEY_REFUSED']['reason']

export function refused(reason: PasskeyFault, cause?: unknown): FreeholdError<'PASSKEY_REFUSED'> {
  return new FreeholdError('PASSKEY_REFUSED', { reason }, cause === undefined ? undefined : { cause })
}

/** @throws PASSKEY_REFUSED (malformed) */
export function readRegistration(value: unknown): ReadRegistration {
  const { id, credentialId, response } = readCredential(value)
  return {
    id,
    credentialId,
    clientData: bytes(response.clientDataJSON, MAXIMUM_CLIENT_DATA),
    attestationObject: bytes(response.attestationObject, MAXIMUM_ATTESTATION),
    transports: readTransports(response.transports),
  }
}

/** @throws PASSKEY_REFUSED (malformed) */
export function readAssertion(value: unknown): ReadAssertion {
  const { id, credentialId, response } = readCredential(value)
  const { userHandle } = response
  return {
    id,
    credentialId,
    clientData: bytes(response.clientDataJSON, MAXIMUM_CLIENT_DATA),
    authenticatorData: bytes(response.authenticatorData, MAXIMUM_AUTHENTICATOR_DATA),
    signature: bytes(response.signature, MAXIMUM_SIGNATURE),
    // some browsers say "none" as null or as nothing
    userHandle:
      userHandle === undefined || userHandle === null || userHandle === ''
        ? undefined
        : bytes(userHandle, MAXIMUM_USER_HANDLE),
  }
}

function readCredential(value: unknown) {
  if (!isPlainObject(value)) throw refused('malformed')
  const { id, rawId, type, response } = value
  if (typeof id !== 'string' || id !== rawId || type !== 'public-key') throw refused('malformed')
  if (!isPlainObject(response)) throw refused('malformed')
  return { id, credentialId: bytes(id, MAXIMUM_CREDENTIAL_ID), response }
}

function bytes(value: unknown, maximum: number): Uint8Array {
  if (typeof value !== 'string' || value.length > Math.ceil((maximum * 4) / 3)) throw refused('malformed')
  const decoded = decodeBase64url(value)
  if (!decoded || decoded.length === 0) throw refused('malformed')
  return decoded
}

function readTransports(value: unknown): string[] {
  if (!Array.isArray(value)) return []
  return [...new Set(value.filter((item): item is string => typeof item === 'string' && TRANSPORTS.has(item)))].sort()
}
