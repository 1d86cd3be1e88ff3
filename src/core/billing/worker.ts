// The worker: claims events, one per customer at a time, and applies them until there is nothing left to apply.

import type { Context } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { WebhookInboxRow } from '../storage/billing-system-tables.ts'
import type { Apply } from './apply.ts'
import { fail, giveBack } from './inbox.ts'

export interface Drained {
  readonly applied: number
  readonly failed: number
}

export interface Worker {
  /** Until nothing is pending, or `stopped` says so. @throws STORAGE_UNAVAILABLE and its like */
  drain(stopped?: () => boolean): Promise<Drained>
}

export function createWorker(context: Context, apply: Apply): Worker {
  const { runtime, storage, settings } = context
  const { system } = storage
  const { concurrency, leaseMs, maximumAttempts } = settings.webhooks

  /** True: applied; false: failed; undefined: it is in the line again, or another's. */
  async function work(event: WebhookInboxRow): Promise<boolean | undefined> {
    try {
      // attempts are counted when an event is claimed: here are workers that did not live to tell
      if (event.attempts > maximumAttempts) throw new FreeholdError('INTERNAL')
      const outcome = await apply(event)
      if (outcome === 'again') await giveBack(system, event)
      return outcome === 'done' ? true : undefined
    } catch (error) {
      await fail(system, event, codeOf(error), settings.webhooks, runtime)
      return false
    }
  }

  return {
    async drain(stopped = () => false) {
      let applied = 0
      let failed = 0
      while (!stopped()) {
        const token = runtime.newId()
        const events = await system.verbs.claimInbox({ limit: concurrency, leaseMs, token })
        if (events.length === 0) break
        for (const result of await Promise.all(events.map(work))) {
          if (result) applied++
          else if (result === false) failed++
        }
      }
      return { applied, failed }
    },
  }
}

/** A message may hold anything; the code does not. */
function codeOf(error: unknown): string {
  return FreeholdError.is(error) ? error.code : 'INTERNAL'
}
