// How answers are compared: rows by value, whatever kind of byte array an adapter returns; refusals by their code.

import { deepStrictEqual, fail, ok, strictEqual } from 'node:assert/strict'
import { type AnyFreeholdError, type ErrorCode, FreeholdError } from '../../core/kernel/errors.ts'

/** Equal by value. */
export function same(actual: unknown, expected: unknown, message?: string): void {
  deepStrictEqual(comparable(actual), comparable(expected), message)
}

/** Rejected with this code, or one of these. Answers the error. */
export async function refused(work: Promise<unknown>, ...codes: readonly ErrorCode[]): Promise<AnyFreeholdError> {
  const error = await rejection(work)
  ok(FreeholdError.is(error), `${codes.join(' or ')} was expected, and this came: ${String(error)}`)
  ok(
    codes.length === 0 || codes.includes(error.code),
    `${codes.join(' or ')} was expected, and this came: ${error.message}`,
  )
  return error
}

/** As `refused`, and the error names the table and the constraint. */
export async function refusedBy(
  work: Promise<unknown>,
  code: 'DUPLICATE' | 'REFERENCE_MISSING' | 'ROW_REFUSED',
  table: string,
  constraint: string,
): Promise<void> {
  const error = await refused(work, code)
  deepStrictEqual(error.details, { table, constraint })
}

/** What a promise is rejected with. */
export async function rejection(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    return error
  }
  return fail('it was answered, and should have been refused')
}

/** How many answers are of each kind. */
export function tally<K extends string>(answers: readonly { readonly kind: K }[]): Partial<Record<K, number>> {
  const counts: Partial<Record<K, number>> = {}
  for (const { kind } of answers) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

/** The answer, known to be of this kind. */
export function isKind<A extends { readonly kind: string }, K extends A['kind']>(
  answer: A,
  kind: K,
): Extract<A, { readonly kind: K }> {
  strictEqual(answer.kind, kind)
  return answer as Extract<A, { readonly kind: K }>
}

/** A copy in which byte arrays of any class are alike, and objects have no prototype of their own. */
export function comparable(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') }
  if (value instanceof Date || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(comparable)
  return new Map(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, item]) => [name, comparable(item)]),
  )
}
