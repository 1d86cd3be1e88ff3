// Serves the demo on 127.0.0.1 with any framework. `--tour` drives it instead, prints each step, and ends.

import type { Server } from 'node:http'
import { type AddressInfo, createServer, type Server as Listener } from 'node:net'
import { styleText } from 'node:util'
import { type Demo, openDemo, people } from './open.ts'
import { runTour, TOUR_GRACE_MS } from './tour/index.ts'

/** The demo as an app of one framework: its server, which does not listen yet. */
export type MakeServer = (demo: Demo) => Server | Promise<Server>

const FIRST_PORT = 4600

export async function serve(framework: string, command: string, makeServer: MakeServer): Promise<void> {
  const touring = process.argv.includes('--tour')
  print(`Freehold demo on ${framework}: opening the database ...`)
  // kept for the server while the database opens: links in mails have the port
  const holder = createServer((socket) => socket.destroy())
  const port = await listen(holder, Number(process.env.PORT ?? FIRST_PORT), 100)
  const demo = await openDemo({
    databaseUrl: process.env.DATABASE_URL,
    port,
    ...(touring ? { refreshGraceMs: TOUR_GRACE_MS } : {}),
  })
  const server = await makeServer(demo)
  await new Promise((resolve) => holder.close(resolve))
  await listen(server, port)
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await demo.freehold.close()
  }
  if (touring) {
    print(`On ${demo.place}, over HTTP on port ${port}.`)
    const passed = await runTour(demo, port, print)
    await close()
    process.exitCode = passed ? 0 : 1
  } else {
    introduce(demo, command)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close())
  }
}

function introduce({ place, port }: Demo, command: string): void {
  const bold = (text: string) => styleText('bold', text)
  const origin = (tenant: string) => `http://${tenant}.localhost:${port}`
  print(`On ${place}.\n\n  Open ${bold(`http://localhost:${port}/`)}, or sign in at once:\n`)
  for (const { tenant, role, email, password } of people) {
    print(`  ${bold(`${origin(tenant)}/`.padEnd(31))}${email.padEnd(16)}  ${role.padEnd(6)}  ${password}`)
  }
  const [{ tenant, email, password }] = people as [(typeof people)[number]]
  print(`
Or without a browser:

  TOKEN=$(curl -s -H 'content-type: application/json' \\
    -d '{"email":"${email}","password":"${password}","transport":"body"}' ${origin(tenant)}/auth/sign-in |
    node -p 'JSON.parse(fs.readFileSync(0)).tokens.accessToken')
  curl -s -H "authorization: Bearer $TOKEN" ${origin(tenant)}/api/notes
  curl -s -H "authorization: Bearer $TOKEN" '${origin(tenant)}/auth/access/explain?permission=note:delete'
  curl -s -H "authorization: Bearer $TOKEN" ${origin('globex')}/api/notes    # refused: TENANT_MISMATCH

${bold(`${command} -- --tour`)} tries all of it and more. Ctrl-C ends.`)
}

/** The wanted port, or one of the next that is free. On 127.0.0.1 only. */
async function listen(server: Listener, wanted: number, others = 0): Promise<number> {
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
      if (!taken || port >= wanted + others) throw error
    }
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
