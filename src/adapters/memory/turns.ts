// One at a time: who comes takes a turn, and waits for those before. A turn that does not come in time is the same
// trouble as a pool without a free connection, and says the same.

import { FreeholdError } from '../../core/kernel/errors.ts'

export interface Turns {
  readonly taken: boolean
  /** Waits for a turn; answers how to end it. @throws POOL_EXHAUSTED after `waitMs` */
  take(): Promise<() => void>
}

export function createTurns(waitMs: number): Turns {
  const waiting: (() => void)[] = []
  let taken = false

  function end(): void {
    const next = waiting.shift()
    if (next) next()
    else taken = false
  }

  return {
    get taken() {
      return taken
    },
    async take() {
      if (taken) {
        await new Promise<void>((resolve, reject) => {
          const come = (): void => {
            clearTimeout(timer)
            resolve()
          }
          const timer = setTimeout(() => {
            waiting.splice(waiting.indexOf(come), 1)
            reject(new FreeholdError('POOL_EXHAUSTED'))
          }, waitMs)
          waiting.push(come)
        })
      }
      taken = true
      let ended = false
      return () => {
        if (!ended) end()
        ended = true
      }
    },
  }
}
