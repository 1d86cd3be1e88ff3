// Telephone numbers in E.164: a plus sign, the country, the number, 15 digits at most.

import { FreeholdError } from '../kernel/errors.ts'

/** How people write numbers: digits in groups. */
const SEPARATORS = /[\s().\u00a0\u2009\u2010-\u2013/-]/gu
const E164 = /^\+[1-9]\d{6,14}$/

/** `+49 (30) 90 18-20` is +4930901820. A number without its country is none. @throws PHONE_INVALID, which never repeats what was given */
export function parsePhone(input: unknown): string {
  const phone = readPhone(input)
  if (phone === undefined) throw new FreeholdError('PHONE_INVALID')
  return phone
}

/** As `parsePhone`; undefined when this is no number. */
export function readPhone(input: unknown): string | undefined {
  if (typeof input !== 'string' || input.length > 40) return undefined
  const phone = input.replaceAll(SEPARATORS, '')
  return E164.test(phone) ? phone : undefined
}
