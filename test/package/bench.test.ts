// The benchmarks' arithmetic: which way a ratio points, and when a goal is reached.

import { describe, expect, it } from 'vitest'
import { measure } from '../../bench/measure.ts'
import { compare, count, reached, table } from '../../bench/report.ts'

const figures = new Map([
  ['ours', { wall: [10, 20, 30], cpu: [5, 5, 5] }],
  ['theirs', { wall: [20, 40, 15], cpu: [15, 15, 15] }],
])
const subjects = { name: 'read', subject: 'ours', against: 'theirs' }

describe('compare', () => {
  it('is throughput against throughput when higher is better: the median of the rounds, each with its own rival', () => {
    const { row, measured } = compare('storage', { ...subjects, better: 'higher', goal: 1.5 }, figures)
    expect(row).toEqual({ area: 'storage', ...subjects, better: 'higher', goal: 1.5, ratio: 2 })
    expect(measured?.ratios).toEqual({ wall: 2, cpu: 3 })
    expect(reached(row)).toBe(true)
  })

  it('is time against time when lower is better', () => {
    const { row } = compare('start', { ...subjects, better: 'lower', goal: 0.4 }, figures)
    expect(row.ratio).toBe(0.5)
    expect(reached(row)).toBe(false)
  })

  it('is about CPU time where the goal is, and the name says so', () => {
    const { row } = compare('sessions', { ...subjects, better: 'higher', goal: 2, by: 'cpu' }, figures)
    expect(row).toEqual({ area: 'sessions', ...subjects, name: 'read, CPU', better: 'higher', goal: 2, ratio: 3 })
  })

  it('refuses what was not measured', () => {
    expect(() => compare('a', { ...subjects, against: 'nobody', better: 'higher', goal: 1 }, figures)).toThrow('nobody')
  })
})

describe('a row without a goal', () => {
  it('is told, and is neither ok nor below', () => {
    const told = compare('billing', { ...subjects, better: 'higher', goal: null }, figures)
    expect(told.row).toMatchObject({ ratio: 2, goal: null })
    expect(reached(told.row)).toBe(true)
    expect(table([told])).not.toMatch(/ok|BELOW|>=/)
  })
})

describe('count', () => {
  it('may not exceed its goal', () => {
    expect(reached(count('sessions', 'round trips', 'check', 1, 1).row)).toBe(true)
    expect(reached(count('sessions', 'round trips', 'check', 2, 1).row)).toBe(false)
  })
})

describe('measure', () => {
  it('gives every subject every round, in turns, and numbers the callers', async () => {
    const slices: string[] = []
    const workers = new Set<number>()
    const subject = (name: string) => ({
      name,
      async run(worker: number) {
        if (slices.at(-1) !== name) slices.push(name)
        workers.add(worker)
        await new Promise((resolve) => setTimeout(resolve, 1))
      },
    })
    const found = await measure([subject('a'), subject('b')], 3, { rounds: 4, sliceMs: 5, warmUpOperations: 10 })
    expect(found.get('a')?.wall).toHaveLength(4)
    expect(found.get('b')?.cpu).toHaveLength(4)
    // both warm up, then the rounds are ab, ba, ab, ba
    expect(slices).toEqual(['a', 'b', 'a', 'b', 'a', 'b', 'a'])
    expect([...workers].sort()).toEqual([0, 1, 2])
  })
})

describe('measure, of what has to be made ready', () => {
  it('makes it ready for as many operations as follow, before each slice, off the clock', async () => {
    let left = 0
    const subject = {
      name: 'a',
      async ready(operations: number) {
        expect(left).toBe(0)
        left = operations
        await new Promise((resolve) => setTimeout(resolve, 20))
      },
      run: () => left--,
    }
    const found = await measure([subject], 1, { rounds: 3, sliceMs: 1, warmUpOperations: 10 })
    expect(left).toBe(0)
    for (const micros of found.get('a')!.wall) expect(micros).toBeLessThan(10_000)
  })
})

describe('table', () => {
  it('marks what is below its goal', () => {
    const low = compare('storage', { ...subjects, better: 'higher', goal: 3 }, figures)
    expect(table([low])).toMatch(/BELOW\s+read\s+ours/)
  })
})
