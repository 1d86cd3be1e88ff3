// The inbox: what becomes of an event that a worker holds. Every step is guarded by the lease, so that of a worker that
// was too slow nothing remains.

import type { WebhookSettings } from '../context.ts'
import type { Runtime } from '../kernel/runtime.ts'
import type { BillingProvider } from '../ports/billing-provider.ts'
import type { WebhookInboxRow } from '../storage/billing-system-tables.ts'
import type { SystemScope } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'
import { realm } from './providers.ts'

type Inbox = Pick<SystemScope, 'records'>

/** Still this worker's. */
const held = ({ id, lease_token }: WebhookInboxRow) => ({ id, state: 'pending' as const, lease_token })
const released = { leased_until: null, lease_token: null }

/**
 * The end of an event, in the transaction that applied it; `customerId` is written down where the event did not name it.
 * False: the lease is over, and nothing of the transaction may remain.
 */
export async function close({ records }: Inbox, event: WebhookInboxRow, end: End): Promise<boolean> {
  const { state, customerId } = end
  const learned = customerId !== undefined && event.customer_id === null ? { customer_id: customerId } : {}
  const closed = await records.update(
    'webhook_inbox',
    { ...held(event), leased_until: { from: fromNow() } },
    { state, finished_at: fromNow(), last_error: null, ...released, ...learned },
  )
  return closed.length > 0
}

export interface End {
  readonly state: 'done' | 'ignored'
  readonly customerId?: string | undefined
}

/** Events of one claim back into the line as they were, the attempt not counted. */
export async function giveBack({ records }: Inbox, events: readonly WebhookInboxRow[]): Promise<void> {
  const [first] = events
  if (!first) return
  const theirs = { ...held(first), id: { in: events.map(({ id }) => id) } }
  await records.update('webhook_inbox', theirs, { ...released, attempts: { add: -1 }, available_at: fromNow() })
}

/** Later again, or never by itself; `code` is all that is written down of why. */
export async function fail(
  { records }: Inbox,
  event: WebhookInboxRow,
  code: string,
  settings: WebhookSettings,
  runtime: Pick<Runtime, 'randomBytes'>,
): Promise<void> {
  const dead = event.attempts >= settings.maximumAttempts
  const end = dead
    ? { state: 'dead' as const, finished_at: fromNow() }
    : { available_at: fromNow(delayMs(event.attempts, settings, runtime)) }
  await records.update('webhook_inbox', held(event), { ...released, ...end, last_error: code })
}

/** Doubles with each attempt, within its limit; from half of it to all of it, so that what failed together comes apart. */
export function delayMs(
  attempts: number,
  settings: WebhookSettings,
  { randomBytes }: Pick<Runtime, 'randomBytes'>,
): number {
  const full = Math.min(settings.baseDelayMs * 2 ** Math.min(attempts - 1, 40), settings.maxDelayMs)
  return Math.ceil(full * (0.5 + randomBytes(1)[0]! / 510))
}

const fresh = { attempts: 0, available_at: fromNow(), last_error: null, finished_at: null, ...released }

/** Any event, whatever became of it. False: there is none. */
export async function requeue({ records }: Inbox, id: string): Promise<boolean> {
  return (await records.update('webhook_inbox', { id }, { ...fresh, state: 'pending' })).length > 0
}

/** What came for a customer before anybody knew whose it is, dead letters among it. */
export async function requeueCustomer(
  { records }: Inbox,
  provider: BillingProvider,
  customerId: string,
): Promise<void> {
  const theirs = { ...realm(provider), customer_id: customerId }
  await records.update('webhook_inbox', { ...theirs, state: 'dead' }, { ...fresh, state: 'pending' })
  const waiting = { ...theirs, state: 'pending' as const, lease_token: null }
  await records.update('webhook_inbox', waiting, { attempts: 0, available_at: fromNow() })
}

/** The customer of an object of which only the name is left: an earlier event may have said it. */
export async function rememberedCustomer({ records }: Inbox, event: WebhookInboxRow): Promise<string | undefined> {
  const { provider, account, livemode, object_id } = event
  if (object_id === null) return undefined
  const where = { provider, account, livemode, object_id, customer_id: { not: null } }
  const [earlier] = await records.find('webhook_inbox', { where, limit: 1 })
  return earlier?.customer_id ?? undefined
}
