// What a request asks the database, counted on the wire; and when a change of roles made elsewhere is seen.

import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { Freehold } from '../../src/core/api.ts'
import type { User } from '../../src/core/identity/user.ts'
import type { VerificationMode } from '../../src/core/sessions/session.ts'
import type { TenantHandle } from '../../src/core/tenancy/handle.ts'
import { createFreehold, definePermissions } from '../../src/index.ts'
import { quickHasher, testKeys } from '../setup/context.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { startProxy, type TestProxy } from '../setup/proxy.ts'

const permissions = definePermissions({ note: ['read', 'write'] })
type Permission = (typeof permissions.names)[number]
const PASSWORD = 'a kettle orbits quietly'

let database: TestDatabase
let proxy: TestProxy
let pools: pg.Pool[]

/** A process of its own: nothing but the database connects it to the others. */
function processWith(url: string, verification: VerificationMode): Promise<Freehold<unknown, Permission>> {
  const pool = new pg.Pool({ connectionString: url, max: 2 })
  pools.push(pool)
  return createFreehold<unknown, Permission>({
    storage: postgres<unknown>({ pool, listen: false }),
    keys: testKeys,
    passwordHasher: quickHasher,
    permissions,
    tenants: { resolve: ['credential'] },
    http: { verification },
  })
}

beforeAll(async () => {
  pools = []
  database = await createTestDatabase()
  proxy = await startProxy(database.appUrl)
})
afterAll(async () => {
  for (const pool of pools) await pool.end()
  await proxy.close()
  await database.close()
})

describe('a request', () => {
  let elsewhere: Freehold<unknown, Permission>
  let acme: TenantHandle<unknown, Permission>
  let user: User
  let request: Request
  beforeAll(async () => {
    elsewhere = await processWith(database.appUrl, 'database')
    acme = await elsewhere.tenants.create({ slug: 'acme', name: 'Acme' })
    await acme.roles.create({ key: 'clerk' })
  })
  beforeEach(async () => {
    user = await acme.users.create({ email: `user${Math.random()}@example.test`, password: PASSWORD })
    const signedIn = await acme.signIn.password({ email: user.email, password: PASSWORD })
    if (!signedIn.ok) throw new Error(signedIn.reason)
    const headers = { authorization: `Bearer ${signedIn.tokens.accessToken}` }
    request = new Request('http://app.test/notes', { headers })
  })

  /** Round trips of one request that checks all it can think of. */
  async function trips(freehold: Freehold<unknown, Permission>): Promise<number> {
    const before = proxy.roundTrips
    const context = await freehold.authenticate(request)
    const loaded = proxy.roundTrips
    for (const permission of permissions.names) {
      context.access?.can(permission)
      context.access?.can(permission, { resource: { owner_id: user.id } })
      context.access?.explain(permission)
    }
    expect(proxy.roundTrips - loaded, 'after the look-up nothing asks').toBe(0)
    return loaded - before
  }

  it('costs one round trip with its session looked up, and its first one more; checks cost none', async () => {
    await using here = await processWith(proxy.url(database.appUrl), 'database')
    await trips(here)
    expect([await trips(here), await trips(here)]).toEqual([1, 1])
    // of what was given, the look-up tells the version: what is held is loaded once more
    await acme.assignments.grant({ principal: user, role: 'member' })
    expect([await trips(here), await trips(here)]).toEqual([2, 1])
    // a role's permissions are the tenant's
    await acme.roles.update('clerk', { permissions: [{ resource: 'note', actions: ['read'], effect: 'deny' }] })
    expect([await trips(here), await trips(here)]).toEqual([2, 1])
  })

  it('costs none with its session in the cache', async () => {
    await using here = await processWith(proxy.url(database.appUrl), 'cached')
    await trips(here)
    expect([await trips(here), await trips(here)]).toEqual([0, 0])
  })

  it('sees at once what another process changed, when its session is looked up', async () => {
    await using here = await processWith(database.appUrl, 'database')
    const may = async (permission: Permission) => (await here.authenticate(request)).access?.can(permission)
    expect(await may('note:write')).toBe(false)
    const granted = await acme.assignments.grant({ principal: user, role: 'member' })
    expect(await may('note:write')).toBe(true)
    await acme.assignments.grant({ principal: user, role: 'clerk' })
    await acme.roles.update('clerk', { permissions: [{ resource: 'note', actions: ['write'], effect: 'deny' }] })
    expect([await may('note:write'), await may('note:read')]).toEqual([false, true])
    await acme.assignments.revoke(granted)
    expect(await may('note:read')).toBe(false)
  })

  it('holds one answer to the end, whatever changes meanwhile', async () => {
    await using here = await processWith(database.appUrl, 'database')
    await acme.assignments.grant({ principal: user, role: 'viewer' })
    const context = await here.authenticate(request)
    const { items } = await acme.assignments.list({ principal: user })
    await acme.assignments.revoke(items[0]!)
    expect(context.access?.can('note:read')).toBe(true)
    expect((await here.authenticate(request)).access?.can('note:read')).toBe(false)
  })
})
