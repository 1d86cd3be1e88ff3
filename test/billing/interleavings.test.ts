// Whatever happens at the provider, in whatever order and how often its post arrives, and however many workers apply it:
// in the end the tenant's rows say what the provider says.

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { FakeProvider } from '../../src/adapters/testing/index.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { type Buyer, type Market, openMarket, openShop } from './market.ts'
import { known, mirrored } from './mirror.ts'

const RUNS = Number(process.env.FREEHOLD_TEST_RUNS ?? 30)
/** A failed attempt comes again at once, and nothing is given up. */
const impatient = { baseDelayMs: 1, maxDelayMs: 2, maximumAttempts: 1000, concurrency: 3 }

let database: TestDatabase
let storage: Storage

beforeAll(async () => {
  database = await createTestDatabase({ connections: 16 })
  storage = postgres({ pool: database.appPool, listen: false })
})
afterAll(async () => {
  await storage.close()
  await database.close()
})

/** The world acts, time passes, post arrives, workers work. Numbers choose among what there is. */
type Step =
  | { readonly do: 'subscribe'; readonly who: number; readonly prices: number[]; readonly trial: boolean }
  | { readonly do: 'change'; readonly which: number; readonly prices: number[] }
  | { readonly do: 'stop' | 'keep' | 'cancel' | 'renew' | 'unknown'; readonly which: number }
  | { readonly do: 'pay' | 'fail' | 'removeDraft'; readonly which: number }
  | { readonly do: 'draft'; readonly who: number }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'sameSecond'; readonly held: boolean }
  | {
      readonly do: 'deliver'
      readonly which: number
      readonly thin: boolean
      readonly old: boolean
      readonly twice: boolean
    }
  | { readonly do: 'drain'; readonly workers: number }
  | { readonly do: 'calm'; readonly thin: boolean }
  | { readonly do: 'outage'; readonly times: number }

const which = fc.nat(11)
const who = fc.nat(1)
const prices = fc.uniqueArray(fc.nat(2), { minLength: 1, maxLength: 2 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('subscribe' as const), who, prices, trial: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('change' as const), which, prices }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('stop', 'keep', 'cancel', 'renew', 'unknown'), which }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('pay', 'fail', 'removeDraft'), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('draft' as const), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('sameSecond' as const), held: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('deliver' as const),
      which,
      thin: fc.boolean(),
      old: fc.boolean(),
      twice: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('drain' as const), workers: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('calm' as const), thin: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('outage' as const), times: fc.integer({ min: 1, max: 3 }) }) },
)

describe('the mirror', () => {
  it(
    'says what the provider says, after any interleaving, and after everything came twice more',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 50 }), fc.infiniteStream(fc.nat(1000)), live),
        { numRuns: RUNS, endOnFailure: process.env.FREEHOLD_TEST_SHRINK === undefined },
      )
    },
    Math.max(240_000, RUNS * 8000),
  )
})

async function live(steps: readonly Step[], chance: Iterator<number>): Promise<void> {
  const tag = Math.random().toString(36).slice(2, 10)
  const market = openMarket(storage, {
    fake: { tag, account: `acct_${tag}` },
    settings: { webhooks: impatient },
  })
  const { fake, webhooks } = market
  // an answer leaves later than it was true
  fake.api.delayMs = 1
  const { team, pro } = await openShop(market, tag)
  const buyers = [await market.tenant(), await market.tenant()]
  const customers = [await buyers[0]!.customer(), await buyers[1]!.customer()]
  const workers = [webhooks, market.worker(), market.worker()]
  const sent: { rawBody: Uint8Array }[] = []
  const running: Promise<unknown>[] = []
  const shelf = [team, pro, `price_unlisted_${tag}`]

  for (const each of steps) {
    if (each.do === 'drain') {
      for (const worker of workers.slice(0, each.workers)) running.push(worker.drain())
      // sometimes it is done before the world goes on, sometimes not
      if (each.workers === 1) await Promise.all(running.splice(0))
    } else if (each.do === 'calm') {
      // everything has arrived and is applied, and then the world goes on in the same second
      for (const delivery of fake.outbox) sent.push(fake.write(delivery))
      await fake.deliverAll(webhooks, { thin: each.thin ? 1 : 0 })
      await webhooks.drain()
    } else if (each.do === 'deliver') await deliver(market, each, sent)
    else if (each.do === 'outage') fake.api.failNext(each.times, each.times === 2 ? undefined : 500)
    else act(fake, each, customers, shelf)
  }

  await Promise.all(running)
  const random = () => chance.next().value / 1001
  for (const delivery of fake.outbox) sent.push(fake.write(delivery))
  await fake.deliverAll(webhooks, { reorder: true, duplicate: 0.2, drop: 0.2, thin: 0.3, old: 0.2, random })
  await settle(market, workers)
  const planOf = (bought: readonly string[]) =>
    bought.includes(pro) ? `pro-${tag}` : bought.includes(team) ? `team-${tag}` : null
  const compare = async () => {
    for (const [i, buyer] of buyers.entries()) {
      expect(await mirrored(buyer.context)).toEqual(known(fake, customers[i]!, planOf))
    }
  }
  await compare()

  const before = await logged(buyers)
  for (let again = 0; again < 2; again++) {
    for (const { rawBody } of shuffled(sent, random)) {
      expect(await webhooks.receive('fake', fake.sign(rawBody))).toMatchObject({ ok: true, duplicate: true })
    }
    const rows = await storage.system.records.find('webhook_inbox', { where: { account: fake.account }, limit: 1000 })
    for (const row of shuffled(rows, random)) await webhooks.replay(row.id)
    await settle(market, workers)
  }
  await compare()
  // what was known already is no news
  expect(await logged(buyers)).toEqual(before)
}

async function deliver({ fake, webhooks }: Market, each: Step & { do: 'deliver' }, sent: { rawBody: Uint8Array }[]) {
  const delivery = fake.outbox[each.which % Math.max(fake.outbox.length, 1)]
  if (!delivery) return
  delivery.style = each.thin ? 'thin' : 'snapshot'
  delivery.shape = each.old ? 'old' : 'current'
  const letter = fake.write(delivery)
  sent.push(letter)
  expect(await fake.deliver(delivery, webhooks)).toBe(true)
  if (each.twice) expect(await webhooks.receive('fake', letter)).toMatchObject({ duplicate: true })
}

function act(fake: FakeProvider, each: Step, customers: readonly string[], shelf: readonly string[]): void {
  const items = (chosen: readonly number[]) => chosen.map((i) => ({ priceId: shelf[i]!, quantity: i + chosen.length }))
  if (each.do === 'subscribe') {
    fake.subscribe(customers[each.who]!, items(each.prices), each.trial ? { trialDays: 14 } : {})
    return
  }
  if (each.do === 'draft') fake.draft(customers[each.who]!, 500)
  if (each.do === 'wait') fake.clock.advance(each.seconds * 1000)
  if (each.do === 'sameSecond') fake.clock.sameSecond = each.held
  if (!('which' in each)) return
  const subscription = [...fake.subscriptions.keys()][each.which % Math.max(fake.subscriptions.size, 1)]
  const invoice = [...fake.invoices.keys()][each.which % Math.max(fake.invoices.size, 1)]
  // a canceled one cannot be changed any more
  const changeable = subscription !== undefined && fake.subscriptions.get(subscription)?.status !== 'canceled'
  if (each.do === 'unknown')
    return void (subscription && fake.tell('customer.subscription.of_the_future', subscription))
  if (each.do === 'pay' && invoice) fake.pay(invoice)
  if (each.do === 'fail' && invoice) fake.failPayment(invoice)
  const drafts = [...fake.invoices.values()].filter(({ status }) => status === 'draft')
  const draft = drafts[each.which % Math.max(drafts.length, 1)]
  if (each.do === 'removeDraft' && draft) fake.removeDraft(draft.id)
  if (!changeable) return
  if (each.do === 'change') fake.changeItems(subscription, items(each.prices))
  if (each.do === 'stop' || each.do === 'keep') fake.cancelAtPeriodEnd(subscription, each.do === 'stop')
  if (each.do === 'cancel') fake.cancel(subscription)
  if (each.do === 'renew') fake.renew(subscription)
}

/** Until nothing is pending, failed attempts included. */
async function settle({ fake }: Market, workers: Market['webhooks'][]): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    await Promise.all(workers.map((worker) => worker.drain()))
    const pending = await storage.system.records.count('webhook_inbox', { account: fake.account, state: 'pending' })
    if (pending === 0) return
    await new Promise((resolve) => setTimeout(resolve, 3))
  }
  const where = { account: fake.account, state: 'pending' } as const
  const left = await storage.system.records.find('webhook_inbox', { where, limit: 10 })
  throw new Error(`still pending: ${left.map((row) => `${row.event_type} ${row.last_error}`).join(', ')}`)
}

async function logged(buyers: readonly Buyer[]): Promise<number[]> {
  return Promise.all(buyers.map(({ context }) => context.scope.records.count('audit_events')))
}

function shuffled<V>(values: readonly V[], random: () => number): V[] {
  return values
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value)
}
