// Optional packages: found where Node would find them, compared with their range, tried in a process of their own.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clockFindings, keyFindings } from '../../src/adapters/cli/doctor.ts'
import { lookAtPackages, PEERS, packageFindings, satisfies } from '../../src/adapters/cli/packages.ts'

describe('packages', () => {
  let project: string
  const install = async (name: string, version: string, code = 'export const hash = async () => ""') => {
    const folder = join(project, 'node_modules', name)
    await mkdir(folder, { recursive: true })
    await writeFile(
      join(folder, 'package.json'),
      JSON.stringify({ name, version, type: 'module', exports: './index.js' }),
    )
    await writeFile(join(folder, 'index.js'), code)
  }
  const found = async (cwd = project) =>
    (await packageFindings(lookAtPackages(cwd), cwd)).map(({ subject, message }) => `${subject}: ${message}`)

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'freehold-project-'))
  })
  afterAll(() => rm(project, { recursive: true, force: true }))

  it('are the peers of package.json', async () => {
    const { peerDependencies } = JSON.parse(await readFile('package.json', 'utf8'))
    expect(PEERS).toEqual(peerDependencies)
  })

  it.each([
    ['8.23.0', '^8.23.0', true],
    ['8.24.1', '^8.23.0', true],
    ['8.22.9', '^8.23.0', false],
    ['9.0.0', '^8.23.0', false],
    ['0.44.0', '>=0.44 <0.46', true],
    ['0.45.1-beta.1', '>=0.44 <0.46', true],
    ['0.46.0', '>=0.44 <0.46', false],
    ['0.43.9', '>=0.44 <0.46', false],
  ])('%s in %s: %s', (version, range, inRange) => {
    expect(satisfies(version, range)).toBe(inRange)
  })

  it('that are missing are named with what to install', async () => {
    expect(await found()).toEqual([
      'pg: pg is not installed, and freehold/postgres needs it.',
      'kysely: kysely is not installed, and freehold/postgres needs it.',
      'argon2: No package that hashes passwords is installed.',
    ])
  })

  it('are found above the project too, and one out of range is told', async () => {
    await install('pg', '8.23.1')
    await install('kysely', '0.31.0')
    await install('argon2', '0.45.1')
    const inner = join(project, 'packages', 'server')
    await mkdir(inner, { recursive: true })
    expect(await found(inner)).toEqual([
      'kysely: kysely 0.31.0 is not in the range >=0.29 <0.30 that Freehold is tested with.',
    ])
  })

  it('that end the process which loads them are told, and end only that one', async () => {
    await install('kysely', '0.29.9')
    await install(
      'argon2',
      '0.45.1',
      "process.kill(process.pid, 'SIGSEGV'); export const hash = () => new Promise(() => {})",
    )
    expect(await found()).toEqual([expect.stringContaining('it ended the process with SIGSEGV')])
    await install('argon2', '0.45.1', "throw new Error('no prebuilt binary')")
    expect(await found()).toEqual([expect.stringContaining('loading it failed (exit code 1)')])
  })

  it('of this repository are in order', async () => {
    expect(await found(process.cwd())).toEqual([])
  })
})

const GOOD = 'q7mJ2n0v1Yc5xS8eR4tU6wZ3bA9dF0gH1jK2lM3nP4o='

describe('the key', () => {
  it.each([
    [undefined, 'info', 'no key was looked at'],
    ['', 'refuse', 'empty'],
    ['c2hvcnQ=', 'refuse', '5 bytes'],
    [`${'A'.repeat(43)}=`, 'refuse', 'not look random'],
    ['not a key!', 'refuse', 'neither base64'],
  ])('%j is told as %s', (key, severity, words) => {
    const [finding] = keyFindings({ FREEHOLD_KEY: key })
    expect(finding).toMatchObject({ id: 'key-weak', severity })
    expect(finding!.message).toContain(words)
  })

  it('is fine when it is random', () => {
    expect(keyFindings({ FREEHOLD_KEY: GOOD })).toEqual([])
  })

  it('is looked at under each of its names, and no other variable is', () => {
    const env = { FREEHOLD_KEY: GOOD, FREEHOLD_KEY_1: GOOD, FREEHOLD_KEY_K2: 'weak', FREEHOLD_KEY_FILE: '/run/key' }
    expect(keyFindings(env).map(({ severity, subject }) => [severity, subject])).toEqual([
      ['refuse', 'FREEHOLD_KEY_K2'],
    ])
    const all = (keys: unknown) => keyFindings({ FREEHOLD_KEYS: JSON.stringify(keys) })
    expect(all({ current: 'k2', k1: GOOD, k2: `${GOOD.slice(0, -2)}Q=` })).toEqual([])
    const [weak] = all({ current: 'k1', k1: GOOD, k2: 'c2hvcnQ=' })
    expect(weak).toMatchObject({ severity: 'refuse', subject: 'FREEHOLD_KEYS' })
    expect(weak!.message).toBe(
      'k2 of FREEHOLD_KEYS is too weak: it has 5 bytes, and 32 are needed; make one with `openssl rand -base64 32`.',
    )
    for (const broken of ['{', '[]', '{"current":"k9"}']) {
      const [finding] = keyFindings({ FREEHOLD_KEYS: broken })
      expect(finding).toMatchObject({ severity: 'refuse', subject: 'FREEHOLD_KEYS' })
    }
  })
})

describe('the clocks', () => {
  it.each([
    [1_500, 0, []],
    [-2_400, 500, []],
    [3_000, 10, ['3.0 s ahead']],
    [-60_000, 10, ['60.0 s behind']],
  ])('%i ms apart, measured to %i ms', (skewMs, errorMs, words) => {
    const findings = clockFindings({ skewMs, errorMs })
    expect(findings).toHaveLength(words.length)
    for (const [index, word] of words.entries()) expect(findings[index]!.message).toContain(word)
  })
})
