// Root keys of a running instance: asked for at the start, and again when they are rotated, without a restart.

import { FreeholdError } from './kernel/errors.ts'
import type { Keys, RenewableKeyring } from './kernel/keyring.ts'
import type { KeyProvider } from './ports/key-provider.ts'

export interface KeyStatus {
  /** The id of the key that new tokens and sealed fields are made with, as `k2`. */
  readonly current: string
  /** The ids of all keys that are known here, in the order of their numbers: `['k1', 'k2']`. */
  readonly known: readonly string[]
}

/**
 * Rotation without downtime, with as many processes as there are. First the new key is added everywhere and stays
 * second: `{ current: 'k1', k1, k2 }`, `reload()`. Then it becomes current: `{ current: 'k2', k1, k2 }`, `reload()`; whoever is
 * late still reads what the others make. Then `maintenance.reencrypt()`, and once it says that `k1` is used by nothing, the
 * key goes.
 */
export interface RootKeys {
  /** What this process knows. */
  status(): KeyStatus
  /**
   * Asks for the keys again, and uses them from then on. When they cannot be had or are refused, those from before stay in
   * use. A key that is left out opens nothing any more: sessions and fields that need it are lost until it is back.
   * @throws KEYS_UNAVAILABLE, KEY_WEAK, CONFIG_INVALID (among others: a number has another value than before)
   */
  reload(): Promise<KeyStatus>
}

export function createRootKeys(keyring: RenewableKeyring, source: Keys | KeyProvider): RootKeys {
  const status = (): KeyStatus => ({
    current: keyId(keyring.current),
    known: keyring.all.toSorted((a, b) => a - b).map(keyId),
  })
  let asked = 0
  let answered = 0
  return {
    status,
    async reload() {
      const turn = ++asked
      const keys = await loadKeys(source)
      // of two at once the one that was asked for later has the newer answer, whichever arrives first
      if (turn > answered) {
        keyring.replace(keys)
        answered = turn
      }
      return status()
    },
  }
}

/** @throws KEYS_UNAVAILABLE */
export async function loadKeys(source: Keys | KeyProvider): Promise<Keys> {
  if (!isProvider(source)) return source
  try {
    return await source.load()
  } catch (cause) {
    throw new FreeholdError('KEYS_UNAVAILABLE', {}, { cause })
  }
}

export function keyId(number: number): string {
  return `k${number}`
}

function isProvider(source: Keys | KeyProvider): source is KeyProvider {
  return typeof source === 'object' && source !== null && typeof source.load === 'function'
}
