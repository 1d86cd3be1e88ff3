// An audit event: written through the wall with its leaf, against a bare INSERT of the same row and against a chain of
// hashes, all on one hot tenant and on a server that forgets nothing (fsync); and what it costs a transaction.

import { createHash, randomUUID } from 'node:crypto'
import type { TenantHandle } from 'freehold'
import { postgres } from 'freehold/postgres'
import pg from 'pg'
import type { Area } from '../main.ts'
import { type Effort, measure, type Subject } from '../measure.ts'
import { compare, count, type Result } from '../report.ts'
import { instance, migrate, warmPool } from '../seed.ts'
import { type Database, farAway, openDatabase } from '../server.ts'

const OURS = 'audit.record'
const BARE = 'bare INSERT, same row and indexes'
const CHAIN = 'hash chain, FOR UPDATE on its head'
const CONNECTIONS = 16

const COLUMNS = `id, created_at, action, actor_type, actor_id, user_id, outcome, resource_type, resource_id, session_id,
  request_id, ip, device_id, risk_score, compliance_flags, body, leaf`
const VALUES = Array.from({ length: 17 }, (_, i) => `$${i + 2}`).join(', ')
const INSERT = `insert into bench.audit_events (tenant_id, ${COLUMNS}) values ($1, ${VALUES})`

export const audit: Area = async (effort, say) => {
  const database = await openDatabase(say)
  try {
    await migrate(database)
    await makeRivals(database)
    return [...(await append(database, effort, say)), await inTransaction(database, say)]
  } finally {
    await database.close()
  }
}

/** As our table, but in one piece, without a wall and without leaves that wait; and the chain's head. */
async function makeRivals({ ownerUrl }: Database): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl })
  await client.connect()
  await client.query('create schema bench')
  await client.query('create table bench.audit_events (like freehold.audit_events including all)')
  await client.query('create table bench.heads (tenant_id uuid primary key, hash bytea not null)')
  await client.end()
}

async function append(database: Database, effort: Effort, say: (line: string) => void): Promise<Result[]> {
  say(`appending, ${CONNECTIONS} connections`)
  const [own, bare, chain] = await Promise.all([
    warmPool(database.appUrl, CONNECTIONS),
    warmPool(database.ownerUrl, CONNECTIONS),
    warmPool(database.ownerUrl, CONNECTIONS),
  ])
  const storage = postgres({ pool: own, listen: false })
  const freehold = await instance(storage)
  try {
    const acme = await hotTenant(await freehold.tenants.create({ slug: 'acme', name: 'Acme' }))
    await record(acme)
    const [event] = (await acme.audit.list({ limit: 1 })).items
    const stored = await storage.tenant({ id: acme.id, location: storage.sharedLocation }).records.get('audit_events', {
      id: event!.id,
    })
    const row = rowOf(acme.id, stored!)
    await bare.query('insert into bench.heads values ($1, $2)', [acme.id, Buffer.alloc(32)])
    const subjects: Subject[] = [
      { name: OURS, run: () => record(acme) },
      { name: BARE, run: () => bare.query({ name: 'append', text: INSERT, values: row(leaf(stored!.body)) }) },
      { name: CHAIN, run: () => chained(chain, acme.id, stored!.body, row) },
    ]
    const figures = await measure(subjects, CONNECTIONS, effort)
    const name = `append, one hot tenant, ${CONNECTIONS} connections`
    return [
      compare('audit', { name, subject: OURS, against: BARE, better: 'higher', goal: 0.65 }, figures),
      compare('audit', { name, subject: OURS, against: CHAIN, better: 'higher', goal: 2 }, figures),
    ]
  } finally {
    await freehold.close()
    await Promise.all([own, bare, chain].map((pool) => pool.end()))
  }
}

/** Some 800 bytes, as an event of a busy product has. */
function record({ audit }: Pick<TenantHandle, 'audit'>): Promise<void> {
  return audit.record({
    action: 'invoice_draft.approved',
    targets: [
      { type: 'invoice_draft', id: 'inv_01HZX3V9Q8' },
      { type: 'folder', id: 'folder_01HZX3V9Q8' },
    ],
    changes: { status: { from: 'draft', to: 'approved' }, total: { from: 129_900, to: 119_900 } },
    details: { reason: 'the customer asked for a discount, which was granted by the head of sales', channel: 'web' },
    complianceFlags: ['sox'],
  })
}

async function hotTenant(tenant: TenantHandle): Promise<TenantHandle> {
  const { id } = await tenant.users.create({ email: 'user@example.test' })
  return tenant.as({
    type: 'user',
    id,
    sessionId: randomUUID(),
    requestId: `req_${randomUUID()}`,
    ip: '198.51.100.23',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  })
}

type Row = (hash: Uint8Array) => unknown[]

function rowOf(tenantId: string, stored: object): Row {
  const { id: _, created_at: __, leaf: ___, ...rest } = stored as Record<string, unknown>
  return (hash) => [tenantId, randomUUID(), new Date(), ...Object.values(rest), hash]
}

function leaf(...parts: (string | Uint8Array)[]): Uint8Array {
  const hash = createHash('sha256').update(Uint8Array.of(0))
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** What is commonly built: each event's hash covers the one before, so each waits for the one before. */
async function chained(pool: pg.Pool, tenantId: string, body: string, row: Row): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query({ name: 'begin', text: 'begin' })
    const text = 'select hash from bench.heads where tenant_id = $1 for update'
    const { rows } = await client.query({ name: 'head', text, values: [tenantId] })
    const hash = leaf(rows[0].hash, body)
    const move = `with moved as (update bench.heads set hash = $18 where tenant_id = $1) ${INSERT}`
    await client.query({ name: 'chain', text: move, values: row(hash) })
    await client.query({ name: 'commit', text: 'commit' })
  } finally {
    client.release()
  }
}

/** A transaction of one statement, with events and without, as many round trips away as it takes. */
async function inTransaction(database: Database, say: (line: string) => void): Promise<Result> {
  say('in a transaction')
  const proxy = await farAway(database.appUrl, 0)
  const pool = await warmPool(proxy.url, 1)
  const freehold = await instance(postgres({ pool, listen: false }))
  try {
    const acme = await freehold.tenant('acme')
    const trips = async (events: number): Promise<number> => {
      const work = () =>
        acme.transaction(async (tx) => {
          await tx.users.list()
          for (let i = 0; i < events; i++) await record(tx)
        })
      // what is prepared once is prepared
      await work()
      const before = proxy.roundTrips()
      await work()
      return proxy.roundTrips() - before
    }
    const bare = await trips(0)
    return count('audit', 'round trips of a transaction', 'one query and three events', await trips(3), bare)
  } finally {
    await freehold.close()
    await pool.end()
    await proxy.close()
  }
}
