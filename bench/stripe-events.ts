// Stripe's side of the benchmark: customers with a subscription each that changes again and again, and the signed
// webhooks that tell of it. Two that are made alike send the same events.

import { Stripe } from 'stripe'

export interface Webhook {
  readonly body: Buffer
  /** The header `stripe-signature`. */
  readonly signature: string
}

export interface StripeWorld {
  readonly secret: string
  readonly customers: readonly string[]
  readonly priceId: string
  /** Subscriptions change: the customers in turn, each a second after its last change. */
  next(events: number): Webhook[]
  /** The subscription as it is now, as the API would answer. */
  subscription(id: string): object
}

const SECRET = 'whsec_bench_0123456789abcdef'
const PRICE = 'price_bench_team'
const MONTH_S = 30 * 86_400
const stripe = new Stripe('sk_test_bench')

export function stripeWorld(size: number): StripeWorld {
  const customers = Array.from({ length: size }, (_, n) => `cus_bench_${n}`)
  const changes = customers.map(() => 0)
  const startS = Math.floor(Date.now() / 1000) - 86_400
  let sent = 0
  const change = (): Webhook => {
    const n = sent++ % size
    changes[n]!++
    const body = JSON.stringify({
      id: `evt_bench_${sent}`,
      object: 'event',
      api_version: '2026-10-28.endive',
      created: startS + changes[n]!,
      data: {
        object: subscription(n, changes[n]!, startS),
        previous_attributes: { items: { data: [{ quantity: changes[n]! }] } },
      },
      livemode: false,
      pending_webhooks: 1,
      request: { id: null, idempotency_key: null },
      type: 'customer.subscription.updated',
    })
    const signature = stripe.webhooks.generateTestHeaderString({ payload: body, secret: SECRET })
    return { body: Buffer.from(body), signature }
  }
  return {
    secret: SECRET,
    customers,
    priceId: PRICE,
    next: (events) => Array.from({ length: events }, change),
    subscription(id) {
      const n = Number(id.slice(id.lastIndexOf('_') + 1))
      return subscription(n, changes[n]!, startS)
    },
  }
}

/** One item, of which more seats are bought with every change. */
function subscription(n: number, changes: number, createdS: number): object {
  const id = `sub_bench_${n}`
  const price = {
    id: PRICE,
    object: 'price',
    active: true,
    billing_scheme: 'per_unit',
    created: createdS,
    currency: 'eur',
    custom_unit_amount: null,
    livemode: false,
    lookup_key: null,
    metadata: {},
    nickname: null,
    product: 'prod_bench',
    recurring: { interval: 'month', interval_count: 1, meter: null, trial_period_days: null, usage_type: 'licensed' },
    tax_behavior: 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: 'recurring',
    unit_amount: 1000,
    unit_amount_decimal: '1000',
  }
  const item = {
    id: `si_bench_${n}`,
    object: 'subscription_item',
    billing_thresholds: null,
    created: createdS,
    current_period_end: createdS + MONTH_S,
    current_period_start: createdS,
    discounts: [],
    metadata: {},
    price,
    quantity: 1 + changes,
    subscription: id,
    tax_rates: [],
  }
  return {
    id,
    object: 'subscription',
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: createdS,
    billing_mode: { type: 'classic' },
    billing_thresholds: null,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, reason: null },
    collection_method: 'charge_automatically',
    created: createdS,
    currency: 'eur',
    customer: `cus_bench_${n}`,
    days_until_due: null,
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    ended_at: null,
    invoice_settings: { account_tax_ids: null, issuer: { type: 'self' } },
    items: {
      object: 'list',
      data: [item],
      has_more: false,
      total_count: 1,
      url: `/v1/subscription_items?subscription=${id}`,
    },
    latest_invoice: null,
    livemode: false,
    metadata: {},
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: { payment_method_options: null, payment_method_types: null, save_default_payment_method: 'off' },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: createdS,
    status: 'active',
    test_clock: null,
    transfer_data: null,
    trial_end: null,
    trial_settings: { end_behavior: { missing_payment_method: 'create_invoice' } },
    trial_start: null,
  }
}
