// takeAttempt: the schedule, and that no crowd passes it.

import { ok, strictEqual } from 'node:assert/strict'
import type { AttemptAnswer, AttemptTake } from '../../../core/storage/verbs.ts'
import { same } from '../answers.ts'
import { examine } from '../question.ts'
import { hash, type Room } from '../room.ts'

const SECOND = 1_000
const HOUR = 3_600 * SECOND

export const attempts = examine('attempts', [
  {
    name: 'attempts are free up to the number, then each costs a delay that doubles up to the most',
    async ask(room) {
      for (let failures = 1; failures <= 3; failures++) same(await take(room), { allowed: true, failures })
      // the fourth is beyond what is free: it passes, and the next one waits
      let delay = 10 * SECOND
      for (let failures = 4; failures <= 8; failures++) {
        same(await take(room), { allowed: true, failures })
        refusedFor(await take(room), failures, delay)
        await room.elapse(delay - 3 * SECOND)
        refusedFor(await take(room), failures, 3 * SECOND)
        await room.elapse(3 * SECOND)
        delay = Math.min(delay * 2, 60 * SECOND)
      }
      same(await take(room), { allowed: true, failures: 9 })
      refusedFor(await take(room), 9, 60 * SECOND)
    },
  },
  {
    name: 'what is refused counts nothing',
    async ask(room) {
      for (let i = 0; i < 4; i++) await take(room)
      const before = await room.scope.records.find('sign_in_attempts', { limit: 10 })
      for (let i = 0; i < 5; i++) refusedFor(await take(room), 4, 10 * SECOND)
      same(await room.scope.records.find('sign_in_attempts', { limit: 10 }), before)
      strictEqual(before.length, 1)
      strictEqual(before[0]!.failures, 4)
    },
  },
  {
    name: 'the row stands as counted, and removing it forgets the failures',
    async ask(room) {
      for (let i = 0; i < 4; i++) await take(room)
      refusedFor(await take(room), 4, 10 * SECOND)
      strictEqual(await room.scope.records.remove('sign_in_attempts', { pool: 'password', subject: hash('ana') }), 1)
      same(await take(room), { allowed: true, failures: 1 })
    },
  },
  {
    name: 'failures are forgotten after a while without one',
    async ask(room) {
      for (let i = 0; i < 4; i++) await take(room)
      await room.elapse(HOUR - 5 * SECOND)
      same(await take(room), { allowed: true, failures: 5 })
      await room.elapse(HOUR + 5 * SECOND)
      same(await take(room), { allowed: true, failures: 1 })
      same(await take(room), { allowed: true, failures: 2 })
    },
  },
  {
    name: 'M04: every pool and every subject is counted alone',
    async ask(room) {
      for (let i = 0; i < 4; i++) await take(room)
      refusedFor(await take(room), 4, 10 * SECOND)
      same(await take(room, { pool: 'totp' }), { allowed: true, failures: 1 })
      same(await take(room, { subject: hash('bo') }), { allowed: true, failures: 1 })
      const stranger = await room.stranger()
      same(await stranger.verbs.takeAttempt(attempt()), { allowed: true, failures: 1 })
    },
  },
  {
    name: 'no failure is free, and the doubling stays within its bounds',
    async ask(room) {
      same(await take(room, { free: 0 }), { allowed: true, failures: 1 })
      refusedFor(await take(room, { free: 0 }), 1, 10 * SECOND)
      const subject = hash('long since')
      await room.scope.records.insert('sign_in_attempts', [{ pool: 'password', subject, failures: 5_000_000_000 }])
      same(await take(room, { subject }), { allowed: true, failures: 5_000_000_001 })
      refusedFor(await take(room, { subject }), 5_000_000_001, 60 * SECOND)
    },
  },
  {
    name: 'M02: 100 parallel attempts: no more pass than the schedule allows',
    async ask(room) {
      same(await take(room), { allowed: true, failures: 1 })
    },
    async race(room) {
      const answers = await Promise.all(Array.from({ length: 100 }, () => take(room)))
      const passed = answers.filter(({ allowed }) => allowed)
      same(
        passed.map(({ failures }) => failures).toSorted((a, b) => a - b),
        [1, 2, 3, 4],
      )
      const [row] = await room.scope.records.find('sign_in_attempts', { limit: 10 })
      strictEqual(row?.failures, 4)
      // the wait over, again just one of a crowd
      await room.elapse(10 * SECOND)
      const again = await Promise.all(Array.from({ length: 20 }, () => take(room)))
      strictEqual(again.filter(({ allowed }) => allowed).length, 1)
    },
  },
  {
    name: 'free attempts all pass, also at the same moment',
    async ask(room) {
      for (let i = 0; i < 20; i++) ok((await take(room, { free: 20 })).allowed)
    },
    async race(room) {
      const answers = await Promise.all(Array.from({ length: 60 }, () => take(room, { free: 60 })))
      strictEqual(answers.filter(({ allowed }) => allowed).length, 60)
    },
  },
  {
    name: 'an attempt taken in a transaction that is rolled back was not taken',
    async ask(room) {
      const work = room.scope.transaction(async ({ verbs }) => {
        await verbs.takeAttempt(attempt())
        throw new Error('stop')
      })
      await work.catch(() => undefined)
      same(await take(room), { allowed: true, failures: 1 })
    },
  },
])

function take({ scope }: Room, change: Partial<AttemptTake> = {}): Promise<AttemptAnswer> {
  return scope.verbs.takeAttempt(attempt(change))
}

function attempt(change: Partial<AttemptTake> = {}): AttemptTake {
  return {
    pool: 'password',
    subject: hash('ana'),
    free: 3,
    baseDelayMs: 10 * SECOND,
    maxDelayMs: 60 * SECOND,
    forgetAfterMs: HOUR,
    ...change,
  }
}

/** Refused, and told to wait about so long: less than a second may have passed. */
function refusedFor(answer: AttemptAnswer, failures: number, waitMs: number): void {
  ok(!answer.allowed, 'it was allowed')
  strictEqual(answer.failures, failures)
  ok(
    answer.retryAfterMs <= waitMs && answer.retryAfterMs > waitMs - 2 * SECOND,
    `told to wait ${answer.retryAfterMs} of ${waitMs} ms`,
  )
}
