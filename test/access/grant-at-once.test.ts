// A role given in one round trip, on a real PostgreSQL: it is the same grant as the long way makes, and never one by somebody who
// has just lost what they give.

import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { NewAssignment, User } from '../../src/index.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { startProxy, type TestProxy } from '../setup/proxy.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse, makeInstance } from './house.ts'
import { inTurn, race } from './race.ts'

let database: TestDatabase
let proxy: TestProxy
let pool: pg.Pool
let house: House
let giver: User
let given: User
let made = 0
const key = () => `quick-${++made}`

beforeAll(async () => {
  database = await createTestDatabase({ connections: 20 })
  proxy = await startProxy(database.appUrl)
  pool = new pg.Pool({ connectionString: proxy.url(database.appUrl), max: 10 })
  pool.on('error', () => undefined)
  house = await makeHouse(postgres({ pool, listen: false }))
})
afterAll(async () => {
  await house?.close()
  await pool?.end()
  await proxy?.close()
  await database?.close()
})
beforeEach(async () => {
  giver = await house.person(['admin'])
  given = await house.person()
  // who asks has just been checked, as in a request
  await house.acme.access.check(giver, 'assignment:write')
})

async function trips<R>(work: () => Promise<R>): Promise<{ readonly answer: R; readonly trips: number }> {
  proxy.reset()
  const answer = await work()
  return { answer, trips: proxy.roundTrips }
}

const auditOf = async (assignment: { readonly id: string }) =>
  (await house.acme.audit.list({ action: 'assignment.granted' })).items.filter(({ targets }) =>
    targets.some(({ id }) => id === assignment.id),
  )

describe('one round trip', () => {
  it('gives what the long way gives, by a person and by the host’s own code, everywhere and in a place', async () => {
    const organization = await house.acme.organizations.get('main')
    const project = await house.acme.projects.create({ organization, key: key() })
    const rows: Omit<NewAssignment, 'principal'>[] = [
      { role: 'member' },
      { role: 'viewer', scope: { organization }, flow: 'self', reason: 'a visit' },
      { role: 'member', scope: { project }, startsAt: new Date(0), expiresAt: new Date(Date.UTC(2050, 0, 1)) },
    ]
    for (const acme of [house.as(giver), house.acme]) {
      for (const row of rows) {
        const [one, two] = [await house.person(), await house.person()]
        await house.acme.access.check(giver, 'assignment:write')
        const quick = await trips(() => acme.assignments.grant({ principal: one, ...row }))
        expect(quick.trips).toBe(1)
        const long = await trips(() => acme.transaction((tx) => tx.assignments.grant({ principal: two, ...row })))
        expect(long.trips).toBeGreaterThan(2)
        const { id: _, principal, createdAt, ...said } = quick.answer
        expect(principal).toEqual({ kind: 'user', id: one.id })
        expect(createdAt).toBeInstanceOf(Date)
        expect(long.answer).toMatchObject(said)
        expect((await house.acme.assignments.list({ principal: one })).items).toEqual([quick.answer])
        const [[event], [other]] = [await auditOf(quick.answer), await auditOf(long.answer)]
        expect(event).toMatchObject({ actor: other!.actor, changes: other!.changes, details: other!.details })
      }
    }
  })

  it('counts at once, for the one who was given it and for who asks for its revision', async () => {
    expect(await house.acme.access.check(given, 'note:write')).toBe(false)
    const before = await house.acme.access.revision()
    await house.as(giver).assignments.grant({ principal: given, role: 'member' })
    expect(await house.acme.access.check(given, 'note:write')).toBe(true)
    expect(await house.acme.access.revision()).not.toBe(before)
    const elsewhere = await makeInstance(postgres({ pool, listen: false }))
    const there = await elsewhere.tenant(house.acme.id)
    const atLeast = await house.acme.access.revision(given)
    expect(await there.access.check(given, 'note:write', { atLeast })).toBe(true)
    await elsewhere.close()
  })

  it('is not taken for what is held already, is in a place that is gone, or goes to nobody', async () => {
    const organization = await house.acme.organizations.create({ key: key(), name: 'Gone' })
    const first = await house.acme.assignments.grant({ principal: given, role: 'member' })
    const again = await house.as(giver).assignments.grant({ principal: given, role: 'member', reason: 'again' })
    expect(again).toMatchObject({ id: first.id, reason: 'again' })
    await house.acme.organizations.remove(organization.id)
    await house.acme.access.check(giver, 'assignment:write')
    const give = (assignment: NewAssignment) => () => house.as(giver).assignments.grant(assignment)
    await refused(give({ principal: given, role: 'viewer', scope: { organization } }), 'ORGANIZATION_UNKNOWN')
    await house.acme.users.remove(given)
    await refused(give({ principal: given, role: 'viewer' }), 'PRINCIPAL_UNKNOWN')
    await refused(give({ principal: giver, role: 'nothing' }), 'ROLE_UNKNOWN')
  })
})

describe('what is remembered is old', () => {
  it('and the giver has lost it meanwhile, somewhere else: refused', async () => {
    const elsewhere = await makeInstance(postgres({ pool, listen: false }))
    const there = await elsewhere.tenant(house.acme.id)
    const ways: readonly (() => Promise<unknown>)[] = [
      async () => there.assignments.revoke((await there.assignments.list({ principal: giver })).items[0]!),
      () => there.users.disable(giver),
      () => there.policies.create({ key: key(), document: denial(giver) }),
    ]
    for (const lose of ways) {
      giver = await house.person(['admin'])
      await house.acme.access.check(giver, 'assignment:write')
      await lose()
      await refused(() => house.as(giver).assignments.grant({ principal: given, role: 'member' }), 'GRANT_REFUSED')
    }
    await elsewhere.close()
  })

  it('and the giver has gained it meanwhile: given', async () => {
    const late = await house.person()
    await house.acme.access.check(late, 'assignment:write')
    const elsewhere = await makeInstance(postgres({ pool, listen: false }))
    await (await elsewhere.tenant(house.acme.id)).assignments.grant({ principal: late, role: 'admin' })
    await elsewhere.close()
    expect(await house.as(late).assignments.grant({ principal: given, role: 'member' })).toMatchObject({
      grantedBy: { type: 'user', id: late.id },
    })
  })
})

describe('races', () => {
  it('who loses a role, or a role that gains more, before the grant has its turn: refused; after it: given', async () => {
    const permissions = [{ resource: 'note', actions: ['read'] }]
    for (const way of ['revoked', 'denied', 'widened'] as const) {
      for (const first of ['lose', 'give'] as const) {
        const [role, most] = [key(), key()]
        await house.acme.roles.create({ key: role, permissions })
        await house.acme.roles.create({ key: most, permissions })
        const [ana, bob] = [await house.person([most]), await house.person()]
        const [held] = (await house.acme.assignments.list({ principal: ana })).items
        await house.acme.access.check(ana, 'note:read')
        const lose = {
          revoked: () => house.acme.assignments.revoke(held!),
          denied: () => house.acme.policies.create({ key: key(), document: denial(ana) }),
          widened: () =>
            house.acme.roles.update(role, { permissions: [{ resource: 'note', actions: ['read', 'write'] }] }),
        }[way]
        const give = () => house.as(ana).assignments.grant({ principal: bob, role })
        const { lost } = await inTurn(database, house.acme.id, first === 'lose' ? [lose, give] : [give, lose])
        const items = (await house.acme.assignments.list({ principal: bob })).items
        expect([lost, items.length], `${way}, ${first} first`).toEqual(
          first === 'lose' ? [['GRANT_REFUSED'], 0] : [[], 1],
        )
      }
    }
  })

  it('who is disabled meanwhile gave before it or not at all', async () => {
    for (let round = 0; round < 8; round++) {
      const [ana, bob] = [await house.person(['admin']), await house.person()]
      await house.acme.access.check(ana, 'assignment:write')
      const lose = async () => void (await house.acme.users.disable(ana))
      const give = async () => void (await house.as(ana).assignments.grant({ principal: bob, role: 'member' }))
      const { lost } = await inTurn(database, house.acme.id, round % 2 === 0 ? [lose, give] : [give, lose])
      const items = (await house.acme.assignments.list({ principal: bob })).items
      expect([lost, items.length]).toEqual(round % 2 === 0 ? [['GRANT_REFUSED'], 0] : [[], 1])
    }
  })

  it('of 20 at once to one person all are given, and each is counted', async () => {
    const roles = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const { key: name } = await house.acme.roles.create({ key: key() })
        return name
      }),
    )
    await house.acme.access.check(giver, 'assignment:write')
    const { lost } = await race(
      roles.map((role) => () => house.as(giver).assignments.grant({ principal: given, role })),
    )
    expect(lost).toEqual([])
    expect((await house.acme.assignments.list({ principal: given })).items).toHaveLength(20)
    const { access_version } = (
      await database.admin('select access_version::int from freehold.users where id = $1', [given.id])
    )[0] as { access_version: number }
    expect(access_version).toBe(21)
  })
})

describe('a connection that is lost', () => {
  it('before the grant or after it: all of it is there, or nothing', async () => {
    for (const cut of [{ beforeSend: 1 }, { beforeAnswer: 1 }] as const) {
      const bob = await house.person()
      await house.acme.access.check(giver, 'assignment:write')
      proxy.reset()
      proxy.cut(cut)
      await expect(house.as(giver).assignments.grant({ principal: bob, role: 'member' })).rejects.toMatchObject({
        code: expect.stringMatching(/^(STORAGE_UNAVAILABLE|TRANSACTION_LOST)$/),
      })
      const items = (await house.acme.assignments.list({ principal: bob })).items
      expect(items).toHaveLength('beforeAnswer' in cut ? 1 : 0)
      for (const item of items) expect(await auditOf(item)).toHaveLength(1)
      // and the same again is no error
      await house.as(giver).assignments.grant({ principal: bob, role: 'member' })
      expect(await house.acme.access.check(bob, 'note:write')).toBe(true)
    }
  })
})

const denial = ({ id }: User) => ({
  effect: 'deny' as const,
  principals: [{ user: id }],
  actions: ['note:*'],
  resources: ['*'] as const,
})
