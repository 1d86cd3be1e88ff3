// How two values compare: strictly, without any conversion but one: next to a Date a text is read as a time. What
// cannot be compared is neither so nor otherwise.

import { types } from 'node:util'
import { readMoment } from './condition-moments.ts'

/** What is compared. */
export type Scalar = string | number | boolean | null

/** Three values: a condition holds, fails, or cannot be known, because something it needs is not there or not comparable. */
export type Verdict = 1 | 0 | -1
export const HOLDS = 1
export const FAILS = 0
export const UNKNOWN = -1

export function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

/** Of values that are there. Lists and objects equal nothing and differ from nothing; NaN differs from all. */
export function equal(a: unknown, b: unknown): Verdict {
  if (isScalar(a) && isScalar(b)) return a === b ? HOLDS : FAILS
  if (!isComparable(a) || !isComparable(b)) return UNKNOWN
  const first = momentOf(a)
  return first !== undefined && first === momentOf(b) ? HOLDS : FAILS
}

/**
 * Below 0: `a` comes first; above 0: `b` does; 0: neither. NaN: what is null, or no number, has no place. Undefined: they
 * are of different kinds, or of one that has no order. Texts are in the order of their code points, in any language.
 */
export function order(a: unknown, b: unknown): number | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : a === b ? 0 : Number.NaN
  if (typeof a === 'string' && typeof b === 'string') return orderTexts(a, b)
  if (a === null || b === null) return Number.NaN
  if (!isDate(a) && !isDate(b)) return undefined
  const [first, second] = [momentOf(a), momentOf(b)]
  return first === undefined || second === undefined ? undefined : first - second
}

/** Whether the value is one of the list; null is a list of nothing. */
export function among(value: unknown, list: unknown): Verdict {
  if (list === null) return FAILS
  if (!Array.isArray(list)) return UNKNOWN
  let verdict: Verdict = FAILS
  // by index, so that a hole is seen
  for (let i = 0; i < list.length; i++) {
    const answer = equal(value, list[i])
    if (answer === HOLDS) return HOLDS
    if (answer === UNKNOWN) verdict = UNKNOWN
  }
  return verdict
}

/** Milliseconds since 1970 of a Date, or of a text that says a time. */
export function momentOf(value: unknown): number | undefined {
  if (typeof value === 'string') return readMoment(value)
  if (!isDate(value)) return undefined
  const ms = value.getTime()
  return Number.isNaN(ms) ? undefined : ms
}

function isDate(value: unknown): value is Date {
  return typeof value === 'object' && types.isDate(value)
}

function isComparable(value: unknown): boolean {
  return isScalar(value) || (isDate(value) && momentOf(value) !== undefined)
}

/** JavaScript's own order is that of UTF-16 units, in which U+1F600 comes before U+FF21. */
function orderTexts(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

/** Halves of surrogate pairs after all other units. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000
}
