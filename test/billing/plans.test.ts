// The price list: what is put, replaced and archived, what the log says of it, and what names no plan or price.

import { beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { fakeProvider, testHasher, testKeys } from '../../src/adapters/testing/index.ts'
import { priceToPlan } from '../../src/core/billing/plan-in-force.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import { createFreehold, type Freehold, PLATFORM_TENANT_ID, type TenantHandle } from '../../src/index.ts'
import { logOf } from '../audit/house.ts'
import { refused } from '../setup/refusal.ts'

let storage: Storage<unknown>
let freehold: Freehold<unknown, string>
let acme: TenantHandle
const start = (options: object = {}) =>
  createFreehold<unknown, string>({
    storage,
    keys: testKeys(),
    passwordHasher: testHasher(),
    billing: { fake: fakeProvider() },
    onError: () => undefined,
    onWarning: () => undefined,
    ...options,
  })
beforeEach(async () => {
  storage = memory()
  freehold = await start()
  acme = (await freehold.tenants.create({ slug: 'acme', name: 'Acme' })) as TenantHandle
})

const plan = { key: 'team', name: 'Team', features: { sso: true }, limits: { seats: 5 } }
const price = { planKey: 'team', provider: 'fake', providerPriceId: 'price_1', currency: 'eur', unitAmount: 900 }
const logged = async () => {
  const log = await logOf((await freehold.tenant(PLATFORM_TENANT_ID)) as TenantHandle)
  return log.filter(({ action }) => /^(plan|price)\./.test(action))
}
const newest = async () => (await logged()).at(-1)!

describe('a plan', () => {
  it('of the largest size is put, replaced by another, and told of in short', async () => {
    const largest = (n: number, letter: string) => {
      const names = Array.from({ length: 500 }, (_, i) => `${letter}${String(i).padStart(4, '0')}`.padEnd(63, letter))
      return {
        features: Object.fromEntries(names.map((name) => [name, n % 2 === 0])),
        limits: Object.fromEntries(names.map((name) => [name, Number.MAX_SAFE_INTEGER - n])),
      }
    }
    for (const [n, letter] of [
      [0, 'a'],
      [1, 'a'],
      [2, 'b'],
    ] as const) {
      const put = { ...plan, name: 'x'.repeat(200), rank: n, ...largest(n, letter) }
      expect(await freehold.plans.put(put)).toEqual(put)
      const short = { entries: 500, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }
      const from = n === 0 ? {} : { from: short }
      expect((await newest()).changes).toMatchObject({
        features: { ...from, to: short },
        limits: { ...from, to: short },
      })
    }
    expect(await logged()).toHaveLength(3)
  })

  it('that changes in one name is told of with that one', async () => {
    await freehold.plans.put(plan)
    expect((await newest()).changes).toEqual({
      name: { to: 'Team' },
      rank: { to: 0 },
      features: { to: { sso: true } },
      limits: { to: { seats: 5 } },
    })
    await freehold.plans.put({ ...plan, features: { sso: true, export: false }, limits: { members: null } })
    expect((await newest()).changes).toEqual({
      features: { from: {}, to: { export: false } },
      limits: { from: { seats: 5 }, to: { members: null } },
    })
    await freehold.plans.put({ ...plan, features: { sso: true, export: false }, limits: { members: null }, rank: 3 })
    expect(await newest()).toMatchObject({ action: 'plan.updated', changes: { rank: { from: 0, to: 3 } } })
  })

  it('that is archived is not listed; whoever has it keeps it, and put brings it back', async () => {
    await freehold.plans.put(plan)
    await freehold.tenants.update('acme', { plan: 'team' })
    await freehold.plans.archive('team')
    await freehold.plans.archive('team')
    expect(await freehold.plans.list()).toEqual([])
    expect((await freehold.plans.get('team')).name).toBe('Team')
    expect(await acme.entitlements.check('sso')).toBe(true)
    expect((await logged()).map(({ action }) => action)).toEqual(['plan.created', 'plan.archived'])
    await freehold.plans.put(plan)
    expect(await freehold.plans.list()).toHaveLength(1)
  })

  it('is one of any number: lists, and what applies events, know all of them', async () => {
    const { records } = storage.system
    const keys = Array.from({ length: 2500 }, (_, i) => `p${String(i).padStart(4, '0')}`)
    for (let i = 0; i < keys.length; i += 500) {
      const some = keys.slice(i, i + 500)
      await records.insert(
        'plans',
        some.map((key) => ({ key, name: key })),
      )
      await records.insert(
        'prices',
        some.map((key) => ({
          id: crypto.randomUUID(),
          plan_key: key,
          provider: 'fake',
          provider_price_id: `price_${key}`,
          currency: 'eur',
          unit_amount: 1,
        })),
      )
    }
    expect((await freehold.plans.list()).map(({ key }) => key)).toEqual(keys)
    expect(await freehold.plans.prices()).toHaveLength(2500)
    const planOf = await priceToPlan(storage.system)
    for (const key of [keys[0]!, keys[999]!, keys[1000]!, keys[2499]!]) {
      expect(planOf('fake', [`price_${key}`])).toBe(key)
    }
  })
})

describe('a price', () => {
  beforeEach(() => freehold.plans.put(plan))

  it('of no plan is PLAN_UNKNOWN, and one of another plan is PRICE_TAKEN', async () => {
    await refused(() => freehold.plans.putPrice({ ...price, planKey: 'gold' }), 'PLAN_UNKNOWN')
    await refused(() => freehold.plans.putPrice({ ...price, planKey: '__proto__' }), 'PLAN_UNKNOWN')
    expect(await freehold.plans.prices()).toEqual([])
    await freehold.plans.putPrice(price)
    await freehold.plans.put({ ...plan, key: 'gold' })
    const taken = await refused(() => freehold.plans.putPrice({ ...price, planKey: 'gold' }), 'PRICE_TAKEN')
    expect(taken.details).toEqual({ price: 'price_1' })
    expect(await freehold.plans.prices('team')).toHaveLength(1)
    expect(await freehold.plans.prices('gold')).toEqual([])
    // the same of another provider is another
    await freehold.plans.putPrice({ ...price, planKey: 'gold', provider: 'other' })
  })

  const checkout = (providerPriceId: string) => () =>
    acme.billing.checkout({
      provider: 'fake',
      providerPriceId,
      successUrl: 'https://acme.test/yes',
      cancelUrl: 'https://acme.test/no',
    })

  it('that is not on the list cannot be bought: PRICE_UNKNOWN, and nobody is made a customer', async () => {
    await refused(checkout('price_1'), 'PRICE_UNKNOWN')
    await refused(() => freehold.plans.archivePrice('fake', 'price_1'), 'PRICE_UNKNOWN')
    const { scope } = { scope: storage.tenant({ id: acme.id, location: storage.sharedLocation }) }
    expect(await scope.records.count('payment_customers')).toBe(0)
  })

  it('that is archived cannot be bought, and can be when it is put again', async () => {
    await freehold.plans.putPrice(price)
    await freehold.plans.archivePrice('fake', 'price_1')
    await freehold.plans.archivePrice('fake', 'price_1')
    await refused(checkout('price_1'), 'PRICE_UNKNOWN')
    expect(await freehold.plans.prices()).toEqual([])
    expect((await logged()).map(({ action }) => action).slice(1)).toEqual(['price.created', 'price.archived'])
    // whoever has bought it has its plan
    expect((await priceToPlan(storage.system))('fake', ['price_1'])).toBe('team')
    await freehold.plans.putPrice(price)
    expect(await checkout('price_1')()).toHaveProperty('url')
  })
})

describe('what names no plan', () => {
  it.each(['gold', 'Gold', '__proto__', 'constructor', ''])('%j is PLAN_UNKNOWN', async (key) => {
    await refused(() => freehold.plans.get(key), 'PLAN_UNKNOWN')
    await refused(() => freehold.plans.archive(key), 'PLAN_UNKNOWN')
    if (!['gold', 'constructor'].includes(key)) await refused(() => freehold.plans.prices(key), 'PLAN_UNKNOWN')
    expect(await logged()).toEqual([])
  })

  it('a tenant is not created with it, nor put on it', async () => {
    await refused(() => freehold.tenants.create({ slug: 'globex', name: 'Globex', plan: 'gold' }), 'PLAN_UNKNOWN')
    await refused(() => freehold.tenants.get('globex'), 'TENANT_UNKNOWN')
    const error = await refused(() => freehold.tenants.update('acme', { name: 'Other', plan: 'gold' }), 'PLAN_UNKNOWN')
    expect(error.details).toEqual({ plan: 'gold' })
    expect(await freehold.tenants.get('acme')).toMatchObject({ name: 'Acme', plan: null, version: 1 })
    await freehold.plans.put({ ...plan, key: 'gold' })
    expect(await freehold.tenants.update('acme', { plan: 'gold' })).toMatchObject({ plan: 'gold' })
  })

  it('the default plan that nobody put is told at the start, and by doctor, once anything is sold', async () => {
    const told: unknown[] = []
    const entitlements = { defaultPlan: 'free' }
    const onWarning = (findings: readonly { id: string }[]) => told.push(...findings.map(({ id }) => id))
    const another = await start({ entitlements, onWarning })
    expect((await another.doctor()).map(({ id }) => id)).not.toContain('default-plan-unknown')
    await freehold.plans.put(plan)
    expect(await another.doctor()).toContainEqual(
      expect.objectContaining({ id: 'default-plan-unknown', severity: 'warn', subject: 'free' }),
    )
    await start({ entitlements, onWarning })
    expect(told).toEqual(['default-plan-unknown'])
    await freehold.plans.put({ ...plan, key: 'free' })
    expect((await another.doctor()).map(({ id }) => id)).not.toContain('default-plan-unknown')
  })
})
