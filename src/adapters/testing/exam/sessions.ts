// openSession and lookUpSession: who gets a session, and which sessions live.

import { ok, strictEqual } from 'node:assert/strict'
import { viewOfSession, viewOfUser } from '../../../core/storage/session-view.ts'
import { fromNow, type Row } from '../../../core/storage/tables.ts'
import { same } from '../answers.ts'
import { examine } from '../question.ts'
import { nonce, type Room, sessionOpening, token } from '../room.ts'

const MINUTE = 60_000

export const sessions = examine('sessions', [
  {
    name: 'openSession answers the row: generation 0, limits on the database clock',
    async ask({ scope, user, id }) {
      const { id: userId } = await user()
      const sessionId = id()
      const opening = sessionOpening({
        id: sessionId,
        userId,
        keyId: 255,
        assuranceLevel: 2,
        authenticationMethods: ['pwd', 'otp'],
        ip: '2001:db8::1',
        userAgent: 'Exam/1.0 "quoted"',
        idleTimeoutMs: 10 * MINUTE,
        absoluteTimeoutMs: 60 * MINUTE,
      })
      const session = (await scope.verbs.openSession(opening))!
      same(session, await scope.records.get('sessions', { id: sessionId }))
      const { rotated_at, authenticated_at, idle_expires_at, absolute_expires_at, created_at, ...rest } = session
      same(rest, {
        id: sessionId,
        user_id: userId,
        generation: 0,
        current_hash: token(sessionId, 0),
        previous_hash: null,
        nonce: nonce(sessionId, 0),
        key_id: 255,
        previous_rotated_at: null,
        retries: 0,
        epoch: 0,
        assurance_level: 2,
        authentication_methods: ['pwd', 'otp'],
        ip: '2001:db8::1',
        user_agent: 'Exam/1.0 "quoted"',
        revoked_at: null,
        revoke_reason: null,
        device_id: null,
        country: null,
        city: null,
        risk_score: null,
        risk_flags: [],
        impersonator_id: null,
        impersonation_reason: null,
      })
      near(idle_expires_at, created_at, 10 * MINUTE)
      near(absolute_expires_at, created_at, 60 * MINUTE)
      near(rotated_at, created_at, 0)
      near(authenticated_at, created_at, 0)
    },
  },
  {
    name: 'the idle limit never lies beyond the absolute one',
    async ask({ session }) {
      const { idle_expires_at, absolute_expires_at, created_at } = await session({
        idleTimeoutMs: 60 * MINUTE,
        absoluteTimeoutMs: 10 * MINUTE,
      })
      near(idle_expires_at, created_at, 10 * MINUTE)
      ok(idle_expires_at.getTime() <= absolute_expires_at.getTime())
    },
  },
  {
    name: 'openSession is refused to a user who is unknown, disabled, deleted, or of another epoch',
    async ask({ scope, user, id }) {
      const open = (userId: string, epoch = 0) => scope.verbs.openSession(sessionOpening({ id: id(), userId, epoch }))
      strictEqual(await open(id()), undefined)
      strictEqual(await open((await user({ status: 'disabled' })).id), undefined)
      strictEqual(await open((await user({ status: 'deleted' })).id), undefined)
      const { id: userId } = await user({ session_epoch: 3 })
      strictEqual(await open(userId, 2), undefined)
      strictEqual(await open(userId, 4), undefined)
      strictEqual(await scope.records.count('sessions'), 0)
      strictEqual((await open(userId, 3))?.epoch, 3)
    },
  },
  {
    name: 'R15: a sign-in that races a disabling or a sign-out everywhere yields no session that works',
    async ask({ scope, session }) {
      const { id, user_id } = await session()
      await scope.records.update('users', { id: user_id }, { status: 'disabled' })
      strictEqual(await scope.verbs.lookUpSession(id), undefined)
    },
    async race(room) {
      for (const cut of [
        (userId: string) => room.scope.records.update('users', { id: userId }, { status: 'disabled' }),
        (userId: string) => room.scope.verbs.endSessions({ userId, reason: 'signed-out-everywhere' }),
      ]) {
        const { id: userId } = await room.user()
        const ids = Array.from({ length: 20 }, () => room.id())
        const open = (id: string) => room.scope.verbs.openSession(sessionOpening({ id, userId }))
        await Promise.all([...ids.slice(0, 10).map(open), cut(userId), ...ids.slice(10).map(open)])
        const alive = await Promise.all(ids.map((id) => room.scope.verbs.lookUpSession(id)))
        strictEqual(alive.filter((one) => one !== undefined).length, 0)
      }
    },
  },
  {
    name: 'lookUpSession answers a live session with its user, as the rows are, and no secret of either',
    async ask({ scope, session, id }) {
      const row = await session({ authenticationMethods: ['pwd', 'a,"b'] })
      const found = await scope.verbs.lookUpSession(row.id)
      same(found?.session, viewOfSession(row))
      same(found?.user, viewOfUser((await scope.records.get('users', { id: row.user_id }))!))
      strictEqual(await scope.verbs.lookUpSession(id()), undefined)
    },
  },
  {
    name: 'S02 S09: lookUpSession does not answer sessions that are revoked, expired, of another epoch, or of a user who is not active',
    async ask(room) {
      const { scope } = room
      const dead = async (kill: (row: Row<'sessions'>) => Promise<unknown>) => {
        const row = await room.session()
        ok(await scope.verbs.lookUpSession(row.id))
        await kill(row)
        strictEqual(await scope.verbs.lookUpSession(row.id), undefined)
      }
      await dead(({ id, user_id: userId }) => scope.verbs.endSessions({ userId, only: id, reason: 'signed-out' }))
      await dead(({ id }) =>
        scope.records.update('sessions', { id }, { revoked_at: new Date(), revoke_reason: 'revoked' }),
      )
      await dead(({ user_id: id }) => scope.records.update('users', { id }, { status: 'disabled' }))
      await dead(({ user_id: id }) => scope.records.update('users', { id }, { status: 'deleted' }))
      await dead(({ user_id: id }) => scope.records.update('users', { id }, { session_epoch: { add: 1 } }))
      await dead(({ user_id: id }) => scope.records.remove('users', { id }))
    },
  },
  {
    name: 'a session ends at its idle limit, and at its absolute limit',
    async ask(room) {
      const { scope, elapse } = room
      const idle = await room.session({ idleTimeoutMs: 10 * MINUTE, absoluteTimeoutMs: 60 * MINUTE })
      const long = await room.session({ idleTimeoutMs: 60 * MINUTE, absoluteTimeoutMs: 60 * MINUTE })
      await elapse(9 * MINUTE)
      ok(await scope.verbs.lookUpSession(idle.id))
      await elapse(2 * MINUTE)
      strictEqual(await scope.verbs.lookUpSession(idle.id), undefined)
      ok(await scope.verbs.lookUpSession(long.id))
      await elapse(48 * MINUTE)
      ok(await scope.verbs.lookUpSession(long.id))
      // the absolute limit holds whatever the idle one says
      await scope.records.update('sessions', { id: long.id }, { idle_expires_at: fromNow(60 * MINUTE) })
      ok(await scope.verbs.lookUpSession(long.id))
      await elapse(2 * MINUTE)
      strictEqual(await scope.verbs.lookUpSession(long.id), undefined)
    },
  },
  {
    name: 'verbs inside a transaction are part of it',
    async ask(room) {
      const { scope } = room
      const { id: userId } = await room.user()
      const kept = room.id()
      await scope.transaction(async ({ verbs }) => {
        ok(await verbs.openSession(sessionOpening({ id: kept, userId })))
        ok(await verbs.lookUpSession(kept))
      })
      const lost = await scope
        .transaction(async ({ verbs }) => {
          await verbs.openSession(sessionOpening({ id: room.id(), userId }))
          same(await verbs.endSessions({ userId, only: kept, reason: 'revoked' }), [kept])
          throw new Error('stop')
        })
        .catch((error: unknown) => error)
      ok(lost instanceof Error)
      strictEqual(await scope.records.count('sessions'), 1)
      await live(room, kept)
    },
  },
])

async function live({ scope }: Room, sessionId: string): Promise<void> {
  ok(await scope.verbs.lookUpSession(sessionId), 'the session should live')
}

/** So many milliseconds after a time, but for what a statement takes. */
function near(time: Date, start: Date, afterMs: number): void {
  const difference = time.getTime() - start.getTime() - afterMs
  ok(Math.abs(difference) < 1_000, `it is ${difference} ms off`)
}
