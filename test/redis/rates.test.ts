// The rates in a real Redis: the same buckets as in the storage.

import { randomBytes } from 'node:crypto'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redis } from '../../src/adapters/redis/index.ts'
import type { RateTake } from '../../src/core/ports/rate-store.ts'

const url = process.env.FREEHOLD_TEST_REDIS_URL

it('no client is told at once', () => {
  expect(() => redis({ client: undefined as never })).toThrow('CONFIG_INVALID')
})

it('S06: one that does not answer in time rejects', async () => {
  const client = { eval: () => new Promise(() => undefined) }
  await expect(redis({ client, timeoutMs: 20 }).take('t', [rate()])).rejects.toThrow('20 ms')
  const odd = { eval: async () => 'OK' }
  await expect(redis({ client: odd }).take('t', [rate()])).rejects.toThrow('something else')
})

// a server of one's own: FREEHOLD_TEST_REDIS_URL=redis://127.0.0.1:6379
describe.skipIf(url === undefined)('rates in Redis', () => {
  const client = createClient(url === undefined ? {} : { url })
  const prefix = `freehold-test-${randomBytes(6).toString('hex')}:`
  const store = redis({ client: client as never, prefix })
  beforeAll(() => client.connect().then(() => undefined))
  afterAll(async () => {
    for await (const keys of client.scanIterator({ MATCH: `${prefix}*` })) if (keys.length > 0) await client.del(keys)
    await client.close()
  })
  const taken = async (tenantId: string, ...rates: RateTake[]) =>
    (await store.take(tenantId, rates)).map(({ allowed, tokens }) => [allowed, Math.floor(tokens + 1e-9)])

  it('a bucket gives what it holds, refuses, and fills evenly', async () => {
    const slow = rate({ name: 'slow' })
    for (let left = 4; left >= 0; left--) expect(await taken('a', slow)).toEqual([[true, left]])
    expect(await taken('a', slow)).toEqual([[false, 0]])
    expect(await taken('b', slow)).toEqual([[true, 4]])
    const fast = rate({ name: 'fast', limit: 1, windowMs: 30 })
    expect(await taken('a', fast)).toEqual([[true, 0]])
    await expect.poll(async () => (await taken('a', fast))[0]![0]).toBe(true)
    expect(await taken('a', rate({ name: 'slow', amount: -100 }))).toEqual([[true, 5]])
    expect(await taken('a')).toEqual([])
  })

  it('of a crowd as many pass as the bucket holds, in each of several', async () => {
    const [narrow, wide] = [rate({ name: 'narrow', limit: 5 }), rate({ name: 'wide', limit: 60 })]
    const all = await Promise.all(Array.from({ length: 50 }, () => store.take('crowd', [narrow, wide])))
    expect(all.filter(([first]) => first!.allowed)).toHaveLength(5)
    expect(all.filter(([, second]) => second!.allowed)).toHaveLength(50)
  })

  it('forgets a bucket once it is full again', async () => {
    await taken('ttl', rate({ windowMs: 60_000 }))
    const [key] = await client.keys(`${prefix}{ttl}*`)
    expect(await client.pTTL(key!)).toBeGreaterThan(50_000)
  })
})

function rate(change: Partial<RateTake> = {}): RateTake {
  return { name: 'sign-in', subject: Buffer.alloc(32, 7), limit: 5, windowMs: 50_000, ...change }
}
