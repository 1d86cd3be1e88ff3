import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { createFreehold, type Freehold, type TenantHandle } from '../../src/index.ts'
import { quickHasher, testKeys } from '../setup/context.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'

const PASSWORD = 'a kettle orbits quietly'

let database: TestDatabase
let freehold: Freehold
beforeAll(async () => {
  database = await createTestDatabase()
  freehold = await createFreehold<unknown>({
    storage: postgres({ pool: database.appPool }),
    keys: testKeys,
    passwordHasher: quickHasher,
    onWarning: () => undefined,
  })
})
afterAll(async () => {
  await freehold.close()
  await database.close()
})

/** As whoever made the database, past the wall: time goes by for one tenant's rows. */
const age = (tenant: TenantHandle, sql: string) => database.admin(`${sql} and tenant_id = $1`, [tenant.id])

async function counts(tenant: TenantHandle): Promise<unknown> {
  const tables = ['sign_in_attempts', 'sessions', 'security_events', 'users', 'invitations']
  const selects = tables.map(
    (table) => `(select count(*)::int from freehold.${table} where tenant_id = $1) as ${table}`,
  )
  const [row] = await database.admin(`select ${selects.join(', ')}`, [tenant.id])
  return row
}

async function event(tenant: TenantHandle, days: number): Promise<void> {
  await database.admin(
    `insert into freehold.security_events (tenant_id, id, kind, created_at)
     values ($1, gen_random_uuid(), 'test', now() - make_interval(days => $2))`,
    [tenant.id, days],
  )
}

/** Invitations by when they end, and when they ended: days ago. */
async function invitation(tenant: TenantHandle, expired: number, ended: number | null): Promise<void> {
  await database.admin(
    `insert into freehold.invitations (tenant_id, id, email, email_norm, token_hash, status, expires_at, ended_at)
     select $1, id, 'x' || id, 'x' || id, sha256(id::text::bytea), case when $3::int is null then 'pending' else 'revoked' end,
       now() - make_interval(days => $2), now() - make_interval(days => $3) from (select gen_random_uuid() as id) as new`,
    [tenant.id, expired, ended],
  )
}

async function settle(slug: string): Promise<TenantHandle> {
  const tenant = await freehold.tenants.create({ slug, name: slug })
  const ana = await tenant.users.create({ email: 'ana@acme.test', password: PASSWORD })
  const sessions = []
  for (let i = 0; i < 5; i++) {
    const signedIn = await tenant.signIn.password({ email: ana.email, password: PASSWORD })
    if (!signedIn.ok) throw new Error(signedIn.reason)
    sessions.push(signedIn.session.id)
  }
  const [live, expired, lately, revoked, revokedLately] = sessions
  const moved = `update freehold.sessions set`
  await age(tenant, `${moved} idle_expires_at = now() - interval '31 days' where id = '${expired}'`)
  await age(tenant, `${moved} idle_expires_at = now() - interval '29 days' where id = '${lately}'`)
  await age(tenant, `${moved} revoked_at = now() - interval '31 days' where id = '${revoked}'`)
  await age(tenant, `${moved} revoked_at = now() - interval '29 days' where id = '${revokedLately}'`)
  expect(live).toBeDefined()
  await tenant.signIn.password({ email: 'old@acme.test', password: 'no' })
  await age(tenant, `update freehold.sign_in_attempts set updated_at = now() - interval '25 hours' where true`)
  await tenant.signIn.password({ email: 'new@acme.test', password: 'no' })
  await event(tenant, 401)
  await event(tenant, 399)
  for (const [expired, ended] of [
    [91, null],
    [89, null],
    [-7, null],
    [-7, 89],
    [-7, 91],
    [91, 95],
  ] as const) {
    await invitation(tenant, expired, ended)
  }
  return tenant
}

describe('maintenance', () => {
  it('removes what is no longer needed, of every tenant, and nothing else', async () => {
    const tenants = [await settle('one'), await settle('two')]
    await freehold.tenants.suspend('two')
    const report = await freehold.maintenance.run()
    // the platform tenant is one too
    expect(report).toEqual({
      tenants: 3,
      removed: { attempts: 2, rates: 0, failures: 0, challenges: 0, sessions: 4, events: 2, invitations: 6 },
    })
    for (const tenant of tenants) {
      expect(await counts(tenant)).toEqual({
        sign_in_attempts: 1,
        sessions: 3,
        security_events: 1,
        users: 1,
        invitations: 3,
      })
    }
    const nothing = {
      tenants: 3,
      removed: { attempts: 0, rates: 0, failures: 0, challenges: 0, sessions: 0, events: 0, invitations: 0 },
    }
    expect(await freehold.maintenance.run()).toEqual(nothing)
    await freehold.tenants.remove('two')
    expect(
      (await freehold.maintenance.run({ keepEventsMs: 0, keepSessionsMs: 0, keepInvitationsMs: 0 })).removed,
    ).toEqual({
      attempts: 0,
      rates: 0,
      failures: 0,
      challenges: 0,
      sessions: 4,
      events: 2,
      invitations: 4,
    })
  })

  it('goes in steps, while people sign in', async () => {
    const tenant = await freehold.tenants.create({ slug: 'many', name: 'Many' })
    const prefix = randomBytes(8).toString('hex')
    await database.admin(
      `insert into freehold.sign_in_attempts (tenant_id, pool, subject, failures, updated_at)
       select $1, case when n % 2 = 0 then 'password' else 'sign-up' end, sha256(($2 || n)::bytea), 5, now() - interval '2 days'
       from generate_series(1, 2500) as n`,
      [tenant.id, prefix],
    )
    const [report] = await Promise.all([
      freehold.maintenance.run(),
      tenant.signIn.password({ email: 'busy@acme.test', password: 'no' }),
    ])
    expect(report.removed.attempts).toBe(2500)
    const kept = await database.admin('select subject from freehold.sign_in_attempts where tenant_id = $1', [tenant.id])
    const subject = createHash('sha256').update('freehold/1/sign-in/email\0busy@acme.test').digest()
    expect(kept).toEqual([{ subject }])
  })

  it.each([null, 5, { keepEventsMs: -1 }, { keepSessionsMs: 'a year' }, { keepTokensMs: 1 }])(
    'refuses the options %j',
    async (options) => {
      await expect(freehold.maintenance.run(options as never)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    },
  )
})
