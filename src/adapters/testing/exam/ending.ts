// endSessions and purge: what is over, and for whom.

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { type TenantTableName, tenantTables } from '../../../core/storage/tables.ts'
import { isKind, same } from '../answers.ts'
import { examine } from '../question.ts'
import { auditEvent, hash, type Room, sessionOpening, rotation as step } from '../room.ts'

export const ending = examine('ending', [
  {
    name: 'endSessions ends every live session of one user, and moves the epoch on',
    async ask(room) {
      const { scope } = room
      const { id: userId } = await room.user()
      const [one, two] = [await room.session({ userId }), await room.session({ userId })]
      const other = await room.session()
      const ended = await scope.verbs.endSessions({ userId, reason: 'password-changed' })
      deepStrictEqual(ended.toSorted(), [one.id, two.id].toSorted())
      for (const { id } of [one, two]) {
        const row = (await scope.records.get('sessions', { id }))!
        ok(row.revoked_at)
        strictEqual(row.revoke_reason, 'password-changed')
        strictEqual(await scope.verbs.lookUpSession(id), undefined)
      }
      strictEqual((await scope.records.get('users', { id: userId }))?.session_epoch, 1)
      ok(await scope.verbs.lookUpSession(other.id))
      strictEqual((await scope.records.get('users', { id: other.user_id }))?.session_epoch, 0)
    },
  },
  {
    name: 'a session opened after the end lives, in the new epoch only',
    async ask({ scope, user, session, id }) {
      const { id: userId } = await user()
      await scope.verbs.endSessions({ userId, reason: 'signed-out-everywhere' })
      strictEqual(await scope.verbs.openSession(sessionOpening({ id: id(), userId, epoch: 0 })), undefined)
      const { id: sessionId } = await session({ userId, epoch: 1 })
      ok(await scope.verbs.lookUpSession(sessionId))
    },
  },
  {
    name: 'only: that one session, if it is the user’s, and the epoch stays',
    async ask(room) {
      const { scope } = room
      const { id: userId } = await room.user()
      const [one, two] = [await room.session({ userId }), await room.session({ userId })]
      const other = await room.session()
      same(await scope.verbs.endSessions({ userId, only: one.id, reason: 'signed-out' }), [one.id])
      same(await scope.verbs.endSessions({ userId, only: other.id, reason: 'signed-out' }), [])
      same(await scope.verbs.endSessions({ userId, only: room.id(), reason: 'signed-out' }), [])
      await expectAlive(room, [two.id, other.id])
      strictEqual((await scope.records.get('users', { id: userId }))?.session_epoch, 0)
    },
  },
  {
    name: 'except: all but that one, which goes on; a sign-in that was under way is cut off too',
    async ask(room) {
      const { scope } = room
      const { id: userId } = await room.user()
      const opened = [await room.session({ userId }), await room.session({ userId }), await room.session({ userId })]
      const [one, kept, three] = opened.map(({ id }) => id)
      const ended = await scope.verbs.endSessions({ userId, except: kept!, reason: 'revoked' })
      deepStrictEqual(ended.toSorted(), [one!, three!].toSorted())
      await expectAlive(room, [kept!])
      isKind(await scope.verbs.rotateSession(step(kept!, 0, { eventId: room.id() })), 'rotated')
      strictEqual(await scope.verbs.openSession(sessionOpening({ id: room.id(), userId, epoch: 0 })), undefined)
      const { session_epoch: epoch } = (await scope.records.get('users', { id: userId }))!
      const { id: next } = await room.session({ userId, epoch })
      await expectAlive(room, [kept!, next])
      // another user's session cannot be kept, and is not touched
      const other = await room.session()
      deepStrictEqual(
        (await scope.verbs.endSessions({ userId, except: other.id, reason: 'revoked' })).toSorted(),
        [kept!, next].toSorted(),
      )
      await expectAlive(room, [other.id])
    },
    async race(room) {
      const { id: userId } = await room.user()
      const kept = await room.session({ userId })
      const ids = Array.from({ length: 20 }, () => room.id())
      const open = (id: string) => room.scope.verbs.openSession(sessionOpening({ id, userId }))
      const keep = () => room.scope.verbs.endSessions({ userId, except: kept.id, reason: 'revoked' })
      await Promise.all([...ids.slice(0, 10).map(open), keep(), ...ids.slice(10).map(open)])
      // who came while it ran may stand there unrevoked, in an epoch that has passed
      ok(await room.scope.verbs.lookUpSession(kept.id))
      for (const id of ids) strictEqual(await room.scope.verbs.lookUpSession(id), undefined)
    },
  },
  {
    name: 'except: the kept session lives through several such calls at once, and not through an end of all beside one',
    async ask(room) {
      const { id: userId } = await room.user()
      const kept = await room.session({ userId })
      const other = await room.session({ userId })
      const keep = () => room.scope.verbs.endSessions({ userId, except: kept.id, reason: 'revoked' })
      same(await keep(), [other.id])
      same(await keep(), [])
      await expectAlive(room, [kept.id])
    },
    async race(room) {
      const { id: userId } = await room.user()
      const kept = await room.session({ userId })
      const other = await room.session({ userId })
      const end = (except?: string) =>
        room.scope.verbs.endSessions({ userId, reason: 'revoked', ...(except && { except }) })
      const ended = await Promise.all(Array.from({ length: 8 }, () => end(kept.id)))
      same(ended.flat(), [other.id])
      await expectAlive(room, [kept.id])
      const all = await Promise.all([end(kept.id), end(kept.id), end(), end(kept.id)])
      same(all.flat(), [kept.id])
      await expectAlive(room, [])
    },
  },
  {
    name: 'sessions that were over are not ended again, and keep their reason',
    async ask(room) {
      const { scope } = room
      const { id: userId } = await room.user()
      const over = await room.session({ userId })
      const expired = await room.session({ userId, idleTimeoutMs: 60_000 })
      const live = await room.session({ userId })
      await scope.verbs.endSessions({ userId, only: over.id, reason: 'signed-out' })
      const { revoked_at } = (await scope.records.get('sessions', { id: over.id }))!
      await room.elapse(120_000)
      same(await scope.verbs.endSessions({ userId, reason: 'user-disabled' }), [live.id])
      const row = (await scope.records.get('sessions', { id: over.id }))!
      strictEqual(row.revoke_reason, 'signed-out')
      ok(row.revoked_at!.getTime() <= revoked_at!.getTime())
      strictEqual(await scope.verbs.lookUpSession(expired.id), undefined)
      same(await scope.verbs.endSessions({ userId, reason: 'revoked' }), [])
    },
  },
  {
    name: 'the sessions of a user who is disabled can be ended; of an unknown user there are none',
    async ask(room) {
      const { scope } = room
      const { id, user_id: userId } = await room.session()
      await scope.records.update('users', { id: userId }, { status: 'disabled' })
      same(await scope.verbs.endSessions({ userId, reason: 'user-disabled' }), [id])
      same(await scope.verbs.endSessions({ userId: room.id(), reason: 'revoked' }), [])
    },
  },
  {
    name: 'R15: nothing that a refresh minted while everything was ended works afterwards',
    async ask(room) {
      const { id, user_id: userId } = await room.session()
      isKind(await room.scope.verbs.rotateSession(step(id, 0, { eventId: room.id() })), 'rotated')
      same(await room.scope.verbs.endSessions({ userId, reason: 'signed-out-everywhere' }), [id])
      same(await room.scope.verbs.rotateSession(step(id, 1, { eventId: room.id() })), { kind: 'ended', revoked: true })
    },
    async race(room) {
      const { id: userId } = await room.user()
      const open = await Promise.all(Array.from({ length: 10 }, () => room.session({ userId })))
      const refresh = ({ id }: { id: string }) => room.scope.verbs.rotateSession(step(id, 0, { eventId: room.id() }))
      const end = () => room.scope.verbs.endSessions({ userId, reason: 'signed-out-everywhere' })
      const [, ended, again] = await Promise.all([
        Promise.all(open.slice(0, 5).map(refresh)),
        end(),
        end(),
        Promise.all(open.slice(5).map(refresh)),
      ])
      // each session was ended by exactly one of the two
      deepStrictEqual([...ended, ...again].toSorted(), open.map(({ id }) => id).toSorted())
      for (const { id } of open) {
        strictEqual(await room.scope.verbs.lookUpSession(id), undefined)
        isKind(await room.scope.verbs.rotateSession(step(id, 1, { eventId: room.id() })), 'ended')
      }
      strictEqual((await room.scope.records.get('users', { id: userId }))?.session_epoch, 2)
    },
  },
  {
    name: 'purge removes every row of this tenant but its audit log, and answers how many per table',
    async ask(room) {
      const { scope, session, id } = room
      await session()
      await session()
      const { id: user_id } = await room.user()
      await scope.records.insert('sign_in_attempts', [{ pool: 'p', subject: hash('s') }])
      await scope.records.insert('security_events', [{ id: id(), kind: 'exam' }])
      await scope.verbs.lockAccess()
      await scope.verbs.moveAccess()
      // a role that another inherits from, and one that is held
      const [parent, child] = [id(), id()]
      await scope.records.insert('roles', [{ id: parent, key: 'parent', name: 'Parent' }])
      await scope.records.insert('roles', [{ id: child, key: 'child', name: 'Child', parent_role_id: parent }])
      await scope.records.insert('role_assignments', [{ id: id(), user_id, role_id: child }])
      await scope.verbs.appendAudit([auditEvent(id())])
      const stranger = await room.stranger()
      await stranger.records.insert('security_events', [{ id: id(), kind: 'exam' }])
      const removed = await scope.verbs.purge()
      const counted = Object.entries(removed).filter(([table, count]) => table in tenantTables && count > 0)
      same(Object.fromEntries(counted), {
        users: 3,
        sessions: 2,
        sign_in_attempts: 1,
        security_events: 1,
        tenant_counters: 2,
        roles: 2,
        role_assignments: 1,
      })
      for (const table of Object.keys(tenantTables) as TenantTableName[]) {
        strictEqual(await scope.records.count(table), table.startsWith('audit_') ? 1 : 0, table)
      }
      strictEqual(await stranger.records.count('security_events'), 1)
      const again = await scope.verbs.purge()
      ok(Object.values(again).every((count) => count === 0))
    },
  },
  {
    name: 'purge in a transaction that is rolled back removes nothing',
    async ask({ scope, session }) {
      await session()
      const work = scope.transaction(async ({ verbs, records }) => {
        await verbs.purge()
        strictEqual(await records.count('users'), 0)
        throw new Error('stop')
      })
      await work.catch(() => undefined)
      strictEqual(await scope.records.count('users'), 1)
      strictEqual(await scope.records.count('sessions'), 1)
    },
  },
])

async function expectAlive({ scope }: Room, ids: readonly string[]): Promise<void> {
  const rows = await scope.records.find('sessions', { where: { revoked_at: null }, limit: 100 })
  deepStrictEqual(rows.map(({ id }) => id).toSorted(), [...ids].toSorted())
  for (const id of ids) ok(await scope.verbs.lookUpSession(id))
}
