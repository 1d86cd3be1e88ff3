// The password policy, the forms of one password, and the work of a check.

import { describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { createHashingQueue } from '../../src/core/authentication/hashing-queue.ts'
import { createPasswords } from '../../src/core/authentication/passwords.ts'
import type { PasswordHasher } from '../../src/core/ports/password-hasher.ts'
import { refusal } from '../identity/town.ts'
import { makeContext, quickHasher } from '../setup/context.ts'

const owner = { tenant: { slug: 'globex', name: 'Globex' } }
const PASSWORD = 'velvet tractor omelette'

function withHasher(hasher: Partial<PasswordHasher> = {}, concurrency = 2) {
  const asked: string[] = []
  const passwords = createPasswords(
    makeContext(memory(), {
      settings: { passwords: { concurrency } },
      passwordHasher: {
        name: 'watched',
        needsRehash: quickHasher.needsRehash,
        hash: (password) => {
          asked.push(`hash ${password}`)
          return (hasher.hash ?? quickHasher.hash)(password)
        },
        verify: (hash, password) => {
          asked.push(`verify ${password}`)
          return (hasher.verify ?? quickHasher.verify)(hash, password)
        },
      },
    }),
  )
  const rejected = (password: unknown, secondFactor = false) =>
    refusal((async () => passwords.check(password as string, { ...owner, secondFactor }))())
  return { passwords, asked, rejected }
}

describe('the length', () => {
  const { passwords, rejected } = withHasher()
  const accepted = (password: string, secondFactor = false) =>
    expect(() => passwords.check(password, { ...owner, secondFactor })).not.toThrow()

  it('is 15 characters at least, 8 with a second factor', async () => {
    expect(await rejected('vqkzjxwmhtrplc')).toEqual({
      code: 'PASSWORD_REJECTED',
      details: { reason: 'too-short', minimum: 15 },
    })
    accepted('vqkzjxwmhtrplcd')
    expect((await rejected('k3J9x!q', true)).details).toEqual({ reason: 'too-short', minimum: 8 })
    accepted('k3J9x!qP', true)
  })

  it('is 256 characters at most, counted before any work', async () => {
    const long = Array.from({ length: 256 }, (_, i) => String.fromCodePoint(0x4e00 + ((i * 7919) % 5000))).join('')
    accepted(long)
    expect(await rejected(`${long}x`)).toEqual({
      code: 'PASSWORD_REJECTED',
      details: { reason: 'too-long', maximum: 256 },
    })
    const started = performance.now()
    expect((await rejected('ﷺ'.repeat(20_000_000))).details).toMatchObject({ reason: 'too-long' })
    expect(performance.now() - started).toBeLessThan(200)
  })

  it('counts code points, not units and not what one of them becomes', async () => {
    // 14 characters of two units each
    const fourteen = '🦊🚲🌵🎻🧊🪁🍋🛶🎈🧩🪴🐙🥨🔭'
    expect((await rejected(fourteen)).details).toMatchObject({ reason: 'too-short' })
    accepted(`${fourteen}🪨`)
    // one character that is 18 in NFKC, and 20 that are 10 composed
    expect((await rejected('ﷺ')).details).toMatchObject({ reason: 'too-short' })
    expect((await rejected('áéíóúàèìòù'.normalize('NFD'))).details).toMatchObject({ reason: 'too-short' })
  })
})

describe('a check', () => {
  it('takes one password in all its forms, and hashes the one form', async () => {
    const { passwords, asked } = withHasher()
    const composed = 'Crème brûlée ＡＢＣ ﬁn'
    const hash = await passwords.hash(composed)
    expect(asked).toEqual(['hash Crème brûlée ABC fin'])
    for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD'])
      expect(await passwords.verify(hash, composed.normalize(form))).toBe(true)
    for (const other of [composed.toLowerCase(), ` ${composed}`, `${composed} `, composed.slice(0, -1), ''])
      expect(await passwords.verify(hash, other)).toBe(false)
  })

  it('A05: does the same work with a hash and without one, from the first call on', async () => {
    for (const order of [
      [undefined, null, 'hash'],
      ['hash', undefined, null],
    ]) {
      const { passwords, asked } = withHasher()
      const work: number[] = []
      for (const kind of order) {
        const before = asked.length
        const hash = kind === 'hash' ? await quickHasher.hash(PASSWORD) : kind
        expect(await passwords.verify(hash, PASSWORD)).toBe(kind === 'hash')
        work.push(asked.slice(before).filter((call) => call.startsWith('verify')).length)
      }
      expect(work).toEqual([1, 1, 1])
      // the substitute was made once, by whoever came first
      expect(asked.filter((call) => call.startsWith('hash'))).toHaveLength(1)
      expect(asked[0]).toMatch(/^hash /)
    }
  })

  it('A05: is never right without a hash, whatever the hasher says', async () => {
    const { passwords } = withHasher({ verify: async () => true })
    expect(await passwords.verify(undefined, PASSWORD)).toBe(false)
    expect(await passwords.verify('x', PASSWORD)).toBe(true)
  })

  it('does no work for what nobody can have', async () => {
    const { passwords, asked } = withHasher()
    const hash = await quickHasher.hash(PASSWORD)
    for (const password of [
      'x'.repeat(257),
      `${PASSWORD}\0`,
      `${PASSWORD}\ud800`,
      7,
      undefined,
      { toString: () => PASSWORD },
    ])
      for (const stored of [hash, undefined]) expect(await passwords.verify(stored, password)).toBe(false)
    expect(asked).toEqual([])
  })

  it('tries again when the substitute could not be made', async () => {
    let broken = true
    const { passwords } = withHasher({
      hash: async (password) => {
        if (broken) throw new Error('no memory')
        return quickHasher.hash(password)
      },
    })
    await expect(passwords.verify(undefined, PASSWORD)).rejects.toThrow('no memory')
    broken = false
    expect(await passwords.verify(undefined, PASSWORD)).toBe(false)
  })
})

describe('the hashing queue', () => {
  it('runs so many at once, the others in the order in which they came', async () => {
    const queue = createHashingQueue(2)
    const order: number[] = []
    let running = 0
    let most = 0
    const works = Array.from({ length: 20 }, (_, i) =>
      queue.run(async () => {
        most = Math.max(most, ++running)
        order.push(i)
        await new Promise((resolve) => setTimeout(resolve, i % 3))
        running--
        return i
      }),
    )
    expect(await Promise.all(works)).toEqual(order)
    expect(order).toEqual([...order].sort((a, b) => a - b))
    expect(most).toBe(2)
  })

  it('refuses when too many wait, and takes the next when they are done', async () => {
    const queue = createHashingQueue(1, 2)
    let finish = (): void => undefined
    const first = queue.run(() => new Promise<void>((resolve) => (finish = resolve)))
    const waiting = [queue.run(async () => 1), queue.run(async () => 2)]
    expect(await refusal(queue.run(async () => 3))).toEqual({ code: 'OVERLOADED', details: {} })
    finish()
    await first
    expect(await Promise.all(waiting)).toEqual([1, 2])
    expect(await queue.run(async () => 4)).toBe(4)
  })

  it('loses no place to a failure', async () => {
    const queue = createHashingQueue(1)
    for (let i = 0; i < 3; i++)
      await expect(queue.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(await queue.run(async () => 'well')).toBe('well')
  })
})
