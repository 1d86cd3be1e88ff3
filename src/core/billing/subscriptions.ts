// Subscriptions as a provider tells of them, mirrored: the row, and its items as one set.

import { inShort } from '../audit/in-short.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { SubscriptionSnapshot } from '../ports/billing-provider.ts'
import type { SubscriptionItemRow, SubscriptionRow } from '../storage/billing-tables.ts'
import { fromNow } from '../storage/tables.ts'
import { type Changes, differences, type Ledger, moved, type Place } from './ledger.ts'
import type { PriceToPlan } from './plan-in-force.ts'
import { customerAt, realm } from './providers.ts'

/** Items of one subscription at most; providers allow fewer. */
const ITEMS = 1000
/** Of their JSON text, in an audit event, which holds two of them and more. */
const MAXIMUM_BYTES_IN_FULL = 12_288

export function subscriptionLedger(planOf: PriceToPlan): Ledger<SubscriptionSnapshot, SubscriptionRow> {
  const columns = ({ provider }: Place, snapshot: SubscriptionSnapshot) => ({
    status: snapshot.status,
    plan_key: planOf(
      provider.name,
      snapshot.items.map(({ priceId }) => priceId),
    ),
    // periods are the items' own
    current_period_start: extreme(Math.min, snapshot, 'periodStart'),
    current_period_end: extreme(Math.max, snapshot, 'periodEnd'),
    cancel_at_period_end: snapshot.cancelAtPeriodEnd,
    trial_end: snapshot.trialEnd,
    canceled_at: snapshot.canceledAt,
  })

  return {
    kind: 'subscription',
    fetch: (provider, id) => provider.fetchSubscription(id),

    lock: ({ provider, unit }, id) =>
      unit.records.lock('subscriptions', { ...realm(provider), provider_subscription_id: id }),

    async insert(place, snapshot, stamp) {
      const { provider, unit } = place
      const customer = await unit.records.get('payment_customers', customerAt(provider, snapshot.customerId))
      if (!customer) throw new FreeholdError('CUSTOMER_UNKNOWN')
      const [row] = await unit.records.insert(
        'subscriptions',
        [
          {
            id: place.newId(),
            customer_id: customer.id,
            ...realm(provider),
            provider_subscription_id: snapshot.id,
            ...columns(place, snapshot),
            status_since: stamp,
            provider_updated_at: stamp,
            deleted_at: snapshot.deleted ? fromNow() : null,
          },
        ],
        { onConflict: 'ignore' },
      )
      if (row) await insertItems(place, row, snapshot)
      return row
    },

    async update(place, row, snapshot, stamp) {
      const wanted = columns(place, snapshot)
      const changes: Changes = { ...differences(row, wanted), ...(await replaceItems(place, row, snapshot)) }
      await place.unit.records.update(
        'subscriptions',
        { id: row.id },
        {
          ...wanted,
          ...(wanted.status === row.status ? {} : { status_since: stamp, status_seen_at: fromNow() }),
          provider_updated_at: stamp,
          ...moved(),
          ...(snapshot.deleted ? { deleted_at: fromNow() } : {}),
        },
      )
      return changes
    },

    async bury({ unit }, row, stamp) {
      const gone = { provider_updated_at: stamp, ...moved(), deleted_at: fromNow() }
      await unit.records.update('subscriptions', { id: row.id }, gone)
    },
  }
}

function extreme(
  choose: (...times: number[]) => number,
  { items }: SubscriptionSnapshot,
  border: 'periodStart' | 'periodEnd',
): Date | null {
  const times = items.flatMap((item) => item[border]?.getTime() ?? [])
  return times.length === 0 ? null : new Date(choose(...times))
}

type ItemColumns = Omit<SubscriptionItemRow, 'id' | 'subscription_id'>

function itemColumns(item: SubscriptionSnapshot['items'][number]): ItemColumns {
  return {
    provider_item_id: item.id,
    provider_price_id: item.priceId,
    quantity: item.quantity,
    current_period_start: item.periodStart,
    current_period_end: item.periodEnd,
  }
}

async function insertItems({ unit, newId }: Place, row: { readonly id: string }, { items }: SubscriptionSnapshot) {
  if (items.length === 0) return
  await unit.records.insert(
    'subscription_items',
    items.map((item) => ({ id: newId(), subscription_id: row.id, ...itemColumns(item) })),
  )
}

/** The one that is another than before, in its place; where more differ, all of them. */
async function replaceItems(place: Place, row: SubscriptionRow, snapshot: SubscriptionSnapshot): Promise<Changes> {
  const { records } = place.unit
  const before = await records.find('subscription_items', { where: { subscription_id: row.id }, limit: ITEMS })
  const known = new Map(before.map((item) => [item.provider_item_id, item]))
  const others = snapshot.items.filter((item) => {
    const match = known.get(item.id)
    return match === undefined || Object.keys(differences(match, itemColumns(item))).length > 0
  })
  const sameSize = before.length === snapshot.items.length
  if (sameSize && others.length === 0) return {}
  const [other] = others
  const changed = sameSize && others.length === 1 ? known.get(other!.id) : undefined
  if (changed) await records.update('subscription_items', { id: changed.id }, itemColumns(other!))
  else {
    await records.remove('subscription_items', { subscription_id: row.id })
    await insertItems(place, row, snapshot)
  }
  return {
    items: {
      from: shownItems(before.map((item) => ({ price: item.provider_price_id, quantity: item.quantity }))),
      to: shownItems(snapshot.items.map((item) => ({ price: item.priceId, quantity: item.quantity }))),
    },
  }
}

function shownItems(items: readonly object[]): unknown {
  return inShort(items, MAXIMUM_BYTES_IN_FULL)
}
