// insert, update, remove: all or none, in order, guarded.

import { ok, strictEqual } from 'node:assert/strict'
import { fromNow } from '../../../core/storage/tables.ts'
import { refused, same } from '../answers.ts'
import { examine } from '../question.ts'
import { hash } from '../room.ts'

export const writing = examine('writing', [
  {
    name: 'insert answers with the rows as stored, defaults filled in, in the order given',
    async ask({ scope, id }) {
      const ids = [id(), id(), id()]
      const given = ids
        .toReversed()
        .map((one) => ({ id: one, email: `${one}@exam.test`, email_norm: `${one}@exam.test` }))
      const rows = await scope.records.insert('users', given)
      same(
        rows.map((row) => row.id),
        ids.toReversed(),
      )
      const [row] = rows
      same(row, await scope.records.get('users', { id: row!.id }))
      const { created_at, updated_at, ...rest } = row!
      same(rest, {
        ...given[0],
        email_verified_at: null,
        name: null,
        status: 'active',
        password_hash: null,
        password_changed_at: null,
        session_epoch: 0,
        access_version: 1,
        metadata: {},
        disabled_at: null,
        deleted_at: null,
        phone: null,
        phone_verified_at: null,
        locked_at: null,
        lock_reason: null,
      })
      ok(created_at instanceof Date && Math.abs(created_at.getTime() - updated_at.getTime()) < 1_000)
    },
  },
  {
    name: 'insert of no rows answers none',
    async ask({ scope }) {
      same(await scope.records.insert('users', []), [])
    },
  },
  {
    name: 'rows that leave out different columns can be inserted together',
    async ask({ scope, id }) {
      const rows = await scope.records.insert('security_events', [
        { id: id(), kind: 'a' },
        { id: id(), kind: 'b', details: { n: 1 }, created_at: new Date('2020-01-01T00:00:00Z') },
        { id: id(), kind: 'c', details: {} },
      ])
      same(
        rows.map(({ kind, details }) => [kind, details]),
        [
          ['a', {}],
          ['b', { n: 1 }],
          ['c', {}],
        ],
      )
      same(rows[1]!.created_at, new Date('2020-01-01T00:00:00Z'))
      ok(rows[0]!.created_at.getTime() > rows[1]!.created_at.getTime())
    },
  },
  {
    name: 'insert inserts all rows or none',
    async ask({ scope, user, id }) {
      const { email_norm } = await user()
      const row = () => ({ id: id(), email: 'x@exam.test', email_norm: `${id()}@exam.test` })
      await refused(scope.records.insert('users', [row(), row(), { ...row(), email_norm }]), 'DUPLICATE')
      strictEqual(await scope.records.count('users'), 1)
    },
  },
  {
    name: 'at most 1,000 rows at once',
    async ask({ scope, id }) {
      const rows = Array.from({ length: 1_001 }, () => ({ id: id(), kind: 'exam' }))
      await refused(scope.records.insert('security_events', rows), 'INPUT_INVALID')
      strictEqual(await scope.records.count('security_events'), 0)
      const inserted = await scope.records.insert('security_events', rows.slice(0, 1_000))
      same(
        inserted.map((row) => row.id),
        rows.slice(0, 1_000).map((row) => row.id),
      )
      strictEqual(await scope.records.count('security_events'), 1_000)
    },
  },
  {
    name: 'on conflict ignore: rows whose key is taken are left out, by any unique key, also among themselves',
    async ask({ scope, user, id }) {
      const taken = await user()
      const fresh = id()
      const person = (one: string, name: string) => ({ id: one, email: 'x@exam.test', email_norm: `${name}@exam.test` })
      const rows = [
        person(taken.id, 'other'),
        { ...person(id(), 'other'), email_norm: taken.email_norm },
        person(fresh, 'first'),
        person(id(), 'first'),
        person(fresh, 'second'),
        person(id(), 'third'),
      ]
      const inserted = await scope.records.insert('users', rows, { onConflict: 'ignore' })
      same(
        inserted.map(({ email_norm }) => email_norm),
        ['first@exam.test', 'third@exam.test'],
      )
      strictEqual(await scope.records.count('users'), 3)
      same(await scope.records.get('users', { id: taken.id }), taken)
      await refused(scope.records.insert('users', rows, { onConflict: 'refuse' }), 'DUPLICATE')
    },
    async race({ scope, id }) {
      const one = { pool: 'exam', subject: hash('raced') }
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => scope.records.insert('sign_in_attempts', [one], { onConflict: 'ignore' })),
      )
      strictEqual(answers.flat().length, 1)
      const users = Array.from({ length: 20 }, () => ({
        id: id(),
        email: 'raced@exam.test',
        email_norm: 'raced@exam.test',
      }))
      const refusals = await Promise.allSettled(users.map((row) => scope.records.insert('users', [row])))
      strictEqual(refusals.filter(({ status }) => status === 'fulfilled').length, 1)
      for (const refusal of refusals) {
        if (refusal.status === 'rejected') await refused(Promise.reject(refusal.reason), 'DUPLICATE')
      }
    },
  },
  {
    name: 'update changes the rows that match, and answers with them as they are now',
    async ask({ scope, user }) {
      const ana = await user({ name: 'Ana' })
      const bo = await user({ name: 'Bo' })
      const [changed, ...more] = await scope.records.update(
        'users',
        { name: 'Ana' },
        { name: 'Anna', metadata: { a: 1 } },
      )
      same(changed, { ...ana, name: 'Anna', metadata: { a: 1 } })
      strictEqual(more.length, 0)
      same(await scope.records.get('users', { id: ana.id }), changed)
      same(await scope.records.get('users', { id: bo.id }), bo)
      same(await scope.records.update('users', { name: 'Zoe' }, { name: 'Zoë' }), [])
      strictEqual((await scope.records.update('users', {}, { name: null })).length, 2)
      strictEqual(await scope.records.count('users', { name: null }), 2)
    },
  },
  {
    name: 'the where of an update is its guard: one caller receives the row',
    async ask({ scope, user }) {
      const { id } = await user()
      const claim = (name: string) => scope.records.update('users', { id, name: null }, { name })
      strictEqual((await claim('first')).length, 1)
      same(await claim('second'), [])
      strictEqual((await scope.records.get('users', { id }))?.name, 'first')
    },
    async race({ scope, user }) {
      const { id } = await user()
      const claims = await Promise.all(
        Array.from({ length: 30 }, (_, i) => scope.records.update('users', { id, name: null }, { name: `n${i}` })),
      )
      const won = claims.flat()
      strictEqual(won.length, 1)
      strictEqual((await scope.records.get('users', { id }))?.name, won[0]!.name)
    },
  },
  {
    name: 'add counts in the database, so that no increment is lost',
    async ask({ scope, user }) {
      const { id } = await user()
      await scope.records.insert('sign_in_attempts', [
        { pool: 'p', subject: hash('s'), failures: 9_007_199_254_740_000 },
      ])
      const [changed] = await scope.records.update('users', { id }, { session_epoch: { add: 5 }, name: 'x' })
      strictEqual(changed!.session_epoch, 5)
      const [less] = await scope.records.update('users', { id }, { session_epoch: { add: -2 } })
      strictEqual(less!.session_epoch, 3)
      const [big] = await scope.records.update('sign_in_attempts', { pool: 'p' }, { failures: { add: 991 } })
      strictEqual(big!.failures, Number.MAX_SAFE_INTEGER)
    },
    async race({ scope, user }) {
      const { id } = await user()
      await Promise.all(
        Array.from({ length: 30 }, () => scope.records.update('users', { id }, { session_epoch: { add: 1 } })),
      )
      strictEqual((await scope.records.get('users', { id }))?.session_epoch, 30)
    },
  },
  {
    name: 'moments are read from the database clock as they are written',
    async ask({ scope, user }) {
      const { id, created_at } = await user()
      const [row] = await scope.records.update(
        'users',
        { id },
        { disabled_at: fromNow(), deleted_at: fromNow(3_600_000) },
      )
      strictEqual(Math.abs(row!.deleted_at!.getTime() - row!.disabled_at!.getTime() - 3_600_000) < 100, true)
      ok(row!.disabled_at!.getTime() >= created_at.getTime())
      ok(row!.disabled_at!.getTime() - created_at.getTime() < 10_000)
    },
  },
  {
    name: 'remove removes the rows that match, and answers how many',
    async ask({ scope, user }) {
      await user({ name: 'Ana' })
      await user({ name: 'Ana' })
      await user({ name: 'Bo' })
      strictEqual(await scope.records.remove('users', { name: 'Zoe' }), 0)
      strictEqual(await scope.records.remove('users', { name: 'Ana' }), 2)
      strictEqual(await scope.records.count('users'), 1)
      strictEqual(await scope.records.remove('users', {}), 1)
    },
    async race({ scope, user }) {
      const { id } = await user()
      const removed = await Promise.all(Array.from({ length: 20 }, () => scope.records.remove('users', { id })))
      strictEqual(
        removed.reduce((sum, one) => sum + one, 0),
        1,
      )
    },
  },
])
