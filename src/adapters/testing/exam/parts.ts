// Parts of a transaction: savepoints that are taken back alone.

import { rejects, strictEqual } from 'node:assert/strict'
import { refused, same } from '../answers.ts'
import { examine } from '../question.ts'
import { addEvent, kinds } from './events.ts'

class Stop extends Error {}

export const parts = examine('parts of a transaction', [
  {
    name: 'a nested part commits with the whole, and is lost with the whole',
    async ask(room) {
      await room.scope.transaction(async (unit) => {
        await addEvent(room, unit, 'outer')
        strictEqual(await unit.transaction(async (part) => addEvent(room, part, 'inner')), 'inner')
        same(await kinds(unit), ['outer', 'inner'])
      })
      const work = room.scope.transaction(async (unit) => {
        await unit.transaction(async (part) => addEvent(room, part, 'lost'))
        throw new Stop()
      })
      await rejects(work, Stop)
      same(await kinds(room.scope), ['outer', 'inner'])
    },
  },
  {
    name: 'a nested part rolls back alone',
    async ask(room) {
      await room.scope.transaction(async (unit) => {
        await addEvent(room, unit, 'before')
        const part = unit.transaction(async (inner) => {
          await addEvent(room, inner, 'lost')
          await inner.transaction(async (innermost) => addEvent(room, innermost, 'lost too'))
          throw new Stop()
        })
        await rejects(part, Stop)
        same(await kinds(unit), ['before'])
        await addEvent(room, unit, 'after')
      })
      same(await kinds(room.scope), ['before', 'after'])
    },
  },
  {
    name: 'a part may be the first thing in a transaction, and roll back',
    async ask(room) {
      await room.scope.transaction(async (unit) => {
        const part = unit.transaction(async (inner) => {
          await addEvent(room, inner, 'lost')
          throw new Stop()
        })
        await rejects(part, Stop)
        await addEvent(room, unit, 'kept')
      })
      same(await kinds(room.scope), ['kept'])
    },
  },
  {
    name: 'a statement that fails in a nested part can be caught outside it',
    async ask(room) {
      const { id } = await room.user()
      const again = { id, email: 'x@exam.test', email_norm: 'x@exam.test' }
      await room.scope.transaction(async (unit) => {
        await addEvent(room, unit, 'before')
        await refused(
          unit.transaction(async (part) => {
            await addEvent(room, part, 'lost')
            await part.records.insert('users', [again])
          }),
          'DUPLICATE',
        )
        await addEvent(room, unit, 'after')
      })
      same(await kinds(room.scope), ['before', 'after'])
    },
  },
  {
    name: 'a part whose failed statement was caught inside it is lost alone',
    async ask(room) {
      const { id } = await room.user()
      const again = { id, email: 'x@exam.test', email_norm: 'x@exam.test' }
      await room.scope.transaction(async (unit) => {
        const part = unit.transaction(async (inner) => {
          await addEvent(room, inner, 'lost')
          await refused(inner.records.insert('users', [again]), 'DUPLICATE')
        })
        await refused(part)
        await addEvent(room, unit, 'kept')
      })
      same(await kinds(room.scope), ['kept'])
    },
  },
  {
    name: 'parts begun together run one after the other',
    async ask(room) {
      const log: string[] = []
      await room.scope.transaction(async (unit) => {
        const part = (name: string) =>
          unit.transaction(async (inner) => {
            log.push(`${name} begins`)
            await addEvent(room, inner, name)
            await inner.records.count('users')
            log.push(`${name} ends`)
            if (name === 'b') throw new Stop()
          })
        const ended = await Promise.allSettled([part('a'), part('b'), part('c')])
        same(
          ended.map(({ status }) => status),
          ['fulfilled', 'rejected', 'fulfilled'],
        )
      })
      same(log, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
      same(await kinds(room.scope), ['a', 'c'])
    },
  },
  {
    name: 'a part opened through the whole from inside a part is a part of that part',
    async ask(room) {
      await room.scope.transaction(async (unit) => {
        const part = unit.transaction(async (inner) => {
          await addEvent(room, inner, 'lost')
          await unit.transaction(async (nested) => addEvent(room, nested, 'lost too'))
          throw new Stop()
        })
        await rejects(part, Stop)
        await unit.transaction(async (inner) => {
          await addEvent(room, inner, 'inner')
          await unit.transaction(async (nested) => addEvent(room, nested, 'nested'))
        })
      })
      same(await kinds(room.scope), ['inner', 'nested'])
    },
  },
  {
    name: 'what the whole is asked beside a part that rolls back is kept, before it and while it runs',
    async ask(room) {
      await room.scope.transaction(async (unit) => {
        let begun = (): void => undefined
        const running = new Promise<void>((resolve) => {
          begun = resolve
        })
        const ended = await Promise.allSettled([
          addEvent(room, unit, 'before 1'),
          addEvent(room, unit, 'before 2'),
          unit.transaction(async (part) => {
            await addEvent(room, part, 'lost')
            begun()
            await part.records.count('users')
            await addEvent(room, unit, 'lost too')
            throw new Stop()
          }),
          running.then(() => addEvent(room, unit, 'beside')),
        ])
        same(
          ended.map(({ status }) => status),
          ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
        )
        same(await kinds(unit), ['before 1', 'before 2', 'beside'])
      })
      same(await kinds(room.scope), ['before 1', 'before 2', 'beside'])
    },
  },
  {
    name: 'a transaction waits for the parts that its work did not wait for',
    async ask(room) {
      await room.scope.transaction(async (unit) => {
        void unit.transaction(async (part) => {
          await addEvent(room, part, 'one')
          await addEvent(room, part, 'two')
        })
      })
      same(await kinds(room.scope), ['one', 'two'])
    },
  },
])
