// The wall between tenants, asked of every record method and every verb, with ids that both sides have.

import { ok, strictEqual } from 'node:assert/strict'
import type { TenantScope } from '../../../core/storage/storage.ts'
import { refused, refusedBy, same } from '../answers.ts'
import { examine } from '../question.ts'
import { hash, nonce, sessionOpening, rotation as step, token } from '../room.ts'

export const walls = examine('walls', [
  {
    name: 'A09: records of another tenant are not read, counted, locked, changed or removed',
    async ask({ scope, session, stranger }) {
      const { id, user_id } = await session()
      const before = await contents(scope)
      const other = await stranger()
      for (const records of [other.records, undefined]) {
        const ask = async ({ records }: Pick<TenantScope, 'records'>): Promise<void> => {
          strictEqual(await records.get('users', { id: user_id }), undefined)
          strictEqual(await records.lock('users', { id: user_id }), undefined)
          same(await records.find('users', { limit: 100 }), [])
          same(await records.find('sessions', { where: { id: { in: [id] } }, limit: 100 }), [])
          strictEqual(await records.count('users'), 0)
          strictEqual(await records.count('sessions', { revoked_at: null }), 0)
          same(await records.update('users', { id: user_id }, { name: 'taken over' }), [])
          same(await records.update('sessions', {}, { revoke_reason: 'revoked' }), [])
          strictEqual(await records.remove('users', { id: user_id }), 0)
          strictEqual(await records.remove('sessions', {}), 0)
        }
        // outside a transaction, and inside one
        if (records) await ask({ records })
        else await other.transaction(ask)
      }
      same(await contents(scope), before)
    },
  },
  {
    name: 'two tenants may have the same ids, addresses and keys',
    async ask({ scope, user, stranger }) {
      const mine = await user({ name: 'mine' })
      const other = await stranger()
      const { id, email, email_norm } = mine
      const [theirs] = await other.records.insert('users', [{ id, email, email_norm, name: 'theirs' }])
      same(await scope.records.get('users', { id }), mine)
      same(await other.records.get('users', { id }), theirs)
      same(await other.records.update('users', { email_norm }, { name: 'changed' }), [{ ...theirs, name: 'changed' }])
      strictEqual(await other.records.remove('users', { id }), 1)
      same(await scope.records.get('users', { id }), mine)
      // an existing address of another tenant is no conflict, not even a silent one
      const again = await other.records.insert('users', [{ id, email, email_norm }], { onConflict: 'ignore' })
      strictEqual(again.length, 1)
    },
  },
  {
    name: 'a row cannot point at a row of another tenant',
    async ask({ user, stranger, id }) {
      const { id: userId } = await user()
      const other = await stranger()
      const sessionId = id()
      const insert = other.records.insert('sessions', [
        {
          id: sessionId,
          user_id: userId,
          epoch: 0,
          current_hash: token(sessionId, 0),
          nonce: nonce(sessionId, 0),
          key_id: 1,
          idle_expires_at: new Date(),
          absolute_expires_at: new Date(),
        },
      ])
      await refusedBy(insert, 'REFERENCE_MISSING', 'sessions', 'sessions_user_id_fkey')
    },
  },
  {
    name: 'a row cannot be written into another tenant, or moved there',
    async ask({ scope, user, tenant, stranger, id }) {
      const { id: userId } = await user()
      const other = await stranger()
      const smuggled = { id: id(), kind: 'exam', tenant_id: tenant.id }
      await refused(other.records.insert('security_events', [smuggled]), 'INPUT_INVALID')
      const move = { tenant_id: tenant.id } as object
      await other.records.insert('security_events', [{ id: id(), kind: 'exam' }])
      await refused(other.records.update('security_events', {}, move), 'INPUT_INVALID')
      strictEqual(await scope.records.count('security_events'), 0)
      ok(await scope.records.get('users', { id: userId }))
      ok(!('tenant_id' in (await scope.records.get('users', { id: userId }))!), 'a row shows its tenant_id')
    },
  },
  {
    name: 'verbs do not reach into another tenant',
    async ask({ scope, session, stranger, id }) {
      const row = await session()
      await scope.verbs.takeAttempt(attempt)
      const before = await contents(scope)
      const { verbs, records } = await stranger()
      strictEqual(await verbs.lookUpSession(row.id), undefined)
      strictEqual(await verbs.openSession(sessionOpening({ id: id(), userId: row.user_id })), undefined)
      same(await verbs.rotateSession(step(row.id, 0, { eventId: id() })), { kind: 'ended', revoked: false })
      same(await verbs.endSessions({ userId: row.user_id, reason: 'revoked' }), [])
      same(await verbs.endSessions({ userId: row.user_id, only: row.id, reason: 'revoked' }), [])
      same(await verbs.takeAttempt(attempt), { allowed: true, failures: 1 })
      await verbs.purge()
      strictEqual(await records.count('sign_in_attempts'), 0)
      same(await contents(scope), before)
    },
  },
  {
    name: 'tenants at work at the same moment do not see each other',
    async ask({ scope, user }) {
      await user()
      strictEqual(await scope.records.count('users'), 1)
    },
    async race({ stranger, id }) {
      const scopes = await Promise.all(Array.from({ length: 8 }, () => stranger()))
      const userId = id()
      await Promise.all(
        scopes.flatMap((scope, i) => [
          scope.transaction(async ({ records }) => {
            await records.insert('users', [{ id: userId, email: `${i}@exam.test`, email_norm: `${i}@exam.test` }])
            same(
              (await records.find('users', { limit: 10 })).map(({ email }) => email),
              [`${i}@exam.test`],
            )
          }),
          ...Array.from({ length: 5 }, () => scope.verbs.takeAttempt({ ...attempt, free: 100 })),
          scope.records.insert('security_events', [{ id: userId, kind: `kind-${i}` }]),
        ]),
      )
      await Promise.all(
        scopes.map(async ({ records }, i) => {
          same(
            (await records.find('users', { limit: 10 })).map(({ email }) => email),
            [`${i}@exam.test`],
          )
          same(
            (await records.find('security_events', { limit: 10 })).map(({ kind }) => kind),
            [`kind-${i}`],
          )
          same(
            (await records.find('sign_in_attempts', { limit: 10 })).map(({ failures }) => failures),
            [5],
          )
        }),
      )
    },
  },
])

const attempt = {
  pool: 'password',
  subject: hash('ana'),
  free: 3,
  baseDelayMs: 1_000,
  maxDelayMs: 1_000,
  forgetAfterMs: 3_600_000,
}

async function contents({ records }: TenantScope): Promise<unknown> {
  return [
    await records.find('users', { limit: 100 }),
    await records.find('sessions', { limit: 100 }),
    await records.find('sign_in_attempts', { limit: 100 }),
  ]
}
