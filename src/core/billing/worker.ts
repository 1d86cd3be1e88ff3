// The worker: claims events, one per customer at a time, and applies them until there is nothing left to apply: together
// where nobody need be asked, the others each alone.

import type { Context } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { WebhookInboxRow } from '../storage/billing-system-tables.ts'
import type { Apply } from './apply.ts'
import { fail, giveBack } from './inbox.ts'
import type { ApplyTogether } from './sheaf.ts'

export interface Drained {
  readonly applied: number
  readonly failed: number
}

export interface Worker {
  /** Until nothing is pending, or `stopped` says so. @throws STORAGE_UNAVAILABLE and its like */
  drain(stopped?: () => boolean): Promise<Drained>
}

/** Events that share a transaction, at most. */
const TOGETHER = 25

export function createWorker(context: Context, apply: Apply, applyTogether: ApplyTogether): Worker {
  const { runtime, storage, settings } = context
  const { system } = storage
  const { concurrency, leaseMs, maximumAttempts } = settings.webhooks

  /** True: applied; false: failed; undefined: it is in the line again, or another's. */
  async function work(event: WebhookInboxRow): Promise<boolean | undefined> {
    try {
      // attempts are counted when an event is claimed: here are workers that did not live to tell
      if (event.attempts > maximumAttempts) throw new FreeholdError('INTERNAL')
      const outcome = await apply(event)
      if (outcome === 'again') await giveBack(system, [event])
      return outcome === 'done' ? true : undefined
    } catch (error) {
      await fail(system, event, codeOf(error), settings.webhooks, runtime)
      return false
    }
  }

  /** So many at a time. What is not begun while the leases are young goes back into the line: it has not been tried. */
  async function workEach(events: readonly WebhookInboxRow[], isOver: () => boolean): Promise<Drained> {
    const waiting = [...events]
    let applied = 0
    let failed = 0
    const turns = Array.from({ length: Math.min(concurrency, waiting.length) }, async () => {
      for (let round = 0; ; round++) {
        // everybody's first is begun, so that something is done whatever the time
        if (round > 0 && isOver()) return
        const event = waiting.shift()
        if (!event) return
        const done = await work(event)
        if (done) applied++
        else if (done === false) failed++
      }
    })
    const ends = await Promise.allSettled(turns)
    const broken = ends.find((end) => end.status === 'rejected')
    if (broken) throw broken.reason
    if (waiting.length > 0) await giveBack(system, waiting)
    return { applied, failed }
  }

  return {
    async drain(stopped = () => false) {
      let applied = 0
      let failed = 0
      while (!stopped()) {
        const claimedAt = runtime.now()
        const token = runtime.newId()
        const events = await system.verbs.claimInbox({ limit: concurrency * TOGETHER, leaseMs, token })
        if (events.length === 0) break
        const gathered = await Promise.all(sheaves(events).map(applyTogether))
        const isOver = (): boolean => stopped() || Math.abs(runtime.now() - claimedAt) > leaseMs / 4
        const each = await workEach(
          gathered.flatMap(({ left }) => left),
          isOver,
        )
        applied += each.applied + gathered.reduce((sum, sheaf) => sum + sheaf.applied, 0)
        failed += each.failed
      }
      return { applied, failed }
    },
  }
}

function sheaves(events: readonly WebhookInboxRow[]): WebhookInboxRow[][] {
  const count = Math.ceil(events.length / TOGETHER)
  return Array.from({ length: count }, (_, i) => events.slice(i * TOGETHER, (i + 1) * TOGETHER))
}

/** A message may hold anything; the code does not. */
function codeOf(error: unknown): string {
  return FreeholdError.is(error) ? error.code : 'INTERNAL'
}
