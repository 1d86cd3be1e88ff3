// The notes app on Express: Freehold's routes under /auth, two routes of the app's own, one tenant per subdomain.

import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import express from 'express'
import { createFreehold, FreeholdError } from 'freehold'
import { contextOf, freeholdErrors, freeholdExpress, requireSession } from 'freehold/express'
import { pglite } from 'freehold/pglite'
import type { Generated, Kysely } from 'kysely'

interface Database {
  notes: { id: Generated<string>; author_id: string; body: string; created_at: Generated<Date> }
}
type Db = Kysely<Database>

const folder = fileURLToPath(new URL('migrations', import.meta.url))
const freehold = await createFreehold({
  storage: pglite<Database>({ migrations: { folder } }),
  keys: { current: 'k1', k1: process.env.FREEHOLD_KEY ?? randomBytes(32) },
  tenants: { baseDomains: ['localhost'] },
})
await freehold.migrations.apply()

for (const [slug, name, password] of [
  ['acme', 'Acme', 'a kettle orbits quietly'],
  ['globex', 'Globex', 'seven lanterns at the pier'],
] as const) {
  const tenant = await freehold.tenants.create({ slug, name })
  await tenant.users.create({ email: `owner@${slug}.test`, password })
}

const app = express()
app.use(freeholdExpress(freehold)) // answers /auth/*, and sets req.freehold
app.use(express.json({ limit: '16kb' }))

app.get('/notes', requireSession(), async (req, res) => {
  const notes = await contextOf<Db>(req).tenant.transaction(({ db }) =>
    db.selectFrom('notes').select(['id', 'body', 'created_at']).orderBy('created_at', 'desc').limit(50).execute(),
  )
  res.json({ items: notes })
})

app.post('/notes', requireSession(), async (req, res) => {
  const { tenant, principal } = contextOf<Db>(req)
  const { body } = (req.body ?? {}) as { body?: unknown }
  if (typeof body !== 'string' || body.length < 1 || body.length > 500) {
    throw new FreeholdError('INPUT_INVALID', { field: 'body', problem: 'it is 1 to 500 characters' })
  }
  const [note] = await tenant.transaction(({ db }) =>
    db.insertInto('notes').values({ author_id: principal!.id, body }).returning(['id', 'body', 'created_at']).execute(),
  )
  res.status(201).json(note)
})

app.use(freeholdErrors(freehold))

const port = Number(process.env.PORT ?? 4700)
const server = app.listen(port, '127.0.0.1', () => {
  process.stdout.write(`http://acme.localhost:${port} and http://globex.localhost:${port}; Ctrl-C ends\n`)
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.closeAllConnections()
    server.close(() => void freehold.close())
  })
}
