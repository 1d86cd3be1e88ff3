// The port to a payment provider. An event is a hint: what it says of an object is applied when it is newer by the
// provider's own clock, to the second, and fetched where that does not decide.

/** A webhook as its provider's adapter read it, signature checked. */
export interface ProviderEvent {
  /** Unique at the provider; for a thin event the id of the snapshot it stands for, so that both are one. */
  readonly id: string
  readonly type: string
  readonly account: string
  readonly livemode: boolean
  /** On the provider's clock. */
  readonly occurredAt: Date
  /** The provider's customer it is about, when it names one. */
  readonly customerId: string | null
  /** The object it is about, as `sub_123`, when it names one. */
  readonly objectId: string | null
}

export type EventReading =
  | { readonly ok: true; readonly event: ProviderEvent }
  | { readonly ok: false; readonly reason: 'signature' | 'timestamp' | 'payload' }

/** What an event changes. */
export type ProviderChange =
  | { readonly kind: 'subscription'; readonly subscription: SubscriptionSnapshot }
  | { readonly kind: 'invoice'; readonly invoice: InvoiceSnapshot }
  /** The event only names an object (thin), or cannot be trusted to be the last word: fetch it. */
  | { readonly kind: 'fetch'; readonly object: 'subscription' | 'invoice'; readonly id: string }
  /** Known to be of no interest; kept, acknowledged, not applied. */
  | { readonly kind: 'none' }

export interface SubscriptionSnapshot {
  readonly id: string
  readonly customerId: string
  readonly status: string
  readonly items: readonly {
    readonly id: string
    readonly priceId: string
    readonly quantity: number | null
    readonly periodStart: Date | null
    readonly periodEnd: Date | null
  }[]
  readonly cancelAtPeriodEnd: boolean
  readonly trialEnd: Date | null
  readonly canceledAt: Date | null
  /** It has ended for good: nothing that comes later is believed to bring it back. */
  readonly deleted: boolean
  /** When this was so, on the provider's clock. Of what was fetched: no later than when the provider looked. */
  readonly asOf: Date
}

export interface InvoiceSnapshot {
  readonly id: string
  readonly customerId: string
  readonly subscriptionId: string | null
  readonly number: string | null
  readonly status: string
  readonly currency: string
  readonly amountDue: number
  readonly amountPaid: number
  readonly hostedUrl: string | null
  readonly dueAt: Date | null
  readonly paidAt: Date | null
  readonly deleted: boolean
  readonly asOf: Date
}

export interface BillingProvider {
  /** `stripe`, `conekta`, `fungies`, or the host's own word. */
  readonly name: string
  /** The column of payment_customers that holds its customer ids. */
  readonly customerColumn: 'stripe_customer_id' | 'conekta_customer_id' | 'fungies_customer_id'
  readonly account: string
  readonly livemode: boolean
  /** Checks signature and age (both sides) and reads the envelope. `nowMs` is the receiver's clock. Never throws for bad input. */
  readEvent(rawBody: Uint8Array, headers: { get(name: string): string | null }, nowMs: number): Promise<EventReading>
  /** What the stored bytes say; called when the event is applied. */
  readChange(rawBody: Uint8Array): Promise<ProviderChange>
  /** The object as the provider has it now; undefined: it is gone. @throws PROVIDER_FAILED */
  fetchSubscription(id: string): Promise<SubscriptionSnapshot | undefined>
  fetchInvoice(id: string): Promise<InvoiceSnapshot | undefined>
  /** `idempotencyKey`: the same call again makes no second customer. @throws PROVIDER_FAILED */
  createCustomer(details: {
    readonly email?: string
    readonly name?: string
    readonly tenantId: string
    readonly idempotencyKey: string
  }): Promise<{ readonly id: string }>
  checkout(details: {
    readonly customerId: string
    readonly priceId: string
    readonly quantity: number
    readonly successUrl: string
    readonly cancelUrl: string
    readonly idempotencyKey: string
  }): Promise<{ readonly url: string }>
}
