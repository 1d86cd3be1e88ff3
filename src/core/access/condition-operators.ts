// What a condition can ask of a value. A new operator is one more entry in the table: how its operand is checked,
// and how it becomes a closure.

import { FreeholdError } from '../kernel/errors.ts'
import { isPlainObject, isPlainText, shown } from '../kernel/input.ts'
import { checkPath, compilePath, type Facts, type Read } from './condition-paths.ts'

/** What is compared: strictly, without any conversion. */
export type Scalar = string | number | boolean | null
/** A value given, or one to be read at `$ref`. */
export type Operand = Scalar | { readonly $ref: string }

/** Three values: a condition holds, fails, or cannot be known because something it needs is not there. */
export type Verdict = 1 | 0 | -1
export const HOLDS = 1
export const FAILS = 0
export const UNKNOWN = -1

/** Asks one thing of a value that is there; paths that it reads itself and does not find are added to `missing`. */
export type Question = (value: unknown, facts: Facts, missing: string[] | undefined) => Verdict

interface Operator {
  /** The operand, copied. @throws CONDITION_INVALID */
  check(operand: unknown, at: string): unknown
  /** Of a checked operand. */
  compile(operand: unknown): Question
}

const MAXIMUM_TEXT = 1000
const MAXIMUM_ITEMS = 200
/** Longer lists of plain values are looked up instead of walked. */
const WALKED = 8

const equal: Operator = {
  check: checkOperand,
  compile(operand) {
    if (!isReference(operand)) return (value) => (value === operand ? HOLDS : FAILS)
    const { $ref } = operand
    const read = compilePath($ref)
    return (value, facts, missing) => {
      // an object equals nothing, whatever it is compared with
      if (!isScalar(value)) return FAILS
      const other = read(facts)
      if (other === undefined) return absent($ref, missing)
      return value === other ? HOLDS : FAILS
    }
  },
}

const among: Operator = {
  check(operand, at) {
    if (isPlainObject(operand)) return checkReference(operand, at)
    if (!Array.isArray(operand)) throw refused(at, 'it is a list, or a $ref to one')
    if (operand.length === 0) throw refused(at, 'the list is empty')
    if (operand.length > MAXIMUM_ITEMS) throw refused(at, `the list has more than ${MAXIMUM_ITEMS} values`)
    return Array.from(operand, (item: unknown, i) => checkOperand(item, `${at}[${i}]`))
  },
  compile(operand) {
    if (isReference(operand)) return amongThoseAt(operand.$ref)
    const items = operand as readonly Operand[]
    const plain = items.filter((item) => !isReference(item))
    const known = plain.length > WALKED ? new Set<unknown>(plain) : undefined
    const among = known ? (value: unknown) => known.has(value) : (value: unknown) => plain.includes(value as Scalar)
    const references = items.filter(isReference).map(({ $ref }) => ({ $ref, read: compilePath($ref) }))
    if (references.length === 0) return (value) => (among(value) ? HOLDS : FAILS)
    return (value, facts, missing) => {
      if (!isScalar(value)) return FAILS
      if (among(value)) return HOLDS
      return amongRead(value, references, facts, missing)
    }
  },
}

/** By name. A Map, so that no name of an object's prototype is an operator. */
export const operators: ReadonlyMap<string, Operator> = new Map([
  ['$eq', equal],
  ['$in', among],
])

/** @throws CONDITION_INVALID */
export function checkOperand(operand: unknown, at: string): Operand {
  if (isPlainObject(operand)) return checkReference(operand, at)
  if (typeof operand === 'string') {
    if (operand.length > MAXIMUM_TEXT) throw refused(at, `the text has more than ${MAXIMUM_TEXT} characters`)
    if (!isPlainText(operand)) throw refused(at, 'the text is not well-formed Unicode')
    return operand
  }
  if (typeof operand === 'number' && !Number.isFinite(operand))
    throw refused(at, 'it is a number that JSON cannot hold')
  if (!isScalar(operand)) throw refused(at, 'it is a text, a number, true, false, null, or { $ref: path }')
  return operand
}

export function refused(path: string, problem: string): FreeholdError<'CONDITION_INVALID'> {
  return new FreeholdError('CONDITION_INVALID', { path, problem })
}

export function isReference(operand: unknown): operand is { readonly $ref: string } {
  return typeof operand === 'object' && operand !== null && Object.hasOwn(operand, '$ref')
}

/** Notes a path that is not there. */
export function absent(path: string, missing: string[] | undefined): typeof UNKNOWN {
  missing?.push(path)
  return UNKNOWN
}

function checkReference(operand: Readonly<Record<string, unknown>>, at: string): { readonly $ref: string } {
  if (!isReference(operand)) throw refused(at, 'the only object that can stand here is { $ref: path }')
  for (const key of Object.keys(operand)) {
    if (key !== '$ref') throw refused(at, `a $ref stands alone, and here is also ${shown(key)}`)
  }
  return { $ref: checkPath(operand.$ref, `${at}.$ref`) }
}

function amongThoseAt($ref: string): Question {
  const read = compilePath($ref)
  return (value, facts, missing) => {
    if (!isScalar(value)) return FAILS
    const list = read(facts)
    if (list === undefined) return absent($ref, missing)
    return Array.isArray(list) && list.includes(value) ? HOLDS : FAILS
  }
}

function amongRead(
  value: Scalar,
  references: readonly { readonly $ref: string; readonly read: Read }[],
  facts: Facts,
  missing: string[] | undefined,
): Verdict {
  const gaps: string[] = []
  for (const { $ref, read } of references) {
    const other = read(facts)
    if (other === value) return HOLDS
    if (other === undefined) gaps.push($ref)
  }
  missing?.push(...gaps)
  return gaps.length > 0 ? UNKNOWN : FAILS
}

function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
