// The closures against the naive reading of the same conditions, on generated conditions and facts.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { checkConditions, compileConditions, FAILS, HOLDS, UNKNOWN } from '../../src/core/access/conditions.ts'
import { conditions, facts } from './condition-arbitraries.ts'
import { weigh } from './condition-reference.ts'

const RUNS = 50_000
const truths = new Map([
  [HOLDS, 'yes'],
  [FAILS, 'no'],
  [UNKNOWN, 'unknown'],
])

it(`conditions hold, fail and stay unknown as they are read naively, ${RUNS} times`, () => {
  const seen = new Map<unknown, number>()
  const count = (what: unknown) => seen.set(what, (seen.get(what) ?? 0) + 1)
  fc.assert(
    fc.property(conditions, facts, (written, { now, ...given }) => {
      const checked = checkConditions(written, 'c')
      expect(checked).toEqual(written)
      const test = compileConditions(checked)
      const missing: string[] = []
      const all = { ...given, now: () => now }
      const verdict = test(all, missing)
      // whether anybody listens changes no answer
      expect(test(all)).toBe(verdict)
      const expected = weigh(written, { ...given, now })
      expect({ truth: truths.get(verdict), missing: new Set(missing) }).toEqual({
        ...expected,
        missing: new Set(expected.missing),
      })
      count(expected.truth)
      for (const [operator] of JSON.stringify(written).matchAll(/\$\w+/g)) {
        count(operator)
        if (expected.truth !== 'unknown') count(`${operator} ${expected.truth}`)
      }
    }),
    { numRuns: RUNS, ...(process.env.FC_SEED ? { seed: Number(process.env.FC_SEED) } : {}) },
  )
  // the generator reaches every answer, and every operator in either, often: agreement means something
  for (const truth of truths.values()) expect(seen.get(truth) ?? 0, truth).toBeGreaterThan(2000)
  for (const operator of OPERATORS) {
    for (const truth of ['yes', 'no']) expect(seen.get(`${operator} ${truth}`) ?? 0, operator).toBeGreaterThan(100)
  }
}, 120_000)

const OPERATORS = [
  ...['$eq', '$ne', '$in', '$nin', '$lt', '$lte', '$gt', '$gte', '$exists', '$and', '$or', '$not', '$ref'],
  ...['$startsWith', '$contains', '$cidr', '$timeBetween', '$withinLast'],
]
