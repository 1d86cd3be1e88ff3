// What the measurements say: a table for people, rows for machines.

import { type Figures, median, type Ratio, ratio } from './measure.ts'

/** Two subjects that were measured together, and what is wanted of their ratio. */
export interface Comparison {
  /** What is compared, and by which measure if not by throughput. */
  readonly name: string
  readonly subject: string
  readonly against: string
  /**
   * `higher`: the ratio is throughput of the subject / throughput of the rival, by the wall clock.
   * `lower`: the ratio is time of the subject / time of the rival.
   */
  readonly better: 'higher' | 'lower'
  readonly goal: number
}

export interface Row extends Comparison {
  readonly area: string
  readonly ratio: number
}

export interface Result {
  readonly row: Row
  /** Missing: the row is a count, not a measurement. */
  readonly measured?: {
    readonly spread: Ratio
    /** The same ratio by CPU time of this process. */
    readonly cpuRatio: number
    /** Microseconds per operation, wall and CPU. */
    readonly subject: readonly [number, number]
    readonly against: readonly [number, number]
  }
}

export function compare(area: string, comparison: Comparison, figures: ReadonlyMap<string, Figures>): Result {
  const ours = figures.get(comparison.subject)
  const theirs = figures.get(comparison.against)
  if (!ours || !theirs) throw new Error(`not measured: ${comparison.subject} against ${comparison.against}`)
  const [above, below] = comparison.better === 'higher' ? [theirs, ours] : [ours, theirs]
  const spread = ratio(above.wall, below.wall)
  return {
    row: { area, ...comparison, ratio: Math.round(spread.median * 1000) / 1000 },
    measured: {
      spread,
      cpuRatio: ratio(above.cpu, below.cpu).median,
      subject: [median(ours.wall), median(ours.cpu)],
      against: [median(theirs.wall), median(theirs.cpu)],
    },
  }
}

/** A number that was counted, and may not exceed the goal. */
export function count(area: string, name: string, subject: string, counted: number, goal: number): Result {
  return { row: { area, name, subject, against: `${goal}`, ratio: counted / goal, better: 'lower', goal: 1 } }
}

export function reached({ ratio: found, goal, better }: Row): boolean {
  return better === 'higher' ? found >= goal : found <= goal
}

const HEAD = ['', 'what', 'subject', 'us', 'cpu us', 'against', 'us', 'cpu us', 'ratio', 'quartiles', 'by cpu', 'goal']
const RIGHT = new Set([3, 4, 6, 7, 8, 9, 10, 11])

export function table(results: readonly Result[]): string {
  const lines = results.map(({ row, measured }) => [
    reached(row) ? 'ok' : 'BELOW',
    row.name,
    row.subject,
    ...(measured?.subject ?? []).map((micros) => micros.toFixed(1)),
    ...(measured ? [] : ['', '']),
    row.against,
    ...(measured?.against ?? []).map((micros) => micros.toFixed(1)),
    ...(measured ? [] : ['', '']),
    row.ratio.toFixed(2),
    measured ? `${measured.spread.low.toFixed(2)} to ${measured.spread.high.toFixed(2)}` : '',
    measured?.cpuRatio.toFixed(2) ?? '',
    `${row.better === 'higher' ? '>=' : '<='} ${row.goal}`,
  ])
  const widths = HEAD.map((head, i) => Math.max(head.length, ...lines.map((line) => line[i]!.length)))
  const print = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (RIGHT.has(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd()
  return [print(HEAD), ...lines.map(print)].join('\n')
}
