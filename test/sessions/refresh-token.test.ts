// What a refresh token is: one text per token, refused when a single bit is not ours, derived the same way each time.

import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SessionId, TenantId } from '../../src/core/kernel/ids.ts'
import { createKeyring } from '../../src/core/kernel/keyring.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import { createRefreshTokens, hashRefreshToken, type RefreshToken } from '../../src/core/sessions/refresh-token.ts'

const k1 = randomBytes(32)
const k2 = randomBytes(32)
const tokens = createRefreshTokens(createKeyring({ current: 'k1', k1 }))
const { newId } = systemRuntime()

const make = (given: Partial<RefreshToken> = {}): RefreshToken => ({
  keyId: 1,
  tenantId: newId() as TenantId,
  sessionId: newId() as SessionId,
  generation: 0,
  secret: randomBytes(32),
  ...given,
})

describe('writing and reading', () => {
  it.each([0, 1, 127, 128, 255, 256, 70_000, 2 ** 31, 2 ** 32 - 1])('keeps generation %i', (generation) => {
    const token = make({ generation })
    const text = tokens.write(token)
    const read = tokens.parse(text)!
    expect({ ...read, secret: Buffer.from(read.secret) }).toEqual(token)
    expect(text).toMatch(/^fh_rt_[A-Za-z0-9_-]{114}$/)
  })

  it('refuses every change of every character (S04, R11)', () => {
    const text = tokens.write(make())
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/. \n'
    for (let i = 0; i < text.length; i++) {
      for (const other of i === text.length - 1 ? alphabet : [alphabet[i % 68]!, alphabet[(i * 7) % 68]!]) {
        if (other === text[i]) continue
        expect(tokens.parse(text.slice(0, i) + other + text.slice(i + 1)), `character ${i}`).toBeUndefined()
      }
    }
  })

  it('refuses what is shorter, longer, padded, spaced, or not a text (S04)', () => {
    const text = tokens.write(make())
    const cut = Array.from({ length: text.length }, (_, n) => text.slice(0, n))
    const dressed = [
      `${text}=`,
      `${text}==`,
      `${text}\n`,
      ` ${text}`,
      `${text}A`,
      text.repeat(2),
      text.replace('rt', 'at'),
    ]
    const strange = [undefined, null, 7, {}, [text], Buffer.from(text), Symbol('x'), 'x'.repeat(100_000)]
    for (const it of [...cut, ...dressed, ...strange]) expect(tokens.parse(it)).toBeUndefined()
  })

  it('never throws, whatever it is given', () => {
    const shaped = fc
      .uint8Array({ minLength: 85, maxLength: 85 })
      .map((b) => `fh_rt_${Buffer.from(b).toString('base64url')}`)
    fc.assert(fc.property(fc.oneof(fc.anything(), fc.string(), shaped), (it) => tokens.parse(it) === undefined))
  })

  it('refuses another installation, an unknown key, and a tag moved to another address (R11, R12)', () => {
    const strangers = createRefreshTokens(createKeyring({ current: 'k1', k1: k2 }))
    expect(tokens.parse(strangers.write(make()))).toBeUndefined()
    const newer = createRefreshTokens(createKeyring({ current: 'k2', k1, k2 }))
    expect(tokens.parse(newer.write(make({ keyId: 2 })))).toBeUndefined()
    expect(newer.parse(tokens.write(make()))).toBeDefined()
    const bytes = Buffer.from(tokens.write(make()).slice(6), 'base64url')
    bytes.set(Buffer.from(tokens.write(make()).slice(6), 'base64url').subarray(1, 17), 1)
    expect(tokens.parse(`fh_rt_${bytes.toString('base64url')}`)).toBeUndefined()
  })
})

describe('the child', () => {
  it('is the same for the same parent, nonce and key, and another for any other', () => {
    const both = createRefreshTokens(createKeyring({ current: 'k2', k1, k2 }))
    const parent = make({ generation: 70_000 })
    const nonce = randomBytes(16)
    const write = (it: RefreshToken | undefined) => both.write(it!)
    const child = both.child(parent, 1, nonce)!
    expect(child).toMatchObject({
      tenantId: parent.tenantId,
      sessionId: parent.sessionId,
      generation: 70_001,
      keyId: 1,
    })
    const texts = [
      child,
      both.child(parent, 2, nonce),
      both.child(parent, 1, randomBytes(16)),
      both.child(make({ ...parent, secret: randomBytes(32) }), 1, nonce),
    ].map(write)
    expect(new Set(texts).size).toBe(4)
    expect(write(tokens.child(both.parse(both.write(parent))!, 1, nonce))).toBe(texts[0])
  })

  it('is not derived with a key that is not known', () => {
    expect(tokens.child(make(), 2, randomBytes(16))).toBeUndefined()
  })

  it('shows nothing of its parent, and its hash nothing of it', () => {
    const parent = make()
    const text = tokens.write(tokens.child(parent, 1, randomBytes(16))!)
    expect(Buffer.from(text.slice(6), 'base64url').includes(Buffer.from(parent.secret))).toBe(false)
    expect(hashRefreshToken(text)).toHaveLength(32)
  })
})
