// Password hashes that another system made, so that its users keep their passwords. Each is replaced by one of today's at
// the first sign-in. argon2i and argon2id need none of this: the password hashers take them.

import { checkKeys } from '../../core/kernel/input.ts'
import type { LegacyHashes } from '../../core/ports/legacy-hashes.ts'
import { type BcryptModule, bcryptFormat } from './bcrypt.ts'
import { type FirebaseProject, firebaseFormat } from './firebase.ts'
import type { Format, Reading } from './format.ts'
import { pbkdf2Format } from './pbkdf2.ts'
import { scryptFormat } from './scrypt.ts'

export interface LegacyHashOptions {
  /** The package `@node-rs/bcrypt` itself, for bundlers that cannot follow a dynamic import. */
  readonly bcrypt?: BcryptModule
  /** Needed for hashes of Firebase. */
  readonly firebase?: FirebaseProject
}

/** What the column holds. */
const MAXIMUM_LENGTH = 1024

/**
 * Hashes of bcrypt (`2a`, `2b`, `2x`, `2y`), scrypt, PBKDF2 and Firebase's scrypt, for `createFreehold({ legacyHashes })`. Costs
 * over bcrypt 15, scrypt N 2^17, r 8 and p 10, or 10 million rounds of PBKDF2 are never run: a row must not be able to
 * stall the server.
 * @throws CONFIG_INVALID, INPUT_INVALID now; PACKAGE_MISSING when the first bcrypt hash is imported or checked
 */
export function legacyHashes(options: LegacyHashOptions = {}): LegacyHashes {
  checkKeys(options, 'legacyHashes', ['bcrypt', 'firebase'])
  const formats: readonly Format[] = [
    bcryptFormat(options.bcrypt),
    scryptFormat,
    pbkdf2Format,
    ...(options.firebase ? [firebaseFormat(options.firebase)] : []),
  ]
  const read = (hash: string): Reading => {
    if (hash.length > MAXIMUM_LENGTH) return undefined
    for (const format of formats) {
      const found = format(hash)
      if (found) return found
    }
    return undefined
  }
  return {
    read(hash) {
      const found = read(hash)
      return found === undefined ? 'unknown' : found === 'too-costly' ? found : 'known'
    },
    async load(hash) {
      const found = read(hash)
      if (typeof found === 'object') await found.load?.()
    },
    async verify(hash, password) {
      const found = read(hash)
      return typeof found === 'object' && found.verify(password)
    },
  }
}

export { type FirebaseUser, firebaseHash } from './firebase.ts'
export type { BcryptModule, FirebaseProject }
