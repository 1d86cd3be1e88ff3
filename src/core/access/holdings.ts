// All that a principal may do at a place, and whether it may ever do something at all.

import { askedOf } from './asked.ts'
import { ALLOW, ALLOW_IF, DENY } from './bits.ts'
import type { Circumstances } from './check-options.ts'
import { FAILS, type Facts, HOLDS } from './conditions.ts'
import { codeOf, factsOf, gives, type PrincipalFacts, testsOf, verdictOf } from './evaluator.ts'
import type { PrincipalRow, ScopeRow } from './principal-row.ts'
import type { Rule } from './rules.ts'

export interface Holdings<P extends string = string> {
  /** `check` with the same options says yes. */
  readonly allowed: readonly P[]
  /** It would say yes of some resource, in some circumstances, or for some fields. */
  readonly conditional: readonly P[]
}

/** Whether something is allowed, may be by what is not told, or is not whatever it is. */
export type Standing = 'allowed' | 'conditional' | 'refused'

/** @throws as askedOf */
export function holdingsOf(
  row: PrincipalRow,
  principal: PrincipalFacts,
  options: Circumstances,
  now: () => number,
): Holdings {
  const rows = row.at(askedOf(row.book, options))
  const facts = factsOf(principal, options, now)
  const found: Record<Standing, string[]> = { allowed: [], conditional: [], refused: [] }
  for (const [id, name] of row.book.permissions.names.entries()) found[standingOf(rows, id, facts)].push(name)
  return { allowed: found.allowed, conditional: found.conditional }
}

/** All that is known of a principal's checks to come: neither the thing nor the circumstances, nor the hour. */
export function factsToCome(principal: PrincipalFacts): Facts {
  return { principal, resource: undefined, context: undefined, partial: true }
}

/** With the facts that are told; every field. */
export function standingOf(rows: readonly ScopeRow[], permission: number, facts: Facts): Standing {
  const code = codeOf(rows, permission)
  if (code === ALLOW) return 'allowed'
  if ((code & (ALLOW | ALLOW_IF)) === 0 || (code & DENY) !== 0) return 'refused'
  const { allows, denies } = testsOf(rows, permission)
  const always = (code & ALLOW) !== 0
  const whole = () => allows.some((rule) => rule.fields === undefined && verdictOf(rule, facts) === HOLDS)
  if (denies.every((rule) => verdictOf(rule, facts) === FAILS) && (always || whole())) return 'allowed'
  const partial: Facts = { ...facts, partial: true }
  const certain = denies.filter((rule) => verdictOf(rule, partial) === HOLDS)
  if (certain.some(({ fields }) => fields === undefined)) return 'refused'
  const remains = ({ fields }: Rule) =>
    fields === undefined || fields.some((field) => !certain.some((rule) => gives(rule, field)))
  const possible = always || allows.some((rule) => verdictOf(rule, partial) !== FAILS && remains(rule))
  return possible ? 'conditional' : 'refused'
}

/**
 * Whether there is a place, or a resource that something is said of, where it is allowed now under some conditions or
 * for some fields, and not denied whatever they are.
 */
export function isEverAllowed(row: PrincipalRow, permission: number): boolean {
  for (const rows of row.combinations()) {
    const code = codeOf(rows, permission)
    if ((code & (ALLOW | ALLOW_IF)) !== 0 && (code & DENY) === 0) return true
  }
  return false
}
