// What is remembered: one query for a cold principal, none for a warm one, nothing stale after a write of this
// process, nothing of a transaction that nobody else may see, and no more than there is room for.

import { beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { refused } from '../setup/refusal.ts'
import { gate, type House, makeHouse, type WatchedStorage, watchLoads } from './house.ts'

const start = Date.UTC(2030, 0, 1)
let now = start
let watched: WatchedStorage
let house: House

beforeEach(async () => {
  now = start
  watched = watchLoads(memory({ clock: () => now }))
  house = await makeHouse(watched.storage, { now: () => now })
})

/** How many loads `work` costs. */
async function loads(work: () => Promise<unknown>): Promise<number> {
  const before = watched.loads.length
  await work()
  return watched.loads.length - before
}

describe('a write', () => {
  it('of what one holds reads the roles once, and not again until they change', async () => {
    const [ana, bob] = [await house.person(), await house.person()]
    await house.acme.roles.create({ key: 'new' })
    watched.inside.length = 0
    const [version] = (await Promise.all([ana, bob].map((user) => house.acme.access.principal(user)))).map(
      ({ versions }) => versions.tenant,
    )
    for (const principal of [ana, bob]) await house.acme.assignments.grant({ principal, role: 'new' })
    await house.acme.roles.update('new', { name: 'Newer' })
    for (const principal of [ana, bob]) await house.acme.assignments.grant({ principal, role: 'viewer' })
    await house.acme.assignments.grant({ principal: ana, role: 'viewer', reason: 'again' })
    // what is remembered is enough to give a role; changing one and renewing an assignment ask for news
    expect(watched.inside.map(({ knownVersion }) => knownVersion)).toEqual([version, null, version! + 1])
  })

  it('that is rolled back, or a part of a transaction, leaves nothing of its own to be remembered', async () => {
    const ana = await house.person(['viewer'])
    const undone = house.acme.transaction(async (tx) => {
      await tx.roles.update('viewer', { permissions: [{ resource: 'note', actions: ['write'] }] })
      await tx.assignments.grant({ principal: ana, role: 'member' })
      throw new Error('stop')
    })
    await expect(undone).rejects.toThrow('stop')
    await house.acme.assignments.grant({ principal: ana, role: 'viewer', reason: 'again' })
    expect(await house.acme.access.check(ana, 'note:write')).toBe(false)
    expect(await house.acme.access.check(ana, 'note:read')).toBe(true)
  })
})

describe('a check', () => {
  it('costs a cold principal one query and a warm one none', async () => {
    const [ana, bob] = [await house.person(['member']), await house.person(['viewer'])]
    await house.acme.roles.create({ key: 'new' })
    const before = watched.others
    expect(await loads(() => house.acme.access.check(ana, 'note:read'))).toBe(1)
    expect(watched.loads.at(-1)).toEqual({ principal: { kind: 'user', id: ana.id }, knownVersion: null })
    const warm = async () => {
      await house.acme.access.check(ana, 'note:write')
      await house.acme.access.explain(ana, 'note:write')
      await house.acme.access.checkMany(ana, [{ permission: 'note:read' }])
      await house.acme.access.principal(ana)
    }
    expect(await loads(warm)).toBe(0)
    // the second principal does not bring the roles again
    expect(await loads(() => house.acme.access.check(bob, 'note:read'))).toBe(1)
    expect(watched.loads.at(-1)?.knownVersion).toBeGreaterThan(0)
    expect(watched.others).toBe(before)
  })

  it('is one query for many who ask at once, each in their tenant', async () => {
    const globex = await house.globex()
    const ana = await house.person(['member'])
    const hank = await house.person(['member'], globex)
    const many = () =>
      Promise.all([
        ...Array.from({ length: 20 }, () => house.acme.access.check(ana, 'note:read')),
        ...Array.from({ length: 20 }, () => globex.access.check(hank, 'note:read')),
      ])
    expect(await loads(many)).toBe(2)
    await Promise.all(
      Array.from({ length: 5 }, () => refused(() => globex.access.check(ana, 'note:read'), 'PRINCIPAL_UNKNOWN')),
    )
  })

  it('believes nothing for more than ten seconds, nor after the clock went back', async () => {
    const ana = await house.person(['member'])
    await house.acme.access.check(ana, 'note:read')
    now += 9_999
    expect(await loads(() => house.acme.access.check(ana, 'note:read'))).toBe(0)
    now += 1
    expect(await loads(() => house.acme.access.check(ana, 'note:read'))).toBe(1)
    now -= 1
    expect(await loads(() => house.acme.access.check(ana, 'note:read'))).toBe(1)
  })

  it('that fails is asked again', async () => {
    const ana = await house.person(['member'])
    watched.hold = Promise.reject(new Error('cut'))
    watched.hold.catch(() => undefined)
    await expect(house.acme.access.check(ana, 'note:read')).rejects.toThrow('cut')
    watched.hold = undefined
    expect(await house.acme.access.check(ana, 'note:read')).toBe(true)
  })
})

describe('after a write of this process', () => {
  it('every answer knows it', async () => {
    const ana = await house.person()
    const check = () => house.acme.access.check(ana, 'note:write')
    expect(await check()).toBe(false)
    const given = await house.acme.assignments.grant({ principal: ana, role: 'member' })
    expect(await check()).toBe(true)
    await house.acme.assignments.revoke(given)
    expect(await check()).toBe(false)
    await house.acme.roles.create({ key: 'writer' })
    await house.acme.assignments.grant({ principal: ana, role: 'writer' })
    expect(await check()).toBe(false)
    await house.acme.roles.update('writer', { permissions: [{ resource: 'note', actions: ['write'] }] })
    expect(await check()).toBe(true)
    await house.acme.users.disable(ana)
    expect(await check()).toBe(false)
    await house.acme.users.enable(ana)
    expect(await check()).toBe(true)
  })

  it('a load that was under way is given to who asked before, and kept for nobody', async () => {
    for (const kind of ['role', 'assignment'] as const) {
      const ana = await house.person(['member'])
      const [given] = (await house.acme.assignments.list({ principal: ana })).items
      await house.acme.roles.update('member', { permissions: [{ resource: 'user', actions: ['write'] }] })
      const held = gate()
      watched.hold = held.opened
      const early = house.acme.access.check(ana, 'user:write')
      await expect.poll(() => watched.loads.at(-1)?.principal.id).toBe(ana.id)
      // what follows reads for itself
      watched.hold = undefined
      if (kind === 'role') await house.acme.roles.update('member', { permissions: [] })
      else await house.acme.assignments.revoke(given!)
      expect(await house.acme.access.check(ana, 'user:write')).toBe(false)
      held.open()
      expect(await early).toBe(true)
      expect(await house.acme.access.check(ana, 'user:write')).toBe(false)
      expect(await loads(() => house.acme.access.check(ana, 'user:write'))).toBe(0)
    }
  })

  it('in a transaction, its own checks know it and nobody else’s do, and a rollback leaves nothing', async () => {
    const ana = await house.person()
    const check = () => house.acme.access.check(ana, 'note:write')
    expect(await check()).toBe(false)
    const undone = house.acme.transaction(async (tx) => {
      await tx.assignments.grant({ principal: ana, role: 'member' })
      expect(await tx.access.check(ana, 'note:write')).toBe(true)
      expect((await tx.access.principal(ana)).can('note:write')).toBe(true)
      expect(await check()).toBe(false)
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')
    expect(await check()).toBe(false)
    now += 20_000
    expect(await check()).toBe(false)
    await house.acme.transaction(async (tx) => {
      await tx.roles.update('viewer', { permissions: [{ resource: 'note', actions: ['write'] }] })
      await tx.assignments.grant({ principal: ana, role: 'viewer' })
      expect(await tx.access.check(ana, 'note:write')).toBe(true)
    })
    expect(await check()).toBe(true)
  })
})

describe('versions', () => {
  it('say what is current, however old it is, and what is not, however young', async () => {
    const ana = await house.person(['member'])
    const { access } = house.acme
    const { versions } = await access.principal(ana)
    now += 60_000
    expect(await loads(() => access.principal(ana, versions))).toBe(0)
    for (const other of [
      { ...versions, tenant: versions.tenant + 1 },
      { ...versions, principal: versions.principal + 1 },
      { tenant: versions.tenant - 1, principal: versions.principal },
    ]) {
      expect(await loads(() => access.principal(ana, other))).toBe(1)
      expect(await loads(() => access.principal(ana, versions))).toBe(0)
    }
  })

  it('of roles are loaded by one for all', async () => {
    const people = [await house.person(['member']), await house.person(['member']), await house.person(['member'])]
    const versions = new Map<string, { tenant: number; principal: number }>()
    for (const one of people) versions.set(one.id, (await house.acme.access.principal(one)).versions)
    await house.acme.roles.create({ key: 'new' })
    const tenant = versions.get(people[2]!.id)!.tenant + 1
    const ask = (one: (typeof people)[number]) => house.acme.access.principal(one, { ...versions.get(one.id)!, tenant })
    expect(await loads(() => ask(people[0]!))).toBe(1)
    expect(await loads(async () => [await ask(people[1]!), await ask(people[2]!)])).toBe(0)
  })

  it('of a load that others wait for are looked at too', async () => {
    const ana = await house.person()
    const held = gate()
    watched.hold = held.opened
    const early = house.acme.access.principal(ana)
    await expect.poll(() => watched.loads.at(-1)?.principal.id).toBe(ana.id)
    watched.hold = undefined
    const before = watched.loads.length
    // whoever knows of a younger version than the load can bring does not take it
    const late = house.acme.access.principal(ana, { tenant: 99, principal: 1 })
    const same = house.acme.access.principal(ana)
    held.open()
    await Promise.all([early, late, same])
    expect(watched.loads.length - before).toBe(1)
  })
})
