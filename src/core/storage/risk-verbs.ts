// The verbs of risk: the two steps that it learns by. What a sign-in is judged by is loaded with the rest (sign-in-verbs.ts).

import type { Row } from './tables.ts'

export interface RiskVerbs {
  /**
   * Counts one failed sign-in in every pool named, each count after what it has lost since (half in each half-life); and at
   * each place the account, unless it was counted there within a half-life. One statement, in which no increment of a
   * concurrent caller is lost. Inside a transaction it costs no round trip of its own: it rides as `appendAudit` does.
   */
  countFailure(failure: FailedSignIn): Promise<void>

  /**
   * Adds a sign-in, now and from this place, to what is usual for a user. Counted in the database, so that none of any number of
   * concurrent ones is lost. Inside a transaction it rides as `appendAudit` does.
   */
  learnSignIn(learning: LearnedSignIn): Promise<void>
}

export interface FailureKey {
  readonly pool: Row<'failure_counts'>['pool']
  /** SHA-256. */
  readonly subject: Uint8Array
}

export interface FailedSignIn {
  readonly halfLifeMs: number
  /** No two the same. */
  readonly counts: readonly FailureKey[]
  readonly accounts: readonly {
    /** What counts the accounts of a place. */
    readonly place: FailureKey
    /** SHA-256 of the account at this place. */
    readonly accountAt: Uint8Array
  }[]
}

export interface LearnedSignIn {
  readonly userId: string
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null
  readonly latitude: number | null
  readonly longitude: number | null
  readonly accuracyKm: number | null
}

/** What a session remembers of how its sign-in was judged. */
export interface JudgedOpening {
  /** ISO 3166-1 alpha-2. Default: not known. */
  readonly country?: string | null
  readonly city?: string | null
  /** 0 to 1. Default: not judged. */
  readonly riskScore?: number | null
  readonly riskFlags?: readonly string[]
}
