// Tables of billing, the tenant's side, behind its wall: who it is at each provider, and the last each provider said.

import type { Table } from './columns.ts'

export interface PaymentCustomerRow {
  id: string
  organization_id: string | null
  email: string | null
  name: string | null
  livemode: boolean
  stripe_customer_id: string | null
  conekta_customer_id: string | null
  fungies_customer_id: string | null
  created_at: Date
  updated_at: Date
}

export interface SubscriptionRow {
  id: string
  customer_id: string
  provider: string
  account: string
  livemode: boolean
  provider_subscription_id: string
  /** The provider's own word; providers add new ones. */
  status: string
  /** Since when it has been of this status, on the provider's clock. */
  status_since: Date
  /** When we heard of it, on the database's clock: what grace is counted from. */
  status_seen_at: Date
  /** By the prices that were known when it was applied; what is in force is asked of `loadEntitlements`. */
  plan_key: string | null
  current_period_start: Date | null
  current_period_end: Date | null
  cancel_at_period_end: boolean
  trial_end: Date | null
  canceled_at: Date | null
  /** On the provider's clock, never ours. */
  provider_updated_at: Date
  /** Moves on with every write. */
  version: number
  /** A tombstone: no later event brings it back. */
  deleted_at: Date | null
  created_at: Date
  updated_at: Date
}

export interface SubscriptionItemRow {
  id: string
  subscription_id: string
  provider_item_id: string
  provider_price_id: string
  quantity: number | null
  current_period_start: Date | null
  current_period_end: Date | null
}

export interface InvoiceRow {
  id: string
  customer_id: string
  subscription_id: string | null
  provider: string
  account: string
  livemode: boolean
  provider_invoice_id: string
  number: string | null
  status: string
  currency: string
  /** Minor units. */
  amount_due: number
  amount_paid: number
  hosted_url: string | null
  due_at: Date | null
  paid_at: Date | null
  provider_updated_at: Date
  /** Moves on with every write. */
  version: number
  deleted_at: Date | null
  created_at: Date
  updated_at: Date
}

export interface BillingTables {
  payment_customers: PaymentCustomerRow
  subscriptions: SubscriptionRow
  subscription_items: SubscriptionItemRow
  invoices: InvoiceRow
}

const provider = ['provider', 'account', 'livemode'] as const

export const billingTables = {
  payment_customers: {
    key: ['id'],
    unique: {
      payment_customers_stripe_key: { columns: ['livemode', 'stripe_customer_id'] },
      payment_customers_conekta_key: { columns: ['livemode', 'conekta_customer_id'] },
      payment_customers_fungies_key: { columns: ['livemode', 'fungies_customer_id'] },
    },
    references: {
      payment_customers_organization_id_fkey: {
        columns: ['organization_id'],
        table: 'organizations',
        onDelete: 'cascade',
      },
    },
    columns: {
      id: { type: 'uuid' },
      organization_id: { type: 'uuid', nullable: true },
      email: { type: 'text', nullable: true, person: true },
      name: { type: 'text', nullable: true, person: true },
      livemode: { type: 'boolean' },
      stripe_customer_id: { type: 'text', nullable: true },
      conekta_customer_id: { type: 'text', nullable: true },
      fungies_customer_id: { type: 'text', nullable: true },
      created_at: { type: 'time', generated: true },
      updated_at: { type: 'time', generated: true },
    },
  },
  subscriptions: {
    key: ['id'],
    unique: { subscriptions_provider_key: { columns: [...provider, 'provider_subscription_id'] } },
    references: {
      subscriptions_customer_id_fkey: { columns: ['customer_id'], table: 'payment_customers', onDelete: 'cascade' },
    },
    columns: {
      id: { type: 'uuid' },
      customer_id: { type: 'uuid' },
      provider: { type: 'text' },
      account: { type: 'text', generated: true },
      livemode: { type: 'boolean' },
      provider_subscription_id: { type: 'text' },
      status: { type: 'text' },
      status_since: { type: 'time' },
      status_seen_at: { type: 'time', generated: true },
      plan_key: { type: 'text', nullable: true },
      current_period_start: { type: 'time', nullable: true },
      current_period_end: { type: 'time', nullable: true },
      cancel_at_period_end: { type: 'boolean', generated: true },
      trial_end: { type: 'time', nullable: true },
      canceled_at: { type: 'time', nullable: true },
      provider_updated_at: { type: 'time' },
      version: { type: 'bigint', generated: true },
      deleted_at: { type: 'time', nullable: true },
      created_at: { type: 'time', generated: true },
      updated_at: { type: 'time', generated: true },
    },
  },
  subscription_items: {
    key: ['id'],
    unique: { subscription_items_provider_key: { columns: ['subscription_id', 'provider_item_id'] } },
    references: {
      subscription_items_subscription_id_fkey: {
        columns: ['subscription_id'],
        table: 'subscriptions',
        onDelete: 'cascade',
      },
    },
    columns: {
      id: { type: 'uuid' },
      subscription_id: { type: 'uuid' },
      provider_item_id: { type: 'text' },
      provider_price_id: { type: 'text' },
      quantity: { type: 'bigint', nullable: true },
      current_period_start: { type: 'time', nullable: true },
      current_period_end: { type: 'time', nullable: true },
    },
  },
  invoices: {
    key: ['id'],
    unique: { invoices_provider_key: { columns: [...provider, 'provider_invoice_id'] } },
    references: {
      invoices_customer_id_fkey: { columns: ['customer_id'], table: 'payment_customers', onDelete: 'cascade' },
      invoices_subscription_id_fkey: { columns: ['subscription_id'], table: 'subscriptions', onDelete: 'cascade' },
    },
    columns: {
      id: { type: 'uuid' },
      customer_id: { type: 'uuid' },
      subscription_id: { type: 'uuid', nullable: true },
      provider: { type: 'text' },
      account: { type: 'text', generated: true },
      livemode: { type: 'boolean' },
      provider_invoice_id: { type: 'text' },
      number: { type: 'text', nullable: true },
      status: { type: 'text' },
      currency: { type: 'text' },
      amount_due: { type: 'bigint' },
      amount_paid: { type: 'bigint' },
      hosted_url: { type: 'text', nullable: true },
      due_at: { type: 'time', nullable: true },
      paid_at: { type: 'time', nullable: true },
      provider_updated_at: { type: 'time' },
      version: { type: 'bigint', generated: true },
      deleted_at: { type: 'time', nullable: true },
      created_at: { type: 'time', generated: true },
      updated_at: { type: 'time', generated: true },
    },
  },
} as const satisfies { readonly [T in keyof BillingTables]: Table<BillingTables[T]> }
