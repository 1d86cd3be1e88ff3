// Key pairs of authenticators, with their public half in COSE form (RFC 9053).

import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { type Cbor, encodeCbor } from './cbor.ts'

export type Algorithm = 'ES256' | 'RS256' | 'EdDSA' | 'ES384'

export interface Key {
  readonly privateKey: KeyObject
  /** COSE. */
  readonly publicKey: Uint8Array
  sign(data: Uint8Array): Uint8Array
}

export function makeKey(algorithm: Algorithm): Key {
  switch (algorithm) {
    case 'ES256':
      return keyOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
    case 'ES384':
      return keyOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)
    case 'RS256':
      return keyOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)
    case 'EdDSA':
      return keyOf(generateKeyPairSync('ed25519').privateKey)
  }
}

export function keyOf(privateKey: KeyObject): Key {
  const jwk = privateKey.export({ format: 'jwk' })
  const part = (name: 'x' | 'y' | 'n' | 'e') => Buffer.from(jwk[name]!, 'base64url')
  const publicKey = encodeCbor(new Map<number, Cbor>(coseOf(jwk.crv, part)))
  const digest = jwk.kty === 'OKP' ? null : jwk.crv === 'P-384' ? 'sha384' : 'sha256'
  return { privateKey, publicKey, sign: (data) => sign(digest, data, privateKey) }
}

function coseOf(curve: string | undefined, part: (name: 'x' | 'y' | 'n' | 'e') => Uint8Array): [number, Cbor][] {
  if (curve === 'Ed25519')
    return [
      [1, 1],
      [3, -8],
      [-1, 6],
      [-2, part('x')],
    ]
  if (curve === undefined)
    return [
      [1, 3],
      [3, -257],
      [-1, part('n')],
      [-2, part('e')],
    ]
  const [alg, crv] = curve === 'P-384' ? [-35, 2] : [-7, 1]
  return [
    [1, 2],
    [3, alg],
    [-1, crv],
    [-2, part('x')],
    [-3, part('y')],
  ]
}

export function sha256(data: string | Uint8Array): Uint8Array {
  return createHash('sha256').update(data).digest()
}
