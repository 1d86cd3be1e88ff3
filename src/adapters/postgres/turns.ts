// One after the other: who comes while somebody is in waits for those before.

export interface Turns {
  readonly busy: boolean
  /** Waits for a turn; answers how to end it. */
  take(): Promise<() => void>
}

export function createTurns(): Turns {
  const queue: (() => void)[] = []
  let busy = false
  const end = (): void => {
    const next = queue.shift()
    if (next) next()
    else busy = false
  }
  return {
    get busy() {
      return busy
    },
    async take() {
      if (busy) await new Promise<void>((resolve) => queue.push(resolve))
      busy = true
      return end
    },
  }
}
