// How long a process waits for its imports: each measured in new processes, in turns.

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Area } from '../main.ts'
import type { Figures } from '../measure.ts'
import { compare } from '../report.ts'

const here = fileURLToPath(new URL('..', import.meta.url))
const peers = fileURLToPath(new URL('../peers/', import.meta.url))

const OURS = 'freehold + freehold/postgres'
const THEIRS = 'better-auth'

export const start: Area = async (effort, say) => {
  const programs = [
    { name: OURS, folder: here, imports: ['freehold', 'freehold/postgres'] },
    { name: THEIRS, folder: peers, imports: ['better-auth'] },
  ]
  const figures = new Map<string, { wall: number[]; cpu: number[] }>()
  say('importing in new processes')
  const rounds = Math.ceil(effort.rounds / 4)
  for (let round = -1; round < rounds; round++) {
    for (const { name, folder, imports } of programs) {
      const { wall, cpu } = importTime(folder, imports)
      // the first round fills the file cache
      if (round < 0) figures.set(name, { wall: [], cpu: [] })
      else {
        figures.get(name)!.wall.push(wall)
        figures.get(name)!.cpu.push(cpu)
      }
    }
  }
  const name = 'import time'
  const found: ReadonlyMap<string, Figures> = figures
  return [compare('start', { name, subject: OURS, against: THEIRS, better: 'lower', goal: 0.5 }, found)]
}

/** Microseconds from before the first import to after the last. */
function importTime(folder: string, imports: readonly string[]): { wall: number; cpu: number } {
  const program = `const cpu = process.cpuUsage(), at = process.hrtime.bigint()
${imports.map((name) => `await import('${name}')`).join('\n')}
const wall = Number(process.hrtime.bigint() - at) / 1000, used = process.cpuUsage(cpu)
console.log(JSON.stringify({ wall, cpu: used.user + used.system }))
process.exit(0)`
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: folder,
    encoding: 'utf8',
  })
  return JSON.parse(output)
}
