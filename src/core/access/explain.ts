// Why, or why not: the slow path over the same tables as the decision. It looks at everything that could have a say,
// and answers what decided.

import { type Asked, askedOf } from './asked.ts'
import { type CheckOptions, checkFields } from './check-options.ts'
import { factsOf } from './evaluator.ts'
import type { Cause, Explanation, Need } from './explanation.ts'
import type { Scope } from './grants.ts'
import { neededFor } from './needed.ts'
import { isWithin, placesAbove } from './place-tree.ts'
import type { KnownPrincipal } from './principals.ts'
import { type Source, scopeOfSource, sourcesOf } from './sources.ts'
import type { TenantBook } from './tenant-book.ts'
import { judge, type Question, type Voice, voices } from './voices.ts'

/** As of `now`, in milliseconds. @throws as askedOf, INPUT_INVALID (fields) */
export function explain(
  book: TenantBook,
  principal: KnownPrincipal,
  permission: number,
  options: CheckOptions = {},
  now: number,
): Explanation {
  const asked = askedOf(book, options)
  checkFields(options.fields)
  const facts = factsOf(principal.facts, options, () => now)
  const question: Question = { permission, asked, facts, fields: options.fields, now }
  const version = { tenant: book.version, principal: principal.version }
  if (!principal.active) {
    return { allowed: false, reason: 'principal-inactive', missing: [], needed: [{ kind: 'activation' }], version }
  }
  const sources = sourcesOf(book, principal)
  const all = voices(book, sources, question)
  const { reason, by, missing = [] } = judge(all, options.fields)
  return {
    allowed: reason === 'allowed',
    reason,
    ...(by ? { by: causeOf(by, asked) } : {}),
    missing: [...new Set(missing)],
    needed: reason === 'allowed' ? NOTHING : neededFor(book, sources, question, all),
    version,
  }
}

const NOTHING: readonly Need[] = []

export function causeOf({ source, roles, effect, rule }: Voice, asked: Asked): Cause {
  return {
    source: source.origin,
    roles,
    scope: scopeOfSource(source),
    flow: source.exactly ? 'self' : 'descendants',
    path: pathTo(source, asked),
    effect,
    ...(rule?.conditions ? { conditions: rule.conditions } : {}),
    ...(rule?.fields ? { fields: rule.fields } : {}),
  }
}

/** From the place asked about, through the places around it, to the scope. */
function pathTo(source: Source, { places, resource }: Asked): Scope[] {
  const path: Scope[] = resource ? [{ kind: 'resource', ...resource }] : []
  if (source.resource && source.place.kind === 'tenant') return path
  const asked = places.find((place) => isWithin(source.place, place))
  for (const place of asked ? placesAbove(asked) : [source.place]) {
    path.push(scopeOfSource({ place, resource: undefined }))
    if (place === source.place) break
  }
  return path
}
