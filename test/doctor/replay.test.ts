// freehold risk replay: a file of sign-ins in, scores with reasons out.

import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { program } from '../../src/adapters/cli/program.ts'
import { mmdb } from '../maxmind/database.ts'

const cwd = mkdtempSync(join(tmpdir(), 'freehold-replay-'))
const home = { user: 'ana', device: 'laptop', place: { country: 'MX', latitude: 19.43, longitude: -99.13 } }
const abroad = { user: 'ana', device: 'stolen', place: { country: 'DE', latitude: 52.52, longitude: 13.4 } }
const HISTORY = [
  { ...home, at: '2026-06-01T10:00:00Z' },
  { ...home, at: '2026-06-02T10:00:00Z' },
  { ...abroad, at: '2026-06-02T11:00:00Z' },
]

async function run(lines: readonly string[], ...more: string[]) {
  writeFileSync(join(cwd, 'history.jsonl'), `${lines.join('\n')}\n`)
  let [out, err] = ['', '']
  const code = await program(['risk', 'replay', 'history.jsonl', ...more], {
    env: {},
    cwd,
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  })
  return { code, out, err }
}

it('prints each with its score, verdict and reasons', async () => {
  const { code, out } = await run(HISTORY.map((each) => JSON.stringify(each)))
  expect(code).toBe(0)
  expect(out).toContain('1  2026-06-01T10:00:00.000Z  0.00  allow    ana\n')
  expect(out).toMatch(/3 {2}2026-06-02T11:00:00\.000Z {2}0\.8\d {2}step-up {2}ana\n/)
  expect(out).toMatch(/at least 9,\d+ km from the last sign-in 1 h before/)
  expect(out).toContain('3 sign-ins: 2 allowed, 1 stepped up, 0 denied')
})

it('prints one JSON object a line', async () => {
  const { out } = await run(
    HISTORY.map((each) => JSON.stringify(each)),
    '--json',
  )
  const scored = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { flags: string[] })
  expect(scored.map(({ flags }) => flags)).toEqual([[], [], ['impossible-travel', 'new-country', 'new-device']])
})

it('names the line that cannot be read, and the file that is not there', async () => {
  expect(await run(['{'])).toMatchObject({ code: 1, err: expect.stringContaining('it is not JSON') })
  const missing = await program(['risk', 'replay', 'none.jsonl'], {
    env: {},
    cwd,
    stdout: { write: () => true },
    stderr: { write: () => true },
  })
  expect(missing).toBe(2)
})

describe('with places out of a database', () => {
  const place = (iso_code: string, latitude: number, longitude: number) => ({
    country: { iso_code },
    location: { accuracy_radius: 20, latitude: { double: latitude }, longitude: { double: longitude } },
  })
  const file = mmdb({ '192.0.2.0/24': place('MX', 19.43, -99.13), '198.51.100.0/24': place('DE', 52.52, 13.4) })
  const addresses = HISTORY.map(({ place: { country }, ...rest }) =>
    JSON.stringify({ ...rest, ip: country === 'MX' ? '192.0.2.7' : '198.51.100.7' }),
  )

  it('finds the journey that the records alone do not tell of', async () => {
    writeFileSync(join(cwd, 'places.mmdb'), file)
    expect((await run(addresses)).out).toContain('3 sign-ins: 3 allowed, 0 stepped up, 0 denied')
    const { code, out } = await run(addresses, '--geo', 'places.mmdb')
    expect(code).toBe(0)
    expect(out).toMatch(/at least 9,\d+ km from the last sign-in 1 h before/)
    expect(out).toContain('3 sign-ins: 2 allowed, 1 stepped up, 0 denied')
  })

  it('weighs as the settings say', async () => {
    writeFileSync(join(cwd, 'places.mmdb'), file)
    const weighed = async (settings: string) => {
      writeFileSync(join(cwd, 'risk.json'), settings)
      return run(addresses, '--geo', 'places.mmdb', '--settings', 'risk.json', '--json')
    }
    const last = ({ out }: { readonly out: string }) => JSON.parse(out.trim().split('\n').at(-1)!)
    expect(last(await weighed('{ "denyFrom": 0.8 }'))).toMatchObject({ verdict: 'deny' })
    const weights = { 'impossible-travel': 0, 'new-country': 0 }
    expect(last(await weighed(JSON.stringify({ weights })))).toMatchObject({ verdict: 'allow', flags: ['new-device'] })
    for (const [settings, problem] of [
      ['{', 'it is not JSON'],
      ['{ "denyForm": 0.8 }', 'there is no such option'],
      ['{ "weights": { "automation": 2 } }', 'it is a number from 0 to 1'],
    ] as const) {
      const { code, err, out } = await weighed(settings)
      expect({ code, said: err + out }).toEqual({ code: 2, said: expect.stringContaining(problem) })
    }
  })

  it('names a file that is not there, or is none of its kind', async () => {
    writeFileSync(join(cwd, 'damaged.mmdb'), file.subarray(0, 200))
    for (const [name, problem] of [
      ['none.mmdb', 'there is no such file'],
      ['history.jsonl', 'it is no database in the format of MaxMind'],
      ['damaged.mmdb', 'it is no database in the format of MaxMind'],
    ] as const) {
      const { code, err } = await run(addresses, '--geo', name)
      expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(problem) })
      expect(err).toContain(`A file is not as it must be: ${name}`)
    }
    expect(await run(addresses, '--settings', 'none.json')).toMatchObject({ code: 2 })
  })

  it.each([['--geo'], ['--settings']])('%s goes with no other command', async (option) => {
    let said = ''
    const code = await program(['migrate', 'status', '--url', 'postgres://x@127.0.0.1:1/x', option, 'file'], {
      env: {},
      cwd,
      stdout: { write: () => true },
      stderr: { write: (text) => (said += text) },
    })
    expect({ code, said }).toEqual({ code: 2, said: expect.stringContaining(`${option} goes with "risk replay"`) })
  })
})
