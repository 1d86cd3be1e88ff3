// Two demos at once: on one database, started with the owner's password in the URL and without, and on two.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Visitor } from '../../examples/notes/tour/visitor.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { build, type Run, start } from './run.ts'

const MAIN = 'examples/hono/main.ts'
const ANA = { email: 'ana@acme.test', password: 'a kettle orbits quietly' }

describe('two demos at once', () => {
  let databases: TestDatabase[]
  const running: Run[] = []
  async function demo(url: string, env: Record<string, string> = {}): Promise<Run> {
    const run = await start(MAIN, [], { DATABASE_URL: url, ...env })
    running.push(run)
    await run.said('Ctrl-C ends')
    return run
  }
  async function signedIn({ port }: Run): Promise<Visitor> {
    const visitor = new Visitor(port, 'acme')
    const { status } = await visitor.post('/auth/sign-in', ANA)
    expect(status).toBe(200)
    return visitor
  }
  /** The second of the two needs a connection that is not open yet. */
  async function refreshTwice(visitor: Visitor): Promise<number[]> {
    const tabs = await Promise.all([visitor.post('/auth/refresh'), visitor.post('/auth/refresh')])
    return tabs.map(({ status }) => status)
  }

  beforeAll(async () => {
    build()
    databases = [await createTestDatabase({ empty: true }), await createTestDatabase({ empty: true })]
  }, 120_000)
  afterAll(async () => {
    for (const run of running) run.stop()
    for (const run of running) expect(await run.ended, run.output).toBe(0)
    for (const database of databases) await database.close()
  }, 60_000)

  it('do not lock each other out, on one database or on two', async () => {
    const [one, two] = databases as [TestDatabase, TestDatabase]
    const first = await demo(one.ownerUrl)
    const atFirst = await signedIn(first)
    // the owner's password is told another way, and is no part of what the demos agree on
    const bare = new URL(one.ownerUrl)
    const { password } = bare
    bare.password = ''
    const second = await demo(bare.href, { PGPASSWORD: password })
    const third = await demo(two.ownerUrl)

    expect(await refreshTwice(atFirst)).toEqual([200, 200])
    for (const run of [second, third]) expect(await refreshTwice(await signedIn(run))).toEqual([200, 200])
    expect((await atFirst.get('/auth/me')).status).toBe(200)
  }, 120_000)

  it('keep their password where the app cannot read it', async () => {
    const [one] = databases as [TestDatabase]
    const { rows } = await one.ownerPool.query('select password from freehold_demo_login')
    expect(rows).toHaveLength(1)
    const logins = await one.admin(
      "select has_table_privilege(oid, 'freehold_demo_login', 'select') as reads from pg_roles where rolname like 'freehold_demo_app_%'",
    )
    expect(logins).toEqual(logins.map(() => ({ reads: false })))
    expect(logins.length).toBeGreaterThanOrEqual(2)
  })
})
