// Many users of another system at once: each answered for, none made twice, and none that stands in the way of the others.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { legacyHashes } from '../../src/adapters/legacy-hashes/index.ts'
import type { ImportedUser, ImportOptions, ImportResult, TenantHandle } from '../../src/index.ts'
import { type House, logOf, openHouse, STORAGES } from '../audit/house.ts'
import { refused } from '../setup/refusal.ts'

/** Of the password `hashcat`. */
const BCRYPT = '$2a$05$LhayLxezLhK1LhWvKxCyLOj0j1u.Kj0jZ0pEmm134uzrQlFvQJLF6'
const crowd = (count: number): ImportedUser[] =>
  Array.from({ length: count }, (_, i) => ({ email: `u${i}@example.test`, name: `User ${i}` }))

describe.each(STORAGES)('an import of users on %s', (storage) => {
  let house: House
  let acme: TenantHandle
  beforeAll(async () => {
    house = await openHouse(storage, { legacyHashes: legacyHashes() })
  })
  afterAll(() => house.close())
  beforeEach(async () => {
    acme = await house.tenant()
  })

  async function run(users: Parameters<TenantHandle['users']['import']>[0], options?: ImportOptions) {
    const results: ImportResult[] = []
    for await (const result of acme.users.import(users, options)) results.push(result)
    return results
  }
  const outcomes = (results: readonly ImportResult[]) => results.map(({ outcome }) => outcome)
  const live = async () => (await acme.users.list({ limit: 200 })).items.length

  it('makes each of them, who sign in with the password they had', async () => {
    const given = { email: 'Ana@Example.TEST', name: 'Ana', passwordHash: BCRYPT, emailVerified: true }
    const results = await run([given, { email: 'bob@example.test', metadata: { legacyId: 7 } }])
    expect(results).toMatchObject([
      { index: 0, email: 'Ana@Example.TEST', outcome: 'created', user: { emailVerifiedAt: expect.any(Date) } },
      { index: 1, outcome: 'created', user: { emailVerifiedAt: null, hasPassword: false, metadata: { legacyId: 7 } } },
    ])
    const entered = await acme.signIn.password({ email: 'ana@example.test', password: 'hashcat' })
    expect(entered).toMatchObject({ ok: true, user: { name: 'Ana' } })
  })

  it('leaves those who are there as they are: a run that was cut short is run again', async () => {
    await run(crowd(3))
    const before = await acme.users.list()
    const again = await run([...crowd(5), { email: 'U1@example.test', name: 'Another' }])
    expect(outcomes(again)).toEqual(['exists', 'exists', 'exists', 'created', 'created', 'exists'])
    expect((await acme.users.list()).items.slice(0, 3)).toEqual(before.items)
  })

  it('makes the first of two with one address, in one batch or in two', async () => {
    const twice = [
      { email: 'a@example.test', name: 'First' },
      { email: 'A@example.test', name: 'Second' },
    ]
    expect(outcomes(await run(twice))).toEqual(['created', 'exists'])
    expect((await acme.users.findByEmail('a@example.test'))?.name).toBe('First')
    acme = await house.tenant()
    expect(outcomes(await run(twice, { batch: 1 }))).toEqual(['created', 'exists'])
  })

  it('tells of each that is not taken, in its place, and takes the others', async () => {
    const results = await run(
      [
        { email: 'a@example.test' },
        { email: 'no address' },
        { email: 'b@example.test', passwordHash: 'plain' },
        { email: 'c@example.test', password: 'a lantern under the harbour' } as ImportedUser,
        null as unknown as ImportedUser,
        { email: 'd@example.test', metadata: { large: 'x'.repeat(20_000) } },
        { email: 'e@example.test', emailVerified: 'yes' as unknown as boolean },
        { email: 'f@example.test' },
      ],
      { batch: 3 },
    )
    expect(results.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(results.map((result) => (result.outcome === 'refused' ? result.error.code : result.outcome))).toEqual([
      'created',
      'EMAIL_INVALID',
      'INPUT_INVALID',
      'INPUT_INVALID',
      'INPUT_INVALID',
      'INPUT_INVALID',
      'INPUT_INVALID',
      'created',
    ])
    expect(await live()).toBe(2)
  })

  it('goes as far as the plan has room, to the last one', async () => {
    const plan = `plan-${acme.id}`
    await house.freehold.plans.put({ key: plan, name: 'Small', features: {}, limits: { members: 5 } })
    await house.freehold.tenants.update(acme, { plan })
    acme = await house.freehold.tenant(acme.id)
    const results = await run([...crowd(7), { email: 'u0@example.test' }], { batch: 4 })
    expect(outcomes(results)).toEqual([...Array(5).fill('created'), 'refused', 'refused', 'exists'])
    expect(results[5]).toMatchObject({ error: { code: 'LIMIT_REACHED', details: { maximum: 5 } } })
    expect(await live()).toBe(5)
  })

  it('writes an event for each, and none for whoever was there', async () => {
    await run(crowd(2))
    await run(crowd(3))
    const events = (await logOf(acme)).filter(({ action }) => action === 'user.created')
    expect(events.map(({ details }) => details)).toEqual(Array(3).fill({ emailVerified: false, imported: true }))
  })

  it('reads no further than a batch ahead, and stops where its reader stops', async () => {
    let read = 0
    async function* endless() {
      for (;;) yield { email: `e${read++}@example.test` }
    }
    for await (const { index } of acme.users.import(endless(), { batch: 10 })) if (index === 11) break
    expect(read).toBe(20)
    expect(await live()).toBe(20)
  })

  it('is a part of a transaction that is taken back', async () => {
    const whole = acme.transaction(async (tx) => {
      for await (const { outcome } of tx.users.import(crowd(3))) expect(outcome).toBe('created')
      throw new Error('taken back')
    })
    await expect(whole).rejects.toThrow('taken back')
    expect(await live()).toBe(0)
  })

  it.each([
    ['no list', 'abc', undefined],
    ['no list', { email: 'a@example.test' }, undefined],
    ['a batch of none', [], { batch: 0 }],
    ['a batch that is too large', [], { batch: 501 }],
    ['an option that is none', [], { overwrite: true }],
  ])('refuses %s', async (_, users, options) => {
    await refused(() => run(users as never, options as never), 'INPUT_INVALID')
  })

  it('an empty one is nothing', async () => {
    expect(await run([])).toEqual([])
  })
})

describe('imports of the same people at once', () => {
  it('make each of them once, on a real PostgreSQL', async () => {
    const house = await openHouse('postgres')
    const acme = await house.tenant()
    const run = async (users: ImportedUser[]) => {
      let created = 0
      for await (const { outcome } of acme.users.import(users, { batch: 7 })) if (outcome === 'created') created++
      return created
    }
    const people = crowd(60)
    const created = await Promise.all(
      [people, people.toReversed(), people, people.toReversed(), people].map((users) => run([...users])),
    )
    expect(created.reduce((sum, count) => sum + count, 0)).toBe(60)
    expect((await acme.users.list({ limit: 200 })).items).toHaveLength(60)
    expect((await logOf(acme)).filter(({ action }) => action === 'user.created')).toHaveLength(60)
    await house.close()
  })
})
