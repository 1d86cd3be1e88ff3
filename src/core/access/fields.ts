// Of which fields something is allowed.

import { askedOf } from './asked.ts'
import { ALLOW, DENY } from './bits.ts'
import type { Circumstances } from './check-options.ts'
import { FAILS, HOLDS } from './conditions.ts'
import { codeOf, factsOf, type PrincipalFacts, testsOf, verdictOf } from './evaluator.ts'
import type { PrincipalRow } from './principal-row.ts'

/** All fields but these, or only these. `check` with any of the fields says the same. */
export type AllowedFields =
  | { readonly all: true; readonly except: readonly string[] }
  | { readonly all: false; readonly fields: readonly string[] }

const NONE: AllowedFields = { all: false, fields: [] }

/** @throws as askedOf */
export function allowedFields(
  row: PrincipalRow,
  permission: number,
  principal: PrincipalFacts,
  options: Circumstances,
  now: () => number,
): AllowedFields {
  const rows = row.at(askedOf(row.book, options))
  const code = codeOf(rows, permission)
  if ((code & DENY) !== 0) return NONE
  const { allows, denies } = testsOf(rows, permission)
  const facts = factsOf(principal, options, now)
  // one that cannot be known denies like one that holds
  const denying = denies.filter((rule) => verdictOf(rule, facts) !== FAILS)
  if (denying.some(({ fields }) => fields === undefined)) return NONE
  const denied = new Set(denying.flatMap(({ fields }) => fields ?? []))
  const allowing = allows.filter((rule) => verdictOf(rule, facts) === HOLDS)
  if ((code & ALLOW) !== 0 || allowing.some(({ fields }) => fields === undefined)) {
    return { all: true, except: [...denied].sort() }
  }
  const allowed = new Set(allowing.flatMap(({ fields }) => fields ?? []))
  return { all: false, fields: [...allowed].filter((field) => !denied.has(field)).sort() }
}
