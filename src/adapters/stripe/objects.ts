// Stripe's objects as the port has them. Shapes differ by API version, and one account may send several: periods are on
// the items since 2025-03-31 (basil), and the subscription of an invoice is in its parent.

import type { InvoiceSnapshot, SubscriptionSnapshot } from '../../core/ports/billing-provider.ts'
import { type Fields, fields, idOf, list, text, time, whole } from './fields.ts'

/** What an object must have, or it is none of ours. */
export class Unreadable extends Error {}

/** What the columns have room for; a longer one is left out. */
const MAXIMUM_NUMBER = 100
const MAXIMUM_URL = 2048

/** `items` of further pages take the place of the object's own. @throws Unreadable */
export function subscriptionFrom(object: Fields, asOf: Date, items?: readonly unknown[]): SubscriptionSnapshot {
  const status = required(text(object.status), 'status')
  return {
    id: required(text(object.id), 'id'),
    customerId: required(customerOf(object), 'customer'),
    status,
    items: (items ?? list(object.items).data).map((item) => itemFrom(required(fields(item), 'item'), object)),
    cancelAtPeriodEnd: object.cancel_at_period_end === true,
    trialEnd: time(object.trial_end),
    canceledAt: time(object.canceled_at),
    // for good: a canceled subscription cannot be taken up again, only a new one be made
    deleted: status === 'canceled',
    asOf,
  }
}

function itemFrom(item: Fields, subscription: Fields): SubscriptionSnapshot['items'][number] {
  return {
    id: required(text(item.id), 'item id'),
    priceId: required(idOf(item.price) ?? idOf(item.plan), 'price'),
    quantity: whole(item.quantity) ?? null,
    periodStart: time(item.current_period_start) ?? time(subscription.current_period_start),
    periodEnd: time(item.current_period_end) ?? time(subscription.current_period_end),
  }
}

/** @throws Unreadable */
export function invoiceFrom(object: Fields, asOf: Date, deleted = false): InvoiceSnapshot {
  const parent = fields(fields(object.parent)?.subscription_details)
  const transitions = fields(object.status_transitions)
  const number = text(object.number)
  const hostedUrl = text(object.hosted_invoice_url)
  return {
    id: required(text(object.id), 'id'),
    customerId: required(customerOf(object), 'customer'),
    subscriptionId: idOf(parent?.subscription) ?? idOf(object.subscription) ?? null,
    number: number !== undefined && number.length <= MAXIMUM_NUMBER ? number : null,
    status: text(object.status) ?? 'draft',
    currency: required(text(object.currency), 'currency').toLowerCase(),
    amountDue: required(whole(object.amount_due), 'amount_due'),
    amountPaid: required(whole(object.amount_paid), 'amount_paid'),
    hostedUrl: hostedUrl !== undefined && hostedUrl.length <= MAXIMUM_URL ? hostedUrl : null,
    dueAt: time(object.due_date),
    paidAt: time(transitions?.paid_at),
    deleted,
    asOf,
  }
}

/** Accounts of the v2 API stand where customers stood. */
export function customerOf(object: Fields): string | undefined {
  return idOf(object.customer) ?? text(object.customer_account)
}

function required<V>(value: V | undefined, name: string): V {
  if (value === undefined) throw new Unreadable(`Stripe's object has no ${name} that can be read`)
  return value
}
