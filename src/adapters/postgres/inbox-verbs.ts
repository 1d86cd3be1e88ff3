// Claiming what providers sent: one event per customer at a time, the oldest by the provider's clock.

import type { InboxClaim, InboxEnd } from '../../core/storage/inbox.ts'
import type { Row } from '../../core/storage/tables.ts'
import { invalid, systemCatalog } from './column-values.ts'
import type { Answer, Send, Statement } from './link.ts'

/** Sends a statement, with one before it in the same transaction and round trip. */
export type SendAfter = (before: Statement, statement: Statement) => Promise<Answer>

/**
 * Claims take turns: what decides is other rows than the one that is locked (is another event of this customer
 * leased? is there an older one?), so each must see what the claims before it left. The turn is as short as the
 * claim where it is a transaction of its own, and the statement after the lock has a snapshot of its own.
 */
export async function claimInbox(
  send: SendAfter,
  schema: string,
  { limit, leaseMs, token }: InboxClaim,
): Promise<Row<'webhook_inbox'>[]> {
  if (!Number.isInteger(limit) || limit < 1) throw invalid('limit', 'it must be an integer of 1 or more')
  const turn = {
    name: 'inbox_turn',
    text: 'select pg_advisory_xact_lock(hashtextextended($1, 0))',
    values: [`freehold/inbox/${schema}`],
  }
  const { rows } = await send(turn, { name: 'claim_inbox', text: claimText(schema), values: [limit, leaseMs, token] })
  return (rows as unknown as Row<'webhook_inbox'>[]).sort(byProvidersClock)
}

const columns = systemCatalog.get('webhook_inbox')!.columnNames

/** A row that is being finished just now is locked, and left to whoever comes next. */
function claimText(schema: string): string {
  // evaluated once, so that an index can serve it
  const now = '(select clock_timestamp())'
  return `
with chosen as (
  select i.id from ${schema}.webhook_inbox i
  where i.state = 'pending' and i.available_at <= ${now} and (i.leased_until is null or i.leased_until <= ${now})
    and (i.customer_id is null or not exists (
      select from ${schema}.webhook_inbox o
      where o.state = 'pending' and o.provider = i.provider and o.account = i.account and o.livemode = i.livemode
        and o.customer_id = i.customer_id and (o.leased_until > ${now} or (
          o.available_at <= ${now} and (o.occurred_at, o.received_at, o.id) < (i.occurred_at, i.received_at, i.id)
        ))
    ))
  order by i.available_at, i.id limit $1::bigint
  for update of i skip locked
)
update ${schema}.webhook_inbox w set leased_until = clock_timestamp() + $2::double precision * interval '1 millisecond',
  lease_token = $3::uuid, attempts = w.attempts + 1
from chosen where w.id = chosen.id
returning ${columns.map((column) => `w.${column}`).join(', ')}`
}

/** The rows themselves, bodies and all, stay where they are. */
export async function finishInbox(send: Send, schema: string, { ids, token, state }: InboxEnd): Promise<number> {
  const { count } = await send({
    name: 'finish_inbox',
    text: `
update ${schema}.webhook_inbox set state = $3, finished_at = clock_timestamp(), last_error = null,
  leased_until = null, lease_token = null
where id = any($1::uuid[]) and state = 'pending' and lease_token = $2::uuid and leased_until >= clock_timestamp()`,
    values: [ids, token, state],
  })
  return count
}

function byProvidersClock(a: Row<'webhook_inbox'>, b: Row<'webhook_inbox'>): number {
  return +a.occurred_at - +b.occurred_at || +a.received_at - +b.received_at || (a.id < b.id ? -1 : 1)
}
