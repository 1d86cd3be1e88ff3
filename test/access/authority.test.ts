// Nobody grants what they do not hold: not more, not elsewhere, not under fewer conditions, and not for longer.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { PermissionEntry } from '../../src/core/storage/access-tables.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse } from './house.ts'

const HOUR = 3_600_000
const now = Date.UTC(2030, 0, 1)
let house: House
let made = 0

beforeAll(async () => {
  house = await makeHouse(memory({ clock: () => now }), { now: () => now })
})
afterAll(() => house.close())

const entry = (action: string, more: Partial<PermissionEntry> = {}): PermissionEntry => ({
  resource: 'note',
  actions: [action],
  ...more,
})

async function role(permissions: readonly PermissionEntry[], parent?: string): Promise<string> {
  const { key } = await house.acme.roles.create({
    key: `role-${++made}`,
    permissions,
    ...(parent ? { parent } : {}),
  })
  return key
}

async function missing(work: () => Promise<unknown>): Promise<readonly string[]> {
  return (await refused(work, 'GRANT_REFUSED')).details.missing
}

describe('a grant', () => {
  it('gives what the actor holds, with their name on it, and not more', async () => {
    const ana = await house.person([await role([entry('read')])])
    const bob = await house.person()
    const as = house.as(ana)
    const given = await as.assignments.grant({ principal: bob, role: await role([entry('read')]) })
    expect(given.grantedBy).toEqual({ type: 'user', id: ana.id })
    const both = await role([entry('read'), entry('write')])
    expect(await missing(() => as.assignments.grant({ principal: bob, role: both }))).toEqual(['note:write'])
    expect(await missing(() => as.assignments.grant({ principal: ana, role: both }))).toEqual(['note:write'])
    expect((await house.acme.assignments.list({ principal: bob })).items).toHaveLength(1)
  })

  it('counts what a role inherits, and what code gives it', async () => {
    const ana = await house.person([await role([entry('read')])])
    const as = house.as(ana)
    const heir = await role([entry('read')], await role([], await role([entry('write')])))
    expect(await missing(() => as.assignments.grant({ principal: ana, role: heir }))).toEqual(['note:write'])
    expect(await missing(() => as.assignments.grant({ principal: ana, role: 'viewer' }))).toEqual(['invoice:read'])
  })

  it('is asked for everything under conditions too, and conditional holdings do not count', async () => {
    const mine = { conditions: { 'resource.owner': { $ref: 'principal.id' } } }
    const own = await role([entry('read', mine)])
    const all = await role([entry('read')])
    const [ana, bob] = [await house.person([own]), await house.person([all])]
    for (const wanted of [own, all]) {
      expect(await missing(() => house.as(ana).assignments.grant({ principal: bob, role: wanted }))).toEqual([
        'note:read',
      ])
    }
    await house.as(bob).assignments.grant({ principal: ana, role: own })
  })

  it('is not given by who is denied it, certainly or possibly', async () => {
    const all = await role([entry('read')])
    const never = await role([entry('read', { effect: 'deny' })])
    const sometimes = await role([entry('read', { effect: 'deny', conditions: { 'context.late': true } })])
    for (const deny of [never, sometimes]) {
      const ana = await house.person([all, deny])
      expect(await missing(() => house.as(ana).assignments.grant({ principal: ana, role: all }))).toEqual(['note:read'])
    }
  })

  it('takes nothing from others that the actor does not hold: a role that denies is given like one that allows', async () => {
    const ban = await role([entry('write', { effect: 'deny' })])
    const ana = await house.person([await role([entry('read')])])
    expect(await missing(() => house.as(ana).assignments.grant({ principal: ana, role: ban }))).toEqual(['note:write'])
  })

  it('reaches no further than what the actor holds', async () => {
    const reader = await role([entry('read')])
    const here = await house.acme.organizations.create({ key: `here-${++made}`, name: 'Here' })
    const there = await house.acme.organizations.get('main')
    const ana = await house.person()
    await house.acme.assignments.grant({ principal: ana, role: reader, scope: { organization: here } })
    const bob = await house.person()
    const give = (organization?: typeof here) =>
      house
        .as(ana)
        .assignments.grant({ principal: bob, role: reader, ...(organization ? { scope: { organization } } : {}) })
    expect(await missing(() => give())).toEqual(['note:read'])
    expect(await missing(() => give(there))).toEqual(['note:read'])
    const given = await give(here)
    await house.as(ana).assignments.revoke(given)
    // a denial of the one organization is none of the other
    const ban = await role([entry('read', { effect: 'deny' })])
    const carl = await house.person([reader])
    await house.acme.assignments.grant({ principal: carl, role: ban, scope: { organization: here } })
    const pass = (organization: typeof here) =>
      house.as(carl).assignments.grant({ principal: bob, role: reader, scope: { organization } })
    await pass(there)
    expect(await missing(() => pass(here))).toEqual(['note:read'])
  })

  it('lasts no longer than what the actor holds', async () => {
    const reader = await role([entry('read')])
    const ana = await house.person()
    const expiresAt = new Date(now + HOUR)
    await house.acme.assignments.grant({ principal: ana, role: reader, expiresAt })
    const give = (until?: Date, from?: Date) =>
      house.as(ana).assignments.grant({
        principal: ana,
        role: reader,
        ...(until ? { expiresAt: until } : {}),
        ...(from ? { startsAt: from } : {}),
      })
    expect(await missing(() => give())).toEqual(['note:read'])
    expect(await missing(() => give(new Date(now + HOUR + 1)))).toEqual(['note:read'])
    expect(await missing(() => give(new Date(now + 3 * HOUR), new Date(now + 2 * HOUR)))).toEqual(['note:read'])
    await give(expiresAt)
    // what begins later is not held yet, and what is held before and after a gap is not held throughout
    const bob = await house.person()
    await house.acme.assignments.grant({ principal: bob, role: reader, startsAt: expiresAt })
    expect(await missing(() => house.as(bob).assignments.grant({ principal: bob, role: reader }))).toEqual([
      'note:read',
    ])
    const carl = await house.person()
    const other = await role([entry('read')])
    await house.acme.assignments.grant({ principal: carl, role: reader, expiresAt })
    await house.acme.assignments.grant({ principal: carl, role: other, startsAt: new Date(now + 2 * HOUR) })
    expect(await missing(() => house.as(carl).assignments.grant({ principal: carl, role: reader }))).toEqual([
      'note:read',
    ])
    // a denial that comes later ends it too
    const ban = await role([entry('read', { effect: 'deny' })])
    const dora = await house.person([reader])
    await house.acme.assignments.grant({ principal: dora, role: ban, startsAt: expiresAt })
    expect(await missing(() => house.as(dora).assignments.grant({ principal: carl, role: reader }))).toEqual([
      'note:read',
    ])
    await house.as(dora).assignments.grant({ principal: carl, role: reader, expiresAt })
  })

  it('of ownership is an owner’s, though an admin holds every permission', async () => {
    const [olga, adam, bob] = [await house.person(['owner']), await house.person(['admin']), await house.person()]
    const heir = await role([], 'owner')
    for (const wanted of ['owner', heir]) {
      const grant = { principal: bob, role: wanted }
      expect(await missing(() => house.as(adam).assignments.grant(grant))).toEqual(['*'])
      const given = await house.as(olga).assignments.grant(grant)
      expect(await missing(() => house.as(adam).assignments.revoke(given))).toEqual(['*'])
      await house.as(olga).assignments.revoke(given)
    }
    await house.as(adam).assignments.grant({ principal: bob, role: 'admin' })
  })

  it('is refused to who is not there any more, or never was', async () => {
    const ana = await house.person(['admin'])
    await house.acme.users.disable(ana)
    const empty = await role([])
    const give = (as: typeof house.acme) => () => as.assignments.grant({ principal: ana, role: empty })
    expect(await missing(give(house.as(ana)))).toEqual(['*'])
    const hank = await house.person(['admin'], await house.globex())
    expect(await missing(give(house.as(hank)))).toEqual(['*'])
    expect(await missing(give(house.acme.as({ type: 'user' })))).toEqual(['*'])
    expect(await missing(give(house.acme.as({ type: 'service_account', id: ana.id })))).toEqual(['*'])
    await give(house.acme.as({ type: 'operator', id: hank.id }))()
    await give(house.acme.as({ type: 'provider', id: 'stripe' }))()
  })

  it('is a service account’s on the same terms', async () => {
    const robot = await house.acme.serviceAccounts.create({ name: 'robot' })
    await house.acme.assignments.grant({ principal: robot, role: 'viewer' })
    const as = house.acme.as({ type: 'service_account', id: robot.id })
    const bob = await house.person()
    await as.assignments.grant({ principal: bob, role: 'viewer' })
    expect(await missing(() => as.assignments.grant({ principal: bob, role: 'member' }))).toContain('note:write')
  })

  it('is decided by what the transaction around it did', async () => {
    const reader = await role([entry('read')])
    const ana = await house.person([reader])
    const bob = await house.person()
    await house.acme.transaction(async (tx) => {
      const held = (await tx.assignments.list({ principal: ana })).items[0]!
      await tx.assignments.revoke(held)
      const as = tx.as({ type: 'user', id: ana.id })
      expect(await missing(() => as.assignments.grant({ principal: bob, role: reader }))).toEqual(['note:read'])
    })
  })
})

describe('taking a role back', () => {
  it('needs what giving it needs', async () => {
    const [reader, writer] = [await role([entry('read')]), await role([entry('write')])]
    const [ana, bob] = [await house.person([reader]), await house.person([reader, writer])]
    const held = async (name: string) => (await house.acme.assignments.list({ principal: bob, role: name })).items[0]!
    const [read, write] = [await held(reader), await held(writer)]
    expect(await missing(() => house.as(ana).assignments.revoke(write))).toEqual(['note:write'])
    await house.as(ana).assignments.revoke(read)
  })

  it('does not free its holder of a denial', async () => {
    const reader = await role([entry('read')])
    const ban = await role([entry('read', { effect: 'deny' })])
    const ana = await house.person([reader])
    const given = await house.acme.assignments.grant({ principal: ana, role: ban })
    expect(await missing(() => house.as(ana).assignments.revoke(given))).toEqual(['note:read'])
  })
})

describe('writing a role', () => {
  it('puts nothing into it that the writer does not hold', async () => {
    const reader = await role([entry('read')])
    const ana = await house.person([reader])
    const { roles } = house.as(ana)
    await roles.create({ key: `role-${++made}`, permissions: [entry('read')], parent: reader })
    const create = (more: object) => () => roles.create({ key: `role-${++made}`, ...more })
    expect(await missing(create({ permissions: [entry('write')] }))).toEqual(['note:write'])
    expect(await missing(create({ parent: 'member' }))).toContain('note:write')
    expect(await missing(() => roles.update(reader, { permissions: [entry('read'), entry('write')] }))).toEqual([
      'note:write',
    ])
    expect(await missing(() => roles.update(reader, { parent: 'member' }))).toContain('note:write')
    await roles.update(reader, { name: 'Reader' })
    expect(await house.acme.access.check(ana, 'note:write')).toBe(false)
  })

  it('takes no denial or condition out of it', async () => {
    const conditions = { 'resource.owner': { $ref: 'principal.id' } }
    const strict = await role([entry('read', { conditions }), entry('write'), entry('write', { effect: 'deny' })])
    const ana = await house.person([strict])
    const { roles } = house.as(ana)
    expect(await missing(() => roles.update(strict, { permissions: [entry('read'), entry('write')] }))).toEqual([
      'note:read',
      'note:write',
    ])
  })

  it('makes no owners of who inherits', async () => {
    const adam = await house.person(['admin'])
    const heir = await role([])
    const { roles } = house.as(adam)
    expect(await missing(() => roles.update(heir, { parent: 'owner' }))).toEqual(['*'])
    expect(await missing(() => roles.create({ key: `role-${++made}`, parent: 'owner' }))).toEqual(['*'])
  })
})
