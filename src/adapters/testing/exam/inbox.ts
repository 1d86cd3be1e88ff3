// claimInbox: each event to one worker, each customer's one at a time.

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { fromNow, type NewRow, type Row } from '../../../core/storage/tables.ts'
import { refused, same } from '../answers.ts'
import { examine } from '../question.ts'
import type { Room } from '../room.ts'

const LEASE_MS = 60_000

export const inbox = examine('inbox', [
  {
    name: 'the oldest of each customer by the provider’s clock, and what names no customer, each leased and counted',
    async ask(room) {
      await empty(room)
      const young = await arrive(room, { customer_id: 'a', occurred_at: at(2) })
      const old = await arrive(room, { customer_id: 'a', occurred_at: at(1) })
      const other = await arrive(room, { customer_id: 'b', occurred_at: at(5) })
      const loose = [await arrive(room, { occurred_at: at(3) }), await arrive(room, { occurred_at: at(4) })]
      const token = room.id()
      const claimed = await room.system.verbs.claimInbox({ limit: 10, leaseMs: LEASE_MS, token })
      same(ids(claimed), ids([old, ...loose, other]))
      for (const event of claimed) {
        strictEqual(event.lease_token, token)
        strictEqual(event.attempts, 1)
        ok(event.leased_until! > event.received_at)
        same(await room.system.records.get('webhook_inbox', { id: event.id }), event)
      }
      same(claimed[0]?.payload, old.payload)
      strictEqual((await room.system.records.get('webhook_inbox', { id: young.id }))?.attempts, 0)
      same(await claim(room), [])
    },
  },
  {
    name: 'of one second, what was received first',
    async ask(room) {
      await empty(room)
      const received = [at(3), at(1), at(2)]
      const made = await Promise.all(
        received.map((received_at) => arrive(room, { customer_id: 'a', occurred_at: at(0), received_at })),
      )
      const order: string[] = []
      for (let i = 0; i < 3; i++) order.push(...ids(await finish(room, await claim(room))))
      same(order, ids([made[1]!, made[2]!, made[0]!]))
    },
  },
  {
    name: 'a customer is free again when its event is done, or its lease has ended',
    async ask(room) {
      await empty(room)
      const first = await arrive(room, { customer_id: 'a', occurred_at: at(1) })
      const second = await arrive(room, { customer_id: 'a', occurred_at: at(2) })
      same(ids(await claim(room)), ids([first]))
      same(await claim(room), [])
      await room.elapse(LEASE_MS + 1)
      const [again] = await claim(room)
      strictEqual(again?.id, first.id)
      strictEqual(again.attempts, 2)
      // older, and still it has to wait
      const older = await arrive(room, { customer_id: 'a', occurred_at: at(0) })
      same(await claim(room), [])
      await finish(room, [again])
      same(ids(await finish(room, await claim(room))), ids([older]))
      same(ids(await claim(room)), ids([second]))
    },
  },
  {
    name: 'what is not pending, or not yet due, is left, and keeps nobody waiting',
    async ask(room) {
      await empty(room)
      for (const state of ['done', 'ignored', 'dead'] as const) await arrive(room, { customer_id: 'a', state })
      await arrive(room, { customer_id: 'a', occurred_at: at(0), available_at: fromNow(60_000) })
      const due = await arrive(room, { customer_id: 'a', occurred_at: at(9) })
      same(ids(await claim(room)), ids([due]))
    },
  },
  {
    name: 'customers of another provider, account or mode are others',
    async ask(room) {
      await empty(room)
      const [provider, account] = [room.unique('p'), 'acct']
      const common = { customer_id: 'a', provider, account, livemode: true }
      await arrive(room, common)
      await arrive(room, common)
      await arrive(room, { ...common, provider: `${provider}2` })
      await arrive(room, { ...common, account: '' })
      await arrive(room, { ...common, livemode: false })
      strictEqual((await claim(room)).length, 4)
    },
  },
  {
    name: 'no more than asked for, those that are due longest first',
    async ask(room) {
      await empty(room)
      const late = await arrive(room, { customer_id: 'a', available_at: fromNow(-1_000) })
      const early = await arrive(room, { customer_id: 'b', available_at: fromNow(-9_000) })
      same(ids(await claim(room, 1)), ids([early]))
      same(ids(await claim(room, 1)), ids([late]))
      same(await claim(room, 1), [])
      for (const limit of [0, -1, 1.5, Number.NaN]) await refused(claim(room, limit), 'INPUT_INVALID')
    },
  },
  {
    name: 'a claim that is rolled back leased nothing',
    async ask(room) {
      await empty(room)
      const event = await arrive(room, { customer_id: 'a' })
      const work = room.system.transaction(async ({ verbs }) => {
        strictEqual((await verbs.claimInbox({ limit: 5, leaseMs: LEASE_MS, token: room.id() })).length, 1)
        throw new Error('stop')
      })
      await work.catch(() => undefined)
      const [claimed] = await claim(room)
      same([claimed?.id, claimed?.attempts], [event.id, 1])
    },
  },
  {
    name: 'eight workers apply every event once, a customer’s one after the other and in order',
    async ask(room) {
      await empty(room)
      same(await claim(room), [])
    },
    async race(room) {
      await empty(room)
      const [customers, each] = [6, 8]
      const rows = Array.from({ length: customers * each }, (_, i) =>
        eventRow(room, { customer_id: `c${i % customers}`, occurred_at: at(Math.floor(i / customers)) }),
      )
      await room.system.records.insert('webhook_inbox', rows)
      const applied: Row<'webhook_inbox'>[] = []
      const busy = new Set<string>()
      const work = async () => {
        while (applied.length < rows.length) {
          // so that a storage that answers without the event loop leaves it a turn
          await pause()
          for (const event of await claim(room, 3)) {
            ok(!busy.has(event.customer_id!), 'two events of one customer at once')
            busy.add(event.customer_id!)
            await pause()
            busy.delete(event.customer_id!)
            applied.push(event)
            await finish(room, [event])
          }
        }
      }
      await Promise.all(Array.from({ length: 8 }, work))
      strictEqual(new Set(ids(applied)).size, rows.length)
      for (let c = 0; c < customers; c++) {
        const times = applied.filter(({ customer_id }) => customer_id === `c${c}`).map((event) => +event.occurred_at)
        deepStrictEqual(
          times,
          times.toSorted((a, b) => a - b),
        )
      }
      ok(applied.every(({ attempts }) => attempts === 1))
    },
  },
])

/** All tenants share the inbox: what earlier questions left is done with. */
async function empty({ system }: Room): Promise<void> {
  await system.records.update('webhook_inbox', { state: 'pending' }, { state: 'done' })
}

function at(seconds: number): Date {
  return new Date(Date.UTC(2026, 0, 1, 0, 0, seconds))
}

function eventRow(room: Room, values: Partial<NewRow<'webhook_inbox'>> = {}): NewRow<'webhook_inbox'> {
  return {
    id: crypto.randomUUID(),
    provider: 'exam',
    livemode: false,
    event_id: room.unique('evt'),
    event_type: 'exam.asked',
    occurred_at: at(0),
    payload: new Uint8Array([0, 255, 123]),
    ...values,
  }
}

async function arrive(room: Room, values: Partial<NewRow<'webhook_inbox'>> = {}): Promise<Row<'webhook_inbox'>> {
  const [row] = await room.system.records.insert('webhook_inbox', [eventRow(room, values)])
  return row!
}

function claim({ system, id }: Room, limit = 100): Promise<Row<'webhook_inbox'>[]> {
  return system.verbs.claimInbox({ limit, leaseMs: LEASE_MS, token: id() })
}

/** As a worker does, with the lease as its guard. */
async function finish(room: Room, events: readonly Row<'webhook_inbox'>[]): Promise<Row<'webhook_inbox'>[]> {
  const done = await Promise.all(
    events.map(({ id, lease_token }) =>
      room.system.records.update('webhook_inbox', { id, lease_token }, { state: 'done', leased_until: null }),
    ),
  )
  return done.flat()
}

function ids(events: readonly { readonly id: string }[]): string[] {
  return events.map(({ id }) => id)
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1))
}
