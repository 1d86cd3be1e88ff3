// Subscriptions as a provider tells of them, many at a time: what is asked of a storage to hold, and to write.

import type { SubscriptionItemRow, SubscriptionRow } from './billing-tables.ts'
import type { TenantRef } from './storage.ts'

/** A subscription by its provider's name for it. */
export interface SubscriptionName {
  readonly owner: TenantRef
  readonly provider: string
  readonly account: string
  readonly livemode: boolean
  readonly providerSubscriptionId: string
}

export interface HeldSubscription {
  readonly tenantId: string
  readonly row: SubscriptionRow
  /** In the order of their ids. */
  readonly items: readonly SubscriptionItemRow[]
}

/** What a subscription is from now on. */
export interface SubscriptionWrite
  extends Pick<
    SubscriptionRow,
    | 'id'
    | 'status'
    | 'plan_key'
    | 'current_period_start'
    | 'current_period_end'
    | 'cancel_at_period_end'
    | 'trial_end'
    | 'canceled_at'
    | 'provider_updated_at'
  > {
  /** It has ended for good: a tombstone from now on. */
  readonly ended: boolean
  readonly items: ItemWrites
}

/** What is different of a subscription's items, by their ids. */
export interface ItemWrites {
  readonly added: readonly ItemWrite[]
  readonly changed: readonly ItemWrite[]
  readonly removed: readonly string[]
}

export type ItemWrite = Omit<SubscriptionItemRow, 'subscription_id'>
