// Users of another system: they come with their hashes, sign in with their passwords, and have one of today's hashes then.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { argon2 } from '../../src/adapters/argon2/index.ts'
import { legacyHashes } from '../../src/adapters/legacy-hashes/index.ts'
import { memory } from '../../src/adapters/memory/index.ts'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import { makeTown, type Town } from '../identity/town.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { refused } from '../setup/refusal.ts'

const PASSWORD = 'hashcat'
const OTHER = 'velvet tractor omelette'
const BAD = { ok: false, reason: 'bad-credentials' }
const HASHES = {
  bcrypt: '$2a$05$LhayLxezLhK1LhWvKxCyLOj0j1u.Kj0jZ0pEmm134uzrQlFvQJLF6',
  pbkdf2: 'pbkdf2_sha256$20000$H0dPx8NeajVu$GiC4k5kqbbR9qWBlsRgDywNqC2vd9kqfk7zdorEnNas=',
}
const cheap = { memoryKiB: 64, iterations: 1 }
const guests = { passwordHasher: argon2(cheap), legacyHashes: legacyHashes() }

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())

let made = 0
const newcomer = ({ users }: Town, passwordHash: string) =>
  users.create({ email: `import${++made}@example.test`, passwordHash })
const hashOf = async ({ context }: Town, { id }: { readonly id: string }) =>
  (await context.scope.records.get('users', { id }))!.password_hash!

describe.each(['memory', 'postgres'] as const)('on %s', (name) => {
  let town: Town
  beforeAll(async () => {
    const storage: Storage = name === 'memory' ? memory() : postgres({ pool: database.appPool, listen: false })
    town = await makeTown(storage, guests)
  })

  it.each([HASHES.bcrypt, HASHES.pbkdf2])(
    '%s: the first right password opens a session and leaves argon2id',
    async (hash) => {
      const user = await newcomer(town, hash)
      expect(user.hasPassword).toBe(true)
      expect(await town.enter(user, OTHER)).toEqual(BAD)
      expect(await hashOf(town, user)).toBe(hash)
      expect(await town.enter(user, PASSWORD)).toMatchObject({ ok: true })
      const upgraded = await hashOf(town, user)
      expect(upgraded).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/)
      expect(await town.enter(user, PASSWORD)).toMatchObject({ ok: true })
      expect(await town.enter(user, OTHER)).toEqual(BAD)
      expect(await hashOf(town, user)).toBe(upgraded)
    },
  )

  it('argon2 as others make it is taken as it is, and upgraded where it is weaker', async () => {
    const strong = await argon2({ memoryKiB: 128, iterations: 2 }).hash(PASSWORD)
    const weak = await argon2({ memoryKiB: 32, iterations: 1 }).hash(PASSWORD)
    for (const [hash, stays] of [
      [strong, true],
      [weak, false],
    ] as const) {
      const user = await newcomer(town, hash)
      expect(await town.enter(user, PASSWORD)).toMatchObject({ ok: true })
      expect((await hashOf(town, user)) === hash).toBe(stays)
    }
  })

  it('a password that was hashed as it was typed is found, and is hashed in our form from then on', async () => {
    // the same letters, composed and not: another system hashed what the keyboard sent
    const typed = 'Ame\u0301lie hums in the orchard'
    const foreign = await argon2({ memoryKiB: 32, iterations: 1 }).hash(typed)
    const user = await newcomer(town, foreign)
    expect(await town.enter(user, typed)).toMatchObject({ ok: true })
    expect(await town.enter(user, typed.normalize('NFC'))).toMatchObject({ ok: true })
  })

  it.each([
    ['md5', '5f4dcc3b5aa765d61d8327deb882cf99', 'it is no hash that can be checked here'],
    ['a bcrypt that costs minutes', HASHES.bcrypt.replace('$05$', '$31$'), 'it would cost too much to check'],
    [
      'an argon2 over the limit',
      '$argon2id$v=19$m=9999999,t=2,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA',
      'it is no hash that can be checked here',
    ],
    ['a text that is none', '', 'it is no hash that can be checked here'],
    ['a number', 5, 'it is not a text'],
    ['null', null, 'it is not a text'],
  ])('%s is refused, and nobody is made', async (_name, passwordHash, problem) => {
    const email = `refused${++made}@example.test`
    const error = await refused(
      () => town.users.create({ email, passwordHash: passwordHash as string }),
      'INPUT_INVALID',
    )
    expect(error.details).toEqual({ field: 'passwordHash', problem })
    expect(JSON.stringify(error)).not.toContain('$2a$')
    expect(await town.users.findByEmail(email)).toBeUndefined()
  })

  it('a hash and a password at once are refused', async () => {
    const both = { email: `both${++made}@example.test`, passwordHash: HASHES.bcrypt, password: OTHER }
    await refused(() => town.users.create(both), 'INPUT_INVALID')
  })

  it('a row whose cost was raised past the import is never run: the answer is wrong, at no cost', async () => {
    const user = await newcomer(town, HASHES.bcrypt)
    const costly = HASHES.bcrypt.replace('$05$', '$31$')
    await town.context.scope.records.update('users', { id: user.id }, { password_hash: costly })
    const started = performance.now()
    expect(await town.enter(user, PASSWORD)).toEqual(BAD)
    expect(performance.now() - started).toBeLessThan(2000)
    expect(await hashOf(town, user)).toBe(costly)
  })

  it('without legacyHashes only argon2 comes in, and a bcrypt row of before opens nothing', async () => {
    const alone = await makeTown(memory(), { passwordHasher: argon2(cheap) })
    await refused(() => newcomer(alone, HASHES.bcrypt), 'INPUT_INVALID')
    const user = await newcomer(alone, await argon2(cheap).hash(PASSWORD))
    await alone.context.scope.records.update('users', { id: user.id }, { password_hash: HASHES.bcrypt })
    expect(await alone.enter(user, PASSWORD)).toEqual(BAD)
  })
})

describe('races, on PostgreSQL', () => {
  let town: Town
  beforeAll(async () => {
    town = await makeTown(postgres({ pool: database.appPool, listen: false }), guests)
  })

  it('of five first sign-ins at once all are let in, and one new hash stays that takes the password', async () => {
    const user = await newcomer(town, HASHES.bcrypt)
    const answers = await Promise.all(Array.from({ length: 5 }, () => town.enter(user, PASSWORD)))
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true, true, true])
    expect(await argon2().verify(await hashOf(town, user), PASSWORD)).toBe(true)
    expect(await town.enter(user, PASSWORD)).toMatchObject({ ok: true })
  })

  it('R15: a new password that is set meanwhile is not overwritten by the upgrade, and nobody stays in with the old one', async () => {
    for (let round = 0; round < 10; round++) {
      const user = await newcomer(town, HASHES.bcrypt)
      await Promise.all([
        ...Array.from({ length: 3 }, () => town.enter(user, PASSWORD)),
        town.users.setPassword(user, OTHER),
      ])
      expect(await argon2().verify(await hashOf(town, user), OTHER)).toBe(true)
      expect(await town.alive(user)).toEqual([])
    }
  })
})

describe('the package for bcrypt', () => {
  it('is named when it is missing, at the import already', async () => {
    vi.doMock('@node-rs/bcrypt', () => {
      throw new Error('Cannot find package')
    })
    const { legacyHashes: fresh } = await import('../../src/adapters/legacy-hashes/index.ts')
    const town = await makeTown(memory(), { ...guests, legacyHashes: fresh() })
    const error = await refused(() => newcomer(town, HASHES.bcrypt), 'PACKAGE_MISSING')
    expect(error.details.package).toBe('@node-rs/bcrypt')
    // others need none
    await newcomer(town, HASHES.pbkdf2)
    vi.doUnmock('@node-rs/bcrypt')
  })
})
