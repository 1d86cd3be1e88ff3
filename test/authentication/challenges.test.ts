// Challenges on memory: answered once, for their purpose, tenant and recipient, and counted before they are looked at.

import { beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { type Challenges, createChallenges, type NewChallenge } from '../../src/core/authentication/challenges.ts'
import { makeTown, type Town } from '../identity/town.ts'

const storage = memory()
let town: Town
let challenges: Challenges
beforeEach(async () => {
  town = await makeTown(storage)
  challenges = createChallenges(town.context)
})

const LINK: NewChallenge = { purpose: 'magic-link', lifetimeMs: 60_000, kind: 'link' }
const CODE: NewChallenge = { purpose: 'factor-code', recipient: 'request-1', lifetimeMs: 60_000, kind: 'code' }
const wrong = (code: string) => code.replace(/^./, (digit) => String((Number(digit) + 1) % 10))

describe('a link', () => {
  it('A03: is consumed by exactly one caller', async () => {
    const { id, secret: token } = await challenges.open({ ...LINK, data: { to: 'ana' }, epoch: 3 })
    expect(await challenges.find({ purpose: 'magic-link', token })).toMatchObject({ id, consumed_at: null })
    const { scope } = town.context
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => challenges.consume(scope, { purpose: 'magic-link', token })),
    )
    expect(answers.filter(Boolean)).toMatchObject([{ id, data: { to: 'ana' }, epoch: 3 }])
    expect(await challenges.find({ purpose: 'magic-link', token })).toBeUndefined()
  })

  it('A12, A13: answers its purpose, tenant and recipient and no other', async () => {
    const { secret: token } = await challenges.open({ ...LINK, recipient: 'ana@acme.test' })
    const { scope } = town.context
    const answer = { purpose: 'magic-link', token, recipient: 'ana@acme.test' } as const
    const other = await makeTown(storage)
    expect(await challenges.consume(scope, { ...answer, purpose: 'password-reset' })).toBeUndefined()
    expect(await challenges.consume(scope, { ...answer, recipient: 'eve@acme.test' })).toBeUndefined()
    expect(await challenges.consume(scope, { purpose: 'magic-link', token })).toBeUndefined()
    expect(await createChallenges(other.context).consume(other.context.scope, answer)).toBeUndefined()
    expect(await challenges.consume(scope, answer)).toBeDefined()
  })

  it('is over when its time has come', async () => {
    const { secret: token } = await challenges.open({ ...LINK, lifetimeMs: 20 })
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(await challenges.consume(town.context.scope, { purpose: 'magic-link', token })).toBeUndefined()
  })

  it('S08: is not stored, nor what it can be made from', async () => {
    const { secret: token } = await challenges.open(LINK)
    const rows = await town.context.scope.records.find('challenges', { limit: 10 })
    const bytes = Buffer.from(token.slice('fh_ch_'.length), 'base64url')
    expect(Buffer.from(rows[0]!.secret_hash).equals(bytes.subarray(33, 65))).toBe(false)
  })
})

describe('a code', () => {
  const attempt = (id: string, code: unknown, more: object = {}) =>
    challenges.attempt(town.context.scope, { purpose: 'factor-code', id, code, recipient: 'request-1', ...more })

  it('has the digits that were asked for, and works once', async () => {
    for (const digits of [6, 7, 8]) {
      const { id, secret } = await challenges.open({ ...CODE, digits })
      expect(secret).toMatch(new RegExp(`^\\d{${digits}}$`))
      const answers = await Promise.all(Array.from({ length: 5 }, () => attempt(id, secret)))
      expect(answers.filter(Boolean)).toHaveLength(1)
    }
  })

  it('M02: is looked at five times', async () => {
    const { id, secret } = await challenges.open(CODE)
    await Promise.all(Array.from({ length: 5 }, () => attempt(id, wrong(secret))))
    expect(await attempt(id, secret)).toBeUndefined()
    expect(await town.context.scope.records.get('challenges', { id })).toMatchObject({ attempts: 5, consumed_at: null })
  })

  it('M08: of one request answers no other, nor after its time', async () => {
    const one = await challenges.open(CODE)
    const two = await challenges.open(CODE)
    if (one.secret !== two.secret) expect(await attempt(two.id, one.secret)).toBeUndefined()
    expect(await attempt(one.id, one.secret, { recipient: 'request-2' })).toBeUndefined()
    expect(await attempt(one.id, one.secret, { purpose: 'email-code' })).toBeUndefined()
    const late = await challenges.open({ ...CODE, lifetimeMs: 20 })
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(await attempt(late.id, late.secret)).toBeUndefined()
    expect(await attempt(one.id, one.secret)).toBeDefined()
  })

  it.each([undefined, null, 123456, '', '12345', 'x'.repeat(10_000), ['123456']])('%o is none', async (code) => {
    const { id } = await challenges.open(CODE)
    expect(await attempt(id, code)).toBeUndefined()
    expect(await attempt('no id', code)).toBeUndefined()
  })
})
