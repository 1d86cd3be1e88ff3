// What one or more roles say of every permission, four bits each, eight permissions in a word. Roles add up: the
// bits of several are their OR, so that neither order nor number of parents matters.

/** Some role allows it without conditions. */
export const ALLOW = 1
/** Some role allows it under conditions. */
export const ALLOW_IF = 2
/** Some role denies it. */
export const DENY = 4
/** Some role denies it under conditions. */
export const DENY_IF = 8

/** A row of words, cut from a slab that it shares with others. */
export interface Bits {
  readonly words: Uint32Array
  /** Where the row begins. */
  readonly at: number
}

/** Rows of a slab. A check of somebody reads one line of memory here, and what describes the slab is at hand anyway. */
const ROWS = 64

/** Makes rows for so many permissions, each of them said nothing about. */
export function createSlabs(permissions: number): () => Bits {
  const width = (permissions + 7) >>> 3
  let words = new Uint32Array(0)
  let used = 0
  return () => {
    if (used === words.length) {
      words = new Uint32Array(width * ROWS)
      used = 0
    }
    used += width
    return { words, at: used - width }
  }
}

export function bitsOf({ words, at }: Bits, permission: number): number {
  return codeAt(words, at, permission)
}

/** As `bitsOf`, for who keeps both parts of the row. */
export function codeAt(words: Uint32Array, at: number, permission: number): number {
  return (words[at + (permission >>> 3)]! >>> ((permission & 7) << 2)) & 15
}

export function addBits({ words, at }: Bits, permission: number, code: number): void {
  words[at + (permission >>> 3)]! |= code << ((permission & 7) << 2)
}

export function joinBits(into: Bits, from: Bits): void {
  for (let i = 0; i < widthOf(into); i++) into.words[into.at + i]! |= from.words[from.at + i]!
}

/** Held whatever the resource and the context are: allowed without conditions, and not denied even possibly. */
export function isUnconditional(code: number): boolean {
  return (code & (ALLOW | DENY | DENY_IF)) === ALLOW
}

/** `DENY` or `DENY_IF` of any of the eight permissions in a word. */
const DENIALS = (DENY | DENY_IF) * 0x11111111

/** Whether anything is denied, if only under conditions. */
export function deniesAny(bits: Bits): boolean {
  const { words, at } = bits
  return words.subarray(at, at + widthOf(bits)).some((word) => (word & DENIALS) !== 0)
}

/** Words of a row. */
function widthOf({ words }: Bits): number {
  return words.length / ROWS
}

/** A bit for each code of which a condition must be asked. */
const CONDITIONAL =
  (1 << ALLOW_IF) | (1 << (ALLOW | DENY_IF)) | (1 << (ALLOW_IF | DENY_IF)) | (1 << (ALLOW | ALLOW_IF | DENY_IF))

/** Whether a condition must be asked: nothing denies in any case, and one may deny, or is all that may allow. */
export function isConditional(code: number): boolean {
  return ((CONDITIONAL >>> code) & 1) !== 0
}

/** Where no condition must be asked: it is allowed where one of its sources allows it, and none denies. */
export function isAllowed(code: number): boolean {
  return (code & (ALLOW | DENY)) === ALLOW
}
