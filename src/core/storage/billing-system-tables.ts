// Tables of billing, the system's side: what is sold, and what providers told us before we know whose it is.

import type { Table } from './columns.ts'

export interface PlanRow {
  key: string
  name: string
  features: Record<string, boolean>
  /** Null: no limit. */
  limits: Record<string, number | null>
  /** Of several live plans the one of the highest rank counts. */
  rank: number
  archived_at: Date | null
  created_at: Date
  updated_at: Date
}

export interface PriceRow {
  id: string
  plan_key: string
  provider: string
  provider_price_id: string
  currency: string
  /** Minor units. */
  unit_amount: number
  recurring_interval: string | null
  interval_count: number
  archived_at: Date | null
  created_at: Date
}

export interface BillingRouteRow {
  provider: string
  account: string
  livemode: boolean
  customer_id: string
  tenant_id: string
  created_at: Date
}

export type InboxState = 'pending' | 'done' | 'ignored' | 'dead'

export interface WebhookInboxRow {
  id: string
  provider: string
  account: string
  livemode: boolean
  event_id: string
  event_type: string
  /** As the event names it, or as was learned when it was applied. */
  customer_id: string | null
  /** What it is about, as `sub_123`. */
  object_id: string | null
  /** On the provider's clock. */
  occurred_at: Date
  /** The body as it came, byte for byte. */
  payload: Uint8Array
  state: InboxState
  attempts: number
  available_at: Date
  leased_until: Date | null
  lease_token: string | null
  last_error: string | null
  received_at: Date
  finished_at: Date | null
}

export interface BillingSystemTables {
  plans: PlanRow
  prices: PriceRow
  billing_routes: BillingRouteRow
  webhook_inbox: WebhookInboxRow
}

const provider = ['provider', 'account', 'livemode'] as const

export const billingSystemTables = {
  plans: {
    key: ['key'],
    columns: {
      key: { type: 'text' },
      name: { type: 'text' },
      features: { type: 'json', generated: true },
      limits: { type: 'json', generated: true },
      rank: { type: 'integer', generated: true },
      archived_at: { type: 'time', nullable: true },
      created_at: { type: 'time', generated: true },
      updated_at: { type: 'time', generated: true },
    },
  },
  prices: {
    key: ['id'],
    unique: { prices_provider_key: { columns: ['provider', 'provider_price_id'] } },
    references: { prices_plan_key_fkey: { columns: ['plan_key'], table: 'plans', onDelete: 'restrict' } },
    columns: {
      id: { type: 'uuid' },
      plan_key: { type: 'text' },
      provider: { type: 'text' },
      provider_price_id: { type: 'text' },
      currency: { type: 'text' },
      unit_amount: { type: 'bigint' },
      recurring_interval: { type: 'text', nullable: true },
      interval_count: { type: 'integer', generated: true },
      archived_at: { type: 'time', nullable: true },
      created_at: { type: 'time', generated: true },
    },
  },
  billing_routes: {
    key: [...provider, 'customer_id'],
    references: { billing_routes_tenant_id_fkey: { columns: ['tenant_id'], table: 'tenants', onDelete: 'cascade' } },
    columns: {
      provider: { type: 'text' },
      account: { type: 'text', generated: true },
      livemode: { type: 'boolean' },
      customer_id: { type: 'text' },
      tenant_id: { type: 'uuid' },
      created_at: { type: 'time', generated: true },
    },
  },
  webhook_inbox: {
    key: ['id'],
    unique: { webhook_inbox_event_key: { columns: [...provider, 'event_id'] } },
    columns: {
      id: { type: 'uuid' },
      provider: { type: 'text' },
      account: { type: 'text', generated: true },
      livemode: { type: 'boolean' },
      event_id: { type: 'text' },
      event_type: { type: 'text' },
      customer_id: { type: 'text', nullable: true },
      object_id: { type: 'text', nullable: true },
      occurred_at: { type: 'time' },
      payload: { type: 'bytes' },
      state: { type: 'text', generated: true },
      attempts: { type: 'integer', generated: true },
      available_at: { type: 'time', generated: true },
      leased_until: { type: 'time', nullable: true },
      lease_token: { type: 'uuid', nullable: true },
      last_error: { type: 'text', nullable: true },
      received_at: { type: 'time', generated: true },
      finished_at: { type: 'time', nullable: true },
    },
  },
} as const satisfies { readonly [T in keyof BillingSystemTables]: Table<BillingSystemTables[T]> }
