import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { createFreehold, type Freehold, FreeholdError, type TenantHandle, type User } from '../../src/index.ts'
import { quickHasher, testKeys } from '../setup/context.ts'

const PASSWORD = 'a kettle orbits quietly'

let freehold: Freehold
let acme: TenantHandle
let ana: User
let access: string
let refresh: string
let count = 0
beforeAll(async () => {
  freehold = await createFreehold<unknown>({
    storage: memory(),
    keys: testKeys,
    passwordHasher: quickHasher,
    tenants: { baseDomains: ['example.test'] },
    onError: () => undefined,
  })
  acme = await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
  ana = await acme.users.create({ email: 'ana@acme.test', password: PASSWORD })
  const signedIn = await acme.signIn.password({ email: 'ana@acme.test', password: PASSWORD })
  if (!signedIn.ok) throw new Error(signedIn.reason)
  access = signedIn.tokens.accessToken
  refresh = signedIn.tokens.refreshToken
})
afterAll(() => freehold.close())

const slug = () => `q${++count}`.padEnd(3, 'x')
const email = () => `q${++count}@example.test`
const right = () => ({ email: 'ana@acme.test', password: PASSWORD })

/** Whatever a caller without types may hand in. */
const odd: Readonly<Record<string, unknown>> = {
  undefined: undefined,
  null: null,
  'a number': 5,
  NaN: Number.NaN,
  'a bigint': 1n,
  'an empty text': '',
  'a text with NUL': 'x\0y',
  'half a surrogate pair': '\ud800',
  'a long text': 'x'.repeat(100_000),
  'an empty object': {},
  'a list': [],
  'a list of null': [null],
  'a symbol': Symbol('s'),
  'an object without prototype': Object.create(null),
  'a function': () => 1,
  'an id that is null': { id: null },
  'an inherited id': { __proto__: { id: 'x' } },
}

// biome-ignore lint/suspicious/noExplicitAny: the types are what is given up here
const calls: Readonly<Record<string, (x: any) => unknown>> = {
  'freehold.tenant': (x) => freehold.tenant(x),
  'freehold.tenant, access': (x) => freehold.tenant('acme', x),
  'freehold.tenant, allow': (x) => freehold.tenant('acme', { allow: x }),
  'freehold.tenant, allowed': (x) => freehold.tenant('acme', { allow: [x] }),
  'tenants.create': (x) => freehold.tenants.create(x),
  'tenants.create, slug': (x) => freehold.tenants.create({ slug: x, name: 'n' }),
  'tenants.create, name': (x) => freehold.tenants.create({ slug: slug(), name: x }),
  'tenants.create, settings': (x) => freehold.tenants.create({ slug: slug(), name: 'n', settings: { a: x } }),
  'tenants.create, isolation': (x) => freehold.tenants.create({ slug: slug(), name: 'n', isolationLevel: x }),
  'tenants.get': (x) => freehold.tenants.get(x),
  'tenants.list': (x) => freehold.tenants.list(x),
  'tenants.list, limit': (x) => freehold.tenants.list({ limit: x }),
  'tenants.list, cursor': (x) => freehold.tenants.list({ cursor: x }),
  'tenants.update': (x) => freehold.tenants.update(x, {}),
  'tenants.update, change': (x) => freehold.tenants.update('acme', x),
  'tenants.suspend, options': (x) => freehold.tenants.suspend('nope', x),
  'users.create': (x) => acme.users.create(x),
  'users.create, email': (x) => acme.users.create({ email: x }),
  'users.create, name': (x) => acme.users.create({ email: email(), name: x }),
  'users.create, metadata': (x) => acme.users.create({ email: email(), metadata: x }),
  'users.create, password': (x) => acme.users.create({ email: email(), password: x }),
  'users.get': (x) => acme.users.get(x),
  'users.findByEmail': (x) => acme.users.findByEmail(x),
  'users.list': (x) => acme.users.list(x),
  'users.update': (x) => acme.users.update(x, {}),
  'users.update, change': (x) => acme.users.update(ana, x),
  'users.setPassword': (x) => acme.users.setPassword(ana, x),
  'users.setPassword, options': (x) => acme.users.setPassword(ana, PASSWORD, x),
  'users.setPassword, keep': (x) => acme.users.setPassword(ana, PASSWORD, { keep: x }),
  'users.disable': (x) => acme.users.disable(x),
  'sessions.list': (x) => acme.sessions.list(x),
  'sessions.list, page': (x) => acme.sessions.list(ana, x),
  'sessions.get': (x) => acme.sessions.get(x),
  'sessions.revoke': (x) => acme.sessions.revoke(x),
  'sessions.revokeAll': (x) => acme.sessions.revokeAll(x),
  'sessions.revokeOthers': (x) => acme.sessions.revokeOthers(ana, x),
  'signIn.password': (x) => acme.signIn.password(x),
  'signIn.password, email': (x) => acme.signIn.password({ email: x, password: 'x' }),
  'signIn.password, password': (x) => acme.signIn.password({ email: email(), password: x }),
  'signIn.password, client': (x) => acme.signIn.password({ ...right(), client: x }),
  'signIn.password, ip': (x) => acme.signIn.password({ ...right(), client: { ip: x } }),
  'signIn.password, userAgent': (x) => acme.signIn.password({ ...right(), client: { userAgent: x } }),
  'domains.add': (x) => acme.domains.add(x),
  'domains.verify': (x) => acme.domains.verify(x),
  'domains.remove': (x) => acme.domains.remove(x),
  transaction: (x) => acme.transaction(x),
  'sessions.verify': (x) => freehold.sessions.verify(x),
  'sessions.verify, options': (x) => freehold.sessions.verify(access, x),
  'sessions.verify, mode': (x) => freehold.sessions.verify(access, { mode: x }),
  'sessions.refresh': (x) => freehold.sessions.refresh(x),
  'sessions.refresh, options': (x) => freehold.sessions.refresh(refresh, x),
  'sessions.end': (x) => freehold.sessions.end(x),
  'sessions.end, options': (x) => freehold.sessions.end('x', x),
  'maintenance.run': (x) => freehold.maintenance.run(x),
  handles: (x) => freehold.handles(x),
  problem: (x) => freehold.problem(x),
}

/** Codes that say that something reached the database, or broke, that should have been refused. */
const LATE = ['STORAGE_FAILED', 'STORAGE_UNAVAILABLE', 'ROW_REFUSED', 'DUPLICATE', 'REFERENCE_MISSING', 'INTERNAL']

describe('whatever is handed in', () => {
  // what a function answers to a transaction is no promise, and that is fine
  it.each(Object.entries(calls))('%s answers, or refuses with a code of the catalog', async (_name, call) => {
    const wrong: string[] = []
    for (const [name, value] of Object.entries(odd)) {
      try {
        await call(value)
      } catch (error) {
        if (!FreeholdError.is(error)) wrong.push(`${name}: ${String(error)}`)
        else if (LATE.includes(error.code)) wrong.push(`${name}: ${error.code}`)
      }
    }
    expect(wrong).toEqual([])
  })

  it('a sign-in that is refused for its shape is no attempt', async () => {
    const client = { ip: 5 } as never
    for (let i = 0; i < 10; i++) {
      const refused = acme.signIn.password({ email: 'shape@acme.test', password: 'x', client })
      await expect(refused).rejects.toMatchObject({ code: 'INPUT_INVALID', details: { field: 'client.ip' } })
    }
    expect(await acme.signIn.password({ email: 'shape@acme.test', password: 'x' })).toEqual({
      ok: false,
      reason: 'bad-credentials',
    })
  })

  it('says which field', async () => {
    const field = (name: string) => ({ code: 'INPUT_INVALID', details: { field: name } })
    await expect(freehold.tenant('acme', { allow: 'suspended' as never })).rejects.toMatchObject(field('allow'))
    await expect(freehold.tenant('acme', { allow: ['gone' as never] })).rejects.toMatchObject(field('status'))
    await expect(freehold.tenant('acme', { allows: [] } as never)).rejects.toMatchObject(field('allows'))
    await expect(freehold.tenant(null as never)).rejects.toMatchObject({ code: 'ID_INVALID' })
    await expect(acme.users.list({ limits: 5 } as never)).rejects.toMatchObject(field('limits'))
    await expect(acme.transaction(5 as never)).rejects.toMatchObject(field('work'))
  })
})
