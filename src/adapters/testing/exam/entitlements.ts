// loadEntitlements: what is sold and what a tenant has of it, on the connection that asks.

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { fromNow } from '../../../core/storage/tables.ts'
import { examine } from '../question.ts'
import type { Room } from '../room.ts'

export const entitlements = examine('entitlements', [
  {
    name: 'plans, and the items of subscriptions that have not ended, each with the plan of its price; nobody else’s',
    async ask(room) {
      const { scope, stranger } = room
      const [plan, price] = await sold(room)
      const before = await scope.verbs.loadEntitlements()
      deepStrictEqual(before.items, [])
      strictEqual(before.tenantPlan, null)
      deepStrictEqual(
        before.plans.find(({ key }) => key === plan),
        { key: plan, name: 'Team', features: { sso: true }, limits: { members: 5, projects: null }, rank: 3 },
      )

      const live = await subscribed(room, 'active', [price, 'unknown'])
      await subscribed(room, 'canceled', [price], { ended: true })
      const { items } = await scope.verbs.loadEntitlements()
      deepStrictEqual(
        items
          .map(({ statusAgeMs: _, ...item }) => item)
          .sort((a, b) => Number(a.planKey === null) - Number(b.planKey === null)),
        [
          { subscriptionId: live, status: 'active', planKey: plan },
          { subscriptionId: live, status: 'active', planKey: null },
        ],
      )
      for (const { statusAgeMs } of items) ok(statusAgeMs >= 60_000 && statusAgeMs < 120_000, `${statusAgeMs} ms`)
      deepStrictEqual((await (await stranger()).verbs.loadEntitlements()).items, [])
    },
  },
  {
    name: 'in a transaction it sees what that has written',
    async ask(room) {
      const [, price] = await sold(room)
      await room.scope.transaction(async (unit) => {
        await subscribed({ ...room, scope: unit }, 'trialing', [price])
        strictEqual((await unit.verbs.loadEntitlements()).items.length, 1)
      })
    },
  },
])

/** A plan and a price that no other question knows. */
async function sold({ unique, system }: Room): Promise<[plan: string, price: string]> {
  const name = unique('plan')
  const limits = { members: 5, projects: null }
  await system.records.insert('plans', [{ key: name, name: 'Team', features: { sso: true }, limits, rank: 3 }])
  const price = {
    id: randomUUID(),
    plan_key: name,
    provider: 'exam',
    provider_price_id: `price_${name}`,
    currency: 'eur',
  }
  await system.records.insert('prices', [{ ...price, unit_amount: 900 }])
  return [name, price.provider_price_id]
}

async function subscribed(
  { id, scope }: Pick<Room, 'id' | 'scope'>,
  status: string,
  prices: readonly string[],
  { ended = false } = {},
): Promise<string> {
  const [customer] = await scope.records.insert('payment_customers', [{ id: id(), livemode: false }])
  const [subscription] = await scope.records.insert('subscriptions', [
    {
      id: id(),
      customer_id: customer!.id,
      provider: 'exam',
      livemode: false,
      provider_subscription_id: `sub_${id()}`,
      status,
      // a provider's clock may be ahead: what counts is when we heard
      status_since: fromNow(600_000),
      status_seen_at: fromNow(-60_000),
      provider_updated_at: fromNow(),
      deleted_at: ended ? fromNow() : null,
    },
  ])
  await scope.records.insert(
    'subscription_items',
    prices.map((provider_price_id) => {
      const item = id()
      return { id: item, subscription_id: subscription!.id, provider_item_id: `si_${item}`, provider_price_id }
    }),
  )
  return subscription!.id
}
