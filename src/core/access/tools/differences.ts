// What one principal may do otherwise by one book than by another, and where.

import { askedOf, type PlaceOptions } from '../asked.ts'
import { factsOf, testsOf } from '../evaluator.ts'
import type { Scope } from '../grants.ts'
import { type Standing, standingOf } from '../holdings.ts'
import { type Place, placesAbove } from '../place-tree.ts'
import type { ScopeRow } from '../principal-row.ts'
import type { KnownPrincipal } from '../principals.ts'
import { scopeOfSource, sourcesOf } from '../sources.ts'

export interface Difference {
  readonly permission: string
  readonly scope: Scope
  /** The scope as people read it: `everywhere`, `in team main/sales`, `on note n-1`. */
  readonly where: string
  readonly before: Standing
  readonly after: Standing
}

const MAXIMUM_SCOPES = 200
const MAXIMUM_DIFFERENCES = 500

/**
 * In the tenant, and in each place and on each resource of which anything is said before or after. What is so around a place
 * already is not said again of it. `now` in milliseconds.
 */
export function differencesOf(
  before: KnownPrincipal,
  after: KnownPrincipal,
  nameOf: (kind: string, id: string) => string,
  now: number,
): { readonly all: readonly Difference[]; readonly complete: boolean } {
  const scopes = scopesOf(before, after)
  const shown = scopes.slice(0, MAXIMUM_SCOPES)
  const [old, young] = [standingsOf(before, now), standingsOf(after, now)]
  const all: Difference[] = []
  const said = new Set<string>()
  for (const scope of shown) {
    const around = aroundOf(after, scope) ?? aroundOf(before, scope) ?? []
    for (const [permission, [was, is]] of compared(old(scope), young(scope))) {
      const key = JSON.stringify([permission, was.signature, is.signature])
      said.add(`${textOf(scope)} ${key}`)
      if (around.some((one) => said.has(`${one} ${key}`))) continue
      const where = whereOf(scope, nameOf)
      all.push({ permission, scope, where, before: was.standing, after: is.standing })
    }
  }
  const complete = scopes.length === shown.length && all.length <= MAXIMUM_DIFFERENCES
  return { all: all.slice(0, MAXIMUM_DIFFERENCES), complete }
}

const textOf = (scope: Scope): string => JSON.stringify(scope)

/** The tenant first, and what is around something before it. */
function scopesOf(before: KnownPrincipal, after: KnownPrincipal): readonly Scope[] {
  const found = new Map<string, { readonly scope: Scope; readonly depth: number }>()
  const tenant: Scope = { kind: 'tenant' }
  found.set(textOf(tenant), { scope: tenant, depth: 0 })
  for (const known of [before, after]) {
    if (!known.active) continue
    for (const source of sourcesOf(known.book, known)) {
      const scope = scopeOfSource(source)
      const depth = scope.kind === 'resource' ? Number.POSITIVE_INFINITY : placesAbove(source.place).length
      found.set(textOf(scope), { scope, depth })
    }
  }
  return [...found.values()].sort((a, b) => a.depth - b.depth).map(({ scope }) => scope)
}

/** The scopes around this one, as texts. Undefined: there is no such place. */
function aroundOf({ book }: KnownPrincipal, scope: Scope): readonly string[] | undefined {
  if (scope.kind === 'tenant') return []
  if (scope.kind === 'resource') return [textOf({ kind: 'tenant' })]
  const place: Place | undefined = book.places.find(scope.kind, scope.id)
  return (
    place &&
    placesAbove(place)
      .slice(1)
      .map((above) => textOf(scopeOfSource({ place: above, resource: undefined })))
  )
}

interface Stand {
  readonly standing: Standing
  /** With its conditions: two are the same where these are. */
  readonly signature: string
}

type Standings = ReadonlyMap<string, Stand>

function standingsOf(known: KnownPrincipal, now: number): (scope: Scope) => Standings {
  const row = known.row(now)
  const facts = factsOf(known.facts, undefined, () => now)
  return (scope) => {
    const found = new Map<string, Stand>()
    const options = optionsOf(known, scope)
    if (!options) return found
    const rows = row.at(askedOf(known.book, options))
    for (const [id, name] of known.book.permissions.names.entries()) {
      const standing = standingOf(rows, id, facts)
      const signature = standing === 'conditional' ? conditionsOf(rows, id) : standing
      if (standing !== 'refused') found.set(name, { standing, signature })
    }
    return found
  }
}

/** Undefined: there is no such place, or no such kind of thing. */
function optionsOf({ book }: KnownPrincipal, scope: Scope): PlaceOptions | undefined {
  if (scope.kind === 'tenant') return {}
  if (scope.kind === 'resource') {
    return book.permissions.hasResource(scope.type) ? { on: { type: scope.type, id: scope.id } } : undefined
  }
  return book.places.find(scope.kind, scope.id) ? ({ [scope.kind]: scope.id } as PlaceOptions) : undefined
}

function conditionsOf(rows: readonly ScopeRow[], permission: number): string {
  const { allows, denies } = testsOf(rows, permission)
  const told = [...allows, ...denies].map(({ effect, conditions, fields }) =>
    JSON.stringify([effect, conditions, fields]),
  )
  return JSON.stringify([...new Set(told)].sort())
}

const REFUSED: Stand = { standing: 'refused', signature: 'refused' }

function* compared(old: Standings, young: Standings): Generator<readonly [string, readonly [Stand, Stand]]> {
  for (const name of new Set([...old.keys(), ...young.keys()])) {
    const [was, is] = [old.get(name) ?? REFUSED, young.get(name) ?? REFUSED]
    if (was.signature !== is.signature) yield [name, [was, is]]
  }
}

function whereOf(scope: Scope, nameOf: (kind: string, id: string) => string): string {
  if (scope.kind === 'tenant') return 'everywhere'
  if (scope.kind === 'resource') return `on ${scope.type} ${scope.id}`
  return `in ${scope.kind} ${nameOf(scope.kind, scope.id)}`
}
