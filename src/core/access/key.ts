// The key of a role or an organization: what people write in code and addresses.

import { isId } from '../kernel/ids.ts'
import { invalid, PROTOTYPE_KEYS } from '../kernel/input.ts'

const KEY = /^[a-z0-9_-]{1,63}$/

/**
 * 1 to 63 of a-z, 0-9, `-` and `_`. No UUID, so that a key is never taken for an id.
 * @throws INPUT_INVALID
 */
export function checkKey(value: unknown): string {
  if (typeof value !== 'string' || !KEY.test(value)) throw invalid('key', 'it is 1 to 63 of a-z, 0-9, - and _')
  // some reach a prototype where somebody keeps keys as those of an object
  if (isId(value) || PROTOTYPE_KEYS.has(value)) throw invalid('key', 'this key is reserved')
  return value
}
