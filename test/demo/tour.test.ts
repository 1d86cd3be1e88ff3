import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSteps, same } from '../../examples/notes/tour/steps.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { build, start } from './run.ts'

const DEMO = 'examples/hono/main.ts'
const OTHERS = ['examples/express/main.ts', 'examples/fastify/main.ts']

beforeAll(build, 120_000)

describe('the tour of the demo', () => {
  it('finds everything as promised on PGlite, and ends by itself', async () => {
    const tour = await start(DEMO, ['--tour'])
    expect(await tour.ended, tour.output).toBe(0)
    expect(tour.output).toContain('PostgreSQL inside this process (PGlite)')
    expect(tour.output.match(/✓/g)?.length).toBeGreaterThanOrEqual(60)
    expect(tour.output).not.toContain('✗')
  }, 180_000)

  it('marks a step that is not as promised', async () => {
    const lines: string[] = []
    const steps = createSteps((line) => lines.push(line))
    await steps.step('Two is two.', async () => same(2, 2))
    await steps.step('Two is three.', async () => same(2, 3))
    expect([steps.passed, steps.failed]).toEqual([1, 1])
    expect(lines.join('\n')).toContain('it is 2, and should be 3')
  })
})

describe('the tour of the demo on PostgreSQL', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await createTestDatabase({ empty: true })
  })
  afterAll(() => database.close())

  it('finds everything as promised, as a login of its own, also where it ran before', async () => {
    for (let times = 1; times <= 2; times++) {
      const tour = await start(DEMO, ['--tour'], { DATABASE_URL: database.ownerUrl })
      expect(await tour.ended, tour.output).toBe(0)
      expect(tour.output).toContain('as freehold_demo_app')
      expect(tour.output).not.toContain('✗')
      // no password, neither the owner's nor the one it made
      expect(tour.output).not.toContain(`${new URL(database.ownerUrl).password}@`)
    }
  }, 180_000)

  it.each(OTHERS)(
    'finds the same in %s',
    async (main) => {
      const tour = await start(main, ['--tour'], { DATABASE_URL: database.ownerUrl })
      expect(await tour.ended, tour.output).toBe(0)
      expect(tour.output.match(/✓/g)?.length).toBeGreaterThanOrEqual(60)
      expect(tour.output).not.toContain('✗')
    },
    180_000,
  )

  it('fails where the wall has a hole', async () => {
    await database.ownerPool.query('alter table notes disable row level security')
    const tour = await start(DEMO, ['--tour'], { DATABASE_URL: database.ownerUrl })
    expect(await tour.ended).toBe(1)
    expect(tour.output).not.toContain('as promised')
  }, 120_000)
})
