// The part of the `stripe` package that is used, as the host's instance has it. Its answers are read as what they are,
// JSON from elsewhere: an account's API version decides their shape, not the package's types.

export interface StripeClient {
  readonly customers: {
    create(
      params: { email?: string; name?: string; metadata?: Record<string, string> },
      options: { idempotencyKey: string },
    ): Promise<{ readonly id: string }>
  }
  readonly subscriptions: { retrieve(id: string): Promise<object> }
  readonly subscriptionItems: {
    list(params: {
      subscription: string
      limit: number
      starting_after?: string
    }): PromiseLike<{ readonly data: readonly object[]; readonly has_more?: boolean }>
  }
  readonly invoices: { retrieve(id: string): Promise<object> }
  readonly checkout: {
    readonly sessions: {
      create(
        params: {
          mode: 'subscription'
          customer: string
          line_items: { price: string; quantity: number }[]
          success_url: string
          cancel_url: string
        },
        options: { idempotencyKey: string },
      ): Promise<{ readonly url: string | null }>
    }
  }
}
