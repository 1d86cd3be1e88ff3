// The same app on each framework: Freehold's routes, and a few of the host's own.

import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import Fastify from 'fastify'
import { type Context, Hono } from 'hono'
import * as onExpress from '../../../src/adapters/express/index.ts'
import * as onFastify from '../../../src/adapters/fastify/index.ts'
import * as onHono from '../../../src/adapters/hono/index.ts'
import { freeholdNode } from '../../../src/adapters/node/index.ts'
import type { Freehold } from '../../../src/core/api.ts'
import { requiredSession } from '../../../src/core/http/request-context.ts'
import type { OrganizationId } from '../../../src/core/kernel/ids.ts'
import {
  described,
  draftIn,
  exported,
  fail,
  noteOf,
  type Permission,
  placed,
  placedAt,
  refuse,
  rename,
  take,
} from './host.ts'

export const FRAMEWORKS = ['hono', 'express', 'fastify', 'node'] as const
export type Framework = (typeof FRAMEWORKS)[number]
type App = Freehold<unknown, Permission>
type Env = onHono.FreeholdEnv<unknown, Permission>

/** What the app's vault asks for. */
const vault = { aal: 2, maxAgeMs: 300_000 } as const

/** `gate`: a path that the app refuses in front of Freehold. */
type Serve = (freehold: App, gate: string) => Promise<Server>

export const apps: { readonly [F in Framework]: Serve } = {
  hono: async (freehold, gate) => {
    const { freeholdHono, freeholdOnError, require, requireAssurance, requireEntitlement, requireSession } = onHono
    const app = new Hono<Env>()
    const organization = (c: Context) => c.req.param('organization') as OrganizationId
    app.use(gate, async (c) => c.text('gated', 403))
    app.onError(freeholdOnError(freehold))
    app.use(freeholdHono(freehold))
    app.all('/public', (c) => c.json(described(c.var.freehold)))
    app.get('/private', requireSession(), (c) => c.json(described(c.var.freehold)))
    app.get('/vault', requireAssurance(vault), (c) => c.json(described(c.var.freehold)))
    app.post('/echo', async (c) => c.json({ length: (await c.req.text()).length }))
    app.get('/refused', refuse)
    app.get('/broken', fail)
    app.get('/notes', require('note:read'), (c) => c.json(described(c.var.freehold)))
    app.get('/unknown', require('note:shred'), fail)
    app.get('/draft', require('note:write', { status: 'draft' }), (c) => c.json(described(c.var.freehold)))
    app.put(
      '/notes/:owner',
      require('note:write', (c: Context) => noteOf(c.req.param('owner'))),
      (c) => c.json(described(c.var.freehold)),
    )
    app.get('/in/:organization/notes', require('note:read', undefined, { organization }), (c) =>
      c.json(described(c.var.freehold)),
    )
    const check = (c: Context) => draftIn(organization(c))
    app.get('/of/:organization/draft', require('note:write', undefined, { check }), (c) =>
      c.json(described(c.var.freehold)),
    )
    for (const [path, options] of placed((c: Context, name) => c.req.param(name)!)) {
      app.get(path, require('note:read', undefined, options), (c) => c.json(described(c.var.freehold)))
    }
    app.get('/export', requireEntitlement('export'), (c) => c.json(exported))
    app.post('/seats', async (c) => c.json(await take(c.var.freehold)))
    app.post('/rename', requireSession(), async (c) => c.json(await rename(c.var.freehold, await c.req.json<object>())))
    return createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }))
  },

  express: async (freehold, gate) => {
    const { contextOf, freeholdErrors, freeholdExpress, require, requireEntitlement, requireSession } = onExpress
    const { requireAssurance } = onExpress
    const app = express()
    const answer: express.RequestHandler = (req, res) => void res.json(described(contextOf(req)))
    const owner = (req: express.Request<{ owner: string }>) => noteOf(req.params.owner)
    const organization = (req: express.Request) => String(req.params.organization) as OrganizationId
    app.use(gate, (_req, res) => void res.status(403).send('gated'))
    app.use(freeholdExpress(freehold))
    app.all('/public', answer)
    app.get('/private', requireSession(), answer)
    app.get('/vault', requireAssurance(vault), answer)
    app.post('/echo', express.text({ type: () => true }), (req, res) => res.json({ length: String(req.body).length }))
    app.get('/refused', refuse)
    app.get('/broken', fail)
    app.get('/notes', require('note:read'), answer)
    app.get('/unknown', require('note:shred'), fail)
    app.get('/draft', require('note:write', { status: 'draft' }), answer)
    app.put('/notes/:owner', require('note:write', owner), (req, res) => res.json(described(contextOf(req))))
    app.get('/in/:organization/notes', require('note:read', undefined, { organization }), answer)
    const check = (req: express.Request) => draftIn(organization(req))
    app.get('/of/:organization/draft', require('note:write', undefined, { check }), answer)
    for (const [path, options] of placed((req: express.Request, name) => String(req.params[name]))) {
      app.get(path, require('note:read', undefined, options), answer)
    }
    app.get('/export', requireEntitlement('export'), (_req, res) => res.json(exported))
    app.post('/seats', async (req, res) => res.json(await take(contextOf(req))))
    app.post('/rename', requireSession(), express.json(), async (req, res) =>
      res.json(await rename(contextOf(req), req.body as object)),
    )
    app.use(freeholdErrors(freehold))
    return createServer(app)
  },

  fastify: async (freehold, gate) => {
    const { contextOf, freeholdErrors, freeholdFastify, require, requireEntitlement, requireSession } = onFastify
    const { requireAssurance } = onFastify
    const app = Fastify()
    const answer = async (request: object) => described(contextOf(request))
    const params = ({ params }: { params: unknown }) => params as { owner: string; organization: OrganizationId }
    type Request = onFastify.FastifyRequest & { params: unknown }
    const owner = (request: Request) => noteOf(params(request).owner)
    const organization = (request: Request) => params(request).organization
    app.setErrorHandler(freeholdErrors(freehold))
    app.addHook('onRequest', async ({ url }, reply) => (url === gate ? reply.code(403).send('gated') : undefined))
    app.register(freeholdFastify(freehold))
    app.all('/public', answer)
    app.get('/private', { onRequest: requireSession() }, answer)
    app.get('/vault', { onRequest: requireAssurance(vault) }, answer)
    app.post('/echo', async (request) => ({ length: String(request.body).length }))
    app.get('/refused', refuse)
    app.get('/broken', fail)
    app.get('/notes', { onRequest: require('note:read') }, answer)
    app.get('/unknown', { onRequest: require('note:shred') }, fail)
    app.get('/draft', { onRequest: require('note:write', { status: 'draft' }) }, answer)
    app.put('/notes/:owner', { preHandler: require('note:write', owner) }, answer)
    app.get('/in/:organization/notes', { onRequest: require('note:read', undefined, { organization }) }, answer)
    const check = (request: Request) => draftIn(organization(request))
    app.get('/of/:organization/draft', { onRequest: require('note:write', undefined, { check }) }, answer)
    for (const [path, options] of placed(({ params }: Request, name) => (params as Record<string, string>)[name]!)) {
      app.get(path, { onRequest: require('note:read', undefined, options) }, answer)
    }
    app.get('/export', { onRequest: requireEntitlement('export') }, async () => exported)
    app.post('/seats', async (request) => take(contextOf(request)))
    app.post('/rename', { onRequest: requireSession() }, async (request) =>
      rename(contextOf(request), request.body as object),
    )
    await app.ready()
    return app.server
  },

  node: async (freehold, gate) => {
    const listen = freeholdNode(freehold, async (req, res, context) => {
      const json = (value: unknown): void => {
        res.setHeader('content-type', 'application/json')
        res.end(JSON.stringify(value))
      }
      const body = async (): Promise<string> => {
        const chunks: Buffer[] = []
        for await (const chunk of req) chunks.push(chunk as Buffer)
        return Buffer.concat(chunks).toString()
      }
      const [, first, second] = context.path.split('/')
      const place = await placedAt(context.path.split('/'))
      if (place) {
        context.require('note:read', place)
        return json(described(context))
      }
      switch (`${req.method} /${first}${second === undefined ? '' : '/'}`) {
        case 'GET /private':
          requiredSession(context)
          return json(described(context))
        case 'GET /vault':
          context.requireAssurance(vault)
          return json(described(context))
        case 'POST /echo':
          return json({ length: (await body()).length })
        case 'GET /refused':
          return refuse()
        case 'GET /broken':
          return fail()
        case 'GET /notes':
          context.require('note:read')
          return json(described(context))
        case 'GET /unknown':
          context.require('note:shred' as 'note:read')
          return fail()
        case 'GET /draft':
          context.require('note:write', { resource: { status: 'draft' } })
          return json(described(context))
        case 'PUT /notes/':
          requiredSession(context)
          context.require('note:write', { resource: await noteOf(second) })
          return json(described(context))
        case 'GET /in/':
          context.require('note:read', { organization: second as OrganizationId })
          return json(described(context))
        case 'GET /of/':
          requiredSession(context)
          context.require('note:write', await draftIn(second as OrganizationId))
          return json(described(context))
        case 'GET /export':
          await context.tenant.entitlements.demand('export')
          return json(exported)
        case 'POST /seats':
          return json(await take(context))
        case 'POST /rename':
          requiredSession(context)
          return json(await rename(context, JSON.parse(await body())))
        default:
          if (first !== 'public') return res.writeHead(404).end()
          return json(described(context))
      }
    })
    return createServer((req, res) => void (req.url === gate ? res.writeHead(403).end('gated') : listen(req, res)))
  },
}
