// A refusal, held: what a test asks of an error that had to come.

import { expect } from 'vitest'
import { type ErrorCode, FreeholdError } from '../../src/core/kernel/errors.ts'

/** The error with which `work` was refused; fails when it was not, or with another code. */
export async function refused<C extends ErrorCode>(work: () => unknown, code: C): Promise<FreeholdError<C>> {
  let answer: unknown
  try {
    answer = await work()
  } catch (error) {
    if (!FreeholdError.is(error, code)) throw error
    return error as FreeholdError<C>
  }
  return expect.fail(`expected ${code}, and was answered ${JSON.stringify(answer)}`)
}
