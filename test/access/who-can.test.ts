// Who can do this here: exactly those for whom a check says yes, each once, whatever the size of the pages; and what a
// policy would change for whom.

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { NamedPrincipal } from '../../src/core/access/access.ts'
import type { PolicyDocument, PolicyPrincipal, PolicyResource } from '../../src/core/access/policy-document.ts'
import type { WhoCanOptions } from '../../src/core/access/who-can.ts'
import type { UserId } from '../../src/core/kernel/ids.ts'
import type { PermissionEntry } from '../../src/core/storage/access-tables.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse, type P } from './house.ts'

let house: House
const now = Date.UTC(2030, 0, 1)

beforeAll(async () => {
  house = await makeHouse(memory({ clock: () => now }), { now: () => now })
})
afterAll(() => house.close())

type Tenant = House['acme']

async function everyone(tenant: Tenant, permission: P, options: WhoCanOptions = {}): Promise<NamedPrincipal[]> {
  const found: NamedPrincipal[] = []
  for (let cursor: string | undefined; ; ) {
    const page = await tenant.access.whoCan(permission, { ...options, ...(cursor ? { cursor } : {}) })
    found.push(...page.items)
    if (page.next === null) return found
    cursor = page.next
  }
}

const entry = (action: string, more: Partial<PermissionEntry> = {}): PermissionEntry => ({
  resource: 'note',
  actions: [action],
  ...more,
})
const roles: readonly (readonly PermissionEntry[])[] = [
  [entry('read')],
  [entry('read', { conditions: { 'principal.kind': 'user' } })],
  [entry('read', { effect: 'deny' })],
  [entry('write')],
  [entry('read', { conditions: { 'resource.owner': { $ref: 'principal.id' } } })],
]

/** Few of each, so that what is held meets what is asked. */
const plan = fc.record({
  parents: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  given: fc.array(
    fc.record({
      holder: fc.nat({ max: 7 }),
      role: fc.nat({ max: 4 }),
      at: fc.nat({ max: 6 }),
      self: fc.boolean(),
      hours: fc.constantFrom(null, null, 1, -1),
    }),
    { maxLength: 6 },
  ),
  members: fc.array(
    fc.record({
      who: fc.nat({ max: 4 }),
      team: fc.nat({ max: 1 }),
      role: fc.option(fc.nat({ max: 4 })),
      own: fc.boolean(),
    }),
    { maxLength: 4 },
  ),
  policies: fc.array(
    fc.record({
      effect: fc.constantFrom<'allow' | 'deny'>('allow', 'allow', 'deny'),
      who: fc.nat({ max: 8 }),
      at: fc.nat({ max: 5 }),
    }),
    { maxLength: 2 },
  ),
})

describe('whoCan', () => {
  it('names those for whom check says yes, and nobody else, on generated tenants', async () => {
    let found = 0
    await fc.assert(
      fc.asyncProperty(plan, fc.integer({ min: 1, max: 3 }), async ({ parents, given, members, policies }, limit) => {
        const tenant = await house.globex()
        const keys: string[] = []
        for (const [i, permissions] of roles.entries()) {
          const parent = i > 0 && parents[i] ? { parent: keys[i - 1]! } : {}
          keys.push((await tenant.roles.create({ key: `r${i}`, permissions, ...parent })).key)
        }
        const users = [await house.person([], tenant), await house.person([], tenant), await house.person([], tenant)]
        const robot = {
          kind: 'service_account',
          id: (await tenant.serviceAccounts.create({ name: 'robot' })).id,
        } as const
        const people = [...users.map(({ id }) => ({ kind: 'user', id }) as const), robot, robot]
        const organization = await tenant.organizations.get('main')
        const above = await tenant.teams.create({ organization, key: 'above' })
        const below = await tenant.teams.create({ organization, key: 'below', parent: above })
        const project = await tenant.projects.create({ organization, key: 'p', team: below })
        const note = await tenant.resources.register({ type: 'note', externalId: 'n1' })
        const scopes = [
          undefined,
          { organization },
          { team: above },
          { team: below },
          { project },
          { resource: note },
          undefined,
        ]
        const holders = [...people, above, below, { kind: 'everyone' }]
        const again = new Set<string>()
        for (const { holder, role, at, self, hours } of given) {
          const scope = scopes[at]
          await tenant.assignments.grant({
            principal: holders[holder] as never,
            role: keys[role]!,
            ...(scope ? { scope: scope as never } : {}),
            ...(self && at !== 5 ? { flow: 'self' } : {}),
            ...(hours === null ? {} : hours > 0 ? { startsAt: new Date(now + 1) } : { expiresAt: new Date(now) }),
          })
        }
        for (const { who, team, role, own } of members) {
          const where = team === 0 ? above : below
          if (again.has(`${people[who]!.id} ${team}`)) continue
          again.add(`${people[who]!.id} ${team}`)
          await tenant.teams.members.add(where, {
            principal: people[who] as never,
            ...(role === null ? {} : { role: keys[role]! }),
            ...(own ? { permissions: [entry('read')] } : {}),
          })
        }
        const named: PolicyPrincipal[] = [
          ...users.map(({ id }) => ({ user: id })),
          { serviceAccount: robot.id },
          ...[above, below].map(({ id }) => ({ team: id })),
          ...keys.slice(0, 2).map((role) => ({ role })),
          '*',
        ]
        const places: PolicyResource[] = [
          '*',
          { organization: organization.id },
          { team: above.id },
          { team: below.id },
          { project: project.id },
          { type: 'note', id: 'n1' },
        ]
        for (const [i, { effect, who, at }] of policies.entries()) {
          const document = { effect, principals: [named[who]!], actions: ['note:read'], resources: [places[at]!] }
          await tenant.policies.create({ key: `p${i}`, document })
        }
        const asked: WhoCanOptions[] = [
          {},
          { organization: organization.id },
          { team: below.id },
          { project: project.id },
          { on: { type: 'note', id: 'n1' } },
          { on: { type: 'note', id: 'n1' }, project: project.id },
          { resource: { owner: users[1]!.id } },
        ]
        const everybody = [...users.map(({ id }) => ({ kind: 'user', id }) as const).sort(byId), robot]
        for (const options of asked) {
          const expected: NamedPrincipal[] = []
          for (const one of everybody) if (await tenant.access.check(one, 'note:read', options)) expected.push(one)
          expect(await everyone(tenant, 'note:read', { ...options, limit })).toEqual(expected)
          found += expected.length
        }
      }),
      { numRuns: 60, ...(process.env.FC_SEED ? { seed: Number(process.env.FC_SEED) } : {}) },
    )
    expect(found).toBeGreaterThan(60)
  }, 120_000)

  it('leaves out who is not active, and names many in pages', async () => {
    const tenant = await house.globex()
    const people: UserId[] = []
    for (let i = 0; i < 25; i++) people.push((await house.person(['viewer'], tenant)).id)
    await tenant.users.disable(people[3]!)
    const expected = people.filter((_, i) => i !== 3).sort()
    const all = await everyone(tenant, 'note:read', { limit: 7 })
    expect(all.map(({ id }) => id)).toEqual(expected)
    expect(await everyone(tenant, 'note:write')).toEqual([])
  })

  it('takes what it gave as a cursor, and asks what check asks', async () => {
    const { access } = house.acme
    for (const cursor of ['', 'x', 5, 'eyJ9', Buffer.from('["who-can","team","x"]').toString('base64url')]) {
      await refused(() => access.whoCan('note:read', { cursor } as never), 'CURSOR_INVALID')
    }
    for (const limit of [0, 201, 1.5, '5']) {
      await refused(() => access.whoCan('note:read', { limit } as never), 'INPUT_INVALID')
    }
    await refused(() => access.whoCan('note:shred' as P), 'PERMISSION_UNKNOWN')
    await refused(() => access.whoCan('note:read', { organization: 'x' } as never), 'ORGANIZATION_UNKNOWN')
    await refused(() => access.whoCan('note:read', { on: { type: 'memo', id: '1' } }), 'RESOURCE_TYPE_UNKNOWN')
  })

  it('in a transaction, knows what that did', async () => {
    const ana = await house.person()
    await house.acme.transaction(async (tx) => {
      await tx.assignments.grant({ principal: ana, role: 'viewer' })
      const { items } = await tx.access.whoCan('note:read')
      expect(items.map(({ id }) => id)).toContain(ana.id)
    })
  })
})

describe('a preview', () => {
  const saying = (more: Partial<PolicyDocument>): PolicyDocument => ({
    ...{ effect: 'allow', principals: ['*'], actions: ['note:write'], resources: ['*'] },
    ...more,
  })

  it('says for whom a policy would change what, and changes nothing', async () => {
    const tenant = await house.globex()
    const [ana, bob, carl] = [
      await house.person(['viewer'], tenant),
      await house.person(['member'], tenant),
      await house.person([], tenant),
    ]
    const tell = async (plan: Parameters<Tenant['policies']['preview']>[0]) => {
      const { items, next } = await tenant.policies.preview(plan)
      expect(next).toBeNull()
      return items.map(({ principal, changes }) => [
        principal.id,
        changes.map(({ permission, before, after }) => `${permission} ${before} ${after}`),
      ])
    }
    const inOrder = (rows: [string, string[]][]) => rows.sort(([a], [b]) => (a < b ? -1 : 1))
    expect(await tell({ document: saying({}) })).toEqual(
      inOrder([
        [ana.id, ['note:write refused allowed']],
        [carl.id, ['note:write refused allowed']],
      ]),
    )
    expect(await tell({ document: saying({ effect: 'deny', actions: ['note:*'] }) })).toEqual(
      inOrder([
        [ana.id, ['note:read allowed refused']],
        [bob.id, ['note:read allowed refused', 'note:write allowed refused']],
      ]),
    )
    // at whatever hour the preview is asked for
    const office = { 'context.time': { $timeBetween: { from: '09:00', to: '17:00', timeZone: 'UTC' } } }
    for (const conditions of [{ 'context.mfa': true }, { 'resource.hold': { $exists: true } }, office]) {
      expect(await tell({ document: saying({ principals: [{ role: 'viewer' }], conditions }) })).toEqual([
        [ana.id, ['note:write refused conditional']],
      ])
    }
    expect((await tenant.policies.list()).items).toEqual([])
    expect(await tenant.access.check(ana, 'note:write')).toBe(false)

    const policy = await tenant.policies.create({ key: 'p', document: saying({ principals: [{ user: carl.id }] }) })
    expect(await tell({ policy: 'p', document: null })).toEqual([[carl.id, ['note:write allowed refused']]])
    expect(await tell({ policy: policy.id, document: policy.document })).toEqual([])
    expect(await tell({ policy: 'p', document: saying({ principals: [{ user: ana.id }] }) })).toEqual(
      inOrder([
        [ana.id, ['note:write refused allowed']],
        [carl.id, ['note:write allowed refused']],
      ]),
    )
  })

  it('pages, and refuses what saving would', async () => {
    const tenant = await house.globex()
    for (let i = 0; i < 5; i++) await house.person(['viewer'], tenant)
    const first = await tenant.policies.preview({ document: saying({}) }, { limit: 3 })
    expect([first.items.length, first.next === null]).toEqual([3, false])
    const rest = await tenant.policies.preview({ document: saying({}) }, { limit: 3, cursor: first.next! })
    expect([rest.items.length, rest.next]).toEqual([2, null])
    await refused(() => tenant.policies.preview({ document: saying({ actions: [] }) }), 'POLICY_INVALID')
    await refused(() => tenant.policies.preview({ document: saying({ actions: ['x:y'] }) }), 'PERMISSION_UNKNOWN')
    await refused(() => tenant.policies.preview({ policy: 'nothing', document: null }), 'POLICY_UNKNOWN')
  })
})

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1
}
