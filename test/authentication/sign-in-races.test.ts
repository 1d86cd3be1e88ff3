// Signing in on a real PostgreSQL, while others guess, disable, sign out and change the password.

import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { createSignIn } from '../../src/core/authentication/sign-in.ts'
import type { User } from '../../src/core/identity/user.ts'
import type { SessionId } from '../../src/core/kernel/ids.ts'
import { createTenantSessions } from '../../src/core/sessions/tenant-sessions.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import { makeTown, PASSWORD, type Town } from '../identity/town.ts'
import { quickHasher } from '../setup/context.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'

const WRONG = 'copper giraffe lullaby'
const BAD = { ok: false, reason: 'bad-credentials' }

let database: TestDatabase
let storage: Storage
let town: Town
beforeAll(async () => {
  database = await createTestDatabase()
  storage = postgres({ pool: database.appPool, listen: false })
  town = await makeTown(storage)
})
afterAll(() => database.close())

describe('guessing', () => {
  it('M02, A14: of 100 parallel wrong passwords no more are looked at than the schedule allows', async () => {
    const user = await town.person()
    for (const email of [user.email, 'nobody@acme.test']) {
      const before = town.work.verifications
      const started = performance.now()
      const answers = await Promise.all(Array.from({ length: 100 }, () => town.enter({ email }, WRONG)))
      // five at no cost, the one that starts the waiting, and one for each wait (1 s, 2 s, 4 s) that this took
      const allowed = 6 + Math.floor(Math.log2(1 + (performance.now() - started) / 1000))
      const seen = answers.filter((answer) => !answer.ok && answer.reason === 'bad-credentials').length
      expect(seen).toBeGreaterThanOrEqual(6)
      expect(seen).toBeLessThanOrEqual(allowed)
      expect(town.work.verifications - before).toBe(seen)
      expect(answers.filter((answer) => !answer.ok && answer.reason === 'too-many-attempts')).toHaveLength(100 - seen)
    }
  })

  it('M02: the right password among 100 parallel wrong ones is taken at most once, or never', async () => {
    const user = await town.person()
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => town.enter(user, i === 50 ? PASSWORD : `${WRONG} ${i}`)),
    )
    const signedIn = answers.filter(({ ok }) => ok).length
    expect(await town.alive(user)).toHaveLength(signedIn)
    expect(answers[50]).not.toEqual(BAD)
  })

  it('parallel sign-ins with the right password all work, while they are within the schedule', async () => {
    const user = await town.person()
    const answers = await Promise.all(Array.from({ length: 5 }, () => town.enter(user)))
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true, true, true])
    expect(await town.alive(user)).toHaveLength(5)
  })
})

/** What happens to the user while somebody signs in. */
const ENDINGS: Record<string, (town: Town, user: User) => Promise<unknown>> = {
  'the user is disabled': ({ users }, user) => users.disable(user),
  'the user is removed': ({ users }, user) => users.remove(user),
  'the user signs out everywhere': ({ context }, user) => createTenantSessions(context).revokeAll(user),
  'the password changes': ({ users }, user) => users.setPassword(user, WRONG),
}

describe('R15: no session outlives what ends them, when', () => {
  for (const [what, end] of Object.entries(ENDINGS)) {
    it(`${what} after the password was checked`, async () => {
      const user = await town.person()
      // the ending commits in the gap between the check and the opening
      const signIn = createSignIn(
        town.context,
        {
          ...town.passwords,
          async verify(hash, password) {
            const right = await town.passwords.verify(hash, password)
            await end(town, user)
            return right
          },
        },
        town.engine,
      )
      expect(await signIn.password({ email: user.email, password: PASSWORD })).toEqual(BAD)
      expect(await town.alive(user)).toEqual([])
    })

    it(`${what} at the same moment`, async () => {
      const wide = await makeTown(storage, { settings: { attempts: { free: 100 } } })
      const users = await Promise.all(Array.from({ length: 8 }, () => wide.person()))
      await Promise.all(
        users.map(async (user) => {
          const during: string[] = []
          const signingIn = Array.from({ length: 4 }, async () => {
            const entered = await wide.enter(user)
            if (entered.ok) during.push(entered.session.id)
          })
          const before = await wide.alive(user)
          await end(wide, user)
          await Promise.all(signingIn)
          // whoever signed in before the ending is out; whoever read the user after it (signing out everywhere
          // forbids nobody to come back) opened under the new epoch
          const alive = await wide.alive(user)
          expect(before.filter((id) => alive.includes(id))).toEqual([])
          if (what !== 'the user signs out everywhere') expect(alive).toEqual([])
          else expect(during).toEqual(expect.arrayContaining(alive))
        }),
      )
    })
  }

  it('the password changes and one session is kept: a racing sign-in with the old one is refused', async () => {
    const user = await town.person()
    const kept = await town.enter(user)
    const keep = (kept.ok ? kept.session.id : '') as SessionId
    const signIn = createSignIn(
      town.context,
      {
        ...town.passwords,
        async verify(hash, password) {
          const right = await town.passwords.verify(hash, password)
          await town.users.setPassword(user, WRONG, { keep })
          return right
        },
      },
      town.engine,
    )
    expect(await signIn.password({ email: user.email, password: PASSWORD })).toEqual(BAD)
    expect(await town.alive(user)).toEqual([keep])
  })
})

it('a hash that another sign-in has just strengthened is no other password', async () => {
  const user = await town.person()
  const renewing = { ...town.passwords, needsRehash: () => true }
  const signIn = createSignIn(town.context, renewing, town.engine)
  const entering = Array.from({ length: 5 }, () => signIn.password({ email: user.email, password: PASSWORD }))
  expect((await Promise.all(entering)).map(({ ok }) => ok)).toEqual([true, true, true, true, true])
  expect(await town.enter(user)).toMatchObject({ ok: true })
})

it('a crowd waits for its hashes before it asks the database, where nothing of it is counted', async () => {
  const gate: { open: () => void } = { open: () => undefined }
  const opened = new Promise<void>((resolve) => (gate.open = resolve))
  let hashing = 0
  const crowded = await makeTown(storage, {
    settings: { passwords: { concurrency: 2 } },
    passwordHasher: {
      ...quickHasher,
      async verify(hash, password) {
        hashing++
        await opened
        return quickHasher.verify(hash, password)
      },
    },
  })
  const people = await Promise.all(Array.from({ length: 12 }, () => crowded.person()))
  const entering = people.map((user) => crowded.enter(user))
  while (hashing < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  // those who are next are looked up meanwhile
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(hashing).toBe(2)
  expect(await crowded.context.scope.records.count('sign_in_attempts')).toBe(4)
  gate.open()
  expect((await Promise.all(entering)).every(({ ok }) => ok)).toBe(true)
  expect(await crowded.context.scope.records.count('sign_in_attempts')).toBe(0)
})

it('20 parallel creates of one address make one user', async () => {
  const forms = ['ana@race.test', 'ANA@race.test', ' Ana@Race.Test', 'ana@race．test']
  const made = await Promise.allSettled(
    Array.from({ length: 20 }, (_, i) => town.users.create({ email: forms[i % forms.length]! })),
  )
  const refused = made.filter((one) => one.status === 'rejected')
  expect(made.filter((one) => one.status === 'fulfilled')).toHaveLength(1)
  expect(refused.map(({ reason }) => reason.code)).toEqual(Array(19).fill('EMAIL_TAKEN'))
  expect(await town.context.scope.records.count('users', { email_norm: 'ana@race.test' })).toBe(1)
})

it('looking up an address reads the key of addresses, in users and in sign-in', async () => {
  const user = await town.person()
  const key = 'freehold.users_email_norm_key'
  await database.admin(
    `insert into freehold.users (tenant_id, id, email, email_norm)
     select $1, gen_random_uuid(), a, a from generate_series(1, 2000) i, format('u%s@crowd.test', i) a`,
    [town.context.tenant.id],
  )
  await database.admin('analyze freehold.users')
  await storage.tenant(town.context.ref).transaction(async (unit) => {
    const db = unit.db as Kysely<unknown>
    const scans = async (): Promise<number> => {
      const { rows } = await sql<{ n: string }>`select pg_stat_get_xact_numscans(${key}::regclass) as n`.execute(db)
      return Number(rows[0]!.n)
    }
    const context = { ...town.context, scope: unit }
    // a connection's count goes on from what it has not told the server yet
    const before = await scans()
    // more often than a generic plan takes to be made
    for (let i = 1; i <= 8; i++) {
      await town.usersIn(unit).findByEmail(user.email)
      expect(await scans()).toBe(before + 2 * i - 1)
      await createSignIn(context, town.passwords, town.engine).password({ email: user.email, password: PASSWORD })
      expect(await scans()).toBe(before + 2 * i)
    }
  })
})
