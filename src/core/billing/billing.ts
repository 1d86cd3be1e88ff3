// What is sold, what a tenant has of it, and the words in which providers are asked.

import type { PaymentCustomerId } from '../kernel/ids.ts'
import type { Page, PageRequest } from '../kernel/page.ts'

export interface Plan {
  readonly key: string
  readonly name: string
  readonly features: Readonly<Record<string, boolean>>
  /** Null: no limit. A limit that is not named is 0, but for `members`, the active users: as many as you like. */
  readonly limits: Readonly<Record<string, number | null>>
  /** Of several live plans the highest rank counts. */
  readonly rank: number
}

export interface Price {
  readonly planKey: string
  readonly provider: string
  readonly providerPriceId: string
  readonly currency: string
  /** Minor units. */
  readonly unitAmount: number
  readonly interval: string | null
  readonly intervalCount: number
}

/** Plans and prices of the installation: `freehold.plans`. */
export interface Plans {
  /** Creates or replaces; tenants on it have what it says at once. @throws INPUT_INVALID */
  put(plan: Omit<Plan, 'rank'> & { readonly rank?: number }): Promise<Plan>
  /** @throws PLAN_UNKNOWN, PRICE_TAKEN, INPUT_INVALID */
  putPrice(
    price: Omit<Price, 'interval' | 'intervalCount'> & { readonly interval?: string; readonly intervalCount?: number },
  ): Promise<Price>
  /**
   * Takes a plan off the list: nobody is told of it any more, and whoever has it keeps it. Its prices can still be
   * bought until they are archived too. `put` brings it back; archiving twice is not an error.
   * @throws PLAN_UNKNOWN
   */
  archive(key: string): Promise<void>
  /** A price that nobody can buy any more; whoever has bought it keeps the plan. `putPrice` brings it back. @throws PRICE_UNKNOWN, INPUT_INVALID */
  archivePrice(provider: string, providerPriceId: string): Promise<void>
  /** Archived ones too. @throws PLAN_UNKNOWN */
  get(key: string): Promise<Plan>
  /** Those that are not archived, by rank. */
  list(): Promise<readonly Plan[]>
  /** Those that are not archived, of one plan or of all. @throws PLAN_UNKNOWN */
  prices(planKey?: string): Promise<readonly Price[]>
}

export interface Subscription {
  readonly id: string
  readonly provider: string
  readonly providerSubscriptionId: string
  readonly status: string
  readonly planKey: string | null
  readonly items: readonly { readonly providerPriceId: string; readonly quantity: number | null }[]
  readonly currentPeriodStart: Date | null
  readonly currentPeriodEnd: Date | null
  readonly cancelAtPeriodEnd: boolean
  readonly trialEnd: Date | null
  readonly canceledAt: Date | null
}

export interface Invoice {
  readonly id: string
  readonly provider: string
  readonly providerInvoiceId: string
  readonly number: string | null
  readonly status: string
  readonly currency: string
  readonly amountDue: number
  readonly amountPaid: number
  readonly hostedUrl: string | null
  readonly dueAt: Date | null
  readonly paidAt: Date | null
}

export interface PaymentCustomer {
  readonly id: PaymentCustomerId
  readonly provider: string
  readonly providerCustomerId: string
  readonly livemode: boolean
}

/** A tenant's billing: `acme.billing`. */
export interface Billing {
  /** Makes the customer at the provider, or finds the one made before; one per tenant and provider, under races too. @throws PROVIDER_UNKNOWN, PROVIDER_FAILED */
  customer(provider: string, details?: { readonly email?: string; readonly name?: string }): Promise<PaymentCustomer>
  /**
   * Takes over a customer that exists at the provider; of several, the one linked last pays. What came for it before is
   * applied now.
   * @throws CUSTOMER_TAKEN (another tenant's), PROVIDER_UNKNOWN, INPUT_INVALID
   */
  linkCustomer(provider: string, providerCustomerId: string): Promise<PaymentCustomer>
  /** Where the user pays: the provider's checkout for one price. @throws PRICE_UNKNOWN, PROVIDER_UNKNOWN, PROVIDER_FAILED */
  checkout(checkout: {
    readonly provider: string
    readonly providerPriceId: string
    readonly quantity?: number
    readonly successUrl: string
    readonly cancelUrl: string
  }): Promise<{ readonly url: string }>
  /** Those that have not ended, newest first. */
  subscriptions(): Promise<readonly Subscription[]>
  /** Newest first. */
  invoices(page?: PageRequest): Promise<Page<Invoice>>
}

/** What a tenant has by its plan: `acme.entitlements`. */
export interface Entitlements {
  /** The plan in force: of the live subscriptions the highest rank, else the tenant's own `plan`, else the default plan. */
  plan(): Promise<Plan | null>
  /** @throws nothing for an unknown feature: it is false */
  check(feature: string): Promise<boolean>
  /** @throws ENTITLEMENT_MISSING */
  demand(feature: string): Promise<void>
  /** Of `members` it tells how many users are active. `maximum` null: no limit. @throws INPUT_INVALID */
  limit(name: string): Promise<{ readonly maximum: number | null; readonly used: number }>
  /**
   * Takes from a limit, exactly under races, by the plan as it is at this moment. In a transaction, given back when it
   * rolls back.
   * @throws LIMIT_REACHED, INPUT_INVALID (`members`, too: they are counted as users come and go)
   */
  take(limit: string, amount?: number): Promise<{ readonly used: number }>
  /** Never below 0. @throws INPUT_INVALID */
  give(limit: string, amount?: number): Promise<{ readonly used: number }>
}

export interface WebhookRequest {
  /** The body byte for byte: a parsed one has no signature. */
  readonly rawBody: Uint8Array
  readonly headers: { get(name: string): string | null }
}

export type WebhookAnswer =
  /** Stored and committed: answer 200. */
  | { readonly ok: true; readonly duplicate: boolean; readonly eventId: string }
  | { readonly ok: false; readonly reason: 'signature' | 'timestamp' | 'payload' }

/** `freehold.webhooks`. */
export interface Webhooks {
  /**
   * Verifies, stores, and answers once the row is committed; applying comes later. Answer the provider 200 for `ok`, and
   * nothing like it otherwise.
   * @throws PROVIDER_UNKNOWN, STORAGE_UNAVAILABLE, INPUT_INVALID (no request: the body is not bytes, the headers have no `get`)
   */
  receive(provider: string, request: WebhookRequest): Promise<WebhookAnswer>
  /** Applies what is pending until nothing is; answers how many. Safe to run in any number of processes. */
  drain(): Promise<{ readonly applied: number; readonly failed: number }>
  /** Drains as events arrive, until stopped. */
  start(): { stop(): Promise<void> }
  /** Dead letters, newest first. */
  dead(page?: PageRequest): Promise<
    Page<{
      readonly id: string
      readonly provider: string
      readonly eventId: string
      readonly eventType: string
      readonly attempts: number
      readonly lastError: string | null
    }>
  >
  /** Puts a dead letter, or any event, back into the line. @throws WEBHOOK_UNKNOWN, ID_INVALID */
  replay(id: string): Promise<void>
}
