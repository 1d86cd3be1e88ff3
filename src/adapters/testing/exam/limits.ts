// takeLimit: counted exactly, whoever comes at the same moment.

import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import { refused, same } from '../answers.ts'
import { examine } from '../question.ts'

export const limits = examine('limits', [
  {
    name: 'what has room is taken and counted; what has none is refused, and told how much is used',
    async ask({ scope: { verbs } }) {
      const take = (amount: number, maximum: number | null = 3) => verbs.takeLimit({ name: 'seats', amount, maximum })
      same(await take(4), { taken: false, used: 0 })
      same(await take(2), { taken: true, used: 2 })
      same(await take(2), { taken: false, used: 2 })
      same(await take(1), { taken: true, used: 3 })
      same(await take(1), { taken: false, used: 3 })
      // without a maximum it is still counted, and then a lower one refuses
      same(await take(5, null), { taken: true, used: 8 })
      same(await take(1), { taken: false, used: 8 })
    },
  },
  {
    name: 'what is given back is room again, also above the maximum, and never less than none is used',
    async ask({ scope: { verbs } }) {
      const take = (amount: number, maximum: number | null) => verbs.takeLimit({ name: 'seats', amount, maximum })
      same(await take(-3, 5), { taken: true, used: 0 })
      same(await take(5, 5), { taken: true, used: 5 })
      same(await take(-1, 2), { taken: true, used: 4 })
      same(await take(-10, 5), { taken: true, used: 0 })
      same(await take(0, 0), { taken: true, used: 0 })
    },
  },
  {
    name: 'each limit has its own count, and each tenant; none is the access version',
    async ask({ scope, stranger }) {
      const { verbs } = scope
      same(await verbs.takeLimit({ name: 'a', amount: 1, maximum: 1 }), { taken: true, used: 1 })
      same(await verbs.takeLimit({ name: 'b', amount: 1, maximum: 1 }), { taken: true, used: 1 })
      same(await verbs.takeLimit({ name: 'access', amount: 7, maximum: null }), { taken: true, used: 7 })
      strictEqual(await verbs.moveAccess(), 1)
      strictEqual(await verbs.lockAccess(), 1)
      const other = await stranger()
      same(await other.verbs.takeLimit({ name: 'a', amount: 1, maximum: 1 }), { taken: true, used: 1 })
    },
  },
  {
    name: 'what is rolled back was not taken',
    async ask({ scope }) {
      const work = scope.transaction(async ({ verbs }) => {
        same(await verbs.takeLimit({ name: 'a', amount: 1, maximum: 1 }), { taken: true, used: 1 })
        throw new Error('stop')
      })
      await work.catch(() => undefined)
      same(await scope.verbs.takeLimit({ name: 'a', amount: 1, maximum: 1 }), { taken: true, used: 1 })
    },
  },
  {
    name: 'only whole numbers are counted',
    async ask({ scope: { verbs } }) {
      for (const amount of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
        await refused(verbs.takeLimit({ name: 'a', amount, maximum: 5 }), 'INPUT_INVALID')
        await refused(verbs.takeLimit({ name: 'a', amount: 1, maximum: amount }), 'INPUT_INVALID')
      }
      await refused(verbs.takeLimit({ name: 'x'.repeat(200), amount: 1, maximum: 5 }), 'ROW_REFUSED')
      same(await verbs.takeLimit({ name: 'a', amount: 1, maximum: 5 }), { taken: true, used: 1 })
    },
  },
  {
    name: 'T04: of 50 that come at once for 5 places, 5 pass, and the others hear that 5 are used',
    async ask({ scope: { verbs } }) {
      same(await verbs.takeLimit({ name: 'a', amount: 5, maximum: 5 }), { taken: true, used: 5 })
    },
    async race({ scope }) {
      const fifty = Array.from({ length: 50 }, (_, i) => i)
      const alone = await Promise.all(fifty.map(() => scope.verbs.takeLimit({ name: 'a', amount: 1, maximum: 5 })))
      strictEqual(alone.filter(({ taken }) => taken).length, 5)
      deepStrictEqual(new Set(alone.filter(({ taken }) => !taken).map(({ used }) => used)), new Set([5]))
      const inTransactions = await Promise.all(
        fifty.map((i) =>
          scope
            .transaction(async ({ records, verbs }) => {
              const answer = await verbs.takeLimit({ name: 'b', amount: 1, maximum: 5 })
              await records.count('users')
              // some take a place and are rolled back: it is free again
              if (answer.taken && i % 2 === 0) throw new Error('stop')
              return answer.taken
            })
            .catch(() => false),
        ),
      )
      const used = await scope.records.get('tenant_counters', { name: 'limit:b' })
      strictEqual(used?.value, inTransactions.filter(Boolean).length)
      strictEqual(used.value <= 5, true)
    },
  },
])
