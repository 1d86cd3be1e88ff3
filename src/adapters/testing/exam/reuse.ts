// rotateSession when something is wrong: replays end the family, once; what is over stays over.

import { ok, strictEqual } from 'node:assert/strict'
import type { RotationStep } from '../../../core/storage/verbs.ts'
import { isKind, refused, same, tally } from '../answers.ts'
import { examine } from '../question.ts'
import { hash, type Room, rotation as step } from '../room.ts'

const MINUTE = 60_000

export const reuse = examine('refresh reuse', [
  {
    name: 'R04: reused: the parent after its grace ends the family and writes an event',
    async ask(room) {
      const { id, user_id } = await room.session()
      isKind(await rotate(room, id, 0), 'rotated')
      await room.elapse(11_000)
      const eventId = room.id()
      strictEqual(isKind(await rotate(room, id, 0, { eventId }), 'reused').userId, user_id)
      const row = (await room.scope.records.get('sessions', { id }))!
      ok(row.revoked_at)
      strictEqual(row.revoke_reason, 'refresh-reuse')
      strictEqual(row.generation, 1)
      const [event, ...more] = await room.scope.records.find('security_events', { limit: 10 })
      strictEqual(more.length, 0)
      strictEqual(event?.id, eventId)
      strictEqual(event?.kind, 'refresh-reuse')
      strictEqual(event?.user_id, user_id)
      strictEqual(event?.session_id, id)
      strictEqual(await room.scope.verbs.lookUpSession(id), undefined)
      same(await rotate(room, id, 1), { kind: 'ended', revoked: true })
      same(await rotate(room, id, 0), { kind: 'ended', revoked: true })
      strictEqual(await room.scope.records.count('security_events'), 1)
    },
    async race(room) {
      const { id } = await room.session()
      isKind(await rotate(room, id, 0), 'rotated')
      await room.elapse(11_000)
      const outcomes = await Promise.all(Array.from({ length: 30 }, () => rotate(room, id, 0)))
      same(tally(outcomes), { reused: 1, ended: 29 })
      strictEqual(await room.scope.records.count('security_events'), 1)
    },
  },
  {
    name: 'the end of the family and its event are one: where the event cannot be written, nothing happened',
    async ask(room) {
      const { id } = await room.session()
      isKind(await rotate(room, id, 0), 'rotated')
      await room.elapse(11_000)
      const eventId = room.id()
      await room.scope.records.insert('security_events', [{ id: eventId, kind: 'taken' }])
      await refused(rotate(room, id, 0, { eventId }), 'DUPLICATE')
      strictEqual((await room.scope.records.get('sessions', { id }))?.revoked_at, null)
      isKind(await rotate(room, id, 0), 'reused')
    },
  },
  {
    name: 'reuse ends its own family, and no other session of the user',
    async ask(room) {
      const { id: userId } = await room.user()
      const stolen = await room.session({ userId })
      const other = await room.session({ userId })
      isKind(await rotate(room, stolen.id, 0), 'rotated')
      await room.elapse(11_000)
      isKind(await rotate(room, stolen.id, 0), 'reused')
      ok(await room.scope.verbs.lookUpSession(other.id))
      isKind(await rotate(room, other.id, 0), 'rotated')
    },
  },
  {
    name: 'R05: the grace belongs to one rotation: the grandparent after its own is a replay, though the last rotation is young',
    async ask(room) {
      const { id } = await room.session()
      isKind(await rotate(room, id, 0), 'rotated')
      await room.elapse(11_000)
      isKind(await rotate(room, id, 1), 'rotated')
      isKind(await rotate(room, id, 0), 'reused')
    },
  },
  {
    name: 'R05: an older ancestor is a replay at any time',
    async ask(room) {
      const { id } = await room.session()
      for (const generation of [0, 1, 2]) isKind(await rotate(room, id, generation), 'rotated')
      isKind(await rotate(room, id, 0), 'reused')
    },
  },
  {
    name: 'R09: a replay is known by another process, from the database alone',
    async ask(room) {
      const { id } = await room.session()
      isKind(await rotate(room, id, 0), 'rotated')
      await room.elapse(11_000)
      const elsewhere = room.storage.tenant(room.tenant)
      isKind(await elsewhere.verbs.rotateSession(step(id, 0, { eventId: room.id() })), 'reused')
    },
  },
  {
    name: 'without an event: all as ever, but whoever is suspect is only told so',
    async ask(room) {
      const { id } = await room.session()
      const spare = (generation: number, change: Partial<RotationStep> = {}) =>
        rotate(room, id, generation, { eventId: null, ...change })
      isKind(await spare(0), 'rotated')
      isKind(await spare(0), 'repeated')
      isKind(await spare(0, { retryCap: 1 }), 'throttled')
      isKind(await spare(1), 'rotated')
      isKind(await spare(0), 'superseded')
      await room.elapse(11_000)
      const before = await room.scope.records.get('sessions', { id })
      const ahead = spare(7)
      const forked = spare(2, { presentedHash: hash('another history') })
      for (const outcome of [await spare(0), await ahead, await forked]) isKind(outcome, 'suspect')
      same(await room.scope.records.get('sessions', { id }), before)
      strictEqual(await room.scope.records.count('security_events'), 0)
      await room.scope.transaction(async (unit) => {
        isKind(await unit.verbs.rotateSession(step(id, 0, { eventId: room.id() })), 'reused')
      })
      strictEqual(await room.scope.records.count('security_events'), 1)
      isKind(await spare(2), 'ended')
    },
  },
  {
    name: 'forked: the right generation with another hash ends the family and writes an event',
    async ask(room) {
      const { id, user_id } = await room.session()
      isKind(await rotate(room, id, 0), 'rotated')
      const eventId = room.id()
      const forked = isKind(await rotate(room, id, 1, { presentedHash: hash('another history'), eventId }), 'forked')
      strictEqual(forked.userId, user_id)
      const row = (await room.scope.records.get('sessions', { id }))!
      ok(row.revoked_at)
      strictEqual(row.revoke_reason, 'forked')
      const events = await room.scope.records.find('security_events', { limit: 10 })
      same(
        events.map((event) => [event.id, event.kind]),
        [[eventId, 'refresh-forked']],
      )
      same(await rotate(room, id, 1), { kind: 'ended', revoked: true })
    },
  },
  {
    name: 'the parent generation with another hash ends the family, in the grace too',
    async ask(room) {
      const { id } = await room.session()
      isKind(await rotate(room, id, 0), 'rotated')
      const outcome = await rotate(room, id, 0, { presentedHash: hash('another history') })
      ok(outcome.kind === 'reused' || outcome.kind === 'forked', outcome.kind)
      same(await rotate(room, id, 1), { kind: 'ended', revoked: true })
      strictEqual(await room.scope.records.count('security_events'), 1)
    },
  },
  {
    name: 'ended: unknown, or the user is not active: nothing changes, and the family is not known to be dead',
    async ask(room) {
      const { scope } = room
      const alive = { kind: 'ended', revoked: false }
      same(await rotate(room, room.id(), 0), alive)

      const disabled = await room.session()
      await scope.records.update('users', { id: disabled.user_id }, { status: 'disabled' })
      same(await rotate(room, disabled.id, 0), alive)
      await scope.records.update('users', { id: disabled.user_id }, { status: 'active' })
      isKind(await rotate(room, disabled.id, 0), 'rotated')
      // a replay does no harm while nobody could use the family
      await scope.records.update('users', { id: disabled.user_id }, { status: 'disabled' })
      await room.elapse(11_000)
      same(await rotate(room, disabled.id, 0), alive)
      strictEqual((await scope.records.get('sessions', { id: disabled.id }))?.revoked_at, null)
      strictEqual(await scope.records.count('security_events'), 0)
    },
  },
  {
    name: 'ended: a family that has expired, or whose epoch has passed, is known to be dead',
    async ask(room) {
      const { scope } = room
      const idle = await room.session({ idleTimeoutMs: MINUTE })
      const expired = await room.session({ idleTimeoutMs: 2 * MINUTE, absoluteTimeoutMs: 2 * MINUTE })
      await room.elapse(3 * MINUTE)
      const passed = await room.session()
      await scope.records.update('users', { id: passed.user_id }, { session_epoch: { add: 1 } })
      for (const { id } of [idle, expired, passed]) {
        for (const generation of [0, 1]) same(await rotate(room, id, generation), { kind: 'ended', revoked: true })
        strictEqual((await scope.records.get('sessions', { id }))?.revoked_at, null)
      }
      strictEqual(await scope.records.count('security_events'), 0)
    },
  },
  {
    name: 'ended: a family that was revoked before is known to be dead',
    async ask(room) {
      const { scope } = room
      const { id, user_id: userId } = await room.session()
      await scope.verbs.endSessions({ userId, only: id, reason: 'signed-out' })
      for (const generation of [0, 1, 7]) same(await rotate(room, id, generation), { kind: 'ended', revoked: true })
      strictEqual((await scope.records.get('sessions', { id }))?.revoke_reason, 'signed-out')
      strictEqual(await scope.records.count('security_events'), 0)
    },
  },
  {
    name: 'R12: a token of another tenant ends nothing',
    async ask(room) {
      const { id } = await room.session()
      isKind(await rotate(room, id, 0), 'rotated')
      await room.elapse(11_000)
      const stranger = await room.stranger()
      for (const generation of [0, 1]) {
        const outcome = await stranger.verbs.rotateSession(step(id, generation, { eventId: room.id() }))
        same(outcome, { kind: 'ended', revoked: false })
      }
      isKind(await rotate(room, id, 1), 'rotated')
      strictEqual(await room.scope.records.count('security_events'), 0)
    },
  },
])

function rotate(room: Room, sessionId: string, generation: number, change: Partial<RotationStep> = {}) {
  return room.scope.verbs.rotateSession(step(sessionId, generation, { eventId: room.id(), ...change }))
}
