import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { createFreehold, type Freehold, FreeholdError, type TenantHandle, type User } from '../../src/index.ts'
import { quickHasher, testKeys } from '../setup/context.ts'

const PASSWORD = 'a kettle orbits quietly'

let freehold: Freehold
let tenants = 0
beforeAll(async () => {
  freehold = await createFreehold<unknown>({ storage: memory(), keys: testKeys, passwordHasher: quickHasher })
})
afterAll(() => freehold.close())

interface Person {
  readonly tenant: TenantHandle
  readonly user: User
}

async function person(): Promise<Person> {
  const tenant = await freehold.tenants.create({ slug: `gate-${++tenants}`, name: 'Gate' })
  return { tenant, user: await tenant.users.create({ email: 'ana@gate.test', password: PASSWORD }) }
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'passed'
  } catch (error) {
    return FreeholdError.is(error) ? error.code : String(error)
  }
}

/** One call of each kind: record, verb, transaction, domain, what is answered from memory, the log, sign-in. */
const calls: Readonly<Record<string, (at: Person) => Promise<unknown>>> = {
  read: ({ tenant, user }) => tenant.users.get(user),
  list: ({ tenant, user }) => tenant.sessions.list(user),
  create: ({ tenant }) => tenant.users.create({ email: 'late@gate.test' }),
  revoke: ({ tenant, user }) => tenant.sessions.revokeAll(user),
  transaction: ({ tenant, user }) => tenant.transaction((tx) => tx.users.get(user)),
  domains: ({ tenant }) => tenant.domains.list(),
  addDomain: ({ tenant }) => tenant.domains.add('gate.example.test'),
  check: ({ tenant, user }) => tenant.access.check(user.id, 'user:read'),
  checkMany: ({ tenant, user }) => tenant.access.checkMany(user.id, [{ permission: 'user:read' }]),
  explain: ({ tenant, user }) => tenant.access.explain(user.id, 'user:read'),
  principal: ({ tenant, user }) => tenant.access.principal(user.id),
  plan: ({ tenant }) => tenant.entitlements.plan(),
  feature: ({ tenant }) => tenant.entitlements.check('export'),
  subscriptions: ({ tenant }) => tenant.billing.subscriptions(),
  log: ({ tenant }) => tenant.audit.list(),
  note: ({ tenant }) => tenant.audit.record({ action: 'note.written' }),
  inAnothersName: ({ tenant, user }) => tenant.as({ type: 'user', id: user.id }).users.get(user),
  signIn: ({ tenant }) => tenant.signIn.password({ email: 'ana@gate.test', password: PASSWORD }),
}

async function answers(at: Person): Promise<Record<string, string>> {
  const told = Object.entries(calls).map(async ([name, call]) => [name, await codeOf(call(at))] as const)
  return Object.fromEntries(await Promise.all(told))
}

const all = (code: string) => Object.fromEntries(Object.keys(calls).map((name) => [name, code]))

describe('a handle that is older than the state of its tenant', () => {
  it.each([
    ['suspended', 'TENANT_SUSPENDED', (slug: string) => freehold.tenants.suspend(slug)],
    ['deleted', 'TENANT_DELETED', (slug: string) => freehold.tenants.remove(slug)],
    [
      'purged',
      'TENANT_UNKNOWN',
      async (slug: string) => {
        await freehold.tenants.remove(slug)
        await freehold.tenants.purge(slug)
      },
    ],
  ])('enters nothing of a tenant that was %s', async (_state, code, change) => {
    const ana = await person()
    await change(ana.tenant.tenant.slug)
    expect(await answers(ana)).toEqual(all(code))
  })

  it('works again once the tenant is resumed', async () => {
    const ana = await person()
    await freehold.tenants.suspend(ana.tenant)
    expect(await codeOf(ana.tenant.users.get(ana.user))).toBe('TENANT_SUSPENDED')
    await freehold.tenants.resume(ana.tenant)
    expect(await answers(ana)).toEqual(all('passed'))
  })
})

describe("an operator's handle of a suspended tenant", () => {
  it('looks and changes, and signs nobody in', async () => {
    const ana = await person()
    await freehold.tenants.suspend(ana.tenant)
    const tenant = await freehold.tenant(ana.tenant, { allow: ['suspended'] })
    expect(await answers({ ...ana, tenant })).toEqual({ ...all('passed'), signIn: 'TENANT_SUSPENDED' })
    // what it looked up is not answered to others
    expect(await answers(ana)).toEqual(all('TENANT_SUSPENDED'))
  })

  it('signs in once the tenant is resumed, and is refused once it is deleted', async () => {
    const ana = await person()
    await freehold.tenants.suspend(ana.tenant)
    const tenant = await freehold.tenant(ana.tenant, { allow: ['suspended'] })
    await freehold.tenants.resume(ana.tenant)
    expect(await answers({ ...ana, tenant })).toEqual(all('passed'))
    await freehold.tenants.remove(ana.tenant)
    expect(await answers({ ...ana, tenant })).toEqual(all('TENANT_DELETED'))
  })
})
