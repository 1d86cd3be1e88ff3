// A tenant that has an owner keeps one, whichever way the last one would go.

import { beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { User } from '../../src/core/identity/user.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse } from './house.ts'

const HOUR = 3_600_000
const now = Date.UTC(2030, 0, 1)
let house: House
let olga: User
beforeEach(async () => {
  house = await makeHouse(memory({ clock: () => now }), { now: () => now })
  olga = await house.person(['owner'])
})

const ownership = async (user: User) =>
  (await house.acme.assignments.list({ principal: user, role: 'owner' })).items[0]!

/** Each way in which somebody stops being an owner. */
const ways: [name: string, go: (user: User) => Promise<unknown>][] = [
  ['being revoked', async (user) => house.acme.assignments.revoke(await ownership(user))],
  ['being disabled', (user) => house.acme.users.disable(user)],
  ['being locked', (user) => house.acme.users.lock(user)],
  ['being removed', (user) => house.acme.users.remove(user)],
  [
    'getting an end',
    (user) => house.acme.assignments.grant({ principal: user, role: 'owner', expiresAt: new Date(now + HOUR) }),
  ],
  [
    'getting a later start',
    (user) => house.acme.assignments.grant({ principal: user, role: 'owner', startsAt: new Date(now + HOUR) }),
  ],
]

describe('the last owner', () => {
  for (const [name, go] of ways) {
    it(`stays in spite of ${name}, and all is as before`, async () => {
      const before = [await house.acme.users.get(olga), await ownership(olga)]
      await refused(() => go(olga), 'LAST_OWNER')
      expect([await house.acme.users.get(olga), await ownership(olga)]).toEqual(before)
      expect(await house.acme.access.check(olga, 'tenant:write')).toBe(true)
    })

    it(`may go by ${name} once there is another`, async () => {
      await house.person(['owner'])
      await go(olga)
    })
  }

  it('may end in a transaction that brings another first, and not in one that brings none', async () => {
    const bob = await house.person()
    const held = await ownership(olga)
    await refused(() => house.acme.transaction((tx) => tx.assignments.revoke(held)), 'LAST_OWNER')
    await house.acme.transaction(async (tx) => {
      await tx.assignments.grant({ principal: bob, role: 'owner' })
      await tx.assignments.revoke(held)
    })
    expect(await house.acme.access.check(olga, 'tenant:write')).toBe(false)
  })
})

describe('who does not count as an owner', () => {
  const others: [name: string, make: () => Promise<unknown>][] = [
    [
      'somebody who is disabled',
      async () => {
        await house.acme.users.disable(await house.person(['owner']))
      },
    ],
    [
      'somebody whose ownership ends',
      async () => {
        const expiresAt = new Date(now + 1000 * HOUR)
        await house.acme.assignments.grant({ principal: await house.person(), role: 'owner', expiresAt })
      },
    ],
    [
      'somebody whose ownership begins later',
      async () => {
        const startsAt = new Date(now + HOUR)
        await house.acme.assignments.grant({ principal: await house.person(), role: 'owner', startsAt })
      },
    ],
    [
      'the owner of an organization',
      async () => {
        const organization = await house.acme.organizations.get('main')
        await house.acme.assignments.grant({
          principal: await house.person(),
          role: 'owner',
          scope: { organization },
        })
      },
    ],
    [
      'a service account',
      async () => {
        const robot = await house.acme.serviceAccounts.create({ name: 'robot' })
        await house.acme.assignments.grant({ principal: robot, role: 'owner' })
      },
    ],
    [
      'somebody whose role inherits from it',
      async () => {
        await house.acme.roles.create({ key: 'heir', parent: 'owner' })
        await house.person(['heir'])
      },
    ],
    ['an admin', () => house.person(['admin'])],
    ['an owner of another tenant', async () => house.person(['owner'], await house.globex())],
  ]
  for (const [name, make] of others) {
    it(name, async () => {
      await make()
      for (const [, go] of ways) await refused(() => go(olga), 'LAST_OWNER')
    })
  }

  it('and who has begun in the past does', async () => {
    const bob = await house.person()
    await house.acme.assignments.grant({ principal: bob, role: 'owner', startsAt: new Date(now - 1) })
    await house.acme.users.remove(olga)
    await refused(() => house.acme.users.disable(bob), 'LAST_OWNER')
  })
})

describe('a tenant without an owner', () => {
  it('can be without one', async () => {
    const globex = await house.globex()
    const hank = await house.person(['member'], globex)
    await globex.users.disable(hank)
    await globex.users.enable(hank)
    await globex.users.remove(hank)
    const ida = await house.person([], globex)
    const expiresAt = new Date(now + HOUR)
    await globex.assignments.grant({ principal: ida, role: 'owner', expiresAt })
    await globex.users.disable(ida)
  })

  it('looks at more owners than one page holds', async () => {
    for (let i = 0; i < 201; i++) {
      const gone = await house.acme.users.create({ email: `gone${i}@example.test` })
      await house.acme.assignments.grant({ principal: gone, role: 'owner' })
      await house.acme.users.disable(gone)
    }
    const last = await house.person(['owner'])
    await house.acme.users.disable(olga)
    await refused(() => house.acme.users.disable(last), 'LAST_OWNER')
  })
})
