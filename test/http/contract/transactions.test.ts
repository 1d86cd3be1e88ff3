import type { Kysely } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../../src/adapters/postgres/index.ts'
import type { User } from '../../../src/core/identity/user.ts'
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts'
import type { Browser } from './browser.ts'
import type { HostTables } from './host.ts'
import { FRAMEWORKS, openWorld, PASSWORD, type World } from './world.ts'

describe.each(FRAMEWORKS)("a request's transaction on %s", (framework) => {
  let database: TestDatabase
  let world: World
  let user: User
  let browser: Browser
  beforeAll(async () => {
    database = await createTestDatabase({ connections: 2 })
    await database.ownerPool.query(`
      create table notes (
        tenant_id uuid not null,
        id uuid not null default gen_random_uuid(),
        body text not null,
        primary key (tenant_id, id)
      );
      select freehold.protect_table('notes')`)
    world = await openWorld(framework, {
      storage: postgres<unknown>({ pool: database.appPool, listen: false }),
      tenants: { baseDomains: ['example.test'], trustedProxies: 1 },
    })
    user = await world.user(world.acme)
    browser = world.browser('acme')
    await browser.signIn(user.email, PASSWORD)
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
    await database.close()
  })

  const notes = () =>
    world.acme.transaction(async (tx) => {
      const rows = await (tx.db as Kysely<HostTables>).selectFrom('notes').select('body').execute()
      return rows.map(({ body }) => body)
    })
  const events = async (requestId: string) => {
    const { items } = await world.acme.audit.list()
    return items.filter(({ actor }) => actor.requestId === requestId)
  }

  it("commits Freehold's change, the host's row and both audit events, in the name of who asked", async () => {
    const headers = { 'x-request-id': 'request-1', 'x-forwarded-for': '203.0.113.9' }
    const answer = await browser.post('/rename', { name: 'Ana', note: 'first' }, { headers })
    expect([answer.status, answer.json]).toEqual([200, { name: 'Ana' }])
    expect([(await world.acme.users.get(user)).name, await notes()]).toEqual(['Ana', ['first']])
    const { session } = (await browser.get('/auth/me')).json
    const actor = {
      type: 'user',
      id: user.id,
      sessionId: session.id,
      requestId: 'request-1',
      ip: '203.0.113.9',
      userAgent: 'contract test',
    }
    const written = await events('request-1')
    expect(written.map(({ action }) => action).sort()).toEqual(['person.renamed', 'user.updated'])
    for (const event of written) expect(event.actor).toEqual(actor)
  })

  it('rolls all of it back when the handler throws in the end', async () => {
    const headers = { 'x-request-id': 'request-2' }
    const answer = await browser.post('/rename', { name: 'Eve', note: 'second', fails: true }, { headers })
    expect([answer.status, answer.json.code]).toEqual([422, 'INPUT_INVALID'])
    expect([(await world.acme.users.get(user)).name, await notes()]).toEqual(['Ana', ['first']])
    expect(await events('request-2')).toEqual([])
    // the connection went back in order
    expect((await browser.post('/rename', { name: 'Ana' })).status).toBe(200)
  })

  it('makes a request id where a proxy sent none, or none that can be written down', async () => {
    const ids: string[] = []
    for (const sent of [undefined, '', 'two words', 'ü', 'x'.repeat(201)]) {
      const { json } = await browser.get('/public', sent === undefined ? {} : { headers: { 'x-request-id': sent } })
      ids.push(json.requestId)
    }
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe.each(FRAMEWORKS)('without a trusted proxy, on %s', (framework) => {
  it("believes no client's request id", async () => {
    await using world = await openWorld(framework)
    const { json } = await world.browser('acme').get('/public', { headers: { 'x-request-id': 'forged' } })
    expect(json.requestId).toMatch(/^[0-9a-f]{8}-/)
  })
})
