// The rotation table, row by row, on a clock that is set by hand.

import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { createRefreshTokens, hashRefreshToken } from '../../src/core/sessions/refresh-token.ts'
import { testKeys } from '../setup/context.ts'
import { codeOf, makeWorld, otherTenant, tokensOf, type World } from './world.ts'

const GRACE = 10_000
const DAY = 86_400_000
let now: number
let world: World
let refresh: World['first']['sessions']['refresh']

beforeEach(async () => {
  now = Date.UTC(2026, 10, 22)
  world = await makeWorld(memory({ clock: () => now }), { now: () => now })
  refresh = world.first.sessions.refresh
})

const refused = (reason: string, clear = false) => ({ ok: false, reason, clear })

const kinds = async (id: string) =>
  (await world.events()).filter((event) => event.session_id === id).map(({ kind }) => kind)

/** A session and its tokens after so many rotations, `apart` milliseconds from each other. */
async function family(rotations: number, apart = GRACE) {
  const { session, tokens, userId } = await world.signIn()
  const chain = [tokens.refreshToken]
  for (let i = 0; i < rotations; i++) {
    now += apart
    chain.push(tokensOf(await refresh(chain.at(-1)!)))
  }
  return { id: session.id, chain, userId, row: () => world.row(session.id) }
}

describe('the current token', () => {
  it('is exchanged for its child, and the generation moves on', async () => {
    const { id, chain } = await family(0)
    const answer = await refresh(chain[0]!)
    if (!answer.ok) throw new Error(answer.reason)
    expect(answer.session.id).toBe(id)
    expect(answer.tenant.id).toBe(world.tenant.id)
    expect(answer.tokens.refreshToken).not.toBe(chain[0])
    expect(answer.tokens.refreshTokenExpiresInMs).toBe(14 * DAY)
    expect(await world.row(id)).toMatchObject({ generation: 1, retries: 0 })
    const verified = await world.first.sessions.verify(answer.tokens.accessToken)
    expect(verified.session).toEqual({ id, generation: 1 })
  })

  it('moves the idle limit, and never past the absolute one (R13)', async () => {
    const { row, chain } = await family(0)
    const { absolute_expires_at } = await row()
    let token = chain[0]!
    for (let day = 0; day < 29; day++) {
      now += DAY
      token = tokensOf(await refresh(token))
    }
    expect(await row()).toMatchObject({ absolute_expires_at, idle_expires_at: absolute_expires_at })
    now += DAY
    expect(await refresh(token)).toEqual(refused('ended', true))
  })

  it('is refused when it was idle for too long', async () => {
    const { chain } = await family(1)
    now += 14 * DAY
    expect(await refresh(chain[1]!)).toEqual(refused('ended', true))
  })

  it('keeps what the sign-in proved, whatever it is asked (R16)', async () => {
    const { chain, row } = await family(0)
    const before = await row()
    now += 1_000
    const wider = { tenantId: world.tenant.id, assuranceLevel: 3, aal: 3 } as { tenantId: typeof world.tenant.id }
    const answer = await refresh(chain[0]!, wider)
    expect(answer).toMatchObject({ ok: true, session: { assuranceLevel: 1, authenticatedAt: before.authenticated_at } })
  })
})

describe('the parent', () => {
  it('gets the same child while its grace lasts, and nothing moves (R03, R08)', async () => {
    const { chain, row } = await family(1)
    const before = await row()
    for (const wait of [0, 5_000, 4_999]) {
      now += wait
      expect(tokensOf(await refresh(chain[0]!))).toBe(chain[1])
    }
    expect(await row()).toEqual({ ...before, retries: 3 })
  })

  it('revokes the family when it comes later (R04)', async () => {
    const { id, chain, row } = await family(1)
    const { accessToken } = (await refreshed(chain[1]!)).tokens
    const child = tokensOf(await refresh(chain[1]!))
    now += GRACE
    expect(await refresh(chain[1]!)).toEqual(refused('reused', true))
    expect(await row()).toMatchObject({ revoke_reason: 'refresh-reuse', revoked_at: new Date(now) })
    expect(await kinds(id)).toEqual(['refresh-reuse'])
    expect(await refresh(child)).toEqual(refused('ended', true))
    expect(await codeOf(world.first.sessions.verify(accessToken))).toBe('SESSION_ENDED')
  })

  it('is refused without harm when its child was used, in its own grace (R06, R14)', async () => {
    const { chain, id } = await family(2, 1_000)
    expect(await refresh(chain[0]!)).toEqual(refused('superseded'))
    expect(tokensOf(await refresh(chain[2]!))).toBeDefined()
    expect(await kinds(id)).toEqual([])
  })

  it('revokes the family when its child was used and its own grace is over (R05)', async () => {
    const { chain } = await family(1, 1_000)
    now += 8_999
    const last = tokensOf(await refresh(chain[1]!))
    now += 1_001
    // one second into the grace of the last rotation, ten after its own began
    expect(await refresh(chain[0]!)).toEqual(refused('reused', true))
    expect(await refresh(last)).toEqual(refused('ended', true))
  })

  it('is answered up to the cap, then told to wait; the family lives', async () => {
    const { chain, row } = await family(1)
    const answers = []
    for (let i = 0; i < 103; i++) answers.push(await refresh(chain[0]!))
    expect(answers.filter(({ ok }) => ok)).toHaveLength(100)
    expect(answers.slice(100)).toEqual(Array(3).fill(refused('throttled')))
    expect(await row()).toMatchObject({ revoked_at: null, generation: 1 })
    expect(tokensOf(await refresh(chain[1]!))).toBeDefined()
  })

  it('two tabs that refresh together both go on (R07)', async () => {
    const { chain } = await family(0)
    const [left, right] = await Promise.all([refresh(chain[0]!), refresh(chain[0]!)])
    expect(tokensOf(left)).toBe(tokensOf(right))
    now += 60_000
    const next = tokensOf(await refresh(tokensOf(left)))
    now += 1_000
    expect(tokensOf(await refresh(tokensOf(right)))).toBe(next)
  })
})

it('an older ancestor revokes the family, even within every grace (R05)', async () => {
  const { chain } = await family(4, 1_000)
  expect(await refresh(chain[1]!)).toEqual(refused('reused', true))
})

it('a token of another tenant is refused without harm (R12)', async () => {
  const { chain, row } = await family(1)
  const before = await row()
  expect(await refresh(chain[1]!, { tenantId: otherTenant })).toEqual(refused('invalid'))
  now += GRACE
  expect(await refresh(chain[0]!, { tenantId: otherTenant })).toEqual(refused('invalid'))
  expect(await row()).toEqual(before)
})

it('a restored backup: what is ahead is refused, what forked ends the family (R10)', async () => {
  const { id, chain, row } = await family(2)
  const backup = await row()
  const ahead = [tokensOf(await refresh(chain[2]!))]
  now += GRACE
  ahead.push(tokensOf(await refresh(ahead[0]!)))
  await world.scope.records.update('sessions', { id }, backup)

  for (const token of ahead) expect(await refresh(token)).toEqual(refused('ahead'))
  expect(await row()).toEqual(backup)
  expect(await kinds(id)).toEqual(['refresh-ahead', 'refresh-ahead'])
  // the client that has an older copy goes on, and now there are two histories of generation 3
  expect(tokensOf(await refresh(chain[2]!))).not.toBe(ahead[0])
  expect(await refresh(ahead[0]!)).toEqual(refused('reused', true))
  expect(await row()).toMatchObject({ revoke_reason: 'forked' })
})

it.each([127, 128, 255, 256, 65_535, 70_000, 16_777_216])(
  'knows its ancestors at generation %i',
  async (generation) => {
    const { session, userId } = await world.signIn()
    const { id } = session
    const tokens = createRefreshTokens(world.first.context.keyring)
    const write = (at: number) =>
      tokens.write({ keyId: 1, tenantId: world.tenant.id, sessionId: id, generation: at, secret: randomBytes(32) })
    const chain = [write(generation)]
    await world.scope.records.update('sessions', { id }, { generation, current_hash: hashRefreshToken(chain[0]!) })
    for (let i = 0; i < 3; i++) {
      now += 1_000
      chain.push(tokensOf(await refresh(chain[i]!)))
      expect(tokens.parse(chain[i + 1]!)?.generation).toBe(generation + i + 1)
    }
    expect(await world.row(id)).toMatchObject({ generation: generation + 3, user_id: userId })
    expect(await refresh(chain[1]!)).toEqual(refused('superseded'))
    expect(await refresh(write(generation + 4))).toEqual(refused('ahead'))
    expect(await refresh(chain[0]!)).toEqual(refused('reused', true))
  },
)

it('what is not a token of ours changes nothing (R11)', async () => {
  const { chain, row } = await family(1)
  const before = await row()
  const bytes = Buffer.from(chain[1]!.slice(6), 'base64url')
  randomBytes(48).copy(bytes, 37)
  const known = `fh_rt_${bytes.toString('base64url')}`
  for (const token of [known, '', 'x', chain[1]!.slice(0, -1), `${chain[1]}=`, chain[1]!.toUpperCase()]) {
    expect(await refresh(token)).toEqual(refused('invalid'))
  }
  expect(await refresh(undefined as unknown as string)).toEqual(refused('invalid'))
  expect(await row()).toEqual(before)
})

it('a new process with the same keys knows what was rotated (R09)', async () => {
  const { chain } = await family(1)
  now += GRACE
  expect(await world.process().sessions.refresh(chain[0]!)).toEqual(refused('reused', true))
})

describe('a change of keys', () => {
  const both = { ...testKeys, k2: randomBytes(32) }

  it('moves a family to the current key, and a retry across it gets the same child', async () => {
    const { chain, row } = await family(1)
    const later = world.process({ keys: { ...both, current: 'k2' } }).sessions
    // rotated under k1 just now; asked again of a process that has moved on
    expect(tokensOf(await later.refresh(chain[0]!))).toBe(chain[1])
    const child = tokensOf(await later.refresh(chain[1]!))
    expect(await row()).toMatchObject({ key_id: 2 })
    // rotated under k2; asked again of one that knows k2 but still signs with k1, then of one that does not know it
    expect(tokensOf(await world.process({ keys: both }).sessions.refresh(chain[1]!))).toBe(child)
    expect(await refresh(chain[1]!)).toEqual(refused('throttled'))
    expect(tokensOf(await later.refresh(child))).toBeDefined()
  })

  it('signs out whose key is gone, without harm to the row', async () => {
    const { chain, row } = await family(1)
    const before = await row()
    const after = world.process({ keys: { current: 'k2', k2: both.k2 } }).sessions
    expect(await after.refresh(chain[1]!)).toEqual(refused('invalid'))
    expect(await row()).toEqual(before)
  })
})

describe('the user and the tenant', () => {
  it('a disabled user is refused and the family is as it was', async () => {
    const { chain, userId, row } = await family(1)
    await world.scope.records.update('users', { id: userId }, { status: 'disabled' })
    const before = await row()
    expect(await refresh(chain[1]!)).toEqual(refused('ended'))
    expect(await row()).toEqual(before)
  })

  it('a suspended tenant is told by name, a purged one is over', async () => {
    const { chain } = await family(1)
    const { system } = world.first.context.storage
    await system.records.update('tenants', { id: world.tenant.id }, { status: 'suspended' })
    world.first.directory.forgetAll()
    expect(await codeOf(refresh(chain[1]!))).toBe('TENANT_SUSPENDED')
    await system.records.remove('tenants', { id: world.tenant.id })
    world.first.directory.forgetAll()
    expect(await refresh(chain[1]!)).toEqual(refused('ended'))
  })
})

async function refreshed(token: string) {
  const answer = await refresh(token)
  if (!answer.ok) throw new Error(answer.reason)
  return answer
}
