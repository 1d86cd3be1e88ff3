// What people type instead of words: sequences, walks over the keyboard, one thing again and again, dates. Each
// pattern says how far it reaches from a place in the password, and what it is worth in bits.

export interface Pattern {
  /** Characters. */
  readonly length: number
  /** Bits that whoever guesses in the order of popularity needs for it, roughly. */
  readonly bits: number
}

/** Patterns that start at `from`. */
export function patternsAt(text: readonly string[], from: number): Pattern[] {
  const found: Pattern[] = []
  found.push(...atLeast(3, sequenceAt(text, from), 4))
  for (const keyboard of KEYBOARDS) {
    const { length, turns } = walkAt(keyboard, text, from)
    found.push(...atLeast(3, length, 5 + turns))
  }
  found.push(...atLeast(6, interleavedAt(text, from), 10), ...datesAt(text, from))
  return found
}

/** The pattern and every shorter one; three characters may well be chance, and are worth more. */
function atLeast(minimum: number, longest: number, bits: number): Pattern[] {
  const found: Pattern[] = []
  for (let length = minimum; length <= longest; length++) found.push({ length, bits: length === 3 ? bits + 3 : bits })
  return found
}

/**
 * For every place, the longest stretch from there that stood earlier in the text (it may overlap its original, as in
 * `abcabcabc`).
 */
export function repeats(text: readonly string[]): number[] {
  const longest = new Array<number>(text.length).fill(0)
  // common[j]: how far the text from i and the text from j go on alike; filled from the end
  let below = new Array<number>(text.length + 1).fill(0)
  for (let i = text.length - 1; i >= 0; i--) {
    const common = new Array<number>(text.length + 1).fill(0)
    for (let j = i + 1; j < text.length; j++) {
      if (text[i] !== text[j]) continue
      common[j] = below[j + 1]! + 1
      if (common[j]! > longest[j]!) longest[j] = common[j]!
    }
    below = common
  }
  return longest
}

/** `abcd`, `9876`, `2468`, `aaaa`, `112233`: equal steps of one or two, or standing still, within one alphabet. */
function sequenceAt(text: readonly string[], from: number): number {
  let step = 0
  let end = from + 1
  for (; end < text.length; end++) {
    const before = text[end - 1]!
    const here = text[end]!
    if (!sameAlphabet(before, here)) break
    // after 9 comes 0
    const delta =
      before + here === '90' ? 1 : before + here === '09' ? -1 : here.codePointAt(0)! - before.codePointAt(0)!
    if (delta === 0) continue
    if (Math.abs(delta) > 2 || (step !== 0 && delta !== step)) break
    step = delta
  }
  // 246 and 531 are chance more often than not
  return Math.abs(step) === 2 && end - from < 4 ? 0 : end - from
}

function sameAlphabet(a: string, b: string): boolean {
  if (a === b) return true
  if (/^[0-9]{2}$/.test(a + b)) return true
  return /^\p{L}{2}$/u.test(a + b)
}

interface Keyboard {
  /** Row and column of each key; what is typed with shift stands on the same key. */
  readonly keys: ReadonlyMap<string, readonly [row: number, column: number]>
  /** Rows stand half a key further right than the one above them. */
  readonly staggered: boolean
}

function keyboard(rows: readonly string[], staggered = true): Keyboard {
  const keys = new Map<string, readonly [number, number]>()
  for (const [row, signs] of rows.entries()) {
    for (const [column, sign] of [...signs].entries()) if (sign !== ' ') keys.set(sign, [row, column])
  }
  if (staggered) for (const [column, sign] of [...'!@#$%^&*()'].entries()) keys.set(sign, [0, column])
  return { keys, staggered }
}

const KEYBOARDS: readonly Keyboard[] = [
  keyboard(['1234567890-=', 'qwertyuiop[]\\', "asdfghjkl;'", 'zxcvbnm,./']),
  keyboard(['1234567890ß', 'qwertzuiopü+', 'asdfghjklöä#', 'yxcvbnm,.-']),
  keyboard(['1234567890)=', 'azertyuiop^$', 'qsdfghjklmù*', 'wxcvbn,;:!']),
  keyboard(['1234567890-=', 'йцукенгшщзхъ', 'фывапролджэ', 'ячсмитьбю.']),
  keyboard(['789', '456', '123', '0'], false),
]

/** Neighbouring keys one after the other, or the same one again, and how often the direction changed. */
function walkAt({ keys, staggered }: Keyboard, text: readonly string[], from: number): Walk {
  let turns = 0
  let direction = ''
  let end = from + 1
  for (; end < text.length; end++) {
    const a = keys.get(text[end - 1]!)
    const b = keys.get(text[end]!)
    if (!a || !b) break
    const down = b[0] - a[0]
    const right = b[1] - a[1]
    if (down === 0 && right === 0) continue
    if (Math.abs(down) > 1 || Math.abs(right) > 1) break
    // under q are a and, with a stagger, nothing further right; above it are 1 and 2
    if (staggered && down === right) break
    const heading = `${down},${right}`
    if (direction !== '' && heading !== direction) {
      // on the ten keys of a number pad nearly everything is next to everything
      if (!staggered) break
      turns++
    }
    direction = heading
  }
  return { length: end - from, turns }
}

interface Walk {
  readonly length: number
  readonly turns: number
}

/** No row of keys is longer, and the alphabet is said twice. */
const LONGEST_STRAIGHT = 13

/** `1q2w3e4r`, `a1b2c3`: two sequences or straight walks, a character of each in turn. */
function interleavedAt(text: readonly string[], from: number): number {
  const ahead = text.slice(from, from + 2 * LONGEST_STRAIGHT)
  const every = (start: number) => ahead.filter((_, i) => i % 2 === start)
  const reach = (part: readonly string[]) =>
    Math.max(sequenceAt(part, 0), ...KEYBOARDS.map((keyboard) => straightAt(keyboard, part)))
  const first = reach(every(0))
  return first < 3 ? 0 : 2 * Math.min(first, reach(every(1)))
}

function straightAt(keyboard: Keyboard, text: readonly string[]): number {
  const { length, turns } = walkAt(keyboard, text, 0)
  return turns === 0 ? length : 0
}

const YEAR = /^(?:19|20)[0-9]{2}/
/** Day and month in either order and the year, four digits or two, or the year first; with or without signs between. */
const DATES = [
  /^(?:0?[1-9]|[12][0-9]|3[01])([-/. ]?)(?:0?[1-9]|[12][0-9]|3[01])\1(?:(?:19|20)[0-9]{2}|[0-9]{2})/,
  /^(?:19|20)[0-9]{2}([-/. ]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12][0-9]|3[01])/,
]

function datesAt(text: readonly string[], from: number): Pattern[] {
  if (!/^[0-9]$/.test(text[from] ?? '')) return []
  const ahead = text.slice(from, from + 10).join('')
  const found: Pattern[] = []
  if (YEAR.test(ahead)) found.push({ length: 4, bits: 5 })
  for (const date of DATES) {
    const length = date.exec(ahead)?.[0].length ?? 0
    if (length >= 6) found.push({ length, bits: 13 })
  }
  return found
}
