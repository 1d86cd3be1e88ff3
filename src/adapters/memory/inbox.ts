// Claiming what providers sent: one event per customer at a time, the oldest by the provider's clock.

import { FreeholdError } from '../../core/kernel/errors.ts'
import type { InboxClaim, InboxEnd } from '../../core/storage/inbox.ts'
import { fromNow, type Row } from '../../core/storage/tables.ts'
import type { Statements } from './statements.ts'
import { structuralKey } from './values.ts'

export function claimInbox(statements: Statements, { limit, leaseMs, token }: InboxClaim): Row<'webhook_inbox'>[] {
  if (!Number.isInteger(limit) || limit < 1) {
    throw new FreeholdError('INPUT_INVALID', { field: 'limit', problem: 'it must be an integer of 1 or more' })
  }
  const now = statements.now()
  const pending = statements
    .find('webhook_inbox', { where: { state: 'pending' }, limit: Number.MAX_SAFE_INTEGER })
    .sort(byProvidersClock)
  const isLeased = (event: Row<'webhook_inbox'>): boolean => event.leased_until !== null && +event.leased_until > now
  // customers of whom an event is leased, or was chosen
  const busy = new Set(pending.filter(isLeased).map(customerOf))
  const heads = pending.filter((event) => {
    if (isLeased(event) || +event.available_at > now || busy.has(customerOf(event))) return false
    busy.add(customerOf(event))
    return true
  })
  const chosen = heads.sort((a, b) => +a.available_at - +b.available_at || order(a.id, b.id)).slice(0, limit)
  return statements
    .update(
      'webhook_inbox',
      { id: { in: chosen.map(({ id }) => id) } },
      { leased_until: fromNow(leaseMs), lease_token: token, attempts: { add: 1 } },
    )
    .sort(byProvidersClock)
}

export function finishInbox(statements: Statements, { ids, token, state }: InboxEnd): number {
  return statements.update(
    'webhook_inbox',
    { id: { in: ids }, state: 'pending', lease_token: token, leased_until: { from: fromNow() } },
    { state, finished_at: fromNow(), last_error: null, leased_until: null, lease_token: null },
  ).length
}

/** Events that name no customer are each on their own. */
function customerOf({ id, provider, account, livemode, customer_id }: Row<'webhook_inbox'>): string {
  return structuralKey(customer_id === null ? [id] : [provider, account, livemode, customer_id])
}

function byProvidersClock(a: Row<'webhook_inbox'>, b: Row<'webhook_inbox'>): number {
  return +a.occurred_at - +b.occurred_at || +a.received_at - +b.received_at || order(a.id, b.id)
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
