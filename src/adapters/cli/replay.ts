// `freehold risk replay`: a recorded history of sign-ins, one JSON object a line, scored in order. It needs no database.

import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { type RecordedSignIn, type ReplayedSignIn, replay } from '../../core/authentication/risk/replay.ts'
import { fillRiskSettings, type RiskOptions, type RiskSettings } from '../../core/authentication/risk/settings.ts'
import { FreeholdError } from '../../core/kernel/errors.ts'
import type { GeoProvider } from '../../core/ports/geo.ts'
import { maxmind } from '../maxmind/index.ts'
import { contentOf, faulty, whyNot } from './files.ts'
import { PEERS } from './packages.ts'
import { count, openScreen, type Screen, type Surroundings, type Tone } from './screen.ts'
import type { Command } from './usage.ts'

const TONES: Readonly<Record<ReplayedSignIn['verdict'], Tone>> = { allow: 'good', 'step-up': 'warn', deny: 'bad' }

/**
 * 0 when the whole history was scored.
 * @throws FILE_INVALID, CONFIG_INVALID (a setting), PACKAGE_MISSING (mmdb-lib), INPUT_INVALID (a line that cannot be read)
 */
export async function replayHistory(command: Command, { stdout, env, cwd }: Surroundings): Promise<number> {
  const screen = openScreen(stdout, env)
  const settings = command.settings === undefined ? fillRiskSettings() : await settingsIn(cwd, command.settings)
  const geo = command.geo === undefined ? undefined : await geoIn(cwd, command.geo)
  const verdicts = { allow: 0, 'step-up': 0, deny: 0 }
  let scored = 0
  for await (const signIn of replay(linesOf(cwd, command.file!), settings, geo)) {
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

/** As the option `risk` of `createFreehold`, in JSON. */
async function settingsIn(cwd: string, file: string): Promise<RiskSettings> {
  const text = (await contentOf(cwd, file)).toString()
  let settings: RiskOptions
  try {
    settings = JSON.parse(text) as RiskOptions
  } catch (cause) {
    throw faulty(file, 'it is not JSON', cause)
  }
  return fillRiskSettings(settings)
}

/** A database in MaxMind's format, read whole. */
async function geoIn(cwd: string, file: string): Promise<GeoProvider> {
  const content = await contentOf(cwd, file)
  const { Reader } = await import('mmdb-lib').catch((cause: unknown) => {
    const wanted = { package: 'mmdb-lib', range: PEERS['mmdb-lib']!, hint: 'npm install mmdb-lib' }
    throw new FreeholdError('PACKAGE_MISSING', wanted, { cause })
  })
  const sound = <R>(work: () => R): R => {
    try {
      return work()
    } catch (cause) {
      throw faulty(file, 'it is no database in the format of MaxMind (.mmdb), or is damaged', cause)
    }
  }
  const { locate } = maxmind({ reader: sound(() => new Reader(content)) })
  return { locate: (ip) => sound(() => locate(ip)) }
}

async function* linesOf(cwd: string, file: string): AsyncGenerator<RecordedSignIn, void, undefined> {
  const lines = createInterface({ input: createReadStream(resolve(cwd, file)), crlfDelay: Number.POSITIVE_INFINITY })
  let number = 0
  try {
    for await (const line of lines) {
      number++
      if (line.trim() === '') continue
      yield parsed(line, number)
    }
  } catch (cause) {
    if (FreeholdError.is(cause)) throw cause
    throw faulty(file, whyNot(cause, 'read'), cause)
  }
}

function parsed(line: string, number: number): RecordedSignIn {
  try {
    return JSON.parse(line) as RecordedSignIn
  } catch {
    throw new FreeholdError('INPUT_INVALID', { field: `line ${number}`, problem: 'it is not JSON' })
  }
}
