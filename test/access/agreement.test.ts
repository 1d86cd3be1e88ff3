// The evaluator against the rules as written naively: 50,000 questions of generated worlds, check and explain.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { definePermissions } from '../../src/core/access/permissions.ts'
import { HeldAccess } from '../../src/core/access/principal-access.ts'
import { KnownPrincipal } from '../../src/core/access/principals.ts'
import { createRoleBook } from '../../src/core/access/role-book.ts'
import type { OrganizationId } from '../../src/core/kernel/ids.ts'
import type { AccessLoad } from '../../src/core/storage/verbs.ts'
import { type Ask, type Entry, judge, type World } from './reference.ts'
import { assignmentRow } from './rows.ts'

const permissions = definePermissions({ note: ['read', 'write'], invoice: ['read'] })
const names = ['note:read', 'note:write', 'invoice:read'] as const
const WORLDS = 5000
const QUESTIONS = 10

const scalar = fc.constantFrom<string | number | boolean | null>('a', 'b', 1, '1', true, null)
const path = fc.constantFrom(
  'principal.id',
  'principal.team',
  'resource.owner',
  'resource.status',
  'resource.deep.key',
  'resource.list',
  'context.ip',
)
const operand = fc.oneof({ weight: 3, arbitrary: scalar }, fc.record({ $ref: path }))
const test = fc.oneof(
  operand,
  fc.record({ $eq: operand }),
  fc.record({ $in: fc.oneof(fc.array(operand, { minLength: 1, maxLength: 11 }), fc.record({ $ref: path })) }),
  fc.record({ $eq: operand, $in: fc.array(scalar, { minLength: 1, maxLength: 3 }) }),
)
const conditions = fc.dictionary(path, test, { minKeys: 1, maxKeys: 3 })
const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({ resource: fc.constant('note'), actions: fc.subarray(['read', 'write'], { minLength: 1 }) }),
  fc.record({ resource: fc.constant('invoice'), actions: fc.constant(['read']) }),
)
const entries = fc.array(
  fc.tuple(entry, fc.constantFrom(undefined, 'allow', 'allow', 'deny'), fc.option(conditions, { nil: undefined })).map(
    ([base, effect, when]): Entry => ({
      ...base,
      ...(effect ? { effect } : {}),
      ...(when ? { conditions: when } : {}),
    }),
  ),
  { maxLength: 3 },
)
const moment = fc.option(fc.integer({ min: 0, max: 5 }), { nil: null })
const organization = fc.constantFrom(null, null, 'o1', 'o2')

const world: fc.Arbitrary<World> = fc
  .array(fc.tuple(entries, fc.nat()), { minLength: 1, maxLength: 6 })
  .chain((made) => {
    const roles = made.map(([held, nat], i) => ({
      id: `r${i}`,
      key: `role-${i}`,
      // an earlier one, so that there is no ring
      parent: i > 0 && nat % 3 > 0 ? `r${nat % i}` : null,
      entries: held,
    }))
    return fc.record({
      roles: fc.constant(roles),
      assignments: fc
        .array(fc.tuple(fc.nat({ max: roles.length - 1 }), organization, moment, moment), { maxLength: 4 })
        .map((list) =>
          list.map(([role, where, startsAt, expiresAt], i) => ({
            id: `a${i}`,
            role: `r${role}`,
            organization: where,
            startsAt,
            expiresAt,
          })),
        ),
      active: fc.integer({ min: 0, max: 19 }).map((n) => n > 0),
      principal: fc.record({ id: fc.constant('a'), team: scalar }, { requiredKeys: ['id'] }),
    })
  })

const facts = fc.record(
  {
    owner: scalar,
    status: scalar,
    deep: fc.oneof(scalar, fc.record({ key: scalar }, { requiredKeys: [] })),
    list: fc.array(scalar, { maxLength: 3 }),
  },
  { requiredKeys: [] },
)
const ask: fc.Arbitrary<Ask> = fc
  .record({
    permission: fc.constantFrom(...names),
    organization: fc.constantFrom(undefined, 'o1', 'o2'),
    resource: fc.option(facts, { nil: undefined }),
    context: fc.option(fc.record({ ip: scalar }, { requiredKeys: [] }), { nil: undefined }),
    now: fc.integer({ min: 0, max: 5 }),
  })
  .map(({ permission, now, ...rest }) => ({
    permission,
    now,
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
  }))

/** The world as the storage would answer it. */
function load({ roles, assignments, active, principal }: World) {
  const at = (time: number | null) => (time === null ? null : new Date(time))
  const answer: AccessLoad = {
    version: 7,
    tenant: null,
    principal: { version: 3, active, attributes: { metadata: principal } },
    assignments: assignments.map((held) =>
      assignmentRow({
        id: held.id,
        user_id: 'a',
        role_id: held.role,
        organization_id: held.organization,
        starts_at: at(held.startsAt),
        expires_at: at(held.expiresAt),
      }),
    ),
    memberships: [],
    resources: [],
  }
  const rows = roles.map(({ id, key, parent, entries: held }) => ({
    id,
    key,
    parent_role_id: parent,
    system: false,
    permissions: [...held],
  }))
  const book = createRoleBook({ version: 7, roles: rows, organizations: ['o1', 'o2'] }, permissions)
  return new KnownPrincipal({ kind: 'user', id: 'a' }, answer, answer.principal!, book, 0)
}

/** Which of the missing is named first says nothing. */
function inOrder<Answer extends { readonly missing: readonly string[] }>(answer: Answer): Answer {
  return { ...answer, missing: [...answer.missing].sort() }
}

describe('check and explain', () => {
  it(`agree with the rules on ${WORLDS * QUESTIONS} questions`, () => {
    const seen = new Map<string, number>()
    fc.assert(
      fc.property(world, fc.array(ask, { minLength: QUESTIONS, maxLength: QUESTIONS }), (built, asks) => {
        const loaded = load(built)
        let now = 0
        // held through all the questions: time moves to and fro under it
        const access = new HeldAccess(loaded, permissions, () => now)
        for (const question of asks) {
          now = question.now
          const expected = judge({ ...built, principal: { team: undefined, ...built.principal } }, question)
          const permission = question.permission as (typeof names)[number]
          const options = question as Omit<Ask, 'organization'> & { organization?: OrganizationId }
          expect(access.can(permission, options)).toBe(expected.allowed)
          const { version, ...explained } = access.explain(permission, options)
          expect(inOrder(explained)).toEqual(inOrder(expected))
          expect(version).toEqual({ tenant: 7, principal: 3 })
          seen.set(expected.reason, (seen.get(expected.reason) ?? 0) + 1)
        }
      }),
      { numRuns: WORLDS, ...(process.env.FC_SEED ? { seed: Number(process.env.FC_SEED) } : {}) },
    )
    // the generator reaches every answer often, so that agreement means something
    for (const reason of REASONS) expect(seen.get(reason) ?? 0, reason).toBeGreaterThan(200)
  }, 60_000)
})

const REASONS = [
  'allowed',
  'denied-by-rule',
  'no-grant',
  'condition-not-met',
  'context-missing',
  'not-yet',
  'expired',
  'principal-inactive',
]
