// What the program writes to: lines, colours where they are wanted, one line that changes in place.

import { styleText } from 'node:util'

export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
  /** Of a terminal: how many characters stand in a line. */
  readonly columns?: number
}

/** The surroundings of one call, so that a test can be one. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: Output
  readonly stderr: Output
  /** The project's directory: where packages and folders are looked for. */
  readonly cwd: string
}

export type Tone = 'good' | 'bad' | 'warn' | 'faint' | 'strong'

export interface Screen {
  line(text?: string): void
  /** Progress: shown until the next line, and only on a terminal. */
  passing(text: string): void
  tone(tone: Tone, text: string): string
  /** Breaks a text into lines that fit, and puts `indent` before each but the first. */
  wrap(text: string, indent: string): string
}

/** Longer lines are hard to read, however wide a terminal is. */
const MAXIMUM_WIDTH = 100
const FORMATS = { good: 'green', bad: 'red', warn: 'yellow', faint: 'dim', strong: 'bold' } as const

/** Colours on a terminal, unless NO_COLOR is set (no-color.org); FORCE_COLOR asks for them anywhere. */
export function openScreen(output: Output, env: Surroundings['env']): Screen {
  const terminal = output.isTTY === true
  const wanted = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0'
  const colours = !env.NO_COLOR && (wanted || (terminal && env.TERM !== 'dumb'))
  const width = Math.min(output.columns ?? MAXIMUM_WIDTH, MAXIMUM_WIDTH)
  let passing = false
  return {
    line(text = '') {
      output.write(`${passing ? '\r\x1b[K' : ''}${text}\n`)
      passing = false
    },
    passing(text) {
      if (!terminal || env.TERM === 'dumb') return
      output.write(`\r\x1b[K${text}`)
      passing = true
    },
    tone: (tone, text) => (colours ? styleText(FORMATS[tone], text, { validateStream: false }) : text),
    wrap: (text, indent) => wrap(text, indent, width),
  }
}

/** `3 files`, `1 file`. */
export function count(many: number, one: string, more = `${one}s`): string {
  return `${many} ${many === 1 ? one : more}`
}

function wrap(text: string, indent: string, width: number): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line && line.length + word.length + 1 > width - indent.length) {
      lines.push(line)
      line = word
    } else line = line ? `${line} ${word}` : word
  }
  return [...lines, line].join(`\n${indent}`)
}
