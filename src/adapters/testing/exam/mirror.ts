// holdSubscriptions and writeSubscriptions: many at a time, of several tenants, and nobody between looking and writing.
// finishInbox: by whoever holds the lease.

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { ItemWrite, SubscriptionName, SubscriptionWrite } from '../../../core/storage/mirror.ts'
import type { NewRow, Row } from '../../../core/storage/tables.ts'
import { refused, same } from '../answers.ts'
import { examine } from '../question.ts'
import type { Room } from '../room.ts'

const LEASE_MS = 60_000

export const mirror = examine('mirror', [
  {
    name: 'subscriptions are held with their items, those of other realms, and what is not there, left out',
    async ask(room) {
      const one = await subscribe(room, 'sub_1', [3, 1])
      const bare = await subscribe(room, 'sub_2', [])
      await subscribe(room, 'sub_1', [9], { livemode: true })
      await subscribe(room, 'sub_1', [9], { account: 'acct' })
      const names = [named(room, 'sub_2'), named(room, 'sub_0'), named(room, 'sub_1'), named(room, 'sub_1')]
      const held = await room.system.transaction(({ verbs }) => verbs.holdSubscriptions(names))
      strictEqual(held.length, 2)
      for (const { tenantId } of held) strictEqual(tenantId, room.tenant.id)
      const [first, second] = [one, bare].map((row) => held.find((each) => each.row.id === row.id))
      same(first?.row, one)
      same(first?.items, await itemsOf(room, one.id))
      same([second?.row, second?.items], [bare, []])
      // outside a transaction too, where nothing is held
      same(await room.system.verbs.holdSubscriptions(names), held)
      same(await room.system.verbs.holdSubscriptions([]), [])
    },
  },
  {
    name: 'of several tenants in one step, each its own, whatever the ids',
    async ask(room) {
      const other = await room.neighbour()
      const mine = await subscribe(room, 'sub_1', [1])
      const theirs = await subscribe(other, 'sub_1', [2])
      strictEqual(mine.id, theirs.id)
      const names = [named(room, 'sub_1'), named(other, 'sub_1')]
      await room.system.transaction(async (unit) => {
        const held = await unit.verbs.holdSubscriptions(names)
        const seats = new Map(held.map(({ tenantId, items }) => [tenantId, items.map(({ quantity }) => quantity)]))
        deepStrictEqual(seats.get(room.tenant.id), [1])
        deepStrictEqual(seats.get(other.tenant.id), [2])
        await unit.tenant(room.tenant).verbs.writeSubscriptions([written(mine, { status: 'past_due' })])
        await unit.tenant(other.tenant).verbs.writeSubscriptions([written(theirs, { status: 'paused' })])
      })
      strictEqual((await rowOf(room, mine.id)).status, 'past_due')
      strictEqual((await rowOf(other, theirs.id)).status, 'paused')
    },
  },
  {
    name: 'written: the version moves on, another status is dated, items come, change and go',
    async ask(room) {
      const before = await subscribe(room, 'sub_1', [1, 2, 3])
      const untouched = await subscribe(room, 'sub_2', [7])
      const [a, b, c] = await itemsOf(room, before.id)
      const stamp = new Date(before.provider_updated_at.getTime() + 5000)
      const end = new Date(Date.UTC(2027, 0, 1))
      const changed = { ...itemWrite(b!), quantity: 20 }
      const added = { ...itemWrite(c!), id: room.id(), quantity: null }
      await write(room, [
        written(before, {
          provider_updated_at: stamp,
          plan_key: 'team',
          current_period_end: end,
          cancel_at_period_end: true,
          // its name is free again once the other is gone
          items: { added: [added], changed: [changed], removed: [c!.id] },
        }),
      ])
      const after = await rowOf(room, before.id)
      same(after, {
        ...before,
        plan_key: 'team',
        current_period_end: end,
        cancel_at_period_end: true,
        provider_updated_at: stamp,
        version: before.version + 1,
        updated_at: after.updated_at,
      })
      ok(after.updated_at >= before.updated_at)
      const items = new Map((await itemsOf(room, before.id)).map((item) => [item.id, item]))
      strictEqual(items.size, 3)
      same([items.get(a!.id), items.get(b!.id)], [a, { ...b, quantity: 20 }])
      same(items.get(added.id), { ...c, id: added.id, quantity: null })

      await write(room, [written(after, { status: 'canceled', ended: true, provider_updated_at: stamp })])
      const gone = await rowOf(room, before.id)
      strictEqual(gone.status, 'canceled')
      deepStrictEqual(gone.status_since, stamp)
      ok(gone.status_seen_at >= before.status_seen_at && gone.deleted_at !== null)
      strictEqual((await itemsOf(room, before.id)).length, 3)
      same(await rowOf(room, untouched.id), untouched)
    },
  },
  {
    name: 'what no row can hold fails all of the transaction, the end of the events with it',
    async ask(room) {
      const [one, two] = [await subscribe(room, 'sub_1', [1]), await subscribe(room, 'sub_2', [2])]
      const [event] = await events(room, 1)
      const work = room.system.transaction(async (unit) => {
        await unit.verbs.holdSubscriptions([named(room, 'sub_1'), named(room, 'sub_2')])
        const inside = unit.tenant(room.tenant)
        await inside.verbs.writeSubscriptions([
          written(one, { plan_key: 'team' }),
          written(two, { status: 'x'.repeat(51) }),
        ])
        await unit.verbs.finishInbox({ ids: [event!.id], token: event!.lease_token!, state: 'done' })
      })
      await refused(work, 'ROW_REFUSED')
      same(await rowOf(room, one.id), one)
      strictEqual((await stateOf(room, event!.id)).state, 'pending')
      const [item] = await itemsOf(room, one.id)
      const again = { added: [{ ...itemWrite(item!), id: room.id() }], changed: [], removed: [] }
      await refused(write(room, [written(one, { items: again })]), 'DUPLICATE')
      await refused(write(room, [written(one, { trial_end: new Date(Number.NaN) })]), 'ROW_REFUSED')
      same(await rowOf(room, one.id), one)
    },
  },
  {
    name: 'events end for whoever holds their lease, as long as it lasts; the others are left',
    async ask(room) {
      const [one, two, three] = await events(room, 3)
      const { verbs } = room.system
      const token = one!.lease_token!
      strictEqual(await verbs.finishInbox({ ids: [one!.id], token: room.id(), state: 'done' }), 0)
      strictEqual(await verbs.finishInbox({ ids: [one!.id, two!.id], token, state: 'done' }), 2)
      strictEqual(await verbs.finishInbox({ ids: [one!.id, two!.id], token, state: 'ignored' }), 0)
      strictEqual(await verbs.finishInbox({ ids: [], token, state: 'done' }), 0)
      const done = await stateOf(room, one!.id)
      same([done.state, done.leased_until, done.lease_token, done.last_error], ['done', null, null, null])
      ok(done.finished_at !== null)
      same([done.payload, done.attempts], [one!.payload, 1])
      await room.elapse(LEASE_MS + 1)
      strictEqual(await verbs.finishInbox({ ids: [three!.id], token, state: 'ignored' }), 0)
      strictEqual((await stateOf(room, three!.id)).state, 'pending')
    },
  },
  {
    name: 'whoever holds several, in whatever order they are named, loses no write of another’s and waits for nobody in a ring',
    async ask(room) {
      await subscribe(room, 'sub_1', [0])
      same(await room.system.verbs.holdSubscriptions([named(room, 'sub_9')]), [])
    },
    async race(room) {
      const other = await room.neighbour()
      const places = [room, other].flatMap((owner) => [1, 2, 3].map((n) => ({ owner, name: `sub_${n}` })))
      for (const { owner, name } of places) await subscribe(owner, name, [0])
      const turns = 12
      const work = async (turn: number): Promise<void> => {
        const order = turn % 2 === 0 ? places : places.toReversed()
        await room.system.transaction(async (unit) => {
          const held = await unit.verbs.holdSubscriptions(order.map(({ owner, name }) => named(owner, name)))
          strictEqual(held.length, places.length)
          for (const { tenantId, row, items } of held) {
            const owner = tenantId === room.tenant.id ? room : other
            // counted here and not in the database: what was looked at must be the last that was written
            const changed = items.map((item) => ({ ...itemWrite(item), quantity: item.quantity! + 1 }))
            const items_ = { added: [], changed, removed: [] }
            await unit.tenant(owner.tenant).verbs.writeSubscriptions([written(row, { items: items_ })])
          }
        })
      }
      await Promise.all(Array.from({ length: turns }, (_, turn) => work(turn)))
      const { verbs } = room.system
      for (const { row, items } of await verbs.holdSubscriptions(places.map(({ owner, name }) => named(owner, name)))) {
        strictEqual(row.version, 1 + turns)
        deepStrictEqual(
          items.map(({ quantity }) => quantity),
          [turns],
        )
      }
    },
  },
])

function named({ tenant }: Room, providerSubscriptionId: string): SubscriptionName {
  return { owner: tenant, provider: 'exam', account: '', livemode: false, providerSubscriptionId }
}

async function subscribe(
  { id, scope }: Room,
  name: string,
  seats: readonly number[],
  values: Partial<NewRow<'subscriptions'>> = {},
): Promise<Row<'subscriptions'>> {
  const [customer] = await scope.records.insert('payment_customers', [{ id: id(), livemode: false }])
  const since = new Date(Date.UTC(2026, 0, 1))
  const [row] = await scope.records.insert('subscriptions', [
    {
      id: id(),
      customer_id: customer!.id,
      provider: 'exam',
      livemode: false,
      provider_subscription_id: name,
      status: 'active',
      status_since: since,
      status_seen_at: since,
      provider_updated_at: since,
      ...values,
    },
  ])
  await scope.records.insert(
    'subscription_items',
    seats.map((quantity, n) => ({
      id: id(),
      subscription_id: row!.id,
      provider_item_id: `si_${n}`,
      provider_price_id: 'price',
      quantity,
    })),
  )
  return row!
}

/** The row as it is, but for this. */
function written(row: Row<'subscriptions'>, change: Partial<SubscriptionWrite>): SubscriptionWrite {
  const { id, status, plan_key, current_period_start, current_period_end } = row
  const { cancel_at_period_end, trial_end, canceled_at, provider_updated_at } = row
  return {
    id,
    status,
    plan_key,
    current_period_start,
    current_period_end,
    cancel_at_period_end,
    trial_end,
    canceled_at,
    provider_updated_at,
    ended: false,
    items: { added: [], changed: [], removed: [] },
    ...change,
  }
}

function itemWrite({ subscription_id: _, ...item }: Row<'subscription_items'>): ItemWrite {
  return item
}

function write({ scope }: Room, writes: readonly SubscriptionWrite[]): Promise<void> {
  return scope.transaction(({ verbs }) => verbs.writeSubscriptions(writes))
}

async function rowOf({ scope }: Room, id: string): Promise<Row<'subscriptions'>> {
  return (await scope.records.get('subscriptions', { id }))!
}

function itemsOf({ scope }: Room, subscriptionId: string): Promise<Row<'subscription_items'>[]> {
  return scope.records.find('subscription_items', { where: { subscription_id: subscriptionId }, limit: 10 })
}

/** So many events of one claim, of as many customers. */
async function events({ system, unique, id }: Room, many: number): Promise<Row<'webhook_inbox'>[]> {
  await system.records.update('webhook_inbox', { state: 'pending' }, { state: 'done' })
  await system.records.insert(
    'webhook_inbox',
    Array.from({ length: many }, (_, n) => ({
      id: randomUUID(),
      provider: 'exam',
      livemode: false,
      event_id: unique('evt'),
      event_type: 'exam.asked',
      customer_id: `c${n}`,
      occurred_at: new Date(Date.UTC(2026, 0, 1, 0, 0, n)),
      payload: new Uint8Array([n]),
    })),
  )
  return system.verbs.claimInbox({ limit: many, leaseMs: LEASE_MS, token: id() })
}

async function stateOf({ system }: Room, id: string): Promise<Row<'webhook_inbox'>> {
  return (await system.records.get('webhook_inbox', { id }))!
}
