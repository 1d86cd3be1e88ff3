import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import {
  createFreehold,
  type Finding,
  type Freehold,
  FreeholdError,
  type FreeholdOptions,
  type OwnPermission,
} from '../../src/index.ts'
import { quickHasher, testKeys } from '../setup/context.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'

const PASSWORD = 'for tests only'
let database: TestDatabase
/** Whoever made the database: a superuser on the embedded server. */
let adminUrl: string
const roles: string[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  const suffix = database.name.slice(-8)
  for (const [role, right] of Object.entries({ mighty: 'superuser', passing: 'bypassrls', plain: '' })) {
    const name = `start_${role}_${suffix}`
    roles.push(name)
    await database.admin(`create role ${name} login password '${PASSWORD}' ${right}`)
    await database.admin(`grant freehold_app to ${name}`)
  }
  adminUrl = database.appUrl
})
afterAll(async () => {
  const admin = roles.map((role) => `drop role ${role}`)
  await database.admin(`drop owned by ${roles.join(', ')}`)
  await database.close()
  const other = await createTestDatabase({ empty: true })
  for (const drop of admin) await other.admin(drop)
  await other.close()
})

function urlOf(role: 'mighty' | 'passing' | 'plain'): string {
  const url = new URL(adminUrl)
  url.username = roles.find((name) => name.includes(role))!
  url.password = PASSWORD
  return url.href
}

interface Start {
  readonly warned: string[]
  start(options?: Partial<FreeholdOptions<unknown, OwnPermission>>): Promise<Freehold<unknown, OwnPermission>>
}

function starting(storage: () => Storage<unknown>): Start {
  const warned: string[] = []
  const onWarning = (findings: readonly Finding[]) => warned.push(...findings.map(({ id }) => id))
  const base = { keys: testKeys, passwordHasher: quickHasher, onWarning }
  return { warned, start: (options) => createFreehold<unknown>({ storage: storage(), ...base, ...options }) }
}

/** What a start was refused for. */
async function unsafe(promise: Promise<unknown>): Promise<string[]> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (FreeholdError.is(error, 'UNSAFE_DATABASE')) return error.details.findings.map(({ id }) => id)
  throw error ?? new Error('it started')
}

/** Connections that this login has open here, once those that are closing are gone. */
async function connections(user: string): Promise<number> {
  for (let tries = 0; ; tries++) {
    const [row] = await database.admin(
      'select count(*)::int as open from pg_stat_activity where datname = $1 and usename = $2',
      [database.name, user],
    )
    if (row?.open === 0 || tries === 20) return Number(row?.open)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

describe('A08: a start is refused', () => {
  it.each([
    ['a superuser', () => urlOf('mighty'), 'superuser-role'],
    ['a login with BYPASSRLS', () => urlOf('passing'), 'bypassrls-role'],
    ['the owner of the tables', () => database.ownerUrl, 'owner-role'],
  ] as const)('as %s, unless that is allowed by its name, and then it is told', async (_role, url, id) => {
    const { start, warned } = starting(() => postgres({ url: url() }))
    const found = await unsafe(start())
    expect(found).toContain(id)
    expect(await unsafe(start({ allowUnsafe: ['rls-missing'] }))).toContain(id)
    expect(await connections(new URL(url()).username)).toBe(0)
    expect(warned).toEqual([])
    await using freehold = await start({ allowUnsafe: found as never })
    expect(warned).toContain(id)
    expect((await freehold.doctor()).map((finding) => finding.id)).toContain(id)
  })

  it('where a table has no wall, and goes on once it has one', async () => {
    const { start } = starting(() => postgres({ url: urlOf('plain') }))
    await (await start()).close()
    await database.ownerPool.query('alter table freehold.users disable row level security')
    expect(await unsafe(start())).toContain('rls-missing')
    await database.ownerPool.query('alter table freehold.users enable row level security')
    await (await start()).close()
  })

  it.each([
    { keys: { current: 'k1', k1: 'correcthorsebatterystaplecorrecthorsebatterystaple' } },
    { keys: undefined },
    { sessions: { refreshGraceMs: -1 } },
    { tenants: { resolve: ['bogus'] } },
    { http: { basePath: 'nope' } },
    { http: { trustedOrigins: ['x'] } },
  ])('for %j before the database is asked anything', async (options) => {
    const pool = new pg.Pool({ connectionString: urlOf('plain') })
    const { start } = starting(() => postgres({ pool }))
    const error = await start(options as never).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(FreeholdError)
    expect((error as FreeholdError).code).toMatch(/^(CONFIG_INVALID|KEY_WEAK)$/)
    expect(pool.totalCount).toBe(0)
    await pool.end()
  })

  it.each([undefined, null, 'memory'])('without a storage (%j)', async (storage) => {
    const start = createFreehold({ storage, keys: testKeys } as never)
    await expect(start).rejects.toMatchObject({ code: 'CONFIG_INVALID', details: { option: 'storage' } })
  })
})

describe('what the look at the database finds', () => {
  it('is warned of at the start, and looked for again in what migrations made', async () => {
    const fresh = await createTestDatabase({ empty: true })
    const folder = await mkdtemp(join(tmpdir(), 'freehold-start-'))
    const notes = 'create table public.notes (tenant_id uuid not null); grant select on public.notes to freehold_app;'
    await writeFile(join(folder, '0001_notes.sql'), notes)
    const url = new URL(urlOf('plain'))
    url.pathname = `/${fresh.name}`
    const { start, warned } = starting(() => postgres({ url: url.href, owner: fresh.ownerUrl, migrations: { folder } }))
    const freehold = await start()
    try {
      expect(warned).toContain('migrations-pending')
      // as the README has it: created first, migrated then; a table without a wall is not overlooked that way
      expect(await unsafe(Promise.resolve(freehold.migrations.apply()))).toEqual(['rls-missing'])
      const events = async () => {
        for await (const event of freehold.migrations.apply()) expect(event.kind).toBe('finished')
      }
      expect(await unsafe(events())).toEqual(['rls-missing'])
      expect(warned.filter((id) => id === 'migrations-pending')).toHaveLength(1)
    } finally {
      await freehold.close()
      await fresh.close()
      await rm(folder, { recursive: true })
    }
  })

  it('is told once, and what is merely good to know is not a warning', async () => {
    const { start, warned } = starting(() => memory())
    await using freehold = await start()
    await freehold.migrations.apply()
    expect(warned).toEqual([])
    expect((await freehold.doctor()).map(({ severity }) => severity)).toEqual(['info'])
  })
})

describe('close', () => {
  it('ends what the storage opened, the listening too, and doing it twice is no error', async () => {
    const { start } = starting(() => postgres({ url: urlOf('plain') }))
    const freehold = await start()
    const tenant = await freehold.tenants.create({ slug: 'closing', name: 'Closing' })
    await freehold.close()
    await freehold.close()
    expect(await connections(new URL(urlOf('plain')).username)).toBe(0)
    await expect(freehold.tenant('closing')).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(tenant.users.list()).rejects.toBeInstanceOf(FreeholdError)
  })

  it("leaves the host's own pool open", async () => {
    const pool = new pg.Pool({ connectionString: urlOf('plain') })
    const { start } = starting(() => postgres({ pool }))
    await (await start()).close()
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await pool.end()
  })

  it('closes the storage when listening cannot be ended', async () => {
    const storage = memory()
    const { start } = starting(() => ({
      ...storage,
      subscribe: async () => () => Promise.reject(new FreeholdError('STORAGE_UNAVAILABLE')),
    }))
    const freehold = await start()
    await expect(freehold.close()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    await expect(storage.inspect()).rejects.toBeInstanceOf(FreeholdError)
  })
})
