// What an operator is given to compare with, as it is written: plain values, references, lists of both. Checked and
// copied, so that what the writer changes later changes nothing.

import { FreeholdError } from '../kernel/errors.ts'
import { isPlainObject, isPlainText, shown } from '../kernel/input.ts'
import { readDuration } from './condition-moments.ts'
import { readNetwork } from './condition-networks.ts'
import { checkPath } from './condition-paths.ts'
import { isScalar, type Scalar } from './condition-values.ts'
import { DAYS, type Day, isTimeZone, readClock, type TimeWindow } from './condition-windows.ts'

export interface Reference {
  readonly $ref: string
}

/** A value given, or one to be read at `$ref`. */
export type Operand = Scalar | Reference

const MAXIMUM_TEXT = 1000
const MAXIMUM_ITEMS = 200

export function refused(path: string, problem: string): FreeholdError<'CONDITION_INVALID'> {
  return new FreeholdError('CONDITION_INVALID', { path, problem })
}

export function isReference(operand: unknown): operand is Reference {
  return typeof operand === 'object' && operand !== null && Object.hasOwn(operand, '$ref')
}

/** @throws CONDITION_INVALID */
export function checkOperand(operand: unknown, at: string): Operand {
  if (isPlainObject(operand)) return checkReference(operand, at)
  if (typeof operand === 'string') return checkText(operand, at)
  if (typeof operand === 'number' && !Number.isFinite(operand))
    throw refused(at, 'it is a number that JSON cannot hold')
  if (!isScalar(operand)) throw refused(at, 'it is a text, a number, true, false, null, or { $ref: path }')
  return operand
}

/** What has an order. @throws CONDITION_INVALID */
export function checkBound(operand: unknown, at: string): Operand {
  const bound = checkOperand(operand, at)
  if (bound === null || typeof bound === 'boolean') throw refused(at, `nothing is before or after ${bound}`)
  return bound
}

/** @throws CONDITION_INVALID */
export function checkPart(operand: unknown, at: string): string | Reference {
  if (isPlainObject(operand)) return checkReference(operand, at)
  if (typeof operand !== 'string') throw refused(at, 'it is a text, or { $ref: path }')
  if (operand === '') throw refused(at, 'every text has the empty one in it')
  return checkText(operand, at)
}

/** A part of a text, or what stands in a list. @throws CONDITION_INVALID */
export function checkMember(operand: unknown, at: string): Operand {
  return operand === '' ? checkPart(operand, at) : checkOperand(operand, at)
}

/** @throws CONDITION_INVALID */
export function checkList(operand: unknown, at: string): readonly Operand[] | Reference {
  if (isPlainObject(operand)) return checkReference(operand, at)
  return itemsOf(operand, at).map((item, i) => checkOperand(item, `${at}[${i}]`))
}

/** @throws CONDITION_INVALID */
export function checkFlag(operand: unknown, at: string): boolean {
  if (typeof operand !== 'boolean') throw refused(at, 'it is true or false')
  return operand
}

/** One network or several, or where they stand; not in the resource, whose rows could not be asked for by it. @throws CONDITION_INVALID */
export function checkNetworks(operand: unknown, at: string): string | readonly string[] | Reference {
  if (isPlainObject(operand)) {
    const reference = checkReference(operand, at)
    if (reference.$ref.startsWith('resource.')) throw refused(`${at}.$ref`, 'networks stand in principal. or context.')
    return reference
  }
  const network = (item: unknown, here: string): string => {
    if (!readNetwork(item)) throw refused(here, 'it is no address and no network such as 192.0.2.0/24 or 2001:db8::/32')
    return item as string
  }
  if (!Array.isArray(operand)) return network(operand, at)
  return itemsOf(operand, at).map((item, i) => network(item, `${at}[${i}]`))
}

/** @throws CONDITION_INVALID */
export function checkWindow(operand: unknown, at: string): TimeWindow {
  if (!isPlainObject(operand)) throw refused(at, 'it is { from, to, timeZone, days }')
  for (const key of Object.keys(operand)) {
    if (!['from', 'to', 'timeZone', 'days'].includes(key)) throw refused(at, `a window has no ${shown(key)}`)
  }
  const { from, to, timeZone, days } = operand
  const [first, end] = [readClock(from), readClock(to)]
  if (first === undefined || first === 1440) throw refused(`${at}.from`, 'it is a time of day such as 09:00')
  if (end === undefined) throw refused(`${at}.to`, 'it is a time of day such as 17:00, or 24:00')
  if (first === end) throw refused(`${at}.to`, 'it is `from`; a whole day is 00:00 to 24:00')
  if (!isTimeZone(timeZone)) throw refused(`${at}.timeZone`, 'it is a zone such as America/Mexico_City, or UTC')
  const window = { from: from as string, to: to as string, timeZone }
  return days === undefined ? window : { ...window, days: checkDays(days, `${at}.days`) }
}

/** As it was written. @throws CONDITION_INVALID */
export function checkDuration(operand: unknown, at: string): string | number {
  if (readDuration(operand) === undefined) {
    throw refused(at, 'it is a duration such as PT15M or P7D, or milliseconds; a century at most, no months, no years')
  }
  return operand as string | number
}

function checkDays(days: unknown, at: string): Day[] {
  if (!Array.isArray(days) || days.length === 0 || days.length > DAYS.length) throw refused(at, 'it is a list of days')
  const checked = Array.from(days, (day: unknown, i) => {
    if (!DAYS.includes(day as Day)) throw refused(`${at}[${i}]`, `it is one of ${DAYS.join(', ')}`)
    return day as Day
  })
  return [...new Set(checked)]
}

function checkText(text: string, at: string): string {
  if (text.length > MAXIMUM_TEXT) throw refused(at, `the text has more than ${MAXIMUM_TEXT} characters`)
  if (!isPlainText(text)) throw refused(at, 'the text is not well-formed Unicode')
  return text
}

function checkReference(operand: Readonly<Record<string, unknown>>, at: string): Reference {
  if (!isReference(operand)) throw refused(at, 'the only object that can stand here is { $ref: path }')
  for (const key of Object.keys(operand)) {
    if (key !== '$ref') throw refused(at, `a $ref stands alone, and here is also ${shown(key)}`)
  }
  return { $ref: checkPath(operand.$ref, `${at}.$ref`) }
}

/** With its holes, which are refused where they are looked at. */
function itemsOf(operand: unknown, at: string): unknown[] {
  if (!Array.isArray(operand)) throw refused(at, 'it is a list, or a $ref to one')
  if (operand.length === 0) throw refused(at, 'the list is empty')
  if (operand.length > MAXIMUM_ITEMS) throw refused(at, `the list has more than ${MAXIMUM_ITEMS} values`)
  return Array.from(operand)
}
