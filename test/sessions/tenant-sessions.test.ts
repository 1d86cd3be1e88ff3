// The sessions of a tenant's users: listed, read, ended; and what the world outside may not see of them.

import { beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { SessionId, UserId } from '../../src/core/kernel/ids.ts'
import { createSessionIssuer } from '../../src/core/sessions/issue.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import { makeTenantContext } from '../setup/context.ts'
import { codeOf, issue, makeWorld, tokensOf, type World } from './world.ts'

let now: number
let storage: Storage
let world: World

beforeEach(async () => {
  now = Date.UTC(2026, 10, 22)
  storage = memory({ clock: () => now })
  world = await makeWorld(storage, { now: () => now })
})

/** One user's sessions, oldest first. */
async function signIns(count: number) {
  const userId = await world.newUser()
  const opened = []
  for (let i = 0; i < count; i++) {
    now += 1
    opened.push((await world.first.open(userId))!)
  }
  return { userId, opened, ids: opened.map(({ session }) => session.id) }
}

const listed = async (userId: UserId) => (await world.first.tenantSessions.list(userId)).items.map(({ id }) => id)

describe('the list', () => {
  it('has the live sessions of that user, newest first, page by page', async () => {
    const { userId, ids } = await signIns(5)
    await signIns(1)
    expect(await listed(userId)).toEqual(ids.toReversed())
    const pages = []
    let cursor: string | null | undefined
    while (cursor !== null) {
      const page = await world.first.tenantSessions.list({ id: userId }, { limit: 2, ...(cursor ? { cursor } : {}) })
      pages.push(page.items.map(({ id }) => id))
      cursor = page.next
    }
    expect(pages).toEqual([ids.slice(3).toReversed(), ids.slice(1, 3).toReversed(), ids.slice(0, 1)])
  })

  it('leaves out what is revoked, expired, or of an epoch that has passed', async () => {
    const { userId, ids } = await signIns(3)
    await world.first.tenantSessions.revoke(ids[0]!)
    await world.scope.records.update('sessions', { id: ids[1]! }, { idle_expires_at: new Date(now) })
    now += 1
    expect(await listed(userId)).toEqual([ids[2]])
    await world.scope.records.update('users', { id: userId }, { session_epoch: { add: 1 } })
    expect(await listed(userId)).toEqual([])
  })

  it('shows no hash, nonce or key', async () => {
    const { userId } = await signIns(1)
    const [session] = (await world.first.tenantSessions.list(userId)).items
    expect(Object.keys(session!).filter((name) => /hash|nonce|key|epoch/i.test(name))).toEqual([])
    expect(session).toMatchObject({ ip: '127.0.0.1', userAgent: 'test', authenticationMethods: ['pwd'] })
  })

  it('refuses what is no id or no cursor, and is empty for a stranger', async () => {
    const { userId } = await signIns(1)
    const { list } = world.first.tenantSessions
    expect(await codeOf(list('nobody' as UserId))).toBe('ID_INVALID')
    expect(await codeOf(list(null as unknown as UserId))).toBe('ID_INVALID')
    expect(await codeOf(list(userId, { cursor: 'x' }))).toBe('CURSOR_INVALID')
    expect(await codeOf(list(userId, { limit: 0 }))).toBe('INPUT_INVALID')
    expect(await listed(world.tenant.id as string as UserId)).toEqual([])
  })
})

describe('ending', () => {
  it('one: it and no other, as often as it is asked', async () => {
    const { userId, ids, opened } = await signIns(2)
    await world.first.tenantSessions.revoke(ids[0]!)
    await world.first.tenantSessions.revoke(ids[0]!)
    expect(await listed(userId)).toEqual([ids[1]])
    expect(await world.row(ids[0]!)).toMatchObject({ revoke_reason: 'revoked' })
    const answer = await world.first.sessions.refresh(opened[0]!.tokens.refreshToken)
    expect(answer).toEqual({ ok: false, reason: 'ended', clear: true })
    expect((await world.first.tenantSessions.get(ids[0]!)).revokeReason).toBe('revoked')
  })

  it('one that does not exist, or of another tenant, is unknown (A09)', async () => {
    const { ids } = await signIns(1)
    const globex = await makeWorld(storage, { now: () => now })
    for (const act of [globex.first.tenantSessions.revoke, globex.first.tenantSessions.get]) {
      expect(await codeOf(act(ids[0]!))).toBe('SESSION_UNKNOWN')
      expect(await codeOf(act('x' as SessionId))).toBe('ID_INVALID')
    }
    expect(await world.row(ids[0]!)).toMatchObject({ revoked_at: null })
  })

  it('all: every one of that user, and a sign-in that was under way', async () => {
    const { userId, opened } = await signIns(3)
    const other = await world.signIn()
    expect(await world.first.tenantSessions.revokeAll(userId)).toBe(3)
    expect(await world.first.tenantSessions.revokeAll(userId)).toBe(0)
    expect(await world.first.open(userId, 0)).toBeUndefined()
    for (const { tokens } of opened)
      expect(await codeOf(world.first.sessions.verify(tokens.accessToken))).toBe('SESSION_ENDED')
    await expect(world.first.sessions.verify(other.tokens.accessToken)).resolves.toBeDefined()
    expect(await world.first.open(userId)).toBeDefined()
  })

  it('the others: the one that is kept goes on, refreshing too', async () => {
    const { userId, opened, ids } = await signIns(3)
    const { verify, refresh } = world.first.sessions
    for (const { tokens } of opened) await verify(tokens.accessToken)
    expect(await world.first.tenantSessions.revokeOthers(userId, ids[1]!)).toBe(2)
    expect(await listed(userId)).toEqual([ids[1]])
    expect(await world.first.open(userId, 0)).toBeUndefined()
    const kept = opened[1]!.tokens
    await expect(verify(kept.accessToken)).resolves.toBeDefined()
    expect(tokensOf(await refresh(kept.refreshToken))).toBeDefined()
    expect(await codeOf(verify(opened[0]!.tokens.accessToken))).toBe('SESSION_ENDED')
  })

  it('ends none when the one to keep is not of this user', async () => {
    const [mine, theirs] = [await signIns(2), await signIns(1)]
    for (const keep of [theirs.ids[0]!, world.first.context.runtime.newId() as SessionId]) {
      expect(await codeOf(world.first.tenantSessions.revokeOthers(mine.userId, keep))).toBe('SESSION_UNKNOWN')
    }
    expect(await listed(mine.userId)).toHaveLength(2)
  })

  it('what is rolled back is not ended, and nobody was told', async () => {
    const { opened, ids } = await signIns(1)
    const told: unknown[] = []
    const stop = await storage.subscribe({ onNotice: (notice) => told.push(notice), onGap: () => undefined })
    const work = world.scope.transaction(async (unit) => {
      await unit.verbs.endSessions({ userId: opened[0]!.session.userId, reason: 'revoked', only: ids[0]! })
      throw new RangeError('no')
    })
    await expect(work).rejects.toThrow('no')
    await stop()
    expect(told).toEqual([])
    await expect(world.first.sessions.verify(opened[0]!.tokens.accessToken)).resolves.toBeDefined()
  })
})

describe('signing out', () => {
  it('works once, with any token of the family', async () => {
    const { tokens, session } = await world.signIn()
    const { refresh, end, verify } = world.first.sessions
    await refresh(tokens.refreshToken)
    await verify(tokens.accessToken)
    expect(await end(tokens.refreshToken)).toBe(true)
    expect(await codeOf(verify(tokens.accessToken))).toBe('SESSION_ENDED')
    expect(await end(tokens.refreshToken)).toBe(false)
    expect(await world.row(session.id)).toMatchObject({ revoke_reason: 'signed-out' })
  })

  it('answers false to what is not a token of ours, or leads nowhere', async () => {
    const { tokens, userId } = await world.signIn()
    const { end } = world.first.sessions
    for (const it of ['', 'x', tokens.accessToken, `${tokens.refreshToken}=`, undefined]) {
      expect(await end(it as string)).toBe(false)
    }
    await world.scope.records.remove('users', { id: userId })
    expect(await end(tokens.refreshToken)).toBe(false)
  })

  it('works in a suspended tenant, and is over in one that is gone', async () => {
    const [one, two] = [await world.signIn(), await world.signIn()]
    const set = async (status: 'suspended' | 'deleted') => {
      await storage.system.records.update('tenants', { id: world.tenant.id }, { status })
      world.first.directory.forgetAll()
    }
    await set('suspended')
    expect(await world.first.sessions.end(one.tokens.refreshToken)).toBe(true)
    await set('deleted')
    expect(await world.first.sessions.end(two.tokens.refreshToken)).toBe(false)
  })
})

it('what a client tells of itself is cut to what a column holds', async () => {
  const userId = await world.newUser()
  const { context } = world.first
  const client = { ip: `\0${'9'.repeat(100)}`, userAgent: `\ud800\0${'🜁'.repeat(600)}` }
  const opened = await issue(createSessionIssuer(context), makeTenantContext(context, world.tenant), {
    userId,
    epoch: 0,
    assuranceLevel: 1,
    authenticationMethods: ['pwd'],
    client,
  })
  expect(opened?.session.ip).toBe('9'.repeat(63))
  expect(opened?.session.userAgent).toBe('🜁'.repeat(255))
})
