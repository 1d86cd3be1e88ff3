// beginSignIn counts: the attempt of a password before anybody is looked for, that of a factor in its own pool.

import { ok, strictEqual } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { PendingSubject } from '../../../core/storage/sign-in-verbs.ts'
import type { NewRow } from '../../../core/storage/tables.ts'
import { same } from '../answers.ts'
import { examine } from '../question.ts'
import { hash } from '../room.ts'
import { begin, factor, passkey, plain, subject, waiting } from './sign-in-question.ts'

const HOUR = 3_600_000
const SCHEDULE = { free: 2, baseDelayMs: 10_000, maxDelayMs: 60_000, forgetAfterMs: HOUR }

export const signInAttempts = examine('beginning a sign-in, its attempts', [
  {
    name: 'M02: an attempt is counted as takeAttempt counts it, known or not, and who is refused is told nothing else',
    async ask(room) {
      const user = await room.user()
      for (const emailNorm of [user.email_norm, 'nobody@exam.test']) {
        const attempt = { pool: 'password', subject: hash(emailNorm), ...SCHEDULE }
        const asked = () => begin(room, { who: { kind: 'email', emailNorm }, attempt })
        for (let failures = 1; failures <= 3; failures++) {
          const load = await asked()
          same(load.attempt, { allowed: true, failures })
          strictEqual(load.user?.id, emailNorm === user.email_norm ? user.id : undefined)
        }
        const { attempt: refused, user: found } = await asked()
        ok(refused && !refused.allowed && refused.retryAfterMs > 8_000 && refused.retryAfterMs <= 10_000)
        strictEqual(found, undefined)
        same((await room.scope.verbs.takeAttempt(attempt)).failures, 3)
      }
    },
    async race(room) {
      const user = await room.user()
      const attempt = { pool: 'password', subject: hash('ana'), ...SCHEDULE }
      const asked = () => begin(room, { who: { kind: 'email', emailNorm: user.email_norm }, attempt })
      const answers = await Promise.all(Array.from({ length: 60 }, asked))
      strictEqual(answers.filter((load) => load.attempt?.allowed).length, 3)
      strictEqual(answers.filter((load) => load.user).length, 3)
    },
  },
  {
    name: 'who waits for another factor is found by the challenge, while it is open and of their epoch',
    async ask(room) {
      const user = await room.user()
      const asked = (change: Partial<PendingSubject> = {}) =>
        begin(room, { who: { ...subject(change), kind: 'pending' } })
      strictEqual((await asked()).user, undefined)
      const challenge = await waiting(room, user.id, {})
      const found = await asked({ challengeId: challenge.id })
      same([found.user, found.challenge, found.attempt], [user, challenge, undefined])
      const ofAnother = { challengeId: challenge.id, secretHash: hash('another') }
      strictEqual((await asked(ofAnother)).challenge, undefined)
      strictEqual((await asked({ challengeId: challenge.id, purpose: 'step-up' })).challenge, undefined)
      const changes: Partial<NewRow<'challenges'>>[] = [
        { consumed_at: new Date(0) },
        { expires_at: new Date(0) },
        { epoch: 1 },
        { recipient_hash: hash('somebody') },
        { user_id: (await room.user({ status: 'locked' })).id },
      ]
      for (const change of changes) {
        const { id } = await waiting(room, user.id, change)
        const { challenge: open, user: whose } = await asked({ challengeId: id })
        same([open, whose], [undefined, undefined])
      }
    },
  },
  {
    name: 'M04: the attempt of a factor that is answered is counted in its own pool, and its key is read',
    async ask(room) {
      const user = await room.user()
      const app = await factor(room, user.id)
      const credential = await passkey(room, user.id)
      const unproven = await factor(room, user.id, { confirmed_at: null })
      const strange = await factor(room, (await room.user()).id)
      const { id: challengeId } = await waiting(room, user.id, { data: { factor: app } })
      const attempt = { pool: 'factor:', subject: Buffer.from('subject/'), ...SCHEDULE }
      const asked = (name: string | null) =>
        begin(room, { who: { ...subject({ challengeId, factor: name, attempt }), kind: 'pending' } })
      const counted = (name: string, pool: string) =>
        room.scope.records.get('sign_in_attempts', {
          pool,
          subject: createHash('sha256').update(`subject/${user.id}\0${name}`).digest(),
        })
      for (const name of [unproven, strange, room.id(), 'no id', '']) {
        const load = await asked(name)
        same([load.user, load.attempt, load.credential], [user, undefined, undefined])
      }
      strictEqual(await room.scope.records.count('sign_in_attempts'), 0)
      same((await asked(null)).attempt, { allowed: true, failures: 1 })
      same((await asked(app)).attempt, { allowed: true, failures: 2 })
      strictEqual((await counted(app, 'factor:totp'))?.failures, 2)
      const key = await asked(credential.id)
      same([key.attempt, key.credential], [{ allowed: true, failures: 1 }, credential])
      strictEqual((await counted(credential.id, 'factor:webauthn'))?.failures, 1)
      same((await asked('recovery_code')).attempt, { allowed: true, failures: 1 })
      strictEqual((await counted('recovery_code', 'factor:recovery_code'))?.failures, 1)
      same((await asked(app)).attempt, { allowed: true, failures: 3 })
      const refused = await asked(app)
      ok(refused.attempt && !refused.attempt.allowed && refused.attempt.retryAfterMs > 8_000)
      strictEqual((await asked('recovery_code')).attempt?.allowed, true)
    },
  },
  {
    name: 'begun in a transaction that is rolled back, it counted nothing',
    async ask(room) {
      const user = await room.user()
      const attempt = { pool: 'password', subject: hash('ana'), ...SCHEDULE }
      const question = { ...plain, who: { kind: 'user', userId: user.id }, attempt } as const
      const work = room.scope.transaction(async ({ verbs }) => {
        same((await verbs.beginSignIn(question)).attempt, { allowed: true, failures: 1 })
        throw new Error('stop')
      })
      await work.catch(() => undefined)
      same((await begin(room, question)).attempt, { allowed: true, failures: 1 })
    },
  },
])
