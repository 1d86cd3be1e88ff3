// Webhooks of a payment provider, from the bytes to the rows they lead to: Freehold's inbox and worker against
// @supabase/stripe-sync-engine, with the same events, the same number of connections and a server that forgets nothing.
//
// Freehold checks the signature, commits the bytes, and answers; its worker claims them, one event per customer at a
// time, and applies them many in a transaction: the subscriptions under their rows' locks, their items, an audit event
// each, a notice to other processes, and the end of the events. The engine checks the signature and, before it answers,
// upserts the subscription and its item and looks for items that are gone, each statement a transaction of its own; it
// keeps no event, and has no order within a second, no tenants, no log and no second try.
//
// Two rows. "Inbox drain" is what it takes to get events into the tables once they are there: Freehold's worker drains an
// inbox that was filled while the clock stood, the engine is handed the bodies of the same events at once, over as many connections, and asked
// for no signature; both parse. "Receive, store and drain" is all of it, from the signed bytes: signature and inbox too.

import { postgres } from 'freehold/postgres'
import { stripeBilling } from 'freehold/stripe'
import pg from 'pg'
import type { Area } from '../main.ts'
import { type Effort, measure } from '../measure.ts'
import { compare, type Result } from '../report.ts'
import { instance, migrate, warmPool } from '../seed.ts'
import { type Database, openDatabase } from '../server.ts'
import { type StripeWorld, stripeWorld, type Webhook } from '../stripe-events.ts'
import { syncEngine } from '../sync-engine.ts'

const OURS = 'inbox and worker'
const DRAIN = 'worker'
const THEIRS = 'stripe-sync-engine processWebhook'
const PROCESS = 'stripe-sync-engine processEvent'
const CONNECTIONS = 10
const CUSTOMERS = 300
/** Events of one measured operation, each of another customer. */
const BURST = 100

export const billing: Area = async (effort, say) => {
  const database = await openDatabase(say)
  try {
    await migrate(database)
    say(`seeding ${CUSTOMERS} customers with a subscription each`)
    await using theirs = await makeTheirs(database)
    await using ours = await makeOurs(database)
    say(`bursts of ${BURST} events, ${CONNECTIONS} connections`)
    return await bursts(ours, theirs, effort)
  } finally {
    await database.close()
  }
}

interface Subscriber extends AsyncDisposable {
  /** Takes in so many events, and is done when all of them are in its rows. */
  burst(events: number): Promise<void>
  /** What `process` needs so many times, so many events each. */
  ready(times: number, events: number): Promise<void>
  /** Gets so many events that came before into its rows. */
  process(events: number): Promise<void>
  /** Seats of all subscriptions, by its own rows. */
  seats(): Promise<number>
}

async function bursts(ours: Subscriber, theirs: Subscriber, effort: Effort): Promise<Result[]> {
  await heldAgainst(ours, theirs)
  const drain = (name: string, subscriber: Subscriber) => ({
    name,
    ready: (times: number) => subscriber.ready(times, BURST),
    run: () => subscriber.process(BURST),
  })
  const drained = await measure([drain(DRAIN, ours), drain(PROCESS, theirs)], 1, effort)
  const whole = await measure(
    [
      { name: OURS, run: () => ours.burst(BURST) },
      { name: THEIRS, run: () => theirs.burst(BURST) },
    ],
    1,
    effort,
  )
  const of = `${BURST} events, ${CONNECTIONS} connections`
  const row = { better: 'higher' } as const
  return [
    compare('billing', { ...row, name: `inbox drain: ${of}`, subject: DRAIN, against: PROCESS, goal: 2 }, drained),
    compare(
      'billing',
      { ...row, name: `receive, store and drain: ${of}`, subject: OURS, against: THEIRS, goal: null },
      whole,
    ),
  ]
}

/** @throws when the two read the same events differently */
async function heldAgainst(ours: Subscriber, theirs: Subscriber): Promise<void> {
  const [a, b] = await Promise.all(
    [ours, theirs].map(async (subscriber) => {
      await subscriber.burst(CUSTOMERS)
      return subscriber.seats()
    }),
  )
  if (a === 0 || a !== b) throw new Error(`${a} seats by our rows, ${b} by the engine's`)
}

async function makeOurs(database: Database): Promise<Subscriber> {
  const world = stripeWorld(CUSTOMERS)
  const pool = await warmPool(database.appUrl, CONNECTIONS)
  let seeding = true
  const stripe = {
    ...unused,
    subscriptions: {
      async retrieve(id: string) {
        if (!seeding) throw new Error('nobody needs to ask Stripe for what the events say')
        return world.subscription(id)
      },
    },
  }
  const provider = stripeBilling({ stripe, webhookSecrets: [world.secret], livemode: false })
  const freehold = await instance(postgres({ pool, listen: false }), {
    billing: { stripe: provider },
    webhooks: { concurrency: CONNECTIONS },
  })
  await freehold.plans.put({ key: 'team', name: 'Team', features: {}, limits: {} })
  const price = { provider: 'stripe', currency: 'eur', unitAmount: 1000, interval: 'month' }
  await freehold.plans.putPrice({ ...price, planKey: 'team', providerPriceId: world.priceId })
  for (const [n, customer] of world.customers.entries()) {
    const tenant = await freehold.tenants.create({ slug: `t${n}`, name: `Tenant ${n}` })
    await tenant.billing.linkCustomer('stripe', customer)
  }
  const receive = async ({ body, signature }: Webhook): Promise<void> => {
    const headers = new Headers({ 'stripe-signature': signature })
    const answer = await freehold.webhooks.receive('stripe', { rawBody: body, headers })
    if (!answer.ok || answer.duplicate) throw new Error('the event was not taken')
  }
  let stored = 0
  const store = async (events: number): Promise<void> => {
    await Promise.all(world.next(events).map(receive))
    stored += events
  }
  const drain = async (): Promise<void> => {
    const { applied } = await freehold.webhooks.drain()
    if (applied !== stored) throw new Error(`${applied} of ${stored} events were applied`)
    stored = 0
  }
  const burst = async (events: number): Promise<void> => {
    await store(events)
    await drain()
  }
  // the first that is heard of a subscription is asked for: it may be late
  await burst(CUSTOMERS)
  seeding = false
  return {
    burst,
    ready: (times, events) => store(times * events),
    // the first of several drains for all
    process: async () => (stored > 0 ? drain() : undefined),
    seats: () => seats(database, 'freehold.subscription_items'),
    async [Symbol.asyncDispose]() {
      await freehold.close()
      await pool.end()
    },
  }
}

async function makeTheirs(database: Database): Promise<Subscriber> {
  const world: StripeWorld = stripeWorld(CUSTOMERS)
  const engine = await syncEngine(database.adminUrl, world.secret, CONNECTIONS)
  const burst = async (events: number): Promise<void> => {
    await Promise.all(world.next(events).map(({ body, signature }) => engine.processWebhook(body, signature)))
  }
  let bodies: Buffer[] = []
  await burst(CUSTOMERS)
  return {
    burst,
    async ready(times, events) {
      bodies = world.next(times * events).map(({ body }) => body)
    },
    async process(events) {
      const own = bodies.splice(0, events)
      await Promise.all(own.map((body) => engine.processEvent(JSON.parse(body.toString()))))
    },
    seats: () => seats(database, 'stripe.subscription_items'),
    [Symbol.asyncDispose]: () => engine.close(),
  }
}

async function seats({ adminUrl }: Database, table: string): Promise<number> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    const { rows } = await client.query(`select sum(quantity)::int as seats from ${table}`)
    return rows[0].seats ?? 0
  } finally {
    await client.end()
  }
}

const never = () => Promise.reject(new Error('not a part of this benchmark'))
const unused = {
  customers: { create: never },
  subscriptionItems: { list: never },
  invoices: { retrieve: never },
  checkout: { sessions: { create: never } },
}
