// Transactions that are said all at once: every step is done or none is, and of a crowd one is told that it was done.

import { ok, rejects, strictEqual } from 'node:assert/strict'
import * as steps from '../../../core/storage/steps.ts'
import { fromNow } from '../../../core/storage/tables.ts'
import { refused, same } from '../answers.ts'
import { examine } from '../question.ts'
import { auditEvent, hash, type Room, sessionOpening } from '../room.ts'
import { addEvent, kinds } from './events.ts'

const HOUR = 3_600_000
const NOWHERE = { country: null, latitude: null, longitude: null, accuracyKm: null }

class Stop extends Error {}

export const atOnce = examine('steps at once', [
  {
    name: 'no steps are done at once',
    async ask(room) {
      same((await room.scope.atOnce([])).done, true)
    },
  },
  {
    name: 'every kind of step is done, and answers the row that it is about',
    async ask(room) {
      const user = await room.user()
      const former = await room.session({ userId: user.id })
      await open(room, 'spent')
      const spent = steps.changeOne('challenges', { purpose: 'spent' }, { consumed_at: fromNow() })
      const added = steps.add('challenges', challenge(room.id(), 'added'))
      const opened = steps.openSession(sessionOpening({ id: room.id(), userId: user.id }))
      const many = Array.from({ length: 7 }, () => challenge(room.id(), 'one of many'))
      const event = auditEvent(room.id())
      const [allowed, refused] = [steps.takeAttempt(attempt('bo')), steps.takeAttempt(attempt('bo'))]
      await room.scope.verbs.takeAttempt(attempt())
      const outcome = await room.scope.atOnce([
        steps.hold('users', { id: user.id }),
        spent,
        steps.change('challenges', { purpose: 'nobody has it' }, { consumed_at: fromNow() }),
        steps.change('users', { id: user.id }, { name: 'changed' }),
        steps.endSession({ userId: user.id, reason: 'stepped-up', only: former.id }),
        added,
        opened,
        steps.addAll('challenges', many),
        steps.addAll('challenges', []),
        steps.there('sessions', { id: former.id, revoke_reason: 'stepped-up' }),
        steps.atMost(1, 'sessions', { user_id: user.id, revoked_at: null }),
        allowed,
        refused,
        steps.learnSignIn({ userId: user.id, ...NOWHERE }),
        steps.countFailure({ halfLifeMs: HOUR, counts: [{ pool: 'user', subject: hash('ana') }], accounts: [] }),
        steps.remove('sign_in_attempts', { subject: hash('ana') }),
        { deed: { kind: 'appendAudit', events: [event] } },
        { deed: { kind: 'appendAudit', events: [] } },
        steps.publish({ kind: 'tenant', tenantId: room.tenant.id }),
      ])
      if (!outcome.done) throw new Error('a step was lost')
      const { records } = room.scope
      const [first] = await records.find('challenges', { where: { purpose: 'spent' }, limit: 1 })
      ok(first?.consumed_at)
      same(outcome.row(spent), first)
      same(outcome.row(added), (await records.find('challenges', { where: { purpose: 'added' }, limit: 1 }))[0])
      same(outcome.row(opened), await records.get('sessions', { id: outcome.row(opened).id }))
      same([outcome.row(allowed).allowed, outcome.row(refused).allowed], [true, false])
      strictEqual((await records.get('users', { id: user.id }))?.name, 'changed')
      strictEqual((await records.get('sessions', { id: former.id }))?.revoke_reason, 'stepped-up')
      strictEqual((await records.get('sign_in_profiles', { user_id: user.id }))?.sign_ins, 1)
      strictEqual(await records.count('failure_counts'), 1)
      strictEqual(await records.count('challenges', { purpose: 'one of many' }), 7)
      strictEqual(await records.count('sign_in_attempts'), 1)
      strictEqual(await records.count('audit_events', { id: event.id }), 1)
    },
  },
  {
    name: 'a step that does not find what it demands is told, and nothing of it all happened',
    async ask(room) {
      const user = await room.user()
      const gone = await room.user({ status: 'disabled' })
      const session = await room.session({ userId: user.id })
      await open(room, 'one')
      await open(room, 'two')
      await open(room, 'two')
      const opening = (change: object) =>
        steps.openSession(sessionOpening({ id: room.id(), userId: user.id, ...change }))
      const demands = [
        steps.changeOne('challenges', { purpose: 'none' }, { consumed_at: fromNow() }),
        steps.changeOne('challenges', { purpose: 'two' }, { consumed_at: fromNow() }),
        opening({ epoch: 1 }),
        opening({ userId: gone.id }),
        opening({ userId: room.id() }),
        steps.endSession({ userId: gone.id, reason: 'revoked', only: session.id }),
        steps.atMost(1, 'challenges', { purpose: 'two' }),
        steps.there('challenges', { purpose: 'two' }),
        steps.there('challenges', { purpose: 'none' }),
        steps.there('users', { id: user.id, access_version: { not: user.access_version } }),
      ]
      const before = await everything(room)
      for (const lost of demands) {
        const outcome = await room.scope.atOnce([
          steps.changeOne('challenges', { purpose: 'one' }, { consumed_at: fromNow() }),
          steps.change('users', { id: user.id }, { name: 'lost' }),
          lost,
          steps.add('challenges', challenge(room.id(), 'lost')),
          { deed: { kind: 'appendAudit', events: [auditEvent(room.id())] } },
        ])
        ok(!outcome.done, `done: ${JSON.stringify(lost.deed)}`)
        strictEqual(outcome.lost, lost)
        same(await everything(room), before)
      }
    },
  },
  {
    name: 'a step sees what those before it did',
    async ask(room) {
      const outcome = await room.scope.atOnce([
        steps.add('challenges', challenge(room.id(), 'new')),
        steps.changeOne('challenges', { purpose: 'new' }, { attempts: { add: 1 } }),
        steps.changeOne('challenges', { purpose: 'new' }, { attempts: { add: 1 } }),
        steps.atMost(0, 'challenges', { attempts: { before: 2 } }),
      ])
      ok(outcome.done)
      strictEqual((await room.scope.records.find('challenges', { limit: 1 }))[0]?.attempts, 2)
    },
  },
  {
    name: 'what the database refuses is thrown, and nothing of it all happened',
    async ask(room) {
      const user = await room.user()
      const { email, email_norm } = user
      const renamed = () => steps.change('users', { id: user.id }, { name: 'lost' })
      const again = steps.add('users', { id: room.id(), email, email_norm })
      await refused(room.scope.atOnce([renamed(), again]), 'DUPLICATE')
      const orphan = steps.add('challenges', { ...challenge(room.id(), 'x'), user_id: room.id() })
      await refused(room.scope.atOnce([renamed(), orphan]), 'REFERENCE_MISSING')
      await refused(room.scope.atOnce([renamed(), steps.change('users', { id: user.id }, {})]), 'INPUT_INVALID')
      const long = steps.change('users', { id: user.id }, { name: 'x'.repeat(1000) })
      await refused(room.scope.atOnce([renamed(), long]), 'ROW_REFUSED')
      strictEqual((await room.scope.records.get('users', { id: user.id }))?.name, null)
    },
  },
  {
    name: 'inside a transaction they are a part of it: lost alone, and taken back with the whole',
    async ask(room) {
      await open(room, 'once')
      const spend = () =>
        steps.changeOne('challenges', { purpose: 'once', consumed_at: null }, { consumed_at: fromNow() })
      const rename = (name: string) => steps.change('challenges', {}, { data: { name } })
      const whole = room.scope.transaction(async (unit) => {
        await addEvent(room, unit, 'lost')
        ok((await unit.atOnce([spend()])).done)
        throw new Stop()
      })
      await rejects(whole, Stop)
      same(await kinds(room.scope), [])
      await room.scope.transaction(async (unit) => {
        ok((await unit.atOnce([spend(), rename('kept')])).done)
        ok(!(await unit.atOnce([rename('lost'), spend()])).done)
        await addEvent(room, unit, 'kept')
        await unit.transaction(async (part) => {
          ok(!(await part.atOnce([rename('lost'), spend()])).done)
          ok((await part.atOnce([steps.remove('challenges', { purpose: 'none' })])).done)
        })
      })
      same(await kinds(room.scope), ['kept'])
      const [row] = await room.scope.records.find('challenges', { limit: 1 })
      same(row?.data, { name: 'kept' })
    },
  },
  {
    name: 'of a crowd that demands the same row exactly one has it, with all that belongs to it',
    async ask(room) {
      await open(room, 'once')
      ok((await take(room)).done)
      ok(!(await take(room)).done)
    },
    async race(room) {
      for (let round = 0; round < 5; round++) {
        await open(room, 'once')
        const answers = await Promise.all(Array.from({ length: 20 }, () => take(room)))
        strictEqual(answers.filter(({ done }) => done).length, 1)
        strictEqual(await room.scope.records.count('challenges', { purpose: 'won' }), round + 1)
      }
    },
  },
  {
    name: 'of a crowd of sessions no more are opened than may be, where each holds the user first',
    async ask(room) {
      const user = await room.user()
      ok((await enter(room, user.id)).done)
    },
    async race(room) {
      const user = await room.user()
      const answers = await Promise.all(Array.from({ length: 20 }, () => enter(room, user.id)))
      strictEqual(answers.filter(({ done }) => done).length, 3)
      strictEqual(await room.scope.records.count('sessions', { user_id: user.id }), 3)
    },
  },
])

const challenge = (id: string, purpose: string) => ({ id, purpose, secret_hash: hash(id), expires_at: fromNow(HOUR) })

async function open(room: Room, purpose: string): Promise<void> {
  await room.scope.records.insert('challenges', [challenge(room.id(), purpose)])
}

function take(room: Room) {
  return room.scope.atOnce([
    steps.add('challenges', challenge(room.id(), 'won')),
    steps.changeOne('challenges', { purpose: 'once', consumed_at: null }, { consumed_at: fromNow() }),
  ])
}

function enter(room: Room, userId: string) {
  return room.scope.atOnce([
    steps.hold('users', { id: userId }),
    steps.openSession(sessionOpening({ id: room.id(), userId })),
    steps.atMost(3, 'sessions', { user_id: userId, revoked_at: null }),
  ])
}

function attempt(who = 'ana') {
  const schedule = { free: 0, baseDelayMs: 10_000, maxDelayMs: 60_000, forgetAfterMs: HOUR }
  return { pool: 'password', subject: hash(who), ...schedule }
}

async function everything({ scope }: Room) {
  const tables = ['users', 'challenges', 'sessions', 'audit_events'] as const
  return Promise.all(tables.map((table) => scope.records.find(table, { limit: 100 })))
}
