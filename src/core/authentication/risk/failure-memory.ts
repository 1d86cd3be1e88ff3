// Failed attempts counted in memory, by the same decay as the database's: for replays of a recorded history.

import type { FailureCounts } from './inputs.ts'
import { networkOf } from './network.ts'

/** Who failed, and where from. */
export interface FailedAttempt {
  /** Whatever tells accounts apart. */
  readonly account: string
  readonly ip?: string | undefined
}

export interface FailureMemory {
  countsFor(attempt: FailedAttempt, at: number): FailureCounts
  record(attempt: FailedAttempt, at: number): void
}

export function createFailureMemory(halfLifeMs: number): FailureMemory {
  const counts = new Map<string, { count: number; at: number }>()
  /** Pairs of a place and an account, with when the account was last counted there. */
  const pairs = new Map<string, number>()
  const key = (...parts: string[]): string => JSON.stringify(parts)

  const now = (name: string, at: number): number => {
    const held = counts.get(name)
    return held ? decayed(held.count, at - held.at, halfLifeMs) : 0
  }
  const add = (name: string, at: number): void => void counts.set(name, { count: now(name, at) + 1, at })
  const addAccount = (place: string, account: string, at: number): void => {
    const pair = key(place, account)
    const last = pairs.get(pair)
    if (last !== undefined && at - last < halfLifeMs) return
    pairs.set(pair, at)
    add(key('accounts', place), at)
  }

  return {
    countsFor({ account, ip }, at) {
      const network = ip === undefined ? undefined : networkOf(ip)
      const of = (...parts: (string | undefined)[]): number =>
        parts.includes(undefined) ? 0 : now(key(...(parts as string[])), at)
      return {
        user: of('user', account),
        ip: of('ip', ip),
        network: of('network', network),
        tenant: of('tenant'),
        ipAccounts: of('accounts', ip),
        networkAccounts: of('accounts', network),
      }
    },
    record({ account, ip }, at) {
      add(key('user', account), at)
      add(key('tenant'), at)
      if (ip === undefined) return
      add(key('ip', ip), at)
      addAccount(ip, account, at)
      const network = networkOf(ip)
      if (network === undefined) return
      add(key('network', network), at)
      addAccount(network, account, at)
    },
  }
}

/** What is left of a count: half of it after each half-life. A clock that went back takes nothing away. */
export function decayed(count: number, elapsedMs: number, halfLifeMs: number): number {
  return count * 2 ** (-Math.max(0, elapsedMs) / halfLifeMs)
}
