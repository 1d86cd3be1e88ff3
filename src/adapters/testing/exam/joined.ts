// A tenant's scope inside a transaction of the system's: both commit, or neither.

import { rejects, strictEqual } from 'node:assert/strict'
import { refused, same } from '../answers.ts'
import { examine } from '../question.ts'
import { auditEvent } from '../room.ts'
import { addEvent, kinds } from './events.ts'

class Stop extends Error {}

export const joined = examine('a tenant in a system transaction', [
  {
    name: 'rows of both are there together',
    async ask(room) {
      const { storage, system, tenant } = room
      const slug = room.unique('joined')
      await system.transaction(async (unit) => {
        await unit.records.insert('tenants', [{ id: crypto.randomUUID(), slug, name: 'Joined' }])
        const inside = unit.tenant(tenant)
        strictEqual(await inside.records.count('users'), 0)
        await addEvent(room, inside, 'kept')
        await inside.verbs.moveAccess()
        await inside.verbs.appendAudit([auditEvent(room.id())])
        strictEqual((await unit.verbs.findTenant({ slug }))?.slug, slug)
      })
      same(await kinds(room.scope), ['kept'])
      strictEqual(await room.scope.records.count('audit_events'), 1)
      strictEqual((await storage.system.verbs.findTenant({ slug }))?.name, 'Joined')
    },
  },
  {
    name: 'and are gone together',
    async ask(room) {
      const { system, tenant } = room
      const slug = room.unique('joined')
      const work = system.transaction(async (unit) => {
        await unit.records.insert('tenants', [{ id: crypto.randomUUID(), slug, name: 'Joined' }])
        await addEvent(room, unit.tenant(tenant), 'lost')
        await unit.tenant(tenant).verbs.appendAudit([auditEvent(room.id())])
        throw new Stop()
      })
      await rejects(work, Stop)
      same(await kinds(room.scope), [])
      strictEqual(await room.scope.records.count('audit_events'), 0)
      strictEqual(await system.verbs.findTenant({ slug }), undefined)
    },
  },
  {
    name: 'each sees its own rows, in whatever order they are used',
    async ask(room) {
      const { system, tenant } = room
      const other = { ...tenant, id: crypto.randomUUID() }
      await system.transaction(async (unit) => {
        const [a, b] = [unit.tenant(tenant), unit.tenant(other)]
        await addEvent(room, a, 'a1')
        await addEvent(room, b, 'b1')
        same(await kinds(a), ['a1'])
        await a.verbs.appendAudit([auditEvent(room.id(), { action: 'a' })])
        await b.verbs.appendAudit([auditEvent(room.id(), { action: 'b' })])
        same(await kinds(b), ['b1'])
        await unit.records.count('tenants')
        await addEvent(room, a, 'a2')
        await Promise.all([addEvent(room, b, 'b2'), addEvent(room, a, 'a3'), addEvent(room, b, 'b3')])
      })
      same((await kinds(room.scope)).toSorted(), ['a1', 'a2', 'a3'])
      const there = room.storage.tenant(other)
      same((await kinds(there)).toSorted(), ['b1', 'b2', 'b3'])
      for (const [scope, action] of [[room.scope, 'a'] as const, [there, 'b'] as const]) {
        const rows = await scope.records.find('audit_events', { limit: 10 })
        same(
          rows.map((row) => row.action),
          [action],
        )
      }
    },
  },
  {
    name: 'a part that entered another tenant and was taken back leaves who was entered before',
    async ask(room) {
      const { system, tenant } = room
      const other = { ...tenant, id: crypto.randomUUID() }
      for (const sends of [false, true]) {
        await system.transaction(async (unit) => {
          const a = unit.tenant(tenant)
          await addEvent(room, a, 'kept')
          const part = unit.transaction(async (inner) => {
            await inner.tenant(other).verbs.appendAudit([auditEvent(room.id())])
            if (sends) await addEvent(room, inner.tenant(other), 'lost')
            throw new Stop()
          })
          await rejects(part, Stop)
          await addEvent(room, a, 'kept')
          const nested = a.transaction(async (inner) => {
            await addEvent(room, unit.tenant(other), 'lost')
            await addEvent(room, inner, 'lost')
            throw new Stop()
          })
          await rejects(nested, Stop)
          await a.transaction(async (inner) => addEvent(room, inner, 'kept'))
        })
      }
      same(await kinds(room.scope), Array(6).fill('kept'))
      same(await kinds(room.storage.tenant(other)), [])
      strictEqual(await room.storage.tenant(other).records.count('audit_events'), 0)
    },
  },
  {
    name: 'a tenant whose rows are elsewhere cannot be entered',
    async ask({ system, tenant }) {
      for (const change of [{ database: 'elsewhere' }, { schema: 'elsewhere' }]) {
        const ref = { ...tenant, location: { ...tenant.location, ...change } }
        await refused(
          system.transaction(async (unit) => unit.tenant(ref).records.count('users')),
          'INPUT_INVALID',
        )
      }
    },
  },
  {
    name: 'tenants that are made at the same moment, each with its first rows',
    async ask({ system, tenant }) {
      strictEqual(await system.transaction(async (unit) => unit.tenant(tenant).records.count('users')), 0)
    },
    async race(room) {
      const { storage, system, tenant } = room
      const refs = Array.from({ length: 10 }, () => ({ ...tenant, id: crypto.randomUUID() }))
      await Promise.all(
        refs.map((ref, i) =>
          system.transaction(async (unit) => {
            await unit.records.insert('tenants', [{ id: ref.id, slug: room.unique('raced'), name: 'Raced' }])
            await addEvent(room, unit.tenant(ref), `${i}`)
            strictEqual(await unit.tenant(ref).records.count('security_events'), 1)
          }),
        ),
      )
      for (const [i, ref] of refs.entries()) same(await kinds(storage.tenant(ref)), [`${i}`])
    },
  },
])
