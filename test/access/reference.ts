// The rules of access, written down naively: plain data, no tables, no bits, nothing shared with the evaluator. Slow,
// and easy to read against docs/access.md.

import type { Cause, Explanation } from '../../src/core/access/explanation.ts'
import { type Truth, weigh } from './condition-reference.ts'

export interface Entry {
  readonly resource: string
  readonly actions: readonly string[]
  readonly effect?: 'allow' | 'deny'
  readonly conditions?: Readonly<Record<string, unknown>>
  readonly fields?: readonly string[]
}

/** The id of a place, or a resource as the host names it. */
export type At = string | { readonly type: string; readonly id: string }

export interface World {
  /** The tenant is called `t`, and is above all. */
  readonly places: readonly { id: string; kind: 'tenant' | 'organization' | 'team' | 'project'; above: string | null }[]
  readonly roles: readonly { id: string; key: string; parent: string | null; entries: readonly Entry[] }[]
  /** `me`, `everyone`, or the id of a team. */
  readonly assignments: readonly {
    readonly id: string
    readonly holder: string
    readonly role: string
    readonly at: At
    readonly flow: 'descendants' | 'self'
    readonly startsAt: number | null
    readonly expiresAt: number | null
  }[]
  readonly memberships: readonly { id: string; team: string; role: string | null; entries: readonly Entry[] }[]
  /** Principals: `*`, `me`, or the id of a team or role. */
  readonly policies: readonly {
    readonly key: string
    readonly effect: 'allow' | 'deny'
    readonly principals: readonly string[]
    readonly actions: readonly string[]
    readonly at: readonly At[]
    readonly conditions?: Readonly<Record<string, unknown>>
  }[]
  readonly active: boolean
  readonly principal: Readonly<Record<string, unknown>>
}

export interface Ask {
  readonly permission: string
  /** Ids of places. */
  readonly places: readonly string[]
  readonly on?: { readonly type: string; readonly id: string }
  readonly fields?: readonly string[]
  readonly resource?: Readonly<Record<string, unknown>>
  readonly context?: Readonly<Record<string, unknown>>
  readonly now: number
}

export type Answer = Pick<Explanation, 'allowed' | 'reason' | 'missing'> & { readonly by?: Omit<Cause, 'path'> }

/** Somebody who may say something: a role that is held somewhere, a membership's permissions, a policy. */
interface Speaker {
  readonly source: Cause['source']
  readonly says: readonly { readonly path: readonly string[]; readonly entries: readonly Entry[] }[]
  readonly role?: string | null
  readonly place: string
  readonly resource?: { readonly type: string; readonly id: string }
  readonly flow: 'descendants' | 'self'
  readonly when: 'current' | 'later' | 'over'
}

interface Rule extends Speaker {
  readonly entry: Entry
  readonly plain: boolean
  readonly path: readonly string[]
  readonly effect: 'allow' | 'deny'
  readonly truth: Truth
  readonly missing: readonly string[]
}

export function judge(world: World, ask: Ask): Answer {
  if (!world.active) return { allowed: false, reason: 'principal-inactive', missing: [] }
  const rules = speakers(world, ask.now)
    .filter((speaker) => reaches(world, speaker, ask))
    .flatMap((speaker) => rulesOf(world, speaker, ask))
  const current = rules.filter((rule) => rule.when === 'current')
  const asked = ask.fields ?? ['every field']
  const covers = (rule: Rule, field: string) => !rule.entry.fields || rule.entry.fields.includes(field)
  const touched = (rule: Rule) => !ask.fields || ask.fields.some((field) => covers(rule, field))
  const denies = (truth: Truth) =>
    current.filter((rule) => rule.effect === 'deny' && rule.truth === truth && touched(rule))
  const allows = current.filter((rule) => rule.effect === 'allow')
  const certain = allows.filter(({ truth }) => truth === 'yes')
  const lacking = asked.filter((field) => !certain.some((rule) => covers(rule, field)))
  const helpful = (rule: Rule) => lacking.some((field) => covers(rule, field))
  const open = allows.filter((rule) => rule.truth === 'unknown' && helpful(rule))
  const possible = lacking.every((field) => open.some((rule) => covers(rule, field)))
  const answer = (reason: Answer['reason'], chosen: readonly Rule[], missing: readonly string[] = []): Answer => {
    const by = chosen.find(({ plain }) => plain) ?? chosen[0]
    return {
      allowed: reason === 'allowed',
      reason,
      missing: [...new Set(missing)],
      ...(by ? { by: cause(world, by) } : {}),
    }
  }
  const missing = (from: readonly Rule[]) =>
    answer(
      'context-missing',
      from.slice(0, 1),
      from.flatMap((rule) => rule.missing),
    )

  if (denies('yes').length > 0) return answer('denied-by-rule', denies('yes'))
  if (denies('unknown').length > 0 && possible) return missing([...denies('unknown'), ...open])
  if (lacking.length === 0)
    return answer(
      'allowed',
      certain.filter((rule) => asked.some((field) => covers(rule, field))),
    )
  if (possible) return missing(open)
  const failed = allows.filter((rule) => rule.truth === 'no' && helpful(rule))
  if (failed.length > 0) return answer('condition-not-met', failed.slice(0, 1))
  if (allows.length > 0) return answer('fields-not-granted', certain.length > 0 ? certain : allows)
  for (const [when, reason] of [
    ['later', 'not-yet'],
    ['over', 'expired'],
  ] as const) {
    const found = rules.filter((rule) => rule.when === when && rule.effect === 'allow')
    if (found.length > 0) return answer(reason, found.slice(0, 1))
  }
  return { allowed: false, reason: 'no-grant', missing: [] }
}

function speakers(world: World, now: number): Speaker[] {
  const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
  const memberships = [...world.memberships].sort(byId)
  const teams = [...new Set(memberships.flatMap(({ team }) => above(world, team)))].filter(
    (id) => kindOf(world, id) === 'team',
  )
  const assigned = (holder: string, of: object) =>
    world.assignments
      .filter((one) => one.holder === holder)
      .sort(byId)
      .map(
        (one): Speaker => ({
          source: { kind: 'assignment', id: one.id, ...of } as Cause['source'],
          says: chain(world, one.role).map((role, i, all) => ({
            path: all.slice(0, i + 1).map(({ key }) => key),
            entries: role.entries,
          })),
          role: one.role,
          ...(typeof one.at === 'string' ? { place: one.at } : { place: 't', resource: one.at }),
          flow: typeof one.at === 'string' ? one.flow : 'descendants',
          when:
            one.expiresAt !== null && now >= one.expiresAt
              ? 'over'
              : one.startsAt !== null && now < one.startsAt
                ? 'later'
                : 'current',
        }),
      )
  const held: Speaker[] = [
    ...assigned('me', { of: 'principal' }),
    ...teams.flatMap((team) => assigned(team, { of: 'team', team })),
    ...assigned('everyone', { of: 'everyone' }),
    ...memberships.flatMap(({ id, team, role, entries }): Speaker[] => {
      const common = {
        source: { kind: 'membership', id, team },
        place: team,
        flow: 'descendants',
        when: 'current',
      } as const
      const says = chain(world, role).map((one, i, all) => ({
        path: all.slice(0, i + 1).map(({ key }) => key),
        entries: one.entries,
      }))
      return [
        { ...common, says, role },
        { ...common, says: [{ path: [], entries }] },
      ]
    }),
  ]
  const policies = [...world.policies]
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .flatMap((policy) => {
      const { key, effect, conditions } = policy
      const entries = policy.actions.map((action): Entry => {
        const [resource = '', verb = ''] = action.split(':')
        return { resource, actions: [verb], effect, ...(conditions ? { conditions } : {}) }
      })
      const source = { kind: 'policy', id: key, key, version: 1 } as const
      const wheres = policy.at.map((at) => (typeof at === 'string' ? { place: at } : { place: 't', resource: at }))
      if (policy.principals.some((who) => who === '*' || who === 'me' || teams.includes(who))) {
        return wheres.map(
          (where): Speaker => ({
            source,
            says: [{ path: [], entries }],
            ...where,
            flow: 'descendants',
            when: 'current',
          }),
        )
      }
      // who holds a role that it names, where that is held
      return held.flatMap((holding) =>
        chain(world, holding.role ?? null).flatMap((role, i, all) => {
          if (!policy.principals.includes(role.id)) return []
          const path = all.slice(0, i + 1).map((one) => one.key)
          return wheres.flatMap((where) => {
            const both = meet(world, holding, where)
            return both ? [{ ...both, source, says: [{ path, entries }], when: holding.when }] : []
          })
        }),
      )
    })
  return [...held, ...policies]
}

/** Where a role is held and a policy that names it speaks: the narrower of the two, or nowhere. */
function meet(
  world: World,
  holding: Speaker,
  where: Pick<Speaker, 'place' | 'resource'>,
): Pick<Speaker, 'place' | 'resource' | 'flow'> | undefined {
  const place = above(world, where.place).includes(holding.place)
    ? where.place
    : above(world, holding.place).includes(where.place)
      ? holding.place
      : undefined
  if (place === undefined) return undefined
  if (holding.flow === 'self') return place === holding.place && !where.resource ? { place, flow: 'self' } : undefined
  if (holding.resource && where.resource && !same(holding.resource, where.resource)) return undefined
  const resource = holding.resource ?? where.resource
  return { place, ...(resource ? { resource } : {}), flow: 'descendants' }
}

function reaches(world: World, { place, resource, flow }: Speaker, ask: Ask): boolean {
  if (resource && !(ask.on && same(resource, ask.on))) return false
  // who names a place and one inside it asks about the one inside
  const asked = ask.places.filter((id) => !ask.places.some((other) => other !== id && above(world, other).includes(id)))
  const places = asked.length > 0 ? asked : ['t']
  if (flow === 'self') return !ask.on && places.includes(place)
  return places.some((id) => above(world, id).includes(place))
}

function rulesOf(world: World, speaker: Speaker, ask: Ask): Rule[] {
  return speaker.says.flatMap(({ path, entries }) => {
    const own = entries.filter(({ resource, actions }) =>
      actions.some((action) => `${resource}:${action}` === ask.permission),
    )
    const isPlain = (entry: Entry) => !entry.conditions && !entry.fields
    // what is said without conditions comes first, once, and denials before the rest
    const plain = (['deny', 'allow'] as const).flatMap((effect): Rule[] => {
      const entry = own.find((one) => isPlain(one) && (one.effect ?? 'allow') === effect)
      return entry ? [{ ...speaker, entry, path, effect, plain: true, truth: 'yes', missing: [] }] : []
    })
    const others = own
      .filter((entry) => !isPlain(entry))
      .map((entry): Rule => {
        const facts = { principal: world.principal, resource: ask.resource, context: ask.context, now: ask.now }
        const weighed = entry.conditions ? weigh(entry.conditions, facts) : ({ truth: 'yes', missing: [] } as const)
        return { ...speaker, entry, path, effect: entry.effect ?? 'allow', plain: false, ...weighed }
      })
    return [...plain, ...others]
  })
}

function cause(world: World, { source, path, place, resource, flow, effect, entry }: Rule): Omit<Cause, 'path'> {
  const kind = kindOf(world, place)
  return {
    source,
    roles: path,
    scope: resource ? { kind: 'resource', ...resource } : kind === 'tenant' ? { kind } : { kind, id: place },
    flow,
    effect,
    ...(entry.conditions ? { conditions: entry.conditions } : {}),
    ...(entry.fields ? { fields: entry.fields } : {}),
  }
}

function chain(world: World, role: string | null): World['roles'][number][] {
  const found = world.roles.find(({ id }) => id === role)
  return found ? [found, ...chain(world, found.parent)] : []
}

/** The place and all that are around it. */
function above(world: World, place: string): string[] {
  const next = world.places.find(({ id }) => id === place)?.above ?? null
  return next === null ? [place] : [place, ...above(world, next)]
}

function kindOf(world: World, place: string): World['places'][number]['kind'] {
  return world.places.find(({ id }) => id === place)!.kind
}

function same(a: { type: string; id: string }, b: { type: string; id: string }): boolean {
  return a.type === b.type && a.id === b.id
}
