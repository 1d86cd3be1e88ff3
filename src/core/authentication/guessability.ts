// How soon a password is guessed by someone who tries what people choose: common words and their variations, the
// names around them, sequences, repetitions. An estimate in bits: the cheapest way to put the password together.

import { foldWord, type Reading, readingsOf } from './folding.ts'
import { patternsAt, repeats } from './password-patterns.ts'

/** Words and what each is worth in bits. The words are folded, as `foldWord` does. */
export type WordCosts = ReadonlyMap<string, number>

/** Characters looked at; what comes after them only makes a password longer. */
const MAXIMUM = 128
const MAXIMUM_WORD = 32
/** A stretch that stood before, however long. */
const REPEAT_BITS = 3
const SEPARATED_BITS = 2
const SEPARATOR = /[\s._-]/
/** A word written backwards. */
const BACKWARDS_BITS = 1

/** The bits of the cheapest way to say `password` with these words, patterns and single characters. */
export function guessBits(password: string, ...words: readonly WordCosts[]): number {
  const text = [...foldWord(password)].slice(0, MAXIMUM)
  const mixed = mixedCase(password)
  const closed = text.filter((character) => !SEPARATOR.test(character))
  const bits = cheapest(text, mixed, words)
  // `p-a-s-s-w-o-r-d`: where the signs between are put is worth little
  return closed.length === text.length ? bits : Math.min(bits, cheapest(closed, mixed, words) + SEPARATED_BITS)
}

function cheapest(text: readonly string[], mixed: boolean, words: readonly WordCosts[]): number {
  const readings = readingsOf(text)
  const again = repeats(text)
  const best = new Array<number>(text.length + 1).fill(Number.POSITIVE_INFINITY)
  best[0] = 0
  for (let from = 0; from < text.length; from++) {
    const reach = (length: number, bits: number): void => {
      const total = best[from]! + bits
      if (total < best[from + length]!) best[from + length] = total
    }
    reach(1, characterBits(text[from]!, mixed))
    for (let length = 3; length <= again[from]!; length++) reach(length, length === 3 ? 2 * REPEAT_BITS : REPEAT_BITS)
    for (const { length, bits } of patternsAt(text, from)) reach(length, bits)
    for (let length = 2; length <= MAXIMUM_WORD && from + length <= text.length; length++) {
      const bits = wordBits(readings, from, from + length, words)
      if (bits !== undefined) reach(length, bits)
    }
  }
  return best[text.length]!
}

function wordBits(
  readings: readonly Reading[],
  from: number,
  to: number,
  words: readonly WordCosts[],
): number | undefined {
  let least: number | undefined
  const length = to - from
  for (const { text, reversed, bits, minimum } of readings) {
    if (length < minimum) continue
    const stretch = text.slice(from, to)
    const backwards = length > 4 ? reversed.slice(text.length - to, text.length - from) : stretch
    for (const costs of words) {
      const found = costs.get(stretch) ?? add(costs.get(backwards), BACKWARDS_BITS)
      if (found !== undefined && (least === undefined || found + bits < least)) least = found + bits
    }
  }
  return least
}

function add(a: number | undefined, b: number): number | undefined {
  return a === undefined ? undefined : a + b
}

/** Capitals among small letters, but for those that start the password: `hUnter`, not `Hunter` and not `HUNTER`. */
function mixedCase(password: string): boolean {
  return /\p{Ll}.*\p{Lu}/su.test(password)
}

/** A character that no word or pattern explains. */
function characterBits(character: string, mixed: boolean): number {
  if (/[0-9]/.test(character)) return 3.4
  // what stands between words is mostly the same sign each time
  if (SEPARATOR.test(character)) return 1
  const code = character.codePointAt(0)!
  if (code > 0x2e7f) return 8
  if (/\p{L}/u.test(character)) return mixed ? 5.5 : 4.7
  return 5
}
