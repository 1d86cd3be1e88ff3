// The exam as vitest tests: one file per adapter calls this.

import { afterAll, describe, test } from 'vitest'
import type { ExamHarness } from '../../src/adapters/testing/index.ts'
import { exam } from '../../src/adapters/testing/index.ts'

/** @param open called once, when the first case runs */
export function sitExam(adapter: string, traits: ExamHarness['traits'], open: () => Promise<ExamHarness>): void {
  let harness: Promise<ExamHarness> | undefined
  afterAll(async () => (await harness)?.close())
  for (const group of new Set(exam.map((one) => one.group))) {
    describe(`${adapter}: ${group}`, () => {
      for (const { name, skip, run } of exam.filter((one) => one.group === group)) {
        const reason = skip(traits)
        test(reason ? `${name} (skipped: ${reason})` : name, { skip: reason !== undefined }, async () => {
          harness ??= open()
          await run(await harness)
        })
      }
    })
  }
}
