// What a tenant's rows say, and what the provider knows to be so, in one form, to be held against each other.

import type { FakeProvider } from '../../src/adapters/testing/index.ts'
import type { TenantContext } from '../../src/core/context.ts'

export interface Mirror {
  readonly subscriptions: readonly object[]
  readonly invoices: readonly object[]
}

/** The tenant's rows; what is gone at the provider, and here, is left out. */
export async function mirrored({ scope }: Pick<TenantContext, 'scope'>): Promise<Mirror> {
  const limit = 1000
  const subscriptions = await scope.records.find('subscriptions', { limit })
  const items = await scope.records.find('subscription_items', { limit })
  const invoices = await scope.records.find('invoices', { where: { deleted_at: null }, limit })
  const nameOf = new Map(subscriptions.map((row) => [row.id, row.provider_subscription_id]))
  return {
    subscriptions: sorted(
      subscriptions.map((row) => ({
        id: row.provider_subscription_id,
        status: row.status,
        plan: row.plan_key,
        ended: row.deleted_at !== null,
        cancelAtPeriodEnd: row.cancel_at_period_end,
        trialEnd: row.trial_end,
        canceledAt: row.canceled_at,
        periodStart: row.current_period_start,
        periodEnd: row.current_period_end,
        items: sorted(
          items
            .filter((item) => item.subscription_id === row.id)
            .map((item) => ({
              id: item.provider_item_id,
              price: item.provider_price_id,
              quantity: item.quantity,
              periodStart: item.current_period_start,
              periodEnd: item.current_period_end,
            })),
        ),
      })),
    ),
    invoices: sorted(
      invoices.map((row) => ({
        id: row.provider_invoice_id,
        subscription: row.subscription_id && nameOf.get(row.subscription_id),
        status: row.status,
        number: row.number,
        amountDue: row.amount_due,
        amountPaid: row.amount_paid,
        paidAt: row.paid_at,
      })),
    ),
  }
}

/** What the provider has of a customer. `planOf`: the plan of a price, ranks already decided. */
export function known(
  fake: FakeProvider,
  customerId: string,
  planOf: (prices: readonly string[]) => string | null,
): Mirror {
  const own = <V extends { readonly customerId: string }>(objects: ReadonlyMap<string, V>): V[] =>
    [...objects.values()].filter((object) => object.customerId === customerId)
  const time = (dates: readonly Date[], choose: (...times: number[]) => number) =>
    dates.length === 0 ? null : new Date(choose(...dates.map(Number)))
  return {
    subscriptions: sorted(
      own(fake.subscriptions).map((subscription) => ({
        id: subscription.id,
        status: subscription.status,
        plan: planOf(subscription.items.map(({ priceId }) => priceId)),
        ended: subscription.status === 'canceled',
        cancelAtPeriodEnd: subscription.cancelAtPeriodEnd,
        trialEnd: subscription.trialEnd,
        canceledAt: subscription.canceledAt,
        periodStart: time(
          subscription.items.map((item) => item.periodStart),
          Math.min,
        ),
        periodEnd: time(
          subscription.items.map((item) => item.periodEnd),
          Math.max,
        ),
        items: sorted(
          subscription.items.map(({ id, priceId, quantity, periodStart, periodEnd }) => ({
            id,
            price: priceId,
            quantity,
            periodStart,
            periodEnd,
          })),
        ),
      })),
    ),
    invoices: sorted(
      own(fake.invoices).map(({ id, subscriptionId, status, number, amountDue, amountPaid, paidAt }) => ({
        id,
        subscription: subscriptionId,
        status,
        number,
        amountDue,
        amountPaid,
        paidAt,
      })),
    ),
  }
}

function sorted<V extends { readonly id: string }>(values: V[]): V[] {
  return values.sort((a, b) => (a.id < b.id ? -1 : 1))
}
