// rotateSession while all is well: the family moves on once, and everyone who may have the child gets the same one.

import { ok, strictEqual } from 'node:assert/strict'
import { viewOfSession, viewOfUser } from '../../../core/storage/session-view.ts'
import type { RotationStep } from '../../../core/storage/verbs.ts'
import { isKind, same, tally } from '../answers.ts'
import { examine } from '../question.ts'
import { nonce, type Room, rotation as step, token } from '../room.ts'

const MINUTE = 60_000

export const rotation = examine('rotation', [
  {
    name: 'rotated: the current token moves the family one generation on',
    async ask(room) {
      const before = await room.session({ keyId: 1, idleTimeoutMs: 10 * MINUTE })
      await room.elapse(5 * MINUTE)
      const outcome = isKind(await rotate(room, before.id, 0, { keyId: 2, idleTimeoutMs: 10 * MINUTE }), 'rotated')
      const session = (await room.scope.records.get('sessions', { id: before.id }))!
      same(outcome.session, viewOfSession(session))
      same(outcome.user, viewOfUser((await room.scope.records.get('users', { id: before.user_id }))!))
      strictEqual(session.generation, 1)
      same(session.current_hash, token(before.id, 1))
      same(session.previous_hash, token(before.id, 0))
      same(session.nonce, nonce(before.id, 1))
      strictEqual(session.key_id, 2)
      strictEqual(session.retries, 0)
      strictEqual(session.revoked_at, null)
      strictEqual(session.assurance_level, before.assurance_level)
      const rotatedMs = session.rotated_at.getTime()
      const sinceMs = rotatedMs - session.previous_rotated_at!.getTime()
      ok(sinceMs >= 5 * MINUTE && sinceMs < 6 * MINUTE, 'the previous rotation is the opening')
      ok(Math.abs(session.idle_expires_at.getTime() - rotatedMs - 10 * MINUTE) < 1_000, 'idle starts again')
      strictEqual(await room.scope.records.count('security_events'), 0)
    },
  },
  {
    name: 'rotates again and again, through 40 generations',
    async ask(room) {
      const { id } = await room.session()
      for (let generation = 0; generation < 40; generation++) isKind(await rotate(room, id, generation), 'rotated')
      strictEqual((await room.scope.records.get('sessions', { id }))?.generation, 40)
    },
  },
  {
    name: 'R01 R02 R07: of many callers with one token exactly one rotates, the others get the same child',
    async ask(room) {
      const { id } = await room.session()
      isKind(await rotate(room, id, 0), 'rotated')
      const again = isKind(await rotate(room, id, 0, { nonce: nonce(id, 999), childHash: token(id, 999) }), 'repeated')
      same(again.nonce, nonce(id, 1))
      strictEqual(again.keyId, 2)
      // the child that both hold is the live one
      isKind(await rotate(room, id, 1), 'rotated')
    },
    async race(room) {
      const { id } = await room.session()
      const outcomes = await Promise.all(
        Array.from({ length: 60 }, (_, i) =>
          rotate(room, id, 0, { childHash: token(`${id} by ${i}`, 1), nonce: nonce(`${id} by ${i}`, 1) }),
        ),
      )
      same(tally(outcomes), { rotated: 1, repeated: 59 })
      const row = (await room.scope.records.get('sessions', { id }))!
      strictEqual(row.generation, 1)
      strictEqual(row.retries, 59)
      strictEqual(row.revoked_at, null)
      for (const outcome of outcomes) {
        if (outcome.kind === 'repeated') same(outcome.nonce, row.nonce)
      }
    },
  },
  {
    name: 'R03 R08: repeated: the parent within its grace moves nothing',
    async ask(room) {
      const { id } = await room.session()
      const first = isKind(await rotate(room, id, 0), 'rotated')
      await room.elapse(8_000)
      const outcome = isKind(await rotate(room, id, 0), 'repeated')
      same(outcome.user, viewOfUser((await room.scope.records.get('users', { id: first.user.id }))!))
      const { session } = outcome
      const row = (await room.scope.records.get('sessions', { id }))!
      same(session, viewOfSession(row))
      strictEqual(row.retries, 1)
      strictEqual(session.generation, 1)
      same(row.current_hash, token(id, 1))
      const span = (row: typeof session) => row.idle_expires_at.getTime() - row.rotated_at.getTime()
      strictEqual(span(session), span(first.session))
      const whole = (row: typeof session) => row.absolute_expires_at.getTime() - row.created_at.getTime()
      strictEqual(whole(session), whole(first.session))
      strictEqual(
        session.rotated_at.getTime() - session.created_at.getTime(),
        first.session.rotated_at.getTime() - first.session.created_at.getTime(),
      )
    },
  },
  {
    name: 'throttled: over the retry cap there is no token, and the family lives',
    async ask(room) {
      const { id } = await room.session()
      isKind(await rotate(room, id, 0), 'rotated')
      for (let i = 0; i < 3; i++) isKind(await rotate(room, id, 0, { retryCap: 3 }), 'repeated')
      for (let i = 0; i < 3; i++) isKind(await rotate(room, id, 0, { retryCap: 3 }), 'throttled')
      isKind(await rotate(room, id, 1, { retryCap: 3 }), 'rotated')
      // the count is one rotation's
      isKind(await rotate(room, id, 1, { retryCap: 3 }), 'repeated')
      strictEqual(await room.scope.records.count('security_events'), 0)
    },
    async race(room) {
      const { id } = await room.session()
      const outcomes = await Promise.all(Array.from({ length: 50 }, () => rotate(room, id, 0, { retryCap: 20 })))
      same(tally(outcomes), { rotated: 1, repeated: 20, throttled: 29 })
      isKind(await rotate(room, id, 1), 'rotated')
    },
  },
  {
    name: 'R06: superseded: the grandparent within its own grace gets no token, and the family lives',
    async ask(room) {
      const { id } = await room.session()
      isKind(await rotate(room, id, 0), 'rotated')
      await room.elapse(3_000)
      isKind(await rotate(room, id, 1), 'rotated')
      await room.elapse(3_000)
      isKind(await rotate(room, id, 0), 'superseded')
      isKind(await rotate(room, id, 1), 'repeated')
      isKind(await rotate(room, id, 2), 'rotated')
      strictEqual(await room.scope.records.count('security_events'), 0)
    },
  },
  {
    name: 'R10: ahead: a generation that the database has not reached gets no token, and the family lives',
    async ask(room) {
      const { id } = await room.session()
      isKind(await rotate(room, id, 0), 'rotated')
      isKind(await rotate(room, id, 2), 'ahead')
      isKind(await rotate(room, id, 400), 'ahead')
      const events = await room.scope.records.find('security_events', { limit: 10 })
      same(
        events.map(({ kind, session_id }) => [kind, session_id]),
        [
          ['refresh-ahead', id],
          ['refresh-ahead', id],
        ],
      )
      const row = await room.scope.records.get('sessions', { id })
      strictEqual(row?.generation, 1)
      strictEqual(row?.revoked_at, null)
      isKind(await rotate(room, id, 1), 'rotated')
    },
  },
  {
    name: 'R13: no rotation reaches beyond the absolute limit',
    async ask(room) {
      const { id } = await room.session({ idleTimeoutMs: 10 * MINUTE, absoluteTimeoutMs: 25 * MINUTE })
      const change = { idleTimeoutMs: 10 * MINUTE }
      await room.elapse(9 * MINUTE)
      isKind(await rotate(room, id, 0, change), 'rotated')
      await room.elapse(9 * MINUTE)
      const { session } = isKind(await rotate(room, id, 1, change), 'rotated')
      strictEqual(session.idle_expires_at.getTime(), session.absolute_expires_at.getTime())
      await room.elapse(8 * MINUTE)
      isKind(await rotate(room, id, 2, change), 'ended')
    },
  },
  {
    name: 'a rotation that is rolled back never happened',
    async ask(room) {
      const { id } = await room.session()
      const work = room.scope.transaction(async ({ verbs }) => {
        isKind(await verbs.rotateSession(step(id, 0, { eventId: room.id() })), 'rotated')
        throw new Error('stop')
      })
      await work.catch(() => undefined)
      strictEqual((await room.scope.records.get('sessions', { id }))?.generation, 0)
      isKind(await rotate(room, id, 0), 'rotated')
    },
  },
])

function rotate(room: Room, sessionId: string, generation: number, change: Partial<RotationStep> = {}) {
  return room.scope.verbs.rotateSession(step(sessionId, generation, { eventId: room.id(), ...change }))
}
