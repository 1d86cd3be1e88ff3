// The rules of access (docs/access.md), said as plainly as they can be: over plain data, with no tables, no bits and no
// memory, and nothing of the evaluator but the names of its answers. Slow, and right at a glance.

import type { Cause, Explanation } from '../../src/core/access/explanation.ts'
import { type Weighed, weigh } from './condition-reference.ts'
import type { Ask, At, Entry, Role, World } from './worlds.ts'

/** Where something counts: at a place and below it, or exactly there, or for one thing wherever in the place it is. */
interface Where {
  readonly place: string
  readonly thing?: { readonly type: string; readonly id: string }
  readonly exactly: boolean
}

/** One thing that is said of the principal. */
export interface Saying {
  readonly source: Cause['source']
  /** From the role that is held to the one that says it. */
  readonly roles: readonly string[]
  readonly entry: Entry
  /** It counts where all of these do. */
  readonly where: readonly Where[]
  readonly from: number
  readonly until: number
}

/** That the principal has a role. */
type Held = Pick<Saying, 'source' | 'from' | 'until'> & { readonly role: string | null; readonly where: Where }
type RoleOnWay = Pick<Role, 'id' | 'entries'> & Pick<Saying, 'roles'>

/** `by`: what may be named as what decided. */
export type Answer = Pick<Explanation, 'allowed' | 'reason' | 'missing'> & { readonly by: readonly Saying[] }

export function judge(world: World, ask: Ask): Answer {
  if (!world.active) return answer('principal-inactive')
  const heard = sayings(world).filter(({ entry, where }) => isAbout(entry, ask) && counts(world, where, ask))
  const current = heard
    .filter(({ from, until }) => from <= ask.now && ask.now < until)
    .map((saying) => ({ ...saying, ...truthOf(saying.entry, world, ask) }))
  const allows = current.filter(({ entry }) => entry.effect !== 'deny')
  const denies = current.filter(
    ({ entry }) => entry.effect === 'deny' && (!ask.fields || ask.fields.some((field) => covers(entry, field))),
  )
  const fields = ask.fields ?? ['every field']
  const certain = allows.filter(({ truth, entry }) => truth === 'yes' && fields.some((field) => covers(entry, field)))
  const lacking = fields.filter((field) => !certain.some(({ entry }) => covers(entry, field)))
  const helpful = allows.filter(({ entry }) => lacking.some((field) => covers(entry, field)))
  const open = helpful.filter(({ truth }) => truth === 'unknown')
  const possible = lacking.every((field) => open.some(({ entry }) => covers(entry, field)))

  const denied = denies.filter(({ truth }) => truth === 'yes')
  if (denied.length > 0) return answer('denied-by-rule', denied)
  const perhapsDenied = denies.filter(({ truth }) => truth === 'unknown')
  if (perhapsDenied.length > 0 && possible) return contextMissing([...perhapsDenied, ...open])
  if (lacking.length === 0) return answer('allowed', certain)
  if (possible) return contextMissing(open)
  const failed = helpful.filter(({ truth }) => truth === 'no')
  if (failed.length > 0) return answer('condition-not-met', failed)
  if (allows.length > 0) return answer('fields-not-granted', allows)
  const timed = heard.filter(({ entry }) => entry.effect !== 'deny')
  const later = timed.filter(({ from }) => from > ask.now)
  if (later.length > 0) return answer('not-yet', later)
  return timed.length > 0 ? answer('expired', timed) : answer('no-grant')
}

function answer(reason: Answer['reason'], by: readonly Saying[] = []): Answer {
  return { allowed: reason === 'allowed', reason, missing: [], by }
}

function contextMissing(by: readonly (Saying & Weighed)[]): Answer {
  return { ...answer('context-missing', by), missing: [...new Set(by.flatMap(({ missing }) => missing))] }
}

function isAbout({ resource, actions }: Entry, { permission }: Ask): boolean {
  const all = ['*:*', `${permission.split(':')[0]}:*`]
  return actions.some((action) => [permission, ...all].includes(`${resource}:${action}`))
}

function covers({ fields }: Entry, field: string): boolean {
  return !fields || fields.includes(field)
}

function truthOf({ conditions }: Entry, { principal }: World, { resource, context, now }: Ask): Weighed {
  return conditions ? weigh(conditions, { principal, resource, context, now }) : { truth: 'yes', missing: [] }
}

/** Of the places asked about, those around another of them do not matter; none is the tenant. */
function counts(world: World, where: readonly Where[], { places, on }: Ask): boolean {
  const isAround = (place: string) => places.some((other) => other !== place && above(world, other).includes(place))
  const asked = places.length > 0 ? places.filter((place) => !isAround(place)) : ['t']
  return asked.some((at) =>
    where.every(({ place, thing, exactly }) => {
      if (exactly) return at === place && !on
      return above(world, at).includes(place) && (!thing || (thing.type === on?.type && thing.id === on.id))
    }),
  )
}

function sayings(world: World): Saying[] {
  const teams = teamsOf(world)
  const roles = held(world, teams)
  const byRoles = roles.flatMap(({ role, where, ...one }) =>
    rolesUp(world, role).flatMap(({ roles: way, entries }) =>
      entries.map((entry): Saying => ({ ...one, roles: way, entry, where: [where] })),
    ),
  )
  const byMemberships = world.memberships.flatMap(({ id, team, entries }) =>
    entries.map((entry): Saying => {
      return { source: { kind: 'membership', id, team }, roles: [], entry, where: [whereOf(team)], ...ALWAYS }
    }),
  )
  const byPolicies = world.policies.flatMap(({ key, effect, principals, actions, at, conditions }) => {
    const common = { source: { kind: 'policy', id: key, key, version: 1 } as const, roles: [], ...ALWAYS }
    const entries = actions.map((action): Entry => {
      const [resource = '', verb = '*'] = action.split(':')
      return { resource, actions: [verb], effect, ...(conditions ? { conditions } : {}) }
    })
    const everywhere = at.flatMap((one) => entries.map((entry) => ({ ...common, entry, where: [whereOf(one)] })))
    if (principals.some((who) => who === '*' || who === 'me' || teams.includes(who))) return everywhere
    // whoever holds a role that it names, where that is held
    return roles.flatMap(({ role, where, from, until }) =>
      rolesUp(world, role)
        .filter(({ id }) => principals.includes(id))
        .flatMap(({ roles: way }) =>
          everywhere.map((one): Saying => ({ ...one, from, until, roles: way, where: [where, ...one.where] })),
        ),
    )
  })
  return [...byRoles, ...byMemberships, ...byPolicies]
}

const ALWAYS = { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY }

function held(world: World, teams: readonly string[]): Held[] {
  const assigned = world.assignments
    .filter(({ holder }) => holder === 'me' || holder === 'everyone' || teams.includes(holder))
    .map(({ id, holder, role, at, flow, startsAt, expiresAt }): Held => {
      const of = holder === 'me' ? 'principal' : holder === 'everyone' ? holder : 'team'
      return {
        source: { kind: 'assignment', id, of, ...(of === 'team' ? { team: holder } : {}) } as Cause['source'],
        ...{ role, where: { ...whereOf(at), exactly: flow === 'self' && typeof at === 'string' } },
        ...{ from: startsAt ?? ALWAYS.from, until: expiresAt ?? ALWAYS.until },
      }
    })
  const asMember = world.memberships.map(
    ({ id, team, role }): Held => ({ source: { kind: 'membership', id, team }, role, where: whereOf(team), ...ALWAYS }),
  )
  return [...assigned, ...asMember]
}

function whereOf(at: At): Where {
  return typeof at === 'string' ? { place: at, exactly: false } : { place: 't', thing: at, exactly: false }
}

/** Those that the principal is a member of, and those above them. */
function teamsOf(world: World): readonly string[] {
  const around = world.memberships.flatMap(({ team }) => above(world, team))
  return around.filter((id) => world.places.some((place) => place.id === id && place.kind === 'team'))
}

/** The place and all that are around it. */
function above(world: World, id: string): readonly string[] {
  const place = world.places.find((one) => one.id === id)
  return place ? [id, ...(place.above === null ? [] : above(world, place.above))] : []
}

/** The role and all that it inherits from, each with the way to it. */
function rolesUp(world: World, id: string | null, way: readonly string[] = []): readonly RoleOnWay[] {
  const role = world.roles.find((one) => one.id === id)
  if (!role) return []
  const roles = [...way, role.key]
  return [{ id: role.id, roles, entries: [...role.byCode, ...role.entries] }, ...rolesUp(world, role.parent, roles)]
}
