// `freehold risk replay`: a recorded history of sign-ins, one JSON object a line, scored in order. It needs no database.

import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { type RecordedSignIn, type ReplayedSignIn, replay } from '../../core/authentication/risk/replay.ts'
import { fillRiskSettings } from '../../core/authentication/risk/settings.ts'
import { FreeholdError } from '../../core/kernel/errors.ts'
import { count, openScreen, type Screen, type Surroundings, type Tone } from './screen.ts'
import type { Command } from './usage.ts'

const TONES: Readonly<Record<ReplayedSignIn['verdict'], Tone>> = { allow: 'good', 'step-up': 'warn', deny: 'bad' }

/** 0 when the whole history was scored. @throws CONFIG_INVALID (no such file), INPUT_INVALID (a line that cannot be read) */
export async function replayHistory(command: Command, { stdout, env, cwd }: Surroundings): Promise<number> {
  const screen = openScreen(stdout, env)
  const verdicts = { allow: 0, 'step-up': 0, deny: 0 }
  let scored = 0
  for await (const signIn of replay(linesOf(resolve(cwd, command.file!)), fillRiskSettings())) {
    scored++
    verdicts[signIn.verdict]++
    if (command.json) screen.line(JSON.stringify(signIn))
    else show(screen, signIn)
  }
  if (!command.json) {
    const { allow, deny } = verdicts
    screen.line(`${count(scored, 'sign-in')}: ${allow} allowed, ${verdicts['step-up']} stepped up, ${deny} denied`)
  }
  return 0
}

function show(screen: Screen, { number, at, user, ok, score, verdict, reasons }: ReplayedSignIn): void {
  const said = screen.tone(TONES[verdict], verdict.padEnd(7))
  screen.line(`${number}  ${at.toISOString()}  ${score.toFixed(2)}  ${said}  ${user}${ok ? '' : ' (failed)'}`)
  for (const reason of reasons) screen.line(screen.tone('faint', `     ${reason}`))
}

async function* linesOf(file: string): AsyncGenerator<RecordedSignIn, void, undefined> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })
  let number = 0
  try {
    for await (const line of lines) {
      number++
      if (line.trim() === '') continue
      yield parsed(line, number)
    }
  } catch (cause) {
    if (FreeholdError.is(cause)) throw cause
    throw new FreeholdError('CONFIG_INVALID', { option: 'FILE', problem: 'it cannot be read' }, { cause })
  }
}

function parsed(line: string, number: number): RecordedSignIn {
  try {
    return JSON.parse(line) as RecordedSignIn
  } catch {
    throw new FreeholdError('INPUT_INVALID', { field: `line ${number}`, problem: 'it is not JSON' })
  }
}
