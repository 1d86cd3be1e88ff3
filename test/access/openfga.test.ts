// The classes of bugs behind OpenFGA's advisories, each asked of this evaluator by the advisory's number.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { HeldAccess } from '../../src/core/access/principal-access.ts'
import { KnownPrincipal } from '../../src/core/access/principals.ts'
import { createTenantBook } from '../../src/core/access/tenant-book.ts'
import type { User } from '../../src/core/identity/user.ts'
import type { PermissionEntry } from '../../src/core/storage/access-tables.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse, type P, permissions } from './house.ts'
import { assignmentRow } from './rows.ts'

let house: House
let made = 0

beforeAll(async () => {
  house = await makeHouse(memory())
})
afterAll(() => house.close())

const key = () => `role-${++made}`
async function holder(...entries: PermissionEntry[]): Promise<User> {
  const role = await house.acme.roles.create({ key: key(), permissions: entries })
  return house.person([role.key])
}

const read = (conditions?: PermissionEntry['conditions'], effect?: 'deny'): PermissionEntry => ({
  resource: 'note',
  actions: ['read'],
  ...(conditions ? { conditions } : {}),
  ...(effect ? { effect } : {}),
})
const own = { 'resource.owner': { $ref: 'principal.id' } }

describe('bugs that OpenFGA had', () => {
  it('CVE-2026-33729: an answer under one context is no answer under another', async () => {
    const ana = await holder(read({ 'context.ip': '10.0.0.1' }))
    const check = (ip?: string) => house.acme.access.check(ana, 'note:read', ip ? { context: { ip } } : {})
    expect([await check('10.0.0.1'), await check('10.0.0.2'), await check(), await check('10.0.0.1')]).toEqual([
      ...[true, false, false, true],
    ])
  })

  it('CVE-2026-34972: checks that differ in a part are not one in a batch', async () => {
    const ana = await holder(read({ ...own, 'context.office': true }))
    const resource = { owner: ana.id }
    const permission = 'note:read' as const
    expect(
      await house.acme.access.checkMany(ana, [
        { permission, resource, context: { office: true } },
        { permission, resource, context: { office: false } },
        { permission, resource: { owner: 'x' }, context: { office: true } },
        { permission: 'note:write', resource, context: { office: true } },
      ]),
    ).toEqual([true, false, false, false])
  })

  it('CVE-2025-64751: what is held under conditions only is not held without', async () => {
    const ana = await holder(read(own))
    expect(await house.acme.access.check(ana, 'note:read')).toBe(false)
    expect(await house.acme.access.explain(ana, 'note:read')).toMatchObject({
      reason: 'context-missing',
      missing: ['resource.owner'],
    })
  })

  it('CVE-2025-64751: nor is what everyone holds under conditions', async () => {
    const ana = await house.person()
    const { key: role } = await house.acme.roles.create({ key: key(), permissions: [read(own)] })
    const given = await house.acme.assignments.grant({ principal: { kind: 'everyone' }, role })
    const { access } = house.acme
    expect(await access.check(ana, 'note:read')).toBe(false)
    expect(await access.check(ana, 'note:read', { resource: { owner: ana.id } })).toBe(true)
    expect((await access.whoCan('note:read')).items).not.toContainEqual({ kind: 'user', id: ana.id })
    await house.acme.assignments.revoke(given)
  })

  it('CVE-2025-46331: what was found on the way round a ring is not kept as an answer', () => {
    // as only SQL by hand could make them: roles that inherit from each other, and teams that are in each other
    const names = ['note:read', 'note:write', 'invoice:read'] as const
    const row = (n: number) => {
      const [resource = '', action = ''] = names[n]!.split(':')
      const parent_role_id = `r${(n + 1) % 3}`
      return {
        id: `r${n}`,
        key: `k${n}`,
        parent_role_id,
        system: false,
        permissions: [{ resource, actions: [action] }],
      }
    }
    const source = {
      ...{ version: 1, writes: 1, roles: [row(0), row(1), row(2)], organizations: ['o'], projects: [], resources: [] },
      teams: [0, 1, 2].map((n) => ({ id: `t${n}`, organization_id: 'o', parent_team_id: `t${(n + 1) % 3}` })),
      assignments: [assignmentRow({ id: 'a', team_id: 't0', role_id: 'r0' })],
      ...{ policies: [], customPermissions: [] },
    }
    const found: { readonly version: number; readonly active: boolean; readonly attributes: object } = {
      ...{ version: 1, active: true, attributes: {} },
    }
    const access = (role: string, book = createTenantBook(source, permissions)) => {
      const load = { version: 1, writes: 1, assignments: [assignmentRow({ id: 'b', user_id: 'u', role_id: role })] }
      const own = { ...load, memberships: [], resources: [] }
      return new HeldAccess<P>(new KnownPrincipal({ kind: 'user', id: 'u' }, own, found as never, book, 0), '', () => 0)
    }
    const orders = [
      ['r0', 'r1', 'r2'],
      ['r2', 'r1', 'r0'],
      ['r1', 'r0', 'r2'],
    ] as const
    for (const order of orders) {
      // one book, so that what it keeps of one role is there for the next
      const book = createTenantBook(source, permissions)
      for (const role of order) {
        const held = access(role, book)
        expect(
          names.map((name) => held.can(name)),
          `${role} of ${order}`,
        ).toEqual([true, true, true])
        expect(held.explain('note:read').by?.roles[0]).toBe(`k${role.slice(1)}`)
      }
    }
    // each team is somewhere, and none is around all others
    const { places } = createTenantBook(source, permissions)
    for (const { id } of source.teams) {
      expect(places.find('team', id)?.first).toBeGreaterThan(places.find('organization', 'o')!.first)
    }
  })

  it('CVE-2025-48371: what is named at the check is of the kind that it is named as', async () => {
    const { access, organizations, teams, assignments, resources } = house.acme
    const organization = await organizations.get('main')
    const team = await teams.create({ organization, key: key() })
    const ana = await house.person()
    await assignments.grant({ principal: ana, role: 'viewer', scope: { team } })
    await refused(() => access.check(ana, 'note:read', { organization: team.id as never }), 'ORGANIZATION_UNKNOWN')
    await refused(() => access.check(ana, 'note:read', { in: { project: team.id as never } }), 'PROJECT_UNKNOWN')
    // a resource is one of its type, not only of its id
    const note = await resources.register({ type: 'note', externalId: 'same' })
    await assignments.grant({ principal: ana, role: 'viewer', scope: { resource: note } })
    expect(await access.check(ana, 'note:read', { on: { type: 'note', id: 'same' } })).toBe(true)
    expect(await access.check(ana, 'note:read', { on: { type: 'invoice', id: 'same' } })).toBe(false)
    // nor is an account a user
    await refused(
      () => access.check({ kind: 'service_account', id: ana.id as never }, 'note:read'),
      'PRINCIPAL_UNKNOWN',
    )
  })

  it('CVE-2024-56323: what counts by a place named at the check asks its conditions', async () => {
    const { access, organizations, assignments, roles } = house.acme
    const organization = await organizations.get('main')
    const ana = await house.person()
    const { key: role } = await roles.create({ key: key(), permissions: [read(own)] })
    await assignments.grant({ principal: ana, role, scope: { organization } })
    for (const options of [
      { organization },
      { in: { organization } },
      { organization, on: { type: 'note', id: '1' } },
    ]) {
      expect(await access.check(ana, 'note:read', options)).toBe(false)
      expect(await access.check(ana, 'note:read', { ...options, resource: { owner: 'x' } })).toBe(false)
      expect(await access.check(ana, 'note:read', { ...options, resource: { owner: ana.id } })).toBe(true)
    }
  })

  it('CVE-2022-23542: what was given by an older model comes to life by no new one', async () => {
    const { access, assignments, roles, teams, organizations, resources, policies, customPermissions } = house.acme
    const organization = await organizations.get('main')
    const ana = await house.person()
    const check = (options?: Parameters<typeof access.check>[2]) => access.check(ana, 'note:read', options)
    // a role of the same key
    const name = key()
    await roles.create({ key: name, permissions: [read()] })
    const given = await assignments.grant({ principal: ana, role: name })
    const policy = await policies.create({
      key: key(),
      document: { effect: 'allow', principals: [{ role: name }], actions: ['note:write'], resources: ['*'] },
    })
    expect([await check(), await access.check(ana, 'note:write')]).toEqual([true, true])
    await assignments.revoke(given)
    await roles.remove(name)
    await roles.create({ key: name, permissions: [read()] })
    await assignments.grant({ principal: await house.person(), role: name })
    expect(await check()).toBe(false)
    const bob = await house.person([name])
    expect(await access.check(bob, 'note:write')).toBe(false)
    await policies.remove(policy.id)
    // a team of the same key, and a resource of the same name
    const team = await teams.create({ organization, key: name })
    await teams.members.add(team, { principal: ana })
    await assignments.grant({ principal: team, role: 'viewer' })
    const note = await resources.register({ type: 'note', externalId: name })
    await assignments.grant({ principal: ana, role: 'member', scope: { resource: note } })
    const on = { type: 'note', id: name }
    expect([await check(), await access.check(ana, 'note:write', { on })]).toEqual([true, true])
    await teams.remove(team, { contents: 'remove' })
    await resources.remove(note)
    await assignments.grant({ principal: await teams.create({ organization, key: name }), role: 'viewer' })
    await resources.register({ type: 'note', externalId: name })
    expect([await check(), await access.check(ana, 'note:write', { on })]).toEqual([false, false])
    // a permission of the same name is none of before: what named it had to let go of it first
    const { name: added } = await customPermissions.create({ resource: 'note', action: 'sign' })
    const signing = await roles.create({ key: key(), permissions: [{ resource: 'note', actions: ['sign'] }] })
    await refused(() => customPermissions.remove(added), 'PERMISSION_IN_USE')
    await roles.remove(signing.id)
    await customPermissions.remove(added)
  })

  it('OpenFGA’s changelog (MySQL): ids and names are compared exactly, in any case', async () => {
    const { access, assignments, resources } = house.acme
    const ana = await house.person()
    const note = await resources.register({ type: 'note', externalId: 'Abc' })
    await assignments.grant({ principal: ana, role: 'viewer', scope: { resource: note } })
    const on = (id: string) => access.check(ana, 'note:read', { on: { type: 'note', id } })
    expect([await on('Abc'), await on('abc'), await on('ABC'), await on('Abc ')]).toEqual([true, false, false, false])
    const organization = await house.acme.organizations.get('main')
    await refused(
      () => access.check(ana, 'note:read', { organization: organization.id.toUpperCase() as never }),
      'ORGANIZATION_UNKNOWN',
    )
    await refused(() => access.check(ana.id.toUpperCase() as never, 'note:read'), 'ID_INVALID')
    await refused(() => access.check(ana, 'NOTE:READ' as P), 'PERMISSION_UNKNOWN')
  })
})
