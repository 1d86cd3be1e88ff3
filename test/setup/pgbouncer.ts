// A PgBouncer in transaction mode before a test database, where the program is installed.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { freePort } from './server.ts'
import { APP_ROLE, PASSWORD, withUrl } from './template.ts'

// of the system, where it has it; no package brings it
const PROGRAM = 'pgbouncer'

export interface Bouncer {
  /** The same database through the pooler, as the app. */
  readonly url: string
  stop(): Promise<void>
}

/** Why there is no PgBouncer to test with; undefined: there is. */
export function withoutPgBouncer(): string | undefined {
  try {
    execFileSync(PROGRAM, ['--version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'the program pgbouncer is not installed'
  }
}

/** @param connections to the server, for however many clients */
export async function startPgBouncer(appUrl: string, connections: number): Promise<Bouncer> {
  const directory = await mkdtemp(join(tmpdir(), 'freehold-pgbouncer-'))
  await chmod(directory, 0o755)
  const port = await freePort()
  const server = new URL(appUrl)
  const file = (name: string): string => join(directory, name)
  await writeFile(file('users.txt'), `"${APP_ROLE}" "${PASSWORD}"\n`)
  await writeFile(
    file('pgbouncer.ini'),
    `[databases]
* = host=${server.hostname} port=${server.port || 5432}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${file('users.txt')}
pool_mode = transaction
default_pool_size = ${connections}
max_client_conn = 100
`,
  )
  // it refuses to run as root, and takes the user that the server runs as
  const asRoot = userInfo().uid === 0 ? ['-u', 'postgres'] : []
  const child = spawn(PROGRAM, ['-q', ...asRoot, file('pgbouncer.ini')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.on('data', (chunk) => {
    log += chunk
  })
  await listening(child, port).catch((cause: unknown) => {
    throw new Error(`PgBouncer did not start:\n${log}`, { cause })
  })
  return {
    url: withUrl(appUrl, { port }),
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await gone
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
    const reached = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      })
      socket.on('error', () => resolve(false))
    })
    if (reached) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('nobody listens')
}
