// Attacks on access: each is what docs/access.md says cannot be done.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { definePermissions } from '../../src/core/access/permissions.ts'
import { createFreehold } from '../../src/index.ts'
import { quickHasher, testKeys } from '../setup/context.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse } from './house.ts'

let house: House
let made = 0

beforeAll(async () => {
  house = await makeHouse(memory())
})
afterAll(() => house.close())

const key = () => `k-${++made}`

describe('a role that comes to inherit from another (13.4)', () => {
  it('gives its holders no policy that names the other, which its writer does not hold', async () => {
    const { acme } = house
    const named = await acme.roles.create({ key: key() })
    const writer = await acme.roles.create({ key: key(), permissions: [{ resource: 'role', actions: ['write'] }] })
    const mine = await acme.roles.create({ key: key() })
    await acme.policies.create({
      key: key(),
      document: {
        effect: 'allow',
        principals: [{ role: named.key }],
        actions: ['note:*', 'assignment:*'],
        resources: ['*'],
      },
    })
    const ana = await house.person([writer.key, mine.key])
    expect(await acme.access.check(ana, 'note:write')).toBe(false)
    await refused(() => house.as(ana).assignments.grant({ principal: ana, role: named.key }), 'GRANT_REFUSED')
    await house
      .as(ana)
      .roles.update(mine.key, { parent: named.key })
      .catch(() => undefined)
    expect(await acme.access.check(ana, 'note:write')).toBe(false)
  })

  it('takes no denial off by leaving the role that a policy names', async () => {
    const { acme } = house
    const named = await acme.roles.create({ key: key() })
    const writer = await acme.roles.create({
      key: key(),
      permissions: [
        { resource: 'role', actions: ['write'] },
        { resource: 'note', actions: ['write'] },
      ],
    })
    const mine = await acme.roles.create({ key: key(), parent: named.key })
    await acme.policies.create({
      key: key(),
      document: { effect: 'deny', principals: [{ role: named.key }], actions: ['note:write'], resources: ['*'] },
    })
    const ana = await house.person([writer.key, mine.key])
    expect(await acme.access.check(ana, 'note:write')).toBe(false)
    await house
      .as(ana)
      .roles.update(mine.key, { parent: null })
      .catch(() => undefined)
    expect(await acme.access.check(ana, 'note:write')).toBe(false)
  })
})

describe('a team that is removed (13.3, 13.4)', () => {
  it('takes no denial along that a policy says of the team, or in it', async () => {
    const { acme } = house
    const organization = await acme.organizations.get('main')
    for (const how of ['principal', 'place'] as const) {
      const outer = await acme.teams.create({ organization, key: key() })
      const inner = await acme.teams.create({ organization, key: key(), parent: outer })
      const all = await acme.roles.create({
        key: key(),
        permissions: [
          { resource: 'team', actions: ['write'] },
          { resource: 'note', actions: ['write'] },
        ],
      })
      const ana = await house.person([all.key])
      await acme.teams.members.add(inner, { principal: ana })
      await acme.policies.create({
        key: key(),
        document: {
          effect: 'deny',
          principals: [how === 'principal' ? { team: outer.id } : '*'],
          actions: ['note:write'],
          resources: [how === 'place' ? { team: outer.id } : '*'],
        },
      })
      expect(await acme.access.check(ana, 'note:write', { team: inner })).toBe(false)
      await house
        .as(ana)
        .teams.remove(outer, { contents: 'lift' })
        .catch(() => undefined)
      expect([how, await acme.access.check(ana, 'note:write', { team: inner })]).toEqual([how, false])
    }
  })
})

describe('a permission that nothing declares any more (3.9)', () => {
  it('comes to life by no permission that a tenant adds', async () => {
    const storage = memory()
    const make = (catalog: Record<string, string[]>) =>
      createFreehold({
        storage,
        keys: testKeys,
        permissions: definePermissions(catalog),
        passwordHasher: quickHasher,
        onWarning: () => undefined,
      })
    const old = await make({ note: ['read', 'purge'] })
    const tenant = await old.tenants.create({ slug: 'acme', name: 'Acme' })
    const ana = await tenant.users.create({ email: 'ana@example.test' })
    await tenant.roles.create({
      key: 'janitor',
      permissions: [
        { resource: 'note', actions: ['purge'] },
        { resource: 'role', actions: ['write'] },
      ],
    })
    await tenant.assignments.grant({ principal: ana, role: 'janitor' })
    const young = await make({ note: ['read'] })
    const now = await young.tenant(tenant.id)
    await now
      .as({ type: 'user', id: ana.id })
      .customPermissions.create({ resource: 'note', action: 'purge' })
      .catch(() => undefined)
    const answer = await now.access.check(ana.id, 'note:purge' as never).catch(() => false)
    expect(answer).toBe(false)
  })
})

describe('an owner', () => {
  it('that holds it at the tenant alone does not count', async () => {
    const { acme } = house
    const tenant = await house.globex()
    const ana = await tenant.users.create({ email: 'o@example.test' })
    await tenant.assignments.grant({ principal: ana, role: 'owner' })
    await refused(() => tenant.assignments.grant({ principal: ana, role: 'owner', flow: 'self' }), 'LAST_OWNER')
    void acme
  })
})
