// What one or more roles say of every permission: two bits each, or four where anything is denied. Roles add up: the
// bits of several are their OR, so that neither order nor number of parents matters.

/** Some role allows it without conditions. */
export const ALLOW = 1
/** Some role allows it under conditions. */
export const ALLOW_IF = 2
/** Some role denies it. */
export const DENY = 4
/** Some role denies it under conditions. */
export const DENY_IF = 8

/** What is said without denials. */
const ALLOWANCES = ALLOW | ALLOW_IF

/** A row of words, cut from a slab that it shares with others. Where nothing is denied it takes half the room. */
export interface Bits {
  readonly words: Uint32Array
  /** Twice where the row begins; odd: it has denials, and so four bits for each permission, not two. */
  readonly at: number
}

/** Rows of a slab. A check of somebody reads one line of memory here, and what describes the slab is at hand anyway. */
const ROWS = 64

/** Makes rows for so many permissions, each of them said nothing about. */
export function createSlabs(permissions: number): () => BitRow {
  const [narrow, wide] = [createSlab((permissions + 15) >>> 4), createSlab((permissions + 7) >>> 3)]
  return () => new BitRow(narrow(), wide)
}

type Cut = readonly [words: Uint32Array, begin: number]

function createSlab(width: number): () => Cut {
  let words = new Uint32Array(0)
  let used = 0
  return () => {
    if (used === words.length) {
      words = new Uint32Array(width * ROWS)
      used = 0
    }
    used += width
    return [words, used - width]
  }
}

/** A row that is written. */
export class BitRow implements Bits {
  words: Uint32Array
  at: number
  readonly #wide: () => Cut

  constructor([words, begin]: Cut, wide: () => Cut) {
    this.words = words
    this.at = begin << 1
    this.#wide = wide
  }

  add(permission: number, code: number): void {
    if (code > ALLOWANCES) this.#widen()
    const begin = this.at >>> 1
    if ((this.at & 1) === 0) this.words[begin + (permission >>> 4)]! |= code << ((permission & 15) << 1)
    else this.words[begin + (permission >>> 3)]! |= code << ((permission & 7) << 2)
  }

  join(from: Bits): void {
    if ((from.at & 1) === 1) this.#widen()
    if ((from.at & 1) === (this.at & 1)) {
      const [into, begin] = [this.at >>> 1, from.at >>> 1]
      for (let i = 0; i < widthOf(this); i++) this.words[into + i]! |= from.words[begin + i]!
    } else this.#spread(from)
  }

  #widen(): void {
    if ((this.at & 1) === 1) return
    const { words, at } = this
    const [wide, begin] = this.#wide()
    this.words = wide
    this.at = (begin << 1) | 1
    this.#spread({ words, at })
  }

  /** Takes what a row without denials says into one that has room for them. */
  #spread(narrow: Bits): void {
    const begin = narrow.at >>> 1
    for (let i = 0; i < widthOf(narrow); i++) {
      for (let rest = narrow.words[begin + i]!, permission = i << 4; rest !== 0; rest >>>= 2, permission++) {
        if ((rest & ALLOWANCES) !== 0) this.add(permission, rest & ALLOWANCES)
      }
    }
  }
}

export function bitsOf({ words, at }: Bits, permission: number): number {
  return codeAt(words, at, permission)
}

/** As `bitsOf`, for who keeps both parts of the row. */
export function codeAt(words: Uint32Array, at: number, permission: number): number {
  if ((at & 1) === 0) return (words[(at >>> 1) + (permission >>> 4)]! >>> ((permission & 15) << 1)) & ALLOWANCES
  return (words[(at >>> 1) + (permission >>> 3)]! >>> ((permission & 7) << 2)) & 15
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
  const begin = at >>> 1
  return (at & 1) === 1 && words.subarray(begin, begin + widthOf(bits)).some((word) => (word & DENIALS) !== 0)
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
