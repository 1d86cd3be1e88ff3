// How large metadata may be: as the caller wrote it, and as PostgreSQL stores it, which is more for many numbers.

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { User } from '../../src/core/identity/user.ts'
import { checkJson } from '../../src/core/kernel/input.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { makeTown, refusal, type Town } from './town.ts'

let database: TestDatabase
let town: Town
let ana: User
beforeAll(async () => {
  database = await createTestDatabase()
  town = await makeTown(postgres({ pool: database.appPool }))
  ana = await town.person()
})
afterAll(() => database.close())

const TOO_LARGE = { code: 'INPUT_INVALID', details: { field: 'metadata', problem: 'it is too large' } }

const large: Readonly<Record<string, object>> = {
  'many numbers': { a: Array(7000).fill(1) },
  'a long text': { a: 'x'.repeat(16_400) },
}

describe('metadata', () => {
  it.each(Object.entries(large))('of %s is refused as input, whatever is around it', async (_name, metadata) => {
    const email = 'large@example.test'
    expect(await refusal(town.users.create({ email, metadata } as never))).toEqual(TOO_LARGE)
    expect(await refusal(town.users.update(ana, { metadata } as never))).toEqual(TOO_LARGE)
    // the transaction around it goes on
    await town.context.scope.transaction(async (unit) => {
      const users = town.usersIn(unit)
      expect(await refusal(users.update(ana, { metadata } as never))).toEqual(TOO_LARGE)
      await users.update(ana, { name: 'Ana' })
    })
    expect((await town.users.get(ana)).name).toBe('Ana')
  })

  it('of as many numbers as PostgreSQL takes is taken', async () => {
    expect((await town.users.update(ana, { metadata: { a: Array(5_400).fill(1) } })).metadata).toHaveProperty('a')
  })

  it('that is taken is never refused by the database', async () => {
    const numbers = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.constant(1e-300))
    const leaves = fc.oneof(numbers, fc.string({ maxLength: 5 }), fc.constant(null), fc.boolean(), fc.constant([]))
    await fc.assert(
      fc.asyncProperty(fc.array(leaves, { minLength: 1, maxLength: 6 }), async (pattern) => {
        // as many as are taken
        let [few, many] = [0, 8_000]
        const of = (count: number) => ({ a: Array.from({ length: count }, (_, i) => pattern[i % pattern.length]) })
        const taken = (count: number): boolean => {
          try {
            checkJson(of(count), 'metadata')
            return true
          } catch {
            return false
          }
        }
        while (many - few > 1) {
          const middle = Math.floor((few + many) / 2)
          if (taken(middle)) few = middle
          else many = middle
        }
        await town.users.update(ana, { metadata: of(few) })
      }),
      { numRuns: 40 },
    )
  })
})
