// What a caller hands in, checked before anything else looks at it: texts, flags and plain JSON. The types say the
// same to those who compile; this says it to everyone.

import { isDeepStrictEqual } from 'node:util'
import { FreeholdError } from './errors.ts'

export interface TextRule {
  /** Code points at least, after trimming. Default 1. */
  readonly minimum?: number
  /** Code points at most. */
  readonly maximum: number
}

export interface JsonRule {
  /** UTF-8 bytes of its JSON text at most. Default 16,384. */
  readonly maximumBytes?: number
}

const MAXIMUM_JSON_BYTES = 16_384
/** What the columns' checks allow, less the datum's own header. */
const MAXIMUM_STORED_BYTES = 65_536 - 8
const MAXIMUM_DEPTH = 32
/** Names that reach an object's prototype when somebody merges carelessly. */
export const PROTOTYPE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])
/** C0, DEL and C1 controls, and the marks that turn the direction of writing (they disguise a text as another). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/
const LONE_SURROGATE = /\p{Surrogate}/u
/** No database text holds NUL or half a surrogate pair. */
const UNSTORABLE = /[\0\p{Surrogate}]/gu

/** True without lone surrogates and NUL, which no database text can hold. */
export function isPlainText(value: string): boolean {
  return !value.includes('\0') && !LONE_SURROGATE.test(value)
}

/**
 * An object with these keys and no others, so that a mistyped or smuggled one is told and not ignored.
 * @throws INPUT_INVALID
 */
export function checkKeys<Input extends object>(
  value: Input,
  field: string,
  keys: readonly (keyof Input & string)[],
): void {
  if (!isPlainObject(value)) throw invalid(field, 'it is not an object')
  for (const key of Object.keys(value)) {
    if (!keys.includes(key as keyof Input & string)) throw invalid(shown(key), 'there is no such field')
  }
}

/**
 * One line of text: NFC, trimmed, without control characters, within its length.
 * @throws INPUT_INVALID
 */
export function checkText(value: unknown, field: string, { minimum = 1, maximum }: TextRule): string {
  if (typeof value !== 'string') throw invalid(field, 'it is not a text')
  // before any work on it: a code point has at most two units, and NFC at most triples them
  if (value.length > maximum * 8) throw invalid(field, `it has more than ${maximum} characters`)
  if (LONE_SURROGATE.test(value)) throw invalid(field, 'it is not well-formed Unicode')
  const text = value.normalize('NFC').trim()
  if (CONTROLS.test(text)) throw invalid(field, 'it has control characters')
  const length = [...text].length
  if (length < minimum) throw invalid(field, minimum === 1 ? 'it is empty' : `it has fewer than ${minimum} characters`)
  if (length > maximum) throw invalid(field, `it has more than ${maximum} characters`)
  return text
}

/** @throws INPUT_INVALID */
export function checkInteger(
  value: unknown,
  field: string,
  minimum: number,
  maximum = Number.MAX_SAFE_INTEGER,
): number {
  if (!Number.isSafeInteger(value)) throw invalid(field, 'it is not a whole number')
  if ((value as number) < minimum || (value as number) > maximum) throw invalid(field, 'it is out of range')
  return value as number
}

/**
 * A plain JSON object, copied: what the caller changes later changes nothing here. Keys that are undefined are left
 * out, as JSON does.
 * @throws INPUT_INVALID for anything JSON or the database cannot hold (NaN, BigInt, functions, class instances,
 * cycles, lone surrogates, NUL), for `__proto__`, `constructor` and `prototype` as keys, and over the size limit, as text
 * or as PostgreSQL stores it
 */
export function checkJson(value: unknown, field: string, rule: JsonRule = {}): Record<string, unknown> {
  if (!isPlainObject(value)) throw invalid(field, 'it is not a plain object')
  const { maximumBytes = MAXIMUM_JSON_BYTES } = rule
  const copy = copyJson(value, { field, budget: { left: maximumBytes } }, 0) as Record<string, unknown>
  if (Buffer.byteLength(JSON.stringify(copy)) > maximumBytes) throw tooLarge(field)
  // refused by its check constraint a statement takes the transaction around it along
  if (storedBytes(copy) > MAXIMUM_STORED_BYTES) throw tooLarge(field)
  return copy
}

/** Carried along: the path for messages, and a budget that ends the walk of something huge early. */
interface Walk {
  readonly field: string
  readonly budget: { left: number }
}

function copyJson(value: unknown, walk: Walk, depth: number): unknown {
  walk.budget.left -= typeof value === 'string' ? value.length : 1
  if (walk.budget.left < 0) throw tooLarge(walk.field)
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw invalid(walk.field, 'it holds a number that JSON cannot')
    return Object.is(value, -0) ? 0 : value
  }
  if (typeof value === 'string') {
    if (!isPlainText(value)) throw invalid(walk.field, 'it holds a text that is not well-formed Unicode')
    return value
  }
  // a cycle ends here too
  if (depth >= MAXIMUM_DEPTH) throw invalid(walk.field, 'it is nested too deeply, or contains itself')
  if (Array.isArray(value)) {
    if (value.length > walk.budget.left) throw tooLarge(walk.field)
    return Array.from(value, (item: unknown) => copyJson(item, walk, depth + 1))
  }
  if (!isPlainObject(value)) throw invalid(walk.field, 'it holds something that JSON cannot')
  return copyObject(value, walk, depth)
}

/** What jsonb makes of a value, in bytes: four for each entry, and numbers as numeric, aligned. Never less than it is. */
function storedBytes(value: unknown): number {
  if (typeof value === 'string') return 4 + Buffer.byteLength(value)
  if (typeof value === 'number') return 4 + storedNumber(value)
  if (typeof value !== 'object' || value === null) return 4
  let bytes = 4 + 4 + 3
  for (const [key, item] of Object.entries(value)) {
    bytes += storedBytes(item) + (Array.isArray(value) ? 0 : 4 + Buffer.byteLength(key))
  }
  return bytes
}

/** A header of at most eight bytes, then two for four digits on either side of the point; up to three to align. */
function storedNumber(value: number): number {
  const [digits = '', exponent] = String(Math.abs(value)).split('e')
  const [whole = '', fraction = ''] = digits.split('.')
  const groups = Math.ceil(whole.length / 4) + Math.ceil(fraction.length / 4)
  return exponent === undefined && Number.isInteger(value) ? 4 * Math.ceil((6 + 2 * groups) / 4) : 11 + 2 * (groups + 2)
}

function copyObject(value: Record<string, unknown>, walk: Walk, depth: number): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) {
    if (PROTOTYPE_KEYS.has(key)) throw invalid(walk.field, `it has the key ${key}`)
    if (!isPlainText(key)) throw invalid(walk.field, 'it has a key that is not well-formed Unicode')
    if (item === undefined) continue
    walk.budget.left -= key.length
    copy[key] = copyJson(item, walk, depth + 1)
  }
  return copy
}

/** Made by `{}`, JSON or `Object.create(null)`; no array, no instance of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  // another realm's Object (a vm context, a worker) is as plain as ours
  return (
    prototype === null ||
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf'))
  )
}

/** What a client told of itself, as a text column holds it: cut, and without NUL and lone surrogates; undefined when nothing is left. */
export function storable(text: string | undefined, maximum: number): string | undefined {
  return text?.slice(0, maximum).replaceAll(UNSTORABLE, '') || undefined
}

/** Of the new values those that are not there already. */
export function differing<Row extends object, Given extends object>(held: Row, given: Given): Partial<Given> {
  const now = held as Readonly<Record<string, unknown>>
  return Object.fromEntries(
    Object.entries(given).filter(([field, value]) => !isDeepStrictEqual(now[field], value)),
  ) as Partial<Given>
}

/** A key of the caller's, fit for a message. */
export function shown(key: unknown): string {
  return typeof key === 'string' && isPlainText(key) && !CONTROLS.test(key) ? key.slice(0, 60) : '?'
}

export function invalid(field: string, problem: string): FreeholdError<'INPUT_INVALID'> {
  return new FreeholdError('INPUT_INVALID', { field, problem })
}

function tooLarge(field: string): FreeholdError<'INPUT_INVALID'> {
  return invalid(field, 'it is too large')
}
