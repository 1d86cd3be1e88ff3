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
  for (const how of ['principal', 'place'] as const) {
    it(`and lifted takes no denial along that a policy says of it (${how})`, async () => {
      const { acme } = house
      const organization = await acme.organizations.get('main')
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
    })
  }
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

describe('what everyone is given (13.3)', () => {
  it('is not taken back by whom a policy denies something by its role', async () => {
    const { acme } = house
    const organization = await acme.organizations.create({ key: key(), name: 'Shared' })
    const named = await acme.roles.create({ key: key(), permissions: [{ resource: 'note', actions: ['read'] }] })
    const given = await acme.assignments.grant({
      principal: { kind: 'everyone' },
      role: named.key,
      scope: { organization },
    })
    await acme.policies.create({
      key: key(),
      document: { effect: 'deny', principals: [{ role: named.key }], actions: ['invoice:refund'], resources: ['*'] },
    })
    const refunds = await acme.roles.create({ key: key(), permissions: [{ resource: 'invoice', actions: ['refund'] }] })
    const ana = await house.person([refunds.key])
    expect(await acme.access.check(ana, 'invoice:refund', { organization })).toBe(false)
    await house
      .as(ana)
      .assignments.revoke(given)
      .catch(() => undefined)
    expect(await acme.access.check(ana, 'invoice:refund', { organization })).toBe(false)
  })
})

describe('what is given on one thing, wherever that is (13.2)', () => {
  async function denied() {
    const { acme } = house
    const south = await acme.organizations.create({ key: key(), name: 'South' })
    const writes = await acme.roles.create({ key: key(), permissions: [{ resource: 'note', actions: ['write'] }] })
    const ban = await acme.roles.create({
      key: key(),
      permissions: [{ resource: 'note', actions: ['write'], effect: 'deny' }],
    })
    const ana = await house.person([writes.key])
    await acme.assignments.grant({ principal: ana, role: ban.key, scope: { organization: south } })
    const bob = await house.person()
    const where = { organization: south, on: { type: 'note', id: key() } }
    expect(await acme.access.check(ana, 'note:write', where)).toBe(false)
    return { acme, south, writes, ana, bob, where }
  }

  it('is not given by a policy of somebody who is denied it where the thing is', async () => {
    const { acme, ana, bob, where } = await denied()
    const document = {
      effect: 'allow',
      principals: [{ user: bob.id }],
      actions: ['note:write'],
      resources: [where.on],
    } as const
    await house
      .as(ana)
      .policies.create({ key: key(), document })
      .catch(() => undefined)
    expect(await acme.access.check(bob, 'note:write', where)).toBe(false)
  })

  it('nor by putting somebody into a team that holds it there', async () => {
    const { acme, south, writes, ana, bob, where } = await denied()
    const thing = await acme.resources.register({ type: 'note', externalId: where.on.id, in: { organization: south } })
    const team = await acme.teams.create({ organization: await acme.organizations.get('main'), key: key() })
    await acme.assignments.grant({ principal: team, role: writes.key, scope: { resource: thing } })
    await refused(
      () => house.as(ana).assignments.grant({ principal: bob, role: writes.key, scope: { resource: thing } }),
      'GRANT_REFUSED',
    )
    await house
      .as(ana)
      .teams.members.add(team, { principal: bob })
      .catch(() => undefined)
    expect(await acme.access.check(bob, 'note:write', where)).toBe(false)
  })
})
