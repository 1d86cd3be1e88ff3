// Opens Freehold for the demo: on PostgreSQL inside this process, or on the server that DATABASE_URL names, and puts
// two tenants with their people, roles and notes into it, and a plan for each.

import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { createFreehold, type Freehold, FreeholdError, type Storage } from 'freehold'
import type { FakeProvider } from 'freehold/testing'
import { createInbox, type Inbox } from './inbox.ts'
import { ensureLogin } from './login.ts'
import { addNote, type Db, type Tables, type Tenant } from './notes.ts'
import { ownNotes, type Permission, permissions } from './permissions.ts'
import { buildFactory } from './places.ts'
import { createProvider, putPlans } from './plans.ts'

export interface Demo {
  readonly freehold: Freehold<Db, Permission>
  readonly storage: Storage<Db>
  readonly provider: FakeProvider
  /** What was sent by mail and text message. */
  readonly inbox: Inbox
  /** Where it is served: links in mails lead there, and the provider's webhooks go there. */
  readonly port: number
  /** Where the rows are, in a few words. */
  readonly place: string
}

export interface Person {
  readonly tenant: string
  readonly name: string
  readonly role: string
  readonly email: string
  readonly password: string
  readonly note?: string
}

export const people: readonly Person[] = [
  {
    tenant: 'acme',
    name: 'Ana',
    role: 'owner',
    email: 'ana@acme.test',
    password: 'a kettle orbits quietly',
    note: 'The new anvils arrive on Friday.',
  },
  {
    tenant: 'acme',
    name: 'Ben',
    role: 'member',
    email: 'ben@acme.test',
    password: 'maps for a paper river',
    note: 'Rocket skates: the second test went better than the first.',
  },
  {
    tenant: 'acme',
    name: 'Cleo',
    role: 'viewer',
    email: 'cleo@acme.test',
    password: 'nine umbrellas in a row',
  },
  {
    tenant: 'globex',
    name: 'Gus',
    role: 'owner',
    email: 'gus@globex.test',
    password: 'seven lanterns at the pier',
    note: 'Sign the lease in the hammock district.',
  },
]

const names: Readonly<Record<string, string>> = { acme: 'Acme', globex: 'Globex' }
const folder = fileURLToPath(new URL('migrations', import.meta.url))

export interface DemoOptions {
  readonly databaseUrl: string | undefined
  readonly port: number
  /** How long a rotated refresh token may come again, in milliseconds. */
  readonly refreshGraceMs?: number
}

/** Everybody comes from this one machine. */
const MINUTE = 60_000
const RATES = {
  'sign-in': { address: { limit: 600, windowMs: MINUTE }, account: { limit: 60, windowMs: MINUTE } },
  messages: { address: { limit: 600, windowMs: 10 * MINUTE }, account: { limit: 20, windowMs: 10 * MINUTE } },
} as const

export async function openDemo({ databaseUrl, port, refreshGraceMs }: DemoOptions): Promise<Demo> {
  const { storage, place } = databaseUrl ? await onServer(databaseUrl) : await inProcess()
  const provider = createProvider()
  const inbox = createInbox()
  const freehold = await createFreehold({
    storage,
    keys: { current: 'k1', k1: process.env.FREEHOLD_KEY ?? randomBytes(32) },
    permissions,
    tenants: { baseDomains: ['localhost'] },
    billing: { [provider.name]: provider },
    entitlements: { defaultPlan: 'free' },
    mailer: inbox.mailer,
    texter: inbox.texter,
    messages: { baseUrl: `http://{slug}.localhost:${port}` },
    http: { signUp: 'open', rateLimits: RATES },
    // that migrations are pending is seen to in a moment
    onWarning: (findings) => {
      const others = findings.filter(({ id }) => id !== 'migrations-pending')
      if (others.length > 0) console.warn(`Found in the database: ${others.map(({ id }) => id).join(', ')}`)
    },
    ...(refreshGraceMs === undefined ? {} : { sessions: { refreshGraceMs } }),
  })
  await freehold.migrations.apply()
  await putPlans(freehold)
  for (const [slug, name] of Object.entries(names)) {
    const held = await tenant(freehold, slug, name)
    await fill(held)
    // the provider forgets when the process ends, the database does not: the customer linked last is the one that pays
    await held.billing.linkCustomer(provider.name, provider.addCustomer({ name, tenantId: held.id }))
  }
  return { freehold, storage, provider, inbox, place, port }
}

async function inProcess() {
  const { pglite } = await import('freehold/pglite')
  return { storage: pglite<Tables>({ migrations: { folder } }), place: 'PostgreSQL inside this process (PGlite)' }
}

/** The URL is the owner's, for migrations; the app gets a login of its own. */
async function onServer(ownerUrl: string) {
  const { default: pg } = await import('pg')
  const { postgres } = await import('freehold/postgres')
  const url = new URL(ownerUrl)
  const owner = new pg.Client({ connectionString: ownerUrl })
  await owner.connect()
  const login = await ensureLogin(owner, url.pathname).finally(() => owner.end())
  url.username = login.name
  url.password = login.password
  const storage = postgres<Tables>({ url: url.href, owner: ownerUrl, migrations: { folder } })
  return { storage, place: `PostgreSQL at ${url.host}${url.pathname}, as ${login.name}` }
}

/** The second start on a server finds what the first made. */
async function tenant(freehold: Demo['freehold'], slug: string, name: string): Promise<Tenant> {
  await freehold.tenants.create({ slug, name }).catch(unless('SLUG_TAKEN'))
  return freehold.tenant(slug)
}

async function fill(tenant: Tenant): Promise<void> {
  await tenant.roles.update('member', { permissions: [ownNotes] })
  for (const { email, name, role, password, note } of people.filter((one) => one.tenant === tenant.tenant.slug)) {
    if (await tenant.users.findByEmail(email)) continue
    const user = await tenant.users.create({ email, name, password, emailVerified: true })
    await tenant.assignments.grant({ principal: user, role })
    if (note) await addNote(tenant, user.id, { body: note })
  }
  if (tenant.tenant.slug === 'acme') await buildFactory(tenant, 'ben@acme.test')
}

function unless(code: 'SLUG_TAKEN'): (error: unknown) => undefined {
  return (error) => {
    if (!FreeholdError.is(error, code)) throw error
    return undefined
  }
}
