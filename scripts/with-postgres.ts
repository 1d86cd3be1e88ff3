// Runs a command with DATABASE_URL leading to an empty PostgreSQL of its own: `node scripts/with-postgres.ts npm run demo`.

import { spawn } from 'node:child_process'
import { startServer } from '../test/setup/server.ts'

const [command, ...args] = process.argv.slice(2)
if (!command) throw new Error('usage: node scripts/with-postgres.ts COMMAND [ARGUMENT ...]')

const server = await startServer()
process.stdout.write(`${server.description}\n`)
try {
  process.exitCode = await new Promise<number>((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, DATABASE_URL: server.url } })
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
} finally {
  await server.stop()
}
