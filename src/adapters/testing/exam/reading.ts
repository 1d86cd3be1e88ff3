// get, find, count: every condition, and what null makes of each.

import { strictEqual } from 'node:assert/strict'
import { fromNow } from '../../../core/storage/tables.ts'
import { refused, same } from '../answers.ts'
import { examine } from '../question.ts'
import { hash, type Room } from '../room.ts'

export const reading = examine('reading', [
  {
    name: 'get answers one row by its key, by a unique key, and undefined where there is none',
    async ask({ scope, user, id }) {
      const ana = await user({ email: 'Ana@exam.test', email_norm: 'ana@exam.test', name: 'Ana' })
      same(await scope.records.get('users', { id: ana.id }), ana)
      same(await scope.records.get('users', { email_norm: 'ana@exam.test' }), ana)
      strictEqual(await scope.records.get('users', { id: id() }), undefined)
      strictEqual(await scope.records.get('users', { id: ana.id, name: 'Bo' }), undefined)
    },
  },
  {
    name: 'get by a key of several columns, one of them bytes',
    async ask({ scope }) {
      const rows = [
        { pool: 'password', subject: hash('ana') },
        { pool: 'password', subject: hash('bo') },
        { pool: 'totp', subject: hash('ana') },
      ]
      await scope.records.insert('sign_in_attempts', rows)
      const found = await scope.records.get('sign_in_attempts', { pool: 'totp', subject: hash('ana') })
      strictEqual(found?.pool, 'totp')
      strictEqual(await scope.records.count('sign_in_attempts', { subject: hash('ana') }), 2)
      strictEqual(await scope.records.get('sign_in_attempts', { pool: 'totp', subject: hash('bo') }), undefined)
    },
  },
  {
    name: 'a plain value means equals, null means is null, and all conditions must hold',
    async ask(room) {
      await people(room)
      await expectFound(room, { name: 'Ana' }, ['ana'])
      await expectFound(room, { name: null }, ['cy', 'di'])
      await expectFound(room, { name: null, status: 'disabled' }, ['di'])
      await expectFound(room, { name: 'ana' }, [])
      await expectFound(room, {}, ['ana', 'bo', 'cy', 'di'])
    },
  },
  {
    name: 'in: any of several values, none of an empty list, never null',
    async ask(room) {
      await people(room)
      await expectFound(room, { name: { in: ['Ana', 'Bo', 'Zoe'] } }, ['ana', 'bo'])
      await expectFound(room, { name: { in: [] } }, [])
      await expectFound(room, { name: { in: [null, 'Bo'] } }, ['bo'])
      await expectFound(room, { session_epoch: { in: [0, 7] } }, ['ana', 'bo', 'cy', 'di'])
    },
  },
  {
    name: 'not: is distinct from, so null is not the value, and not null is every value',
    async ask(room) {
      await people(room)
      await expectFound(room, { name: { not: 'Ana' } }, ['bo', 'cy', 'di'])
      await expectFound(room, { name: { not: null } }, ['ana', 'bo'])
      await expectFound(room, { status: { not: 'active' } }, ['di'])
    },
  },
  {
    name: 'before and from: below, and from the value on; null is neither',
    async ask(room) {
      await people(room)
      await expectFound(room, { email_norm: { before: 'bo@exam.test' } }, ['ana'])
      await expectFound(room, { email_norm: { from: 'bo@exam.test' } }, ['bo', 'cy', 'di'])
      await expectFound(room, { name: { before: 'Zoe' } }, ['ana', 'bo'])
      await expectFound(room, { name: { from: 'A' } }, ['ana', 'bo'])
    },
  },
  {
    name: 'times compare with dates and with moments of the database clock',
    async ask(room) {
      const { scope, user } = room
      const then = new Date('2030-01-01T00:00:00.123Z')
      await user({ name: 'then', email_verified_at: then })
      await user({ name: 'soon', email_verified_at: fromNow(60_000) })
      await user({ name: 'past', email_verified_at: fromNow(-60_000) })
      const names = async (where: Parameters<typeof scope.records.count<'users'>>[1]) =>
        (await scope.records.find('users', { where: where!, limit: 10 })).map(({ name }) => name)
      same(await names({ email_verified_at: then }), ['then'])
      same(await names({ email_verified_at: { before: then } }), ['soon', 'past'])
      same(await names({ email_verified_at: { from: then } }), ['then'])
      same(await names({ email_verified_at: { before: fromNow() } }), ['past'])
      same(await names({ email_verified_at: { from: fromNow() } }), ['then', 'soon'])
      same(await names({ email_verified_at: { before: fromNow(61_000) } }), ['soon', 'past'])
    },
  },
  {
    name: 'a row found by the time it was stored with is found again',
    async ask({ scope, user }) {
      const { id, created_at, updated_at } = await user()
      strictEqual(await scope.records.count('users', { id, created_at, updated_at }), 1)
      strictEqual(await scope.records.count('users', { id, created_at: { from: created_at } }), 1)
      strictEqual(await scope.records.count('users', { id, created_at: { before: created_at } }), 0)
      strictEqual((await scope.records.update('users', { id, updated_at }, { name: 'won' })).length, 1)
    },
  },
  {
    name: 'count counts what find finds',
    async ask(room) {
      await people(room)
      const { records } = room.scope
      strictEqual(await records.count('users'), 4)
      strictEqual(await records.count('users', { name: { not: null } }), 2)
      strictEqual(await records.count('users', { name: 'Zoe' }), 0)
      strictEqual(await records.count('sessions'), 0)
    },
  },
  {
    name: 'lock answers as get does, inside a transaction and outside',
    async ask({ scope, user, id }) {
      const ana = await user()
      same(await scope.records.lock('users', { id: ana.id }), ana)
      await scope.transaction(async ({ records }) => {
        same(await records.lock('users', { id: ana.id }), ana)
        strictEqual(await records.lock('users', { id: id() }), undefined)
      })
    },
  },
  {
    name: 'a condition that is undefined is refused, not taken for any row',
    async ask({ scope, user }) {
      const { id } = await user()
      const nobody = { id: undefined } as unknown as { id: string }
      await refused(scope.records.get('users', nobody), 'INPUT_INVALID')
      await refused(scope.records.find('users', { where: nobody, limit: 1 }), 'INPUT_INVALID')
      await refused(scope.records.count('users', nobody), 'INPUT_INVALID')
      await refused(scope.records.update('users', nobody, { name: 'x' }), 'INPUT_INVALID')
      await refused(scope.records.remove('users', nobody), 'INPUT_INVALID')
      await refused(scope.records.remove('users', { id: { not: undefined } as unknown as string }), 'INPUT_INVALID')
      strictEqual((await scope.records.get('users', { id }))?.name, null)
    },
  },
  {
    name: 'a name that is no column and no table is refused before it reaches the database',
    async ask({ scope, user }) {
      const { id } = await user()
      const sly = { 'id" = "id" or "id': id } as unknown as { id: string }
      await refused(scope.records.find('users', { where: sly, limit: 1 }), 'INPUT_INVALID')
      await refused(scope.records.update('users', sly, { name: 'x' }), 'INPUT_INVALID')
      await refused(scope.records.update('users', { id }, { constructor: 'x' } as object), 'INPUT_INVALID')
      await refused(scope.records.remove('users', { tenant_id: id } as object), 'INPUT_INVALID')
      await refused(scope.records.find('users; --' as 'users', { limit: 1 }), 'INPUT_INVALID')
      await refused(scope.records.count('toString' as 'users'), 'INPUT_INVALID')
      strictEqual(await scope.records.count('users', { name: null }), 1)
    },
  },
])

async function people({ user }: Room): Promise<void> {
  const person = (name: string) => ({ email: `${name}@exam.test`, email_norm: `${name}@exam.test` })
  await user({ ...person('ana'), name: 'Ana' })
  await user({ ...person('bo'), name: 'Bo' })
  await user({ ...person('cy') })
  await user({ ...person('di'), status: 'disabled' })
}

async function expectFound(
  { scope }: Room,
  where: NonNullable<Parameters<typeof scope.records.count<'users'>>[1]>,
  people: readonly string[],
): Promise<void> {
  const rows = await scope.records.find('users', { where, limit: 100 })
  same(
    rows.map(({ email_norm }) => email_norm.replace('@exam.test', '')),
    people,
  )
  strictEqual(await scope.records.count('users', where), people.length)
}
