// The app on Hono: pages, and the routes behind them. Signing in, sessions, the audit log, explaining and webhooks are
// Freehold's, under /auth.

import {
  type FreeholdEnv,
  freeholdHono,
  freeholdOnError,
  require,
  requireAssurance,
  requireEntitlement,
  requireSession,
} from 'freehold/hono'
import { type Context, Hono } from 'hono'
import { showAsset } from '../notes/assets.ts'
import { addMember, changeRole, demandFactors, join, removeMember, SURE } from '../notes/members.ts'
import { addNote, type Db, listNotes, noteFacts, notesAsCsv, removeNote } from '../notes/notes.ts'
import type { Demo } from '../notes/open.ts'
import { pagePaths, type ShownPage, showPage, showProblem } from '../notes/pages/index.ts'
import type { Permission } from '../notes/permissions.ts'
import { cancel, deliver, pay, startCheckout } from '../notes/plans.ts'

type Env = FreeholdEnv<Db, Permission>

export function createApp(demo: Demo): Hono<Env> {
  const { freehold, provider } = demo
  const app = new Hono<Env>()
  app.onError(freeholdOnError(freehold))

  // what pages load is the same for everybody, whatever has become of the tenant
  app.get('/assets/:name', async (c) => asResponse(await showAsset(c.req.param('name'))))
  for (const path of pagePaths) {
    app.get(path, async (c, next) => {
      await next()
      // a person at a tenant that is suspended, or unknown, is told so in a page
      if (!c.res.headers.get('content-type')?.startsWith('application/problem+json')) return
      const problem = (await c.res.json()) as { status: number; title: string }
      c.res = undefined
      c.res = asResponse(showProblem(demo, problem))
    })
  }
  // the base domain itself is no tenant's: it has a page too
  app.use(freeholdHono(freehold, { withoutTenant: 'pass' }))
  for (const path of pagePaths) {
    app.get(path, async (c) => asResponse(await showPage(demo, c.var.freehold, new URL(c.req.url))))
  }

  app.get('/api/notes', require('note:read'), async (c) => c.json({ items: await listNotes(c.var.freehold) }))
  app.post('/api/notes', require('note:write'), async (c) => {
    const { tenant, principal } = c.var.freehold
    await addNote(tenant, principal!.id, await bodyOf(c))
    return c.body(null, 201)
  })
  app.delete(
    '/api/notes/:id',
    require('note:delete', (c: Context<Env>) => noteFacts(c.var.freehold.tenant, c.req.param('id') ?? '')),
    async (c) => {
      await removeNote(c.var.freehold, String(c.req.param('id')))
      return c.body(null, 204)
    },
  )
  app.get('/api/export', require('note:read'), requireEntitlement('export'), async (c) =>
    c.body(await notesAsCsv(c.var.freehold), 200, {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="notes.csv"',
    }),
  )

  app.post('/api/join', requireSession(), async (c) => {
    await join(demo, c.var.freehold)
    return c.body(null, 204)
  })
  app.post('/api/members', require('user:write'), async (c) =>
    c.json(await addMember(c.var.freehold, await bodyOf(c)), 201),
  )
  app.put('/api/members/:id/role', require('assignment:write'), async (c) => {
    await changeRole(c.var.freehold, String(c.req.param('id')), await bodyOf(c))
    return c.body(null, 204)
  })
  app.delete('/api/members/:id', require('user:write'), requireAssurance(SURE), async (c) => {
    await removeMember(c.var.freehold, String(c.req.param('id')))
    return c.body(null, 204)
  })

  app.put('/api/rule', require('tenant:write'), requireAssurance(SURE), async (c) => {
    await demandFactors(demo, c.var.freehold, await bodyOf(c))
    return c.body(null, 204)
  })

  app.post('/api/checkout', require('billing:write'), async (c) =>
    c.json(await startCheckout(c.var.freehold, new URL(c.req.url).origin)),
  )
  app.post('/api/pay', require('billing:write'), async (c) => {
    pay(provider, await bodyOf(c))
    await deliver(demo)
    return c.body(null, 204)
  })
  app.post('/api/cancel', require('billing:write'), async (c) => {
    await cancel(provider, c.var.freehold)
    await deliver(demo)
    return c.body(null, 204)
  })

  return app
}

/** What is no JSON is refused where a field of it is wanted. */
const bodyOf = (c: Context<Env>): Promise<unknown> => c.req.json().catch(() => undefined)

function asResponse({ status, headers, body }: ShownPage): Response {
  return new Response(body, { status, headers })
}
