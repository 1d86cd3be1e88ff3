// One record of a tenant behind RLS, against the same SELECT on the same rows without RLS.

import { postgres } from 'freehold/postgres'
import type pg from 'pg'
import type { Area } from '../main.ts'
import { type Effort, measure, type Subject } from '../measure.ts'
import { type Comparison, compare, type Result } from '../report.ts'
import { migrate, type Seeded, seed, warmPool } from '../seed.ts'
import { farAway, openDatabase } from '../server.ts'

const READ = 'point read, RLS'
const UNIT = 'unit of work, 1 statement'
const UNNAMED = 'plain unnamed SELECT'
const NAMED = 'plain named SELECT'
const SELECT = `select id, email, email_norm, email_verified_at, name, status, password_hash, password_changed_at,
  session_epoch, metadata, created_at, updated_at, disabled_at, deleted_at
  from bench.users where tenant_id = $1 and id = $2`

interface Setting {
  readonly name: string
  readonly connections: number
  readonly urls: { readonly app: string; readonly plain: string }
  readonly goals: readonly (readonly [subject: string, against: string, goal: number])[]
}

const near = [
  [READ, UNNAMED, 1.2],
  [READ, NAMED, 0.8],
  [UNIT, UNNAMED, 0.75],
] as const
const far = [
  [READ, UNNAMED, 0.9],
  [UNIT, UNNAMED, 0.45],
] as const

export const storage: Area = async (effort, say) => {
  const database = await openDatabase(say)
  try {
    await migrate(database)
    say('seeding 100 tenants of 1,000 users')
    const seeded = await seed(database, 100, 1000)
    const urls = { app: database.appUrl, plain: database.ownerUrl }
    const results = [
      ...(await run({ name: '1 connection', connections: 1, urls, goals: near }, seeded, effort, say)),
      ...(await run({ name: '10 connections', connections: 10, urls, goals: near }, seeded, effort, say)),
    ]
    const proxies = await Promise.all([farAway(urls.app, 2), farAway(urls.plain, 2)])
    try {
      const distant = { app: proxies[0].url, plain: proxies[1].url }
      const setting = { name: '1 connection, 2 ms away', connections: 1, urls: distant, goals: far }
      results.push(...(await run(setting, seeded, effort, say)))
    } finally {
      await Promise.all(proxies.map((proxy) => proxy.close()))
    }
    return results
  } finally {
    await database.close()
  }
}

async function run(setting: Setting, seeded: Seeded, effort: Effort, say: (line: string) => void): Promise<Result[]> {
  const { name, connections, urls, goals } = setting
  say(name)
  const ours = await Promise.all([warmPool(urls.app, connections), warmPool(urls.app, connections)])
  const plain = await Promise.all([warmPool(urls.plain, connections), warmPool(urls.plain, connections)])
  const [reads, units] = ours.map((pool) => postgres({ pool })) as [Ours, Ours]
  const each = walk(seeded)
  const subjects: Subject[] = [
    { name: READ, run: () => one(each(), (user, ref) => reads.tenant(ref(reads)).records.get('users', { id: user })) },
    {
      name: UNIT,
      run: () =>
        one(each(), (user, ref) =>
          units.tenant(ref(units)).transaction((unit) => unit.records.get('users', { id: user })),
        ),
    },
    { name: UNNAMED, run: () => select(plain[0], each(), undefined) },
    { name: NAMED, run: () => select(plain[1], each(), 'read') },
  ]
  try {
    const figures = await measure(subjects, connections, effort)
    return goals.map(([subject, against, goal]) => {
      const comparison: Comparison = { name, subject, against, goal, better: 'higher' }
      return compare('storage', comparison, figures)
    })
  } finally {
    await Promise.all([reads.close(), units.close()])
    await Promise.all([...ours, ...plain].map((pool) => pool.end()))
  }
}

type Ours = ReturnType<typeof postgres>
type User = Seeded['users'][number]

async function one(
  user: User,
  read: (id: string, ref: (storage: Ours) => { id: string; location: Ours['sharedLocation'] }) => Promise<unknown>,
): Promise<void> {
  const row = await read(user.id, (storage) => ({ id: user.tenantId, location: storage.sharedLocation }))
  if (!row) throw new Error('the row was not found')
}

async function select(pool: pg.Pool, { tenantId, id }: User, name: string | undefined): Promise<void> {
  const values = [tenantId, id]
  const { rows } = await pool.query(name ? { name, text: SELECT, values } : { text: SELECT, values })
  if (rows.length !== 1) throw new Error('the row was not found')
}

/** The users one after the other, and again from the first. */
function walk({ users }: Seeded): () => User {
  let at = 0
  return () => users[at++ % users.length]!
}
