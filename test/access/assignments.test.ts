// Assignments: given, renewed, taken back; at once and on time; in the tenant and in an organization.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { NewAssignment } from '../../src/core/access/assignments.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse } from './house.ts'

const HOUR = 3_600_000
let now = Date.UTC(2030, 0, 1)
let house: House
const { newId } = systemRuntime()

beforeAll(async () => {
  house = await makeHouse(memory({ clock: () => now }), { now: () => now })
})
afterAll(() => house.close())

describe('assignments', () => {
  it('are given, listed and taken back; twice is not an error', async () => {
    const ana = await house.person()
    const member = await house.acme.roles.get('member')
    const given = await house.acme.assignments.grant({ principal: ana, role: 'member', reason: 'joined' })
    expect(given).toEqual({
      id: expect.any(String),
      principal: { kind: 'user', id: ana.id },
      roleId: member.id,
      scope: { kind: 'tenant' },
      flow: 'descendants',
      startsAt: null,
      expiresAt: null,
      grantedBy: { type: 'system', id: null },
      reason: 'joined',
      createdAt: expect.any(Date),
    })
    expect((await house.acme.assignments.list({ principal: ana })).items).toEqual([given])
    expect((await house.acme.assignments.list({ principal: ana.id, role: 'viewer' })).items).toEqual([])
    expect((await house.acme.assignments.list({ role: member.id })).items).toContainEqual(given)
    expect(await house.acme.access.check(ana, 'note:write')).toBe(true)
    await house.acme.assignments.revoke(given)
    expect(await house.acme.access.check(ana, 'note:write')).toBe(false)
    await house.acme.assignments.revoke(given.id)
    expect((await house.acme.assignments.list({ principal: ana })).items).toEqual([])
  })

  it('given again are renewed, not doubled', async () => {
    const ana = await house.person()
    const first = await house.acme.assignments.grant({ principal: ana, role: 'member', reason: 'trial' })
    const expiresAt = new Date(now + HOUR)
    const again = await house.acme.assignments.grant({ principal: ana, role: 'member', expiresAt })
    expect(again).toEqual({ ...first, expiresAt, reason: null })
    expect((await house.acme.assignments.list({ principal: ana })).items).toEqual([again])
  })

  it('begin and end on time, without anybody being told', async () => {
    const ana = await house.person()
    const startsAt = new Date(now + HOUR)
    const expiresAt = new Date(now + 2 * HOUR)
    await house.acme.assignments.grant({ principal: ana, role: 'member', startsAt, expiresAt })
    const held = await house.acme.access.principal(ana)
    const both = async () => [await house.acme.access.check(ana, 'note:read'), held.can('note:read')]
    const why = async () => [
      (await house.acme.access.explain(ana, 'note:read')).reason,
      held.explain('note:read').reason,
    ]
    expect(await both()).toEqual([false, false])
    expect(await why()).toEqual(['not-yet', 'not-yet'])
    now = startsAt.getTime() - 1
    expect(await both()).toEqual([false, false])
    now = startsAt.getTime()
    expect(await both()).toEqual([true, true])
    now = expiresAt.getTime() - 1
    expect(await both()).toEqual([true, true])
    now = expiresAt.getTime()
    expect(await both()).toEqual([false, false])
    expect(await why()).toEqual(['expired', 'expired'])
    // a clock that is set back does not keep what it brought
    now = startsAt.getTime() - 1
    expect(await both()).toEqual([false, false])
  })

  it('in an organization count there only', async () => {
    const ana = await house.person()
    const here = await house.acme.organizations.create({ key: 'here', name: 'Here' })
    const there = await house.acme.organizations.get('main')
    const given = await house.acme.assignments.grant({
      principal: ana,
      role: 'member',
      scope: { organization: here },
    })
    expect(given.scope).toEqual({ kind: 'organization', id: here.id })
    const check = (organization?: typeof here) =>
      house.acme.access.check(ana, 'note:read', organization ? { organization } : {})
    expect([await check(here), await check(there), await check()]).toEqual([true, false, false])
    expect(await house.acme.access.check(ana, 'note:read', { organization: here.id })).toBe(true)
    const why = await house.acme.access.explain(ana, 'note:read', { organization: here })
    expect(why).toMatchObject({ allowed: true, by: { scope: { kind: 'organization', id: here.id } } })

    await house.acme.assignments.grant({ principal: ana, role: 'viewer' })
    expect([await check(here), await check(there), await check()]).toEqual([true, true, true])
    // once in the tenant and once in an organization are two
    await house.acme.assignments.grant({ principal: ana, role: 'member' })
    expect((await house.acme.assignments.list({ principal: ana })).items).toHaveLength(3)

    await house.acme.organizations.remove('here')
    expect((await house.acme.assignments.list({ principal: ana })).items).toHaveLength(2)
    await refused(() => check(here), 'ORGANIZATION_UNKNOWN')
  })

  it('are held by service accounts as by users', async () => {
    const robot = await house.acme.serviceAccounts.create({ name: 'robot' })
    const given = await house.acme.assignments.grant({ principal: robot, role: 'viewer' })
    expect(given.principal).toEqual({ kind: 'service_account', id: robot.id })
    const check = () => house.acme.access.check({ kind: 'service_account', id: robot.id }, 'note:read')
    expect(await check()).toBe(true)
    expect((await house.acme.assignments.list({ principal: robot })).items).toEqual([given])
    await house.acme.serviceAccounts.disable(robot)
    expect(await check()).toBe(false)
    await house.acme.serviceAccounts.enable(robot)
    expect(await check()).toBe(true)
  })

  it('of somebody disabled count again when they are back', async () => {
    const ana = await house.person(['member'])
    expect(await house.acme.access.check(ana, 'note:read')).toBe(true)
    await house.acme.users.disable(ana)
    expect(await house.acme.access.explain(ana, 'note:read')).toMatchObject({ reason: 'principal-inactive' })
    await house.acme.users.enable(ana)
    expect(await house.acme.access.check(ana, 'note:read')).toBe(true)
    await house.acme.users.remove(ana)
    expect(await house.acme.access.check(ana, 'note:read')).toBe(false)
    await refused(() => house.acme.assignments.grant({ principal: ana, role: 'member' }), 'PRINCIPAL_UNKNOWN')
  })

  it('come in pages, oldest first', async () => {
    const ana = await house.person(['owner', 'admin', 'member', 'viewer'])
    const first = await house.acme.assignments.list({ principal: ana, limit: 3 })
    const rest = await house.acme.assignments.list({ principal: ana, limit: 3, cursor: first.next! })
    expect(new Set([...first.items, ...rest.items].map(({ id }) => id)).size).toBe(4)
    expect(rest).toMatchObject({ items: [{}], next: null })
  })
})

describe('bad input', () => {
  const wrong: [what: string, input: object, code: Parameters<typeof refused>[1], details?: object][] = [
    ['an unknown role', { role: 'nobody' }, 'ROLE_UNKNOWN', { role: 'nobody' }],
    ['an unknown user', { principal: newId() }, 'PRINCIPAL_UNKNOWN'],
    ['an unknown service account', { principal: { kind: 'service_account', id: newId() } }, 'PRINCIPAL_UNKNOWN'],
    [
      'another kind of principal',
      { principal: { kind: 'group', id: newId() } },
      'INPUT_INVALID',
      { field: 'principal' },
    ],
    ['no principal', { principal: undefined }, 'ID_INVALID', { field: 'principal' }],
    ['a principal that is no id', { principal: 'ana' }, 'ID_INVALID', { field: 'principal' }],
    ['an unknown organization', { scope: { organization: newId() } }, 'ORGANIZATION_UNKNOWN'],
    ['no place', { scope: {} }, 'INPUT_INVALID', { field: 'scope' }],
    ['another scope', { scope: { group: newId() } }, 'INPUT_INVALID', { field: 'scope' }],
    ['an end before the start', { startsAt: new Date(2000), expiresAt: new Date(1000) }, 'INPUT_INVALID'],
    ['an end at the start', { startsAt: new Date(2000), expiresAt: new Date(2000) }, 'INPUT_INVALID'],
    ['no time', { expiresAt: new Date(Number.NaN) }, 'INPUT_INVALID', { field: 'expiresAt' }],
    ['a time out of reach', { expiresAt: new Date(8.64e15) }, 'INPUT_INVALID', { field: 'expiresAt' }],
    ['a time as text', { startsAt: '2030-01-01' }, 'INPUT_INVALID', { field: 'startsAt' }],
    ['a long reason', { reason: 'x'.repeat(501) }, 'INPUT_INVALID', { field: 'reason' }],
    ['a field that is none', { organization: newId() }, 'INPUT_INVALID', { field: 'organization' }],
  ]
  for (const [what, input, code, details] of wrong) {
    it(`${what}: ${code}`, async () => {
      const ana = await house.person()
      const assignment = { principal: ana.id, role: 'member', ...input } as NewAssignment
      const error = await refused(() => house.acme.assignments.grant(assignment), code)
      if (details) expect(error.details).toMatchObject(details)
      expect((await house.acme.assignments.list({ principal: ana })).items).toEqual([])
    })
  }

  it('A09: what another tenant has is unknown here', async () => {
    const globex = await house.globex()
    const [ana, hank] = [await house.person(), await house.person([], globex)]
    const robot = await globex.serviceAccounts.create({ name: 'robot' })
    const role = await globex.roles.create({ key: 'spy' })
    const organization = await globex.organizations.get('main')
    const given = await globex.assignments.grant({ principal: hank, role: 'spy' })
    const { assignments, access, roles, organizations, serviceAccounts } = house.acme
    await refused(() => assignments.grant({ principal: hank, role: 'member' }), 'PRINCIPAL_UNKNOWN')
    await refused(() => assignments.grant({ principal: robot, role: 'member' }), 'PRINCIPAL_UNKNOWN')
    await refused(() => assignments.grant({ principal: ana, role: role.id }), 'ROLE_UNKNOWN')
    await refused(
      () => assignments.grant({ principal: ana, role: 'member', scope: { organization } }),
      'ORGANIZATION_UNKNOWN',
    )
    await refused(() => access.check(hank, 'note:read'), 'PRINCIPAL_UNKNOWN')
    await refused(() => access.explain(robot, 'note:read'), 'PRINCIPAL_UNKNOWN')
    await refused(() => access.check(ana, 'note:read', { organization }), 'ORGANIZATION_UNKNOWN')
    await refused(() => roles.update(role.id, { name: 'x' }), 'ROLE_UNKNOWN')
    await refused(() => roles.create({ key: 'x', parent: role.id }), 'ROLE_UNKNOWN')
    await refused(() => organizations.remove(organization.id), 'ORGANIZATION_UNKNOWN')
    await refused(() => serviceAccounts.disable(robot), 'PRINCIPAL_UNKNOWN')
    await assignments.revoke(given)
    expect((await globex.assignments.list({ principal: hank })).items).toEqual([given])
  })
})
