import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../../src/adapters/memory/index.ts'
import type { TenantHandle } from '../../../src/core/tenancy/handle.ts'
import type { AccessChange } from '../../../src/index.ts'
import { type House, makeHouse, type P } from '../house.ts'

type Tenant = TenantHandle<unknown, P>
let house: House
beforeAll(async () => {
  house = await makeHouse(memory())
})
afterAll(() => house.close())

/** `name: +note:write everywhere` */
async function told(tenant: Tenant, change: AccessChange): Promise<string[]> {
  const { items, next } = await tenant.access.diff(change, { limit: 200 })
  expect(next).toBeNull()
  // ids of one millisecond come in any order
  const sorted = [...items].sort((a, b) => (a.principal.name < b.principal.name ? -1 : 1))
  return sorted.flatMap(({ principal, gained, lost, changed }) => [
    ...gained.map((one) => `${principal.name}: + ${one.permission} ${one.where} (${one.after})`),
    ...lost.map((one) => `${principal.name}: - ${one.permission} ${one.where} (${one.after})`),
    ...changed.map((one) => `${principal.name}: ~ ${one.permission} ${one.where}`),
  ])
}

async function peopled() {
  const tenant = await house.globex()
  const [main] = (await tenant.organizations.list()).items
  const team = await tenant.teams.create({ organization: main!, key: 'sales' })
  const below = await tenant.teams.create({ organization: main!, key: 'north', parent: team })
  const project = await tenant.projects.create({ organization: main!, key: 'launch', team: below })
  const ann = await tenant.users.create({ email: 'ann@example.test' })
  const bob = await tenant.users.create({ email: 'bob@example.test' })
  await tenant.assignments.grant({ principal: ann, role: 'viewer' })
  await tenant.teams.members.add(below, { principal: bob })
  return { tenant, main: main!, team, below, project, ann, bob }
}

describe('a diff tells', () => {
  it('what a change of a role would give and take, to whom, and where', async () => {
    const { tenant, ann, bob, project } = await peopled()
    await tenant.roles.create({ key: 'author', permissions: [{ resource: 'note', actions: ['read', 'write'] }] })
    await tenant.assignments.grant({ principal: bob, role: 'author', scope: { project } })
    await tenant.assignments.grant({ principal: ann, role: 'author' })
    const own = { 'resource.owner_id': { $ref: 'principal.id' } }
    const permissions = [
      { resource: 'note', actions: ['read'] },
      { resource: 'note', actions: ['write'], conditions: own },
      { resource: 'invoice', actions: ['refund'] },
    ]
    expect(await told(tenant, { roles: { update: [{ role: 'author', permissions }] } })).toEqual([
      'ann@example.test: + invoice:refund everywhere (allowed)',
      'ann@example.test: - note:write everywhere (conditional)',
      'bob@example.test: + invoice:refund in project main/launch (allowed)',
      'bob@example.test: - note:write in project main/launch (conditional)',
    ])
    await tenant.roles.update('author', { permissions })
    const others = permissions.map((entry) =>
      entry.conditions ? { ...entry, conditions: { 'context.day': 1 } } : entry,
    )
    expect(await told(tenant, { roles: { update: [{ role: 'author', permissions: others }] } })).toEqual([
      'ann@example.test: ~ note:write everywhere',
      'bob@example.test: ~ note:write in project main/launch',
    ])
  })

  it('what depends on the hour, or on what is there, as conditional, whenever it is asked', async () => {
    const { tenant, ann } = await peopled()
    const hours = (from: string, to: string) => ({ 'context.time': { $timeBetween: { from, to, timeZone: 'UTC' } } })
    const entries = [
      { resource: 'note', actions: ['write'], conditions: hours('00:00', '12:00') },
      { resource: 'invoice', actions: ['refund'], conditions: hours('12:00', '24:00') },
      { resource: 'invoice', actions: ['read'], effect: 'deny', conditions: { 'resource.hold': { $exists: true } } },
    ] as const
    await tenant.roles.create({ key: 'shift', permissions: entries })
    const grant = [{ principal: ann, role: 'shift' }]
    expect(await told(tenant, { assignments: { grant } })).toEqual([
      'ann@example.test: + note:write everywhere (conditional)',
      'ann@example.test: + invoice:refund everywhere (conditional)',
      'ann@example.test: - invoice:read everywhere (conditional)',
    ])
  })

  it('what an assignment would, to a team through its sub-teams, without saying it again of what is inside', async () => {
    const { tenant, team, ann, bob, project } = await peopled()
    const held = await tenant.assignments.grant({ principal: bob, role: 'viewer', scope: { project } })
    const grant = [{ principal: { kind: 'team', id: team.id }, role: 'viewer', scope: { team } }] as const
    const gained = ['note:read', 'invoice:read'].map(
      (name) => `bob@example.test: + ${name} in team main/sales (allowed)`,
    )
    expect(await told(tenant, { assignments: { grant } })).toEqual(gained)
    const [viewer] = (await tenant.assignments.list({ principal: ann })).items
    const lost = ['note:read', 'invoice:read'].map((name) => `- ${name}`)
    expect(await told(tenant, { assignments: { revoke: [viewer!.id, held.id] } })).toEqual([
      ...lost.map((one) => `ann@example.test: ${one} everywhere (refused)`),
      ...lost.map((one) => `bob@example.test: ${one} in project main/launch (refused)`),
    ])
    expect(await told(tenant, { assignments: { revoke: [held.id], grant } })).toHaveLength(2)
  })

  it('what policies would: made, changed, switched off and removed', async () => {
    const { tenant, team, ann } = await peopled()
    const deny = { effect: 'deny', principals: ['*'], actions: ['note:read'], resources: ['*'] } as const
    const lost = ['ann@example.test: - note:read everywhere (refused)']
    expect(await told(tenant, { policies: { create: [{ key: 'quiet', document: deny }] } })).toEqual(lost)
    await tenant.policies.create({ key: 'quiet', document: deny, enabled: false })
    expect(await told(tenant, { policies: { update: [{ policy: 'quiet', enabled: true }] } })).toEqual(lost)
    const allow = {
      ...deny,
      effect: 'allow',
      actions: ['note:write'],
      principals: [{ user: ann.id }],
      resources: [{ team: team.id }],
    } as const
    const update = [{ policy: 'quiet', enabled: true, document: allow }]
    expect(await told(tenant, { policies: { update } })).toEqual([
      'ann@example.test: + note:write in team main/sales (allowed)',
    ])
    await tenant.policies.enable('quiet')
    expect(await told(tenant, { policies: { remove: ['quiet'] } })).toEqual([
      'ann@example.test: + note:read everywhere (allowed)',
    ])
  })

  it('what a document would, merged and replacing', async () => {
    const { tenant } = await peopled()
    const model = await tenant.access.export({ assignments: true })
    expect(await told(tenant, { document: model, mode: 'replace' })).toEqual([])
    const assignments = [{ principal: { user: 'bob@example.test' }, role: 'viewer' }]
    const gained = ['note:read', 'invoice:read'].map((name) => `bob@example.test: + ${name} everywhere (allowed)`)
    expect(await told(tenant, { document: { ...model, assignments } })).toEqual(gained)
    expect(await told(tenant, { document: { ...model, assignments }, mode: 'replace' })).toEqual([
      ...['note:read', 'invoice:read'].map((name) => `ann@example.test: - ${name} everywhere (refused)`),
      ...gained,
    ])
  })

  it('what is below a place, where that is not as in the place itself', async () => {
    const { tenant, team, bob } = await peopled()
    const sales = { principal: bob, role: 'viewer', scope: { team } } as const
    const names = ['note:read', 'invoice:read']
    const each = (text: string) => names.map((name) => `bob@example.test: ${text.replace('$', name)}`)
    expect(await told(tenant, { assignments: { grant: [{ ...sales, flow: 'self' }] } })).toEqual(
      each('+ $ in team main/sales itself (allowed)'),
    )
    const whole = await tenant.assignments.grant(sales)
    const narrowed = { revoke: [whole.id], grant: [{ ...sales, flow: 'self' as const }] }
    expect(await told(tenant, { assignments: narrowed })).toEqual(each('- $ below team main/sales (refused)'))
    await tenant.assignments.revoke(whole.id)
    const all = await tenant.assignments.grant({ principal: bob, role: 'viewer' })
    const grant = [{ principal: bob, role: 'viewer', flow: 'self' }] as const
    expect(await told(tenant, { assignments: { revoke: [all.id], grant } })).toEqual(
      each('- $ everywhere below the tenant (refused)'),
    )
  })

  it('what the move of a team would', async () => {
    const { tenant, team, bob } = await peopled()
    await tenant.assignments.grant({ principal: bob, role: 'viewer', scope: { team } })
    const north = { organization: 'main', key: 'north', name: 'north' }
    expect(await told(tenant, { document: { format: 'freehold.access/1', teams: [north] } })).toEqual([
      'bob@example.test: - note:read in team main/north (refused)',
      'bob@example.test: - invoice:read in team main/north (refused)',
    ])
  })

  it('what is denied on a thing in a place where it was allowed', async () => {
    const { tenant, project, bob } = await peopled()
    await tenant.assignments.grant({ principal: bob, role: 'viewer', scope: { project } })
    const resources = [{ type: 'note', id: 'n-1' }]
    const document = { effect: 'deny', principals: ['*'], actions: ['note:read'], resources } as const
    expect(await told(tenant, { policies: { create: [{ key: 'sealed', document }] } })).toEqual([
      'ann@example.test: - note:read on note n-1 (refused)',
      'bob@example.test: - note:read on note n-1 in project main/launch (refused)',
    ])
  })

  it('only what checks say afterwards', async () => {
    const { tenant, ann } = await peopled()
    const change = { roles: { update: [{ role: 'viewer', permissions: [{ resource: 'note', actions: ['write'] }] }] } }
    const { items } = await tenant.access.diff(change)
    expect(items.map(({ principal, gained }) => [principal.id, gained.map(({ permission }) => permission)])).toEqual([
      [ann.id, ['note:write']],
    ])
    expect(await tenant.access.check(ann, 'note:write')).toBe(false)
    const [{ role, ...rest }] = change.roles.update as [{ role: string; permissions: [] }]
    await tenant.roles.update(role, rest)
    expect(await tenant.access.check(ann, 'note:write')).toBe(true)
  })
})

describe('a diff', () => {
  it('goes through the principals in pages, users or service accounts', async () => {
    const { tenant } = await peopled()
    const robot = await tenant.serviceAccounts.create({ name: 'robot' })
    const grant = [{ principal: { kind: 'everyone' }, role: 'viewer' }] as const
    const change: AccessChange = { assignments: { grant } }
    const first = await tenant.access.diff(change, { limit: 1 })
    const second = await tenant.access.diff(change, { limit: 1, cursor: first.next! })
    expect([first.looked, second.looked, second.next]).toEqual([1, 1, null])
    // ann has it already: her page says so by being empty
    const told = [first, second].map(({ items }) => items.map(({ principal }) => principal.name))
    expect(told.sort()).toEqual([[], ['bob@example.test']])
    const machines = await tenant.access.diff(change, { kind: 'service_account' })
    expect(machines.items.map(({ principal }) => principal)).toEqual([
      { kind: 'service_account', id: robot.id, name: 'robot' },
    ])
    const wrong = tenant.access.diff(change, { kind: 'service_account', cursor: first.next! })
    await expect(wrong).rejects.toMatchObject({ code: 'CURSOR_INVALID' })
  })

  it('changes nothing: no row, no version, no event, and what is remembered stays right', async () => {
    const { tenant, bob } = await peopled()
    const state = async () => [
      await tenant.access.export({ places: true, assignments: true }),
      await tenant.access.revision(),
      (await tenant.audit.list({ limit: 200 })).items.map(({ id }) => id),
    ]
    const before = await state()
    const change: AccessChange = {
      roles: { create: [{ key: 'new', permissions: [{ resource: 'note', actions: ['read'] }] }] },
      assignments: { grant: [{ principal: bob, role: 'new' }] },
    }
    expect(await told(tenant, change)).toEqual(['bob@example.test: + note:read everywhere (allowed)'])
    expect(await tenant.access.check(bob, 'note:read')).toBe(false)
    expect(await state()).toEqual(before)
    const inside = tenant.transaction(async (tx) => {
      expect((await tx.access.diff(change)).items).toHaveLength(1)
      expect(await tx.access.check(bob, 'note:read')).toBe(false)
    })
    await inside
    expect(await state()).toEqual(before)
  })

  it.each([
    [{}, 'INPUT_INVALID'],
    [{ rolls: {} }, 'INPUT_INVALID'],
    [{ roles: { create: 'x' } }, 'INPUT_INVALID'],
    [{ document: { format: 'x' } }, 'MODEL_INVALID'],
    [{ document: { format: 'freehold.access/1' }, mode: 'x' }, 'INPUT_INVALID'],
    [{ roles: { update: [{ role: 'viewer', parent: 'owner' }] } }, 'ROLE_SYSTEM'],
    [{ roles: { remove: ['nobody'] } }, 'ROLE_UNKNOWN'],
    [{ policies: { remove: ['nothing'] } }, 'POLICY_UNKNOWN'],
    [{ policies: { create: [{ key: 'x', document: {} }] } }, 'POLICY_INVALID'],
  ])('of %j is refused with %s', async (change, code) => {
    const { tenant } = await peopled()
    const before = await tenant.access.revision()
    await expect(tenant.access.diff(change as AccessChange)).rejects.toMatchObject({ code })
    expect(await tenant.access.revision()).toBe(before)
  })
})
