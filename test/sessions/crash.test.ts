// The server is killed (SIGKILL, as a power cut would) between commit and answer, and in the middle of a crowd of
// refreshes. What was committed is there, what was not is undone, and every client goes on with the token it has.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { createRefreshTokens } from '../../src/core/sessions/refresh-token.ts'
import { startProxy, type TestProxy } from '../setup/proxy.ts'
import { type Server, startServer } from '../setup/server.ts'
import { migrateTemplate, withUrl } from '../setup/template.ts'
import { codeOf, makeWorld, tokensOf, type World } from './world.ts'

let server: Server
let proxy: TestProxy
let pool: pg.Pool
let world: World
beforeAll(async () => {
  server = await startServer({ settings: { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' } })
  await migrateTemplate(server.url)
  const admin = new pg.Client({ connectionString: server.url })
  await admin.connect()
  await admin.query(`create role app login password 'app' in role freehold_app`)
  await admin.end()
  proxy = await startProxy(withUrl(server.url, { user: 'app', password: 'app' }))
  pool = new pg.Pool({ connectionString: proxy.url(withUrl(server.url, { user: 'app', password: 'app' })), max: 8 })
  pool.on('error', () => undefined)
  // as long a grace as there may be: the machine may be slow to start a server again
  world = await makeWorld(postgres({ pool, listen: false }), { settings: { refreshGraceMs: 60_000 } })
}, 60_000)
afterAll(async () => {
  await pool?.end()
  await proxy?.close()
  await server?.stop()
})

it('killed between commit and answer: the retry gets the child that was lost (R03)', async () => {
  const { refresh } = world.first.sessions
  const { session, tokens } = await world.signIn()
  const token = tokensOf(await refresh(tokens.refreshToken))
  proxy.cut({ beforeAnswer: 1 })
  expect(await codeOf(refresh(token))).toBe('STORAGE_UNAVAILABLE')
  await server.crash()
  expect(await world.row(session.id)).toMatchObject({ generation: 2, retries: 0 })
  const child = tokensOf(await refresh(token))
  expect(await world.row(session.id)).toMatchObject({ generation: 2, retries: 1, revoked_at: null })
  expect(tokensOf(await refresh(child))).toBeDefined()
})

it('killed in the middle of a crowd: nobody loses a session', async () => {
  const clients = await Promise.all(Array.from({ length: 16 }, () => world.signIn()))
  const held = clients.map(({ tokens }) => tokens.refreshToken)
  const reached = clients.map(() => 0)
  let over = false
  const running = Promise.all(
    held.map(async (_, i) => {
      while (!over) {
        const code = await codeOf(
          world.first.sessions.refresh(held[i]!).then((answer) => {
            held[i] = tokensOf(answer)
            reached[i]!++
          }),
        )
        if (code) return expect(code).toBe('STORAGE_UNAVAILABLE')
      }
    }),
  )
  while (reached.some((count) => count < 2)) await new Promise((resolve) => setTimeout(resolve, 10))
  await server.crash()
  over = true
  await running
  for (const [i, { session }] of clients.entries()) {
    const { generation } = await world.row(session.id)
    // as the client knows it, or one further: the answer was lost, the commit was not
    expect([reached[i], reached[i]! + 1]).toContain(generation)
    expect(tokensOf(await world.first.sessions.refresh(held[i]!))).toBeDefined()
  }
})

it('its files, the write-ahead log among them, hold no token and no secret (S08)', async () => {
  const { refresh } = world.first.sessions
  const tokens = createRefreshTokens(world.first.context.keyring)
  const { tokens: opened, session } = await world.signIn()
  const child = tokensOf(await refresh(opened.refreshToken))
  const needles = [opened.refreshToken, child].flatMap((text) => {
    const secret = Buffer.from(tokens.parse(text)!.secret)
    return [text, text.slice(6), secret, secret.toString('hex'), secret.toString('base64url')]
  })
  const { current_hash } = await world.row(session.id)
  await server.crash()
  let found = 0
  for (const file of await readdir(server.directory, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue
    const bytes = await readFile(join(file.parentPath, file.name))
    if (bytes.includes(Buffer.from(current_hash))) found++
    for (const needle of [...needles, opened.accessToken]) expect(bytes.includes(needle)).toBe(false)
  }
  // the search finds what is there
  expect(found).toBeGreaterThan(0)
})
