// Where rates are counted. The storage counts them by default; a store that is faster or shared more widely takes its
// place, and the storage answers whenever that store does not.

import type { RateAnswer, RateTake } from '../storage/verbs.ts'

export type { RateAnswer, RateTake }

export interface RateStore {
  /**
   * Takes from one tenant's buckets, each atomically: of any number of concurrent callers no more pass than a bucket
   * holds. Answers in the order asked. Rejects when it cannot say: the storage is asked then.
   */
  take(tenantId: string, rates: readonly RateTake[]): Promise<readonly RateAnswer[]>
}
