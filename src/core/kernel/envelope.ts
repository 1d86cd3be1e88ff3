// Sealed fields: what must be read again and may not be read from a dump. AES-256-GCM (NIST SP 800-38D) under a key of
// its own purpose, bound to the very place it stands in: moved to another row, column, table or tenant it does not open.

import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import { FreeholdError } from './errors.ts'
import type { Keyring } from './keyring.ts'
import type { Runtime } from './runtime.ts'

/** Where a sealed value stands. */
export interface Place {
  readonly tenantId: string
  readonly table: string
  readonly column: string
  /** The row's key: its id, or of a composite key whatever tells it from all others. */
  readonly row: string
}

export interface Envelope {
  /**
   * Seals with the current root key: version 1 | key number 1 | nonce 12 | ciphertext | tag 16, 30 bytes more than the plain
   * value. The nonce is random, so that sealing the same value twice answers two texts.
   */
  seal(plain: Uint8Array, place: Place): Uint8Array
  /**
   * The plain value, whichever root key sealed it. Whatever is wrong (another place, a changed byte, a key that is not
   * known here) is the same error.
   * @throws DECRYPTION_FAILED
   */
  open(sealed: Uint8Array, place: Place): Uint8Array
}

const ALGORITHM = 'aes-256-gcm'
const PURPOSE = 'field-encryption'
const KEY_LENGTH = 32
const VERSION = 1
const NONCE_START = 2
const NONCE_LENGTH = 12
const BODY_START = NONCE_START + NONCE_LENGTH
const TAG_LENGTH = 16
const OPTIONS = { authTagLength: TAG_LENGTH } as const

export function createEnvelope(keyring: Keyring, { randomBytes }: Pick<Runtime, 'randomBytes'>): Envelope {
  // as KeyObjects, made once: importing a key costs more than sealing with it
  const keys = keyring.fromKeys(
    () =>
      new Map<number, KeyObject>(
        keyring.all.map((number) => [number, createSecretKey(keyring.derive(number, PURPOSE, KEY_LENGTH)!)]),
      ),
  )
  return {
    seal(plain, place) {
      const number = keyring.current
      const nonce = randomBytes(NONCE_LENGTH)
      const cipher = createCipheriv(ALGORITHM, keys().get(number)!, nonce, OPTIONS)
      cipher.setAAD(boundTo(number, place))
      const body = cipher.update(plain)
      cipher.final()
      const sealed = new Uint8Array(BODY_START + body.length + TAG_LENGTH)
      sealed[0] = VERSION
      sealed[1] = number
      sealed.set(nonce, NONCE_START)
      sealed.set(body, BODY_START)
      sealed.set(cipher.getAuthTag(), BODY_START + body.length)
      return sealed
    },
    open(sealed, place) {
      const number = sealedWith(sealed)
      const key = number === undefined ? undefined : keys().get(number)
      if (number === undefined || !key) throw new FreeholdError('DECRYPTION_FAILED')
      const end = sealed.length - TAG_LENGTH
      const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(NONCE_START, BODY_START), OPTIONS)
      decipher.setAAD(boundTo(number, place))
      decipher.setAuthTag(sealed.subarray(end))
      const plain = decipher.update(sealed.subarray(BODY_START, end))
      try {
        decipher.final()
      } catch {
        // what it was is not said, not even in the cause
        throw new FreeholdError('DECRYPTION_FAILED')
      }
      return plain
    },
  }
}

/** The number of the root key that a sealed value names; undefined for what is none. Says nothing of whether it opens. */
export function sealedWith(sealed: Uint8Array): number | undefined {
  return sealed.length >= BODY_START + TAG_LENGTH && sealed[0] === VERSION ? sealed[1] : undefined
}

/** What is authenticated beside the value. As JSON, in which no two places read the same: a joined text would have them. */
function boundTo(key: number, { tenantId, table, column, row }: Place): Buffer {
  return Buffer.from(JSON.stringify([VERSION, key, tenantId, table, column, row]))
}
