// appendAudit: in the transaction of what it tells, with its leaf, and never changed again.

import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict'
import { refused, same } from '../answers.ts'
import { examine } from '../question.ts'
import { auditEvent, type Room } from '../room.ts'
import { addEvent, kinds } from './events.ts'

class Stop extends Error {}

export const audit = examine('audit', [
  {
    name: 'an event is stored as it is given, and its leaf waits to be sealed',
    async ask(room) {
      const { records, verbs } = room.scope
      const full = auditEvent(room.id(), {
        created_at: new Date(Date.now() - 1_000),
        actor_type: 'user',
        actor_id: room.id(),
        user_id: room.id(),
        outcome: 'denied',
        resource_type: 'note',
        resource_id: 'n/1',
        session_id: room.id(),
        request_id: 'r-1',
        ip: '2001:db8::1',
        device_id: room.id(),
        risk_score: 0.25,
        compliance_flags: ['gdpr', 'a "quoted", one', 'NULL', '{}', ''],
        body: '{"text":"’\\u2028 \\\\ \\" 🙂 NULL {x}"}',
      })
      const plain = auditEvent(room.id())
      await verbs.appendAudit([full, plain])
      await verbs.appendAudit([])
      same(await records.find('audit_events', { limit: 10 }), [full, plain].toSorted(byId))
      const pending = await records.find('audit_pending', { limit: 10 })
      same(
        pending.map(({ event_id, leaf }) => ({ event_id, leaf })),
        [full, plain].map(({ id, leaf }) => ({ event_id: id, leaf })),
      )
    },
  },
  {
    name: 'leaves say which transaction wrote them, and in which order',
    async ask(room) {
      const [a, b, c, d] = [room.id(), room.id(), room.id(), room.id()]
      await room.scope.transaction(async (unit) => {
        await unit.verbs.appendAudit([auditEvent(d), auditEvent(a)])
        await unit.transaction(async (part) => part.verbs.appendAudit([auditEvent(c)]))
      })
      await room.scope.verbs.appendAudit([auditEvent(b)])
      const pending = await room.scope.records.find('audit_pending', { limit: 10 })
      const inOrder = pending.toSorted((x, y) => x.position - y.position)
      deepStrictEqual(
        inOrder.map(({ event_id }) => event_id),
        [d, a, c, b],
      )
      const [first, second, third, last] = inOrder.map(({ transaction_id }) => BigInt(transaction_id))
      ok(first === second && second === third && third! < last!)
    },
    async race(room) {
      const write = () =>
        room.scope.transaction(async (unit) => {
          await unit.verbs.appendAudit([auditEvent(room.id())])
          await addEvent(room, unit, 'raced')
          await unit.verbs.appendAudit([auditEvent(room.id()), auditEvent(room.id())])
        })
      await Promise.all(Array.from({ length: 16 }, write))
      const pending = await room.scope.records.find('audit_pending', { limit: 100 })
      strictEqual(pending.length, 48)
      strictEqual(new Set(pending.map(({ position }) => position)).size, 48)
      strictEqual(new Set(pending.map(({ transaction_id }) => transaction_id)).size, 16)
      strictEqual(await room.scope.records.count('audit_events'), 48)
    },
  },
  {
    name: 'it is there when what it tells is there, and not when that was rolled back',
    async ask(room) {
      await room.scope.transaction(async (unit) => {
        await addEvent(room, unit, 'kept')
        await unit.verbs.appendAudit([auditEvent(room.id(), { action: 'kept' })])
      })
      await room.scope.transaction(async ({ verbs }) => verbs.appendAudit([auditEvent(room.id(), { action: 'alone' })]))
      for (const after of [false, true]) {
        const work = room.scope.transaction(async (unit) => {
          await unit.verbs.appendAudit([auditEvent(room.id(), { action: 'lost' })])
          if (after) await addEvent(room, unit, 'lost')
          throw new Stop()
        })
        await rejects(work, Stop)
      }
      same(await actions(room), ['alone', 'kept'])
      same(await kinds(room.scope), ['kept'])
      strictEqual(await room.scope.records.count('audit_pending'), 2)
    },
  },
  {
    name: 'a part takes its own back, sent or not, and leaves those before and after it',
    async ask(room) {
      for (const sends of [false, true]) {
        await room.scope.transaction(async (unit) => {
          await unit.verbs.appendAudit([auditEvent(room.id(), { action: `before ${sends}` })])
          const part = unit.transaction(async (inner) => {
            await inner.verbs.appendAudit([auditEvent(room.id(), { action: 'lost' })])
            if (sends) await addEvent(room, inner, 'lost')
            await inner.transaction(async ({ verbs }) => verbs.appendAudit([auditEvent(room.id(), { action: 'lost' })]))
            throw new Stop()
          })
          await rejects(part, Stop)
          await unit.transaction(async (inner) => {
            await inner.verbs.appendAudit([auditEvent(room.id(), { action: `inside ${sends}` })])
          })
          await unit.verbs.appendAudit([auditEvent(room.id(), { action: `z after ${sends}` })])
        })
      }
      same(await actions(room), [
        ...['before false', 'before true', 'inside false', 'inside true', 'z after false', 'z after true'],
      ])
      same(await kinds(room.scope), [])
    },
  },
  {
    name: 'an event told beside a part that rolls back is kept; one told inside it, through the whole, is not',
    async ask(room) {
      await room.scope.transaction(async (unit) => {
        let begun = (): void => undefined
        const running = new Promise<void>((resolve) => {
          begun = resolve
        })
        const part = unit.transaction(async ({ records }) => {
          begun()
          await records.count('users')
          await unit.verbs.appendAudit([auditEvent(room.id(), { action: 'lost' })])
          await records.count('users')
          throw new Stop()
        })
        const beside = running.then(() => unit.verbs.appendAudit([auditEvent(room.id(), { action: 'beside' })]))
        await rejects(part, Stop)
        await beside
      })
      same(await actions(room), ['beside'])
    },
  },
  {
    name: 'an event that cannot be stored fails its transaction, with the next statement or with the commit',
    async ask(room) {
      const { scope } = room
      const taken = auditEvent(room.id())
      await scope.verbs.appendAudit([taken])
      const bad = [taken, auditEvent(room.id(), { body: 'x'.repeat(70_000) }), auditEvent(room.id(), { action: '' })]
      for (const event of bad) {
        const code = event === taken ? 'DUPLICATE' : 'ROW_REFUSED'
        const { details } = await refused(scope.verbs.appendAudit([auditEvent(room.id()), event]), code)
        strictEqual((details as { table: string }).table, 'audit_events')
        for (const after of [false, true]) {
          const work = scope.transaction(async (unit) => {
            await addEvent(room, unit, 'lost')
            await unit.verbs.appendAudit([event])
            if (after) await addEvent(room, unit, 'lost too')
          })
          await refused(work, code)
        }
      }
      // the connection is as good as before
      await scope.transaction(async (unit) => addEvent(room, unit, 'kept'))
      same(await kinds(scope), ['kept'])
      strictEqual(await scope.records.count('audit_events'), 1)
      strictEqual(await scope.records.count('audit_pending'), 1)
    },
  },
  {
    name: 'it has a place whenever it happened',
    async ask(room) {
      const years = [1999, 2031, 2999]
      await room.scope.verbs.appendAudit(
        years.map((year) => auditEvent(room.id(), { created_at: new Date(Date.UTC(year, 5, 15)) })),
      )
      const found = await room.scope.records.find('audit_events', { order: [{ by: 'created_at' }], limit: 10 })
      deepStrictEqual(
        found.map(({ created_at }) => created_at.getUTCFullYear()),
        years,
      )
    },
  },
  {
    name: 'neither it nor its leaf is changed or removed',
    async ask(room) {
      const { records, verbs } = room.scope
      const event = auditEvent(room.id())
      await verbs.appendAudit([event])
      await refused(records.update('audit_events', { id: event.id }, { action: 'forged' }), 'ROW_REFUSED')
      await refused(records.remove('audit_events', { id: event.id }), 'ROW_REFUSED')
      await refused(records.update('audit_pending', { event_id: event.id }, { leaf: event.leaf }), 'ROW_REFUSED')
      same(await records.get('audit_events', { id: event.id }), event)
      await refused(records.remove('audit_pending', { event_id: event.id }), 'ROW_REFUSED')
      strictEqual(await records.count('audit_pending'), 1)
    },
  },
])

async function actions({ scope }: Room): Promise<string[]> {
  const rows = await scope.records.find('audit_events', { limit: 100 })
  return rows.map(({ action }) => action).toSorted()
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1
}
