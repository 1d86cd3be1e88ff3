// Root keys, and what is derived from them. A root key never touches data: every purpose has its own key, derived
// with HKDF-SHA-256 (RFC 5869). New material is made with the current key; the others keep old material readable.

import { hkdfSync } from 'node:crypto'
import { FreeholdError } from './errors.ts'

/**
 * `{ current: 'k2', k2: '...', k1: '...' }`: ids are `k1` to `k255`, each value 32 random bytes or more, raw or as base64, base64url
 * or hex (`openssl rand -base64 32`). A passphrase is no key: what does not look random is refused.
 */
export interface Keys {
  readonly current: string
  readonly [id: string]: string | Uint8Array | undefined
}

export interface Keyring {
  /** The number in the current key's id. */
  readonly current: number
  /** Every key's number, the current one among them. */
  readonly all: readonly number[]
  /** A key for one purpose; undefined when no root key has this number. */
  derive(key: number, purpose: string, length: number): Uint8Array | undefined
}

const KEY_ID = /^k([1-9][0-9]{0,2})$/
const HEX = /^(?:[0-9a-f]{2})+$/i
const MINIMUM_BYTES = 32
/** How many different bytes, and letters of a text, random keys have at least; 32 random bytes have 30 and 31 or 32 of base64, on average. */
const DISTINCT_BYTES = 20
const DISTINCT_BASE64 = 18
const DISTINCT_HEX = 9

/** @throws CONFIG_INVALID (no such id), KEY_WEAK (too short, or hardly random) */
export function createKeyring(keys: Keys): Keyring {
  if (typeof keys !== 'object' || keys === null) {
    throw new FreeholdError('CONFIG_INVALID', { option: 'keys', problem: "it is as { current: 'k1', k1: '...' }" })
  }
  const numbers = new Map<string, number>()
  const roots = new Map<number, Uint8Array>()
  for (const [id, value] of Object.entries(keys)) {
    if (id === 'current') continue
    const number = Number(KEY_ID.exec(id)?.[1])
    // not a number either
    if (!(number <= 255)) {
      throw new FreeholdError('CONFIG_INVALID', { option: `keys.${id}`, problem: 'a key id is k1 to k255' })
    }
    numbers.set(id, number)
    roots.set(number, rootKey(id, value))
  }
  const current = numbers.get(keys.current)
  if (current === undefined) {
    throw new FreeholdError('CONFIG_INVALID', { option: 'keys.current', problem: 'it names no key that is given' })
  }
  const derived = new Map<string, Uint8Array>()
  return {
    current,
    all: [...roots.keys()],
    derive(key, purpose, length) {
      const root = roots.get(key)
      if (!root) return undefined
      const slot = JSON.stringify([key, purpose, length])
      let bytes = derived.get(slot)
      if (!bytes) {
        bytes = new Uint8Array(hkdfSync('sha256', root, new Uint8Array(0), `freehold/1/${purpose}`, length))
        derived.set(slot, bytes)
      }
      return bytes
    },
  }
}

function rootKey(id: string, value: unknown): Uint8Array {
  const weak = (problem: string) =>
    new FreeholdError('KEY_WEAK', { key: id, problem: `${problem}; make one with \`openssl rand -base64 32\`` })
  if (value === undefined || value === '') throw weak('it is empty; is the environment variable set?')
  const bytes = typeof value === 'string' ? decode(value) : value
  if (!(bytes instanceof Uint8Array)) throw weak('it is neither base64, base64url nor hex of random bytes, nor bytes')
  if (bytes.length < MINIMUM_BYTES) throw weak(`it has ${bytes.length} bytes, and ${MINIMUM_BYTES} are needed`)
  const random = new Set(bytes).size >= DISTINCT_BYTES && (typeof value !== 'string' || looksRandom(value))
  if (!random) throw weak('it does not look random')
  return bytes
}

/** The bytes that have exactly this text in hex, base64 or base64url. */
function decode(text: string): Uint8Array | undefined {
  if (HEX.test(text)) return Buffer.from(text, 'hex')
  const bytes = Buffer.from(text, 'base64')
  return [bytes.toString('base64'), bytes.toString('base64url')].includes(text) ? bytes : undefined
}

/**
 * A passphrase may be valid base64, but has one case or few letters. Of random keys fewer than one in a million is
 * turned away.
 */
function looksRandom(text: string): boolean {
  const letters = new Set(text).size
  if (HEX.test(text)) return letters >= DISTINCT_HEX
  return /[a-z]/.test(text) && /[A-Z]/.test(text) && letters >= DISTINCT_BASE64
}
