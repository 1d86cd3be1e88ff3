// Which of a million rows somebody may read: the filter and its query, against the WHERE that a person would write, on
// the same table, through the same door.

import { definePermissions, type Filter, type TenantHandle, type User } from 'freehold'
import { accessFilter, postgres } from 'freehold/postgres'
import type { Kysely } from 'kysely'
import pg from 'pg'
import { type Effort, measure, type Subject } from './measure.ts'
import { compare, type Result } from './report.ts'
import { instance } from './seed.ts'
import type { Database } from './server.ts'

const permissions = definePermissions({ note: ['read'] })
type Permission = (typeof permissions.names)[number]

interface Tables {
  notes: { id: number; author_id: string; organization_id: string; status: string | null; created_at: Date }
}
type Db = Kysely<Tables>
type Tenant = TenantHandle<Db, Permission>

const ROWS = 1_000_000
const AUTHORS = 5000
const COLUMNS = { author_id: 'uuid', organization_id: 'uuid', status: 'text' } as const
const PLACES = { organization: 'organization_id' } as const

/** On a migrated database. */
export async function filterOfAMillion(
  database: Database,
  effort: Effort,
  say: (line: string) => void,
): Promise<Result[]> {
  const pool = new pg.Pool({ connectionString: database.appUrl, max: 1 })
  const freehold = await instance<Db, Permission>(postgres<Tables>({ pool, listen: false }), { permissions })
  try {
    const acme = await freehold.tenants.create({ slug: 'rows', name: 'Rows' })
    const people = await seedPeople(acme)
    say(`seeding ${ROWS.toLocaleString('en')} rows`)
    await seedRows(database, acme.id, people)
    return [await ownRows(acme, people, effort), await rowsOfPlaces(acme, people, effort)]
  } finally {
    await freehold.close()
    await pool.end()
  }
}

interface People {
  /** Reads what it wrote. */
  readonly author: User
  /** Reads what is in two organizations, and not secret. */
  readonly local: User
  readonly organizations: readonly string[]
}

async function seedPeople(acme: Tenant): Promise<People> {
  const note = { resource: 'note', actions: ['read'] }
  const own = { ...note, conditions: { 'resource.author_id': { $ref: 'principal.id' } } }
  const secret = { ...note, effect: 'deny', conditions: { 'resource.status': 'secret' } } as const
  await acme.roles.create({ key: 'author', permissions: [own] })
  await acme.roles.create({ key: 'local', permissions: [note, secret] })
  const [author, local] = await Promise.all(
    ['author', 'local'].map((name) => acme.users.create({ email: `${name}@example.test` })),
  )
  await acme.assignments.grant({ principal: author!, role: 'author' })
  const organizations: string[] = []
  for (const key of ['berlin', 'puebla']) {
    const { id } = await acme.organizations.create({ key, name: key })
    await acme.assignments.grant({ principal: local!, role: 'local', scope: { organization: id } })
    organizations.push(id)
  }
  return { author: author!, local: local!, organizations }
}

async function seedRows(database: Database, tenantId: string, { author, organizations }: People): Promise<void> {
  const client = new pg.Client({ connectionString: database.ownerUrl })
  await client.connect()
  try {
    await client.query(`create table notes (
      tenant_id uuid not null default freehold.current_tenant(), id integer not null, author_id uuid not null,
      organization_id uuid not null, status text, created_at timestamptz not null, primary key (tenant_id, id))`)
    await client.query(`select freehold.protect_table('notes')`)
    await client.query('begin')
    await client.query('select freehold.enter_tenant($1)', [tenantId])
    // one author in five thousand is ours, and two organizations in fifty
    await client.query(
      `insert into notes (id, author_id, organization_id, status, created_at)
       select n, case n % ${AUTHORS} when 0 then $1::uuid else md5('author' || n % ${AUTHORS})::uuid end,
         coalesce(($2::uuid[])[1 + n % 50], md5('organization' || n % 50)::uuid),
         (array['draft', 'open', 'secret', null])[1 + n % 4], now() - n * interval '1 second'
       from generate_series(1, ${ROWS}) as n`,
      [author.id, organizations],
    )
    await client.query('commit')
    await client.query('create index on notes (tenant_id, author_id, created_at desc)')
    await client.query('create index on notes (tenant_id, organization_id)')
    await client.query('vacuum analyze notes')
    await client.query('grant select on notes to freehold_app')
  } finally {
    await client.end()
  }
}

const HAND = 'the WHERE by hand'
const FILTER = 'access.filter and accessFilter'

async function ownRows(acme: Tenant, { author }: People, effort: Effort): Promise<Result> {
  const newest = (db: Db) => db.selectFrom('notes').select(['id', 'created_at']).orderBy('created_at', 'desc').limit(20)
  const filtered = (filter: Filter) =>
    acme.read((db) =>
      newest(db)
        .where((eb) => accessFilter(eb, filter))
        .execute(),
    )
  const subjects: Subject[] = [
    { name: FILTER, run: async () => filtered(await acme.access.filter(author, 'note:read', { columns: COLUMNS })) },
    { name: HAND, run: () => acme.read((db) => newest(db).where('author_id', '=', author.id).execute()) },
  ]
  return against(subjects, `20 newest of one’s own, of ${ROWS.toLocaleString('en')}`, effort)
}

async function rowsOfPlaces(acme: Tenant, { local, organizations }: People, effort: Effort): Promise<Result> {
  const options = { columns: COLUMNS, places: PLACES }
  const counted = (db: Db) => db.selectFrom('notes').select((eb) => eb.fn.countAll().as('count'))
  const filtered = (filter: Filter) =>
    acme.read((db) =>
      counted(db)
        .where((eb) => accessFilter(eb, filter))
        .execute(),
    )
  const byHand = (db: Db) =>
    counted(db)
      .where('organization_id', 'in', organizations)
      .where((eb) => eb.or([eb('status', '<>', 'secret'), eb('status', 'is', null)]))
  const subjects: Subject[] = [
    { name: FILTER, run: async () => filtered(await acme.access.filter(local, 'note:read', options)) },
    { name: HAND, run: () => acme.read((db) => byHand(db).execute()) },
  ]
  return against(subjects, `two organizations less what is denied, of ${ROWS.toLocaleString('en')}`, effort)
}

async function against(subjects: readonly Subject[], name: string, effort: Effort): Promise<Result> {
  const [ours, theirs] = await Promise.all(subjects.map((subject) => subject.run(0)))
  if (JSON.stringify(ours) !== JSON.stringify(theirs)) throw new Error(`${name}: the filter returns other rows`)
  const figures = await measure(subjects, 1, effort)
  // a hand-written WHERE may be a fifth faster
  return compare('access', { name, subject: FILTER, against: HAND, better: 'lower', goal: 1.2 }, figures)
}
