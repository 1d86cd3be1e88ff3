// PBKDF2 (RFC 8018) as a PHC string, as passlib writes it, and as Django does.

import { pbkdf2 } from 'node:crypto'
import { decodeBase64, decodeParts, type Format, isHashLength, sameBytes } from './format.ts'

/** `$pbkdf2-sha256$i=310000,l=32$salt$hash`; passlib leaves `i=` out, and of SHA-1 the name: `$pbkdf2$1212$salt$hash` */
const PHC =
  /^\$pbkdf2(?:-(sha1|sha224|sha256|sha384|sha512))?\$(?:i=)?([0-9]{1,9})(?:,l=[0-9]{1,3})?\$([A-Za-z0-9+/=.]*)\$([A-Za-z0-9+/=.]+)$/
/** `pbkdf2_sha256$260000$salt$hash`: here the salt is text. */
const DJANGO = /^pbkdf2_(sha1|sha256|sha512)\$([0-9]{1,9})\$([^$]+)\$([A-Za-z0-9+/=]+)$/
const MAXIMUM_ITERATIONS = 10_000_000

export const pbkdf2Format: Format = (hash) => {
  const found = readPhc(hash) ?? readDjango(hash)
  if (!found || found.iterations < 1) return undefined
  if (found.iterations > MAXIMUM_ITERATIONS) return 'too-costly'
  return { verify: async (password) => sameBytes(await run(password, found), found.digest) }
}

interface Pbkdf2Hash {
  readonly hmac: string
  readonly iterations: number
  readonly salt: Buffer
  readonly digest: Buffer
}

function readPhc(hash: string): Pbkdf2Hash | undefined {
  const [, hmac = 'sha1', iterations, salt = '', digest] = PHC.exec(hash) ?? []
  const parts = digest === undefined ? undefined : decodeParts(salt, digest)
  return parts && { hmac, iterations: Number(iterations), ...parts }
}

function readDjango(hash: string): Pbkdf2Hash | undefined {
  const [, hmac, iterations, salt, text] = DJANGO.exec(hash) ?? []
  const digest = decodeBase64(text ?? '')
  if (!hmac || !salt || !digest || !isHashLength(digest.length)) return undefined
  return { hmac, iterations: Number(iterations), salt: Buffer.from(salt), digest }
}

/** In the thread pool. */
function run(password: string, { hmac, iterations, salt, digest }: Pbkdf2Hash): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, iterations, digest.length, hmac, (error, derived) =>
      error ? reject(error) : resolve(derived),
    )
  })
}
