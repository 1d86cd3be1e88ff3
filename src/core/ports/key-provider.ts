// The port to whoever keeps the root keys: a KMS that unwraps them, a vault, a file that is mounted.

import type { Keys } from '../kernel/keyring.ts'

export interface KeyProvider {
  /**
   * All root keys as they are now, and which of them is current. Called at the start and by `freehold.keys.reload()`, never in
   * a request. Rejects when the keys cannot be had: the start then fails, and a reload leaves the keys as they were.
   */
  load(): Promise<Keys>
}
