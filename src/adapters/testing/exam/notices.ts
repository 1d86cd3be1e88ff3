// publish and subscribe: told once what is true has been committed, to everyone, and never otherwise.

import { ok, rejects, strictEqual } from 'node:assert/strict'
import type { Storage } from '../../../core/storage/storage.ts'
import type { Notice } from '../../../core/storage/verbs.ts'
import { same } from '../answers.ts'
import { examine } from '../question.ts'
import type { Room } from '../room.ts'

/** How long a notice may take. */
const PATIENCE_MS = 5_000

export const notices = examine('notices', [
  {
    name: 'a notice outside a transaction is heard, as it was told',
    async ask(room) {
      const ear = await listen(room.storage)
      const told: Notice[] = [
        { kind: 'tenant', tenantId: room.tenant.id },
        { kind: 'session', tenantId: room.tenant.id, userId: room.id() },
        { kind: 'session', tenantId: room.tenant.id, userId: room.id(), sessionId: room.id() },
      ]
      await room.system.verbs.publish(told[0]!)
      for (const notice of told.slice(1)) await room.scope.verbs.publish(notice)
      same(await ear.heard(3), told)
      await ear.stop()
    },
  },
  {
    name: 'a notice in a transaction is heard after the commit, and not before',
    async ask(room) {
      const ear = await listen(room.storage)
      await room.scope.transaction(async ({ records, verbs }) => {
        await verbs.publish(named(room, 'one'))
        await records.insert('security_events', [{ id: room.id(), kind: 'exam' }])
        await pause()
        same(ear.sofar(), [])
        await verbs.publish(named(room, 'two'))
      })
      same(await ear.heard(2), [named(room, 'one'), named(room, 'two')])
      await ear.stop()
    },
  },
  {
    name: 'a listener that hears of a change finds it',
    async ask(room) {
      const found: Promise<number>[] = []
      const stop = await room.storage.subscribe({
        onNotice: () => found.push(room.scope.records.count('security_events')),
        onGap: () => undefined,
      })
      await room.scope.transaction(async ({ records, verbs }) => {
        await verbs.publish(named(room, 'event'))
        await records.insert('security_events', [{ id: room.id(), kind: 'exam' }])
      })
      await until(() => found.length > 0)
      strictEqual(await found[0], 1)
      await stop()
    },
  },
  {
    name: 'what is rolled back is never told, a part of a transaction neither',
    async ask(room) {
      const ear = await listen(room.storage)
      const work = room.scope.transaction(async ({ verbs }) => {
        await verbs.publish(named(room, 'lost'))
        throw new Error('stop')
      })
      await rejects(work)
      await room.scope.transaction(async (unit) => {
        await unit.verbs.publish(named(room, 'kept'))
        const part = unit.transaction(async ({ verbs }) => {
          await verbs.publish(named(room, 'lost too'))
          throw new Error('stop')
        })
        await rejects(part)
        await unit.transaction(async ({ verbs }) => verbs.publish(named(room, 'kept too')))
      })
      await room.system.verbs.publish(named(room, 'last'))
      same(await ear.heard(3), [named(room, 'kept'), named(room, 'kept too'), named(room, 'last')])
      await ear.stop()
    },
  },
  {
    name: 'everyone who listens hears, and nobody who stopped',
    async ask(room) {
      const [one, two, gone] = [await listen(room.storage), await listen(room.storage), await listen(room.storage)]
      await gone.stop()
      await room.scope.verbs.publish(named(room, 'all'))
      same(await one.heard(1), [named(room, 'all')])
      same(await two.heard(1), [named(room, 'all')])
      await one.stop()
      await room.scope.verbs.publish(named(room, 'rest'))
      same(await two.heard(2), [named(room, 'all'), named(room, 'rest')])
      await pause()
      strictEqual(one.sofar().length, 1)
      strictEqual(gone.sofar().length, 0)
      await two.stop()
    },
  },
])

interface Ear {
  /** Waits until so many notices were heard. */
  heard(count: number): Promise<readonly Notice[]>
  sofar(): readonly Notice[]
  stop(): Promise<void>
}

async function listen(storage: Storage): Promise<Ear> {
  const notices: Notice[] = []
  const stop = await storage.subscribe({ onNotice: (notice) => notices.push(notice), onGap: () => undefined })
  return {
    async heard(count) {
      await until(() => notices.length >= count)
      return notices
    },
    sofar: () => notices,
    stop,
  }
}

/** A notice that only this room tells. */
function named(room: Room, name: string): Notice {
  return { kind: 'session', tenantId: room.tenant.id, userId: name }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20))
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !condition(); await pause()) {
    ok(Date.now() < end, 'nothing was heard')
  }
}
