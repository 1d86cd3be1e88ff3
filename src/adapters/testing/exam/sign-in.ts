// beginSignIn: one answer with everything in it, for whoever is there and whoever is not.

import { strictEqual } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { SignInLoad, SignInQuestion } from '../../../core/storage/sign-in-verbs.ts'
import { fromNow, type NewRow } from '../../../core/storage/tables.ts'
import { same } from '../answers.ts'
import { examine } from '../question.ts'
import { hash, type Room } from '../room.ts'
import { ACCOUNT, begin, factor, passkey, plain } from './sign-in-question.ts'

const HOUR = 3_600_000
const RISK = { halfLifeMs: HOUR, account: ACCOUNT, counts: [] }
const NOBODY = {
  user: undefined,
  methods: [],
  recoveryCodes: 0,
  roleKeys: [],
  profile: undefined,
  device: undefined,
  deviceTrusted: false,
  hasDevices: false,
  sessions: [],
  credential: undefined,
  challenge: undefined,
} satisfies Partial<SignInLoad>

export const signIn = examine('beginning a sign-in', [
  {
    name: 'somebody who is active is found, by address, by id and by passkey, and nobody else is',
    async ask(room) {
      const user = await room.user()
      const gone = await room.user({ status: 'disabled' })
      const credential = await passkey(room, user.id)
      await passkey(room, gone.id)
      same((await begin(room, { who: { kind: 'email', emailNorm: user.email_norm } })).user, user)
      same((await begin(room, { who: { kind: 'user', userId: user.id } })).user, user)
      const byKey = await begin(room, { who: { kind: 'passkey', credentialId: credential.credential_id } })
      same([byKey.user, byKey.credential], [user, credential])
      const strangers: SignInQuestion['who'][] = [
        { kind: 'email', emailNorm: gone.email_norm },
        { kind: 'email', emailNorm: '' },
        { kind: 'user', userId: gone.id },
        { kind: 'user', userId: room.id() },
        { kind: 'passkey', credentialId: hash(`key of ${gone.id}`) },
        { kind: 'passkey', credentialId: hash('nobody') },
      ]
      for (const who of strangers) {
        const load = await begin(room, { who, risk: RISK, roles: true, sessions: true, deviceHashes: [hash('token')] })
        same(load, { ...NOBODY, at: load.at, attempt: undefined, failures: [0] })
      }
      const other = await (await room.stranger()).verbs.beginSignIn({
        ...plain,
        who: { kind: 'user', userId: user.id },
      })
      strictEqual(other.user, undefined)
    },
  },
  {
    name: 'their confirmed factors come oldest first, and their unused recovery codes are counted',
    async ask(room) {
      const user = await room.user()
      const first = await factor(room, user.id, { type: 'sms', target: '+34600000042' })
      await factor(room, user.id, { confirmed_at: null })
      await factor(room, (await room.user()).id)
      await room.elapse(1_000)
      const second = await factor(room, user.id, { secret: Buffer.from([0, 1, 255]), moving_factor: 5_000_000_000 })
      await room.scope.records.insert('recovery_codes', [
        { id: room.id(), user_id: user.id, code_hash: hash('a') },
        { id: room.id(), user_id: user.id, code_hash: hash('b') },
        { id: room.id(), user_id: user.id, code_hash: hash('c'), used_at: new Date() },
      ])
      const load = await begin(room, { who: { kind: 'user', userId: user.id } })
      const [one, two] = [
        await room.scope.records.get('mfa_methods', { id: first }),
        await room.scope.records.get('mfa_methods', { id: second }),
      ]
      same([load.methods, load.recoveryCodes], [[one, two], 2])
    },
  },
  {
    name: 'the roles that were ever given are named where they are asked for',
    async ask(room) {
      const user = await room.user()
      const who = { kind: 'user', userId: user.id } as const
      for (const [key, expires_at] of [
        ['clerk', null],
        ['past', new Date(0)],
      ] as const) {
        const id = room.id()
        await room.scope.records.insert('roles', [{ id, key, name: key }])
        const given = { id: room.id(), user_id: user.id, role_id: id, expires_at }
        await room.scope.records.insert('role_assignments', [given])
      }
      same((await begin(room, { who })).roleKeys, [])
      same((await begin(room, { who, roles: true })).roleKeys.toSorted(), ['clerk', 'past'])
      same((await begin(room, { who: { kind: 'user', userId: (await room.user()).id }, roles: true })).roleKeys, [])
    },
  },
  {
    name: 'live sessions are named where they are asked for, the newest first, without an operator’s',
    async ask(room) {
      const user = await room.user()
      const who = { kind: 'user', userId: user.id } as const
      const ids: string[] = []
      for (let i = 0; i < 3; i++) {
        ids.unshift((await room.session({ userId: user.id })).id)
        await room.elapse(1_000)
      }
      await room.session({ userId: user.id, impersonatorId: room.id(), impersonationReason: 'support' })
      await room.session({ userId: user.id, idleTimeoutMs: 1 })
      const ended = await room.session({ userId: user.id })
      await room.scope.verbs.endSessions({ userId: user.id, reason: 'signed-out', only: ended.id })
      await room.session()
      await room.elapse(1_000)
      same((await begin(room, { who })).sessions, [])
      same((await begin(room, { who, sessions: true })).sessions, ids)
      await room.scope.verbs.endSessions({ userId: user.id, reason: 'signed-out' })
      same((await begin(room, { who, sessions: true })).sessions, [])
    },
  },
  {
    name: 'the device is theirs, not revoked, and trusted on the clock of the database',
    async ask(room) {
      const user = await room.user()
      const who = { kind: 'user', userId: user.id } as const
      same(picked(await begin(room, { who, deviceHashes: [hash('token')] })), [undefined, false, false])
      const other = (await room.user()).id
      await device(room, other, 'token')
      same(picked(await begin(room, { who, deviceHashes: [hash('token')] })), [undefined, false, false])
      const row = await device(room, user.id, 'token', { trusted_until: fromNow(10_000) })
      same(picked(await begin(room, { who, deviceHashes: [hash('token')] })), [row, true, true])
      same(picked(await begin(room, { who, deviceHashes: [hash('another')] })), [undefined, false, true])
      const both = [hash('another'), hash('token')]
      same(picked(await begin(room, { who, deviceHashes: both })), [row, true, true])
      const later = await device(room, user.id, 'another', { last_seen_at: fromNow(1_000) })
      same(picked(await begin(room, { who, deviceHashes: both })), [later, false, true])
      same(picked(await begin(room, { who })), [undefined, false, true])
      await room.elapse(20_000)
      strictEqual((await begin(room, { who, deviceHashes: [hash('token')] })).deviceTrusted, false)
      await room.scope.records.update('devices', { user_id: user.id }, { revoked_at: fromNow() })
      same(picked(await begin(room, { who, deviceHashes: [hash('token')] })), [undefined, false, true])
    },
  },
  {
    name: 'failures come in the order asked, the account’s own first, by the hash of its address',
    async ask(room) {
      const user = await room.user()
      const own = createHash('sha256').update(ACCOUNT).update(user.email_norm).digest()
      const ip = { pool: 'ip', subject: hash('192.0.2.7') } as const
      const tenant = { pool: 'tenant', subject: hash('all') } as const
      const fail = { halfLifeMs: HOUR, accounts: [] }
      for (let i = 0; i < 3; i++)
        await room.scope.verbs.countFailure({ ...fail, counts: [{ pool: 'user', subject: own }] })
      await room.scope.verbs.countFailure({ ...fail, counts: [ip] })
      const risk = { ...RISK, counts: [tenant, ip] }
      const found = await begin(room, { who: { kind: 'email', emailNorm: user.email_norm }, risk })
      same(found.failures.map(Math.round), [3, 0, 1])
      const nobody = await begin(room, { who: { kind: 'email', emailNorm: 'nobody@exam.test' }, risk })
      same(nobody.failures.map(Math.round), [0, 0, 1])
      same((await begin(room, { who: { kind: 'email', emailNorm: user.email_norm } })).failures, [])
    },
  },
])

const picked = ({ device: found, deviceTrusted, hasDevices }: SignInLoad) => [found, deviceTrusted, hasDevices]

async function device(room: Room, userId: string, token: string, row: Partial<NewRow<'devices'>> = {}) {
  const [added] = await room.scope.records.insert('devices', [
    { id: room.id(), user_id: userId, secret_hash: hash(token), name: 'Laptop', ...row },
  ])
  return added!
}
