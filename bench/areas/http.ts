// A whole request over HTTP, authenticated, authorised and of one tenant: the example's list of notes, against the same
// app with what it needs written by hand, and against the same app with better-auth. Servers and clients share this
// process, so that its CPU time is that of the whole way; the clients are as light as they can be, and the same for all.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { getRequestListener } from '@hono/node-server'
import type { Freehold } from 'freehold'
import { postgres } from 'freehold/postgres'
import { addNote, type Db, type Tables } from '../../examples/notes/notes.ts'
import { type Permission, permissions } from '../../examples/notes/permissions.ts'
import { signInToBetterAuth } from '../better-auth.ts'
import { type KeepAlive, keepAlive } from '../keep-alive.ts'
import type { Area } from '../main.ts'
import { measure } from '../measure.ts'
import { betterAuthApp, freeholdApp, handApp, PATH, prepareByHand } from '../notes-apps.ts'
import { compare } from '../report.ts'
import { instance, migrate, warmPool } from '../seed.ts'
import { openDatabase } from '../server.ts'

const OURS = 'GET with Freehold'
const HAND = 'the same by hand'
const BETTER = 'the same with better-auth'
const CONNECTIONS = 10
const NOTES = 20
const MIGRATIONS = fileURLToPath(new URL('../../examples/notes/migrations', import.meta.url))

export const http: Area = async (effort, say) => {
  await using closing = new AsyncDisposableStack()
  const database = await openDatabase(say)
  closing.defer(() => database.close())
  await migrate(database, MIGRATIONS)
  const [pool, handPool, rivalPool] = await Promise.all([
    warmPool(database.appUrl, CONNECTIONS),
    warmPool(database.ownerUrl, CONNECTIONS),
    warmPool(database.ownerUrl, CONNECTIONS),
  ])
  for (const each of [pool, handPool, rivalPool]) closing.defer(() => each.end())

  say(`${NOTES} notes, ${CONNECTIONS} callers signed in thrice`)
  const freehold = await instance<Db, Permission>(postgres<Tables>({ pool }), { permissions })
  closing.defer(() => freehold.close())
  const { tenantId, userId, tokens } = await seedNotes(freehold)
  const handTokens = await prepareByHand(handPool, tenantId, userId, CONNECTIONS)
  const rival = await signInToBetterAuth(rivalPool, CONNECTIONS)

  const clients: KeepAlive[][] = []
  for (const { fetch, headers } of [
    { ...freeholdApp(freehold), headers: tokens.map(bearer) },
    { ...handApp(handPool), headers: handTokens.map(bearer) },
    { ...betterAuthApp(rivalPool, rival, tenantId), headers: rival.headers },
  ]) {
    const { server, port } = await listen(fetch)
    closing.defer(() => void server.close())
    const each = await Promise.all(headers.map((sent) => keepAlive(port, PATH, sent)))
    closing.defer(() => {
      for (const client of each) client.close()
    })
    clients.push(each)
  }
  await sameAnswers(clients)

  say(`requests on ${CONNECTIONS} connections`)
  const subjects = [OURS, HAND, BETTER].map((name, n) => ({
    name,
    run: (worker: number) => clients[n]![worker]!.get(),
  }))
  const figures = await measure(subjects, CONNECTIONS, effort)
  const name = `whole request, ${CONNECTIONS} connections`
  return [
    compare('http', { name, subject: OURS, against: HAND, better: 'higher', goal: 0.6 }, figures),
    compare('http', { name, subject: OURS, against: BETTER, better: 'higher', goal: 4, by: 'cpu' }, figures),
    // what the others leave: whoever is faster than this spends less than the framework, the query and the client do
    compare('http', { name, subject: HAND, against: BETTER, better: 'higher', goal: null, by: 'cpu' }, figures),
  ]
}

/** One member of one tenant, signed in on so many devices. */
async function seedNotes(
  freehold: Freehold<Db, Permission>,
): Promise<{ tenantId: string; userId: string; tokens: string[] }> {
  await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
  const acme = await freehold.tenant('acme')
  const credentials = { email: 'ana@acme.test', password: 'correct horse battery staple of the bench' }
  const ana = await acme.users.create({ ...credentials, name: 'Ana' })
  await acme.assignments.grant({ principal: ana, role: 'member' })
  for (let n = 0; n < NOTES; n++) await addNote(acme, ana.id, { body: `Note ${n}: the new anvils arrive on Friday.` })
  const tokens: string[] = []
  for (let n = 0; n < CONNECTIONS; n++) {
    const signedIn = await acme.signIn.password({ ...credentials, client: { ip: '127.0.0.1', userAgent: 'bench' } })
    if (!signedIn.ok) throw new Error(`sign-in: ${signedIn.reason}`)
    tokens.push(signedIn.tokens.accessToken)
  }
  return { tenantId: acme.id, userId: ana.id, tokens }
}

const bearer = (token: string): Headers => new Headers({ authorization: `Bearer ${token}` })

type Fetch = Parameters<typeof getRequestListener>[0]

function listen(fetch: Fetch): Promise<{ server: Server; port: number }> {
  const server = createServer(getRequestListener(fetch, { overrideGlobalObjects: false }))
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve({ server, port: (server.address() as AddressInfo).port })),
  )
}

/** @throws when the apps answer differently */
async function sameAnswers(clients: readonly (readonly KeepAlive[])[]): Promise<void> {
  const [ours, ...theirs] = await Promise.all(clients.map(([client]) => client!.read()))
  if (JSON.parse(ours!).items.length !== NOTES) throw new Error(`not the notes: ${ours}`)
  if (theirs.some((body) => body !== ours)) throw new Error(`other answers: ${[ours, ...theirs].join('\n')}`)
}
