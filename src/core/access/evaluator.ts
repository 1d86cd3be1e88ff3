// The decision, on the hot path: no promise, no text but the permission's own, and no object unless a rule must be asked
// or a place is named. Deny comes first; what cannot be known denies where a deny needs it, and allows nothing.

import { askedOf, isPlaceless, onePlace, resourceNamed } from './asked.ts'
import { ALLOW, bitsOf, DENY_IF, isAllowed, isConditional } from './bits.ts'
import { type CheckOptions, type Circumstances, checkFields } from './check-options.ts'
import { FAILS, type Facts, HOLDS } from './conditions.ts'
import type { PrincipalRow, ScopeRow } from './principal-row.ts'
import type { Rule, Tests } from './rules.ts'

/** The principal as conditions see it. */
export type PrincipalFacts = Readonly<Record<string, unknown>>

/** Of a permission that hangs on rules alone, where the tenant itself is asked about and every field: `code` is what its bits say. */
export function decideHere(
  row: ScopeRow,
  permission: number,
  code: number,
  principal: PrincipalFacts,
  options: CheckOptions | undefined,
  now: () => number,
): boolean {
  return decideByRules(code, row.tests(permission), factsOf(principal, options, now), undefined)
}

/** @throws as askedOf, INPUT_INVALID (fields) */
export function decide(
  row: PrincipalRow,
  permission: number,
  principal: PrincipalFacts,
  options: CheckOptions | undefined,
  now: () => number,
): boolean {
  checkFields(options?.fields)
  if (options === undefined || isPlaceless(options)) return decideIn(row.here, permission, principal, options, now)
  const place = onePlace(row.book, options)
  if (place !== undefined) {
    const { on } = options
    const counts = on === undefined ? row.in(place) : row.around(resourceNamed(row.book, on), place)
    if (counts !== undefined) return decideIn(counts, permission, principal, options, now)
  }
  const rows = row.at(askedOf(row.book, options))
  return rows.length === 1
    ? decideIn(rows[0]!, permission, principal, options, now)
    : decideAmong(rows, permission, principal, options, now)
}

function decideIn(
  row: ScopeRow,
  permission: number,
  principal: PrincipalFacts,
  options: CheckOptions | undefined,
  now: () => number,
): boolean {
  const code = bitsOf(row, permission)
  if (!isConditional(code)) return isAllowed(code)
  return decideByRules(code, row.tests(permission), factsOf(principal, options, now), options?.fields)
}

function decideAmong(
  rows: readonly ScopeRow[],
  permission: number,
  principal: PrincipalFacts,
  options: CheckOptions,
  now: () => number,
): boolean {
  const code = codeOf(rows, permission)
  if (!isConditional(code)) return isAllowed(code)
  return decideByRules(code, testsOf(rows, permission), factsOf(principal, options, now), options.fields)
}

/** What several rows say together. */
export function codeOf(rows: readonly ScopeRow[], permission: number): number {
  let code = 0
  for (const row of rows) code |= bitsOf(row, permission)
  return code
}

export function testsOf(rows: readonly ScopeRow[], permission: number): Tests {
  if (rows.length === 1) return rows[0]!.tests(permission)
  const all = rows.map((row) => row.tests(permission))
  return { allows: all.flatMap(({ allows }) => allows), denies: all.flatMap(({ denies }) => denies) }
}

export function factsOf(principal: PrincipalFacts, options: Circumstances | undefined, now: () => number): Facts {
  return { principal, resource: options?.resource, context: options?.context, now }
}

function decideByRules(
  code: number,
  { allows, denies }: Tests,
  facts: Facts,
  fields: readonly string[] | undefined,
): boolean {
  if ((code & DENY_IF) !== 0) {
    // one that cannot be known denies like one that holds
    for (const rule of denies) if (touches(rule, fields) && verdictOf(rule, facts) !== FAILS) return false
  }
  if ((code & ALLOW) !== 0) return true
  if (fields !== undefined)
    return fields.every((field) => allows.some((rule) => gives(rule, field) && verdictOf(rule, facts) === HOLDS))
  for (const rule of allows) if (rule.fields === undefined && verdictOf(rule, facts) === HOLDS) return true
  return false
}

export function verdictOf({ test }: Rule, facts: Facts) {
  return test === undefined ? HOLDS : test(facts)
}

/** Whether a denial is about one of the fields asked about; asked about none in particular, it is about all. */
export function touches({ fields }: Rule, asked: readonly string[] | undefined): boolean {
  return asked === undefined || fields === undefined || asked.some((field) => fields.includes(field))
}

/** Whether a permission is about this field too. */
export function gives({ fields }: Rule, field: string): boolean {
  return fields === undefined || fields.includes(field)
}
