// The evaluator against the rules as written naively: 100,000 questions of generated worlds, check and explain.
// FREEHOLD_TEST_QUESTIONS asks more or fewer of them.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CheckOptions } from '../../src/core/access/check-options.ts'
import { HeldAccess } from '../../src/core/access/principal-access.ts'
import { type Ask, judge, type World } from './reference.ts'
import { asks, FIELDS, load, names, world } from './worlds.ts'

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

/** Which of the missing is named first says nothing. */
function inOrder<Answer extends { readonly missing: readonly string[] }>(answer: Answer): Answer {
  return { ...answer, missing: [...answer.missing].sort() }
}

describe('check and explain', () => {
  it(`agree with the rules on ${WORLDS * QUESTIONS} questions`, () => {
    const seen = new Map<string, number>()
    const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)
    fc.assert(
      fc.property(questions, ([built, all]) => {
        let now = 0
        // held through all the questions: time moves to and fro under it
        const access = new HeldAccess<string>(load(built), TENANT, () => now)
        for (const ask of all) {
          now = ask.now
          const expected = expectedOf(built, ask)
          const options = optionsOf(built, ask)
          if (access.can(ask.permission, options) !== expected.allowed) expect.fail(`not ${expected.reason}`)
          const { version, needed, by, ...explained } = access.explain(ask.permission, options)
          const { path: _path, ...cause } = by ?? { path: [] }
          expect(inOrder({ ...explained, ...(by ? { by: cause } : {}) })).toEqual(inOrder(expected))
          expect(version).toEqual({ tenant: 7, principal: 3 })
          expect(needed.length === 0).toBe(expected.allowed)
          count(expected.reason)
          if (expected.by) count(`${expected.by.source.kind} ${expected.by.scope.kind} ${expected.by.flow}`)
        }
      }),
      { numRuns: WORLDS, ...seed },
    )
    // the generator reaches every answer often, so that agreement means something
    for (const what of REACHED) expect.soft(seen.get(what) ?? 0, what).toBeGreaterThan((WORLDS * QUESTIONS) / 2000)
  }, 120_000)
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
          const { resource: _resource, context: _context, ...where } = options
          const before = access.permissions(where)
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
  }, 120_000)
})

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
  'assignment resource descendants',
  'policy resource descendants',
  'policy tenant self',
  'membership team descendants',
]
