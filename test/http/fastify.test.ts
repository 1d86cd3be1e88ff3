import Fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contextOf, freeholdErrors, freeholdFastify, requireSession } from '../../src/adapters/fastify/index.ts'
import { memory } from '../../src/adapters/memory/index.ts'
import type { Freehold } from '../../src/core/api.ts'
import { createFreehold } from '../../src/index.ts'
import { quickHasher, testKeys } from '../setup/context.ts'
import { refused } from '../setup/refusal.ts'

const open = async (basePath = '/auth'): Promise<Freehold> => {
  const freehold = await createFreehold<unknown>({
    storage: memory(),
    keys: testKeys,
    passwordHasher: quickHasher,
    tenants: { baseDomains: ['example.test'] },
    http: { basePath },
    onError: () => undefined,
  })
  await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
  return freehold
}
const host = 'acme.example.test'

describe('the Fastify plugin', () => {
  let freehold: Freehold
  beforeAll(async () => {
    freehold = await open()
  })
  afterAll(() => freehold.close())

  it('works on the instance that registers it and below, and on no sibling', async () => {
    const app = Fastify()
    app.register(async (inside) => {
      inside.register(freeholdFastify(freehold))
      inside.get('/inside', async (request) => contextOf(request).tenant.tenant.slug)
      inside.register(async (deeper) => {
        deeper.get('/deeper', async (request) => contextOf(request).tenant.tenant.slug)
      })
    })
    app.register(async (outside) => {
      outside.get('/outside', async (request) => ({ seen: 'freehold' in request }))
    })
    const get = async (url: string) => (await app.inject({ url, headers: { host } })).body
    expect([await get('/inside'), await get('/deeper'), await get('/outside')]).toEqual([
      'acme',
      'acme',
      '{"seen":false}',
    ])
    expect(await get('/auth/me')).toContain('UNAUTHENTICATED')
    expect(await get('/auth')).toContain('ROUTE_UNKNOWN')
    expect(await get('/auth/no/such')).toContain('ROUTE_UNKNOWN')
    expect((await app.inject({ method: 'PUT', url: '/auth/me', headers: { host } })).statusCode).toBe(405)
    await app.close()
  })

  it('takes the body before any parser of the host does', async () => {
    const app = Fastify({ bodyLimit: 10 })
    app.removeAllContentTypeParsers()
    app.register(freeholdFastify(freehold))
    const payload = { email: 'nobody@example.test', password: 'a kettle orbits quietly', transport: 'body' }
    const answer = await app.inject({ method: 'POST', url: '/auth/sign-in', headers: { host }, payload })
    expect(answer.json().code).toBe('BAD_CREDENTIALS')
    await app.close()
  })

  it("lets the host's own hooks see its answers", async () => {
    const app = Fastify()
    app.addHook('onSend', async (_request, reply, payload) => {
      reply.header('x-own', 'yes')
      return payload
    })
    app.register(freeholdFastify(freehold))
    app.get('/notes', { onRequest: requireSession() }, async () => 'never')
    for (const url of ['/auth/me', '/notes']) {
      const { headers, json } = await app.inject({ url, headers: { host } })
      expect([headers['x-own'], json().code]).toEqual(['yes', 'UNAUTHENTICATED'])
    }
    await app.close()
  })

  it('leaves refusals of Fastify itself as Fastify has them', async () => {
    const app = Fastify()
    app.setErrorHandler(freeholdErrors(freehold))
    app.register(freeholdFastify(freehold))
    app.post('/notes', { schema: { body: { type: 'object', required: ['body'] } } }, async () => 'noted')
    const answer = await app.inject({ method: 'POST', url: '/notes', headers: { host }, payload: {} })
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'FST_ERR_VALIDATION'])
    await app.close()
  })

  it('serves under a prefix what starts with it, and does not start where nothing does', async () => {
    await using prefixed = await open('/api/auth')
    const app = Fastify()
    app.register(async (api) => void api.register(freeholdFastify(prefixed)), { prefix: '/api' })
    expect((await app.inject({ url: '/api/auth/me', headers: { host } })).json().code).toBe('UNAUTHENTICATED')
    await app.close()
    const wrong = Fastify()
    wrong.register(async (api) => void api.register(freeholdFastify(freehold)), { prefix: '/api' })
    await refused(async () => await wrong.ready(), 'CONFIG_INVALID')
  })

  it('lets two instances live side by side, each under its own path', async () => {
    await using other = await open('/other')
    await other.tenants.create({ slug: 'globex', name: 'Globex' })
    const app = Fastify()
    app.register(async (one) => {
      one.register(freeholdFastify(freehold))
      one.get('/one', async (request) => contextOf(request).tenant.tenant.slug)
    })
    app.register(async (two) => {
      two.register(freeholdFastify(other))
      two.get('/two', async (request) => contextOf(request).tenant.tenant.slug)
    })
    const at = async (url: string, name: string) => (await app.inject({ url, headers: { host: name } })).body
    expect(await at('/two', 'globex.example.test')).toBe('globex')
    expect(await at('/one', 'globex.example.test')).toContain('TENANT_UNKNOWN')
    expect(await at('/other/jwks.json', host)).toContain('keys')
    await app.close()
  })
})
