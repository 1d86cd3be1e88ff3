// The same app on Hono and on Express, listening on a real socket: Freehold's routes, and a few of the host's own.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import { Hono } from 'hono'
import { contextOf, freeholdErrors, freeholdExpress, requireSession } from '../../../src/adapters/express/index.ts'
import * as hono from '../../../src/adapters/hono/index.ts'
import { memory } from '../../../src/adapters/memory/index.ts'
import type { Freehold, FreeholdOptions } from '../../../src/core/api.ts'
import type { RequestContext } from '../../../src/core/http/request-context.ts'
import type { User } from '../../../src/core/identity/user.ts'
import type { TenantHandle } from '../../../src/core/tenancy/handle.ts'
import { createFreehold, FreeholdError } from '../../../src/index.ts'
import { quickHasher, testKeys } from '../../setup/context.ts'
import { Browser } from './browser.ts'

export const FRAMEWORKS = ['hono', 'express'] as const
export type Framework = (typeof FRAMEWORKS)[number]

export const PASSWORD = 'a kettle orbits quietly'

export interface World extends AsyncDisposable {
  readonly freehold: Freehold
  readonly acme: TenantHandle
  readonly globex: TenantHandle
  /** Errors that the instance told its host. */
  readonly told: unknown[]
  readonly port: number
  /** A user of their own for a test. */
  user(tenant: TenantHandle): Promise<User>
  /** A browser at a tenant's subdomain. */
  browser(slug: string): Browser
}

/** `gate`: a path that the app refuses in front of Freehold, as a host does that closes one of our routes. */
export async function openWorld(
  framework: Framework,
  options: Partial<FreeholdOptions<unknown>> = {},
  gate = '/gated-by-the-app',
): Promise<World> {
  const told: unknown[] = []
  const freehold = await createFreehold<unknown>({
    storage: memory(),
    keys: testKeys,
    passwordHasher: quickHasher,
    tenants: { baseDomains: ['example.test'] },
    onError: (error) => told.push(error),
    ...options,
  })
  await freehold.migrations.apply()
  const acme = await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
  const globex = await freehold.tenants.create({ slug: 'globex', name: 'Globex' })
  const server = framework === 'hono' ? honoServer(freehold, gate) : expressServer(freehold, gate)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  let users = 0
  return {
    freehold,
    acme,
    globex,
    told,
    port,
    user: (tenant) => tenant.users.create({ email: `user${++users}@example.test`, password: PASSWORD }),
    browser: (slug) => new Browser(port, `${slug}.example.test`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await freehold.close()
    },
  }
}

/** What the host's own routes say of their request. */
function described({ tenant, principal, resolvedBy, clientAddress, refused }: RequestContext) {
  return {
    tenant: tenant.tenant.slug,
    user: principal?.id ?? null,
    resolvedBy,
    clientAddress,
    refused: refused ?? null,
  }
}

function honoServer(freehold: Freehold, gate: string): Server {
  const app = new Hono<hono.FreeholdEnv>()
  app.use(gate, async (c) => c.text('gated', 403))
  app.onError(hono.freeholdOnError(freehold))
  app.use(hono.freeholdHono(freehold))
  app.all('/public', (c) => c.json(described(c.var.freehold)))
  app.get('/private', hono.requireSession(), (c) => c.json(described(c.var.freehold)))
  app.post('/echo', async (c) => c.json({ length: (await c.req.text()).length }))
  app.get('/refused', () => {
    throw new FreeholdError('USER_UNKNOWN')
  })
  app.get('/broken', () => {
    throw new Error('password=hunter2')
  })
  return createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }))
}

function expressServer(freehold: Freehold, gate: string): Server {
  const app = express()
  app.use(gate, (_req, res) => res.status(403).send('gated'))
  app.use(freeholdExpress(freehold))
  app.all('/public', (req, res) => res.json(described(contextOf(req))))
  app.get('/private', requireSession(), (req, res) => res.json(described(contextOf(req))))
  app.post('/echo', express.text({ type: () => true }), (req, res) => res.json({ length: String(req.body).length }))
  app.get('/refused', () => {
    throw new FreeholdError('USER_UNKNOWN')
  })
  app.get('/broken', () => {
    throw new Error('password=hunter2')
  })
  app.use(freeholdErrors(freehold))
  return createServer(app)
}
