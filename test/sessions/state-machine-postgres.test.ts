// The same random histories on a real PostgreSQL. Its clock cannot be set: time passes by making rows older.

import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { createRefreshTokens, hashRefreshToken } from '../../src/core/sessions/refresh-token.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { directed, play, steps } from './machine.ts'
import { makeWorld, tokensOf } from './world.ts'

const SECOND = 1_000
const DAY = 86_400 * SECOND
// all short waits of a history together stay within one grace, and no sum of waits comes near a limit from below
const limits = { graceMs: 60 * SECOND, idleMs: 14 * DAY, absoluteMs: 30 * DAY, retryCap: 3 }
const waits = [...Array<number>(6).fill(SECOND), ...Array<number>(4).fill(100 * SECOND), DAY, 15 * DAY]

const older = (ms: number): string => {
  const moments = ['rotated_at', 'previous_rotated_at', 'idle_expires_at', 'absolute_expires_at']
  return `update freehold.sessions set ${moments.map((it) => `${it} = ${it} - ${ms} * interval '1 ms'`).join(', ')}`
}

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())

it('does in PostgreSQL what the model says (R03 to R13)', async () => {
  const storage = postgres({ pool: database.appPool, listen: false })
  await fc.assert(
    fc.asyncProperty(steps(waits, 30), async (history) => {
      const start = Date.now()
      let aged = 0
      const pass = async (ms: number, tenantId: string) => {
        aged += ms
        await database.ownerPool.query(`begin; select freehold.enter_tenant('${tenantId}'); ${older(ms)}; commit`)
      }
      await play({ storage, limits, now: () => start + aged, pass, aged: () => aged }, history)
    }),
    { numRuns: 40, examples: directed(limits), interruptAfterTimeLimit: 20_000 },
  )
}, 60_000)

it.each([128, 70_000, 16_777_216])(
  'compares generations as numbers, beyond what a column holds too: %i',
  async (generation) => {
    const world = await makeWorld(postgres({ pool: database.appPool, listen: false }))
    const { refresh } = world.first.sessions
    const { session } = await world.signIn()
    const tokens = createRefreshTokens(world.first.context.keyring)
    const address = { keyId: 1, tenantId: world.tenant.id, sessionId: session.id }
    const write = (at: number) => tokens.write({ ...address, generation: at, secret: randomBytes(32) })
    const first = write(generation)
    await world.scope.records.update(
      'sessions',
      { id: session.id },
      { generation, current_hash: hashRefreshToken(first) },
    )
    const second = tokensOf(await refresh(first))
    expect(tokensOf(await refresh(first))).toBe(second)
    expect(tokensOf(await refresh(second))).toBeDefined()
    expect(await refresh(first)).toEqual({ ok: false, reason: 'superseded', clear: false })
    for (const ahead of [generation + 3, 2 ** 31, 2 ** 32 - 1])
      expect(await refresh(write(ahead))).toEqual({ ok: false, reason: 'ahead', clear: false })
    expect(await world.row(session.id)).toMatchObject({ generation: generation + 2, revoked_at: null })
    expect(await refresh(write(generation - 1))).toEqual({ ok: false, reason: 'reused', clear: true })
  },
)
