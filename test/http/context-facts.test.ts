// What conditions see of a request, and that what is not known allows nothing.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { contextFacts } from '../../src/core/http/context-facts.ts'
import type { GeoPlace } from '../../src/core/ports/geo.ts'
import {
  createFreehold,
  definePermissions,
  type Freehold,
  type HttpOptions,
  type RequestContext,
  type TenantHandle,
  type User,
  type Verified,
} from '../../src/index.ts'
import { quickHasher, testKeys } from '../setup/context.ts'

const permissions = definePermissions({ note: ['read'] })
type P = (typeof permissions.names)[number]
const PASSWORD = 'a kettle orbits quietly'
const PEER = { peerAddress: '192.0.2.7' }

let freehold: Freehold<unknown, P>
let acme: TenantHandle<unknown, P>
let user: User
let token: string
let located: string[]
let locate: (ip: string) => GeoPlace | undefined | Promise<GeoPlace | undefined>
let errors: unknown[]

async function instance(http: HttpOptions = {}) {
  const storage = memory()
  freehold = await createFreehold({
    storage,
    keys: testKeys,
    permissions,
    passwordHasher: quickHasher,
    tenants: { resolve: ['credential'] },
    http,
    geo: {
      locate(ip) {
        located.push(ip)
        return locate(ip)
      },
    },
    onWarning: () => undefined,
    onError: (error) => void errors.push(error),
  })
  acme = await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
  user = await acme.users.create({ email: 'ana@example.test', password: PASSWORD })
  const signedIn = await acme.signIn.password({
    email: user.email,
    password: PASSWORD,
    client: { userAgent: 'Tester/1', device: {} },
  })
  if (!signedIn.ok) throw new Error(signedIn.reason)
  token = signedIn.tokens.accessToken
}

beforeAll(async () => {
  errors = []
  located = []
  locate = () => ({ country: 'MX', city: 'Puebla' })
  await instance({ verification: 'database' })
  located = []
})
afterAll(() => freehold.close())

function visit(init: RequestInit & { url?: string } = {}): Promise<RequestContext<unknown, P>> {
  const { url = 'https://app.example.test/notes?x=1', ...rest } = init
  const headers = { authorization: `Bearer ${token}`, 'user-agent': 'Tester/1', ...rest.headers }
  return freehold.authenticate(new Request(url, { ...rest, headers }), PEER)
}

describe('the facts of a request', () => {
  it('are the address, the session, the device, the place and the request', async () => {
    const { facts, session } = await visit({ method: 'DELETE' })
    expect(facts).toEqual({
      ip: '192.0.2.7',
      credential: 'bearer',
      aal: 1,
      mfa: false,
      authenticatedAt: session!.assurance.authenticatedAt,
      impersonated: false,
      device: { id: session!.rows!.session.deviceId },
      location: { country: 'MX', city: 'Puebla' },
      request: { method: 'DELETE', path: '/notes', userAgent: 'Tester/1' },
    })
  })

  it('are looked for when a condition asks, and once', async () => {
    located = []
    const context = await visit()
    expect(located).toEqual([])
    expect(context.facts.location).toEqual({ country: 'MX', city: 'Puebla' })
    expect(context.facts.location).toEqual({ country: 'MX', city: 'Puebla' })
    expect(located).toEqual(['192.0.2.7'])
  })

  it('have no place where the provider fails, lies or must be waited for', async () => {
    const wrong: (typeof locate)[] = [
      () => {
        throw new Error('no database')
      },
      () => Promise.reject(new Error('no network')),
      async () => ({ country: 'MX' }),
      () => ({ country: 'Mexico' }),
      () => undefined,
    ]
    for (const one of wrong) {
      locate = one
      errors = []
      expect((await visit()).facts.location).toBeUndefined()
      await Promise.resolve()
      expect(errors).toHaveLength(wrong.indexOf(one) < 2 ? 1 : 0)
    }
    locate = () => ({ country: 'MX', city: 'Puebla' })
  })
})

describe('a condition', () => {
  let roles = 0
  const may = async (conditions: Record<string, unknown>, options?: { context: Record<string, unknown> }) => {
    const { id } = await acme.roles.create({
      key: `r${++roles}`,
      permissions: [{ resource: 'note', actions: ['read'], conditions }],
    })
    const { id: assignment } = await acme.assignments.grant({ principal: user, role: id })
    try {
      const context = await visit()
      const filter = context.filter('note:read', { columns: {}, ...options })
      const allowed = await Promise.resolve()
        .then(() => context.require('note:read', options))
        .then(
          () => true,
          () => false,
        )
      // a filter without rows to ask is a check
      expect(filter).toEqual({ kind: allowed ? 'always' : 'never' })
      return allowed
    } finally {
      await acme.assignments.revoke(assignment)
    }
  }

  it.each<[Record<string, unknown>, boolean]>([
    [{ 'context.ip': { $cidr: '192.0.2.0/24' } }, true],
    [{ 'context.ip': { $cidr: '10.0.0.0/8' } }, false],
    [{ 'context.mfa': true }, false],
    [{ 'context.aal': { $gte: 1 } }, true],
    [{ 'context.impersonated': false }, true],
    [{ 'context.credential': { $ne: 'api-key' } }, true],
    [{ 'context.location.country': { $in: ['MX', 'GT'] } }, true],
    [{ 'context.location.country': { $nin: ['MX', 'GT'] } }, false],
    [{ 'context.request.method': 'GET', 'context.request.path': { $startsWith: '/notes' } }, true],
    [{ 'context.device.id': { $exists: true } }, true],
    [{ 'context.authenticatedAt': { $withinLast: 'PT5M' } }, true],
    [{ 'context.time': { $gt: '2020-01-01' } }, true],
    [{ 'context.time': { $timeBetween: { from: '00:00', to: '24:00', timeZone: 'America/Mexico_City' } } }, true],
    // nobody told
    [{ 'context.risk': { $lt: 0.5 } }, false],
  ])('sees %j: %j', async (conditions, allowed) => expect(await may(conditions)).toBe(allowed))

  it('sees what a route adds beside them, which goes before', async () => {
    expect(await may({ 'context.risk': { $lt: 0.5 }, 'context.mfa': false }, { context: { risk: 0.1 } })).toBe(true)
    expect(await may({ 'context.ip': '10.0.0.1' }, { context: { ip: '10.0.0.1' } })).toBe(true)
    expect(await may({ 'context.location.country': 'MX' }, { context: { risk: 0.1 } })).toBe(true)
  })
})

describe('an API key', () => {
  it('has no assurance: what asks for a second factor does not allow it', async () => {
    const account = await acme.serviceAccounts.create({ name: 'robot' })
    const { secret: key } = await acme.apiKeys.create({ serviceAccount: account, name: 'key' })
    const { facts } = await visit({ headers: { authorization: `Bearer ${key}` } })
    expect(facts).toMatchObject({ credential: 'api-key', impersonated: false })
    for (const name of ['aal', 'mfa', 'authenticatedAt', 'device']) expect(facts).not.toHaveProperty(name)
  })
})

describe('an operator who acts as the user', () => {
  it('has proven nothing of the user’s, whatever the operator has', () => {
    const session = {
      assurance: { level: 3, authenticatedAt: new Date() },
      impersonator: { id: user.id },
    } as unknown as Verified
    const request = new Request('https://app.example.test/notes')
    const seen = { apiKey: undefined, credential: 'bearer', clientAddress: undefined, path: '/notes' } as const
    expect(contextFacts({ ...seen, session, request, locate: () => undefined })).toEqual({
      credential: 'bearer',
      impersonated: true,
      aal: 1,
      mfa: false,
      request: { method: 'GET', path: '/notes' },
    })
  })
})
