// Rotating root keys while two processes serve: one that reloaded already, and one that is late.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { testKeys } from '../../src/adapters/testing/index.ts'
import {
  createFreehold,
  type Freehold,
  FreeholdError,
  type KeyProvider,
  type Keys,
  type TenantHandle,
} from '../../src/index.ts'
import { quickHasher } from '../setup/context.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'

const PASSWORD = 'a kettle orbits quietly'
const { k1, k2, k3 } = testKeys(3)

/** A KMS of the test's: what it answers can be changed. */
function kms(first: Keys) {
  const state: { keys: Keys; asked: number; failure?: Error } = { keys: first, asked: 0 }
  const provider: KeyProvider = {
    async load() {
      state.asked++
      if (state.failure) throw state.failure
      return state.keys
    },
  }
  return { state, provider }
}

const quiet = { passwordHasher: quickHasher, onWarning: () => undefined, onError: () => undefined }

let database: TestDatabase
let early: Freehold
let late: Freehold
const ofEarly = kms({ current: 'k1', k1: k1! })
const ofLate = kms({ current: 'k1', k1: k1! })
let acme: TenantHandle
beforeAll(async () => {
  database = await createTestDatabase()
  const start = (keys: KeyProvider) =>
    createFreehold<unknown>({ storage: postgres({ pool: database.appPool, listen: false }), keys, ...quiet })
  early = await start(ofEarly.provider)
  late = await start(ofLate.provider)
  acme = await early.tenants.create({ slug: 'acme', name: 'Acme' })
  await acme.users.create({ email: 'ana@acme.test', password: PASSWORD })
})
afterAll(async () => {
  await early.close()
  await late.close()
  await database.close()
})

async function signIn(at: Freehold) {
  const answer = await (await at.tenant('acme')).signIn.password({ email: 'ana@acme.test', password: PASSWORD })
  if (!answer.ok) throw new Error(answer.reason)
  return answer.tokens
}

async function refresh(at: Freehold, token: string) {
  const answer = await at.sessions.refresh(token)
  if (!answer.ok) throw new Error(answer.reason)
  return answer.tokens
}

const kidOf = (accessToken: string): string =>
  JSON.parse(Buffer.from(accessToken.split('.')[0]!, 'base64url').toString()).kid

describe('a new root key', () => {
  it('is known everywhere first, then current at one, then at the other; nobody is signed out on the way', async () => {
    const tokens = await signIn(early)
    expect(kidOf(tokens.accessToken)).toBe('k1')

    ofEarly.state.keys = { current: 'k1', k1: k1!, k2: k2! }
    ofLate.state.keys = { current: 'k1', k1: k1!, k2: k2! }
    expect(await early.keys.reload()).toEqual({ current: 'k1', known: ['k1', 'k2'] })
    expect(await late.keys.reload()).toEqual({ current: 'k1', known: ['k1', 'k2'] })

    ofEarly.state.keys = { current: 'k2', k1: k1!, k2: k2! }
    expect(await early.keys.reload()).toEqual({ current: 'k2', known: ['k1', 'k2'] })
    expect(late.keys.status()).toEqual({ current: 'k1', known: ['k1', 'k2'] })

    // what each made before and after, the other takes
    expect((await early.sessions.verify(tokens.accessToken)).session).toBeDefined()
    const ofNew = await refresh(early, tokens.refreshToken)
    expect(kidOf(ofNew.accessToken)).toBe('k2')
    expect((await late.sessions.verify(ofNew.accessToken)).session).toBeDefined()
    const ofOld = await refresh(late, ofNew.refreshToken)
    expect(kidOf(ofOld.accessToken)).toBe('k1')
    expect((await early.sessions.verify(ofOld.accessToken)).session).toBeDefined()
    const again = await refresh(early, ofOld.refreshToken)
    // a lost response: the late one derives the same child, with the key that the early one used
    expect((await refresh(late, ofOld.refreshToken)).refreshToken).toBe(again.refreshToken)
    expect(
      early.sessions
        .jwks()
        .keys.map(({ kid }) => kid)
        .sort(),
    ).toEqual(['k1', 'k2'])

    const [oldOnes, newOnes] = await Promise.all([signIn(late), signIn(early)])
    expect([kidOf(oldOnes.accessToken), kidOf(newOnes.accessToken)]).toEqual(['k1', 'k2'])
    await Promise.all([refresh(early, oldOnes.refreshToken), refresh(late, newOnes.refreshToken)])
  })

  it('becomes current in the middle of refreshes, at both, and every family lives', async () => {
    let tokens = await signIn(late)
    for (const current of ['k1', 'k2', 'k1', 'k2', 'k2']) {
      ofLate.state.keys = { current, k1: k1!, k2: k2! }
      const both = Promise.all([refresh(early, tokens.refreshToken), refresh(late, tokens.refreshToken)])
      await late.keys.reload()
      const [one, other] = await both
      expect(one.refreshToken).toBe(other.refreshToken)
      tokens = one
    }
    expect(late.keys.status().current).toBe('k2')
  })

  it('once the old one is gone, what it signed is refused at once, although it was believed before', async () => {
    const shelf = kms({ current: 'k1', k1: k1!, k3: k3! })
    const alone = await createFreehold<unknown>({ storage: memory(), keys: shelf.provider, ...quiet })
    const handle = await alone.tenants.create({ slug: 'solo', name: 'Solo' })
    await handle.users.create({ email: 'ana@acme.test', password: PASSWORD })
    const answer = await handle.signIn.password({ email: 'ana@acme.test', password: PASSWORD })
    if (!answer.ok) throw new Error(answer.reason)
    await alone.sessions.verify(answer.tokens.accessToken)
    shelf.state.keys = { current: 'k3', k3: k3! }
    await alone.keys.reload()
    await expect(alone.sessions.verify(answer.tokens.accessToken)).rejects.toMatchObject({ code: 'TOKEN_INVALID' })
    expect(await alone.sessions.refresh(answer.tokens.refreshToken)).toMatchObject({ ok: false, reason: 'invalid' })
    // and is good again when it is back
    shelf.state.keys = { current: 'k3', k1: k1!, k3: k3! }
    await alone.keys.reload()
    await alone.sessions.verify(answer.tokens.accessToken)
    await alone.close()
  })
})

describe('a provider of keys', () => {
  it('that fails stops the start, says so, and its own words are the cause alone', async () => {
    const { provider, state } = kms({ current: 'k1', k1: k1! })
    state.failure = new Error('AccessDeniedException: arn:aws:kms:eu-west-1:1:key/secret-name')
    const error = await createFreehold<unknown>({ storage: memory(), keys: provider, ...quiet }).catch(
      (e: unknown) => e,
    )
    expect(FreeholdError.is(error, 'KEYS_UNAVAILABLE')).toBe(true)
    expect((error as Error).cause).toBe(state.failure)
    expect(JSON.stringify([error, (error as Error).message])).not.toContain('secret-name')
  })

  it.each([
    ['nothing', undefined, 'CONFIG_INVALID'],
    ['a current key that is not there', { current: 'k2', k1 }, 'CONFIG_INVALID'],
    ['a weak key', { current: 'k1', k1: 'password' }, 'KEY_WEAK'],
  ])('that answers %s stops the start', async (_name, keys, code) => {
    const { provider } = kms(keys as Keys)
    await expect(createFreehold<unknown>({ storage: memory(), keys: provider, ...quiet })).rejects.toMatchObject({
      code,
    })
  })

  it('that fails at a reload, or answers what is no good, leaves the keys as they were', async () => {
    const { provider, state } = kms({ current: 'k1', k1: k1! })
    const alone = await createFreehold<unknown>({ storage: memory(), keys: provider, ...quiet })
    const before = alone.keys.status()
    state.failure = new Error('down')
    await expect(alone.keys.reload()).rejects.toMatchObject({ code: 'KEYS_UNAVAILABLE' })
    delete state.failure
    for (const [keys, code] of [
      [{ current: 'k2', k1: k1! }, 'CONFIG_INVALID'],
      [{ current: 'k2', k1: k1!, k2: 'short' }, 'KEY_WEAK'],
      // the number is known, under another value: what the old one sealed would not open any more
      [{ current: 'k1', k1: k2! }, 'CONFIG_INVALID'],
    ] as const) {
      state.keys = keys as Keys
      await expect(alone.keys.reload()).rejects.toMatchObject({ code })
      expect(alone.keys.status()).toEqual(before)
    }
    await alone.close()
  })

  it('is asked at the start and at a reload, and never in a request', async () => {
    const { provider, state } = kms({ current: 'k1', k1: k1! })
    const alone = await createFreehold<unknown>({ storage: memory(), keys: provider, ...quiet })
    const handle = await alone.tenants.create({ slug: 'solo', name: 'Solo' })
    await handle.users.create({ email: 'ana@acme.test', password: PASSWORD })
    await handle.signIn.password({ email: 'ana@acme.test', password: PASSWORD })
    expect(state.asked).toBe(1)
    await alone.keys.reload()
    expect(state.asked).toBe(2)
    await alone.close()
  })

  it('of two reloads at once the later asked for wins, whichever is answered first', async () => {
    const answers: ((keys: Keys) => void)[] = []
    let started = false
    const provider: KeyProvider = {
      load: () =>
        started ? new Promise((resolve) => answers.push(resolve)) : Promise.resolve({ current: 'k1', k1: k1! }),
    }
    const alone = await createFreehold<unknown>({ storage: memory(), keys: provider, ...quiet })
    started = true
    const [first, second] = [alone.keys.reload(), alone.keys.reload()]
    answers[1]!({ current: 'k3', k1: k1!, k3: k3! })
    expect((await second).current).toBe('k3')
    answers[0]!({ current: 'k2', k1: k1!, k2: k2! })
    expect((await first).current).toBe('k3')
    await alone.close()
  })

  it('keys that are given as they are can be reloaded too: nothing changes', async () => {
    const alone = await createFreehold<unknown>({ storage: memory(), keys: testKeys(2), ...quiet })
    expect(await alone.keys.reload()).toEqual({ current: 'k2', known: ['k1', 'k2'] })
    await alone.close()
  })
})
