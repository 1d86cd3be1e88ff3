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
  /** Answers what `make` makes of the keys as they are: made when it is first asked for, and anew once they have changed. */
  fromKeys<V>(make: () => V): () => V
}

/** A keyring whose keys can be exchanged while it is in use. */
export interface RenewableKeyring extends Keyring {
  /**
   * From now on these are the keys, all of them or, when one is refused, none.
   * @throws CONFIG_INVALID (among others: a number that is known has another value now), KEY_WEAK
   */
  replace(keys: Keys): void
}

const KEY_ID = /^k([1-9][0-9]{0,2})$/
const HEX = /^(?:[0-9a-f]{2})+$/i
const MINIMUM_BYTES = 32
/** How many different bytes, and letters of a text, random keys have at least; 32 random bytes have 30 and 31 or 32 of base64, on average. */
const DISTINCT_BYTES = 20
const DISTINCT_BASE64 = 18
const DISTINCT_HEX = 9

/** @throws CONFIG_INVALID (no such id), KEY_WEAK (too short, or hardly random) */
export function createKeyring(keys: Keys): RenewableKeyring {
  let held = readKeys(keys)
  return {
    get current() {
      return held.current
    },
    get all() {
      return held.all
    },
    derive(key, purpose, length) {
      const root = held.roots.get(key)
      if (!root) return undefined
      const { derived } = held
      const slot = JSON.stringify([key, purpose, length])
      let bytes = derived.get(slot)
      if (!bytes) {
        bytes = new Uint8Array(hkdfSync('sha256', root, new Uint8Array(0), `freehold/1/${purpose}`, length))
        derived.set(slot, bytes)
      }
      return bytes
    },
    fromKeys<V>(make: () => V) {
      let made: { readonly from: HeldKeys; readonly value: V } | undefined
      return () => {
        if (made?.from !== held) made = { from: held, value: make() }
        return made.value
      }
    },
    replace(changed) {
      const next = readKeys(changed)
      for (const [number, root] of next.roots) {
        const known = held.roots.get(number)
        if (known && Buffer.compare(known, root) !== 0) {
          const problem = 'it has another value than before: a new key takes a new number'
          throw new FreeholdError('CONFIG_INVALID', { option: `keys.k${number}`, problem })
        }
      }
      held = next
    },
  }
}

interface HeldKeys {
  readonly current: number
  readonly all: readonly number[]
  readonly roots: ReadonlyMap<number, Uint8Array>
  /** What was derived already. */
  readonly derived: Map<string, Uint8Array>
}

function readKeys(keys: Keys): HeldKeys {
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
  return { current, all: [...roots.keys()], roots, derived: new Map() }
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
  // a copy: what the caller does with the bytes later changes no key
  return Uint8Array.from(bytes)
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
