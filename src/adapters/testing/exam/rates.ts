// takeRates: buckets that fill evenly, and that no crowd takes more from than they hold.

import { ok, strictEqual } from 'node:assert/strict'
import type { RateAnswer, RateTake } from '../../../core/storage/verbs.ts'
import { same } from '../answers.ts'
import { examine } from '../question.ts'
import { hash, type Room } from '../room.ts'

const SECOND = 1_000

export const rates = examine('rates', [
  {
    name: 'a bucket gives what it holds, refuses, and fills evenly',
    async ask(room) {
      for (let left = 4; left >= 0; left--) holds(await take(room), true, left)
      holds(await take(room), false, 0)
      await room.elapse(10 * SECOND)
      holds(await take(room), true, 0)
      holds(await take(room), false, 0)
      await room.elapse(1_000 * SECOND)
      holds(await take(room), true, 4)
    },
  },
  {
    name: 'what is given back fills it, and never beyond full',
    async ask(room) {
      for (let i = 0; i < 5; i++) await take(room)
      holds(await take(room, { amount: -1 }), true, 1)
      holds(await take(room), true, 0)
      holds(await take(room, { amount: -100 }), true, 5)
      holds(await take(room, { subject: hash('new'), amount: -1 }), true, 5)
    },
  },
  {
    name: 'several are taken at once, each for itself, in the order asked',
    async ask(room) {
      const [small, large] = [rate({ name: 'small', limit: 1 }), rate({ name: 'large' })]
      const seen = async (...asked: RateTake[]) =>
        (await room.scope.verbs.takeRates(asked)).map(({ allowed, tokens }) => [allowed, Math.floor(tokens)])
      same(await seen(small, large), [
        [true, 0],
        [true, 4],
      ])
      same(await seen(large, small), [
        [true, 3],
        [false, 0],
      ])
      same(await seen(), [])
    },
  },
  {
    name: 'every name, subject and tenant has a bucket of its own',
    async ask(room) {
      for (let i = 0; i < 5; i++) await take(room)
      holds(await take(room), false, 0)
      holds(await take(room, { name: 'other' }), true, 4)
      holds(await take(room, { subject: hash('bo') }), true, 4)
      const stranger = await room.stranger()
      holds((await stranger.verbs.takeRates([rate()]))[0], true, 4)
    },
  },
  {
    name: 'a lower limit holds at once',
    async ask(room) {
      holds(await take(room, { limit: 100 }), true, 99)
      holds(await take(room, { limit: 2 }), true, 1)
      holds(await take(room, { limit: 2 }), true, 0)
      holds(await take(room, { limit: 2 }), false, 0)
    },
  },
  {
    name: 'of a crowd as many pass as the bucket holds',
    async ask(room) {
      holds(await take(room), true, 4)
    },
    async race(room) {
      const two = () => room.scope.verbs.takeRates([rate({ name: 'b', limit: 60 }), rate({ name: 'a' })])
      const answers = await Promise.all(Array.from({ length: 50 }, two))
      strictEqual(answers.filter(([wide]) => wide?.allowed).length, 50)
      strictEqual(answers.filter(([, narrow]) => narrow?.allowed).length, 5)
    },
  },
])

async function take(room: Room, change: Partial<RateTake> = {}): Promise<RateAnswer | undefined> {
  return (await room.scope.verbs.takeRates([rate(change)]))[0]
}

/** So slow that the time of a test is not seen in it: one more in 10 s. */
function rate(change: Partial<RateTake> = {}): RateTake {
  return { name: 'sign-in', subject: hash('ana'), limit: 5, windowMs: 50 * SECOND, ...change }
}

function holds(answer: RateAnswer | undefined, allowed: boolean, whole: number): void {
  strictEqual(answer?.allowed, allowed)
  ok(answer.tokens >= whole && answer.tokens < whole + 0.5, `it holds ${answer.tokens}, and should hold ${whole}`)
}
