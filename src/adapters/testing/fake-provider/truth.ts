// What is so at the fake provider: customers, subscriptions, invoices, and a clock that moves when it is told to. Every
// act of the world is told to `tell`, as a provider tells of it.

/** As of now; the provider's own clock, which counts in seconds. */
export interface FakeClock {
  now(): Date
  advance(ms: number): void
  /**
   * A fault: while it is true all that happens carries the same second, whatever is advanced. That comes to pass when it
   * ends.
   */
  sameSecond: boolean
}

export interface FakeItem {
  readonly priceId: string
  /** Default 1. */
  readonly quantity?: number
}

export interface FakeSubscription {
  readonly id: string
  readonly customerId: string
  readonly createdAt: Date
  status: string
  items: readonly {
    readonly id: string
    readonly priceId: string
    readonly quantity: number
    readonly periodStart: Date
    readonly periodEnd: Date
  }[]
  cancelAtPeriodEnd: boolean
  trialEnd: Date | null
  canceledAt: Date | null
}

export interface FakeInvoice {
  readonly id: string
  readonly customerId: string
  readonly subscriptionId: string | null
  readonly createdAt: Date
  number: string | null
  status: string
  amountDue: number
  amountPaid: number
  paidAt: Date | null
}

export interface FakeCustomer {
  readonly id: string
  readonly email: string | null
  readonly name: string | null
  readonly tenantId: string | null
}

/** What happened, of what. */
export type Tell = (type: string, object: FakeSubscription | FakeInvoice) => void

/** The acts of the world. Each answers the id of what it made, or nothing. */
export interface FakeWorld {
  /** A customer that nobody asked for: made at the provider's own pages. */
  addCustomer(details?: { readonly email?: string; readonly name?: string; readonly tenantId?: string }): string
  /** Starts `incomplete` with an open invoice, which is paid at once; with a trial, without one. */
  subscribe(customerId: string, items: readonly FakeItem[], options?: { readonly trialDays?: number }): string
  changeItems(subscriptionId: string, items: readonly FakeItem[]): void
  cancelAtPeriodEnd(subscriptionId: string, cancel: boolean): void
  /** Now, and for good. */
  cancel(subscriptionId: string): void
  /** The next period, with an open invoice. Answers the invoice. */
  renew(subscriptionId: string): string
  pay(invoiceId: string): void
  /** The card is refused: the subscription is past due. */
  failPayment(invoiceId: string): void
  /** An invoice of its own, not yet sent. */
  draft(customerId: string, amount: number): string
  /** A draft can be removed: then there is no such invoice. */
  removeDraft(invoiceId: string): void
}

export interface Truth extends FakeWorld {
  readonly clock: FakeClock
  readonly customers: ReadonlyMap<string, FakeCustomer>
  readonly subscriptions: ReadonlyMap<string, FakeSubscription>
  readonly invoices: ReadonlyMap<string, FakeInvoice>
  newId(prefix: string): string
}

const DAY = 86_400_000
const MONTH = 30 * DAY
const UNIT_AMOUNT = 1000

/** @param tag in every id, so that two fakes never mean the same object */
export function createTruth(tag: string, startAt: Date, tell: Tell): Truth {
  const customers = new Map<string, FakeCustomer>()
  const subscriptions = new Map<string, FakeSubscription>()
  const invoices = new Map<string, FakeInvoice>()
  let nowMs = startAt.getTime()
  let made = 0

  /** Where the clock was held. */
  let heldAt: number | undefined
  const now = (): Date => new Date(Math.floor((heldAt ?? nowMs) / 1000) * 1000)
  const newId = (prefix: string): string => `${prefix}_${tag}${++made}`
  const subscriptionOf = (id: string): FakeSubscription => found(subscriptions, id)

  function itemsFrom(wanted: readonly FakeItem[], before: FakeSubscription['items'], start: Date, end: Date) {
    return wanted.map(({ priceId, quantity = 1 }) => {
      const same = before.find((item) => item.priceId === priceId)
      return { id: same?.id ?? newId('si'), priceId, quantity, periodStart: start, periodEnd: end }
    })
  }

  function bill(subscription: FakeSubscription): FakeInvoice {
    const quantity = subscription.items.reduce((sum, item) => sum + item.quantity, 0)
    return addInvoice(subscription.customerId, subscription.id, quantity * UNIT_AMOUNT, 'open')
  }

  function addInvoice(customerId: string, subscriptionId: string | null, amountDue: number, status: string) {
    const id = newId('in')
    const number = status === 'draft' ? null : `F-${made}`
    const money = { amountDue, amountPaid: 0, paidAt: null }
    const invoice: FakeInvoice = { id, customerId, subscriptionId, createdAt: now(), number, status, ...money }
    invoices.set(id, invoice)
    tell('invoice.created', invoice)
    return invoice
  }

  const world: FakeWorld = {
    addCustomer({ email, name, tenantId } = {}) {
      const id = newId('cus')
      customers.set(id, { id, email: email ?? null, name: name ?? null, tenantId: tenantId ?? null })
      return id
    },

    subscribe(customerId, wanted, { trialDays } = {}) {
      found(customers, customerId)
      const start = now()
      const trialEnd = trialDays === undefined ? null : new Date(start.getTime() + trialDays * DAY)
      const end = trialEnd ?? new Date(start.getTime() + MONTH)
      const subscription: FakeSubscription = {
        id: newId('sub'),
        customerId,
        createdAt: start,
        status: trialEnd ? 'trialing' : 'incomplete',
        items: itemsFrom(wanted, [], start, end),
        cancelAtPeriodEnd: false,
        trialEnd,
        canceledAt: null,
      }
      subscriptions.set(subscription.id, subscription)
      tell('customer.subscription.created', subscription)
      if (!trialEnd) world.pay(bill(subscription).id)
      return subscription.id
    },

    changeItems(id, wanted) {
      const subscription = subscriptionOf(id)
      const [first] = subscription.items
      const start = first?.periodStart ?? now()
      subscription.items = itemsFrom(wanted, subscription.items, start, first?.periodEnd ?? new Date(+start + MONTH))
      tell('customer.subscription.updated', subscription)
    },

    cancelAtPeriodEnd(id, cancel) {
      const subscription = subscriptionOf(id)
      subscription.cancelAtPeriodEnd = cancel
      tell('customer.subscription.updated', subscription)
    },

    cancel(id) {
      const subscription = subscriptionOf(id)
      if (subscription.status === 'canceled') return
      subscription.status = 'canceled'
      subscription.canceledAt = now()
      tell('customer.subscription.deleted', subscription)
    },

    renew(id) {
      const subscription = subscriptionOf(id)
      const start = subscription.items[0]?.periodEnd ?? now()
      const end = new Date(start.getTime() + MONTH)
      subscription.items = subscription.items.map((item) => ({ ...item, periodStart: start, periodEnd: end }))
      if (subscription.status === 'trialing') subscription.status = 'active'
      tell('customer.subscription.updated', subscription)
      return bill(subscription).id
    },

    pay(id) {
      const invoice = found(invoices, id)
      if (invoice.status === 'paid') return
      Object.assign(invoice, { status: 'paid', amountPaid: invoice.amountDue, paidAt: now() })
      tell('invoice.paid', invoice)
      const subscription = subscriptions.get(invoice.subscriptionId ?? '')
      if (!subscription || !['incomplete', 'past_due'].includes(subscription.status)) return
      subscription.status = 'active'
      tell('customer.subscription.updated', subscription)
    },

    failPayment(id) {
      const invoice = found(invoices, id)
      tell('invoice.payment_failed', invoice)
      const subscription = subscriptions.get(invoice.subscriptionId ?? '')
      if (subscription?.status !== 'active') return
      subscription.status = 'past_due'
      tell('customer.subscription.updated', subscription)
    },

    draft: (customerId, amount) => addInvoice(found(customers, customerId).id, null, amount, 'draft').id,

    removeDraft(id) {
      const invoice = found(invoices, id)
      if (invoice.status !== 'draft') return
      invoices.delete(id)
      tell('invoice.deleted', invoice)
    },
  }

  const clock: FakeClock = {
    now,
    advance(ms) {
      nowMs += ms
    },
    get sameSecond() {
      return heldAt !== undefined
    },
    set sameSecond(held) {
      heldAt = held ? (heldAt ?? nowMs) : undefined
    },
  }
  return { ...world, clock, customers, subscriptions, invoices, newId }
}

function found<V>(map: ReadonlyMap<string, V>, id: string): V {
  const value = map.get(id)
  if (!value) throw new Error(`the fake provider knows no ${id}`)
  return value
}
