// The cache by itself, told only what a test tells it: its limits, its notices, and loads that cross.

import { beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { createAccessCache } from '../../src/core/access/cache.ts'
import { definePermissions } from '../../src/core/access/permissions.ts'
import { createAccess } from '../../src/core/access/questions.ts'
import type { Notice } from '../../src/core/storage/verbs.ts'
import { makeContext, makeTenantContext } from '../setup/context.ts'
import { gate, type House, makeHouse, permissions, type WatchedStorage, watchLoads } from './house.ts'

let now = Date.UTC(2030, 0, 1)
let watched: WatchedStorage
let house: House

beforeEach(async () => {
  watched = watchLoads(memory({ clock: () => now }))
  house = await makeHouse(watched.storage, { now: () => now })
})

/** How many loads `work` costs. */
async function loads(work: () => Promise<unknown>): Promise<number> {
  const before = watched.loads.length
  await work()
  return watched.loads.length - before
}

describe('the cache', () => {
  async function bare(limits: Parameters<typeof createAccessCache>[1]) {
    const context = makeContext(watched.storage, { runtime: { now: () => now } })
    const cache = createAccessCache(context, limits)
    const access = createAccess(makeTenantContext(context, house.acme.tenant), cache, permissions)
    return { cache, access, tenantId: house.acme.id }
  }

  it('gives up who was loaded longest ago', async () => {
    const people = [await house.person(['member']), await house.person(['member']), await house.person(['member'])]
    const { access } = await bare({ principals: 2 })
    for (const one of people) await access.check(one, 'note:read')
    expect(await loads(() => access.check(people[2]!, 'note:read'))).toBe(0)
    expect(await loads(() => access.check(people[1]!, 'note:read'))).toBe(0)
    expect(await loads(() => access.check(people[0]!, 'note:read'))).toBe(1)
  })

  it('gives up a fiftieth at once, so that to give up costs little however many there are', async () => {
    const people = await Promise.all(Array.from({ length: 101 }, () => house.person()))
    const { access } = await bare({ principals: 100 })
    for (const one of people) await access.check(one, 'note:read')
    expect(await loads(() => access.check(people[2]!, 'note:read'))).toBe(0)
    expect(await loads(() => access.check(people[1]!, 'note:read'))).toBe(1)
  })

  it('gives up a tenant before it holds too much', async () => {
    const globex = await house.globex()
    const [ana, hank] = [await house.person(['member']), await house.person(['member'], globex)]
    const { cache, access } = await bare({ entries: 8 })
    const context = makeTenantContext(makeContext(watched.storage, { runtime: { now: () => now } }), globex.tenant)
    const there = createAccess(context, cache, permissions)
    await access.check(ana, 'note:read')
    expect(await there.check(hank, 'note:read')).toBe(true)
    expect(await loads(() => there.check(hank, 'note:read'))).toBe(0)
    expect(await loads(() => access.check(ana, 'note:read'))).toBe(1)
  })

  it('is not set back by a load that lands late', async () => {
    const [ana, bob] = [await house.person(['member']), await house.person(['member'])]
    const { access } = await bare({})
    const late = gate()
    watched.hold = late.opened
    const slow = access.check(bob, 'user:write')
    await expect.poll(() => watched.loads.at(-1)?.principal.id).toBe(bob.id)
    watched.hold = undefined
    // this cache is told nothing of it
    await house.acme.roles.update('member', { permissions: [{ resource: 'user', actions: ['write'] }] })
    now += 1
    expect(await access.check(ana, 'user:write')).toBe(true)
    late.open()
    expect(await slow).toBe(false)
    expect(await loads(() => access.check(ana, 'user:write'))).toBe(0)
    expect(await access.check(ana, 'user:write')).toBe(true)
    expect(await access.check(bob, 'user:write')).toBe(true)
  })

  it('never puts what somebody holds beside roles that are older and may not know it', async () => {
    const [ana, bob] = [await house.person(['member']), await house.person(['member'])]
    const { access } = await bare({})
    const [early, late] = [gate(), gate()]
    // asked first, and read last
    watched.holdBefore = early.opened
    const first = access.check(ana, 'note:read')
    await expect.poll(() => watched.loads.at(-1)?.principal.id).toBe(ana.id)
    watched.holdBefore = undefined
    now += 1
    watched.hold = late.opened
    const second = access.check(bob, 'note:read')
    await expect.poll(() => watched.loads.at(-1)?.principal.id).toBe(bob.id)
    await new Promise(setImmediate)
    watched.hold = undefined
    const ban = [{ resource: 'note', actions: ['read'], effect: 'deny' as const }]
    await house.acme.roles.create({ key: 'banned', permissions: ban })
    await house.acme.assignments.grant({ principal: ana, role: 'banned' })
    early.open()
    expect(await first).toBe(false)
    late.open()
    expect(await second).toBe(true)
    expect(await access.check(ana, 'note:read')).toBe(false)
  })

  it('forgets by notice what it says, and nothing else', async () => {
    const [ana, bob] = [await house.person(['member']), await house.person(['member'])]
    const { cache, access, tenantId } = await bare({})
    const forgets = async (notice: Notice | undefined) => {
      for (const one of [ana, bob]) await access.check(one, 'note:read')
      if (notice) cache.forget(notice)
      else cache.forgetAll()
      return [await loads(() => access.check(ana, 'note:read')), await loads(() => access.check(bob, 'note:read'))]
    }
    expect(await forgets({ kind: 'access', tenantId, principalId: ana.id })).toEqual([1, 0])
    expect(await forgets({ kind: 'access', tenantId })).toEqual([1, 0])
    expect(watched.loads.at(-1)?.knownVersion).toBeNull()
    expect(await forgets({ kind: 'tenant', tenantId })).toEqual([1, 1])
    expect(await forgets(undefined)).toEqual([1, 1])
    expect(
      await forgets({ kind: 'access', tenantId: house.acme.id.replace(/.$/, (last) => (last === '0' ? '1' : '0')) }),
    ).toEqual([0, 0])
    expect(await forgets({ kind: 'session', tenantId, userId: ana.id })).toEqual([0, 0])
    expect(await forgets({ kind: 'billing', tenantId })).toEqual([0, 0])
  })

  it('serves two catalogs without mixing their numbers', async () => {
    const ana = await house.person(['viewer'])
    const { cache, access } = await bare({})
    const other = definePermissions({ zebra: ['write'], note: ['read'] })
    const context = makeTenantContext(makeContext(watched.storage, { runtime: { now: () => now } }), house.acme.tenant)
    const strange = createAccess(context, cache, other)
    for (let i = 0; i < 2; i++) {
      expect(await access.check(ana, 'note:read')).toBe(true)
      expect(await strange.check(ana, 'zebra:write')).toBe(false)
      expect(await strange.check(ana, 'note:read')).toBe(true)
    }
  })
})
