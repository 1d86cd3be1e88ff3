// freehold risk replay: a file of sign-ins in, scores with reasons out.

import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { program } from '../../src/adapters/cli/program.ts'

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
