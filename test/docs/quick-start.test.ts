// The README's quick start is run as it stands: its TypeScript by Node, in a project of its own, started as it says by a
// shell, as its curl lines are. Only the port is another one.

import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { build } from '../demo/run.ts'
import { freePort } from '../setup/server.ts'

const root = resolve(import.meta.dirname, '../..')
const hasCurl = spawnSync('curl', ['--version']).status === 0
const hasOpenssl = spawnSync('openssl', ['version']).status === 0
const hasNode = spawnSync('node', ['--version']).status === 0

describe('the quick start of the README', () => {
  let folder: string
  let typescript: string
  let shell: string

  beforeAll(async () => {
    build()
    const readme = await readFile(join(root, 'README.md'), 'utf8')
    const section = readme.slice(readme.indexOf('## Quick start'), readme.indexOf('## Your own tables'))
    typescript = /```ts\n([^`]+)```/.exec(section)![1]!
    shell = /```\n(npm install[\s\S]+?)```/.exec(section)![1]!

    folder = await mkdtemp(join(tmpdir(), 'freehold-quick-start-'))
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    await mkdir(join(folder, 'node_modules'))
    await symlink(root, join(folder, 'node_modules/freehold'))
    for (const name of ['hono', '@hono'])
      await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  }, 120_000)
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('has at most 20 lines of code', () => {
    expect(typescript.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(20)
  })

  it.skipIf(!hasCurl || !hasNode || !hasOpenssl)(
    'works as written (skipped where there is no curl or openssl)',
    async () => {
      const port = await freePort()
      const local = (text: string) => text.replaceAll('3000', String(port))
      await writeFile(join(folder, 'server.ts'), local(typescript))
      const start = shell.split('\n').find((line) => line.includes('node server.ts'))!
      expect(start).toMatch(/^FREEHOLD_KEY=\$\(openssl /)
      const { FREEHOLD_KEY: _, ...inherited } = process.env
      const env = { ...inherited, PATH: `${dirname(process.execPath)}:${inherited.PATH}` }
      // a group of its own, so that whatever the shell started ends with it
      const server = spawn('bash', ['-ec', start], { cwd: folder, env, stdio: 'inherit', detached: true })
      try {
        await listening(port, () => server.exitCode === null)
        const curls = local(shell.slice(shell.indexOf('token=$(')))
        const { stdout } = await promisify(execFile)('bash', ['-ec', curls])
        expect(JSON.parse(stdout)).toEqual({ tenant: 'Acme' })
      } finally {
        if (server.exitCode === null && server.signalCode === null) {
          const ended = once(server, 'exit')
          process.kill(-server.pid!)
          await ended
        }
      }
    },
    120_000,
  )
})

async function listening(port: number, alive: () => boolean): Promise<void> {
  while (alive()) {
    const socket = connect(port, '127.0.0.1')
    const heard = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    if (heard) return
    await pause(100)
  }
  throw new Error('the quick start ended before it listened')
}
