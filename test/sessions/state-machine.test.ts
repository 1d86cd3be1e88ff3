// Random histories of a refresh-token family: what the reference model says is what happens.

import fc from 'fast-check'
import { it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { directed, play, steps } from './machine.ts'

const SECOND = 1_000
const DAY = 86_400 * SECOND
const limits = { graceMs: 10 * SECOND, idleMs: 14 * DAY, absoluteMs: 30 * DAY, retryCap: 3 }

it('does in memory what the model says, to the millisecond (R03 to R13)', async () => {
  const short = [1, 500, 500, 4 * SECOND, 4 * SECOND, 10 * SECOND - 1, 10 * SECOND]
  const waits = [...short, ...short, 3_600 * SECOND, DAY, 14 * DAY - 1, 14 * DAY]
  await fc.assert(
    fc.asyncProperty(steps(waits, 40), async (history) => {
      let now = Date.UTC(2026, 10, 22)
      await play(
        {
          storage: memory({ clock: () => now }),
          limits,
          now: () => now,
          pass: async (ms) => {
            now += ms
          },
          aged: () => 0,
        },
        history,
      )
    }),
    { numRuns: 200, examples: directed(limits), interruptAfterTimeLimit: 20_000 },
  )
})
