// Webhooks: verified, stored byte for byte, acknowledged once they are committed, applied later, and never lost.

import { setTimeout as pause } from 'node:timers/promises'
import type { Context } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { PLATFORM_TENANT_ID, parseId } from '../kernel/ids.ts'
import { invalid, isPlainText } from '../kernel/input.ts'
import { type Listing, pageOf, pageQuery } from '../kernel/page.ts'
import type { ProviderEvent } from '../ports/billing-provider.ts'
import type { WebhookInboxRow } from '../storage/billing-system-tables.ts'
import type { Directory } from '../tenancy/directory.ts'
import { createApply } from './apply.ts'
import type { WebhookAnswer, Webhooks } from './billing.ts'
import { createDesk } from './desk.ts'
import { requeue } from './inbox.ts'
import type { PlanBook } from './plans.ts'
import { checkProviders, type Providers, providerNamed } from './providers.ts'
import { createApplyTogether } from './sheaf.ts'
import { createWorker } from './worker.ts'

/** The largest body that is looked at, in bytes. Providers send far less. */
export const MAXIMUM_WEBHOOK_BYTES = 1_048_576

const LISTING: Listing<WebhookInboxRow> = { name: 'dead-letters', columns: { id: 'id' } }

/** @param onError told what goes wrong in a worker that was started: nobody waits for its answer */
export function createWebhooks(
  context: Context,
  directory: Directory,
  providers: Providers,
  book: PlanBook,
  onError: (error: unknown) => void = () => undefined,
): Webhooks {
  const { storage, runtime, settings, auditWriter, actor } = context
  const { system } = storage
  const desk = createDesk(context, directory, checkProviders(providers))
  const worker = createWorker(context, createApply(context, desk, book), createApplyTogether(context, desk, book))
  // workers that were started here, to be woken when something comes in here
  const sleepers = new Set<() => void>()
  const wakeAll = (): void => {
    for (const wake of sleepers) wake()
  }

  return {
    async receive(name, request) {
      const provider = providerNamed(providers, name)
      if (typeof request !== 'object' || request === null) throw invalid('request', 'it is not a request')
      const { rawBody, headers } = request
      if (typeof headers?.get !== 'function') throw invalid('headers', 'they cannot be asked for a header')
      if (!(rawBody instanceof Uint8Array)) throw invalid('rawBody', 'it is not the body as bytes')
      if (rawBody.byteLength > MAXIMUM_WEBHOOK_BYTES) return refused('payload')
      const reading = await provider.readEvent(rawBody, headers, runtime.now())
      if (!reading.ok) return reading
      const { event } = reading
      if (!isStorable(event)) return refused('payload')
      const [stored] = await system.records.insert(
        'webhook_inbox',
        [
          {
            id: runtime.newId(),
            provider: name,
            account: event.account,
            livemode: event.livemode,
            event_id: event.id,
            event_type: event.type,
            customer_id: event.customerId,
            object_id: event.objectId,
            occurred_at: event.occurredAt,
            payload: rawBody,
          },
        ],
        { onConflict: 'ignore' },
      )
      if (stored) wakeAll()
      return { ok: true, duplicate: stored === undefined, eventId: event.id }
    },

    drain: () => worker.drain(),

    start() {
      let running = true
      let sleep = new AbortController()
      const wake = (): void => sleep.abort()
      sleepers.add(wake)
      const done = (async () => {
        while (running) {
          // rung while it works, it does not go to sleep
          sleep = new AbortController()
          await worker.drain(() => !running).catch(onError)
          if (running) await pause(settings.webhooks.pollMs, undefined, { signal: sleep.signal }).catch(() => undefined)
        }
      })()
      return {
        stop() {
          running = false
          sleepers.delete(wake)
          wake()
          return done
        },
      }
    },

    async dead(page = {}) {
      const query = pageQuery(LISTING, page)
      const rows = await system.records.find('webhook_inbox', {
        ...query,
        where: { state: 'dead' },
        order: [{ by: 'id', descending: true }],
      })
      return pageOf(LISTING, query, rows, (row) => ({
        id: row.id,
        provider: row.provider,
        eventId: row.event_id,
        eventType: row.event_type,
        attempts: row.attempts,
        lastError: row.last_error,
      }))
    },

    async replay(id) {
      parseId<string>(id, 'id')
      await system.transaction(async (unit) => {
        if (!(await requeue(unit, id))) throw new FreeholdError('WEBHOOK_UNKNOWN')
        const platform = unit.tenant({ id: PLATFORM_TENANT_ID, location: storage.sharedLocation })
        await auditWriter.append(platform, actor, { action: 'webhook.replayed', targets: [{ type: 'webhook', id }] })
      })
      wakeAll()
    },
  }
}

function refused(reason: 'payload'): WebhookAnswer {
  return { ok: false, reason }
}

/** What the columns have room for: a provider's adapter may be the host's own. */
function isStorable(event: ProviderEvent): boolean {
  const isText = (value: unknown, minimum: number, maximum: number): boolean =>
    typeof value === 'string' && value.length >= minimum && value.length <= maximum && isPlainText(value)
  return (
    isText(event.id, 1, 255) &&
    isText(event.type, 1, 200) &&
    isText(event.account, 0, 255) &&
    (event.customerId === null || isText(event.customerId, 1, 255)) &&
    (event.objectId === null || isText(event.objectId, 1, 255)) &&
    typeof event.livemode === 'boolean' &&
    event.occurredAt instanceof Date &&
    isWithinYears(event.occurredAt.getTime())
  )
}

/** 1970 to 9999: what every part of the way can write. */
function isWithinYears(time: number): boolean {
  return time >= 0 && time <= 253_402_300_799_999
}
