// Races on a real PostgreSQL with many connections. Where it matters, everybody is made to wait for one row first,
// so that the statements meet and look at the row as the winner left it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { Refreshed } from '../../src/core/sessions/session.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { heldUp as heldUpBy } from '../setup/held.ts'
import { codeOf, makeWorld, tokensOf, type World } from './world.ts'

let database: TestDatabase
let world: World
beforeAll(async () => {
  database = await createTestDatabase({ connections: 30 })
  world = await makeWorld(postgres({ pool: database.appPool, listen: false }))
})
afterAll(() => database.close())

const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))
const reasons = (answers: readonly Refreshed[]) => answers.map((it) => (it.ok ? 'ok' : it.reason))
const count = (list: readonly string[], what: string) => list.filter((it) => it === what).length

/** While the row is held, so many of the work's statements wait for it. */
const heldUp = <T>(table: 'sessions' | 'users', id: string, waiting: number, work: () => Promise<T>): Promise<T> =>
  heldUpBy(database, { tenantId: world.tenant.id, table, id }, { waiting }, work)

/** Makes the last rotation of a session older. */
const age = (id: string, ms: number) =>
  database.admin(`update freehold.sessions set rotated_at = rotated_at - $2 * interval '1 ms' where id = $1`, [id, ms])

it('1,000 concurrent refreshes of one token: one new generation, the same child for all (R01)', async () => {
  const { session, tokens } = await world.signIn()
  const { refresh } = world.process({ settings: { refreshRetryCap: 2_000 } }).sessions
  const answers = await Promise.all(times(1_000, () => refresh(tokens.refreshToken)))
  const children = new Set(answers.map(tokensOf))
  expect(children.size).toBe(1)
  expect(await world.row(session.id)).toMatchObject({ generation: 1, retries: 999, revoked_at: null })
  expect(tokensOf(await refresh([...children][0]!))).toBeDefined()
}, 60_000)

it('1,000 at once under the default cap: one new generation, 101 answers, the rest told to wait, and the family lives (R01)', async () => {
  const { session, tokens } = await world.signIn()
  // a grace that outlasts a slow machine
  const { refresh } = world.process({ settings: { refreshGraceMs: 60_000 } }).sessions
  const answers = await Promise.all(times(1_000, () => refresh(tokens.refreshToken)))
  expect([count(reasons(answers), 'ok'), count(reasons(answers), 'throttled')]).toEqual([101, 899])
  expect(answers.every((it) => it.ok || !it.clear)).toBe(true)
  const children = new Set(answers.filter(({ ok }) => ok).map(tokensOf))
  expect(children.size).toBe(1)
  expect(await world.row(session.id)).toMatchObject({ generation: 1, retries: 100, revoked_at: null })
  expect(tokensOf(await refresh([...children][0]!))).toBeDefined()
}, 60_000)

it('30 that all wait for the row: one rotates, the rest look again and repeat (R01, R02)', async () => {
  const { session, tokens } = await world.signIn()
  let token = tokens.refreshToken
  for (let generation = 1; generation <= 3; generation++) {
    const all = () => Promise.all(times(20, () => world.first.sessions.refresh(token)))
    const children = new Set((await heldUp('sessions', session.id, 20, all)).map(tokensOf))
    expect(children.size).toBe(1)
    expect(await world.row(session.id)).toMatchObject({ generation, retries: 19 })
    token = [...children][0]!
  }
})

it('a burst over the cap is told to wait, and the family lives', async () => {
  const { session, tokens } = await world.signIn()
  const { refresh } = world.process({ settings: { refreshRetryCap: 10 } }).sessions
  const all = () => Promise.all(times(25, () => refresh(tokens.refreshToken)))
  const answers = await heldUp('sessions', session.id, 25, all)
  expect([count(reasons(answers), 'ok'), count(reasons(answers), 'throttled')]).toEqual([11, 14])
  const child = tokensOf(answers.find(({ ok }) => ok)!)
  expect(tokensOf(await refresh(child))).toBeDefined()
})

it('a token replayed many times at once: revoked once, one event (R04)', async () => {
  const { session, tokens } = await world.signIn()
  const { refresh } = world.first.sessions
  const child = tokensOf(await refresh(tokens.refreshToken))
  await age(session.id, 10_000)
  // the thief and the owner at the same moment
  const all = () => Promise.all(times(20, (n) => refresh(n === 10 ? child : tokens.refreshToken)))
  const answers = await heldUp('sessions', session.id, 20, all)
  expect(count(reasons(answers), 'reused')).toBe(1)
  expect(answers.every((it) => it.ok || it.clear)).toBe(true)
  const events = (await world.events()).filter((event) => event.session_id === session.id)
  expect(events.map(({ kind }) => kind)).toEqual(['refresh-reuse'])
  for (const answer of answers) {
    if (answer.ok) expect(await refresh(answer.tokens.refreshToken)).toMatchObject({ reason: 'ended', clear: true })
  }
})

it('ending a session while it refreshes: what was minted does not work', async () => {
  const { session, tokens, userId } = await world.signIn()
  const { sessions, tenantSessions } = world.first
  const all = () =>
    Promise.all([
      ...times(9, () => sessions.refresh(tokens.refreshToken)),
      tenantSessions.revoke(session.id),
      ...times(9, () => sessions.refresh(tokens.refreshToken)),
    ])
  const answers = (await heldUp('sessions', session.id, 19, all)).filter((it) => it !== undefined)
  for (const answer of answers) {
    if (!answer.ok) expect(answer).toEqual({ ok: false, reason: 'ended', clear: true })
    else expect(await sessions.refresh(answer.tokens.refreshToken)).toMatchObject({ reason: 'ended' })
  }
  expect((await tenantSessions.list(userId)).items).toEqual([])
})

describe('signing out everywhere, racing refreshes and sign-ins (R15)', () => {
  const stillWorks = async (answer: Refreshed) => {
    if (!answer.ok) return false
    const code = await codeOf(world.first.sessions.verify(answer.tokens.accessToken, { mode: 'database' }))
    return code === undefined || (await world.first.sessions.refresh(answer.tokens.refreshToken)).ok
  }

  it.each(['as they come', 'all waiting for the user'])('nothing minted in the race works: %s', async (how) => {
    const userId = await world.newUser()
    const open = async () => (await world.first.open(userId, 0))!
    const before = await Promise.all(times(10, open))
    const { sessions, tenantSessions, open: signIn } = world.first
    const race = () =>
      Promise.all([
        Promise.all(before.map(({ tokens }) => sessions.refresh(tokens.refreshToken))),
        Promise.all(times(5, () => signIn(userId, 0))),
        tenantSessions.revokeAll(userId),
        Promise.all(before.map(({ tokens }) => sessions.refresh(tokens.refreshToken))),
        Promise.all(times(5, () => signIn(userId, 0))),
      ])
    const [early, opened, , late, openedLate] = await (how === 'as they come'
      ? race()
      : heldUp('users', userId, 1, race))
    for (const answer of [...early, ...late]) expect(await stillWorks(answer)).toBe(false)
    for (const it of [...opened, ...openedLate]) {
      if (!it) continue
      const { accessToken, refreshToken } = it.tokens
      expect(await codeOf(sessions.verify(accessToken, { mode: 'database' }))).toBe('SESSION_ENDED')
      expect(await sessions.refresh(refreshToken)).toEqual({ ok: false, reason: 'ended', clear: true })
    }
    expect((await tenantSessions.list(userId)).items).toEqual([])
    expect(await signIn(userId)).toBeDefined()
  })
})

it('signing out all others while the kept one refreshes: it goes on, and nobody else does', async () => {
  const userId = await world.newUser()
  const { open, sessions, tenantSessions } = world.first
  const [kept, ...others] = await Promise.all(times(4, async () => (await open(userId))!))
  let token = kept!.tokens.refreshToken
  for (let round = 0; round < 4; round++) {
    const race = () =>
      Promise.all([
        sessions.refresh(token),
        tenantSessions.revokeOthers(userId, kept!.session.id),
        sessions.refresh(token),
      ])
    const [first, , second] = await heldUp('sessions', kept!.session.id, 3, race)
    expect(tokensOf(first)).toBe(tokensOf(second))
    token = tokensOf(first)
  }
  for (const { tokens } of others) expect(await sessions.refresh(tokens.refreshToken)).toMatchObject({ ok: false })
  expect((await tenantSessions.list(userId)).items.map(({ id }) => id)).toEqual([kept!.session.id])
})
