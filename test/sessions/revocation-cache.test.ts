// The revocation cache: how old an answer may be, what a notice does to it, and to an answer under way.

import { expect, it } from 'vitest'
import { createRevocationCache, type SessionKey } from '../../src/core/sessions/revocation-cache.ts'

const key: SessionKey = { tenantId: 'acme', userId: 'ana', sessionId: 's1' }
const ending = { kind: 'session', tenantId: 'acme', userId: 'ana' } as const

/** A cache on a clock that is set by hand, over a database that is asked and counted. */
function make(half?: number) {
  const world = { now: 1_000, alive: true, asked: 0, failing: false }
  const cache = createRevocationCache(() => world.now, 10_000, half)
  const ask = async (): Promise<boolean> => {
    world.asked++
    if (world.failing) throw new Error('lost')
    return world.alive
  }
  return { world, cache, check: async (which: SessionKey = key) => cache.check(which, ask) }
}

it('asks once, and again when the answer is ten seconds old (S09)', async () => {
  const { world, check } = make()
  expect([await check(), await check()]).toEqual([true, true])
  world.alive = false
  world.now += 9_999
  expect(await check()).toBe(true)
  world.now += 1
  expect(await check()).toBe(false)
  expect(world.asked).toBe(2)
})

it('asks once for any number of callers at the same time', async () => {
  const { world, check } = make()
  await Promise.all(Array.from({ length: 50 }, () => check()))
  expect(world.asked).toBe(1)
})

it('does not believe a clock that went back', async () => {
  const { world, check } = make()
  await check()
  world.now -= 5_000
  world.alive = false
  expect(await check()).toBe(false)
})

it('fails when it cannot ask, and revives nobody (S06)', async () => {
  const { world, check } = make()
  await check()
  world.now += 10_000
  world.failing = true
  await expect(check()).rejects.toThrow('lost')
  await expect(check()).rejects.toThrow('lost')
  world.failing = false
  world.alive = false
  expect(await check()).toBe(false)
})

it('hears the end of a session at once, without asking (S09)', async () => {
  const { world, cache, check } = make()
  await check()
  cache.forget({ ...ending, sessionId: 's1' })
  expect(await check()).toBe(false)
  expect(world.asked).toBe(1)
})

it('hears the end of all sessions of a user, and of nobody else', async () => {
  const { world, cache, check } = make()
  const others: SessionKey[] = [
    { ...key, userId: 'bob', sessionId: 's2' },
    { ...key, tenantId: 'globex' },
  ]
  for (const which of [key, ...others]) await check(which)
  world.alive = false
  cache.forget(ending)
  expect(await check()).toBe(false)
  expect([await check(others[0]), await check(others[1])]).toEqual([true, true])
  cache.forgetAll()
  expect([await check(others[0]), await check(others[1])]).toEqual([false, false])
})

it('does not mistake one place for another', async () => {
  const { world, check } = make()
  await check({ tenantId: 'a', userId: 'u', sessionId: 'b:c' })
  world.alive = false
  expect(await check({ tenantId: 'a:b', userId: 'u', sessionId: 'c' })).toBe(false)
  expect(await check({ tenantId: '__proto__', userId: 'u', sessionId: 'constructor' })).toBe(false)
})

it('is bounded, and keeps what was used last', async () => {
  const { world, check } = make(100)
  for (let n = 0; n < 1_000; n++) await check({ ...key, sessionId: `s${n}` })
  world.asked = 0
  for (let n = 999; n >= 0; n--) await check({ ...key, sessionId: `s${n}` })
  expect(world.asked).toBeGreaterThanOrEqual(800)
  expect(world.asked).toBeLessThan(900)
})

/** Questions that are answered by hand. */
function slow() {
  const world = { now: 1_000 }
  const answers: ((alive: boolean) => void)[] = []
  const cache = createRevocationCache(() => world.now, 10_000)
  const check = () => cache.check(key, () => new Promise((resolve) => answers.push(resolve)))
  return { world, cache, answers, check }
}

it('joins no question that is ten seconds old, and keeps the younger of two answers (S09)', async () => {
  const { world, answers, check } = slow()
  const first = check()
  world.now += 9_999
  const joined = check()
  expect(answers).toHaveLength(1)
  world.now += 1
  const second = check()
  expect(answers).toHaveLength(2)
  answers[1]!(false)
  expect(await second).toBe(false)
  answers[0]!(true)
  expect([await first, await joined]).toEqual([true, true])
  expect(check()).toBe(false)
})

it('asks again when an end of the user was heard while somebody waited (S02)', async () => {
  const { world, cache, answers, check } = slow()
  const old = check()
  world.now += 10_000
  const waiting = check()
  cache.forget(ending)
  // both were answered before the end, perhaps
  answers[0]!(true)
  answers[1]!(true)
  await new Promise((resolve) => setTimeout(resolve))
  expect(answers).toHaveLength(3)
  answers[2]!(false)
  expect([await old, await waiting, await check()]).toEqual([false, false, false])
})

it('believes the end of this session at once, whatever those who wait are answered (S02)', async () => {
  const { cache, answers, check } = slow()
  const waiting = check()
  cache.forget({ ...ending, sessionId: key.sessionId })
  answers[0]!(true)
  expect([await waiting, await check()]).toEqual([false, false])
  expect(answers).toHaveLength(1)
})

it('asks again when notices may have been missed while somebody waited', async () => {
  const { cache, answers, check } = slow()
  const waiting = check()
  cache.forgetAll()
  answers[0]!(true)
  await new Promise((resolve) => setTimeout(resolve))
  answers[1]!(true)
  expect(await waiting).toBe(true)
})
