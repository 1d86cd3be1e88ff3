// Hashing a password is heavy on purpose. So many run at once as the settings say, the others wait in the order in
// which they came, and when too many wait the next is told so: a flood of sign-ins must not become a queue of minutes.

import { FreeholdError } from '../kernel/errors.ts'

export interface HashingQueue {
  /** Runs `work` when its turn has come. @throws OVERLOADED when too many are waiting, and whatever `work` throws */
  run<R>(work: () => Promise<R>): Promise<R>
}

/** At 12 to 28 ms for a hash (19 MiB, two passes) the last in the queue waits 1.5 to 3.6 s. */
export const WAITING_PER_SLOT = 128

/** @param concurrency works at once, 1 or more */
export function createHashingQueue(concurrency: number, maximumWaiting = concurrency * WAITING_PER_SLOT): HashingQueue {
  const waiting: (() => void)[] = []
  let running = 0
  return {
    async run(work) {
      if (running < concurrency) running++
      else {
        if (waiting.length >= maximumWaiting) throw new FreeholdError('OVERLOADED')
        // whoever finishes hands its place over: `running` stays as it is, and nobody who comes now is faster
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next) next()
        else running--
      }
    },
  }
}
