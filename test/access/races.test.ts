// Access on a real PostgreSQL: what must hold under races holds, other processes hear of changes, and a cold check
// is one round trip.

import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { startProxy } from '../setup/proxy.ts'
import { type House, makeHouse, makeInstance } from './house.ts'
import { race, times, heldUp as waitingFor } from './race.ts'

let database: TestDatabase
let house: House
let made = 0
const key = () => `race-${++made}`

beforeAll(async () => {
  database = await createTestDatabase({ connections: 20 })
  house = await makeHouse(postgres({ pool: database.appPool }))
})

afterAll(async () => {
  await house?.close()
  await database?.close()
})

const heldUp = <R>(tenantId: string, waiting: number, work: () => Promise<R>) =>
  waitingFor(database, tenantId, waiting, work)

describe('races', () => {
  it('T02: 8 identical grants at once are one assignment', async () => {
    for (const organization of [undefined, await house.acme.organizations.get('main')]) {
      const ana = await house.person()
      const scope = organization ? { scope: { organization } } : {}
      const { won, lost } = await race(
        times(8, () => house.acme.assignments.grant({ principal: ana, role: 'member', ...scope })),
      )
      expect(lost).toEqual([])
      expect(new Set(won.map(({ id }) => id)).size).toBe(1)
      expect((await house.acme.assignments.list({ principal: ana })).items).toEqual([won[0]])
    }
  })

  it('T03: of owners who remove each other at once one stays', async () => {
    const ends = ['revoke', 'disable', 'remove', 'expire'] as const
    for (let round = 0; round < 8; round++) {
      const tenant = await house.globex()
      const owners = [await house.person([], tenant), await house.person([], tenant), await house.person([], tenant)]
      const held = await Promise.all(
        owners.map((owner) => tenant.assignments.grant({ principal: owner, role: 'owner' })),
      )
      const end = async (i: number): Promise<unknown> => {
        const way = ends[(round + i) % ends.length]
        const principal = owners[i]!
        if (way === 'revoke') return tenant.assignments.revoke(held[i]!)
        if (way === 'disable') return tenant.users.disable(principal)
        if (way === 'remove') return tenant.users.remove(principal)
        return tenant.assignments.grant({ principal, role: 'owner', expiresAt: new Date(Date.now() + 60_000) })
      }
      const { won, lost } = await heldUp(tenant.id, 3, () => race(times(3, end)))
      expect(won).toHaveLength(2)
      expect(lost).toEqual(['LAST_OWNER'])
    }
  })

  it('no ring of roles is closed from two sides', async () => {
    for (let round = 0; round < 6; round++) {
      const keys = [key(), key(), key(), key()]
      for (const one of keys) await house.acme.roles.create({ key: one })
      const close = (i: number) => house.acme.roles.update(keys[i]!, { parent: keys[(i + 1) % 4]! })
      const { won, lost } = await heldUp(house.acme.id, 4, () => race(times(4, close)))
      expect(won).toHaveLength(3)
      expect(lost).toEqual(['ROLE_CYCLE'])
    }
  })

  it('T04: of 10 roles or organizations of one key one is made', async () => {
    const name = key()
    const roles = await race(times(10, () => house.acme.roles.create({ key: name })))
    expect([roles.won.length, new Set(roles.lost)]).toEqual([1, new Set(['ROLE_TAKEN'])])
    const organizations = await race(times(10, () => house.acme.organizations.create({ key: name, name })))
    expect([organizations.won.length, new Set(organizations.lost)]).toEqual([1, new Set(['ORGANIZATION_TAKEN'])])
    const accounts = await race(times(10, () => house.acme.serviceAccounts.create({ name })))
    expect([accounts.won.length, new Set(accounts.lost)]).toEqual([1, new Set(['SERVICE_ACCOUNT_TAKEN'])])
  })

  it('a role is not given while it is removed, nor inherited from', async () => {
    for (let round = 0; round < 6; round++) {
      const name = key()
      await house.acme.roles.create({ key: name })
      const ana = await house.person()
      const works = [
        () => house.acme.roles.remove(name),
        round % 2 === 0
          ? () => house.acme.assignments.grant({ principal: ana, role: name })
          : () => house.acme.roles.create({ key: key(), parent: name }),
      ]
      const { won, lost } = await heldUp(house.acme.id, 2, () => race<unknown>(works))
      expect(won).toHaveLength(1)
      expect(['ROLE_IN_USE', 'ROLE_UNKNOWN']).toContain(lost[0])
    }
  })

  it('the last organization stays', async () => {
    const tenant = await house.globex()
    await tenant.organizations.create({ key: 'second', name: 'Second' })
    const remove = (i: number) => tenant.organizations.remove(['main', 'second'][i]!)
    const { lost } = await heldUp(tenant.id, 2, () => race(times(2, remove)))
    expect(lost).toEqual(['LAST_ORGANIZATION'])
    expect((await tenant.organizations.list()).items).toHaveLength(1)
  })

  it('who loses a permission while granting it grants it before or not at all', async () => {
    for (let round = 0; round < 6; round++) {
      const [ana, bob] = [await house.person(['member']), await house.person()]
      const [held] = (await house.acme.assignments.list({ principal: ana })).items
      const { lost } = await race<unknown>([
        () => house.acme.assignments.revoke(held!),
        () => house.as(ana).assignments.grant({ principal: bob, role: 'member' }),
      ])
      const given = (await house.acme.assignments.list({ principal: bob })).items
      expect([lost, given.length]).toEqual(given.length === 1 ? [[], 1] : [['GRANT_REFUSED'], 0])
    }
  })
})

describe('another process', () => {
  it('hears of a change, of roles and of what one holds', async () => {
    const storage = postgres({ pool: database.appPool })
    const elsewhere = await makeInstance(storage)
    try {
      const there = await elsewhere.tenant(house.acme.id)
      const ana = await house.person()
      const [name] = [key()]
      const may = () => there.access.check(ana, 'note:write')
      expect(await may()).toBe(false)
      await house.acme.roles.create({ key: name })
      await house.acme.assignments.grant({ principal: ana, role: name })
      await house.acme.roles.update(name, { permissions: [{ resource: 'note', actions: ['write'] }] })
      await expect.poll(may, { timeout: 5_000 }).toBe(true)
      const [held] = (await house.acme.assignments.list({ principal: ana })).items
      await house.acme.assignments.revoke(held!)
      await expect.poll(may, { timeout: 5_000 }).toBe(false)
    } finally {
      await elsewhere.close()
    }
  })

  it('that hears nothing knows by the versions of a session, at once, or by age, within ten seconds', async () => {
    let now = Date.now()
    const elsewhere = await makeInstance(postgres({ pool: database.appPool, listen: false }), { now: () => now })
    try {
      const there = await elsewhere.tenant(house.acme.id)
      const ana = await house.person()
      const before = await there.access.principal(ana)
      expect(before.can('note:write')).toBe(false)
      await house.acme.assignments.grant({ principal: ana, role: 'member' })
      expect(await there.access.check(ana, 'note:write')).toBe(false)
      const { versions } = await house.acme.access.principal(ana)
      // what all are read with is as it was
      expect(versions.tenant).toBe(before.versions.tenant)
      expect(versions.principal).toBeGreaterThan(before.versions.principal)
      expect((await there.access.principal(ana, versions)).can('note:write')).toBe(true)
      await house.acme.users.disable(ana)
      expect(await there.access.check(ana, 'note:write')).toBe(true)
      now += 10_000
      expect(await there.access.check(ana, 'note:write')).toBe(false)
    } finally {
      await elsewhere.close()
    }
  })
})

describe('on the wire', () => {
  it('a cold check is one round trip and a warm one none', async () => {
    const proxy = await startProxy(database.appUrl)
    const pool = new pg.Pool({ connectionString: proxy.url(database.appUrl), max: 1 })
    const there = await makeHouse(postgres({ pool, listen: false }))
    try {
      const [ana, bob] = [await there.person(['member']), await there.person(['viewer'])]
      const trips = async (work: () => Promise<unknown>): Promise<number> => {
        const before = proxy.roundTrips
        await work()
        return proxy.roundTrips - before
      }
      expect(await trips(() => there.acme.access.check(ana, 'note:read'))).toBe(1)
      expect(await trips(() => there.acme.access.check(ana, 'note:write'))).toBe(0)
      expect(await trips(() => there.acme.access.check(bob, 'note:write'))).toBe(1)
    } finally {
      await there.close()
      await pool.end()
      await proxy.close()
    }
  })
})
