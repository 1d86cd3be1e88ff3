// Units of work: everything or nothing, parts that are taken back alone, and what is left of one that failed.

import { ok, rejects, strictEqual } from 'node:assert/strict'
import type { TenantUnit } from '../../../core/storage/storage.ts'
import { refused, same } from '../answers.ts'
import { examine } from '../question.ts'
import { addEvent, kinds } from './events.ts'

class Stop extends Error {}

export const transactions = examine('transactions', [
  {
    name: 'commits when the work resolves, and answers what it answered',
    async ask(room) {
      const answer = await room.scope.transaction(async (unit) => {
        await addEvent(room, unit, 'one')
        await addEvent(room, unit, 'two')
        same(await kinds(unit), ['one', 'two'])
        return 'done'
      })
      strictEqual(answer, 'done')
      same(await kinds(room.scope), ['one', 'two'])
    },
  },
  {
    name: 'a unit in which nothing was done commits',
    async ask({ scope }) {
      strictEqual(await scope.transaction(async () => 7), 7)
    },
  },
  {
    name: 'rolls back when the work rejects, with the error as it was thrown',
    async ask(room) {
      const { id, name } = await room.user({ name: 'before' })
      const stop = new Stop()
      const work = room.scope.transaction(async (unit) => {
        await addEvent(room, unit, 'lost')
        await unit.records.update('users', { id }, { name: 'lost' })
        await unit.records.remove('users', { id })
        throw stop
      })
      await rejects(work, (error) => error === stop)
      same(await kinds(room.scope), [])
      strictEqual((await room.scope.records.get('users', { id }))?.name, name)
    },
  },
  {
    name: 'rolls back when the first statement fails, and when the work throws before any',
    async ask(room) {
      const { id } = await room.user()
      const again = { id, email: 'x@exam.test', email_norm: 'x@exam.test' }
      await refused(
        room.scope.transaction(async ({ records }) => records.insert('users', [again])),
        'DUPLICATE',
      )
      await rejects(
        room.scope.transaction(async () => {
          throw new Stop()
        }),
        Stop,
      )
      strictEqual(await room.scope.records.count('users'), 1)
    },
  },
  {
    name: 'a statement that failed loses its transaction, though its error was caught',
    async ask(room) {
      const { id } = await room.user()
      const again = { id, email: 'x@exam.test', email_norm: 'x@exam.test' }
      const work = room.scope.transaction(async (unit) => {
        await addEvent(room, unit, 'lost')
        await refused(unit.records.insert('users', [again]), 'DUPLICATE')
      })
      await refused(work, 'TRANSACTION_LOST')
      const more = room.scope.transaction(async (unit) => {
        await refused(unit.records.insert('users', [again]), 'DUPLICATE')
        await addEvent(room, unit, 'lost')
      })
      await refused(more)
      same(await kinds(room.scope), [])
    },
  },
  {
    name: 'statements of one unit may be begun together',
    async ask(room) {
      await room.scope.transaction(async (unit) => {
        await Promise.all(['a', 'b', 'c', 'd'].map((kind) => addEvent(room, unit, kind)))
        strictEqual(await unit.records.count('security_events'), 4)
      })
      strictEqual(await room.scope.records.count('security_events'), 4)
    },
  },
  {
    name: 'a unit that has ended takes nothing more',
    async ask(room) {
      const escaped: TenantUnit[] = []
      await room.scope.transaction(async (unit) => {
        escaped.push(unit)
        await unit.transaction(async (part) => {
          escaped.push(part)
        })
        await refused(addEvent(room, escaped[1]!, 'late'))
      })
      await rejects(
        room.scope.transaction(async (unit) => {
          escaped.push(unit)
          throw new Stop()
        }),
        Stop,
      )
      for (const unit of escaped) {
        await refused(addEvent(room, unit, 'late'))
        await refused(
          unit.verbs.takeAttempt({
            pool: 'p',
            subject: new Uint8Array(32),
            free: 1,
            baseDelayMs: 1,
            maxDelayMs: 1,
            forgetAfterMs: 1,
          }),
        )
        await refused(unit.transaction(async (part) => addEvent(room, part, 'late')))
      }
      same(await kinds(room.scope), [])
      strictEqual(await room.scope.records.count('sign_in_attempts'), 0)
    },
  },
  {
    name: 'what is not committed is not seen outside, and transactions do not mix',
    async ask(room) {
      const write = async (name: string, fail: boolean): Promise<void> => {
        await room.scope.transaction(async (unit) => {
          await addEvent(room, unit, name)
          await new Promise((resolve) => setTimeout(resolve, 5))
          await addEvent(room, unit, name)
          if (fail) throw new Stop()
        })
      }
      const ended = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => write(`t${i}`, i % 2 === 1)))
      strictEqual(ended.filter(({ status }) => status === 'rejected').length, 5)
      same((await kinds(room.scope)).toSorted(), ['t0', 't0', 't2', 't2', 't4', 't4', 't6', 't6', 't8', 't8'])
    },
  },
  {
    name: 'a reader beside a transaction sees nothing of it before it commits',
    skip: ({ concurrentTransactions }) =>
      concurrentTransactions ? undefined : 'it has one connection, and the reader would wait for the transaction',
    async ask(room) {
      await room.scope.transaction(async (unit) => {
        await addEvent(room, unit, 'mine')
        same(await kinds(room.scope), [])
      })
      same(await kinds(room.scope), ['mine'])
    },
  },
  {
    name: 'a locked row waits: read, compute, write loses no update',
    async ask(room) {
      const { id } = await room.user()
      const increase = () =>
        room.scope.transaction(async ({ records }) => {
          const row = await records.lock('users', { id })
          await records.update('users', { id }, { session_epoch: row!.session_epoch + 1 })
        })
      await increase()
      strictEqual((await room.scope.records.get('users', { id }))?.session_epoch, 1)
    },
    async race(room) {
      const { id } = await room.user()
      const increase = () =>
        room.scope.transaction(async ({ records }) => {
          const row = await records.lock('users', { id })
          await records.update('users', { id }, { session_epoch: row!.session_epoch + 1 })
        })
      await Promise.all(Array.from({ length: 15 }, increase))
      strictEqual((await room.scope.records.get('users', { id }))?.session_epoch, 15)
    },
  },
  {
    name: 'system transactions commit and roll back too, and a system scope has no tenant rows',
    async ask({ system, scope, user, unique, storage }) {
      const slug = unique('exam')
      const id = crypto.randomUUID()
      await rejects(
        system.transaction(async ({ records }) => {
          await records.insert('tenants', [{ id, slug, name: 'Lost' }])
          throw new Stop()
        }),
        Stop,
      )
      strictEqual(await system.verbs.findTenant({ slug }), undefined)
      await system.transaction(async (unit) => {
        await unit.transaction(async ({ records }) => records.insert('tenants', [{ id, slug, name: 'Kept' }]))
      })
      strictEqual((await system.verbs.findTenant({ slug }))?.id, id)
      await user()
      const blind = system.records as unknown as typeof scope.records
      const seen = await blind.find('users', { limit: 10 }).catch((error: unknown) => error)
      ok(seen instanceof Error || (Array.isArray(seen) && seen.length === 0), `${storage.name} shows tenant rows`)
    },
  },
])
