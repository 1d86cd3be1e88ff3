// Verification in its three modes: what each knows, when it learns that a session ended, and what it does when the
// database cannot be asked.

import { beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { FreeholdError } from '../../src/core/kernel/errors.ts'
import type { VerificationMode } from '../../src/core/sessions/session.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import { codeOf, makeWorld, type Process, tokensOf, type World } from './world.ts'

const MINUTE = 60_000
const modes: readonly VerificationMode[] = ['signature', 'cached', 'database']

let now: number
/** Looked up, and whether the database answers. */
let database: { asked: number; down: boolean }
let world: World
let here: Process
let there: Process

beforeEach(async () => {
  now = Date.UTC(2026, 10, 22)
  database = { asked: 0, down: false }
  world = await makeWorld(fallible(memory({ clock: () => now })), { now: () => now })
  here = world.first
  there = world.process()
})

/** The same storage on a database that can go down. */
function fallible(storage: Storage): Storage {
  const tenant: Storage['tenant'] = (ref) => {
    const scope = storage.tenant(ref)
    const lookUpSession: typeof scope.verbs.lookUpSession = async (id) => {
      database.asked++
      if (database.down) throw new FreeholdError('STORAGE_UNAVAILABLE')
      return scope.verbs.lookUpSession(id)
    }
    return { ...scope, verbs: { ...scope.verbs, lookUpSession } }
  }
  return { ...storage, tenant }
}

const verify = (process: Process, token: string, mode: VerificationMode) => process.sessions.verify(token, { mode })
const code = (process: Process, token: string, mode: VerificationMode) => codeOf(verify(process, token, mode))

it('each mode tells who it is; the database mode brings the rows', async () => {
  const { session, tokens, userId } = await world.signIn()
  const known = {
    tenant: { id: world.tenant.id },
    principal: { kind: 'user', id: userId },
    session: { id: session.id, generation: 0 },
    assurance: { level: 1, authenticatedAt: new Date(now) },
    expiresAt: new Date(now + 10 * MINUTE),
  }
  expect(await verify(here, tokens.accessToken, 'signature')).toEqual(known)
  expect(await verify(here, tokens.accessToken, 'cached')).toEqual(known)
  const { rows, accessVersions, ...rest } = await verify(here, tokens.accessToken, 'database')
  expect(rest).toEqual(known)
  expect(accessVersions).toEqual({ tenant: 0, principal: 1 })
  expect(rows).toMatchObject({ session: { id: session.id }, user: { id: userId, status: 'active' } })
  expect(rows?.user).not.toHaveProperty('password_hash')
  expect(database.asked).toBe(2)
})

it('is cached unless told otherwise', async () => {
  const { tokens } = await world.signIn()
  await here.sessions.verify(tokens.accessToken)
  await here.sessions.verify(tokens.accessToken)
  expect(database.asked).toBe(1)
  const strict = world.process({ settings: { verification: 'database' } })
  expect((await strict.sessions.verify(tokens.accessToken)).rows).toBeDefined()
})

it.each(modes)('%s: an expired token is told apart from one that is not ours', async (mode) => {
  const { tokens } = await world.signIn()
  expect(await code(here, `${tokens.accessToken}x`, mode)).toBe('TOKEN_INVALID')
  now += 10 * MINUTE + 5_000
  expect(await code(here, tokens.accessToken, mode)).toBe('TOKEN_EXPIRED')
})

it('the access token of before a refresh goes on until it expires', async () => {
  const { tokens } = await world.signIn()
  await here.sessions.refresh(tokens.refreshToken)
  for (const mode of modes) expect(await code(here, tokens.accessToken, mode)).toBeUndefined()
})

it('an access token does not outlive its session', async () => {
  const short = world.process({ settings: { idleTimeoutMs: MINUTE } })
  const { tokens } = (await short.open(await world.newUser()))!
  expect(tokens).toMatchObject({ accessTokenExpiresInMs: MINUTE, refreshTokenExpiresInMs: MINUTE })
  now += MINUTE + 5_000
  expect(await code(here, tokens.accessToken, 'signature')).toBe('TOKEN_EXPIRED')
})

it('an access token of an epoch that a restored database has not reached is over', async () => {
  const { userId, session, tokens } = await world.signIn()
  await there.tenantSessions.revokeOthers(userId, session.id)
  const next = await there.sessions.refresh(tokens.refreshToken)
  if (!next.ok) throw new Error(next.reason)
  const { accessToken } = next.tokens
  for (const mode of modes) expect(await code(here, accessToken, mode)).toBeUndefined()
  await world.scope.records.update('users', { id: userId }, { session_epoch: 0 })
  await world.scope.records.update('sessions', { user_id: userId }, { epoch: 0 })
  expect(await code(here, accessToken, 'database')).toBe('SESSION_ENDED')
  now += 10_000
  expect(await code(here, accessToken, 'cached')).toBe('SESSION_ENDED')
  // older tokens of the same session are as good as the row
  expect(await code(here, tokens.accessToken, 'database')).toBeUndefined()
})

it('there is no other mode', async () => {
  const { tokens } = await world.signIn()
  expect(await code(here, tokens.accessToken, 'none' as never)).toBe('INPUT_INVALID')
})

describe('after a session ended (S02, S09)', () => {
  const endings: [string, (it: Awaited<ReturnType<World['signIn']>>) => Promise<unknown>][] = [
    ['signed out', ({ tokens }) => there.sessions.end(tokens.refreshToken)],
    ['revoked', ({ session }) => there.tenantSessions.revoke(session.id)],
    ['signed out everywhere', ({ userId }) => there.tenantSessions.revokeAll(userId)],
    ['user disabled', ({ userId }) => world.scope.records.update('users', { id: userId }, { status: 'disabled' })],
    ['user removed', ({ userId }) => world.scope.records.remove('users', { id: userId })],
  ]
  it.each(endings)('%s: the database mode knows at once, the cached mode within 10 s', async (_, end) => {
    const signedIn = await world.signIn()
    const { accessToken } = signedIn.tokens
    for (const mode of modes) await verify(here, accessToken, mode)
    await end(signedIn)
    expect(await code(here, accessToken, 'database')).toBe('SESSION_ENDED')
    now += 10_000
    expect(await code(here, accessToken, 'cached')).toBe('SESSION_ENDED')
    expect(await code(here, accessToken, 'signature')).toBeUndefined()
  })

  it.each(endings.slice(0, 3))(
    '%s: the process that did it knows at once, and others when they hear',
    async (_, end) => {
      const signedIn = await world.signIn()
      const { accessToken } = signedIn.tokens
      for (const process of [here, there]) await verify(process, accessToken, 'cached')
      const stop = await world.first.context.storage.subscribe({
        onNotice: (notice) => here.room.forget(notice),
        onGap: () => undefined,
      })
      await end(signedIn)
      expect(await code(there, accessToken, 'cached')).toBe('SESSION_ENDED')
      await Promise.resolve()
      expect(await code(here, accessToken, 'cached')).toBe('SESSION_ENDED')
      await stop()
    },
  )

  it('a process that may have missed a notice asks again', async () => {
    const { tokens } = await world.signIn()
    await verify(here, tokens.accessToken, 'cached')
    await there.sessions.end(tokens.refreshToken)
    expect(await code(here, tokens.accessToken, 'cached')).toBeUndefined()
    here.room.forgetAll()
    expect(await code(here, tokens.accessToken, 'cached')).toBe('SESSION_ENDED')
  })

  it('a replayed refresh token denies the access tokens of its family at once (R04)', async () => {
    const { tokens } = await world.signIn()
    const child = await here.sessions.refresh(tokens.refreshToken)
    if (!child.ok) throw new Error(child.reason)
    for (const token of [tokens.accessToken, child.tokens.accessToken]) await verify(here, token, 'cached')
    now += 10_000
    await here.sessions.refresh(tokens.refreshToken)
    for (const token of [tokens.accessToken, child.tokens.accessToken])
      expect(await code(here, token, 'cached')).toBe('SESSION_ENDED')
  })
})

describe('while the database is down (S06)', () => {
  it('the cached mode answers what it knows, for 10 s, and then fails; nobody is revived', async () => {
    const live = await world.signIn()
    const ended = await world.signIn()
    for (const { tokens } of [live, ended]) await verify(here, tokens.accessToken, 'cached')
    await here.sessions.end(ended.tokens.refreshToken)
    database.down = true
    expect(await code(here, live.tokens.accessToken, 'cached')).toBeUndefined()
    expect(await code(here, ended.tokens.accessToken, 'cached')).toBe('SESSION_ENDED')
    now += 10_000
    expect(await code(here, live.tokens.accessToken, 'cached')).toBe('STORAGE_UNAVAILABLE')
    expect(await code(here, ended.tokens.accessToken, 'cached')).toBe('STORAGE_UNAVAILABLE')
    database.down = false
    here.room.forgetAll()
    expect(await code(here, live.tokens.accessToken, 'cached')).toBeUndefined()
    expect(await code(here, ended.tokens.accessToken, 'cached')).toBe('SESSION_ENDED')
  })

  it('the database mode fails, and the signature mode does not ask', async () => {
    const { tokens } = await world.signIn()
    database.down = true
    expect(await code(here, tokens.accessToken, 'database')).toBe('STORAGE_UNAVAILABLE')
    expect(await code(here, tokens.accessToken, 'signature')).toBeUndefined()
  })
})

it('a suspended or deleted tenant is told by name', async () => {
  const { tokens } = await world.signIn()
  await verify(here, tokens.accessToken, 'cached')
  const { records } = here.context.storage.system
  for (const [status, expected] of [
    ['suspended', 'TENANT_SUSPENDED'],
    ['deleted', 'TENANT_DELETED'],
    ['moving', 'TENANT_MOVING'],
  ] as const) {
    await records.update('tenants', { id: world.tenant.id }, { status })
    here.directory.forget(world.tenant.id)
    for (const mode of ['cached', 'database'] as const)
      expect(await code(here, tokens.accessToken, mode)).toBe(expected)
  }
})

it('a new sign-in is a new session, and leaves the old one as it was (S01)', async () => {
  const { session, tokens, userId } = await world.signIn()
  const again = (await here.open(userId))!
  expect(again.session.id).not.toBe(session.id)
  expect(tokensOf(await here.sessions.refresh(tokens.refreshToken))).toBeDefined()
})

it('the keys that are published verify, and have no secret part', () => {
  const { keys } = here.sessions.jwks()
  expect(keys).toEqual([
    { kty: 'OKP', crv: 'Ed25519', x: expect.stringMatching(/^[\w-]{43}$/), kid: 'k1', alg: 'EdDSA', use: 'sig' },
  ])
})
