// When an event happened, and an id that says the same: what one process writes sorts in the order in which it was
// told, within a millisecond too.

import { uuidv7 } from '../kernel/ids.ts'
import type { Runtime } from '../kernel/runtime.ts'

export interface Instant {
  /** UUIDv7: the moment, then a counter, then chance. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** Twelve bits: what fits between the version and the variant of a UUID. */
const COUNTS = 4096
/** A clock that is set back further than this is believed. */
const BACKWARDS_MS = 1000
const RANDOM_BYTES = 10

/** RFC 9562, section 6.2, method 1: a counter that starts anew with each millisecond. */
export function createEventClock({ now, randomBytes }: Pick<Runtime, 'now' | 'randomBytes'>): () => Instant {
  let last = Number.NEGATIVE_INFINITY
  let count = 0
  return () => {
    const read = now()
    const follows = read <= last && last - read < BACKWARDS_MS
    if (!follows) {
      last = read
      count = 0
    } else if (++count === COUNTS) {
      last++
      count = 0
    }
    const random = Uint8Array.from(randomBytes(RANDOM_BYTES))
    random[0] = count >> 8
    random[1] = count & 0xff
    return { id: uuidv7(last, random), at: last }
  }
}
