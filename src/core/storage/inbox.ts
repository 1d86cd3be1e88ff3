// What is asked of a storage's inbox: events to work on, and their end.

export interface InboxClaim {
  readonly limit: number
  readonly leaseMs: number
  /** Proves that a lease is one's own. */
  readonly token: string
}

/** Events of one claim that end alike. */
export interface InboxEnd {
  readonly ids: readonly string[]
  /** Of the claim. */
  readonly token: string
  readonly state: 'done' | 'ignored'
}
