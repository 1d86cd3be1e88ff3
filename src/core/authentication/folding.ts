// How two spellings of a word become one, and what else a spelling may have been meant as.

/** Case, accents and compatibility forms set aside: `PÄSSWÖRD` is `password`. */
export function foldWord(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
}

/** What a password may be meant as; every reading has as many units as the text has characters. */
export interface Reading {
  readonly text: string
  /** The text backwards. */
  readonly reversed: string
  /** What this way of writing is worth in bits. */
  readonly bits: number
  /** Shorter words than this are chance when they are read so. */
  readonly minimum: number
}

/** As it stands; with digits and signs read as letters, twice since 1 stands for i and for l; typed on a Russian keyboard. */
export function readingsOf(text: readonly string[]): readonly Reading[] {
  const units = text.map((character) => (character.length === 1 ? character : '\ufffd'))
  const signs = (bar: string) => units.map((unit) => (/[1!|]/.test(unit) ? bar : (LETTERS.get(unit) ?? unit))).join('')
  return [
    reading(units.join(''), 0, 2),
    reading(signs('i'), 1, 4),
    reading(signs('l'), 1, 4),
    reading(foldWord(units.map((unit) => RUSSIAN_KEYS.get(unit) ?? unit).join('')), 1, 5),
  ]
}

function reading(text: string, bits: number, minimum: number): Reading {
  return { text, reversed: text.split('').reverse().join(''), bits, minimum }
}

const LETTERS = pairs('02345678@$€(+', 'ozeasgtbasect')
const RUSSIAN_KEYS = pairs("`qwertyuiop[]asdfghjkl;'zxcvbnm,.", 'ёйцукенгшщзхъфывапролджэячсмитьбю')

function pairs(from: string, to: string): ReadonlyMap<string, string> {
  return new Map([...from].map((sign, i) => [sign, to[i]!]))
}
