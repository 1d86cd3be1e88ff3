// The connection is cut at every moment of a refresh, a sign-in and a sign-out: no session is lost, nothing happens
// twice, and what the database holds afterwards contains no token.

import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { createRefreshTokens } from '../../src/core/sessions/refresh-token.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { startProxy, type TestProxy } from '../setup/proxy.ts'
import { codeOf, makeWorld, tokensOf, type World } from './world.ts'

let database: TestDatabase
let proxy: TestProxy
let pool: pg.Pool
let world: World
beforeAll(async () => {
  database = await createTestDatabase()
  proxy = await startProxy(database.appUrl)
  pool = new pg.Pool({ connectionString: proxy.url(database.appUrl), max: 4 })
  pool.on('error', () => undefined)
  world = await makeWorld(postgres({ pool, listen: false }))
})
afterAll(async () => {
  await pool.end()
  await proxy.close()
  await database.close()
})

/** A session that has refreshed before, so that statements are prepared and the tenant is known. */
async function warm() {
  const { session, tokens, userId } = await world.signIn()
  const token = tokensOf(await world.first.sessions.refresh(tokens.refreshToken))
  return { id: session.id, token, userId }
}

const refresh = (token: string) => world.first.sessions.refresh(token)

it('a refresh is one round trip, its retry two', async () => {
  const { token } = await warm()
  proxy.reset()
  await refresh(token)
  expect(proxy.roundTrips).toBe(1)
  await refresh(token)
  expect(proxy.roundTrips).toBe(3)
})

it('a check against the database is one round trip, a cached one none', async () => {
  const { tokens } = await world.signIn()
  const { verify } = world.first.sessions
  proxy.reset()
  await verify(tokens.accessToken, { mode: 'database' })
  await verify(tokens.accessToken, { mode: 'database' })
  expect(proxy.roundTrips).toBe(2)
  for (let i = 0; i < 5; i++) await verify(tokens.accessToken)
  expect(proxy.roundTrips).toBe(3)
})

describe('the connection is cut at a refresh (R03)', () => {
  it('before the statement arrives: the token is still the current one', async () => {
    const { id, token } = await warm()
    proxy.cut({ beforeSend: 1 })
    expect(await codeOf(refresh(token))).toBe('STORAGE_UNAVAILABLE')
    expect(await world.row(id)).toMatchObject({ generation: 1 })
    expect(tokensOf(await refresh(token))).toBeDefined()
    expect(await world.row(id)).toMatchObject({ generation: 2, retries: 0 })
  })

  it('after the commit, before the answer: the retry gets the child that was lost', async () => {
    const { id, token } = await warm()
    proxy.cut({ beforeAnswer: 1 })
    expect(await codeOf(refresh(token))).toBe('STORAGE_UNAVAILABLE')
    expect(await world.row(id)).toMatchObject({ generation: 2, retries: 0 })
    const child = tokensOf(await refresh(token))
    expect(await world.row(id)).toMatchObject({ generation: 2, retries: 1 })
    expect(tokensOf(await refresh(token))).toBe(child)
    expect(tokensOf(await refresh(child))).toBeDefined()
  })

  it('anywhere in the answer: whatever was heard, the session goes on', async () => {
    const { id, token: first } = await warm()
    let token = first
    const cuts = new Set<string | undefined>()
    for (let bytes = 1; bytes < 1_200; bytes += 83) {
      proxy.cut({ afterBytes: bytes })
      const heard = await codeOf(refresh(token))
      expect([undefined, 'STORAGE_UNAVAILABLE']).toContain(heard)
      cuts.add(heard)
      // an answer that was shorter leaves the cut for later
      proxy.cut({ afterBytes: 1e9 })
      token = tokensOf(await refresh(token))
    }
    expect(cuts.size).toBe(2)
    expect(await world.row(id)).toMatchObject({ revoked_at: null })
  })

  it('of many at once: everyone can come again, and there is one child', async () => {
    const { id, token } = await warm()
    const all = Promise.allSettled(Array.from({ length: 12 }, () => refresh(token)))
    setTimeout(() => proxy.cutAll(), 3)
    await all
    const children = await Promise.all(Array.from({ length: 12 }, async () => tokensOf(await refresh(token))))
    expect(new Set(children).size).toBe(1)
    expect(await world.row(id)).toMatchObject({ generation: 2, revoked_at: null })
  })

  it('while reuse is judged: it is told or told later, and the event is there once', async () => {
    const { id, token } = await warm()
    await refresh(token)
    await database.admin(`update freehold.sessions set rotated_at = rotated_at - interval '11 s' where id = $1`, [id])
    const told = async () => {
      const events = (await world.events()).filter((event) => event.session_id === id)
      const audited = await world.scope.records.find('audit_events', {
        where: { resource_type: 'session', resource_id: id, outcome: 'denied' },
        limit: 10,
      })
      return [events.map(({ kind }) => kind), audited.map(({ action }) => action)]
    }
    // two round trips until it is suspect, two more until the family is ended, and the answer of the last is lost
    proxy.cut({ beforeAnswer: 4 })
    expect(await codeOf(refresh(token))).toBe('STORAGE_UNAVAILABLE')
    expect(await told()).toEqual([[], []])
    // the fifth is COMMIT
    proxy.cut({ beforeAnswer: 5 })
    expect(await codeOf(refresh(token))).toBe('STORAGE_UNAVAILABLE')
    expect(await refresh(token)).toEqual({ ok: false, reason: 'ended', clear: true })
    expect(await told()).toEqual([['refresh-reuse'], ['session.refresh_reused']])
  })
})

it('the connection is cut at a sign-out: it is done or not done, and can be done again', async () => {
  const done = new Set<boolean>()
  for (const moment of [{ beforeSend: 2 }, { beforeSend: 3 }, { beforeAnswer: 2 }, { beforeAnswer: 3 }]) {
    const { id, token } = await warm()
    proxy.cut(moment)
    expect(['STORAGE_UNAVAILABLE', 'TRANSACTION_LOST']).toContain(await codeOf(world.first.sessions.end(token)))
    const over = (await world.row(id)).revoked_at !== null
    done.add(over)
    expect(await world.first.sessions.end(token)).toBe(!over)
    expect(await refresh(token)).toMatchObject({ reason: 'ended', clear: true })
  }
  expect(done).toEqual(new Set([true, false]))
})

it('the connection is cut at a sign-in: the session that nobody holds harms nobody', async () => {
  const userId = await world.newUser()
  expect(await world.first.open(userId)).toBeDefined()
  // the user is read, and everything else is one
  proxy.cut({ beforeAnswer: 2 })
  expect(await codeOf(world.first.open(userId))).toBe('STORAGE_UNAVAILABLE')
  expect((await world.first.tenantSessions.list(userId)).items).toHaveLength(2)
  expect(await world.first.tenantSessions.revokeAll(userId)).toBe(2)
})

it('the database is away: nothing is answered, and nothing is lost', async () => {
  const { token } = await warm()
  proxy.refusing = true
  proxy.cutAll()
  expect(await codeOf(refresh(token))).toBe('STORAGE_UNAVAILABLE')
  proxy.refusing = false
  expect(tokensOf(await refresh(token))).toBeDefined()
})

it('a dump of the database holds no token and no secret (S08)', async () => {
  const needles: string[] = []
  const tokens = createRefreshTokens(world.first.context.keyring)
  const { tokens: opened } = await world.signIn()
  let token = opened.refreshToken
  for (let i = 0; i < 4; i++) {
    const { secret } = tokens.parse(token)!
    const bytes = Buffer.from(token.slice(6), 'base64url')
    needles.push(token, token.slice(6), ...[Buffer.from(secret), bytes].map((it) => it.toString('hex')))
    const answer = await refresh(token)
    needles.push(answer.ok ? answer.tokens.accessToken : '?')
    token = tokensOf(answer)
  }
  const dump = await dumpOf(database)
  expect(dump).toContain(world.tenant.id)
  expect(dump).toMatch(/\\\\x[0-9a-f]{64}/)
  for (const needle of needles) expect(dump.includes(needle)).toBe(false)
})

/** Every row of every table, as text. */
async function dumpOf({ admin }: TestDatabase): Promise<string> {
  const tables = await admin(
    `select oid::regclass::text as name from pg_class where relkind in ('r', 'm') and relnamespace <> 'pg_catalog'::regnamespace`,
  )
  const parts = await Promise.all(tables.map(({ name }) => admin(`select t::text from ${name} t`)))
  return parts.flatMap((rows) => rows.map(({ t }) => t as string)).join('\n')
}
