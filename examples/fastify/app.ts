// The app on Fastify: pages, and the routes behind them. Signing in, sessions, the audit log, explaining and webhooks
// are Freehold's, under /auth.

import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import {
  contextOf,
  freeholdErrors,
  freeholdFastify,
  require,
  requireAssurance,
  requireEntitlement,
  requireSession,
} from 'freehold/fastify'
import { showAsset } from '../notes/assets.ts'
import { addMember, changeRole, demandFactors, join, removeMember, SURE } from '../notes/members.ts'
import { addNote, type Context, type Db, listNotes, noteFacts, notesAsCsv, removeNote } from '../notes/notes.ts'
import type { Demo } from '../notes/open.ts'
import { pagePaths, showPage } from '../notes/pages/index.ts'
import type { Permission } from '../notes/permissions.ts'
import { cancel, deliver, pay, startCheckout } from '../notes/plans.ts'

const contextAt = (request: FastifyRequest): Context => contextOf<Db, Permission>(request)
const idOf = (request: FastifyRequest): string => (request.params as { id: string }).id

export function createApp(demo: Demo): FastifyInstance {
  const { freehold, provider } = demo
  const app = Fastify({ bodyLimit: 16_384 })
  app.setErrorHandler(freeholdErrors(freehold))
  // what pages load is the same for everybody, whatever has become of the tenant: before Freehold looks for one
  app.addHook('onRequest', async (request, reply) => {
    const name = /^\/assets\/([\w.-]+)$/.exec(request.url)?.[1]
    if (name === undefined) return undefined
    const { status, headers, body } = await showAsset(name)
    return reply.code(status).headers(headers).send(body)
  })
  // the base domain itself is no tenant's: it has a page too
  app.register(freeholdFastify(freehold, { withoutTenant: 'pass' }))
  for (const path of pagePaths) {
    app.get(path, async (request, reply) => {
      const url = new URL(request.url, `${request.protocol}://${request.host}`)
      const context = 'freehold' in request && request.freehold ? contextAt(request) : undefined
      const { status, headers, body } = await showPage(demo, context, url)
      return reply.code(status).headers(headers).send(body)
    })
  }

  app.get('/api/notes', { onRequest: require('note:read') }, async (request) => ({
    items: await listNotes(contextAt(request)),
  }))
  app.post('/api/notes', { onRequest: require('note:write') }, async (request, reply) => {
    const { tenant, principal } = contextAt(request)
    await addNote(tenant, principal!.id, request.body)
    return reply.code(201).send()
  })
  const note = (request: FastifyRequest) => noteFacts(contextAt(request).tenant, idOf(request))
  app.delete('/api/notes/:id', { onRequest: require('note:delete', note) }, async (request, reply) => {
    await removeNote(contextAt(request), idOf(request))
    return reply.code(204).send()
  })
  const paid = [require('note:read'), requireEntitlement('export')]
  app.get('/api/export', { onRequest: paid }, async (request, reply) => {
    reply.header('content-type', 'text/csv; charset=utf-8')
    reply.header('content-disposition', 'attachment; filename="notes.csv"')
    return notesAsCsv(contextAt(request))
  })

  app.post('/api/members', { onRequest: require('user:write') }, async (request, reply) =>
    reply.code(201).send(await addMember(contextAt(request), request.body)),
  )
  app.post('/api/join', { onRequest: requireSession() }, async (request, reply) => {
    await join(demo, contextAt(request))
    return reply.code(204).send()
  })
  app.put('/api/members/:id/role', { onRequest: require('assignment:write') }, async (request, reply) => {
    await changeRole(contextAt(request), idOf(request), request.body)
    return reply.code(204).send()
  })
  app.delete(
    '/api/members/:id',
    { onRequest: [require('user:write'), requireAssurance(SURE)] },
    async (request, reply) => {
      await removeMember(contextAt(request), idOf(request))
      return reply.code(204).send()
    },
  )

  const rules = { onRequest: [require('tenant:write'), requireAssurance(SURE)] }
  app.put('/api/rule', rules, async (request, reply) => {
    await demandFactors(demo, contextAt(request), request.body)
    return reply.code(204).send()
  })

  const buys = { onRequest: require('billing:write') }
  app.post('/api/checkout', buys, async (request) =>
    startCheckout(contextAt(request), `${request.protocol}://${request.host}`),
  )
  app.post('/api/pay', buys, async (request, reply) => {
    pay(provider, request.body)
    await deliver(demo)
    return reply.code(204).send()
  })
  app.post('/api/cancel', buys, async (request, reply) => {
    await cancel(provider, contextAt(request))
    await deliver(demo)
    return reply.code(204).send()
  })

  return app
}
