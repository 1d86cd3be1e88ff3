// Root keys, and what is derived from them. A root key never touches data: every purpose has its own key, derived
// with HKDF-SHA-256 (RFC 5869). New material is made with the current key; the others keep old material readable.

import { hkdfSync } from 'node:crypto'
import { FreeholdError } from './errors.ts'

/** `{ current: 'k2', k2: '...', k1: '...' }`: ids are `k1` to `k255`, values at least 32 bytes as base64, base64url or hex, or raw bytes. */
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

/** @throws CONFIG_INVALID (no such id), KEY_WEAK (too short, or hardly random) */
export function createKeyring(keys: Keys): Keyring {
  const roots = new Map<number, Uint8Array>()
  for (const [id, value] of Object.entries(keys)) {
    if (id === 'current') continue
    const number = /^k([1-9][0-9]{0,2})$/.exec(id)?.[1]
    if (!number || Number(number) > 255) {
      throw new FreeholdError('CONFIG_INVALID', { option: `keys.${id}`, problem: 'a key id is k1 to k255' })
    }
    roots.set(Number(number), rootKey(id, value))
  }
  const current = Number(keys.current?.slice(1))
  if (!roots.has(current)) {
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

function rootKey(id: string, value: string | Uint8Array | undefined): Uint8Array {
  const weak = (problem: string) => new FreeholdError('KEY_WEAK', { key: id, problem })
  if (value === undefined || value.length === 0) throw weak('it is empty; is the environment variable set?')
  const bytes = typeof value === 'string' ? decode(value) : value
  if (!bytes) throw weak('it is neither base64, base64url nor hex; make one with `openssl rand -base64 32`')
  if (bytes.length < 32)
    throw weak(`it has ${bytes.length} bytes, and 32 are needed; make one with \`openssl rand -base64 32\``)
  if (new Set(bytes).size < 12) throw weak('its bytes repeat; make one with `openssl rand -base64 32`')
  return bytes
}

function decode(text: string): Uint8Array | undefined {
  if (/^[0-9a-fA-F]+$/.test(text) && text.length % 2 === 0 && text.length >= 64) return Buffer.from(text, 'hex')
  if (/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return Buffer.from(text, 'base64')
  return undefined
}
