// The worker: what fails is tried again and never lost, and what was applied is applied once.

import { beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { delayMs } from '../../src/core/billing/inbox.ts'
import { defaultSettings } from '../../src/core/settings.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import type { TestDatabase } from '../setup/database.ts'
import type { TestProxy } from '../setup/proxy.ts'
import { refused } from '../setup/refusal.ts'
import { dies, withLine } from './doomed-worker.ts'
import { type Buyer, type Market, openMarket, openShop } from './market.ts'

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const inbox = ({ context }: Market) => context.storage.system.records.find('webhook_inbox', { limit: 100 })
const newest = async (market: Market) => (await inbox(market)).at(-1)!

describe('an event that cannot be applied', () => {
  let clock: number
  let market: Market
  let acme: Buyer
  let id: string

  beforeEach(async () => {
    clock = Date.now()
    const webhooks = { maximumAttempts: 3, leaseMs: 2000 }
    market = openMarket(memory({ clock: () => clock }), { settings: { webhooks } })
    const { team } = await openShop(market, 'x')
    acme = await market.tenant()
    id = market.fake.subscribe(await acme.customer(), [{ priceId: team }])
    await market.fake.deliverAll(market.webhooks)
    await market.webhooks.drain()
    market.fake.changeItems(id, [{ priceId: team, quantity: 2 }])
  })

  it('is tried again, later each time, is a dead letter in the end, and applied when it is put back', async () => {
    const { fake, webhooks } = market
    await fake.deliverAll(webhooks)
    fake.api.failNext(3, 503)
    const waits: number[] = []
    for (const attempts of [1, 2]) {
      expect(await webhooks.drain()).toEqual({ applied: 0, failed: 1 })
      const row = await newest(market)
      expect(row).toMatchObject({ state: 'pending', attempts, last_error: 'PROVIDER_FAILED', lease_token: null })
      waits.push(row.available_at.getTime() - clock)
      // not before its time
      expect(await webhooks.drain()).toEqual({ applied: 0, failed: 0 })
      clock += waits.at(-1)! + 1
    }
    expect(waits[0]).toBeGreaterThanOrEqual(1000)
    expect(waits[1]).toBeGreaterThan(1999)
    expect(await webhooks.drain()).toEqual({ applied: 0, failed: 1 })
    const [letter, ...others] = (await webhooks.dead()).items
    expect(others).toEqual([])
    expect(letter).toMatchObject({ provider: 'fake', eventType: 'customer.subscription.updated', attempts: 3 })
    expect(letter!.lastError).toBe('PROVIDER_FAILED')

    await webhooks.replay(letter!.id)
    expect((await webhooks.dead()).items).toEqual([])
    expect(await webhooks.drain()).toEqual({ applied: 1, failed: 0 })
    expect((await acme.billing.subscriptions())[0]?.items[0]?.quantity).toBe(2)
    expect(await newest(market)).toMatchObject({ state: 'done', last_error: null, attempts: 1 })
  })

  it('says why by a code alone', async () => {
    const { fake } = market
    const provider = { ...fake, fetchSubscription: () => Promise.reject(new Error('key sk_live_123 was refused')) }
    const leaky = openMarket(market.context.storage, { providers: { fake: provider } })
    await fake.deliverAll(market.webhooks)
    expect(await leaky.webhooks.drain()).toEqual({ applied: 0, failed: 1 })
    expect((await newest(market)).last_error).toBe('PROVIDER_FAILED')
  })

  it('because the provider does not answer, costs half a lease and no more', async () => {
    const { fake } = market
    const silent = { ...fake, fetchSubscription: () => new Promise<never>(() => undefined) }
    const settings = { webhooks: { leaseMs: 200 } }
    const patient = openMarket(market.context.storage, { providers: { fake: silent }, settings })
    await fake.deliverAll(market.webhooks)
    expect(await patient.webhooks.drain()).toEqual({ applied: 0, failed: 1 })
    expect((await newest(market)).last_error).toBe('PROVIDER_FAILED')
  })

  it('because its workers die, is a dead letter too', async () => {
    await market.fake.deliverAll(market.webhooks)
    for (let attempt = 0; attempt < 3; attempt++) {
      const [claimed] = await market.context.storage.system.verbs.claimInbox({ limit: 5, leaseMs: 2000, token: id_() })
      expect(claimed?.attempts).toBe(attempt + 1)
      expect(await market.webhooks.drain()).toEqual({ applied: 0, failed: 0 })
      clock += 2001
    }
    expect(await market.webhooks.drain()).toEqual({ applied: 0, failed: 1 })
    expect((await market.webhooks.dead()).items).toMatchObject([{ attempts: 4, lastError: 'INTERNAL' }])
  })

  it('because nobody knows the customer, waits for who does: linking puts its dead letters back', async () => {
    const { fake, webhooks } = market
    await fake.deliverAll(webhooks)
    await webhooks.drain()
    const stranger = fake.addCustomer()
    const [{ providerPriceId = '' } = {}] = await market.book.plans.prices('team-x')
    fake.subscribe(stranger, [{ priceId: providerPriceId }])
    await fake.deliverAll(webhooks)
    for (let attempt = 0; attempt < 3; attempt++) {
      expect((await webhooks.drain()).failed).toBe(4)
      clock += 60_000
    }
    expect((await webhooks.dead()).items.map(({ lastError }) => lastError)).toEqual(Array(4).fill('CUSTOMER_UNKNOWN'))
    const globex = await market.tenant()
    await globex.billing.linkCustomer('fake', stranger)
    expect((await webhooks.drain()).applied).toBe(4)
    expect(await globex.billing.subscriptions()).toMatchObject([{ status: 'active', planKey: 'team-x' }])
    expect(await globex.entitlements.plan()).toMatchObject({ key: 'team-x' })
    await refused(() => acme.billing.linkCustomer('fake', stranger), 'CUSTOMER_TAKEN')
  })

  it('put back by an id that nothing has, or that is none, is refused', async () => {
    await refused(() => market.webhooks.replay(id_()), 'WEBHOOK_UNKNOWN')
    await refused(() => market.webhooks.replay('evt_1'), 'ID_INVALID')
  })

  const id_ = () => market.context.runtime.newId()
})

describe('delays', () => {
  it('double, up to their limit, and are spread over their upper half', () => {
    const at = (attempts: number, byte: number) =>
      delayMs(attempts, defaultSettings.webhooks, { randomBytes: () => Uint8Array.of(byte) })
    expect([1, 2, 3, 12, 13, 25, 1000].map((attempts) => at(attempts, 255))).toEqual([
      2000, 4000, 8000, 3_600_000, 3_600_000, 3_600_000, 3_600_000,
    ])
    expect(at(1, 0)).toBe(1000)
    expect(at(1, 128)).toBeGreaterThan(1500)
  })
})

describe('a worker that was started', () => {
  it('applies what comes in at once, outlives what fails, and stops when told', async () => {
    const errors: unknown[] = []
    const market = openMarket(memory(), { settings: { webhooks: { pollMs: 60_000 } }, onError: (e) => errors.push(e) })
    const { team } = await openShop(market, 'x')
    const acme = await market.tenant()
    const customer = await acme.customer()
    const worker = market.webhooks.start()
    await pause(20)
    market.fake.subscribe(customer, [{ priceId: team }])
    await market.fake.deliverAll(market.webhooks)
    await expect.poll(async () => (await acme.billing.subscriptions())[0]?.status).toBe('active')
    await worker.stop()
    market.fake.draft(customer, 5)
    await market.fake.deliverAll(market.webhooks)
    await pause(50)
    expect((await newest(market)).state).toBe('pending')
    await market.context.storage.close()
    const blind = market.webhooks.start()
    await expect.poll(() => errors.length).toBe(1)
    await blind.stop()
  })
})

describe('a worker whose connection is cut', () => {
  let database: TestDatabase
  let proxy: TestProxy
  let whole: Storage
  withLine((line) => {
    ;({ database, proxy, whole } = line)
  })

  it('at any moment of its work leaves all of it or nothing, and another applies it once, after the lease', async () => {
    const settings = { webhooks: { leaseMs: 150, baseDelayMs: 1, maxDelayMs: 1 } }
    const market = openMarket(whole, { settings })
    const { team } = await openShop(market, 'cut')
    const acme = await market.tenant()
    const customer = await acme.customer()
    const id = market.fake.subscribe(customer, [{ priceId: team }])
    await market.fake.deliverAll(market.webhooks)
    await market.webhooks.drain()
    const logged = () => acme.context.scope.records.count('audit_events', { action: 'subscription.updated' })
    let quantity = 1
    for (const moment of ['beforeSend', 'beforeAnswer'] as const) {
      for (let trip = 1, cut = true; cut; trip++) {
        const before = await logged()
        market.fake.clock.advance(1000)
        market.fake.changeItems(id, [{ priceId: team, quantity: ++quantity }])
        await market.fake.deliverAll(market.webhooks)
        cut = await dies({ proxy, database }, market, moment, trip)
        // whoever looks meanwhile finds it leased, or done
        await pause(cut ? 160 : 0)
        await market.webhooks.drain()
        const [subscription] = await acme.billing.subscriptions()
        expect(subscription?.items, `${moment} ${trip}`).toMatchObject([{ quantity }])
        expect(await logged(), `${moment} ${trip}`).toBe(before + 1)
        expect(await whole.system.records.count('webhook_inbox', { state: 'pending' })).toBe(0)
        expect(trip).toBeLessThan(20)
      }
    }
  })
})
