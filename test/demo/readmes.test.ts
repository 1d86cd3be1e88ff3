import { execFile, spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { build, type Run, start } from './run.ts'

const hasCurl = spawnSync('curl', ['--version']).status === 0

describe.each(['express', 'fastify'])('the README of the example on %s', (framework) => {
  let database: TestDatabase
  let example: Run
  beforeAll(async () => {
    build()
    // the README's own way starts a PostgreSQL inside the process, which the tour does
    database = await createTestDatabase({ empty: true })
    example = await start(`examples/${framework}/main.ts`, [], { DATABASE_URL: database.ownerUrl })
    await example.said('Ctrl-C ends')
  }, 120_000)
  afterAll(async () => {
    example.stop()
    expect(await example.ended, example.output).toBe(0)
    await database.close()
  })

  it.skipIf(!hasCurl)('tells what happens, line by line (skipped where there is no curl)', async () => {
    const readme = await readFile(new URL(`../../examples/${framework}/README.md`, import.meta.url), 'utf8')
    const blocks = [...readme.matchAll(/```\n([^`]+)```/g)].map(([, block = '']) => block)
    const commands = blocks.find((block) => block.includes('curl'))
    expect(commands).toBeDefined()
    const script = commands!.replaceAll(':4600', `:${example.port}`)
    const { stdout } = await promisify(execFile)('bash', ['-ec', script])
    const answers = stdout.split(/(?<=\})(?=\{)/).map((text) => JSON.parse(text))
    expect(answers).toMatchObject([
      { items: [{ body: 'Friday at noon.', author: 'Ben' }, {}, {}] },
      { items: [{ permission: 'note:delete', reason: 'context-missing', by: { roles: ['member'] } }] },
      { code: 'FORBIDDEN', permission: 'audit:read' },
      { code: 'TENANT_MISMATCH' },
    ])
  })
})
