// What is asked outside of the database about a sign-in. A guest that fails or is slow stops nobody and speaks against
// nobody: `onError` is told, and the signal is silent.

import { FreeholdError } from '../../kernel/errors.ts'
import type { GeoPlace, GeoProvider } from '../../ports/geo.ts'
import type { LeakedPasswords } from '../../ports/leaked-passwords.ts'
import { isLeaked } from './leaked.ts'
import { soundPlace } from './place.ts'

export interface RiskSources {
  /** Undefined: not known. Never rejects. */
  locate(ip: string | undefined): Promise<GeoPlace | undefined>
  /** Is there a list at all? */
  readonly hasLeakList: boolean
  /** Undefined: not known. Never rejects. */
  isLeaked(password: string): Promise<boolean | undefined>
}

interface RiskGuests {
  readonly geo?: GeoProvider
  readonly leakedPasswords?: LeakedPasswords
  readonly onError: (error: unknown) => void
}

/** Nobody waits longer for an answer that decides nothing alone. */
const PATIENCE_MS = 2000

/** @throws CONFIG_INVALID */
export function createRiskSources({ geo, leakedPasswords, onError }: RiskGuests): RiskSources {
  check('geo', geo, geo?.locate, 'maxmind({ reader }) of freehold/maxmind, or an object with a method locate')
  check('leakedPasswords', leakedPasswords, leakedPasswords?.suffixes, 'an object with a method suffixes')

  async function told<R>(question: () => R | Promise<R>): Promise<R | undefined> {
    try {
      return await inTime(question)
    } catch (error) {
      onError(error)
      return undefined
    }
  }

  return {
    locate: async (ip) =>
      geo === undefined || ip === undefined ? undefined : soundPlace(await told(() => geo.locate(ip))),
    hasLeakList: leakedPasswords !== undefined,
    isLeaked: async (password) =>
      leakedPasswords === undefined ? undefined : told(() => isLeaked(leakedPasswords, password)),
  }
}

function check(option: string, given: unknown, method: unknown, wanted: string): void {
  if (given === undefined || typeof method === 'function') return
  throw new FreeholdError('CONFIG_INVALID', { option, problem: `it is ${wanted}` })
}

async function inTime<R>(question: () => R | Promise<R>): Promise<R> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS)
  })
  try {
    return await Promise.race([question(), late])
  } finally {
    clearTimeout(timer)
  }
}
