// Lint, documents, diffs and previews over HTTP: what is malformed is told, and breaks nothing.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Caller, type House, NOBODY, openHouse, type Person } from './callers.ts'

const FORMAT = 'freehold.access/1'
const NOTES = [{ resource: 'note', actions: ['read'] }]
const POLICY = { effect: 'deny', principals: ['*'], actions: ['note:read'], resources: ['*'] } as const

let house: House
let owner: Person
beforeAll(async () => {
  house = await openHouse()
  owner = await house.person(house.acme, { role: 'owner' })
  await house.acme.roles.create({ key: 'idle', name: 'Idle', permissions: NOTES })
})
afterAll(() => house[Symbol.asyncDispose]())

function ask(who: Caller, name: string, body?: unknown) {
  const [method = '', path = ''] = name.split(' ')
  return who.ask(method, path, body)
}

it.each([
  ['GET access/lint?surprise=1', undefined, 422, 'INPUT_INVALID'],
  ['GET access/model?places=yes', undefined, 422, 'INPUT_INVALID'],
  ['GET access/model?places=true&places=true', undefined, 422, 'INPUT_INVALID'],
  ['GET access/model?surprise=1', undefined, 422, 'INPUT_INVALID'],
  ['POST access/model', {}, 422, 'INPUT_INVALID'],
  ['POST access/model', { document: { format: 'other' } }, 422, 'MODEL_INVALID'],
  ['POST access/model', { document: { format: FORMAT, surprise: [] } }, 422, 'MODEL_INVALID'],
  ['POST access/model', { document: { format: FORMAT }, mode: 'both' }, 422, 'INPUT_INVALID'],
  ['POST access/model', { document: { format: FORMAT }, dryRun: 1 }, 422, 'INPUT_INVALID'],
  ['POST access/diff', {}, 422, 'INPUT_INVALID'],
  ['POST access/diff', { roles: { remove: ['idle'] }, kind: 'team' }, 422, 'INPUT_INVALID'],
  ['POST access/diff', { roles: { remove: ['idle'] }, limit: 0 }, 422, 'INPUT_INVALID'],
  ['POST access/diff', { roles: { remove: ['idle'] }, cursor: 'x' }, 400, 'CURSOR_INVALID'],
  ['POST access/diff', { roles: { update: [null] } }, 422, 'INPUT_INVALID'],
  ['POST access/diff', { policies: { update: ['x'] } }, 422, 'INPUT_INVALID'],
  ['POST access/diff', { assignments: { grant: [{ role: 'idle' }] } }, 422, 'INPUT_INVALID'],
  ['POST access/diff', { assignments: { revoke: [NOBODY, 'x'] } }, 400, 'ID_INVALID'],
  ['POST policies/preview', {}, 422, 'POLICY_INVALID'],
  ['POST policies/preview', { document: POLICY, limit: 201 }, 422, 'INPUT_INVALID'],
  ['POST policies/preview', { document: null, policy: 'nobody' }, 404, 'POLICY_UNKNOWN'],
] as const)('%s of %j is %d %s', async (name, body, status, code) => {
  const answer = await ask(owner, name, body)
  expect([answer.status, answer.code]).toEqual([status, code])
})

const ITEMS = {
  roles: { key: 'k', name: 'K', permissions: NOTES },
  policies: { key: 'k', document: POLICY },
  assignments: { principal: 'everyone', role: 'idle' },
  members: { team: 'main/x', member: { user: 'a@example.test' } },
  teams: { organization: 'main', key: 'x', name: 'X' },
  projects: { organization: 'main', key: 'x', name: 'X' },
  organizations: { key: 'x', name: 'X' },
  resources: { type: 'note', id: 'x' },
  permissions: { name: 'report:print' },
}
const WRONG: readonly unknown[] = [
  null,
  true,
  7,
  '',
  'x',
  '\0',
  [],
  [null],
  [[]],
  {},
  { toString: 1 },
  { id: { toString: 1 } },
  { length: 2 },
]
const BODIES: readonly (readonly [name: string, body: object])[] = [
  ...Object.entries(ITEMS).map(
    ([part, item]) => ['POST access/model', { document: { format: FORMAT, [part]: [item] }, dryRun: true }] as const,
  ),
  ...[{ principals: [{ user: 'a@example.test' }] }, { resources: [{ team: 'main/x' }] }].map((named) => {
    const policies = [{ key: 'k', document: { ...POLICY, ...named } }]
    return ['POST access/model', { document: { format: FORMAT, policies }, mode: 'merge', dryRun: true }] as const
  }),
  ['POST access/diff', { roles: { create: [ITEMS.roles], update: [{ role: 'idle', name: 'I' }], remove: ['idle'] } }],
  [
    'POST access/diff',
    { policies: { create: [ITEMS.policies], update: [{ policy: 'k', enabled: false }], remove: ['k'] } },
  ],
  [
    'POST access/diff',
    { assignments: { grant: [{ principal: { kind: 'everyone' }, role: 'idle', forMs: 1 }], revoke: [NOBODY] } },
  ],
  ['POST access/diff', { document: { format: FORMAT, roles: [ITEMS.roles] }, mode: 'merge', kind: 'user', limit: 1 }],
  ['POST policies/preview', { policy: 'x', document: POLICY, limit: 1, cursor: 'x' }],
]

it.each(BODIES)('%s never breaks, whatever stands in any place of %j', async (name, body) => {
  const broken: unknown[] = []
  for (const wrong of WRONG) {
    for (const spoilt of spoiltEach(body, wrong)) {
      const { status, code } = await ask(owner, name, spoilt)
      if (status >= 500) broken.push([spoilt, status, code])
    }
  }
  expect(broken).toEqual([])
})

/** The value once for each place in it, with something wrong there. */
function spoiltEach(value: unknown, wrong: unknown): unknown[] {
  if (Array.isArray(value)) {
    return value.flatMap((inner, i) => [wrong, ...spoiltEach(inner, wrong)].map((other) => value.with(i, other)))
  }
  if (typeof value !== 'object' || value === null) return [wrong]
  return Object.entries(value).flatMap(([key, inner]) =>
    [wrong, ...spoiltEach(inner, wrong)].map((other) => ({ ...value, [key]: other })),
  )
}
