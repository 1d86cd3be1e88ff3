import { execFile, spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Visitor } from '../../examples/hono/visitor.ts'
import { build, type Run, start } from './run.ts'

const hasCurl = spawnSync('curl', ['--version']).status === 0

describe('the Express example', () => {
  let example: Run
  beforeAll(async () => {
    build()
    example = await start('examples/express/main.ts', [])
    await example.said('Ctrl-C ends')
  }, 120_000)
  afterAll(async () => {
    example.stop()
    expect(await example.ended, example.output).toBe(0)
  })

  it('serves notes to who is signed in, tenant by tenant', async () => {
    const [acme, globex] = [new Visitor(example.port, 'acme'), new Visitor(example.port, 'globex')]
    expect((await acme.get('/notes')).json.code).toBe('UNAUTHENTICATED')
    await acme.post('/auth/sign-in', { email: 'owner@acme.test', password: 'a kettle orbits quietly' })
    await globex.post('/auth/sign-in', { email: 'owner@globex.test', password: 'seven lanterns at the pier' })
    expect((await acme.post('/notes', { body: 'for Acme' })).status).toBe(201)
    expect((await acme.get('/notes')).json.items).toMatchObject([{ body: 'for Acme' }])
    expect((await globex.get('/notes')).json).toEqual({ items: [] })
    expect((await acme.post('/notes', { body: '' })).json).toMatchObject({ code: 'INPUT_INVALID', field: 'body' })
    expect((await acme.post('/notes')).json.code).toBe('INPUT_INVALID')
  })

  it.skipIf(!hasCurl)('does what its README says, line by line (skipped where there is no curl)', async () => {
    const readme = await readFile(new URL('../../examples/express/README.md', import.meta.url), 'utf8')
    const blocks = [...readme.matchAll(/```\n([^`]+)```/g)].map(([, block = '']) => block)
    const commands = blocks.find((block) => block.includes('curl'))
    expect(commands).toBeDefined()
    const script = commands!.replaceAll(':4700', `:${example.port}`)
    const { stdout } = await promisify(execFile)('bash', ['-ec', script])
    const answers = stdout.split(/(?<=\})(?=\{)/).map((text) => JSON.parse(text))
    expect(answers).toMatchObject([
      { body: 'The new anvils arrive on Friday.' },
      { items: [{ body: 'The new anvils arrive on Friday.' }, { body: 'for Acme' }] },
      { code: 'TENANT_MISMATCH' },
    ])
  })
})
