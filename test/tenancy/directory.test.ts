// The directory: what is remembered, for how long, and what a notice that comes at the wrong moment does.

import { beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { PLATFORM_TENANT_ID } from '../../src/core/kernel/ids.ts'
import type { Tenant } from '../../src/core/tenancy/tenant.ts'
import { refused } from '../setup/refusal.ts'
import { type Installation, install, type WatchedStorage, watchLookUps } from './installation.ts'

let now: number
let watched: WatchedStorage
let house: Installation
let acme: Tenant

beforeEach(async () => {
  now = 1_800_000_000_000
  watched = watchLookUps(memory())
  house = install(watched.storage, { runtime: { now: () => now } })
  acme = await house.tenant({ slug: 'acme' })
})

/** Holds lookups that have read their row; answers how to let them go. */
function hold(): () => void {
  let release = () => {}
  watched.hold = new Promise((resolve) => {
    release = () => {
      watched.hold = undefined
      resolve()
    }
  })
  return release
}

/** Lets a lookup under way read its row. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 5))

describe('remembering', () => {
  it('looks a tenant up once, whatever it is asked by', async () => {
    const { directory } = house
    expect(directory.peek(acme.id)).toBeUndefined()
    expect(await directory.find({ slug: 'acme' })).toEqual(acme)
    expect(await directory.find({ slug: 'acme' })).toEqual(acme)
    expect(await directory.find({ id: acme.id })).toEqual(acme)
    expect(directory.peek(acme.id)).toEqual(acme)
    expect(watched.lookUps).toEqual([{ slug: 'acme' }])
  })

  it('asks again when an entry is 10 s old, or the clock was set back', async () => {
    const { directory } = house
    await directory.find({ id: acme.id })
    now += 9_999
    expect(directory.peek(acme.id)).toEqual(acme)
    now += 1
    expect(directory.peek(acme.id)).toBeUndefined()
    await directory.find({ id: acme.id })
    now -= 3_600_000
    expect(directory.peek(acme.id)).toBeUndefined()
    expect(watched.lookUps).toHaveLength(2)
  })

  it('counts the age from when the row was asked for, not from when it came', async () => {
    const release = hold()
    const found = house.directory.find({ id: acme.id })
    now += 10_000
    release()
    expect(await found).toEqual(acme)
    expect(house.directory.peek(acme.id)).toBeUndefined()
  })

  it('remembers for 2 s that there is none', async () => {
    const { directory } = house
    expect(await directory.find({ slug: 'globex' })).toBeUndefined()
    now += 1_999
    expect(await directory.find({ slug: 'globex' })).toBeUndefined()
    expect(watched.lookUps).toHaveLength(1)
    now += 1
    expect(await directory.find({ slug: 'globex' })).toBeUndefined()
    expect(watched.lookUps).toHaveLength(2)
  })

  it('looks nothing up that cannot be a tenant', async () => {
    const { directory } = house
    const keys = [
      { slug: '-' },
      { slug: 'x'.repeat(64) },
      { id: 'acme' },
      { domain: 'localhost' },
      { domain: `${'a.'.repeat(200)}b` },
    ]
    for (const key of keys) expect(await directory.find(key)).toBeUndefined()
    expect(watched.lookUps).toEqual([])
  })

  it('lets no flood of made-up names push a tenant out', async () => {
    const { directory } = house
    await directory.find({ slug: 'acme' })
    for (let i = 0; i < 12_000; i++) await directory.find({ slug: `made-up-${i}` })
    watched.lookUps.length = 0
    expect(directory.peek(acme.id)).toEqual(acme)
    expect(await directory.find({ slug: 'acme' })).toEqual(acme)
    // the latest of them are remembered, the earliest made room
    await directory.find({ slug: 'made-up-11999' })
    expect(watched.lookUps).toEqual([])
    await directory.find({ slug: 'made-up-0' })
    expect(watched.lookUps).toHaveLength(1)
  })

  it('hands out what no caller can change for the others', async () => {
    const tenant = await house.tenant({ settings: { nested: { list: [1] } } })
    const found = await house.directory.require({ id: tenant.id })
    expect(() => Object.assign(found, { slug: 'other' })).toThrow(TypeError)
    expect(() => Object.assign(found.settings.nested as object, { a: 1 })).toThrow(TypeError)
    expect(() => (found.settings as { nested: { list: number[] } }).nested.list.push(2)).toThrow(TypeError)
  })

  it('remembers no failure', async () => {
    let fail = true
    const storage = memory()
    const { findTenant } = storage.system.verbs
    const house = install({
      ...storage,
      system: {
        ...storage.system,
        verbs: {
          ...storage.system.verbs,
          findTenant: (by) => (fail ? Promise.reject(new Error('cut')) : findTenant(by)),
        },
      },
    })
    const both = [house.directory.find({ slug: 'platform' }), house.directory.find({ slug: 'platform' })]
    for (const found of both) await expect(found).rejects.toThrow('cut')
    fail = false
    expect((await house.directory.find({ slug: 'platform' }))?.id).toBe(PLATFORM_TENANT_ID)
  })
})

describe('notices', () => {
  it('make it forget the tenant under each of its names, and every name that was none', async () => {
    const { directory } = house
    await directory.find({ slug: 'acme' })
    await directory.find({ slug: 'globex' })
    const globex = await house.tenant({ slug: 'globex' })
    await house.tenants.update(acme.id, { slug: 'acme-two' })
    expect(await directory.find({ slug: 'globex' })).toEqual(globex)
    expect(await directory.find({ slug: 'acme' })).toBeUndefined()
    expect((await directory.find({ slug: 'acme-two' }))?.id).toBe(acme.id)
  })

  it('leave the other tenants remembered', async () => {
    const globex = await house.tenant()
    await house.directory.find({ id: acme.id })
    await house.directory.find({ id: globex.id })
    house.directory.forget(globex.id)
    expect(house.directory.peek(acme.id)).toEqual(acme)
    expect(house.directory.peek(globex.id)).toBeUndefined()
    house.directory.forgetAll()
    expect(house.directory.peek(acme.id)).toBeUndefined()
  })

  it('one lookup serves all who ask at once', async () => {
    const release = hold()
    const all = Array.from({ length: 50 }, () => house.directory.find({ slug: 'acme' }))
    await settle()
    release()
    for (const tenant of await Promise.all(all)) expect(tenant).toEqual(acme)
    expect(watched.lookUps).toHaveLength(1)
  })

  it('joins no lookup that has taken as long as an answer lives', async () => {
    const release = hold()
    const all = [house.directory.find({ slug: 'acme' })]
    await settle()
    now += 9_999
    all.push(house.directory.find({ slug: 'acme' }))
    expect(watched.lookUps).toHaveLength(1)
    now += 1
    all.push(house.directory.find({ slug: 'acme' }))
    expect(watched.lookUps).toHaveLength(2)
    release()
    for (const tenant of await Promise.all(all)) expect(tenant).toEqual(acme)
  })

  it.each(['forget', 'forgetAll'] as const)('S02: %s during a lookup keeps its stale answer out', async (how) => {
    const { directory } = house
    const release = hold()
    const before = directory.find({ slug: 'acme' })
    await settle()
    // suspended by another process: only its notice reaches this one
    await house.context.storage.system.records.update('tenants', { id: acme.id }, { status: 'suspended' })
    if (how === 'forget') directory.forget(acme.id)
    else directory.forgetAll()
    release()
    expect((await before)?.status).toBe('active')
    expect(watched.lookUps).toHaveLength(1)
    await refused(() => directory.require({ id: acme.id }), 'TENANT_SUSPENDED')
    await refused(() => directory.peek(acme.id), 'TENANT_SUSPENDED')
  })

  it.each(['forget', 'forgetAll'] as const)('S02: who asks after %s joins no lookup from before it', async (how) => {
    const { directory } = house
    const release = hold()
    const before = directory.find({ slug: 'acme' })
    await settle()
    await house.context.storage.system.records.update('tenants', { id: acme.id }, { status: 'suspended' })
    if (how === 'forget') directory.forget(acme.id)
    else directory.forgetAll()
    const after = directory.find({ slug: 'acme' })
    release()
    expect((await before)?.status).toBe('active')
    expect((await after)?.status).toBe('suspended')
  })

  it('about another tenant during a lookup leave its answer good', async () => {
    const release = hold()
    const found = house.directory.find({ slug: 'acme' })
    await settle()
    house.directory.forget(PLATFORM_TENANT_ID)
    release()
    await found
    expect(house.directory.peek(acme.id)).toEqual(acme)
  })

  it('during a lookup that finds nothing keep that from being remembered', async () => {
    const release = hold()
    const before = house.directory.find({ slug: 'globex' })
    await settle()
    const globex = await house.tenant({ slug: 'globex' })
    release()
    expect(await before).toBeUndefined()
    expect(await house.directory.find({ slug: 'globex' })).toEqual(globex)
  })
})

describe('require', () => {
  it('refuses each state by its code, and admits those allowed', async () => {
    const { directory, tenants } = house
    await refused(() => directory.require({ slug: 'nobody' }), 'TENANT_UNKNOWN')
    await tenants.suspend(acme.id)
    await refused(() => directory.require({ id: acme.id }), 'TENANT_SUSPENDED')
    expect((await directory.require({ id: acme.id }, ['suspended'])).status).toBe('suspended')
    await tenants.resume(acme.id)
    expect((await directory.require({ id: acme.id })).status).toBe('active')
    await tenants.remove(acme.id)
    await refused(() => directory.require({ id: acme.id }), 'TENANT_DELETED')
    await house.context.storage.system.records.update('tenants', { id: acme.id }, { status: 'moving' })
    directory.forget(acme.id)
    await refused(() => directory.require({ id: acme.id }), 'TENANT_MOVING')
  })

  it('knows where a shared tenant is, and no other', async () => {
    const { directory, context } = house
    expect(directory.ref(acme)).toEqual({ id: acme.id, location: context.storage.sharedLocation })
    await refused(() => directory.ref({ ...acme, isolationLevel: 'fully-isolated' }), 'ISOLATION_UNAVAILABLE')
  })
})
