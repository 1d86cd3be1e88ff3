// Nobody gives or takes what they do not hold: in generated tenants, whatever a user writes, nobody gains or loses anything
// anywhere which that user did not hold there before. FREEHOLD_TEST_WORLDS asks for more or fewer of them.

import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { foundTenant, type Held } from './guard-tenant.ts'
import { type Step, steps, type World, type Write, world } from './guard-writes.ts'
import { type House, makeHouse } from './house.ts'

const WORLDS = Number(process.env.FREEHOLD_TEST_WORLDS ?? (process.env.FREEHOLD_TEST_RUNS ? 300 : 80))
const seed = process.env.FC_SEED ? { seed: Number(process.env.FC_SEED) } : {}
/** A world that fails is told by then, however small it has become. */
const LIMIT_MS = 60_000 + WORLDS * 2000

/** Each is both done and refused. */
const WRITES: readonly Write['do'][] = [
  ...(['grant', 'revoke', 'change role', 'change parent', 'add policy', 'change policy'] as const),
  ...(['enable policy', 'disable policy', 'remove policy', 'add member', 'change member', 'change entries'] as const),
  ...(['remove member', 'move team', 'move project', 'lift team', 'remove team', 'remove project'] as const),
  'remove note',
]

let house: House
beforeAll(async () => {
  house = await makeHouse(memory())
})
afterAll(() => house.close())

/** What was answered otherwise before, and whether the user had been allowed it. */
interface Change {
  readonly question: string
  readonly of: 'the writer' | 'another'
  readonly gained: boolean
  readonly held: boolean
}

function changesOf(before: Held, after: Held, writer: string): Change[] {
  return [...after].flatMap(([user, answers]) =>
    [...answers].flatMap(([question, gained]) => {
      const was = before.get(user)!.get(question)
      if (was === undefined || was === gained) return []
      const held = before.get(writer)!.get(question) === true
      return [{ question, of: user === writer ? 'the writer' : 'another', gained, held } as const]
    }),
  )
}

it(
  'whatever a user writes, nobody gains or loses what the user did not hold there',
  async () => {
    const seen = new Map<string, number>()
    const saw = (trait: string) => seen.set(trait, (seen.get(trait) ?? 0) + 1)
    async function live(built: World, written: readonly Step[]): Promise<void> {
      const tenant = await foundTenant(house, built)
      let before = await tenant.look()
      for (const { by, write } of written) {
        const code = await tenant.write(by, write)
        const after = await tenant.look()
        const changes = changesOf(before, after, tenant.users[by]!)
        const wrong = changes.filter(({ held }) => code !== undefined || !held)
        expect(wrong, `${write.do} by user ${by}: ${code ?? 'done'}`).toEqual([])
        saw(`${write.do}: ${code ?? 'done'}`)
        for (const { gained } of changes) saw(gained ? 'gained' : 'lost')
        before = after
      }
    }
    await fc.assert(fc.asyncProperty(world, steps, live), {
      ...{ numRuns: WORLDS, interruptAfterTimeLimit: LIMIT_MS, markInterruptAsFailure: true },
      ...seed,
    })
    for (const name of WRITES) {
      expect([seen.has(`${name}: done`), seen.has(`${name}: GRANT_REFUSED`)], name).toEqual([true, true])
    }
    for (const trait of ['gained', 'lost']) expect(seen.has(trait), trait).toBe(true)
  },
  LIMIT_MS + 30_000,
)
