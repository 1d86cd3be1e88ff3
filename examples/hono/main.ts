// npm run demo: serves the demo on 127.0.0.1. `--tour` drives it instead, prints each step, and ends.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { styleText } from 'node:util'
import { getRequestListener } from '@hono/node-server'
import { createApp } from './app.ts'
import { openDemo, people } from './demo.ts'
import { runTour, TOUR_GRACE_MS } from './tour.ts'

const FIRST_PORT = 4600
const touring = process.argv.includes('--tour')
const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

print('Freehold demo: opening the database ...')
const demo = await openDemo({
  databaseUrl: process.env.DATABASE_URL,
  ...(touring ? { refreshGraceMs: TOUR_GRACE_MS } : {}),
})
const server = createServer(getRequestListener(createApp(demo.freehold).fetch, { overrideGlobalObjects: false }))
const port = await listen(server)

if (touring) {
  print(`On ${demo.place}, over HTTP on port ${port}.`)
  const passed = await runTour(demo, port, print)
  await close()
  process.exitCode = passed ? 0 : 1
} else {
  introduce()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close())
}

function introduce(): void {
  const bold = (text: string) => styleText('bold', text)
  const origin = (tenant: string) => `http://${tenant}.localhost:${port}`
  print(`On ${demo.place}.\n`)
  for (const { tenant, email, password } of people) {
    print(`  ${bold(`${origin(tenant)}/`.padEnd(31))}${email.padEnd(17)}  ${password}`)
  }
  const [{ tenant, email, password }] = people as [(typeof people)[number]]
  print(`
Or without a browser:

  TOKEN=$(curl -s -H 'content-type: application/json' \\
    -d '{"email":"${email}","password":"${password}","transport":"body"}' ${origin(tenant)}/auth/sign-in |
    node -p 'JSON.parse(fs.readFileSync(0)).tokens.accessToken')
  curl -s -H "authorization: Bearer $TOKEN" ${origin(tenant)}/notes
  curl -s -H "authorization: Bearer $TOKEN" ${origin('globex')}/notes    # refused: TENANT_MISMATCH

${bold('npm run demo -- --tour')} tries all of it and more. Ctrl-C ends.`)
}

/** The wanted port, or the next one that is free. On 127.0.0.1 only. */
async function listen(server: Server): Promise<number> {
  const wanted = Number(process.env.PORT ?? FIRST_PORT)
  for (let port = wanted; ; port++) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, '127.0.0.1', () => {
          server.off('error', reject)
          resolve()
        })
      })
      return (server.address() as AddressInfo).port
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      if (!taken || port >= wanted + 100) throw error
    }
  }
}

async function close(): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await demo.freehold.close()
}
