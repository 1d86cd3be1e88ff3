// freehold/stripe: Stripe as a payment provider, on an instance of the `stripe` package that the host makes.

import { FreeholdError } from '../../core/kernel/errors.ts'
import type { BillingProvider } from '../../core/ports/billing-provider.ts'
import type { StripeClient } from './client.ts'
import { changeFrom, eventFrom, type Home } from './events.ts'
import { type Fields, fields, list, text, time } from './fields.ts'
import { invoiceFrom, subscriptionFrom } from './objects.ts'
import { checkSignature } from './signature.ts'

export interface StripeBillingOptions {
  /** `new Stripe(key)`. Its key, its API version, its retries and its time-outs hold. */
  readonly stripe: StripeClient
  /** Signing secrets (`whsec_...`) of the endpoints that lead here; several while one replaces another. */
  readonly webhookSecrets: readonly string[]
  /** True for the live mode. Events of the other mode are kept and not applied. */
  readonly livemode: boolean
  /** The account that the key belongs to, where several are used: events of others are kept and not applied. */
  readonly account?: string
  /** How old, and how far ahead of our clock, a webhook's timestamp may be. Default 5 minutes. */
  readonly toleranceMs?: number
  /** The name under which it is set up, where there are several. Default `stripe`. */
  readonly name?: string
}

export type { StripeClient }

const DEFAULT_TOLERANCE_MS = 300_000
const LONGEST_TOLERANCE_MS = 3_600_000
/** From when Stripe reads an object to when it dates its answer, at most: what happened in between may be missing. */
const READING_MS = 2000
/** Of one page, at most. */
const ITEMS = 100

/** @throws CONFIG_INVALID */
export function stripeBilling(options: StripeBillingOptions): BillingProvider {
  const { stripe, webhookSecrets: secrets, livemode, account = '', name = 'stripe' } = options
  const { toleranceMs = DEFAULT_TOLERANCE_MS } = options
  checkOptions({ ...options, toleranceMs })
  const home: Home = { account, livemode }

  /** Undefined: there is no such object (any more). @throws PROVIDER_FAILED */
  async function retrieve(question: () => Promise<object>): Promise<Fields | undefined> {
    try {
      const object = await question()
      return fields(object)?.deleted === true ? undefined : (object as Fields)
    } catch (error) {
      if (statusOf(error) === 404) return undefined
      throw failed(name, error)
    }
  }

  /** All of them, page by page. @throws PROVIDER_FAILED */
  async function itemsOf(subscription: string): Promise<object[]> {
    const items: object[] = []
    for (;;) {
      const last = text(fields(items.at(-1))?.id)
      const question = { subscription, limit: ITEMS, ...(last === undefined ? {} : { starting_after: last }) }
      const page = await reach(name, () => Promise.resolve(stripe.subscriptionItems.list(question)))
      items.push(...page.data)
      if (page.has_more !== true || page.data.length === 0) return items
    }
  }

  return {
    name,
    customerColumn: 'stripe_customer_id',
    account,
    livemode,

    async readEvent(rawBody, headers, nowMs) {
      const verdict = checkSignature(rawBody, headers.get('stripe-signature'), { secrets, toleranceMs, nowMs })
      if (verdict !== 'ok') return { ok: false, reason: verdict }
      const event = eventFrom(rawBody, home)
      return event ? { ok: true, event } : { ok: false, reason: 'payload' }
    },

    readChange: async (rawBody) => changeFrom(rawBody),

    async fetchSubscription(id) {
      const object = await retrieve(() => stripe.subscriptions.retrieve(id))
      if (!object) return undefined
      if (list(object.items).complete) return subscriptionFrom(object, readAt(object))
      return subscriptionFrom(object, readAt(object), await itemsOf(id))
    },

    async fetchInvoice(id) {
      const object = await retrieve(() => stripe.invoices.retrieve(id))
      return object && invoiceFrom(object, readAt(object))
    },

    async createCustomer({ email, name: called, tenantId, idempotencyKey }) {
      const details = {
        ...(email === undefined ? {} : { email }),
        ...(called === undefined ? {} : { name: called }),
        metadata: { freehold_tenant: tenantId },
      }
      const { id } = await reach(name, () => stripe.customers.create(details, { idempotencyKey }))
      return { id }
    },

    async checkout({ customerId, priceId, quantity, successUrl, cancelUrl, idempotencyKey }) {
      const { url } = await reach(name, () =>
        stripe.checkout.sessions.create(
          {
            mode: 'subscription',
            customer: customerId,
            line_items: [{ price: priceId, quantity }],
            success_url: successUrl,
            cancel_url: cancelUrl,
          },
          { idempotencyKey },
        ),
      )
      if (url === null) throw new FreeholdError('PROVIDER_FAILED', { provider: name })
      return { url }
    },
  }
}

/** When Stripe looked, by its own clock: the answer says when it was sent. Where it does not, when the object was made. */
function readAt(object: Fields): Date {
  const headers = fields(fields(object.lastResponse)?.headers)
  const sent = Date.parse(text(headers?.date) ?? '')
  return Number.isNaN(sent) ? (time(object.created) ?? new Date(0)) : new Date(sent - READING_MS)
}

async function reach<R>(provider: string, question: () => Promise<R>): Promise<R> {
  try {
    return await question()
  } catch (error) {
    throw failed(provider, error)
  }
}

/** The package's errors carry the HTTP status of the answer; without one there was none. */
function failed(provider: string, cause: unknown): FreeholdError<'PROVIDER_FAILED'> {
  const status = statusOf(cause)
  return new FreeholdError('PROVIDER_FAILED', { provider, ...(status === undefined ? {} : { status }) }, { cause })
}

function statusOf(error: unknown): number | undefined {
  const status = fields(error)?.statusCode
  return typeof status === 'number' ? status : undefined
}

function checkOptions({ stripe, webhookSecrets, toleranceMs }: StripeBillingOptions & { toleranceMs: number }): void {
  const refuse = (option: string, problem: string) =>
    new FreeholdError('CONFIG_INVALID', { option: `stripeBilling.${option}`, problem })
  if (typeof fields(stripe)?.subscriptions !== 'object')
    throw refuse('stripe', 'it is no instance of the package stripe')
  if (!Array.isArray(webhookSecrets) || webhookSecrets.length === 0) throw refuse('webhookSecrets', 'there is none')
  // an empty one would let anybody sign, and white space is a slip of whoever copied it
  const sound = webhookSecrets.every((secret) => typeof secret === 'string' && /^\S{8,}$/.test(secret))
  if (!sound) throw refuse('webhookSecrets', 'one of them is too short, or has white space')
  if (!Number.isSafeInteger(toleranceMs) || toleranceMs < 1000 || toleranceMs > LONGEST_TOLERANCE_MS) {
    throw refuse('toleranceMs', `it is from 1000 to ${LONGEST_TOLERANCE_MS}`)
  }
}
