// The app on Express: pages, and the routes behind them. Signing in, sessions, the audit log, explaining and webhooks
// are Freehold's, under /auth.

import express, { type Express, type Request } from 'express'
import {
  contextOf,
  freeholdErrors,
  freeholdExpress,
  require,
  requireAssurance,
  requireEntitlement,
  requireSession,
} from 'freehold/express'
import { showAsset } from '../notes/assets.ts'
import { addMember, changeRole, demandFactors, join, removeMember, SURE } from '../notes/members.ts'
import { addNote, type Context, type Db, listNotes, noteFacts, notesAsCsv, removeNote } from '../notes/notes.ts'
import type { Demo } from '../notes/open.ts'
import { pagePaths, showPage } from '../notes/pages/index.ts'
import type { Permission } from '../notes/permissions.ts'
import { cancel, deliver, pay, startCheckout } from '../notes/plans.ts'

const contextAt = (req: Request): Context => contextOf<Db, Permission>(req)

export function createApp(demo: Demo): Express {
  const { freehold, provider } = demo
  const app = express()
  app.disable('x-powered-by')
  // what pages load is the same for everybody, whatever has become of the tenant
  app.get('/assets/:name', async (req, res) => {
    const { status, headers, body } = await showAsset(req.params.name)
    res.status(status).set(headers).send(body)
  })
  // before body parsers: a webhook's signature is on the bytes. The base domain itself is no tenant's: it has a page too
  app.use(freeholdExpress(freehold, { withoutTenant: 'pass' }))
  app.get([...pagePaths], async (req, res) => {
    const url = new URL(req.originalUrl, `${req.protocol}://${req.headers.host}`)
    const { status, headers, body } = await showPage(demo, req.freehold && contextAt(req), url)
    res.status(status).set(headers).send(body)
  })
  app.use(express.json({ limit: '16kb' }))

  app.get('/api/notes', require('note:read'), async (req, res) => {
    res.json({ items: await listNotes(contextAt(req)) })
  })
  app.post('/api/notes', require('note:write'), async (req, res) => {
    const { tenant, principal } = contextAt(req)
    await addNote(tenant, principal!.id, req.body)
    res.status(201).end()
  })
  app.delete(
    '/api/notes/:id',
    require('note:delete', (req: Request<{ id: string }>) =>
      noteFacts(contextOf<Db, Permission>(req).tenant, req.params.id)),
    async (req, res) => {
      await removeNote(contextOf<Db, Permission>(req), req.params.id)
      res.status(204).end()
    },
  )
  app.get('/api/export', require('note:read'), requireEntitlement('export'), async (req, res) => {
    res.attachment('notes.csv').send(await notesAsCsv(contextAt(req)))
  })

  app.post('/api/join', requireSession(), async (req, res) => {
    await join(demo, contextAt(req))
    res.status(204).end()
  })
  app.post('/api/members', require('user:write'), async (req, res) => {
    res.status(201).json(await addMember(contextAt(req), req.body))
  })
  app.put('/api/members/:id/role', require('assignment:write'), async (req, res) => {
    await changeRole(contextAt(req), String(req.params.id), req.body)
    res.status(204).end()
  })
  app.delete('/api/members/:id', require('user:write'), requireAssurance(SURE), async (req, res) => {
    await removeMember(contextAt(req), String(req.params.id))
    res.status(204).end()
  })

  app.put('/api/rule', require('tenant:write'), requireAssurance(SURE), async (req, res) => {
    await demandFactors(demo, contextAt(req), req.body)
    res.status(204).end()
  })

  app.post('/api/checkout', require('billing:write'), async (req, res) => {
    res.json(await startCheckout(contextAt(req), `${req.protocol}://${req.headers.host}`))
  })
  app.post('/api/pay', require('billing:write'), async (req, res) => {
    pay(provider, req.body)
    await deliver(demo)
    res.status(204).end()
  })
  app.post('/api/cancel', require('billing:write'), async (req, res) => {
    await cancel(provider, contextAt(req))
    await deliver(demo)
    res.status(204).end()
  })

  app.use(freeholdErrors(freehold))
  return app
}
