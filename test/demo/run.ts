// Runs an example as its README says: the built package, the Node of the repository, a port of its own.

import { execFileSync, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { freePort } from '../setup/server.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** `npm test` has built dist already; a test run by hand builds it when a source is newer. */
export function build(): void {
  execFileSync(process.execPath, ['scripts/prepare.mjs', '--build'], { cwd: root, stdio: 'pipe' })
}

export interface Run {
  readonly port: number
  readonly output: string
  /** Resolves once the output holds this text. */
  said(text: string): Promise<void>
  readonly ended: Promise<number | null>
  stop(): void
}

export async function start(file: string, args: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  const port = await freePort()
  const { DATABASE_URL: _, NODE_OPTIONS: __, ...inherited } = process.env
  const child = spawn(process.execPath, [file, ...args], {
    cwd: root,
    env: { ...inherited, NO_COLOR: '1', PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      for (const look of waiting) look()
    })
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return {
    port,
    ended,
    get output() {
      return output
    },
    said: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (output.includes(text)) resolve()
        }
        waiting.add(look)
        look()
        void ended.then((code) => reject(new Error(`it ended with ${code} first:\n${output}`)))
      }),
    stop: () => child.kill('SIGTERM'),
  }
}
