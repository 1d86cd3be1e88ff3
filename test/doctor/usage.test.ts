// The command line: what is wrong with it is told in a line, with exit code 2, before anything is touched.

import { describe, expect, it } from 'vitest'
import { helpFor } from '../../src/adapters/cli/help.ts'
import { VERSION } from '../../src/migrations/version.ts'
import { freehold } from './terminal.ts'

const URL_ = 'postgres://app:hunter2@127.0.0.1:1/nowhere'

describe('freehold', () => {
  it('explains itself', async () => {
    for (const argv of [[], ['--help'], ['-h'], ['help'], ['migrate', '--help']]) {
      const { code, out, err } = await freehold(argv)
      expect({ code, err }).toEqual({ code: 0, err: '' })
      expect(out).toContain('freehold migrate up')
    }
  })

  it('explains access by itself', async () => {
    for (const argv of [
      ['access', '--help'],
      ['access', 'test', '-h'],
      ['help', 'access'],
      ['access', 'lint', 'x', '--help'],
    ]) {
      const { code, out, err } = await freehold(argv)
      expect({ code, err }).toEqual({ code: 0, err: '' })
      expect(out).toContain('freehold access diff MODEL')
    }
  })

  it('has no line that a terminal of 80 characters breaks', () => {
    for (const about of [undefined, 'access']) {
      expect(
        helpFor(about)
          .split('\n')
          .filter((line) => line.length > 80),
      ).toEqual([])
    }
  })

  it('knows its version', async () => {
    expect(await freehold(['--version'])).toEqual({ code: 0, out: `${VERSION}\n`, err: '' })
  })

  it.each([
    [['migrat'], 'no command "migrat"'],
    [['migrate'], 'plan, up or status'],
    [['migrate', 'down'], 'not "down"'],
    [['keys'], 'status or reencrypt'],
    [['keys', 'rotate'], 'not "rotate"'],
    [['keys', 'status', '--owner-url', URL_], 'set DATABASE_URL'],
    [['keys', 'status', '--url', URL_, '--sql'], '--sql goes with'],
    [['doctor', 'now'], 'no command "doctor now"'],
    [['--json'], 'no command'],
    [['doctor', '--nope'], "'--nope'"],
    [['migrate', 'up', '--folder'], '--folder'],
    [['migrate', 'up', '--url', 'mysql://a:hunter2@b/c'], '--url is not a URL'],
    [['migrate', 'up', '--url', 'hunter2'], '--url is not a URL'],
    [['migrate', 'up', '--url', URL_, '--lock-wait', '5s'], 'whole number of seconds'],
    [['migrate', 'up', '--url', URL_, '--sql'], '--sql goes with'],
    [['migrate', 'plan', '--url', URL_, '--sql', '--json'], 'exclude each other'],
    [['migrate', 'status', '--url', URL_, '--baseline', 'host:all'], '--baseline goes with'],
    [['migrate', 'up'], 'set DATABASE_URL'],
    [['doctor', '--owner-url', URL_], 'set DATABASE_URL'],
  ])('refuses %j', async (argv, problem) => {
    const { code, out, err } = await freehold(argv)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(problem)
    expect(err).not.toContain('hunter2')
    expect(err).not.toMatch(/\bat .*:\d+:\d+/)
  })

  it.each([
    ['ECONNREFUSED', URL_, 'Nobody answers at app@127.0.0.1:1/nowhere'],
    ['ENOTFOUND', 'postgres://app:hunter2@nobody.invalid/x', 'app@nobody.invalid:5432/x is not known'],
  ])('says in words that the database cannot be reached: %s', async (_, url, words) => {
    for (const argv of [['doctor'], ['migrate', 'plan'], ['migrate', 'up'], ['migrate', 'status']]) {
      const { code, err } = await freehold(argv, { env: { DATABASE_URL: url } })
      expect(code).toBe(1)
      expect(err).toContain(words)
      expect(err).toContain('STORAGE_UNAVAILABLE')
      expect(err).not.toContain('hunter2')
      expect(err).not.toContain('node_modules')
    }
  })

  it('says it as JSON too', async () => {
    const { code, out, err } = await freehold(['doctor', '--json'], { env: { DATABASE_URL: URL_ } })
    expect({ code, err }).toEqual({ code: 1, err: '' })
    expect(JSON.parse(out)).toMatchObject({ ok: false, code: 'STORAGE_UNAVAILABLE' })
    expect(out).not.toContain('hunter2')
  })
})
