// What the measurements say: a table for people, rows for machines.

import { type Figures, median, type Ratio, ratio } from './measure.ts'

/** Two subjects that were measured together, and what is wanted of their ratio. */
export interface Comparison {
  readonly name: string
  readonly subject: string
  readonly against: string
  /**
   * `higher`: the ratio is work of the subject / work of the rival in the same time.
   * `lower`: the ratio is time of the subject / time of the rival for the same work.
   */
  readonly better: 'higher' | 'lower'
  /** Null: told, and nothing is asked of it. */
  readonly goal: number | null
  /** The measure that the goal is about; the name of the row says it. Default: the wall clock. */
  readonly by?: Measure
}

export type Measure = 'wall' | 'cpu'

export interface Row extends Omit<Comparison, 'by'> {
  readonly area: string
  readonly ratio: number
}

export interface Result {
  readonly row: Row
  /** Missing: the row is a count, not a measurement. */
  readonly measured?: {
    readonly spread: Ratio
    /** By the wall clock, and by CPU time of this process; the row has one of the two. */
    readonly ratios: { readonly [M in Measure]: number }
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
  const { by = 'wall', ...rest } = comparison
  const spreads = { wall: ratio(above.wall, below.wall), cpu: ratio(above.cpu, below.cpu) }
  const name = by === 'wall' ? rest.name : `${rest.name}, CPU`
  return {
    row: { area, ...rest, name, ratio: Math.round(spreads[by].median * 1000) / 1000 },
    measured: {
      spread: spreads[by],
      ratios: { wall: spreads.wall.median, cpu: spreads.cpu.median },
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
  if (goal === null) return true
  return better === 'higher' ? found >= goal : found <= goal
}

const HEAD = [
  '',
  'what',
  'subject',
  'us',
  'cpu us',
  'against',
  'us',
  'cpu us',
  'ratio',
  'quartiles',
  'goal',
  'by wall',
  'by cpu',
]
const RIGHT = new Set([3, 4, 6, 7, 8, 9, 10, 11, 12])

export function table(results: readonly Result[]): string {
  const lines = results.map(({ row, measured }) => [
    row.goal === null ? '' : reached(row) ? 'ok' : 'BELOW',
    row.name,
    row.subject,
    ...(measured?.subject ?? []).map((micros) => micros.toFixed(1)),
    ...(measured ? [] : ['', '']),
    row.against,
    ...(measured?.against ?? []).map((micros) => micros.toFixed(1)),
    ...(measured ? [] : ['', '']),
    row.ratio.toFixed(2),
    measured ? `${measured.spread.low.toFixed(2)} to ${measured.spread.high.toFixed(2)}` : '',
    row.goal === null ? '' : `${row.better === 'higher' ? '>=' : '<='} ${row.goal}`,
    measured?.ratios.wall.toFixed(2) ?? '',
    measured?.ratios.cpu.toFixed(2) ?? '',
  ])
  const widths = HEAD.map((head, i) => Math.max(head.length, ...lines.map((line) => line[i]!.length)))
  const print = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (RIGHT.has(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd()
  return [print(HEAD), ...lines.map(print)].join('\n')
}
