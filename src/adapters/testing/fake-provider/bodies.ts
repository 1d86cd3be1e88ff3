// The fake provider's objects and events as Stripe writes them, in the shape of today and in the one before 2025-03-31,
// as snapshot and as thin event.

import type { FakeInvoice, FakeSubscription } from './truth.ts'

/** `old`: periods on the subscription, the subscription on the invoice. One account may send both. */
export type Shape = 'current' | 'old'

export type FakeObject = FakeSubscription | FakeInvoice

/** Something happened: what, to what as it was then. */
export interface Happening {
  readonly id: string
  readonly thinId: string
  readonly type: string
  readonly at: Date
  readonly object: FakeObject
}

export interface Letterhead {
  readonly account: string
  readonly livemode: boolean
}

export function snapshotBody(happening: Happening, head: Letterhead, shape: Shape): object {
  const { id, type, at, object } = happening
  return {
    id,
    object: 'event',
    api_version: shape === 'old' ? '2024-06-20' : '2026-10-28.endive',
    ...(head.account === '' ? {} : { account: head.account }),
    created: seconds(at),
    data: { object: objectBody(object, head.livemode, shape) },
    livemode: head.livemode,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
  }
}

export function thinBody(happening: Happening, head: Letterhead): object {
  const { id, thinId, type, at, object } = happening
  const kind = isInvoice(object) ? 'invoice' : 'subscription'
  return {
    id: thinId,
    object: 'v2.core.event',
    // thin events count finer than seconds
    created: new Date(at.getTime() + 321).toISOString(),
    livemode: head.livemode,
    ...(head.account === '' ? {} : { context: head.account }),
    snapshot_event: id,
    related_object: { id: object.id, type: kind, url: `/v1/${kind}s/${object.id}` },
    type: `v1.${type}`,
  }
}

export function objectBody(object: FakeObject, livemode: boolean, shape: Shape): object {
  return isInvoice(object) ? invoiceBody(object, livemode, shape) : subscriptionBody(object, livemode, shape)
}

function subscriptionBody(subscription: FakeSubscription, livemode: boolean, shape: Shape): object {
  const [first] = subscription.items
  return {
    id: subscription.id,
    object: 'subscription',
    cancel_at_period_end: subscription.cancelAtPeriodEnd,
    canceled_at: secondsOrNull(subscription.canceledAt),
    created: seconds(subscription.createdAt),
    currency: 'eur',
    ...(shape === 'old' && first
      ? { current_period_start: seconds(first.periodStart), current_period_end: seconds(first.periodEnd) }
      : {}),
    customer: subscription.customerId,
    items: {
      object: 'list',
      data: subscription.items.map((item) => ({
        id: item.id,
        object: 'subscription_item',
        ...(shape === 'old'
          ? {}
          : { current_period_start: seconds(item.periodStart), current_period_end: seconds(item.periodEnd) }),
        price: { id: item.priceId, object: 'price', currency: 'eur', unit_amount_decimal: '1000' },
        quantity: item.quantity,
        subscription: subscription.id,
      })),
      has_more: false,
      url: `/v1/subscription_items?subscription=${subscription.id}`,
    },
    livemode,
    status: subscription.status,
    trial_end: secondsOrNull(subscription.trialEnd),
  }
}

function invoiceBody(invoice: FakeInvoice, livemode: boolean, shape: Shape): object {
  const { subscriptionId } = invoice
  const parent =
    subscriptionId === null
      ? null
      : { type: 'subscription_details', subscription_details: { subscription: subscriptionId, metadata: {} } }
  return {
    id: invoice.id,
    object: 'invoice',
    amount_due: invoice.amountDue,
    amount_paid: invoice.amountPaid,
    created: seconds(invoice.createdAt),
    currency: 'eur',
    customer: invoice.customerId,
    due_date: null,
    hosted_invoice_url: invoice.status === 'draft' ? null : `https://pay.fake.test/${invoice.id}`,
    livemode,
    number: invoice.number,
    ...(shape === 'old' ? { subscription: subscriptionId } : { parent }),
    status: invoice.status,
    status_transitions: { paid_at: secondsOrNull(invoice.paidAt) },
  }
}

function isInvoice(object: FakeObject): object is FakeInvoice {
  return 'amountDue' in object
}

function seconds(time: Date): number {
  return Math.floor(time.getTime() / 1000)
}

function secondsOrNull(time: Date | null): number | null {
  return time && seconds(time)
}
