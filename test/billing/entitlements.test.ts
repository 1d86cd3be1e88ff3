// Limits on PostgreSQL, from two processes that hear nothing of each other: what is sold is never sold twice, and the
// number of members is the number of users who are active, whatever was sold when they came.

import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { testHasher, testKeys } from '../../src/adapters/testing/index.ts'
import { createFreehold, type Freehold, FreeholdError, type TenantHandle } from '../../src/index.ts'
import { labelOf } from '../../src/migrations/index.ts'
import { bundledMigrations } from '../../src/migrations/manifest.ts'
import { logOf } from '../audit/house.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'

let database: TestDatabase
let pools: pg.Pool[]
let processes: Freehold<unknown, string>[]
beforeAll(async () => {
  database = await createTestDatabase()
  pools = [0, 1].map(() => new pg.Pool({ connectionString: database.appUrl, max: 25 }))
  processes = await Promise.all(
    pools.map((pool) =>
      createFreehold<unknown, string>({
        storage: postgres({ pool, listen: false }),
        keys: testKeys(),
        passwordHasher: testHasher(),
        onError: () => undefined,
        onWarning: () => undefined,
      }),
    ),
  )
})
afterAll(async () => {
  await Promise.all(processes.map((freehold) => freehold.close()))
  await Promise.all(pools.map((pool) => pool.end()))
  await database.close()
})

/** The plan that the tests sell; a tenant of its own for each, as each process has it. */
let plan: string
let here: TenantHandle
let there: TenantHandle
beforeEach(async () => {
  plan = `p${randomBytes(6).toString('hex')}`
  const slug = `t${randomBytes(6).toString('hex')}`
  here = await processes[0]!.tenants.create({ slug, name: 'Acme' })
  there = (await processes[1]!.tenant(slug)) as TenantHandle
})

const sell = (limits: Record<string, number | null>, process = 0) =>
  processes[process]!.plans.put({ key: plan, name: 'Plan', features: {}, limits })
const subscribe = () => processes[0]!.tenants.update(here.tenant.slug, { plan })
const user = (at: TenantHandle, name = randomBytes(6).toString('hex')) =>
  at.users.create({ email: `${name}@example.test` })
const used = async (name: string) => (await there.entitlements.limit(name)).used
const active = async () => {
  const statement = `select count(*)::int as n from freehold.users where tenant_id = $1 and status = 'active'`
  return (await database.admin(statement, [here.id]))[0]!.n
}

/** `ok`, or the code of the error. */
async function outcome(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'ok',
    (error: unknown) => (FreeholdError.is(error) ? error.code : String(error)),
  )
}

/** Fifty at once, every other one from the other process. */
async function fifty(work: (at: TenantHandle) => Promise<unknown>): Promise<Record<string, number>> {
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => outcome(work(i % 2 ? here : there))))
  return Object.fromEntries([...new Set(answers)].sort().map((one) => [one, answers.filter((it) => it === one).length]))
}

describe('T04: of 50 at once, from two processes, on a limit of 5', () => {
  beforeEach(async () => {
    await sell({ members: 5, seats: 5 })
    await subscribe()
  })

  it('5 users are created, and the log has as many', async () => {
    expect(await fifty((at) => user(at))).toEqual({ LIMIT_REACHED: 45, ok: 5 })
    expect([await active(), await used('members')]).toEqual([5, 5])
    expect((await logOf(here)).filter(({ action }) => action === 'user.created')).toHaveLength(5)
  })

  it('5 are taken, and the log has as many', async () => {
    expect(await fifty((at) => at.entitlements.take('seats'))).toEqual({ LIMIT_REACHED: 45, ok: 5 })
    expect(await used('seats')).toBe(5)
    const taken = (await logOf(here)).filter(({ action }) => action === 'entitlement.taken')
    expect(taken.map(({ details }) => details.used)).toEqual([1, 2, 3, 4, 5])
  })

  it('what rolls back takes nothing: 5 of those that commit', async () => {
    let turn = 0
    const answers = await fifty((at) => {
      const stays = turn++ % 10 === 0
      return at.transaction(async (tx) => {
        await tx.users.create({ email: `${randomBytes(6).toString('hex')}@example.test` })
        await tx.entitlements.take('seats')
        if (!stays) throw new Error('stop')
      })
    })
    const kept = answers.ok ?? 0
    expect([await active(), await used('members'), await used('seats')]).toEqual([kept, kept, kept])
    expect((await fifty((at) => user(at))).ok ?? 0).toBe(5 - kept)
  })

  it('as many as left may come: disabled, removed, enabled again', async () => {
    const users = await Promise.all(Array.from({ length: 5 }, (_, i) => user(i % 2 ? here : there)))
    await here.users.disable(users[0]!)
    await here.users.disable(users[0]!)
    await there.users.remove(users[0]!)
    await there.users.remove(users[1]!)
    await here.users.disable(users[2]!)
    expect([await active(), await used('members')]).toEqual([2, 2])
    expect(await fifty((at) => (at === here ? user(at) : at.users.enable(users[2]!)))).toMatchObject({
      LIMIT_REACHED: expect.any(Number),
    })
    expect([await active(), await used('members')]).toEqual([5, 5])
    expect(await outcome(user(there))).toBe('LIMIT_REACHED')
  })

  it('the same one, disabled, enabled and removed by everybody, is counted once', async () => {
    const ana = await user(here)
    for (const verb of ['disable', 'enable', 'disable', 'enable', 'remove'] as const) {
      await fifty((at) => at.users[verb](ana))
      expect(await used('members')).toBe(await active())
    }
    const bob = await user(here)
    await Promise.all(Array.from({ length: 40 }, (_, i) => outcome(here.users[i % 2 ? 'disable' : 'enable'](bob))))
    expect(await used('members')).toBe(await active())
  })
})

describe('users who were there before anything was sold', () => {
  it('count on the day it is, and those who left before do not', async () => {
    const early = await Promise.all(Array.from({ length: 4 }, () => user(here)))
    await there.users.remove(early[0]!)
    expect(await there.entitlements.limit('members')).toEqual({ maximum: null, used: 3 })
    await sell({ members: 5 })
    await subscribe()
    expect(await fifty((at) => user(at))).toEqual({ LIMIT_REACHED: 48, ok: 2 })
    expect([await active(), await used('members')]).toEqual([5, 5])
  })

  it('and of a plan that does not name members there are as many as you like, counted all the same', async () => {
    await sell({ seats: 1 })
    await subscribe()
    await Promise.all(Array.from({ length: 7 }, () => user(here)))
    expect(await here.entitlements.limit('members')).toEqual({ maximum: null, used: 7 })
    await sell({ members: 5 })
    expect(await here.entitlements.limit('members')).toEqual({ maximum: 5, used: 7 })
    expect(await outcome(user(there))).toBe('LIMIT_REACHED')
  })

  it('count after the migration that begins to count', async () => {
    await Promise.all([user(here), user(here), user(here)])
    await here.users.disable(await user(there))
    await database.admin("delete from freehold.tenant_counters where name = 'limit:members'")
    const { statements } = bundledMigrations().find((file) => labelOf(file) === 'tenant/0004_billing')!
    const start = statements.findIndex(({ text }) => text.includes('alter table users no force'))
    const client = new pg.Client({ connectionString: database.ownerUrl })
    await client.connect()
    await client.query('begin; set local search_path = freehold, pg_temp; set local row_security = off')
    for (const { text } of statements.slice(start, start + 5)) await client.query(text)
    await client.query('commit')
    await client.end()
    expect(await used('members')).toBe(3)
    const walls = `select relforcerowsecurity as force from pg_class where oid in ('freehold.users'::regclass, 'freehold.tenant_counters'::regclass)`
    expect(await database.admin(walls)).toEqual([{ force: true }, { force: true }])
  })
})

describe('a process that has not heard of a change', () => {
  beforeEach(async () => {
    await sell({ members: 2, seats: 2 })
    await subscribe()
    // both remember the plan as it is
    await here.entitlements.plan()
    await there.entitlements.plan()
  })

  it('takes by the plan as it is, not as it remembers it: less', async () => {
    await sell({ members: 0, seats: 0 })
    expect((await there.entitlements.plan())?.limits).toEqual({ members: 2, seats: 2 })
    expect([await outcome(there.entitlements.take('seats')), await outcome(user(there))]).toEqual([
      'LIMIT_REACHED',
      'LIMIT_REACHED',
    ])
    expect([await used('seats'), await active()]).toEqual([0, 0])
  })

  it('and more', async () => {
    await sell({ members: 3, seats: 3 })
    expect(await fifty((at) => (at === there ? at.entitlements.take('seats') : Promise.resolve()))).toEqual({
      LIMIT_REACHED: 22,
      ok: 28,
    })
    expect(await fifty((at) => (at === there ? user(at) : Promise.resolve()))).toEqual({ LIMIT_REACHED: 22, ok: 28 })
  })

  it('takes nothing when the plan is the tenant’s no more', async () => {
    await processes[0]!.tenants.update(here.tenant.slug, { plan: null })
    expect(await outcome(there.entitlements.take('seats'))).toBe('LIMIT_REACHED')
  })
})

it('members are nobody’s to take or to give: they are counted as users come and go', async () => {
  await sell({ members: 5 })
  await subscribe()
  await user(here)
  expect(await outcome(here.entitlements.take('members'))).toBe('INPUT_INVALID')
  expect(await outcome(here.entitlements.give('members'))).toBe('INPUT_INVALID')
  expect(await used('members')).toBe(1)
})
