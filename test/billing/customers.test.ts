// One tenant is one customer, whoever asks, however often, and whatever becomes of the provider's answers.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { type FakeProvider, fakeProvider } from '../../src/adapters/testing/index.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import { FreeholdError } from '../../src/index.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { refused } from '../setup/refusal.ts'
import { type Buyer, type Market, openMarket } from './market.ts'

let database: TestDatabase
let storage: Storage
beforeAll(async () => {
  database = await createTestDatabase({ connections: 30 })
  storage = postgres({ pool: database.appPool, listen: false })
})
afterAll(async () => {
  await storage.close()
  await database.close()
})

/** What the provider was asked, and what it does then. */
interface Call {
  readonly idempotencyKey: string
  readonly email?: string
}
let calls: Call[]
let answers: (((call: Call) => Promise<{ id: string }>) | undefined)[]
let fake: FakeProvider
let market: Market
let acme: Buyer
beforeEach(async () => {
  calls = []
  answers = []
  fake = fakeProvider()
  const provider = {
    ...fake,
    createCustomer: async (details: Parameters<typeof fake.createCustomer>[0]) => {
      calls.push(details)
      const answer = answers.shift()
      return answer ? answer(details) : fake.createCustomer(details)
    },
  }
  market = openMarket(storage, { providers: { fake: provider } })
  acme = await market.tenant()
})

const customers = () => acme.context.scope.records.find('payment_customers', { limit: 10 })
const made = () => acme.context.scope.records.count('audit_events', { action: 'billing.customer_created' })
const failing = (status?: number) => async (): Promise<never> => {
  throw new FreeholdError('PROVIDER_FAILED', { provider: 'fake', ...(status === undefined ? {} : { status }) })
}
const stale = () =>
  database.admin(`update freehold.payment_customers set updated_at = updated_at - interval '30.1 seconds'`)

describe('customer', () => {
  it('under 50 at once is one, asked for once, and the log has it once', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => acme.billing.customer('fake')))
    expect(new Set(all.map(({ providerCustomerId }) => providerCustomerId)).size).toBe(1)
    expect([calls.length, (await customers()).length, await made()]).toEqual([1, 1, 1])
    expect(await storage.system.records.count('billing_routes', { tenant_id: acme.tenant.id })).toBe(1)
  }, 30_000)

  it('left behind by a process that died is taken over after 30 s, by one of many, with the same key', async () => {
    let letGo = (): void => undefined
    const gone = new Promise<void>((resolve) => {
      letGo = resolve
    })
    answers.push(async (call) => {
      await gone
      return fake.createCustomer(call as Parameters<typeof fake.createCustomer>[0])
    })
    const dead = acme.billing.customer('fake', { email: 'pay@example.test' })
    await expect.poll(() => calls.length).toBe(1)
    const waiting = Promise.all(Array.from({ length: 10 }, () => acme.billing.customer('fake')))
    await new Promise((resolve) => setTimeout(resolve, 250))
    // it may still come
    expect(calls).toHaveLength(1)
    await stale()
    const ids = (await waiting).map(({ providerCustomerId }) => providerCustomerId)
    expect(new Set(ids).size).toBe(1)
    expect(calls).toHaveLength(2)
    expect(calls[1]).toMatchObject({ idempotencyKey: calls[0]!.idempotencyKey, email: 'pay@example.test' })
    // and when it does come, it is the same customer: the provider knows the key
    letGo()
    expect((await dead).providerCustomerId).toBe(ids[0])
    expect([(await customers()).length, await made()]).toEqual([1, 1])
  }, 30_000)

  it.each([undefined, 400, 402, 429, 500, 503])(
    'after a failure with the status %s can be asked for at once',
    async (status) => {
      answers.push(failing(status))
      const error = await refused(() => acme.billing.customer('fake'), 'PROVIDER_FAILED')
      expect(error.details.status).toBe(status)
      expect(await made()).toBe(0)
      await acme.billing.customer('fake')
      const [first, second] = calls.map(({ idempotencyKey }) => idempotencyKey)
      // what was answered is over: its key would bring the same answer; what was not may have happened
      expect(first === second).toBe(status === undefined)
      expect([(await customers()).length, await made()]).toEqual([1, 1])
    },
  )

  it('of an error that is none of ours is PROVIDER_FAILED, and asked for with the same key', async () => {
    answers.push(async () => Promise.reject(new TypeError('socket hang up')))
    expect((await refused(() => acme.billing.customer('fake'), 'PROVIDER_FAILED')).cause).toBeInstanceOf(TypeError)
    await acme.billing.customer('fake')
    expect(new Set(calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1)
  })

  it('fails for one and is made by another, of 20 at once', async () => {
    answers.push(failing(500), failing(500))
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => acme.billing.customer('fake')))
    const ids = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value.providerCustomerId] : []))
    expect([ids.length, new Set(ids).size, calls.length]).toEqual([18, 1, 3])
    expect([(await customers()).length, await made()]).toEqual([1, 1])
  }, 30_000)

  it('of another tenant is another, with another key', async () => {
    const globex = await market.tenant()
    const [mine, theirs] = [await acme.billing.customer('fake'), await globex.billing.customer('fake')]
    expect(mine.providerCustomerId).not.toBe(theirs.providerCustomerId)
    expect(new Set(calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(2)
  })
})

describe('checkout', () => {
  const buy = (providerPriceId: string) =>
    acme.billing.checkout({
      provider: 'fake',
      providerPriceId,
      quantity: 2,
      successUrl: 'https://acme.test/yes?session={CHECKOUT_SESSION_ID}',
      cancelUrl: 'https://acme.test/no',
    })
  let price: string
  beforeEach(async () => {
    const tag = acme.tenant.slug
    price = `price_${tag}`
    await market.book.plans.put({ key: tag, name: 'Team', features: {}, limits: {} })
    const terms = { provider: 'fake', currency: 'eur', unitAmount: 100 }
    await market.book.plans.putPrice({ ...terms, planKey: tag, providerPriceId: price })
  })
  const started = () => acme.context.scope.records.count('audit_events', { action: 'billing.checkout_started' })

  it('of 10 at once are 10, of one customer', async () => {
    const urls = await Promise.all(Array.from({ length: 10 }, () => buy(price)))
    expect(new Set(urls.map(({ url }) => url)).size).toBe(10)
    expect([calls.length, (await customers()).length, await started()]).toEqual([1, 1, 10])
  }, 30_000)

  it('that fails at the provider leaves no trace in the log, and is asked for with another key', async () => {
    const keys: string[] = []
    const provider = {
      ...market.fake,
      checkout: async (details: Parameters<typeof market.fake.checkout>[0]) => {
        keys.push(details.idempotencyKey)
        return keys.length === 1 ? failing(500)() : market.fake.checkout(details)
      },
    }
    const other = openMarket(storage, { providers: { fake: provider } })
    acme = await other.tenant()
    await refused(() => buy(price), 'PROVIDER_FAILED')
    expect(await started()).toBe(0)
    await buy(price)
    expect([new Set(keys).size, await started()]).toEqual([2, 1])
  })

  it.each([
    ['PRICE_UNKNOWN', { providerPriceId: 'price_none' }],
    ['PROVIDER_UNKNOWN', { provider: 'paypal' }],
    ['INPUT_INVALID', { quantity: 0 }],
    ['INPUT_INVALID', { quantity: 1.5 }],
    ['INPUT_INVALID', { successUrl: 'javascript:alert(1)' }],
    ['INPUT_INVALID', { cancelUrl: '/relative' }],
  ] as const)('is refused with %s for %j, and nobody is made a customer', async (code, wrong) => {
    const urls = { successUrl: 'https://acme.test/yes', cancelUrl: 'https://acme.test/no' }
    const checkout = { provider: 'fake', providerPriceId: price, ...urls, ...wrong }
    await refused(() => acme.billing.checkout(checkout), code)
    expect([calls.length, (await customers()).length, await started()]).toEqual([0, 0, 0])
  })
})
