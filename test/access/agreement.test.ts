// The evaluator against the rules as written naively: 100,000 questions of generated worlds, check and explain.
// FREEHOLD_TEST_QUESTIONS asks more or fewer of them. What they must reach is listed at the end.

import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CheckOptions } from '../../src/core/access/check-options.ts'
import type { Cause, Explanation } from '../../src/core/access/explanation.ts'
import { HeldAccess } from '../../src/core/access/principal-access.ts'
import { type Answer, judge, type Saying } from './reference.ts'
import { load } from './world-rows.ts'
import { type Ask, asks, FIELDS, names, type World, world } from './worlds.ts'

const QUESTIONS = 10
const WORLDS = Number(process.env.FREEHOLD_TEST_QUESTIONS ?? 100_000) / QUESTIONS
const TENANT = '00000000-0000-7000-8000-000000000001'
const seed = process.env.FC_SEED ? { seed: Number(process.env.FC_SEED) } : {}

const questions = world.chain((built) =>
  fc.tuple(fc.constant(built), fc.array(asks(built), { minLength: QUESTIONS, maxLength: QUESTIONS })),
)

/** As a host names places: the first by its kind, more of them in a list. */
function optionsOf({ places: tree }: World, { places, ...ask }: Ask): CheckOptions {
  const [first, ...more] = places.map((id) => ({ [tree.find((place) => place.id === id)!.kind]: id }))
  const inside = more.length === 1 ? more[0] : more
  return { ...ask, ...first, ...(more.length > 0 ? { in: inside } : {}) } as unknown as CheckOptions
}

function expectedOf(built: World, ask: Ask) {
  return judge({ ...built, principal: { team: undefined, ...built.principal } }, ask)
}

/** Of all that may have decided, an explanation names one, and that rightly. */
function expectNamed(built: World, by: Cause | undefined, candidates: Answer['by']): void {
  if (!by) {
    expect(candidates).toEqual([])
    return
  }
  const { path, scope, flow, ...rest } = by
  const named = candidates.filter(({ source, roles, entry: { effect = 'allow', conditions, fields } }) =>
    isDeepStrictEqual(rest, { source, roles, effect, ...(conditions && { conditions }), ...(fields && { fields }) }),
  )
  expect(named.map(({ where }) => innermost(built, where))).toContainEqual({ scope, flow })
  expect(scope.kind === 'resource' ? path[0] : path.at(-1)).toEqual(scope)
  // each is in the next
  const ids = path.flatMap((step) => (step.kind === 'tenant' ? 't' : step.kind === 'resource' ? [] : step.id))
  const around = ids.slice(0, -1).map((id) => built.places.find((place) => place.id === id)!.above)
  expect(around).toEqual(ids.slice(1))
}

/** The narrower of two that have a place in common, as an explanation tells it. */
function innermost({ places: tree }: World, where: Saying['where']): Pick<Cause, 'scope' | 'flow'> {
  const depth = (id: string | null): number =>
    id === null ? 0 : 1 + depth(tree.find((place) => place.id === id)!.above)
  const { id, kind } = where
    .map(({ place }) => tree.find(({ id }) => id === place)!)
    .reduce((a, b) => (depth(b.id) > depth(a.id) ? b : a))
  const thing = where.find((one) => one.thing)?.thing
  return {
    scope: thing ? { kind: 'resource', ...thing } : kind === 'tenant' ? { kind } : { kind, id },
    flow: where.some(({ exactly }) => exactly) ? 'self' : 'descendants',
  }
}

/** What the question and its answer are about, to be counted. */
function traitsOf(built: World, ask: Ask, { reason, by }: Explanation): string[] {
  const traits: string[] = [reason, `${ask.places.length} places`]
  const has = (trait: string, so: unknown) => so && traits.push(trait)
  has('a thing', ask.on)
  has('fields', ask.fields)
  has('a permission of the tenant', ask.permission === 'note:print')
  if (!by) return traits
  const { source, effect, roles, flow, scope } = by
  const from = source.kind === 'assignment' ? `assignment of ${source.of}` : source.kind
  traits.push(`${from}: ${effect}`, `${source.kind} ${scope.kind} ${flow}`)
  has(`${reason} by ${source.kind === 'policy' && roles.length > 0 ? 'a role’s policy' : source.kind}`, true)
  has(`${reason} by a denial`, effect === 'deny')
  has('policy self', source.kind === 'policy' && flow === 'self')
  has('inherited', roles.length > 1)
  has(
    'a system role',
    built.roles.some(({ key, byCode }) => byCode.length > 0 && roles.includes(key)),
  )
  has('from a team above', 'team' in source && !built.memberships.some(({ team }) => team === source.team))
  for (const [operator] of JSON.stringify(by.conditions ?? {}).matchAll(/\$\w+/g)) has(operator, by)
  return traits
}

describe('check and explain', () => {
  it(`agree with the rules on ${WORLDS * QUESTIONS} questions`, () => {
    const seen = new Map<string, number>()
    fc.assert(
      fc.property(questions, ([built, all]) => {
        let now = 0
        // held through all the questions: time moves to and fro under it
        const access = new HeldAccess<string>(load(built), TENANT, () => now)
        for (const ask of all) {
          now = ask.now
          const { by: candidates, ...expected } = expectedOf(built, ask)
          const options = optionsOf(built, ask)
          if (access.can(ask.permission, options) !== expected.allowed) expect.fail(`not ${expected.reason}`)
          const explained = access.explain(ask.permission, options)
          const { allowed, reason, missing, needed, by, version } = explained
          // which of the missing is named first says nothing
          expect({ allowed, reason, missing: [...missing].sort() }).toEqual({
            ...expected,
            missing: [...expected.missing].sort(),
          })
          expectNamed(built, by, candidates)
          expect(version).toEqual({ tenant: 7, principal: 3 })
          expect(needed.length === 0).toBe(expected.allowed)
          for (const trait of traitsOf(built, ask, explained)) seen.set(trait, (seen.get(trait) ?? 0) + 1)
        }
      }),
      { numRuns: WORLDS, ...seed },
    )
    if (process.env.SHOW)
      console.log(
        [...seen]
          .sort((a, b) => a[1] - b[1])
          .map((x) => x.join(' '))
          .join('\n'),
      )
    // the generator reaches every answer often, so that agreement means something
    for (const what of REACHED) expect.soft(seen.get(what) ?? 0, what).toBeGreaterThan((WORLDS * QUESTIONS) / 2000)
  }, 240_000)
})

describe('fields, holdings and ever', () => {
  it('are what check says', () => {
    const standings = new Map<string, number>()
    fc.assert(
      fc.property(questions, ([built, all]) => {
        let now = 0
        const access = new HeldAccess<string>(load(built), TENANT, () => now)
        for (const ask of all) {
          now = ask.now
          const { fields: _fields, ...options } = optionsOf(built, ask)
          const allowed = access.fields(ask.permission, options)
          for (const field of [...FIELDS, 'another']) {
            const named = allowed.all ? !allowed.except.includes(field) : allowed.fields.includes(field)
            expect(named).toBe(access.can(ask.permission, { ...options, fields: [field] }))
          }
          const held = access.permissions(options)
          const { resource: _resource, context, ...where } = options
          // the moment is known
          const time = context?.time === undefined ? {} : { context: { time: context.time } }
          const before = access.permissions({ ...where, ...time })
          for (const name of names) {
            const may = access.can(name, options)
            expect(held.allowed.includes(name as never)).toBe(may)
            // whatever the facts turn out to be
            const some = may || FIELDS.some((field) => access.can(name, { ...options, fields: [field] }))
            if (some) expect(access.ever(name)).toBe(true)
            if (some) expect([...before.allowed, ...before.conditional]).toContain(name)
            const standing = may ? 'allowed' : held.conditional.includes(name as never) ? 'conditional' : 'refused'
            standings.set(standing, (standings.get(standing) ?? 0) + 1)
          }
        }
      }),
      { numRuns: 1000, ...seed },
    )
    for (const standing of ['allowed', 'conditional', 'refused']) expect(standings.get(standing)).toBeGreaterThan(1000)
  }, 240_000)
})

const SOURCES = ['assignment of principal', 'assignment of team', 'assignment of everyone', 'membership', 'policy']
const REACHED = [
  'allowed',
  'denied-by-rule',
  'no-grant',
  'fields-not-granted',
  'condition-not-met',
  'context-missing',
  'not-yet',
  'expired',
  'principal-inactive',
  ...['tenant', 'organization', 'team', 'project'].flatMap((scope) => [
    `assignment ${scope} descendants`,
    `assignment ${scope} self`,
    `policy ${scope} descendants`,
  ]),
  ...['assignment resource descendants', 'policy resource descendants', 'policy self', 'membership team descendants'],
  ...SOURCES.flatMap((source) => [`${source}: allow`, `${source}: deny`]),
  ...['assignment', 'membership', 'policy', 'a role’s policy'].flatMap((kind) =>
    ['allowed', 'denied-by-rule', 'context-missing'].map((reason) => `${reason} by ${kind}`),
  ),
  ...['context-missing by a denial', 'inherited', 'from a team above', 'a system role', 'a permission of the tenant'],
  ...['a thing', 'fields', '0 places', '1 places', '2 places', '3 places'],
  ...['$eq', '$ne', '$in', '$nin', '$lt', '$lte', '$gt', '$gte', '$exists', '$and', '$or', '$not', '$ref'],
  ...['$startsWith', '$contains', '$cidr', '$timeBetween', '$withinLast'],
]
