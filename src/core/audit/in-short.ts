// What a change says of something that may be large: an event has room for so much.

import { createHash } from 'node:crypto'

/** The list or object itself, or, where its JSON is longer than so many bytes, what it can be compared with. */
export function inShort(value: object, maximumBytes: number): unknown {
  const text = JSON.stringify(value)
  if (Buffer.byteLength(text) <= maximumBytes) return value
  return { entries: Object.keys(value).length, sha256: createHash('sha256').update(text).digest('hex') }
}
