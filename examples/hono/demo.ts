// Opens Freehold for the demo: on PostgreSQL inside this process, or on the server that DATABASE_URL names, and puts
// two tenants with their people and notes into it.

import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { createFreehold, type Freehold, FreeholdError, type Storage } from 'freehold'
import type { Kysely } from 'kysely'
import { addNote, type DemoDatabase, type DemoTenant } from './notes.ts'

export interface Demo {
  readonly freehold: Freehold<Kysely<DemoDatabase>>
  readonly storage: Storage<Kysely<DemoDatabase>>
  /** Where the rows are, in a few words. */
  readonly place: string
}

export interface Person {
  readonly tenant: string
  readonly name: string
  readonly email: string
  readonly password: string
  readonly note: string
}

export const people: readonly Person[] = [
  {
    tenant: 'acme',
    name: 'Ana',
    email: 'ana@acme.test',
    password: 'a kettle orbits quietly',
    note: 'The new anvils arrive on Friday.',
  },
  {
    tenant: 'acme',
    name: 'Ben',
    email: 'ben@acme.test',
    password: 'maps for a paper river',
    note: 'Rocket skates: the second test went better than the first.',
  },
  {
    tenant: 'globex',
    name: 'Gus',
    email: 'gus@globex.test',
    password: 'seven lanterns at the pier',
    note: 'Sign the lease in the hammock district.',
  },
]

const names: Readonly<Record<string, string>> = { acme: 'Acme', globex: 'Globex' }
const folder = fileURLToPath(new URL('migrations', import.meta.url))
const APP_LOGIN = 'freehold_demo_app'

export interface DemoOptions {
  readonly databaseUrl: string | undefined
  /** How long a rotated refresh token may come again, in milliseconds. */
  readonly refreshGraceMs?: number
}

export async function openDemo({ databaseUrl, refreshGraceMs }: DemoOptions): Promise<Demo> {
  const { storage, place } = databaseUrl ? await onServer(databaseUrl) : await inProcess()
  const freehold = await createFreehold({
    storage,
    keys: { current: 'k1', k1: process.env.FREEHOLD_KEY ?? randomBytes(32) },
    tenants: { baseDomains: ['localhost'] },
    ...(refreshGraceMs === undefined ? {} : { sessions: { refreshGraceMs } }),
  })
  await freehold.migrations.apply()
  for (const [slug, name] of Object.entries(names)) await fill(await tenant(freehold, slug, name))
  return { freehold, storage, place }
}

async function inProcess() {
  const { pglite } = await import('freehold/pglite')
  return { storage: pglite<DemoDatabase>({ migrations: { folder } }), place: 'PostgreSQL inside this process (PGlite)' }
}

/** The URL is the owner's, for migrations. The app gets a login of its own that owns nothing, with a password that nobody keeps. */
async function onServer(ownerUrl: string) {
  const { default: pg } = await import('pg')
  const { postgres } = await import('freehold/postgres')
  const password = randomBytes(24).toString('base64url')
  const owner = new pg.Client({ connectionString: ownerUrl })
  await owner.connect()
  try {
    const { rows } = await owner.query('select from pg_roles where rolname = $1', [APP_LOGIN])
    const verb = rows.length > 0 ? 'alter' : 'create'
    await owner.query(`${verb} role ${APP_LOGIN} login password ${owner.escapeLiteral(password)}`)
  } finally {
    await owner.end()
  }
  const url = new URL(ownerUrl)
  url.username = APP_LOGIN
  url.password = password
  const storage = postgres<DemoDatabase>({ url: url.href, owner: ownerUrl, migrations: { folder } })
  return { storage, place: `PostgreSQL at ${url.host}${url.pathname}, as ${APP_LOGIN}` }
}

/** The second start on a server finds what the first made. */
async function tenant(freehold: Demo['freehold'], slug: string, name: string): Promise<DemoTenant> {
  await freehold.tenants.create({ slug, name }).catch(unless('SLUG_TAKEN'))
  return freehold.tenant(slug)
}

async function fill(tenant: DemoTenant): Promise<void> {
  const members = people.filter((person) => person.tenant === tenant.tenant.slug)
  for (const { email, name, password, note } of members) {
    if (await tenant.users.findByEmail(email)) continue
    const user = await tenant.users.create({ email, name, password })
    await addNote(tenant, user.id, note)
  }
}

function unless(code: 'SLUG_TAKEN'): (error: unknown) => undefined {
  return (error) => {
    if (!FreeholdError.is(error, code)) throw error
    return undefined
  }
}
