// Many events in one transaction: each as sure as if it had come alone.

import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import type { TestDatabase } from '../setup/database.ts'
import type { TestProxy } from '../setup/proxy.ts'
import { dies, withLine } from './doomed-worker.ts'
import { type Buyer, type Market, type MarketOptions, openMarket, openShop } from './market.ts'

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

let database: TestDatabase
let proxy: TestProxy
let whole: Storage
withLine((line) => {
  ;({ database, proxy, whole } = line)
})

interface Crowd {
  readonly market: Market
  readonly buyers: readonly Buyer[]
  /** Of each buyer one, active and applied. */
  readonly subscriptions: readonly string[]
  readonly team: string
  /** A second later, every one has so many seats; the events are stored. */
  buy(quantity: number): Promise<void>
  /** What each buyer's rows and log say. */
  seats(): Promise<(number | null | undefined)[]>
  updates(): Promise<number[]>
}

let crowds = 0
async function gather(storage: Storage, size: number, options: MarketOptions = {}): Promise<Crowd> {
  const tag = `sheaf${++crowds}`
  const market = openMarket(storage, { ...options, fake: { tag, account: `acct_${tag}` } })
  const { team } = await openShop(market, tag)
  const buyers: Buyer[] = []
  const subscriptions: string[] = []
  for (let n = 0; n < size; n++) {
    const buyer = await market.tenant()
    buyers.push(buyer)
    subscriptions.push(market.fake.subscribe(await buyer.customer(), [{ priceId: team }]))
  }
  await market.fake.deliverAll(market.webhooks)
  await market.webhooks.drain()
  const each = <V>(ask: (buyer: Buyer) => Promise<V>): Promise<V[]> => Promise.all(buyers.map(ask))
  return {
    market,
    buyers,
    subscriptions,
    team,
    async buy(quantity) {
      market.fake.clock.advance(1000)
      for (const id of subscriptions) market.fake.changeItems(id, [{ priceId: team, quantity }])
      await market.fake.deliverAll(market.webhooks)
    },
    seats: () => each(async ({ billing }) => (await billing.subscriptions())[0]?.items[0]?.quantity),
    updates: () =>
      each(({ context }) => context.scope.records.count('audit_events', { action: 'subscription.updated' })),
  }
}

const all = (storage: Storage, { market }: Crowd) =>
  storage.system.records.find('webhook_inbox', { where: { account: market.fake.account }, limit: 1000 })
const pending = async (storage: Storage, crowd: Crowd) =>
  (await all(storage, crowd)).filter(({ state }) => state === 'pending')

describe('events of many customers', () => {
  it('are claimed, held, written with their end, and committed: four round trips for 20, and one to see that it was all', async () => {
    const pool = new pg.Pool({ connectionString: proxy.url(database.appUrl), max: 1 })
    const storage = postgres({ pool, listen: false })
    const crowd = await gather(storage, 20)
    await crowd.buy(2)
    await crowd.market.webhooks.drain()
    const before = await crowd.updates()
    await crowd.buy(3)
    proxy.reset()
    expect(await crowd.market.webhooks.drain()).toEqual({ applied: 20, failed: 0 })
    expect(proxy.roundTrips).toBe(5)
    expect(await crowd.seats()).toEqual(Array(20).fill(3))
    expect(await crowd.updates()).toEqual(before.map((count) => count + 1))
    await storage.close()
    await pool.end()
  })

  it.each([
    ['in memory', () => memory()],
    ['on PostgreSQL', () => whole],
  ])(
    'with one among them that no row can hold: the others are applied, it is tried again alone, %s',
    async (_, open) => {
      const storage = open()
      const crowd = await gather(storage, 7)
      const { market, subscriptions, team } = crowd
      const before = await crowd.updates()
      market.fake.clock.advance(1000)
      for (const id of subscriptions) market.fake.changeItems(id, [{ priceId: team, quantity: 4 }])
      const poison = market.fake.outbox[3]!
      Object.assign(poison.happening.object, { status: 'x'.repeat(51) })
      await market.fake.deliverAll(market.webhooks)
      expect(await market.webhooks.drain()).toEqual({ applied: 6, failed: 1 })
      const others = (n: number, value: number) => subscriptions.map((_, i) => (i === 3 ? n : value))
      expect(await crowd.seats()).toEqual(others(1, 4))
      expect(await crowd.updates()).toEqual(before.map((count, i) => (i === 3 ? count : count + 1)))
      expect(await pending(storage, crowd)).toMatchObject([
        { attempts: 1, last_error: 'ROW_REFUSED', lease_token: null },
      ])
    },
  )

  it('newer, older, of the same second, of no interest, and a stranger’s: each as if it had come alone', async () => {
    const crowd = await gather(memory(), 4)
    const { market, subscriptions, team } = crowd
    const [newer, older, same, other] = subscriptions as [string, string, string, string]
    const { fake } = market
    fake.clock.advance(1000)
    fake.changeItems(older, [{ priceId: team, quantity: 2 }])
    const [late] = [...fake.outbox]
    fake.clock.advance(1000)
    fake.changeItems(older, [{ priceId: team, quantity: 3 }])
    fake.changeItems(same, [{ priceId: team, quantity: 2 }])
    for (const delivery of [...fake.outbox]) if (delivery !== late) await fake.deliver(delivery, market.webhooks)
    await market.webhooks.drain()
    const before = await crowd.updates()

    fake.changeItems(same, [{ priceId: team, quantity: 9 }])
    fake.tell('customer.subscription.of_the_future', other)
    fake.subscribe(fake.addCustomer(), [{ priceId: team }])
    fake.clock.advance(1000)
    fake.changeItems(newer, [{ priceId: team, quantity: 5 }])
    const { calls } = fake.api
    await fake.deliverAll(market.webhooks)
    const { failed } = await market.webhooks.drain()
    expect(failed).toBe(4)
    expect(await crowd.seats()).toEqual([5, 3, 9, 1])
    expect(await crowd.updates()).toEqual(before.map((count, n) => (n === 0 || n === 2 ? count + 1 : count)))
    expect(fake.api.calls - calls).toBeGreaterThan(0)
  })

  it('whose leases ran out while a row was waited for: nothing of it remains, and another applies each once', async () => {
    const crowd = await gather(whole, 3, { settings: { webhooks: { leaseMs: 150, baseDelayMs: 1, maxDelayMs: 1 } } })
    const before = await crowd.updates()
    await crowd.buy(6)
    const [buyer] = crowd.buyers
    let slow: Promise<unknown> | undefined
    await buyer!.context.scope.transaction(async ({ records }) => {
      const [row] = await records.find('subscriptions', { limit: 1 })
      await records.lock('subscriptions', { id: row!.id })
      slow = crowd.market.webhooks.drain()
      await pause(250)
      expect(await crowd.updates()).toEqual(before)
    })
    await slow
    await crowd.market.worker().drain()
    expect(await crowd.seats()).toEqual([6, 6, 6])
    expect(await crowd.updates()).toEqual(before.map((count) => count + 1))
    expect(await pending(whole, crowd)).toEqual([])
  })

  it('that have to be asked about and do not come to their turn go back, and no attempt is counted', async () => {
    const storage = memory()
    const settings = { webhooks: { concurrency: 2, leaseMs: 1000 } }
    const crowd = await gather(storage, 6, { settings })
    const { market, subscriptions, team } = crowd
    for (const id of subscriptions) market.fake.changeItems(id, [{ priceId: team, quantity: 2 }])
    await market.fake.deliverAll(market.webhooks)
    market.fake.api.delayMs = 300
    const claims: number[] = []
    const counted: Storage = {
      ...storage,
      system: {
        ...storage.system,
        verbs: {
          ...storage.system.verbs,
          async claimInbox(claim) {
            const events = await storage.system.verbs.claimInbox(claim)
            claims.push(events.length)
            return events
          },
        },
      },
    }
    const worker = openMarket(counted, { providers: { fake: market.fake }, settings })
    expect(await worker.webhooks.drain()).toEqual({ applied: 6, failed: 0 })
    expect(claims).toEqual([6, 4, 2, 0])
    const rows = (await all(storage, crowd)).filter(({ event_type }) => event_type === 'customer.subscription.updated')
    expect(rows.map(({ state, attempts }) => [state, attempts])).toEqual(rows.map(() => ['done', 1]))
    expect(await crowd.seats()).toEqual(Array(6).fill(2))
  })
})

describe('a worker whose connection is cut while it applies many', () => {
  it('at any moment leaves each event applied, or pending with nothing of it done; another applies the rest, once', async () => {
    const crowd = await gather(whole, 3, { settings: { webhooks: { leaseMs: 150, baseDelayMs: 1, maxDelayMs: 1 } } })
    let quantity = 1
    const cuts: boolean[][] = []
    for (const moment of ['beforeSend', 'beforeAnswer'] as const) {
      for (let trip = 1, cut = true; cut; trip++) {
        const before = await crowd.updates()
        const had = quantity++
        await crowd.buy(quantity)
        cut = await dies({ proxy, database }, crowd.market, moment, trip)
        // a commit whose answer was cut off may still be under way
        await pause(20)
        const left = new Set((await pending(whole, crowd)).map(({ customer_id }) => customer_id))
        const customers = await Promise.all(crowd.buyers.map((buyer) => buyer.customer()))
        const applied = customers.map((customer) => !left.has(customer))
        cuts.push(applied)
        expect(await crowd.seats(), `${moment} ${trip}`).toEqual(applied.map((is) => (is ? quantity : had)))
        expect(await crowd.updates(), `${moment} ${trip}`).toEqual(before.map((n, i) => n + Number(applied[i])))

        await pause(cut ? 160 : 0)
        await crowd.market.webhooks.drain()
        expect(await crowd.seats(), `${moment} ${trip}`).toEqual(Array(3).fill(quantity))
        expect(await crowd.updates(), `${moment} ${trip}`).toEqual(before.map((n) => n + 1))
        expect(await pending(whole, crowd)).toEqual([])
        expect(trip).toBeLessThan(20)
      }
    }
    // both ends of it were seen
    expect(cuts.flat()).toContain(true)
    expect(cuts.flat()).toContain(false)
  })
})
