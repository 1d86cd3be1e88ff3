// A password hash for tests: real scrypt, at a cost that keeps nobody out.

import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto'
import type { PasswordHasher } from '../../core/ports/password-hasher.ts'

const PATTERN = /^\$scrypt-for-tests\$([A-Za-z0-9_-]+)\$([A-Za-z0-9_-]+)$/

/**
 * A `PasswordHasher` for tests only: scrypt with N = 16, some 30 microseconds a hash, so that a suite with a thousand
 * sign-ins is quick. An attacker is as quick: never give it to a Freehold that anyone else can reach.
 */
export function testHasher(): PasswordHasher {
  return {
    name: 'scrypt-for-tests',
    async hash(password) {
      const salt = randomBytes(16)
      return `$scrypt-for-tests$${salt.toString('base64url')}$${derive(password, salt).toString('base64url')}`
    },
    async verify(hash, password) {
      const [, salt, digest] = PATTERN.exec(hash) ?? []
      if (!salt || !digest) return false
      const wanted = Buffer.from(digest, 'base64url')
      const found = derive(password, Buffer.from(salt, 'base64url'))
      return wanted.length === found.length && timingSafeEqual(wanted, found)
    },
    needsRehash: () => false,
  }
}

function derive(password: string, salt: Uint8Array): Buffer {
  return scryptSync(password, salt, 32, { N: 16 })
}
