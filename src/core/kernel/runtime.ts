// Time and chance are guests: core never asks the machine for them itself. What decides (expiry, grace, delays) is
// the database's clock; this one stamps tokens and sorts ids.

import { randomBytes } from 'node:crypto'
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
  const random = overrides.randomBytes ?? ((length: number) => randomBytes(length))
  return { now, randomBytes: random, newId: overrides.newId ?? (() => uuidv7(now(), random(10))) }
}
