// The program with surroundings of a test's making: its words, its exit code.

import { program } from '../../src/adapters/cli/program.ts'

export interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Given {
  readonly env?: Readonly<Record<string, string>>
  /** A terminal on both outputs. */
  readonly terminal?: boolean
  /** Its width. */
  readonly columns?: number
  readonly cwd?: string
}

export async function freehold(argv: readonly string[], given: Given = {}): Promise<Said> {
  const said = { out: '', err: '' }
  const output = (name: 'out' | 'err') => ({
    isTTY: given.terminal === true,
    ...(given.columns !== undefined && { columns: given.columns }),
    write(text: string) {
      said[name] += text
    },
  })
  const code = await program(argv, {
    env: given.env ?? {},
    stdout: output('out'),
    stderr: output('err'),
    cwd: given.cwd ?? process.cwd(),
  })
  return { code, ...said }
}
