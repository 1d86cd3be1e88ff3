// Subscriptions that a provider tells of, many at a time: those of any number of tenants are held in one round trip, and
// written in statements that ride along.

import type { HeldSubscription, ItemWrite, SubscriptionName, SubscriptionWrite } from '../../core/storage/mirror.ts'
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

const [subscriptions, items] = ['subscriptions', 'subscription_items'].map((table) => tenantCatalog.get(table)!)

/** @throws ROW_REFUSED for what a column cannot hold: nothing rides then */
export async function writeSubscriptions(
  ride: (statement: Statement) => Promise<unknown>,
  schema: string,
  tenantId: string,
  writes: readonly SubscriptionWrite[],
): Promise<void> {
  const own = (write: SubscriptionWrite, item: ItemWrite) => [tenantId, write.id, ...taken(items!, ITEM, item)]
  const statements = writes.flatMap((write): Statement[] => {
    const { added, changed, removed } = write.items
    const gone = removed.length === 0 ? [] : [[tenantId, write.id, toArray(removed)]]
    return [
      {
        name: 'write_subscription',
        text: writeText(schema),
        values: [tenantId, ...taken(subscriptions!, WRITTEN, write), String(write.ended)],
      },
      // before others come, so that its name is free
      ...gone.map((values) => ({ name: 'remove_items', text: removeText(schema), values })),
      ...changed.map((item) => ({ name: 'change_item', text: changeText(schema), values: own(write, item) })),
      ...added.map((item) => ({ name: 'add_item', text: addText(schema), values: own(write, item) })),
    ]
  })
  for (const statement of statements) await ride(statement)
}

const WRITTEN = [
  'id',
  'status',
  'provider_updated_at',
  'plan_key',
  'current_period_start',
  'current_period_end',
  'cancel_at_period_end',
  'trial_end',
  'canceled_at',
] as const satisfies readonly (keyof SubscriptionWrite)[]
const ITEM = [
  'id',
  'provider_item_id',
  'provider_price_id',
  'quantity',
  'current_period_start',
  'current_period_end',
] as const satisfies readonly (keyof Row<'subscription_items'>)[]

function taken<C extends string>(table: TableFacts, columns: readonly C[], row: { readonly [K in C]: unknown }) {
  return columns.map((column) => columnValue(table, column, columnOf(table, column).type, row[column]))
}

/** `$2` the id, then what is written, `$11` whether it has ended. */
function writeText(schema: string): string {
  return `
update ${schema}.subscriptions s set
  status = $3,
  status_since = case when s.status = $3 then s.status_since else $4::timestamptz end,
  status_seen_at = case when s.status = $3 then s.status_seen_at else clock_timestamp() end,
  provider_updated_at = $4,
  plan_key = $5,
  current_period_start = $6,
  current_period_end = $7,
  cancel_at_period_end = $8,
  trial_end = $9,
  canceled_at = $10,
  version = s.version + 1,
  updated_at = clock_timestamp(),
  deleted_at = case when $11::boolean then clock_timestamp() else s.deleted_at end
where s.tenant_id = $1::uuid and s.id = $2::uuid`
}

function removeText(schema: string): string {
  return `delete from ${schema}.subscription_items where tenant_id = $1::uuid and subscription_id = $2::uuid and id = any($3::uuid[])`
}

function changeText(schema: string): string {
  return `
update ${schema}.subscription_items set ${ITEM.slice(1)
    .map((column, i) => `${column} = $${i + 4}`)
    .join(', ')}
where tenant_id = $1::uuid and subscription_id = $2::uuid and id = $3::uuid`
}

function addText(schema: string): string {
  return `
insert into ${schema}.subscription_items (tenant_id, subscription_id, ${ITEM.join(', ')})
values ($1::uuid, $2::uuid, $3, $4, $5, $6, $7, $8)`
}
