// The commands on a real server: words, JSON, exit codes, and never a password.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OURS } from '../migrations/runner.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { PASSWORD } from '../setup/template.ts'
import { freehold, type Given } from './terminal.ts'

/** Ours, and one of the host's. */
const ALL = OURS.length + 1

const KEY = 'q7mJ2n0v1Yc5xS8eR4tU6wZ3bA9dF0gH1jK2lM3nP4o='

describe('on a server', () => {
  let database: TestDatabase
  let folder: string
  const run = async (argv: string[], given: Given = {}) => {
    const env = {
      DATABASE_URL: database.appUrl,
      FREEHOLD_OWNER_URL: database.ownerUrl,
      FREEHOLD_KEY: KEY,
      ...given.env,
    }
    const said = await freehold(argv, { ...given, env })
    expect(said.out + said.err).not.toContain(`:${PASSWORD}@`)
    expect(said.out + said.err).not.toContain('node_modules')
    return said
  }
  const documents = (out: string) =>
    out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))

  beforeAll(async () => {
    database = await createTestDatabase({ empty: true })
    folder = await mkdtemp(join(tmpdir(), 'freehold-cli-'))
    await writeFile(
      join(folder, '0001_notes.sql'),
      "create table notes (tenant_id uuid, id uuid, primary key (tenant_id, id));\nselect freehold.protect_table('notes');\n",
    )
  })
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
    await database?.close()
  })

  it('doctor warns of pending migrations', async () => {
    const { code, out } = await run(['doctor'])
    expect(code).toBe(1)
    expect(out).toContain('! migrations-pending')
    expect(out).toMatch(/The database is new: none of the \d+ migrations has been applied/)
    expect(out).toContain('→ npx freehold migrate up')
  })

  it('plan lists what is pending, as words, SQL or JSON', async () => {
    const plan = await run(['migrate', 'plan', '--folder', folder])
    expect(plan).toMatchObject({ code: 1, err: '' })
    expect(plan.out).toContain('· host/0001_notes')
    expect(plan.out).toContain(`${ALL} migrations to run`)

    const sql = await run(['migrate', 'plan', '--folder', folder, '--sql'])
    expect(sql.out).toMatch(/^-- system\/0001_foundation: one transaction\n/)
    expect(sql.out).toContain("select freehold.protect_table('notes');")

    const { pending } = JSON.parse((await run(['migrate', 'plan', '--json'])).out)
    expect(pending).toHaveLength(OURS.length)
    expect(pending[0]).toMatchObject({ set: 'system', number: 1, transactional: true })
  })

  it('up applies it, on a terminal with progress and colours', async () => {
    const { code, out } = await run(['migrate', 'up', '--folder', folder], { terminal: true })
    expect(code).toBe(0)
    expect(out).toContain(`2/${ALL} system/0002_tenants`)
    expect(out).toContain('\x1b[32m✓\x1b[39m host/0001_notes')
    expect(out).toContain(`${ALL} migrations applied`)
  })

  it('up has then nothing to do; elsewhere than on a terminal, and with NO_COLOR, there is no escape sequence', async () => {
    expect(await run(['migrate', 'up'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('Nothing was pending.'),
    })
    for (const given of [{}, { terminal: true, env: { NO_COLOR: '1' } }]) {
      const { code, out } = await run(['migrate', 'status', '--folder', folder], given)
      expect(code).toBe(0)
      expect(out).toContain('✓ host/0001_notes')
      expect(out).not.toContain('\x1b')
    }
    expect(JSON.parse((await run(['migrate', 'status', '--json'])).out)).toMatchObject({ ok: true, schema: 'freehold' })
  })

  it('doctor finds nothing but what the server’s version says', async () => {
    const { code, out } = await run(['doctor', '--folder', folder, '--json'])
    const { ok, findings, packages, server } = JSON.parse(out)
    const others = findings.filter(({ id }: { id: string }) => id !== 'server-version')
    expect(others).toEqual([])
    expect({ ok, code }).toEqual(findings.length === 0 ? { ok: true, code: 0 } : { ok: false, code: 1 })
    expect(server).toMatch(/^\d+\.\d+/)
    expect(packages.find(({ name }: { name: string }) => name === 'pg').version).toMatch(/^8\./)
  })

  it('doctor tells a login and a key that Freehold refuses to start with', async () => {
    const { code, out } = await run(['doctor'], { env: { DATABASE_URL: database.ownerUrl, FREEHOLD_KEY: 'short' } })
    expect(code).toBe(1)
    expect(out).toContain('✗ owner-role')
    expect(out).toContain('✗ key-weak')
    expect(out).toMatch(/findings that Freehold refuses to start with/)
    expect(out).not.toContain('short')
  })

  it('up names the line of a fault, what was kept and what comes next', async () => {
    await writeFile(join(folder, '0002_title.sql'), '-- titles\nalter table notes\n  add column title txet;\n')
    await writeFile(join(folder, '0003_more.sql'), 'select 1')
    const { code, out, err } = await run(['migrate', 'up', '--folder', folder])
    expect(code).toBe(1)
    expect(out).not.toContain('applied')
    expect(err).toContain('✗ A migration failed and was rolled back: host/0002_title, line 3')
    expect(err).toContain('type "txet" does not exist (42704)')
    expect(err).toContain('Not tried: host/0003_more.')
    expect(err).toContain('MIGRATION_FAILED')

    const status = await run(['migrate', 'status', '--folder', folder])
    expect(status.code).toBe(1)
    expect(status.out).toMatch(/✗ host\/0002_title +failed, nothing was kept/)
    expect(status.out).toContain(`2 migrations of ${ALL + 2} not done.`)
    const events = documents((await run(['migrate', 'up', '--folder', folder, '--json'])).out)
    expect(events.map(({ kind }) => kind)).toEqual(['started', 'error'])
    expect(events[1]).toMatchObject({ code: 'MIGRATION_FAILED', details: { line: 3, migration: 'host/0002_title' } })
  })

  it('takes a baseline, and refuses one of another form as the command line’s fault', async () => {
    const events = documents((await run(['migrate', 'up', '--folder', folder, '--baseline', 'host:all', '--json'])).out)
    expect(events.map(({ kind }) => kind)).toEqual(['baselined', 'baselined', 'finished'])
    expect((await run(['migrate', 'up', '--folder', folder])).code).toBe(0)
    expect((await run(['migrate', 'plan', '--baseline', 'everything'])).code).toBe(2)
  })

  it('says which process holds the lock', async () => {
    await writeFile(join(folder, '0004_slow.sql'), 'select pg_sleep(1.5)')
    const slow = run(['migrate', 'up', '--folder', folder])
    await new Promise((resolve) => setTimeout(resolve, 700))
    const { code, err } = await run(['migrate', 'up', '--folder', folder, '--lock-wait', '0'])
    expect(code).toBe(1)
    expect(err).toMatch(/Server process \d+ holds the lock/)
    expect((await slow).code).toBe(0)
  })

  it('says that a login or a database is not there', async () => {
    for (const [change, words] of [
      [{ username: 'nobody' }, 'refuses this login'],
      [{ pathname: '/no_such_database' }, 'no such database'],
    ] as const) {
      const url = new URL(database.ownerUrl)
      Object.assign(url, change)
      const { code, err } = await run(['migrate', 'plan', '--owner-url', url.href])
      expect(code).toBe(1)
      expect(err).toContain(words)
    }
  })
})
