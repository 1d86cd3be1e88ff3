// A tenant's billing: who it is at its providers, where it pays, and what they have told of it.

import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { checkInteger, checkKeys, checkText, invalid } from '../kernel/input.ts'
import { type Listing, pageOf, pageQuery } from '../kernel/page.ts'
import type { InvoiceRow, SubscriptionItemRow, SubscriptionRow } from '../storage/billing-tables.ts'
import type { Billing, Invoice, Subscription } from './billing.ts'
import { type CustomerDetails, createCustomers } from './customers.ts'
import { highest } from './plan-in-force.ts'
import { checkWord } from './plan-input.ts'
import { asked, type Providers, providerNamed } from './providers.ts'

/** Ids are UUIDv7: their order is that in which invoices were first heard of. */
const LISTING: Listing<InvoiceRow> = { name: 'invoices', columns: { id: 'id' } }
/** Subscriptions that have not ended, and their items, of one tenant at most. */
const SUBSCRIPTIONS = 200
const ITEMS = 10_000
const MAXIMUM_QUANTITY = 1_000_000
const MAXIMUM_URL = 2048

/** Customers and checkouts are facts at a provider: they are not part of a transaction, and survive its rollback. */
export function createBilling(context: TenantContext, providers: Providers): Billing {
  const { storage, scope, runtime, ref, auditWriter, actor } = context
  const customers = createCustomers(context)

  return {
    async customer(name, details = {}) {
      const provider = providerNamed(providers, name)
      return customers.ensure(provider, checkDetails(details))
    },

    async linkCustomer(name, providerCustomerId) {
      const provider = providerNamed(providers, name)
      return customers.link(provider, checkWord(providerCustomerId, 'providerCustomerId', 255))
    },

    async checkout(checkout) {
      checkKeys(checkout, 'checkout', ['provider', 'providerPriceId', 'quantity', 'successUrl', 'cancelUrl'])
      const provider = providerNamed(providers, checkout.provider)
      const { providerPriceId, quantity = 1 } = checkout
      const question = {
        priceId: checkWord(providerPriceId, 'providerPriceId', 255),
        quantity: checkInteger(quantity, 'quantity', 1, MAXIMUM_QUANTITY),
        successUrl: checkUrl(checkout.successUrl, 'successUrl'),
        cancelUrl: checkUrl(checkout.cancelUrl, 'cancelUrl'),
      }
      const price = await storage.system.records.get('prices', {
        provider: provider.name,
        provider_price_id: question.priceId,
      })
      if (!price || price.archived_at) throw new FreeholdError('PRICE_UNKNOWN', { price: question.priceId })
      const customer = await customers.ensure(provider, {})
      const idempotencyKey = `freehold-checkout-${runtime.newId()}`
      const { url } = await asked(provider, () =>
        provider.checkout({ ...question, customerId: customer.providerCustomerId, idempotencyKey }),
      )
      await auditWriter.append(storage.tenant(ref), actor, {
        action: 'billing.checkout_started',
        targets: [{ type: 'customer', id: customer.id }],
        details: { provider: provider.name, price: question.priceId, quantity: question.quantity },
      })
      return { url }
    },

    async subscriptions() {
      const rows = await scope.records.find('subscriptions', {
        where: { deleted_at: null },
        order: [{ by: 'id', descending: true }],
        limit: SUBSCRIPTIONS,
      })
      if (rows.length === 0) return []
      const items = await scope.records.find('subscription_items', {
        where: { subscription_id: { in: rows.map(({ id }) => id) } },
        limit: ITEMS,
      })
      // by the price list as it is now, which may be another than when the row was written
      const load = await scope.verbs.loadEntitlements()
      return rows.map((row) => {
        const keys = new Set(load.items.flatMap((item) => (item.subscriptionId === row.id ? [item.planKey] : [])))
        const plan = highest(load.plans.filter(({ key }) => keys.has(key)))
        const own = items.filter((item) => item.subscription_id === row.id)
        return subscriptionFromRow(row, own, plan?.key ?? null)
      })
    },

    async invoices(page = {}) {
      const query = pageQuery(LISTING, page)
      const rows = await scope.records.find('invoices', {
        ...query,
        where: { deleted_at: null },
        order: [{ by: 'id', descending: true }],
      })
      return pageOf(LISTING, query, rows, invoiceFromRow)
    },
  }
}

/** @throws INPUT_INVALID */
function checkDetails(details: CustomerDetails): CustomerDetails {
  checkKeys(details, 'details', ['email', 'name'])
  const { email, name } = details
  return {
    ...(email === undefined ? {} : { email: checkText(email, 'email', { maximum: 320 }) }),
    ...(name === undefined ? {} : { name: checkText(name, 'name', { maximum: 200 }) }),
  }
}

/** Absolute and of the web: it is handed to a browser. @throws INPUT_INVALID */
function checkUrl(url: unknown, field: string): string {
  const parsed = typeof url === 'string' && url.length <= MAXIMUM_URL && URL.canParse(url) ? new URL(url) : undefined
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol)) throw invalid(field, 'it is no absolute http(s) URL')
  // a provider fills in placeholders of its own, which a parsed URL would escape
  return url as string
}

function subscriptionFromRow(
  row: SubscriptionRow,
  items: readonly SubscriptionItemRow[],
  planKey: string | null,
): Subscription {
  return {
    id: row.id,
    provider: row.provider,
    providerSubscriptionId: row.provider_subscription_id,
    status: row.status,
    planKey,
    items: items.map((item) => ({ providerPriceId: item.provider_price_id, quantity: item.quantity })),
    currentPeriodStart: row.current_period_start,
    currentPeriodEnd: row.current_period_end,
    cancelAtPeriodEnd: row.cancel_at_period_end,
    trialEnd: row.trial_end,
    canceledAt: row.canceled_at,
  }
}

function invoiceFromRow(row: InvoiceRow): Invoice {
  return {
    id: row.id,
    provider: row.provider,
    providerInvoiceId: row.provider_invoice_id,
    number: row.number,
    status: row.status,
    currency: row.currency,
    amountDue: row.amount_due,
    amountPaid: row.amount_paid,
    hostedUrl: row.hosted_url,
    dueAt: row.due_at,
    paidAt: row.paid_at,
  }
}
