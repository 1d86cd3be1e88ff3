// Subscriptions that a provider tells of, many at a time: those of any number of tenants are held in one round trip, and
// written in statements that ride along.

import type { HeldSubscription, SubscriptionName, SubscriptionWrite } from '../../core/storage/mirror.ts'
import type { TenantRef } from '../../core/storage/storage.ts'
import type { Row } from '../../core/storage/tables.ts'
import { toArray } from './codec.ts'
import { columnOf, columnValue, type TableFacts, tenantCatalog } from './column-values.ts'
import type { Addressed, Answer, Statement } from './link.ts'

/** Sends statements of several tenants in one round trip; answers the rows of all. */
export type Gather = (statements: readonly Addressed[]) => Promise<Answer>

type Realm = Pick<SubscriptionName, 'provider' | 'account' | 'livemode'>

export async function holdSubscriptions(
  gather: Gather,
  schema: string,
  owned: (ref: TenantRef) => string,
  names: readonly SubscriptionName[],
): Promise<HeldSubscription[]> {
  const { rows } = await gather(
    byOwner(owned, names).flatMap(({ tenantId, realm: { provider, account, livemode }, ids }) => {
      const values = [tenantId, provider, account, String(livemode), toArray(ids)]
      return [
        { name: 'hold_subscriptions', text: holdText(schema), values },
        // a statement of its own: who had to wait for the row must not see the items of before
        { name: 'held_items', text: itemsText(schema), values },
      ].map((statement): Addressed => ({ tenantId, statement: { ...statement, gathered: true } }))
    }),
  )
  const held = new Map<string, HeldSubscription & { items: Row<'subscription_items'>[] }>()
  for (const { tenant_id, ...row } of rows as unknown as Held[]) {
    if ('subscription_id' in row) held.get(`${tenant_id} ${row.subscription_id}`)?.items.push(row)
    else held.set(`${tenant_id} ${row.id}`, { tenantId: tenant_id, row, items: [] })
  }
  return [...held.values()]
}

type Held = { readonly tenant_id: string } & (Row<'subscriptions'> | Row<'subscription_items'>)

interface Share {
  readonly tenantId: string
  readonly realm: Realm
  readonly ids: string[]
}

/** In the order of their tenants, then of the provider's: whoever holds several holds them in this order. */
function byOwner(owned: (ref: TenantRef) => string, names: readonly SubscriptionName[]): Share[] {
  const shares = new Map<string, Share>()
  for (const { owner, providerSubscriptionId, ...realm } of names) {
    const tenantId = owned(owner)
    const key = JSON.stringify([tenantId, realm.provider, realm.account, realm.livemode])
    const share = shares.get(key) ?? { tenantId, realm, ids: [] }
    shares.set(key, share)
    share.ids.push(providerSubscriptionId)
  }
  return [...shares].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, share]) => share)
}

const columnsOf = (table: string, alias: string): string =>
  ['tenant_id', ...tenantCatalog.get(table)!.columnNames].map((column) => `${alias}.${column}`).join(', ')
const NAMED = `s.tenant_id = $1::uuid and s.provider = $2 and s.account = $3 and s.livemode = $4::boolean
  and s.provider_subscription_id = any($5::text[])`

/** What refers to the row may come meanwhile; whoever changes it may not. */
function holdText(schema: string): string {
  return `
select ${columnsOf('subscriptions', 's')} from ${schema}.subscriptions s where ${NAMED}
order by s.id for no key update`
}

function itemsText(schema: string): string {
  return `
select ${columnsOf('subscription_items', 't')} from ${schema}.subscriptions s
join ${schema}.subscription_items t on t.tenant_id = s.tenant_id and t.subscription_id = s.id
where ${NAMED} order by t.id`
}

export async function writeSubscriptions(
  ride: (statement: Statement) => Promise<unknown>,
  schema: string,
  tenantId: string,
  writes: readonly SubscriptionWrite[],
): Promise<void> {
  if (writes.length === 0) return
  const values = [tenantId, JSON.stringify(writes.map(asTexts))]
  await ride(
    writes.some(({ items }) => items)
      ? { name: 'write_subscriptions_items', text: `${writeText(schema)}${itemsWriteText(schema)}`, values }
      : { name: 'write_subscriptions', text: `${writeText(schema)} select from written`, values },
  )
}

const [subscriptions, items] = ['subscriptions', 'subscription_items'].map((table) => tenantCatalog.get(table)!)

/** @throws ROW_REFUSED for what a column cannot hold */
function asTexts({ ended, items: set, ...columns }: SubscriptionWrite): object {
  return { ...texts(subscriptions!, columns), ended, items: set?.map((item) => texts(items!, item)) ?? null }
}

function texts(table: TableFacts, columns: object): object {
  return Object.fromEntries(
    Object.entries(columns).map(([column, value]) => [
      column,
      columnValue(table, column, columnOf(table, column).type, value ?? null),
    ]),
  )
}

/** `$2` the writes as JSON. */
function writeText(schema: string): string {
  return `
with wanted as materialized (
  select * from json_to_recordset($2::json) as w (
    id uuid, status text, plan_key text, current_period_start timestamptz, current_period_end timestamptz,
    cancel_at_period_end boolean, trial_end timestamptz, canceled_at timestamptz, provider_updated_at timestamptz,
    ended boolean, items json
  )
), written as (
  update ${schema}.subscriptions s set
    status = w.status,
    status_since = case when s.status = w.status then s.status_since else w.provider_updated_at end,
    status_seen_at = case when s.status = w.status then s.status_seen_at else clock_timestamp() end,
    plan_key = w.plan_key,
    current_period_start = w.current_period_start,
    current_period_end = w.current_period_end,
    cancel_at_period_end = w.cancel_at_period_end,
    trial_end = w.trial_end,
    canceled_at = w.canceled_at,
    provider_updated_at = w.provider_updated_at,
    version = s.version + 1,
    updated_at = clock_timestamp(),
    deleted_at = case when w.ended then clock_timestamp() else s.deleted_at end
  from wanted w where s.tenant_id = $1::uuid and s.id = w.id
  returning s.id
)`
}

/** Of one set of items, those that are named no more go, and the others are written: no row twice. */
function itemsWriteText(schema: string): string {
  return `, listed as materialized (
  select w.id as subscription_id, i.* from wanted w, json_to_recordset(w.items) as i (
    id uuid, provider_item_id text, provider_price_id text, quantity bigint,
    current_period_start timestamptz, current_period_end timestamptz
  )
), gone as (
  delete from ${schema}.subscription_items o using wanted w
  where o.tenant_id = $1::uuid and o.subscription_id = w.id and w.items is not null and not exists (
    select from listed l where l.subscription_id = o.subscription_id and l.provider_item_id = o.provider_item_id
  )
)
insert into ${schema}.subscription_items as o (
  tenant_id, id, subscription_id, provider_item_id, provider_price_id, quantity, current_period_start, current_period_end
)
select $1::uuid, id, subscription_id, provider_item_id, provider_price_id, quantity, current_period_start, current_period_end
from listed
on conflict (tenant_id, subscription_id, provider_item_id) do update set
  provider_price_id = excluded.provider_price_id,
  quantity = excluded.quantity,
  current_period_start = excluded.current_period_start,
  current_period_end = excluded.current_period_end`
}
