// The CHECK constraints of what is sold, and of what providers tell.

import type { Checks } from './checks.ts'
import { characters, isObject } from './predicates.ts'

const CURRENCY = /^[a-z]{3}$/

export const billingChecks: {
  readonly [T in
    | 'plans'
    | 'prices'
    | 'billing_routes'
    | 'webhook_inbox'
    | 'payment_customers'
    | 'subscriptions'
    | 'subscription_items'
    | 'invoices']: Checks<T>
} = {
  plans: {
    plans_key_check: ({ key }) => /^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$/.test(key),
    plans_name_check: ({ name }) => characters(name, 1, 200),
    plans_features_check: ({ features }) => isObject(features),
    plans_limits_check: ({ limits }) => isObject(limits),
  },
  prices: {
    prices_provider_check: ({ provider }) => characters(provider, 1, 50),
    prices_provider_price_id_check: (row) => characters(row.provider_price_id, 1, 255),
    prices_currency_check: ({ currency }) => CURRENCY.test(currency),
    prices_unit_amount_check: (row) => row.unit_amount >= 0,
    prices_recurring_interval_check: (row) => characters(row.recurring_interval, 0, 20),
  },
  billing_routes: {
    billing_routes_provider_check: ({ provider }) => characters(provider, 1, 50),
    billing_routes_account_check: ({ account }) => characters(account, 0, 255),
    billing_routes_customer_id_check: (row) => characters(row.customer_id, 1, 255),
  },
  webhook_inbox: {
    webhook_inbox_provider_check: ({ provider }) => characters(provider, 1, 50),
    webhook_inbox_account_check: ({ account }) => characters(account, 0, 255),
    webhook_inbox_event_id_check: (row) => characters(row.event_id, 1, 255),
    webhook_inbox_event_type_check: (row) => characters(row.event_type, 1, 200),
    webhook_inbox_customer_id_check: (row) => characters(row.customer_id, 0, 255),
    webhook_inbox_object_id_check: (row) => characters(row.object_id, 1, 255),
    webhook_inbox_payload_check: ({ payload }) => payload.length <= 1_048_576,
    webhook_inbox_state_check: ({ state }) => ['pending', 'done', 'ignored', 'dead'].includes(state),
    webhook_inbox_last_error_check: (row) => characters(row.last_error, 0, 500),
  },
  payment_customers: {
    payment_customers_name_check: ({ name }) => characters(name, 0, 200),
    payment_customers_email_check: ({ email }) => characters(email, 0, 320),
    payment_customers_stripe_check: (row) => characters(row.stripe_customer_id, 0, 255),
    payment_customers_conekta_check: (row) => characters(row.conekta_customer_id, 0, 255),
    payment_customers_fungies_check: (row) => characters(row.fungies_customer_id, 0, 255),
  },
  subscriptions: {
    subscriptions_provider_check: ({ provider }) => characters(provider, 1, 50),
    subscriptions_account_check: ({ account }) => characters(account, 0, 255),
    subscriptions_provider_subscription_id_check: (row) => characters(row.provider_subscription_id, 1, 255),
    subscriptions_status_check: ({ status }) => characters(status, 1, 50),
    subscriptions_plan_key_check: (row) => characters(row.plan_key, 0, 63),
  },
  subscription_items: {
    subscription_items_provider_item_id_check: (row) => characters(row.provider_item_id, 1, 255),
    subscription_items_provider_price_id_check: (row) => characters(row.provider_price_id, 1, 255),
  },
  invoices: {
    invoices_provider_check: ({ provider }) => characters(provider, 1, 50),
    invoices_account_check: ({ account }) => characters(account, 0, 255),
    invoices_provider_invoice_id_check: (row) => characters(row.provider_invoice_id, 1, 255),
    invoices_number_check: ({ number }) => characters(number, 0, 100),
    invoices_status_check: ({ status }) => characters(status, 1, 50),
    invoices_currency_check: ({ currency }) => CURRENCY.test(currency),
    invoices_hosted_url_check: (row) => characters(row.hosted_url, 0, 2048),
  },
}
