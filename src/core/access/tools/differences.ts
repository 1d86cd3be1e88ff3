// What one principal may do otherwise by one book than by another, and where.

import { testsOf } from '../evaluator.ts'
import type { Scope } from '../grants.ts'
import { factsToCome, type Standing, standingOf } from '../holdings.ts'
import type { ScopeRow } from '../principal-row.ts'
import type { KnownPrincipal } from '../principals.ts'
import { aroundOf, askedAt, type Spot, spotsOf, textOf } from './diff-spots.ts'

export interface Difference {
  readonly permission: string
  readonly scope: Scope
  /** Where of the scope: in it and below it (`all`), in just the scope (`self`), or in just what is below it (`below`). */
  readonly reach: 'all' | 'self' | 'below'
  /** Of a resource: the place that it is in, where it matters. */
  readonly within?: Scope
  /** All that as people read it: `everywhere`, `in team main/sales`, `below team main/sales`, `on note n-1`. */
  readonly where: string
  readonly before: Standing
  readonly after: Standing
}

const MAXIMUM_SPOTS = 200
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
  const spots = spotsOf(before, after)
  const shown = spots.slice(0, MAXIMUM_SPOTS)
  const [old, young] = [standingsOf(before, now), standingsOf(after, now)]
  const found = new Map(shown.map((spot) => [textOf(spot), compared(old(spot), young(spot))]))
  const isSpot = (text: string) => found.has(text)
  const all: Difference[] = []
  for (const spot of shown) {
    const { scope, below, within } = spot
    const around = aroundOf(after, spot, isSpot) ?? aroundOf(before, spot, isSpot) ?? []
    const inside = below ? undefined : found.get(textOf({ ...spot, below: true }))
    const itself = below ? found.get(textOf({ ...spot, below: false })) : undefined
    for (const [key, { permission, was, is }] of found.get(textOf(spot)) ?? []) {
      if (itself?.has(key) || around.some((one) => found.get(one)?.has(key))) continue
      const reach = below ? 'below' : inside && !inside.has(key) ? 'self' : 'all'
      const where = whereOf(spot, reach, nameOf)
      all.push({ permission, scope, reach, ...(within && { within }), where, before: was.standing, after: is.standing })
    }
  }
  const complete = spots.length === shown.length && all.length <= MAXIMUM_DIFFERENCES
  return { all: all.slice(0, MAXIMUM_DIFFERENCES), complete }
}

interface Stand {
  readonly standing: Standing
  /** With its conditions: two are the same where these are. */
  readonly signature: string
}

type Standings = ReadonlyMap<string, Stand>

function standingsOf(known: KnownPrincipal, now: number): (spot: Spot) => Standings {
  const row = known.row(now)
  const facts = factsToCome(known.facts)
  return (spot) => {
    const found = new Map<string, Stand>()
    const asked = askedAt(known, spot)
    if (!asked) return found
    const rows = row.at(asked)
    for (const [id, name] of known.book.permissions.names.entries()) {
      const standing = standingOf(rows, id, facts)
      const signature = standing === 'conditional' ? conditionsOf(rows, id) : standing
      if (standing !== 'refused') found.set(name, { standing, signature })
    }
    return found
  }
}

function conditionsOf(rows: readonly ScopeRow[], permission: number): string {
  const { allows, denies } = testsOf(rows, permission)
  const told = [...allows, ...denies].map(({ effect, conditions, fields }) =>
    JSON.stringify([effect, conditions, fields]),
  )
  return JSON.stringify([...new Set(told)].sort())
}

const REFUSED: Stand = { standing: 'refused', signature: 'refused' }

interface Compared {
  readonly permission: string
  readonly was: Stand
  readonly is: Stand
}

/** What is otherwise, under a key that says all of it. */
function compared(old: Standings, young: Standings): ReadonlyMap<string, Compared> {
  const found = new Map<string, Compared>()
  for (const permission of new Set([...old.keys(), ...young.keys()])) {
    const [was, is] = [old.get(permission) ?? REFUSED, young.get(permission) ?? REFUSED]
    if (was.signature === is.signature) continue
    found.set(JSON.stringify([permission, was.signature, is.signature]), { permission, was, is })
  }
  return found
}

function whereOf(
  { scope, within }: Spot,
  reach: Difference['reach'],
  nameOf: (kind: string, id: string) => string,
): string {
  if (scope.kind === 'resource') {
    return `on ${scope.type} ${scope.id}${within ? ` in ${within.kind} ${nameOf(within.kind, within.id)}` : ''}`
  }
  if (scope.kind === 'tenant') {
    return reach === 'all' ? 'everywhere' : reach === 'self' ? 'in the tenant itself' : 'everywhere below the tenant'
  }
  const name = `${scope.kind} ${nameOf(scope.kind, scope.id)}`
  return reach === 'all' ? `in ${name}` : reach === 'self' ? `in ${name} itself` : `below ${name}`
}
