// What a check brings beside the principal and the permission.

import { invalid, isPlainText } from '../kernel/input.ts'
import { isPlaceless, type PlaceOptions } from './asked.ts'

/** Where, of what, and in which circumstances. */
export interface Circumstances extends PlaceOptions {
  /** The thing acted on, as conditions see it (`resource.status`). Conditions that need it do not allow without it. */
  readonly resource?: Readonly<Record<string, unknown>>
  /** Facts of the request, as conditions see them (`context.ip`). `context.time` is the moment of the check where it is left out. */
  readonly context?: Readonly<Record<string, unknown>>
}

export interface CheckOptions extends Circumstances {
  /**
   * The fields acted on: each must be allowed, and none denied. Left out: every field, so that what is allowed for some
   * fields only does not suffice, and what is denied for one denies.
   */
  readonly fields?: readonly string[]
}

/** How new the answer must be. */
export interface Freshness {
  /** From `revision()`, here or in another process: the answer knows every change that was made before it was asked for. */
  readonly atLeast?: string
}

const MAXIMUM_FIELDS = 100

/** Whether the answer hangs on nothing but facts: no place is named, and no field. */
export function isPlain(options: CheckOptions): boolean {
  return isPlaceless(options) && options.fields === undefined
}

/** @throws INPUT_INVALID */
export function checkFields(fields: unknown): void {
  if (fields === undefined) return
  if (!Array.isArray(fields)) throw invalid('fields', 'it is not a list')
  if (fields.length === 0) throw invalid('fields', 'it is empty; leave it out to ask about every field')
  if (fields.length > MAXIMUM_FIELDS) throw invalid('fields', `it has more than ${MAXIMUM_FIELDS} fields`)
  // holes, too
  if (!Array.from(fields, isField).every(Boolean)) throw invalid('fields', 'a field is a text')
}

function isField(field: unknown): boolean {
  return typeof field === 'string' && field !== '' && isPlainText(field)
}
