// Root keys for tests: known to everyone, the same in every run.

import { createHash } from 'node:crypto'
import type { Keys } from '../../core/kernel/keyring.ts'

/**
 * Root keys `k1` to `k<count>`, the last one current; the same in every run, so that recorded tokens stay readable.
 * For tests only: anyone can compute them.
 */
export function testKeys(count = 1): Keys {
  const numbers = Array.from({ length: count }, (_, i) => i + 1)
  return {
    ...Object.fromEntries(
      numbers.map((n) => [`k${n}`, createHash('sha256').update(`freehold test key ${n}`).digest()]),
    ),
    current: `k${count}`,
  }
}
