// A public key in COSE form (RFC 9053), looked at before it is kept: the library takes a truncated one, which then
// never signs anybody in.

import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'
import { decodeCredentialPublicKey } from '@simplewebauthn/server/helpers'
import { encodeBase64url } from '../../kernel/encoding.ts'
import { refused } from './ceremony.ts'

/** Labels of COSE, and what they hold. */
const KTY = 1
const ALG = 3
const CRV = -1
const X = -2
const Y = -3
/** Of RSA. */
const N = -1
const E = -2

const COORDINATE = 32
/** 2,048 to 8,192 bits: shorter can be broken, longer makes each sign-in slow. */
const MODULUS = { minimum: 256, maximum: 1024 }
const EXPONENT = { minimum: 1, maximum: 4 }

/** @throws PASSKEY_REFUSED (algorithm) when it is no key of its own algorithm: wrong type, curve or length, off the curve */
export function readPublicKey(cose: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: jwkOf(decodeCredentialPublicKey(new Uint8Array(cose))), format: 'jwk' })
  } catch (cause) {
    throw refused('algorithm', cause)
  }
}

/** True for the one encoding of a right signature. The library also takes an ECDSA signature with something behind it. */
export function isSignedBy(key: KeyObject, data: Uint8Array, signature: Uint8Array): boolean {
  return verify(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', data, key, signature)
}

function jwkOf(decoded: object): JsonWebKey {
  if (!(decoded instanceof Map)) throw new Error('no map')
  const key: ReadonlyMap<unknown, unknown> = decoded
  const kind = [key.get(KTY), key.get(ALG)].join()
  if (kind === '2,-7' && key.get(CRV) === 1) {
    return { kty: 'EC', crv: 'P-256', x: part(key.get(X)), y: part(key.get(Y)) }
  }
  if (kind === '1,-8' && key.get(CRV) === 6) return { kty: 'OKP', crv: 'Ed25519', x: part(key.get(X)) }
  if (kind === '3,-257') return { kty: 'RSA', n: part(key.get(N), MODULUS), e: part(key.get(E), EXPONENT) }
  throw new Error('no key of ours')
}

function part(value: unknown, { minimum, maximum } = { minimum: COORDINATE, maximum: COORDINATE }): string {
  if (!(value instanceof Uint8Array) || value.length < minimum || value.length > maximum) throw new Error('length')
  return encodeBase64url(value)
}
