// bcrypt by the package `@node-rs/bcrypt`, which works off the event loop. Of the four names of the format three mean the
// same; `2x` marks hashes of an old crypt_blowfish that took each byte of the password for a signed number.

import { FreeholdError } from '../../core/kernel/errors.ts'
import type { Format } from './format.ts'

/** The part of the package `@node-rs/bcrypt` that we use. */
export interface BcryptModule {
  verify(password: Uint8Array, hash: string): Promise<boolean>
}

const BCRYPT = /^\$2([abxy])\$([0-9]{2})\$([./A-Za-z0-9]{53})$/
const MINIMUM_COST = 4
/** Doubles with each step: 15 is some two seconds. */
const MAXIMUM_COST = 15
/** What bcrypt reads of a password. */
const KEY_BYTES = 72

/** @param module undefined: the package is loaded when it is needed */
export function bcryptFormat(module: BcryptModule | undefined): Format {
  const load = async (): Promise<BcryptModule> => module ?? importPackage()
  return (hash) => {
    const [, version, cost, rest] = BCRYPT.exec(hash) ?? []
    if (!version || Number(cost) < MINIMUM_COST) return undefined
    if (Number(cost) > MAXIMUM_COST) return 'too-costly'
    return {
      async verify(password) {
        const bytes = Buffer.from(password)
        const key = version === 'x' ? signedKey(bytes) : bytes.subarray(0, KEY_BYTES)
        return (await load()).verify(key, `$2b$${cost}$${rest}`)
      },
      async load() {
        await load()
      },
    }
  }
}

/**
 * The key as that crypt_blowfish made it: four bytes to a word, each with its sign, so that a byte over 127 covers those
 * before it. Written out over all 72 bytes it is what the others read as it stands (CVE-2011-2483).
 */
export function signedKey(password: Uint8Array): Uint8Array {
  const source = Buffer.concat([password, Buffer.alloc(1)])
  const key = Buffer.alloc(KEY_BYTES)
  let next = 0
  for (let word = 0; word < KEY_BYTES; word += 4) {
    let value = 0
    for (let i = 0; i < 4; i++) {
      value = (value << 8) | source.readInt8(next)
      next = (next + 1) % source.length
    }
    key.writeInt32BE(value, word)
  }
  return key
}

/** Node keeps what it imported, so asking again costs nothing; a failure is a new error for each caller. */
async function importPackage(): Promise<BcryptModule> {
  try {
    const found: BcryptModule & { readonly default?: BcryptModule } = await import('@node-rs/bcrypt')
    return found.default ?? found
  } catch (cause) {
    throw new FreeholdError(
      'PACKAGE_MISSING',
      { package: '@node-rs/bcrypt', range: '^2.0.0', hint: 'npm install @node-rs/bcrypt' },
      { cause },
    )
  }
}
