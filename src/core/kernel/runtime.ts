// Time and chance are guests: core never asks the machine for them itself. What decides (expiry, grace, delays) is
// the database's clock; this one stamps tokens and sorts ids.

import { randomBytes, randomFillSync } from 'node:crypto'
import { uuidv7 } from './ids.ts'

export interface Runtime {
  /** Milliseconds since 1970 UTC. */
  now(): number
  /** UUIDv7, lower case. */
  newId(): string
  /** Cryptographically strong bytes. */
  randomBytes(length: number): Uint8Array
}

/** The machine's clock and its random generator; give parts of it to replace them. */
export function systemRuntime(overrides: Partial<Runtime> = {}): Runtime {
  const now = overrides.now ?? Date.now
  const random = overrides.randomBytes ?? pooledRandom()
  return { now, randomBytes: random, newId: overrides.newId ?? (() => uuidv7(now(), random(10))) }
}

const POOL_LENGTH = 4096

/**
 * The machine's generator, asked for much at a time: asking costs the same for 16 bytes as for 4096. Each byte is handed
 * out once, and is gone from the pool by then.
 */
function pooledRandom(): Runtime['randomBytes'] {
  const pool = new Uint8Array(POOL_LENGTH)
  let next = POOL_LENGTH
  return (length) => {
    if (length > POOL_LENGTH / 16) return randomBytes(length)
    if (next + length > POOL_LENGTH) {
      randomFillSync(pool)
      next = 0
    }
    const bytes = pool.slice(next, next + length)
    pool.fill(0, next, next + length)
    next += length
    return bytes
  }
}
