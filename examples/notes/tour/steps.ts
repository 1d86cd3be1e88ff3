// The tour's notebook: each step is a sentence, a check, and a mark.

import { styleText } from 'node:util'
import type { Answer } from './visitor.ts'

export interface Steps {
  /** Runs a check; the tour goes on after one that fails. */
  step(sentence: string, check: () => Promise<void>): Promise<void>
  readonly passed: number
  readonly failed: number
}

export function createSteps(print: (line: string) => void): Steps {
  let passed = 0
  let failed = 0
  return {
    async step(sentence, check) {
      try {
        await check()
        passed++
        print(`  ${styleText('green', '✓')} ${sentence}`)
      } catch (error) {
        failed++
        print(`  ${styleText('red', '✗')} ${sentence}\n      ${styleText('red', String(error))}`)
      }
    },
    get passed() {
      return passed
    },
    get failed() {
      return failed
    },
  }
}

/** @throws when the two are not alike, telling both */
export function same(found: unknown, wanted: unknown): void {
  const [is, should] = [JSON.stringify(found), JSON.stringify(wanted)]
  if (is !== should) throw new Error(`it is ${is}, and should be ${should}`)
}

/** The status, and for a problem its code: `401 TOKEN_INVALID`. */
export function outcome({ status, json }: Answer): string {
  return typeof json.code === 'string' ? `${status} ${json.code}` : String(status)
}
