// The same app on each framework: Freehold's routes, and a few of the host's own.

import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import * as expressShim from '../../../src/adapters/express/index.ts'
import * as fastifyShim from '../../../src/adapters/fastify/index.ts'
import * as honoShim from '../../../src/adapters/hono/index.ts'
import { freeholdNode } from '../../../src/adapters/node/index.ts'
import type { Freehold } from '../../../src/core/api.ts'
import { type RequestContext, requiredSession } from '../../../src/core/http/request-context.ts'
import { FreeholdError } from '../../../src/index.ts'

export const FRAMEWORKS = ['hono', 'express', 'fastify', 'node'] as const
export type Framework = (typeof FRAMEWORKS)[number]

/** What a host's own routes are on each framework. */
export const apps: { readonly [F in Framework]: (freehold: Freehold) => Promise<Server> } = {
  hono: async (freehold) => {
    const { freeholdHono, freeholdOnError, requireSession } = honoShim
    const app = new Hono<honoShim.FreeholdEnv>()
    app.onError(freeholdOnError(freehold))
    app.use(freeholdHono(freehold))
    app.all('/public', (c) => c.json(described(c.var.freehold)))
    app.get('/private', requireSession(), (c) => c.json(described(c.var.freehold)))
    app.post('/echo', async (c) => c.json({ length: (await c.req.text()).length }))
    app.get('/refused', refuse)
    app.get('/broken', fail)
    return createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }))
  },

  express: async (freehold) => {
    const { contextOf, freeholdErrors, freeholdExpress, requireSession } = expressShim
    const app = express()
    app.use(freeholdExpress(freehold))
    app.all('/public', (req, res) => res.json(described(contextOf(req))))
    app.get('/private', requireSession(), (req, res) => res.json(described(contextOf(req))))
    app.post('/echo', express.text({ type: () => true }), (req, res) => res.json({ length: String(req.body).length }))
    app.get('/refused', refuse)
    app.get('/broken', fail)
    app.use(freeholdErrors(freehold))
    return createServer(app)
  },

  fastify: async (freehold) => {
    const { contextOf, freeholdErrors, freeholdFastify, requireSession } = fastifyShim
    const app = Fastify()
    app.setErrorHandler(freeholdErrors(freehold))
    app.register(freeholdFastify(freehold))
    app.all('/public', async (request) => described(contextOf(request)))
    app.get('/private', { onRequest: requireSession() }, async (request) => described(contextOf(request)))
    app.post('/echo', async (request) => ({ length: String(request.body).length }))
    app.get('/refused', refuse)
    app.get('/broken', fail)
    await app.ready()
    return app.server
  },

  node: async (freehold) =>
    createServer(
      freeholdNode(freehold, async (req, res, context) => {
        const json = (value: unknown): void => {
          res.setHeader('content-type', 'application/json')
          res.end(JSON.stringify(value))
        }
        switch (`${req.method} ${context.path}`) {
          case 'GET /private':
            requiredSession(context)
            return json(described(context))
          case 'POST /echo': {
            let length = 0
            for await (const chunk of req) length += (chunk as Buffer).length
            return json({ length })
          }
          case 'GET /refused':
            return refuse()
          case 'GET /broken':
            return fail()
          default:
            return json(described(context))
        }
      }),
    ),
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

function refuse(): never {
  throw new FreeholdError('USER_UNKNOWN')
}

function fail(): never {
  throw new Error('password=hunter2')
}
