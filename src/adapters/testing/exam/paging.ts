// find in pages: order, ties, cursors, limits.

import { ok, strictEqual } from 'node:assert/strict'
import type { Find } from '../../../core/storage/records.ts'
import type { Row } from '../../../core/storage/tables.ts'
import { refused, same } from '../answers.ts'
import { examine } from '../question.ts'
import { hash, type Room } from '../room.ts'

export const paging = examine('paging', [
  {
    name: 'without an order, rows come by their key',
    async ask(room) {
      const ids = [room.id(), room.id(), room.id()]
      for (const id of ids.toReversed())
        await room.user({ id, email: `${id}@exam.test`, email_norm: `${id}@exam.test` })
      same(
        (await room.scope.records.find('users', { limit: 10 })).map(({ id }) => id),
        ids,
      )
      same(
        (await room.scope.records.find('users', { limit: 2 })).map(({ id }) => id),
        ids.slice(0, 2),
      )
    },
  },
  {
    name: 'pages meet without a gap or a repetition, also where the order ties',
    async ask(room) {
      // three epochs over seven rows: ties cross every page border
      for (const session_epoch of [2, 0, 1, 0, 2, 0, 1]) await room.user({ session_epoch })
      const orders: Find<'users'>['order'][] = [
        [{ by: 'session_epoch' }],
        [{ by: 'session_epoch', descending: true }],
        [{ by: 'status' }, { by: 'session_epoch', descending: true }],
        [{ by: 'session_epoch', descending: true }, { by: 'email_norm' }],
        [{ by: 'session_epoch' }, { by: 'id', descending: true }],
        [],
      ]
      for (const order of orders) {
        const all = await room.scope.records.find('users', { order: order!, limit: 100 })
        strictEqual(all.length, 7)
        for (const size of [2, 3, 7]) same(ids(await pages(room, { order: order! }, size)), ids(all))
      }
    },
  },
  {
    name: 'the key is appended in the direction of the last column',
    async ask(room) {
      const users = [await room.user(), await room.user(), await room.user()]
      const find = (order: NonNullable<Find<'users'>['order']>) =>
        room.scope.records.find('users', { order, limit: 10 })
      same(ids(await find([{ by: 'status' }])), ids(users))
      same(ids(await find([{ by: 'status', descending: true }])), ids(users.toReversed()))
      same(ids(await find([{ by: 'session_epoch' }, { by: 'status', descending: true }])), ids(users.toReversed()))
    },
  },
  {
    name: 'pages by a time that the database set',
    async ask(room) {
      for (let i = 0; i < 9; i++) await room.user()
      for (const descending of [false, true]) {
        const order = [{ by: 'created_at', descending }] as const
        const all = await room.scope.records.find('users', { order, limit: 100 })
        strictEqual(all.length, 9)
        for (const size of [1, 2, 4]) same(ids(await pages(room, { order }, size)), ids(all))
      }
    },
  },
  {
    name: 'pages of rows inserted at one moment',
    async ask(room) {
      const rows = Array.from({ length: 8 }, () => room.id()).map((id) => ({ id, kind: 'exam' }))
      await room.scope.records.insert('security_events', rows)
      const seen: string[] = []
      for (let after: Row<'security_events'> | undefined; ; ) {
        const order = [{ by: 'created_at', descending: true }] as const
        const page = await room.scope.records.find('security_events', { order, limit: 3, ...(after ? { after } : {}) })
        seen.push(...page.map(({ id }) => id))
        after = page.at(-1)
        if (!after || seen.length > 100) break
      }
      strictEqual(seen.length, 8)
      strictEqual(new Set(seen).size, 8)
    },
  },
  {
    name: 'a cursor needs only the columns of the order and the key, and works with a condition',
    async ask(room) {
      for (const session_epoch of [1, 2, 3, 4, 5])
        await room.user({ session_epoch, name: session_epoch % 2 ? 'odd' : null })
      const [first] = await room.scope.records.find('users', { where: { name: 'odd' }, limit: 1 })
      const rest = await room.scope.records.find('users', {
        where: { name: 'odd' },
        order: [{ by: 'session_epoch' }],
        after: { session_epoch: first!.session_epoch, id: first!.id },
        limit: 10,
      })
      same(
        rest.map(({ session_epoch }) => session_epoch),
        [3, 5],
      )
    },
  },
  {
    name: 'a cursor whose row is gone goes on where it stood',
    async ask(room) {
      const users = [await room.user(), await room.user(), await room.user(), await room.user()]
      const [, second] = await room.scope.records.find('users', { limit: 2 })
      await room.scope.records.remove('users', { id: second!.id })
      same(ids(await room.scope.records.find('users', { after: second!, limit: 10 })), ids(users.slice(2)))
    },
  },
  {
    name: 'pages by a key of several columns, one of them bytes',
    async ask({ scope }) {
      const subjects = ['a', 'b', 'c', 'd'].map(hash)
      await scope.records.insert(
        'sign_in_attempts',
        subjects.flatMap((subject) => ['one', 'two'].map((pool) => ({ pool, subject }))),
      )
      const all = await scope.records.find('sign_in_attempts', { limit: 100 })
      strictEqual(all.length, 8)
      for (let i = 0; i < all.length; i++) {
        same(await scope.records.find('sign_in_attempts', { after: all[i]!, limit: 100 }), all.slice(i + 1))
      }
      ok(all.every(({ pool }, i) => pool === (i < 4 ? 'one' : 'two')))
    },
  },
  {
    name: 'a limit is an integer of 1 or more, an order names columns that cannot be null, a cursor has its columns',
    async ask({ scope, user }) {
      await user()
      for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, undefined, '1']) {
        await refused(scope.records.find('users', { limit: limit as number }), 'INPUT_INVALID')
      }
      await refused(scope.records.find('users', { order: [{ by: 'name' }], limit: 1 }), 'INPUT_INVALID')
      await refused(scope.records.find('users', { order: [{ by: 'nothing' as 'id' }], limit: 1 }), 'INPUT_INVALID')
      const order = [{ by: 'created_at' }] as const
      await refused(
        scope.records.find('users', { order, after: { created_at: new Date() }, limit: 1 }),
        'INPUT_INVALID',
      )
      await refused(scope.records.find('users', { order, after: {}, limit: 1 }), 'INPUT_INVALID')
    },
  },
])

function ids(rows: readonly { readonly id: string }[]): string[] {
  return rows.map(({ id }) => id)
}

/** Everything, fetched in pages of a size. */
async function pages(
  { scope }: Room,
  query: Omit<Find<'users'>, 'limit' | 'after'>,
  size: number,
): Promise<Row<'users'>[]> {
  const rows: Row<'users'>[] = []
  for (;;) {
    const last = rows.at(-1)
    const page = await scope.records.find('users', { ...query, limit: size, ...(last ? { after: last } : {}) })
    rows.push(...page)
    ok(rows.length < 100, 'the pages do not end')
    if (page.length < size) return rows
  }
}
