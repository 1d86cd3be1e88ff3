// Measures rivals side by side: in one process, in turns, many short rounds, so that whatever else the machine does
// falls on all of them alike. What counts is the ratio within a round; the median over rounds is the answer.

export interface Subject {
  readonly name: string
  /** Makes ready for so many operations; the clock stands meanwhile. */
  ready?(operations: number): Promise<unknown>
  /** One operation. `worker` numbers the concurrent callers from 0, for state that each needs of its own. */
  run(worker: number): Promise<unknown> | unknown
}

export interface Effort {
  readonly rounds: number
  /** How long each subject works in a round, in milliseconds. */
  readonly sliceMs: number
  /** Operations of each subject before anything counts; fewer when they are slow. */
  readonly warmUpOperations: number
}

export const efforts: { readonly thorough: Effort; readonly quick: Effort } = {
  thorough: { rounds: 81, sliceMs: 50, warmUpOperations: 5000 },
  quick: { rounds: 21, sliceMs: 25, warmUpOperations: 2000 },
}

/** What one subject took in each round, in microseconds per operation. */
export interface Figures {
  readonly wall: readonly number[]
  /** Of this process alone, user and system. */
  readonly cpu: readonly number[]
}

/** Each round gives each subject one slice, the first one in turn; answers the figures by subject name. */
export async function measure(
  subjects: readonly Subject[],
  concurrency: number,
  effort: Effort,
): Promise<ReadonlyMap<string, Figures>> {
  const operations = new Map<Subject, number>()
  for (const subject of subjects) operations.set(subject, await calibrate(subject, concurrency, effort))

  const figures = new Map(subjects.map((subject) => [subject.name, { wall: [] as number[], cpu: [] as number[] }]))
  for (let round = 0; round < effort.rounds; round++) {
    for (let turn = 0; turn < subjects.length; turn++) {
      const subject = subjects[(round + turn) % subjects.length]!
      const { wall, cpu } = await slice(subject, concurrency, operations.get(subject)!)
      figures.get(subject.name)!.wall.push(wall)
      figures.get(subject.name)!.cpu.push(cpu)
    }
  }
  return figures
}

/** Works until the code is compiled and the caches are warm, and answers how many operations then fill a slice. */
async function calibrate(subject: Subject, concurrency: number, effort: Effort): Promise<number> {
  const { sliceMs, warmUpOperations } = effort
  const longestMs = 40 * sliceMs
  let operations = concurrency
  let worked = 0
  let workedMs = 0
  for (;;) {
    const { wall } = await slice(subject, concurrency, operations)
    const tookMs = (wall * operations) / 1000
    worked += operations
    workedMs += tookMs
    const warm = worked >= warmUpOperations || workedMs >= longestMs
    if (warm) return Math.max(concurrency, Math.round((operations * sliceMs) / tookMs))
    if (tookMs < sliceMs / 2) operations *= 2
  }
}

async function slice(
  subject: Subject,
  concurrency: number,
  operations: number,
): Promise<{ wall: number; cpu: number }> {
  await subject.ready?.(operations)
  let left = operations
  const work = async (worker: number): Promise<void> => {
    while (left-- > 0) await subject.run(worker)
  }
  const cpuBefore = process.cpuUsage()
  const before = process.hrtime.bigint()
  await Promise.all(Array.from({ length: concurrency }, (_, worker) => work(worker)))
  const wall = Number(process.hrtime.bigint() - before) / 1000
  const cpu = process.cpuUsage(cpuBefore)
  return { wall: wall / operations, cpu: (cpu.user + cpu.system) / operations }
}

export interface Ratio {
  readonly median: number
  /** First and third quartile. */
  readonly low: number
  readonly high: number
}

/** numerator / denominator, round by round. */
export function ratio(numerator: readonly number[], denominator: readonly number[]): Ratio {
  const sorted = numerator.map((value, i) => value / denominator[i]!).sort((a, b) => a - b)
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) }
}

export function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  )
}

function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q
  const below = sorted[Math.floor(at)]!
  return below + (sorted[Math.ceil(at)]! - below) * (at - Math.floor(at))
}
