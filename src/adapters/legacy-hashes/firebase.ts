// Firebase's scrypt: the password's key encrypts the project's signer key, and that is the hash. The signer key and the
// salt separator are the project's, so they are options and not part of any row.

import { createCipheriv } from 'node:crypto'
import { FreeholdError } from '../../core/kernel/errors.ts'
import { decodeBase64, type Format, sameBytes } from './format.ts'
import { runScrypt, scryptCost } from './scrypt.ts'

/** As the Firebase console shows it: Authentication, Users, Password hash parameters. */
export interface FirebaseProject {
  /** `base64_signer_key` */
  readonly signerKey: string
  /** `base64_salt_separator` */
  readonly saltSeparator: string
}

export interface FirebaseUser {
  /** As `firebase auth:export` writes them. */
  readonly passwordHash: string
  readonly salt: string
  /** The project's `rounds`. Default 8. */
  readonly rounds?: number
  /** The project's `mem_cost`. Default 14. */
  readonly memoryCost?: number
}

const FIREBASE = /^\$firebase-scrypt\$ln=([0-9]{1,2}),r=([0-9]{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/
const KEY_BYTES = 32
/** A key is used once: for this user's salt. */
const NO_IV = Buffer.alloc(16)

/** What `users.create` takes as `passwordHash` for a user of Firebase: `$firebase-scrypt$ln=14,r=8$salt$hash`. */
export function firebaseHash({ passwordHash, salt, rounds = 8, memoryCost = 14 }: FirebaseUser): string {
  return `$firebase-scrypt$ln=${memoryCost},r=${rounds}$${plainBase64(salt)}$${plainBase64(passwordHash)}`
}

/** @throws CONFIG_INVALID */
export function firebaseFormat({ signerKey, saltSeparator }: FirebaseProject): Format {
  const key = decodeOption(signerKey, 'signerKey')
  const separator = decodeOption(saltSeparator, 'saltSeparator')
  return (hash) => {
    const [, ln, r, saltText, digestText] = FIREBASE.exec(hash) ?? []
    const salt = decodeBase64(saltText ?? '')
    const digest = decodeBase64(digestText ?? '')
    if (!salt || !digest || digest.length !== key.length) return undefined
    const cost = scryptCost(Number(ln), Number(r), 1)
    if (!cost || cost === 'too-costly') return cost
    return {
      async verify(password) {
        const derived = await runScrypt(password, Buffer.concat([salt, separator]), 2 * KEY_BYTES, cost)
        const cipher = createCipheriv('aes-256-ctr', derived.subarray(0, KEY_BYTES), NO_IV)
        return sameBytes(Buffer.concat([cipher.update(key), cipher.final()]), digest)
      },
    }
  }
}

/** The export has the alphabet of URLs. */
function plainBase64(text: string): string {
  return text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')
}

function decodeOption(value: unknown, name: keyof FirebaseProject): Buffer {
  const bytes = typeof value === 'string' ? decodeBase64(plainBase64(value)) : undefined
  const minimum = name === 'signerKey' ? 16 : 1
  if (bytes && bytes.length >= minimum) return bytes
  throw new FreeholdError('CONFIG_INVALID', {
    option: `legacyHashes.firebase.${name}`,
    problem: 'it is not the base64 text that the Firebase console shows',
  })
}
