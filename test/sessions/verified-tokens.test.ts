// Remembered tokens give the same verdict as tokens checked anew, at every moment and for every forgery.

import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { SessionId, TenantId, UserId } from '../../src/core/kernel/ids.ts'
import { createKeyring } from '../../src/core/kernel/keyring.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import { type AccessTokens, createAccessTokens } from '../../src/core/sessions/access-token.ts'
import { rememberingTokens } from '../../src/core/sessions/verified-tokens.ts'

const START = Date.UTC(2026, 10, 22)
let now = START
const runtime = systemRuntime({ now: () => now })
const plain = createAccessTokens(createKeyring({ current: 'k1', k1: randomBytes(32) }), runtime, 'freehold')

/** Counts how often a signature was really checked. */
function counted(half?: number): { tokens: AccessTokens; checks: () => number } {
  let checks = 0
  const counting: AccessTokens = {
    ...plain,
    verify: (token) => {
      checks++
      return plain.verify(token)
    },
  }
  return { tokens: rememberingTokens(counting, runtime.now, half), checks: () => checks }
}

const issue = (lifetimeMs = 600_000) => {
  const id = runtime.newId()
  const ids = { tenantId: id as TenantId, userId: id as UserId, sessionId: id as SessionId }
  const rest = { generation: 0, epoch: 0, assuranceLevel: 1, authenticatedAt: new Date(now), lifetimeMs }
  return plain.sign({ ...ids, ...rest })
}
const verdict = (tokens: AccessTokens, token: unknown) =>
  tokens.verify(token).then(
    () => 'good',
    (error: { code: string }) => error.code,
  )

describe('a token seen before', () => {
  it('has its signature checked once', async () => {
    const { tokens, checks } = counted()
    const token = await issue()
    const first = await tokens.verify(token)
    expect(await tokens.verify(token)).toEqual(await plain.verify(token))
    expect(await tokens.verify(token)).toEqual(first)
    expect(checks()).toBe(1)
  })

  it('expires in the same second as one checked anew', async () => {
    const { tokens } = counted()
    const token = await issue(60_000)
    await tokens.verify(token)
    for (const ms of [59_000, 64_000, 64_999, 65_000, 65_001, 66_000, 3_600_000]) {
      now = START + ms
      expect(await verdict(tokens, token), `${ms} ms later`).toBe(await verdict(plain, token))
    }
    expect(await verdict(tokens, token)).toBe('TOKEN_EXPIRED')
    now = START
  })

  it('lends nothing to a token that differs from it in one character (S05, J01)', async () => {
    const { tokens } = counted()
    const token = await issue()
    await tokens.verify(token)
    for (let at = 0; at < token.length; at += 7) {
      const other = token[at] === 'A' ? 'B' : 'A'
      const forged = token.slice(0, at) + other + token.slice(at + 1)
      if (forged !== token) expect(await verdict(tokens, forged), `character ${at}`).toBe('TOKEN_INVALID')
    }
    for (const dressed of [`${token}=`, ` ${token}`, `${token}\n`, `${token}.`, token.toUpperCase()]) {
      expect(await verdict(tokens, dressed)).toBe('TOKEN_INVALID')
    }
  })

  it('is remembered only when it was good', async () => {
    const { tokens, checks } = counted()
    const forged = `${(await issue()).slice(0, -86)}${'A'.repeat(86)}`
    expect(await verdict(tokens, forged)).toBe('TOKEN_INVALID')
    expect(await verdict(tokens, forged)).toBe('TOKEN_INVALID')
    expect(checks()).toBe(2)
  })

  it('makes room for newer ones: no more than two halves are kept, and one in use stays', async () => {
    const { tokens, checks } = counted(4)
    const used = await issue()
    const others = await Promise.all(Array.from({ length: 40 }, () => issue()))
    await tokens.verify(used)
    for (const other of others) {
      await tokens.verify(other)
      await tokens.verify(used)
    }
    expect(checks()).toBe(41)
    await tokens.verify(others[0]!)
    expect(checks()).toBe(42)
  })
})
