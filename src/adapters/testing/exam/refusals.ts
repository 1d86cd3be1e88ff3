// What the database does not take, and how it says so. Each refusal changes nothing.

import { strictEqual } from 'node:assert/strict'
import { fromNow, type NewRow } from '../../../core/storage/tables.ts'
import { refused, refusedBy, same } from '../answers.ts'
import { examine } from '../question.ts'
import { hash, sessionOpening } from '../room.ts'

export const refusals = examine('refusals', [
  {
    name: 'DUPLICATE: a key that is taken',
    async ask({ scope, user }) {
      const { id } = await user()
      const again = { id, email: 'again@exam.test', email_norm: 'again@exam.test' }
      await refusedBy(scope.records.insert('users', [again]), 'DUPLICATE', 'users', 'users_pkey')
      strictEqual(await scope.records.count('users'), 1)
    },
  },
  {
    name: 'DUPLICATE: a unique value that is taken, by insert and by update',
    async ask({ scope, user, id }) {
      const ana = await user()
      const bo = await user()
      const again = { id: id(), email: 'again@exam.test', email_norm: ana.email_norm }
      await refusedBy(scope.records.insert('users', [again]), 'DUPLICATE', 'users', 'users_email_norm_key')
      const change = scope.records.update('users', { id: bo.id }, { email_norm: ana.email_norm })
      await refusedBy(change, 'DUPLICATE', 'users', 'users_email_norm_key')
      same(await scope.records.get('users', { id: bo.id }), bo)
      strictEqual((await scope.records.update('users', { id: ana.id }, { email_norm: ana.email_norm })).length, 1)
    },
  },
  {
    name: 'a partial unique key: a value is free again when its row no longer takes part',
    async ask({ scope, user }) {
      const ana = await user()
      await scope.records.update('users', { id: ana.id }, { status: 'deleted' })
      const second = await user({ email_norm: ana.email_norm })
      await scope.records.update('users', { id: second.id }, { status: 'deleted' })
      await user({ email_norm: ana.email_norm })
      const back = scope.records.update('users', { id: ana.id }, { status: 'active' })
      await refusedBy(back, 'DUPLICATE', 'users', 'users_email_norm_key')
      strictEqual(await scope.records.count('users', { email_norm: ana.email_norm, status: { not: 'deleted' } }), 1)
    },
  },
  {
    name: 'REFERENCE_MISSING: a row that points at none, by insert and by update',
    async ask({ scope, session, id }) {
      const row = newSession(id(), id())
      const insert = scope.records.insert('sessions', [row])
      await refusedBy(insert, 'REFERENCE_MISSING', 'sessions', 'sessions_user_id_fkey')
      const { id: sessionId, user_id } = await session()
      const change = scope.records.update('sessions', { id: sessionId }, { user_id: id() })
      await refusedBy(change, 'REFERENCE_MISSING', 'sessions', 'sessions_user_id_fkey')
      strictEqual((await scope.records.get('sessions', { id: sessionId }))?.user_id, user_id)
      strictEqual(await scope.records.count('sessions'), 1)
    },
  },
  {
    name: 'REFERENCE_MISSING: the id of a row that others point at cannot change',
    async ask({ scope, session, id }) {
      const { user_id } = await session()
      await refused(scope.records.update('users', { id: user_id }, { id: id() }), 'REFERENCE_MISSING')
      strictEqual(await scope.records.count('users', { id: user_id }), 1)
    },
  },
  {
    name: 'removing a row removes the rows that point at it, and no others',
    async ask({ scope, session }) {
      const gone = await session()
      const kept = await session()
      strictEqual(await scope.records.remove('users', { id: gone.user_id }), 1)
      same(
        (await scope.records.find('sessions', { limit: 10 })).map(({ id }) => id),
        [kept.id],
      )
    },
  },
  {
    name: 'ROW_REFUSED: a check that fails names its constraint',
    async ask({ scope, user, session, id }) {
      const kept = await user()
      const check = async (change: Parameters<typeof scope.records.update<'users'>>[2], constraint: string) =>
        refusedBy(scope.records.update('users', { id: kept.id }, change), 'ROW_REFUSED', 'users', constraint)
      await check({ status: 'asleep' as 'active' }, 'users_status_check')
      await check({ email: 'a' }, 'users_email_check')
      await check({ name: '' }, 'users_name_check')
      await check({ name: 'x'.repeat(201) }, 'users_name_check')
      await check({ metadata: ['a list'] as unknown as Record<string, unknown> }, 'users_metadata_check')
      await check({ metadata: { long: 'x'.repeat(100_000) } }, 'users_metadata_check')
      same(await scope.records.get('users', { id: kept.id }), kept)
      // characters are counted, not bytes
      await scope.records.update('users', { id: kept.id }, { name: '👍'.repeat(200) })
      const { id: sessionId } = await session()
      const short = scope.records.update('sessions', { id: sessionId }, { current_hash: new Uint8Array(31) })
      await refusedBy(short, 'ROW_REFUSED', 'sessions', 'sessions_current_hash_check')
      const weak = scope.verbs.openSession(sessionOpening({ id: id(), userId: kept.id, assuranceLevel: 4 }))
      await refusedBy(weak, 'ROW_REFUSED', 'sessions', 'sessions_assurance_level_check')
    },
  },
  {
    name: 'ROW_REFUSED: a value that must be there is missing or null',
    async ask({ scope, user, id }) {
      const incomplete = { id: id(), email: 'x@exam.test' } as NewRow<'users'>
      await refusedBy(scope.records.insert('users', [incomplete]), 'ROW_REFUSED', 'users', 'email_norm')
      const { id: userId } = await user()
      await refused(scope.records.update('users', { id: userId }, { email: null as unknown as string }), 'ROW_REFUSED')
      await refused(
        scope.records.insert('users', [{ ...incomplete, email_norm: 'x@exam.test', status: null as never }]),
        'ROW_REFUSED',
      )
      strictEqual(await scope.records.count('users'), 1)
    },
  },
  {
    name: 'a value that the column cannot hold is refused',
    async ask({ scope, user }) {
      const kept = await user()
      const update = (change: Record<string, unknown>) => scope.records.update('users', { id: kept.id }, change)
      const unfit = (work: Promise<unknown>) => refused(work, 'ROW_REFUSED', 'INPUT_INVALID')
      await unfit(update({ session_epoch: 2 ** 31 }))
      await unfit(update({ session_epoch: 1.5 }))
      await unfit(update({ session_epoch: { add: 2 ** 31 } }))
      await unfit(update({ id: 'not-a-uuid' }))
      await unfit(update({ disabled_at: 'yesterday' }))
      await unfit(scope.records.get('users', { id: "' or true --" }))
      await unfit(scope.records.get('users', { id: '' }))
      const circle: Record<string, unknown> = {}
      circle.self = circle
      await unfit(update({ metadata: circle }))
      same(await scope.records.get('users', { id: kept.id }), kept)
    },
  },
  {
    name: 'a change that changes nothing is a mistake',
    async ask({ scope, user }) {
      const { id } = await user()
      await refused(scope.records.update('users', { id }, {}), 'INPUT_INVALID')
      await refused(scope.records.update('users', { id }, { name: undefined } as object), 'INPUT_INVALID')
    },
  },
])

function newSession(id: string, user_id: string): NewRow<'sessions'> {
  return {
    id,
    user_id,
    epoch: 0,
    current_hash: hash(id),
    nonce: hash(id).subarray(0, 16),
    key_id: 1,
    idle_expires_at: fromNow(1_000),
    absolute_expires_at: fromNow(1_000),
  }
}
