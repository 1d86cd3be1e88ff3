// Subscriptions that a provider tells of, held and written many at a time.

import type { HeldSubscription, SubscriptionName, SubscriptionWrite } from '../../core/storage/mirror.ts'
import type { TenantRef } from '../../core/storage/storage.ts'
import { fromNow } from '../../core/storage/tables.ts'
import type { Statements } from './statements.ts'

const EVERYTHING = Number.MAX_SAFE_INTEGER

/** Whoever holds the storage holds every row. */
export function holdSubscriptions(
  rowsOf: (ref: TenantRef) => Statements,
  names: readonly SubscriptionName[],
): HeldSubscription[] {
  const held = new Map<string, HeldSubscription>()
  for (const { owner, provider, account, livemode, providerSubscriptionId } of names) {
    const statements = rowsOf(owner)
    const name = { provider, account, livemode, provider_subscription_id: providerSubscriptionId }
    const row = statements.get('subscriptions', name)
    if (!row) continue
    const items = statements.find('subscription_items', { where: { subscription_id: row.id }, limit: EVERYTHING })
    held.set(`${owner.id} ${row.id}`, { tenantId: owner.id, row, items })
  }
  return [...held.values()]
}

export function writeSubscriptions(statements: Statements, writes: readonly SubscriptionWrite[]): void {
  for (const { id, ended, items, ...columns } of writes) {
    const row = statements.get('subscriptions', { id })
    if (!row) continue
    const { status, provider_updated_at } = columns
    statements.update(
      'subscriptions',
      { id },
      {
        ...columns,
        ...(status === row.status ? {} : { status_since: provider_updated_at, status_seen_at: fromNow() }),
        version: { add: 1 },
        updated_at: fromNow(),
        ...(ended ? { deleted_at: fromNow() } : {}),
      },
    )
    const theirs = { subscription_id: id }
    statements.remove('subscription_items', { ...theirs, id: { in: items.removed } })
    for (const { id: itemId, ...values } of items.changed) {
      statements.update('subscription_items', { ...theirs, id: itemId }, values)
    }
    statements.insert(
      'subscription_items',
      items.added.map((item) => ({ ...theirs, ...item })),
    )
  }
}
