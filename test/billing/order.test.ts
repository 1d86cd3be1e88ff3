// Which word of a provider's counts: newer by its own clock, asked for where that does not decide, nothing after the end.

import { beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { Delivery } from '../../src/adapters/testing/index.ts'
import { type Buyer, type Market, openMarket, openShop } from './market.ts'

let market: Market
let acme: Buyer
let customer: string
let prices: { readonly team: string; readonly pro: string }

beforeEach(async () => {
  market = openMarket(memory())
  prices = await openShop(market, 'x')
  acme = await market.tenant()
  customer = await acme.customer()
})

/** Delivers these, in this order, and applies each before the next comes. */
async function arrive(...deliveries: readonly (Delivery | undefined)[]): Promise<void> {
  for (const delivery of deliveries) {
    expect(await market.fake.deliver(delivery!, market.webhooks)).toBe(true)
    expect(await market.webhooks.drain()).toEqual({ applied: 1, failed: 0 })
  }
}

const thin = (delivery: Delivery): Delivery => Object.assign(delivery, { style: 'thin' })
const everything = async () => {
  await market.fake.deliverAll(market.webhooks)
  await market.webhooks.drain()
}
const rows = () => acme.context.scope.records.find('subscriptions', { limit: 10 })
const row = async () => (await rows())[0]!
const invoiceRows = () => acme.context.scope.records.find('invoices', { limit: 10 })
const second = (n = 1) => market.fake.clock.advance(n * 1000)
/** A paid subscription, applied. */
async function subscribed(): Promise<string> {
  const id = market.fake.subscribe(customer, [{ priceId: prices.team }])
  await everything()
  return id
}

describe('of one second', () => {
  it('in order, the later word counts', async () => {
    market.fake.subscribe(customer, [{ priceId: prices.team }])
    const [created, , , updated] = [...market.fake.outbox]
    expect([created?.type, updated?.type]).toEqual(['customer.subscription.created', 'customer.subscription.updated'])
    await arrive(created, updated)
    expect((await row()).status).toBe('active')
  })

  it('out of order, too', async () => {
    market.fake.subscribe(customer, [{ priceId: prices.team }])
    const [created, , , updated] = [...market.fake.outbox]
    await arrive(updated, created)
    expect((await row()).status).toBe('active')
  })

  it('and when it is known already: the provider is asked, each time', async () => {
    const id = await subscribed()
    second()
    for (const quantity of [2, 3, 4]) {
      market.fake.changeItems(id, [{ priceId: prices.team, quantity }])
      await arrive(market.fake.outbox[0])
      const [item] = await acme.context.scope.records.find('subscription_items', { limit: 10 })
      expect(item?.quantity).toBe(quantity)
    }
  })

  it('a thin event counts finer than a snapshot, and is not for that the later one', async () => {
    const id = await subscribed()
    second()
    market.fake.changeItems(id, [{ priceId: prices.team, quantity: 2 }])
    await arrive(thin(market.fake.outbox[0]!))
    market.fake.changeItems(id, [{ priceId: prices.pro, quantity: 3 }])
    await arrive(market.fake.outbox[0])
    expect((await row()).plan_key).toBe('pro-x')
  })
})

describe('of different seconds', () => {
  it('the newer is taken at its word, the older is old news: nobody is asked', async () => {
    const id = await subscribed()
    second(5)
    market.fake.cancelAtPeriodEnd(id, true)
    second()
    market.fake.changeItems(id, [{ priceId: prices.pro }])
    const [older, newer] = [...market.fake.outbox]
    const { calls } = market.fake.api
    await arrive(newer, older)
    expect(await row()).toMatchObject({ plan_key: 'pro-x', cancel_at_period_end: true })
    expect(market.fake.api.calls).toBe(calls)
  })

  it.each([-250, 250])('with a clock that is %d s ahead of ours', async (skew) => {
    market = openMarket(memory(), { fake: { startAt: new Date(Date.now() + skew * 1000) } })
    prices = await openShop(market, 'x')
    acme = await market.tenant()
    customer = await acme.customer()
    const id = await subscribed()
    // fetched, and then told of something newer
    market.fake.changeItems(id, [{ priceId: prices.team, quantity: 7 }])
    await arrive(thin(market.fake.outbox[0]!))
    second()
    market.fake.changeItems(id, [{ priceId: prices.pro, quantity: 8 }])
    await arrive(market.fake.outbox[0])
    expect((await row()).plan_key).toBe('pro-x')
  })

  it('what was fetched is not overwritten by what came before it', async () => {
    const id = await subscribed()
    second(10)
    market.fake.cancelAtPeriodEnd(id, true)
    second(10)
    market.fake.cancelAtPeriodEnd(id, false)
    second(10)
    market.fake.changeItems(id, [{ priceId: prices.pro }])
    const [stop, keep, change] = [...market.fake.outbox]
    // asked because of the first, and told of the last
    await arrive(thin(stop!))
    expect(await row()).toMatchObject({ plan_key: 'pro-x', cancel_at_period_end: false })
    await arrive(keep, change)
    expect(await row()).toMatchObject({ plan_key: 'pro-x', cancel_at_period_end: false })
  })
})

describe('what has ended', () => {
  it('stays so, whatever comes later: a late update, a newer one, a thin one', async () => {
    const id = await subscribed()
    second()
    market.fake.changeItems(id, [{ priceId: prices.pro }])
    second()
    market.fake.cancel(id)
    const [late, deleted] = [...market.fake.outbox]
    await arrive(deleted, late)
    expect(await row()).toMatchObject({ status: 'canceled', deleted_at: expect.any(Date) })
    second()
    // nothing a provider would send: an update of what it has canceled
    const ghost = market.fake.tell('customer.subscription.updated', id)
    Object.assign(ghost.happening.object, { status: 'active', canceledAt: null })
    await arrive(ghost)
    expect(await row()).toMatchObject({ status: 'canceled', deleted_at: expect.any(Date) })
    expect(await acme.billing.subscriptions()).toEqual([])
    expect(await acme.entitlements.plan()).toBeNull()
  })

  it('is a tombstone also when the end is the first that is heard', async () => {
    const id = market.fake.subscribe(customer, [{ priceId: prices.team }])
    const started = [...market.fake.outbox]
    second()
    market.fake.cancel(id)
    await arrive(market.fake.outbox.at(-1), ...started.filter(({ type }) => type.startsWith('customer')))
    expect(await row()).toMatchObject({ status: 'canceled', deleted_at: expect.any(Date) })
  })

  it('a thin event of what is gone finds its owner, and a late snapshot does not bring it back', async () => {
    const id = market.fake.draft(customer, 700)
    const [created] = [...market.fake.outbox]
    market.fake.removeDraft(id)
    const [, removed] = [...market.fake.outbox]
    await arrive(thin(removed!), created)
    expect(await invoiceRows()).toEqual([])

    const other = market.fake.draft(customer, 700)
    await everything()
    expect(await invoiceRows()).toMatchObject([{ status: 'draft', deleted_at: null }])
    market.fake.removeDraft(other)
    await arrive(thin(market.fake.outbox[0]!))
    expect(await invoiceRows()).toMatchObject([{ deleted_at: expect.any(Date) }])
    expect((await acme.billing.invoices()).items).toEqual([])
  })
})

describe('what is not the last word', () => {
  it.each([
    ['thin', 'snapshot'],
    ['thin', 'thin'],
    ['snapshot', 'thin'],
  ] as const)('an answer that was overtaken on its way is asked for again: %s, then %s', async (first, then) => {
    const id = await subscribed()
    const { fake, webhooks, context } = market
    // of the second that is known already, so that the snapshot too is asked for
    fake.changeItems(id, [{ priceId: prices.team, quantity: 2 }])
    await fake.deliver(Object.assign(fake.outbox[0]!, { style: first }), webhooks)
    fake.api.delayMs = 150
    const slow = webhooks.drain()
    // the provider has looked, and its answer is on the way
    await new Promise((resolve) => setTimeout(resolve, 50))
    fake.api.delayMs = 0
    second(5)
    fake.changeItems(id, [{ priceId: prices.pro, quantity: 9 }])
    await fake.deliver(Object.assign(fake.outbox[0]!, { style: then }), webhooks)
    expect(await market.worker().drain()).toEqual({ applied: 1, failed: 0 })
    await slow
    expect((await row()).plan_key).toBe('pro-x')
    expect(await context.storage.system.records.count('webhook_inbox', { state: 'pending' })).toBe(0)
  })

  it('an invoice of a subscription that nobody told of yet brings it along', async () => {
    market.fake.subscribe(customer, [{ priceId: prices.team }])
    const paid = market.fake.outbox.find(({ type }) => type === 'invoice.paid')
    await arrive(paid)
    const [invoice] = await invoiceRows()
    expect(invoice).toMatchObject({ status: 'paid', subscription_id: (await row()).id })
    expect((await row()).status).toBe('active')
  })
})
